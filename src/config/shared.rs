//! A company's shared file in `config.toml`: a copy between two comments, of which the first says where it came from and which
//! bytes it was. What is there is what somebody saw and took; nothing is fetched unless it is asked for.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::file::File;
use super::section::{Lines, Mistake, Source};

/// What the first line of a part begins with.
const BEGIN: &str = "# >>> shared by ";
/// What the last line of a part begins with.
const END: &str = "# <<< shared by ";
/// What stands between the place and the hash.
const HASH: &str = " sha256:";

/// A part of `config.toml` that came from a shared file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The address or the path that it came from.
    pub from: String,
    /// SHA-256 of what came, in hexadecimal digits.
    pub hash: String,
    /// Where the part stands in the text, its first and its last line included.
    range: Range<usize>,
    /// Where what came stands.
    content: Range<usize>,
}

impl Part {
    /// What stands there now.
    pub fn content<'t>(&self, text: &'t str) -> &'t str {
        &text[self.content.clone()]
    }

    /// Whether that is what came.
    pub fn is_as_it_came(&self, text: &str) -> bool {
        hash(self.content(text).as_bytes()) == self.hash
    }
}

/// SHA-256, in hexadecimal digits.
pub fn hash(content: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, content);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The shared parts of a configuration, in their order. One that has no end is none.
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open: Option<(Range<usize>, &str, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let line = line.trim_end_matches(['\n', '\r']);
        if let Some((from, hash)) = line.strip_prefix(BEGIN).and_then(|rest| rest.rsplit_once(HASH)) {
            open = Some((range, from, hash));
        } else if let Some(from) = line.strip_prefix(END)
            && let Some((first, of, hash)) = open.take()
            && of == from
        {
            parts.push(Part {
                from: from.to_owned(),
                hash: hash.to_owned(),
                content: first.end..range.start,
                range: first.start..range.end,
            });
        }
    }
    parts
}

/// `text` with what came `from` there in place of what came from there before, or behind all else.
pub fn with(text: &str, from: &str, content: &str) -> String {
    let content = match content.ends_with('\n') || content.is_empty() {
        true => content.to_owned(),
        false => format!("{content}\n"),
    };
    let hash = hash(content.as_bytes());
    let part = format!("{BEGIN}{from}{HASH}{hash}\n{content}{END}{from}\n");
    if let Some(old) = parts(text).into_iter().find(|part| part.from == from) {
        return format!("{}{part}{}", &text[..old.range.start], &text[old.range.end..]);
    }
    match text {
        "" => part,
        text if text.ends_with('\n') => format!("{text}\n{part}"),
        text => format!("{text}\n\n{part}"),
    }
}

/// Checks what came: a whole configuration of IdPs and roles, and of nothing else. `from` is for messages.
///
/// # Errors
/// The first mistake, with its place.
pub fn check(from: &str, content: &str) -> Result<(), Mistake> {
    let lines = Lines::of(content);
    let source = Source { path: from, text: content, lines: &lines };
    let mut offset = 0;
    for line in content.split_inclusive('\n') {
        if line.starts_with(BEGIN) || line.starts_with(END) {
            let what = "this is how jit marks a shared part, so it cannot stand in one".to_owned();
            return Err(source.mistake(offset..offset, what, None));
        }
        offset += line.len();
    }
    // What is no configuration at all says so in the parser's words.
    File::parse(from, content)?;
    let Ok(document) = DeTable::parse(content) else { return Ok(()) };
    for (key, value) in document.get_ref() {
        let suggestion = match key.get_ref().as_ref() {
            "idp" => match commands_in(value.get_ref()) {
                Some(place) => {
                    let what = "a shared file names no program, so `browser` is a name here".to_owned();
                    return Err(source.mistake(place, what, Some("such as \"chrome\"".to_owned())));
                }
                None => continue,
            },
            "role" => continue,
            "console_browser" => "it would name a command to run; whoever wants that writes it themselves",
            _ => "it is for each person's own config.toml",
        };
        let what = format!("a shared file has [idp.NAME] and [role.NAME] alone, and no `{}`", key.get_ref());
        return Err(source.mistake(key.span(), what, Some(suggestion.to_owned())));
    }
    Ok(())
}

