//! How well what somebody typed matches a line of the list, and whether a name may be what they meant by a typo.
//!
//! A name that is only like what was typed must never lead to another account than the one that was meant. So digits
//! have to be the same, and so have short parts such as `eu` and `us`, of which only two letters may have changed places
//! (`dve`); only a longer word of letters may be misspelled in other ways.

/// Words of this many letters or more may be misspelled.
const SHORTEST_WORD: usize = 4;
/// In words of this many letters or more, two letters may be wrong, in others one.
const LONG_WORD: usize = 8;

/// In what way a name is like what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Parts of the name were left out, or typed only in part.
    Shortened,
    /// A letter is wrong, missing or in another place, or the signs or capitals differ.
    Misspelled,
}

/// How well all of `words` match `line`, all in lower case; `None` if one does not.
pub(super) fn score(line: &str, words: &[&str]) -> Option<usize> {
    words.iter().try_fold(0, |sum, word| Some(sum + score_of(line, word)?))
}

fn score_of(line: &str, word: &str) -> Option<usize> {
    if let Some(at) = line.find(word) {
        // At the beginning of a word, or of a part of one; a whole word counts most.
        let before = line[..at].chars().next_back();
        let begins = before.is_none_or(|c| !c.is_alphanumeric());
        let ends = line[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        // A match in the name counts more than one in the description.
        let called = !line[..at].contains(' ');
        return Some(3 + usize::from(begins) + usize::from(begins && ends) + 2 * usize::from(called));
    }
    let mut parts = line.split(' ');
    if parts.clone().any(|part| is_like(word, part).is_some()) {
        return Some(2);
    }
    parts.any(|part| in_order(part, word)).then_some(1)
}

/// Whether the letters of `word` are in `part`, in their order.
fn in_order(part: &str, word: &str) -> bool {
    if part.len() < word.len() {
        return false;
    }
    let mut letters = part.chars();
    word.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

/// In what way `name` is like what was `typed`; `None` if it is not, or may be another account. Capitals are the same as
/// small letters.
pub fn likeness(typed: &str, name: &str) -> Option<Likeness> {
    is_like(&typed.to_lowercase(), &name.to_lowercase())
}

/// The same for texts in lower case.
fn is_like(typed: &str, name: &str) -> Option<Likeness> {
    segments(typed).next()?;
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<Vec<_>>();
    let as_long = |one: &str, other: &str| one.len().abs_diff(other.len()) <= other.len() / 2;
    if as_long(typed, name) && letters(typed) == letters(name) {
        return Some(Likeness::Misspelled);
    }
    let [typed_parts, parts] = [typed, name].map(|text| text.split('/'));
    let in_parts = typed_parts.clone().count() > 1;
    if in_parts && typed_parts.clone().count() != parts.clone().count() {
        return None;
    }
    let every = |fits: fn(&str, &str) -> bool| match in_parts {
        // The account is compared with the account, the role with the role.
        true => typed_parts.clone().zip(parts.clone()).all(|(one, other)| fits(one, other)),
        false => fits(typed, name),
    };
    if every(is_misspelled) {
        Some(Likeness::Misspelled)
    } else {
        every(is_shortened).then_some(Likeness::Shortened)
    }
}

fn segments(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|segment| !segment.is_empty())
}

/// Whether every segment of `typed` is the one in its place in `name`, or a misspelling of it.
fn is_misspelled(typed: &str, name: &str) -> bool {
    let mut own = segments(name);
    segments(typed).all(|segment| own.next().is_some_and(|own| same_word(segment, own)))
        && own.next().is_none()
}

/// Whether `typed` has segments of `name`, in their order: whole, begun or misspelled.
fn is_shortened(typed: &str, name: &str) -> bool {
    let mut own = segments(name);
    segments(typed).all(|segment| own.any(|own| same_word(segment, own) || begins(segment, own)))
}

fn same_word(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let length = one.chars().count().max(other.chars().count());
    if length < SHORTEST_WORD {
        return length > 2 && changed_places(one, other);
    }
    let allowed = if length < LONG_WORD { 1 } else { 2 };
    let words = [one, other].iter().all(|word| word.chars().all(char::is_alphabetic));
    let near = one.len().abs_diff(other.len()) <= allowed * char::MAX.len_utf8();
    words && near && strsim::damerau_levenshtein(one, other) <= allowed
}

/// Whether two letters next to each other have changed places, and nothing else is different.
fn changed_places(one: &str, other: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let words = one.chars().all(char::is_alphabetic);
    words && sorted(one) == sorted(other) && strsim::damerau_levenshtein(one, other) == 1
}

/// Whether `typed` is the beginning of the word `whole`. One of a number is another number.
fn begins(typed: &str, whole: &str) -> bool {
    let rest = whole.strip_prefix(typed).and_then(|rest| rest.chars().next());
    rest.is_some_and(char::is_alphabetic) && typed.ends_with(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::Likeness::{Misspelled, Shortened};
    use super::*;

    #[test]
    fn a_typo_means_the_name_that_it_is_one_of() {
        let cases = [
            // Letters that are wrong, missing, too many, or have changed places.
            ("amdin", "admin"),
            ("develper", "developer"),
            ("developeer", "developer"),
            ("devleopr", "developer"),
            ("acme-dve/readonly", "acme-dev/ReadOnly"),
            ("prod-amdin", "prod-admin"),
            ("acme-paymnets-prod/ReadOnly", "acme-payments-prod/ReadOnly"),
            ("acme-payments-prod/ReadOnyl", "acme-payments-prod/ReadOnly"),
            ("222222222222/Admn", "222222222222/Admin"),
            ("stagin-eu/ops-lead", "staging-eu/ops-laed"),
            // Signs and capitals.
            ("prodadmin", "prod-admin"),
            ("prod_admin", "prod-admin"),
            ("acme-dev-readonly", "acme-dev/ReadOnly"),
            ("ACME-DEV/readonly", "acme-dev/ReadOnly"),
            ("acme.dev/read-only", "acme-dev/ReadOnly"),
        ];
        for (typed, name) in cases {
            assert_eq!(likeness(typed, name), Some(Misspelled), "{typed} {name}");
            assert!(score(&name.to_lowercase(), &[&typed.to_lowercase()]).is_some(), "{typed} {name}");
        }
    }

    #[test]
    fn a_part_of_a_name_means_it_too() {
        for (typed, name) in [
            ("prod", "prod-admin"),
            ("admin", "prod-admin"),
            ("adm", "prod-admin"),
            ("amdin", "prod-admin"),
            ("acme-pay/Read", "acme-payments-prod/ReadOnly"),
            ("acme-prod/ReadOnly", "acme-payments-prod/ReadOnly"),
            ("readonly", "acme-dev/ReadOnly"),
        ] {
            assert_eq!(likeness(typed, name), Some(Shortened), "{typed} {name}");
        }
    }

    /// Each is a different account, environment or role, however few letters differ.
    #[test]
    fn another_account_is_no_typo() {
        for (typed, name) in [
            ("222222222223/Admin", "222222222222/Admin"),
            ("222222222222/Admin", "333333333333/Admin"),
            ("22222222222/Admin", "222222222222/Admin"),
            ("222222222222", "222222222223"),
            ("team-1/Admin", "team-12/Admin"),
            ("team-12/Admin", "team-1/Admin"),
            ("team1/Admin", "team12/Admin"),
            ("prod2-admin", "prod-admin"),
            ("prod-admin", "prod2-admin"),
            ("acme-eu/Admin", "acme-us/Admin"),
            ("acme-qa1/Admin", "acme-1qa/Admin"),
            ("acme-ab/Admin", "acme-ba/Admin"),
            ("acme-dev/Admin", "acme-dex/Admin"),
            ("acme-a/Admin", "acme-b/Admin"),
            ("acme-prod/Admin", "acme-dev/Admin"),
            ("acme-payments-prod/ReadOnly", "acme-payments-dev/ReadOnly"),
            ("acme-payments-stage/ReadOnly", "acme-payments-prod/ReadOnly"),
            ("acme-payments-prod", "acme-payments-dev"),
            ("us-east-1/Ops", "us-west-1/Ops"),
            ("prod/Admin", "nonprod/Admin"),
            ("prod", "nonprod"),
            ("prod-admin", "dev-admin"),
            ("prod/ReadOnly", "acme/prod/ReadOnly"),
            ("zzz", "admin"),
            ("", "admin"),
            ("-/-", "admin"),
        ] {
            assert_eq!(likeness(typed, name), None, "{typed} {name}");
        }
    }
}
