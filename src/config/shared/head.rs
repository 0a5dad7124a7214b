//! What a shared file says above its tables: the default role.
//!
//! In `config.toml` a part comes after other tables, where TOML would take a key for one of the table before it. So the lines
//! above a part's first table are read separately, and the rest of the file is read without them.

use std::ops::Range;

use zeroize::Zeroizing;

use super::hold::refused;
use super::keys::KeyPlace;
use super::{BEGIN, Part, parts};
use jit_wire::section::{At, Lines, Mistake, Section, SourceText};

/// The only key that is allowed there.
const DEFAULT_ROLE: &str = "default_role";

/// The lines of a part above its first table, if they set the default role. Other keys there belong to no table that a part
/// may have, so a part without a default role is left to the reader of the tables, which refuses them.
fn head(text: &str, part: &Part) -> Option<Range<usize>> {
    let start = part.content.start;
    let mut end = start;
    let mut sets_it = false;
    for line in part.content(text).split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            break;
        }
        end += line.len();
        let key = line.split('=').next().unwrap_or_default().trim();
        sets_it |= key.trim_matches(['"', '\'']) == DEFAULT_ROLE;
    }
    sets_it.then_some(start..end)
}

/// `text` with spaces for everything outside of `keep`, or inside it, so that whatever is left is where it was.
fn blanked(text: &str, blank: impl Fn(usize) -> bool) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for (at, character) in text.char_indices() {
        if blank(at) && character != '\n' {
            out.extend(std::iter::repeat_n(' ', character.len_utf8()));
        } else {
            out.push(character);
        }
    }
    out
}

/// `text` without what its shared parts say above their tables, everything else in its place; `None` if they say nothing
/// there.
pub(in crate::config) fn without_heads(text: &str) -> Option<Zeroizing<String>> {
    if !text.contains(BEGIN) || !text.contains(DEFAULT_ROLE) {
        return None;
    }
    let heads: Vec<Range<usize>> = parts(text).iter().filter_map(|part| head(text, part)).collect();
    if heads.is_empty() {
        return None;
    }
    Some(blanked(text, |at| heads.iter().any(|head| head.contains(&at))))
}

/// What a part says above its tables.
pub(super) struct SharedDefault {
    pub(super) role: At<String>,
    /// Where the value is.
    pub(super) span: Range<usize>,
}

/// The default role of a part; `None` if it has none.
///
/// # Errors
/// What is above its tables is not TOML, or sets something else too.
pub(super) fn default_role(source: SourceText<'_>, part: &Part) -> Result<Option<SharedDefault>, Mistake> {
    let Some(head) = head(source.text, part) else { return Ok(None) };
    let only = blanked(source.text, |at| !head.contains(&at));
    let document = source.document(&only)?;
    let table = document.get_ref();
    if let Some((key, _)) = table.iter().find(|(key, _)| key.get_ref() != DEFAULT_ROLE) {
        return Err(refused(source, KeyPlace::Top, key.get_ref(), key.span()));
    }
    let role = Section::new(source, "the file".to_owned(), 0..0, table).text(DEFAULT_ROLE)?;
    let span = table.iter().next().map_or(0..0, |(_, value)| value.span());
    Ok(role.map(|role| SharedDefault { role, span }))
}

/// The default role of a whole shared file; `None` if it has none, or is none that `jit` takes.
pub(super) fn of_file(content: &str) -> Option<String> {
    let lines = Lines::of(content);
    let source = SourceText { path: "", text: content, lines: &lines };
    default_role(source, &Part::whole("", content)).ok()?.map(|found| found.role.value)
}

#[cfg(test)]
mod tests {
    use super::super::with;
    use crate::config::file::File;

    const OWN: &str = "[idp.own]\ntype = \"saml\"\nstart_url = \"https://idp.own.com/x\"\n";

    /// A shared file whose tables have `name` in their names.
    fn shared(head: &str, name: &str) -> String {
        format!(
            "# hello\n{head}[idp.{name}]\ntype = \"saml\"\nstart_url = \"https://idp.{name}.com/x\"\n\
             [role.{name}]\nidp = \"{name}\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n"
        )
    }

    fn default_of(text: &str) -> Result<Option<(String, usize)>, String> {
        let file = File::parse("c.toml", text).map_err(|mistake| mistake.to_string())?;
        Ok(file.default_role.map(|role| (role.value, role.line)))
    }

    #[test]
    fn the_persons_own_default_role_counts_first_then_the_first_shared_one() {
        let (a, b) = (shared("default_role = \"a\"\n\n", "a"), shared("default_role='b' # why\n", "b"));
        let own = "default_role = \"mine\"\n[role.mine]\nvia = \"a\"\nrole_arn = \"arn:aws:iam::222222222222:role/x\"\n";
        let (url_a, url_b) = ("https://a.com/jit.toml", "https://b.com/jit.toml");
        let one = with("", url_a, &a);
        assert_eq!(default_of(&one).unwrap(), Some(("a".to_owned(), 3)));
        let behind = with(OWN, url_a, &a);
        assert_eq!(default_of(&behind).unwrap(), Some(("a".to_owned(), 7)));
        let both = with(&behind, url_b, &b);
        assert_eq!(default_of(&both).unwrap().unwrap().0, "a");
        assert_eq!(default_of(&with(&with(OWN, url_b, &b), url_a, &a)).unwrap().unwrap().0, "b");
        assert_eq!(default_of(&with(own, url_a, &a)).unwrap().unwrap(), ("mine".to_owned(), 1));
        assert_eq!(default_of(&with(OWN, url_a, &shared("", "a"))).unwrap(), None);
        // Everything else keeps its line.
        assert_eq!(File::parse("c.toml", &behind).unwrap().roles["a"].line, 14);
    }

    #[test]
    fn nothing_else_is_said_above_the_tables() {
        let url = "https://a.com/jit.toml";
        for (head, mistake) in [
            ("default_role = \"a\"\nauto_login = true\n", "a shared file may not set `auto_login`"),
            (
                "default_role = \"a\"\nconsole_browser = [\"sh\", \"{url}\"]\n",
                "a shared file may not set `console_browser`",
            ),
            ("default_role = \"a\"\nidp.b.type = \"saml\"\n", "a shared file may not set `idp`"),
            ("default_role = 1\n", "must be a string in quotes"),
            ("default_role = \"nobody\"\n", "there is no [role.nobody]"),
            (
                "default_role = \"mine\"\n",
                "a shared file can use only its own tables, and [role.mine] is not in it",
            ),
            ("default_role = \"\"\"\n", ""),
            ("default_role = \"a\"\ndefault_role = \"a\"\n", "duplicate key"),
        ] {
            let own =
                format!("{OWN}[role.mine]\nidp = \"own\"\nrole_arn = \"arn:aws:iam::222222222222:role/x\"\n");
            let text = with(&own, url, &shared(head, "a"));
            let said = default_of(&text).unwrap_err();
            assert!(said.contains(mistake), "{head}: {said}");
        }
    }
}