/// Where an IdP names a program by its path.
fn commands_in(idps: &DeValue<'_>) -> Option<Range<usize>> {
    idps.as_table()?.iter().find_map(|(_, idp)| {
        let (_, browser) = idp.get_ref().as_table()?.iter().find(|(key, _)| key.get_ref() == "browser")?;
        let named = browser.get_ref().as_str().is_some_and(|name| !name.contains(['/', '\\', ':']));
        (!named).then(|| browser.span())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: &str = "[idp.acme]\ntype = \"identity-center\"\nstart_url = \"https://acme.awsapps.com/start\"\nregion = \"eu-west-1\"\n";
    const FROM: &str = "https://intranet.example/jit.toml";

    #[test]
    fn a_part_is_put_behind_all_else_and_replaced_where_it_is() {
        assert_eq!(parts(""), []);
        let alone = with("", FROM, SHARED);
        assert_eq!(parts(&alone)[0].content(&alone), SHARED);
        assert!(parts(&alone)[0].is_as_it_came(&alone));
        let own = "key_cache = \"off\"";
        let both = with(own, FROM, SHARED);
        assert_eq!(both, format!("{own}\n\n{alone}"));
        let more = format!("{both}\n[idp.mine]\n");
        let newer = with(&more, FROM, "# nothing any more");
        assert!(newer.starts_with(own) && newer.ends_with("\n[idp.mine]\n"), "{newer}");
        assert_eq!(parts(&newer)[0].content(&newer), "# nothing any more\n");
        // Another place is another part.
        let two = with(&both, "/etc/jit.toml", "");
        assert_eq!(
            parts(&two).iter().map(|part| part.from.as_str()).collect::<Vec<_>>(),
            [FROM, "/etc/jit.toml"]
        );
        let edited = both.replace("eu-west-1", "eu-west-2");
        assert!(!parts(&edited)[0].is_as_it_came(&edited));
    }

    #[test]
    fn parts_without_an_end_are_none() {
        let whole = with("", FROM, SHARED);
        for broken in [
            whole.replace("# <<<", "#"),
            whole.replace("# <<< shared by https", "# <<< shared by http"),
            whole.replace(" sha256:", " "),
        ] {
            assert_eq!(parts(&broken), [], "{broken}");
        }
    }

    #[test]
    fn a_shared_file_declares_and_commands_nothing() {
        let saml =
            "[idp.acme]\ntype = \"saml\"\nstart_url = \"https://idp.example/start\"\nbrowser = \"chrome\"\n";
        check(FROM, SHARED).unwrap();
        check(FROM, saml).unwrap();
        for (content, words) in [
            (
                "console_browser = [\"sh\", \"{url}\"]\n".to_owned(),
                ":1:1: a shared file has [idp.NAME] and [role.NAME] alone, and no `console_browser`",
            ),
            (format!("auto_login = true\n{SHARED}"), "and no `auto_login`"),
            (format!("key_cache = \"off\"\n{SHARED}"), "and no `key_cache`"),
            (saml.replace("chrome", "/bin/sh"), ":4:11: a shared file names no program"),
            (saml.replace("chrome", "C:sh.exe"), "a shared file names no program"),
            ("<!DOCTYPE html>\n<html>".to_owned(), ":1:11: "),
            (format!("{SHARED}{BEGIN}x\n"), ":5:1: this is how jit marks a shared part"),
            (
                "[role.x]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n".to_owned(),
                "names [idp.acme], which is not there",
            ),
            ("run = \"sh\"\n".to_owned(), "unknown key `run`"),
        ] {
            let error = check(FROM, &content).unwrap_err().to_string();
            assert!(error.starts_with(FROM) && error.contains(words), "{error}");
        }
    }
}
