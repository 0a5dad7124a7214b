//! Checks that everything a person reads is plain, current technical English (`docs/design/voice.md`).
//!
//! Add a phrase that was found in a review to a table here, with what to say instead.

use std::fs;
use std::path::{Path, PathBuf};

/// A phrase that no text may have.
struct Banned {
    /// In lower case; it matches whole words.
    phrase: &'static str,
    /// What to say instead.
    say: &'static str,
    /// Where the phrase is the right one, in lower case.
    but_for: &'static [&'static str],
}

const fn banned(phrase: &'static str, say: &'static str) -> Banned {
    Banned { phrase, say, but_for: &[] }
}

const fn banned_but(phrase: &'static str, say: &'static str, but_for: &'static [&'static str]) -> Banned {
    Banned { phrase, say, but_for }
}

/// Banned wherever a person reads: messages, help, manual pages, the README, and comments.
const EVERYWHERE: &[Banned] = &[
    banned("is called so", "no role matches `x`"),
    banned("to be had", "could not get"),
    banned("stands in", "is defined in"),
    banned("stand in", "are defined in"),
    banned("mend", "fix"),
    banned("mends", "fixes"),
    banned("there is none that", "no … does"),
    banned("where it lies", "where it is stored"),
    banned("what goes before", "say what it is"),
    banned("anew", "again, or refresh"),
    banned("afresh", "again, or from scratch"),
    banned("never end", "long-lived access keys"),
    banned("who may not", "a full relative clause"),
    banned("came to nothing", "did not succeed"),
    banned("log in", "sign in"),
    banned_but("log on", "sign in", &["log on stderr"]),
    banned_but("logon", "sign-in", &["its own logon", "no logon with credentials"]),
    banned("company file", "shared file"),
];

/// Banned in messages, help, manual pages and comments: the README may have these words where it explains
/// them.
const IN_SOURCES: &[Banned] = &[
    banned("whoever", "the administrator of, the person who"),
    banned("somebody else's", "another person's, or another user's"),
    banned("static keys", "long-lived access keys"),
    banned("static key", "long-lived access key"),
    banned("is no more", "no longer"),
    banned("written down", "saved"),
    banned("said no", "refused"),
    banned("asked for longer", "requested for longer"),
    banned("is there already", "already exists"),
    banned("which is not there", "which does not exist"),
    banned("lies about", "that it found"),
    banned("decides instead", "takes precedence"),
    banned("a yes", "a confirmation"),
    banned("meanwhile", "in the meantime"),
    banned("in clear", "in plain text, or unencrypted"),
    banned("goes on there", "continues there"),
    banned("go on", "continue"),
    banned("a login is needed", "you need to sign in"),
];

