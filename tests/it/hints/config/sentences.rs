//! Every sentence of `src/config` that refuses something or suggests something, found in its source.

use std::fs;
use std::path::Path;

/// Files below `src` that refuse nothing in a file that a person wrote, and where their sentences are held.
const OTHERS: &[(&str, &str)] = &[
    ("config/aws/editor", "writes profiles: profiles.rs"),
    ("config/aws/profile.rs", "writes profiles: profiles.rs"),
    ("config/aws/shadow", "what `jit doctor` finds: doctor.rs"),
    ("config/diff", "shows differences"),
    ("config/aws/takeover", "takes profiles over and puts them back: replace.rs"),
    ("config/draft", "writes TOML"),
    ("config/enforced", "the administrator's file: machine.rs, and a table of its own"),
    ("config/followed", "a test"),
    ("config/host", "a warning beside a question: wizard.rs"),
    ("config/shared/keys", "a table of the documentation"),
    ("config/shared/summary", "shows what a shared file brings: shared.rs"),
];

/// Sentences that no row can come to, and why.
const UNSAID: &[(&str, &str)] = &[
    ("not TOML", "the parser of TOML always says more"),
    ("these bytes are not UTF-8", "the files of the rows are texts: the tests of the reader"),
    ("is used by its own credential_process", "between two processes: aws_profiles.rs"),
    ("no sign-in is involved", "only profiles start from a source, and they have no such keys"),
    ("it is not on the list of allowed keys", "a test holds that every key has been decided about"),
    ("several roles match", "executed in plain.rs"),
    ("use one of: ", "executed in plain.rs"),
    ("or name it in the configuration: ", "executed in plain.rs"),
    ("[role.{}] with idp = ", "a part of the sentence before"),
    ("account = \"{}\", permission_set = ", "a part of the sentence before"),
    ("the last role used in this terminal", "says where a value comes from: asking.rs"),
];

/// The sources of `src/config`, and of the reader of TOML tables below it.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left = vec![root.join("src/config"), root.join("crates/jit-wire/src/section.rs")];
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let name = name.trim_start_matches("src/").to_owned();
        let is_test = ["tests.rs", "/tests/", "fuzzing.rs"].iter().any(|part| name.contains(part));
        if !is_test && !OTHERS.iter().any(|(other, _)| name.starts_with(other)) {
            let text = fs::read_to_string(&path).unwrap();
            let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            found.push((name, own));
        }
    }
    found.sort();
    found
}

/// The string literals of a source, each with the code before it on its line.
fn literals(source: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(skipped) = source[at..].find(['"', '\'', '/']) {
        let start = at + skipped;
        let rest = &source[start..];
        at = start
            + match rest.as_bytes() {
                [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
                [b'"', ..] => {
                    let (literal, length) = literal(&rest[1..]);
                    let line = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
                    found.push((source[line..start].trim(), literal));
                    1 + length
                }
                // A character; else the name of a lifetime.
                [b'\'', b'\\', ..] => 2 + rest[3..].find('\'').map_or(0, |end| end + 2),
                [b'\'', ..] if rest[1..].chars().nth(1) == Some('\'') => {
                    2 + rest[1..].chars().next().map_or(0, char::len_utf8)
                }
                _ => 1,
            };
    }
    found
}

/// What a literal says up to its closing quote, and how long it is with that.
fn literal(text: &str) -> (String, usize) {
    let mut said = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (said, at + 1),
            '\\' => match characters.next() {
                Some((_, 'n')) => said.push('\n'),
                // The line goes on without its indentation.
                Some((_, '\n')) => while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                Some((_, other)) => said.push(other),
                None => {}
            },
            other => said.push(other),
        }
    }
    (said, text.len())
}

/// Whether somebody reads this; if not, it explains code, or is said where the program is wrong itself.
fn is_sentence(file: &str, before: &str, literal: &str) -> bool {
    if ["reason =", "expect(", "unreachable!("].iter().any(|end| before.ends_with(end))
        || !literal.trim().contains(' ')
    {
        return false;
    }
    // The table of settings is for the documentation; what refuses their values stands behind it.
    if file.ends_with("aws/settings.rs") {
        return literal.contains("{wanted}")
            || ["true or false", "a whole number from {least} to {most}", "one of {}"].contains(&literal);
    }
    // An import says of most settings only that jit has no such thing.
    let advises =
        ["write ", "add ", "`jit ", "import once more", "fix that", "put the text", "--org", "--hub"];
    !file.starts_with("config/import/") || advises.iter().any(|word| literal.contains(word))
}

/// Whether `line` has the pieces of `literal` between what is filled in, in their order.
fn says(line: &str, literal: &str) -> bool {
    let mut rest = line;
    let mut piece = String::new();
    let mut characters = literal.chars().peekable();
    loop {
        match characters.next() {
            Some(brace @ ('{' | '}')) if characters.peek() == Some(&brace) => {
                characters.next();
                piece.push(brace);
                continue;
            }
            Some('{') => {
                for inside in characters.by_ref() {
                    if inside == '}' {
                        break;
                    }
                }
            }
            Some(other) => {
                piece.push(other);
                continue;
            }
            None => return rest.contains(piece.trim()),
        }
        let Some(found) = rest.find(&piece) else { return false };
        rest = &rest[found + piece.len()..];
        piece.clear();
    }
}

/// The sentences that are not in `said`, each with its file.
pub(super) fn unsaid(said: &str) -> Vec<String> {
    let sources = sources();
    let mut missing = Vec::new();
    let mut excused: Vec<&str> = Vec::new();
    for (file, text) in &sources {
        for (before, literal) in literals(text) {
            if !is_sentence(file, before, &literal) || said.lines().any(|line| says(line, &literal)) {
                continue;
            }
            match UNSAID.iter().find(|(sentence, _)| literal.contains(sentence)) {
                Some((sentence, _)) => excused.push(sentence),
                None => missing.push(format!("{file}: {literal}")),
            }
        }
    }
    let stale = UNSAID.iter().filter(|(sentence, _)| !excused.contains(sentence));
    missing.extend(stale.map(|(sentence, _)| format!("{sentence:?} needs no excuse any more")));
    missing
}

#[test]
fn literals_are_found_in_a_source() {
    let source = "// \"no\"\nlet x = '\"'; let y = '\\''; fn f<'a>() { g(\"a \\\"b\\\"\"); }\nh(\"one \\\n    two\", '/', \"three\")\n";
    let found = literals(source);
    let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["a \"b\"", "one two", "three"]);
}

#[test]
fn a_line_says_a_literal_with_anything_filled_in() {
    for (line, literal, is) in [
        ("  next: write idp = \"demo\" instead of via", "write idp = \"{}\" instead of via", true),
        ("`x` is not {y}", "`{}` is not {{y}}", true),
        ("a and b", "{} and {c}", true),
        ("a or b", "{} and {c}", false),
        ("delete it, or set it on a spoke", "delete it", true),
    ] {
        assert_eq!(says(line, literal), is, "{literal}");
    }
}
