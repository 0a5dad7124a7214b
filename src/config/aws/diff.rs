//! What an edit would change, for the eyes of the user.

use similar::TextDiff;

use super::document::Document;

/// Keys whose values are secrets that people keep in these files.
const SECRET_KEYS: [&str; 3] = ["aws_secret_access_key", "aws_session_token", "aws_security_token"];

/// A unified diff of the file called `name`; empty if nothing changed. Static keys near a change are masked.
pub fn unified_diff(before: &Document, after: &Document, name: &str) -> String {
    let (before, after) = (masked(before), masked(after));
    let diff = TextDiff::from_lines(&before, &after);
    diff.unified_diff().header(name, name).to_string()
}

/// The text without the values of secret keys, commented ones included.
fn masked(document: &Document) -> String {
    let mut out = String::with_capacity(document.text().len());
    for index in 0..document.line_count() {
        let raw = document.raw(index..index + 1);
        let lower = raw.to_ascii_lowercase();
        let secret = SECRET_KEYS.iter().find_map(|key| lower.find(key).map(|at| at + key.len()));
        match secret {
            Some(end) => {
                out.push_str(&raw[..end]);
                out.push_str(" = (not shown)");
                out.push_str(&raw[document.line(index).len()..]);
            }
            None => out.push_str(raw),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str) -> String {
        let parse = |text: &str| Document::parse(text.as_bytes()).unwrap();
        unified_diff(&parse(before), &parse(after), "config")
    }

    #[test]
    fn shows_the_lines_around_a_change() {
        let shown = diff("[a]\nx = 1\n", "[a]\nx = 2\n");
        assert_eq!(shown, "--- config\n+++ config\n@@ -1,2 +1,2 @@\n [a]\n-x = 1\n+x = 2\n");
        assert_eq!(diff("[a]\n", "[a]\n"), "");
    }

    #[test]
    fn static_keys_near_a_change_are_not_shown() {
        let keys = "[a]\nAWS_Secret_Access_Key=hidden1\r\n# aws_session_token = hidden2\n";
        let shown = diff(keys, &format!("{keys}x = 1\n"));
        assert!(
            !shown.contains("hidden") && shown.contains("AWS_Secret_Access_Key = (not shown)\r\n"),
            "{shown}"
        );
    }
}
