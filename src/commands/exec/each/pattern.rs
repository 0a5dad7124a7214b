//! Which roles `--each` means: names with `*`, `**` and `?`, as in the patterns of a shell.

/// A pattern for the names of roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// This character.
    One(char),
    /// Any character except a slash: `?`.
    AnyOne,
    /// Any number of characters except slashes: `*`. An account is not left by mistake.
    Any,
    /// Any number of characters: `**`.
    Everything,
}

impl Pattern {
    /// Every text is a pattern.
    pub(super) fn of(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                '*' if characters.next_if_eq(&'*').is_some() => {
                    while characters.next_if_eq(&'*').is_some() {}
                    Piece::Everything
                }
                '*' => Piece::Any,
                '?' => Piece::AnyOne,
                one => Piece::One(one),
            });
        }
        Self(pieces)
    }

    /// Whether all of `name` fits.
    pub(super) fn fits(&self, name: &str) -> bool {
        // The pieces that may come next, kept side by side: no pattern takes long.
        let mut at = vec![false; self.0.len() + 1];
        at[0] = true;
        self.skip(&mut at);
        for character in name.chars() {
            let mut next = vec![false; at.len()];
            for (index, piece) in self.0.iter().enumerate().filter(|(index, _)| at[*index]) {
                match piece {
                    Piece::One(one) => next[index + 1] |= *one == character,
                    Piece::AnyOne => next[index + 1] |= character != '/',
                    Piece::Any => next[index] |= character != '/',
                    Piece::Everything => next[index] = true,
                }
            }
            self.skip(&mut next);
            at = next;
        }
        at[self.0.len()]
    }

    /// Marks what may come next where nothing has to be there.
    fn skip(&self, at: &mut [bool]) {
        for (index, piece) in self.0.iter().enumerate() {
            if at[index] && matches!(piece, Piece::Any | Piece::Everything) {
                at[index + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_a_shell() {
        let cases = [
            ("acme-*/ReadOnly", "acme-prod/ReadOnly", true),
            ("acme-*/ReadOnly", "acme-/ReadOnly", true),
            ("acme-*/ReadOnly", "acme-prod/Admin", false),
            ("acme-*/ReadOnly", "other/acme-x/ReadOnly", false),
            ("acme-*/ReadOnly", "acme-a/b/ReadOnly", false),
            ("*", "prod", true),
            ("*", "", true),
            ("*", "acme-prod/ReadOnly", false),
            ("*/*", "acme-prod/ReadOnly", true),
            ("**", "acme-prod/ReadOnly", true),
            ("****", "a/b/c", true),
            ("**/ReadOnly", "a/b/ReadOnly", true),
            ("prod-?", "prod-1", true),
            ("prod-?", "prod-", false),
            ("prod-?", "prod-12", false),
            ("a?b", "a/b", false),
            ("prod", "prod", true),
            ("prod", "prods", false),
            ("*o*o*", "foo", true),
            ("*o*o*", "fo", false),
            ("ü?", "üñ", true),
            ("[a]", "a", false),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, name, fits) in cases {
            assert_eq!(Pattern::of(pattern).fits(name), fits, "{pattern} {name}");
        }
        // None takes long, whatever it is.
        assert!(!Pattern::of(&"*a".repeat(200)).fits(&"a".repeat(2000).replace('a', "b")));
    }
}