/// Banned in messages, help and manual pages: comments may use these words for what they mean in code or in a
/// protocol.
const IN_MESSAGES: &[Banned] = &[
    banned_but(
        "provider",
        "IdP",
        &[
            // What IAM calls the entry of an IdP in an account.
            "saml provider",
            "oidc provider",
            "iam provider",
            "openidconnect provider",
            "oidc-provider",
            "saml-provider",
            "specified provider",
            "provider's url in iam",
            "provider in iam",
            "provider arn",
            "role and provider",
            "identifies its provider",
            "role arn and provider arn",
            // The term, spelled out once.
            "identity provider",
            // What AWS says.
            "from your identity provider",
            // The SDKs' word for where credentials come from.
            "credential provider",
            "credentials provider",
            // A part of OpenID Connect's discovery document and of names of settings.
            "openid provider",
            "openid connect provider",
        ],
    ),
    banned_but(
        "address",
        "URL",
        &[
            "ip address",
            "ipv4 address",
            "ipv6 address",
            "address of a machine",
            "two addresses",
            "own addresses",
            "email address",
            "addresses of",
            "{address}",
            "bad address",
        ],
    ),
    banned_but("leg", "step: hub, spoke", &["plan::leg"]),
    banned("legs", "steps: hub, spokes"),
    banned("takes none", "accepts none, or does not accept"),
    banned("takes no", "accepts no, or does not accept"),
    banned("is over", "has expired, or has ended"),
    banned("come back", "return"),
    banned("the permission set decides", "set by the permission set"),
    banned("nobody can be asked", "jit cannot ask here"),
    banned_but("is broken", "is not valid, or is damaged", &["certificate in it is broken"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every source file of the program and its crates, without tests and fuzz targets.
fn sources() -> Vec<(String, String)> {
    fn below(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("a folder of the repository").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let for_tests =
                ["tests", "test_", "_tests", "testing", "fuzzing"].iter().any(|part| name.contains(part));
            if for_tests {
                continue;
            }
            if path.is_dir() {
                below(&path, found);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
                let shown = path.strip_prefix(root()).expect("below the root").display().to_string();
                found.push((shown.replace('\\', "/"), text));
            }
        }
    }
    let mut found = Vec::new();
    below(&root().join("src"), &mut found);
    for entry in fs::read_dir(root().join("crates")).expect("crates").flatten() {
        below(&entry.path().join("src"), &mut found);
    }
    assert!(found.len() > 200, "where are the sources?");
    found
}

/// What people read in a source file: string literals and comments, each with its line.
#[derive(Default)]
struct Texts {
    literals: Vec<(usize, String)>,
    comments: Vec<(usize, String)>,
}

/// Reads comments, strings and characters; the rest of Rust is passed over.
fn texts(source: &str) -> Texts {
    let mut found = Texts::default();
    let mut at = 0;
    let line_of = |at: usize| source[..at].matches('\n').count() + 1;
    while let Some(next) = source[at..].chars().next() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            let end = rest.find('\n').unwrap_or(rest.len());
            let comment = rest[..end].trim_start_matches(['/', '!']).trim();
            found.comments.push((line_of(at), comment.to_owned()));
            at += end;
        } else if let Some((opening, closing)) = raw_string(rest) {
            let end = rest[opening..].find(&closing).map_or(rest.len(), |end| opening + end);
            found.literals.push((line_of(at), rest[opening..end].to_owned()));
            at += (end + closing.len()).min(rest.len());
        } else if next == '"' {
            let end = end_of_string(rest);
            let text = without_line_ends(&rest[1..end]);
            found.literals.push((line_of(at), text));
            at += end + 1;
        } else if next == '\'' {
            at += length_of_character(rest);
        } else if next.is_alphanumeric() || next == '_' {
            // A whole word, so that the `r` of `for` opens no raw string.
            at += rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        } else {
            at += next.len_utf8();
        }
    }
    found
}

/// Where the text of a raw string begins, and what ends it.
fn raw_string(rest: &str) -> Option<(usize, String)> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|after| after.trim_start_matches('#').starts_with('"'))
    })?;
    let hashes = rest[prefix.len()..].find('"')?;
    Some((prefix.len() + hashes + 1, format!("\"{}", "#".repeat(hashes))))
}

/// Where the string that `rest` begins with has its closing quote.
fn end_of_string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    rest.len() - 1
}

/// A string as it is printed, where a backslash at the end of a line joins the next one to it.
fn without_line_ends(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

/// How long a character literal or a lifetime is.
fn length_of_character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => {
            rest[2..].find('\'').map_or(1, |end| if rest[2..].starts_with('\'') { 4 } else { end + 3 })
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// Every banned phrase in `text`.
fn found_in<'b>(text: &str, banned: &'b [Banned]) -> Vec<&'b Banned> {
    let text = text.to_lowercase();
    let has = |banned: &&Banned| {
        let rest = banned.but_for.iter().fold(text.clone(), |text, right| text.replace(right, "…"));
        rest.match_indices(banned.phrase).any(|(at, phrase)| {
            let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !part_of_word(rest[..at].chars().next_back())
                && !part_of_word(rest[at + phrase.len()..].chars().next())
        })
    };
    banned.iter().filter(has).collect()
}

