//! The subset of YAML that okta.yaml needs: maps of maps and strings, one key on each line. Anything else is
//! rejected with its line rather than misread.

/// A string at the end of a path of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The keys that lead to it.
    pub(super) way: Vec<String>,
    /// The string; empty for a key without a value.
    pub(super) value: String,
    /// Its line, counted from 1.
    pub(super) line: usize,
}

/// Reads everything below the key `root` of the outermost map. Other keys there belong to other programs.
///
/// # Errors
/// The line, and what is not supported there; never the value.
pub(super) fn below(root: &str, text: &str) -> Result<Vec<Leaf>, (usize, &'static str)> {
    let mut leaves: Vec<Leaf> = Vec::new();
    // The keys on the path to this line, each with its indentation and that of its children.
    let mut way: Vec<(usize, String, Option<usize>)> = Vec::new();
    let mut inside = false;
    for (index, raw) in text.lines().enumerate() {
        let line = index + 1;
        let raw = raw.trim_end();
        let content = raw.trim_start_matches(' ');
        let indent = raw.len() - content.len();
        if content.is_empty() || content.starts_with('#') || (indent == 0 && content == "---") {
            continue;
        }
        if !inside && (indent > 0 || content.starts_with('\t')) {
            continue;
        }
        if content.starts_with('\t') {
            return Err((line, "a tab, where YAML requires spaces"));
        }
        let read = pair(content);
        if indent == 0 {
            // Only the name matters here; sections of other programs need not be parsed.
            inside = matches!(&read, Ok((key, _)) if key == root);
            way.clear();
            if !inside {
                continue;
            }
        }
        let (key, value) = read.map_err(|why| (line, why))?;
        while way.last().is_some_and(|(level, ..)| *level >= indent) {
            way.pop();
        }
        if let Some((.., below)) = way.last_mut()
            && *below.get_or_insert(indent) != indent
        {
            return Err((line, "this indentation does not match the lines above"));
        }
        let keys: Vec<String> = way.iter().map(|(_, key, _)| key.clone()).chain([key.clone()]).collect();
        if let Some(parent) = leaves.iter().position(|leaf| leaf.way == keys[..keys.len() - 1]) {
            if !leaves[parent].value.is_empty() {
                return Err((line, "this is indented more than the value above it"));
            }
            leaves.remove(parent);
        }
        if leaves.iter().any(|leaf| leaf.way == keys || leaf.way.starts_with(&keys)) {
            return Err((line, "this key appears twice"));
        }
        way.push((indent, key, None));
        leaves.push(Leaf { way: keys, value, line });
    }
    for leaf in &mut leaves {
        leaf.way.remove(0);
    }
    leaves.retain(|leaf| !leaf.way.is_empty());
    Ok(leaves)
}

/// A key and its value.
fn pair(content: &str) -> Result<(String, String), &'static str> {
    if content.starts_with("- ") || content == "-" {
        return Err("a list, which is not expected here");
    }
    let (key, rest) = match content.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(&content[1..], quote)?,
        _ => {
            let end = content
                .match_indices(':')
                .find(|(at, _)| content[at + 1..].is_empty() || content[at + 1..].starts_with([' ', '\t']))
                .map(|(at, _)| at)
                .ok_or("no `:` after the key")?;
            (plain(&content[..end])?, &content[end..])
        }
    };
    let rest = rest.trim_start().strip_prefix(':').ok_or("no `:` after the key")?.trim();
    let value = match rest.chars().next() {
        None | Some('#') => String::new(),
        Some(quote @ ('"' | '\'')) => {
            let (value, rest) = quoted(&rest[1..], quote)?;
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err("text after the closing quote");
            }
            value
        }
        Some(_) => plain(rest.split(" #").next().unwrap_or_default().trim())?,
    };
    if key.is_empty() {
        return Err("a value without a key");
    }
    Ok((key, value))
}