/// A list of what to change, one line each.
fn complaints(place: &str, text: &str, banned: &[Banned]) -> Vec<String> {
    let complaint = |one: &Banned| format!("{place}: `{}` (say: {}) in: {text}", one.phrase, one.say);
    found_in(text, banned).into_iter().map(complaint).collect()
}

#[test]
fn messages_are_plain_english() {
    let mut wrong = Vec::new();
    for (path, source) in sources() {
        // A single word is a key of some format, and not a message.
        for (line, text) in texts(&source).literals.iter().filter(|(_, text)| text.trim().contains(' ')) {
            for table in [EVERYWHERE, IN_SOURCES, IN_MESSAGES] {
                wrong.extend(complaints(&format!("{path}:{line}"), text, table));
            }
        }
    }
    assert!(wrong.is_empty(), "{} texts are not plain English:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn comments_are_plain_english() {
    let mut wrong = Vec::new();
    for (path, source) in sources() {
        for (line, text) in &texts(&source).comments {
            // Code between backticks may have any names.
            let prose: String = text.split('`').step_by(2).collect();
            for table in [EVERYWHERE, IN_SOURCES] {
                wrong.extend(complaints(&format!("{path}:{line}"), &prose, table));
            }
        }
    }
    assert!(wrong.is_empty(), "{} comments are not plain English:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every page below `folder`, except those that quote what not to write.
fn pages_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    let pages = entries.flat_map(|path| if path.is_dir() { pages_below(&path) } else { vec![path] });
    pages.filter(|path| !path.ends_with("docs/design/voice.md")).collect()
}

#[test]
fn manual_pages_and_documents_are_plain_english() {
    let documents =
        ["README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|name| root().join(name));
    let documents = documents.into_iter().chain(pages_below(&root().join("docs")));
    let pages = documents.filter(|page| page.extension().is_some_and(|end| end == "md"));
    let mut wrong = Vec::new();
    for page in pages.chain(pages_below(&root().join("man"))) {
        let name = page.strip_prefix(root()).unwrap_or(&page).to_string_lossy().into_owned();
        let text = fs::read_to_string(&page).expect("UTF-8").replace("\\-", "-");
        for (line, text) in text.lines().enumerate() {
            wrong.extend(complaints(&format!("{name}:{}", line + 1), text, EVERYWHERE));
            for table in [IN_SOURCES, IN_MESSAGES].iter().filter(|_| !name.ends_with(".md")) {
                wrong.extend(complaints(&format!("{name}:{}", line + 1), text, table));
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines are not plain English:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn banned_phrases_are_found_where_they_stand() {
    let phrases = |text: &str| -> Vec<&str> {
        [EVERYWHERE, IN_MESSAGES, IN_SOURCES]
            .iter()
            .flat_map(|table| found_in(text, table))
            .map(|one| one.phrase)
            .collect()
    };
    assert_eq!(phrases("Ask anew."), ["anew"]);
    assert_eq!(phrases("the provider said no"), ["provider", "said no"]);
    assert_eq!(phrases("the IAM OIDC provider lists no client"), [""; 0]);
    assert_eq!(phrases("a provider behind a SAML provider"), ["provider"]);
    assert_eq!(phrases("recommend a legend"), [""; 0]);
    let source = r##"
        /// Ask anew.
        fn f<'a>(x: &'a str) -> char {
            let quote = ('"', '\'', '\\', 'r', b'"');
            // "a comment"
            let for_r = r#"a "raw" text"#;
            println!("one \"quoted\" {x} \
                      line");
        }
    "##;
    let found = texts(source);
    let literals: Vec<&str> = found.literals.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(literals, ["a \"raw\" text", "one \\\"quoted\\\" {x} line"]);
    let comments: Vec<&str> = found.comments.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(comments, ["Ask anew.", "\"a comment\""]);
}