/// A plain string: without any character that is special in YAML.
fn plain(text: &str) -> Result<String, &'static str> {
    match text.chars().next() {
        Some('{' | '[') => Err("a map or list in brackets, which is not expected here"),
        Some('&' | '*') => Err("an anchor or alias, which is not expected here"),
        Some('|' | '>') => Err("a multi-line string, which is not expected here"),
        Some('!' | '%' | '@' | '`' | '?') => Err("a character that is not expected here"),
        _ if text.contains(": ") || text.ends_with(':') => Err("a second `:`; put the value in quotes"),
        _ => Ok(text.trim().to_owned()),
    }
}

/// The string up to the closing quote, and what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' if quote == '\'' && text[at + 1..].starts_with('\'') => {
                value.push('\'');
                characters.next();
            }
            _ if character == quote => return Ok((value, &text[at + 1..])),
            '\\' if quote == '"' => match characters.next() {
                Some((_, escaped @ ('"' | '\\' | '/'))) => value.push(escaped),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'n')) => value.push('\n'),
                _ => return Err("an escape sequence that is not expected here"),
            },
            _ => value.push(character),
        }
    }
    Err("an unclosed quote")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Vec<(String, String, usize)> {
        let leaves = below("awscli", text).unwrap_or_else(|(line, why)| panic!("{line}: {why}"));
        leaves.into_iter().map(|leaf| (leaf.way.join("|"), leaf.value, leaf.line)).collect()
    }

    #[test]
    fn maps_of_texts_are_read_with_their_lines() {
        let text = "---\n# labels\nokta:\n  client:\n    scopes: [a, b]\n    - list\n\tx\nawscli:\n  idps:\n    \"arn:aws:iam::1:saml-provider/a\": \"Data \\\"x\\\"\" # why\n\n    arn:aws:iam::2:saml-provider/b: 'it''s'\n  profiles:\n    staging:\n      open-browser: true # yes\n      empty:\n    'pro d':\n      x: a#b\nother: 1\n";
        let expected = [
            ("idps|arn:aws:iam::1:saml-provider/a", "Data \"x\"", 10),
            ("idps|arn:aws:iam::2:saml-provider/b", "it's", 12),
            ("profiles|staging|open-browser", "true", 15),
            ("profiles|staging|empty", "", 16),
            ("profiles|pro d|x", "a#b", 18),
        ];
        let expected = expected.map(|(way, value, line)| (way.to_owned(), value.to_owned(), line));
        assert_eq!(leaves(text), expected);
        assert_eq!(leaves(&text.replace('\n', "\r\n")), expected);
        assert!(leaves("okta:\n  - a\n").is_empty() && leaves("").is_empty());
    }

    #[test]
    fn other_yaml_is_refused_with_its_line() {
        for (text, line, words) in [
            ("awscli:\n  - a\n", 2, "a list"),
            ("awscli:\n  a: {b: c}\n", 2, "in brackets"),
            ("awscli:\n  a: &x b\n", 2, "anchor"),
            ("awscli:\n  a: |\n    s3cr3t\n", 2, "a multi-line string"),
            ("awscli:\n\ta: b\n", 2, "a tab"),
            ("awscli:\n    a:\n      b: c\n  d: e\n", 4, "does not match"),
            ("awscli:\n  \ta: b\n", 2, "a tab"),
            ("awscli:\n  a: \"b\n", 2, "unclosed"),
            ("awscli:\n  a: b: c\n", 2, "a second `:`"),
            ("awscli:\n  a: b\n    c: d\n", 3, "indented more"),
            ("awscli:\n  a: b\n  a: c\n", 3, "twice"),
            ("awscli:\n  just words\n", 2, "no `:`"),
            ("awscli:\n  a: \"b\" c\n", 2, "after the closing quote"),
            ("awscli:\n  a: !!str b\n", 2, "a character"),
        ] {
            let (at, why) = below("awscli", text).unwrap_err();
            assert!(at == line && why.contains(words), "{text:?}: {at}: {why}");
            assert!(!why.contains("s3cr3t"));
        }
    }
}
