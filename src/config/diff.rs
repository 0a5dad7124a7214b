//! What an edit would change, for the eyes of the user.

use similar::TextDiff;
use zeroize::Zeroizing;

/// Keys whose values are secrets that people keep in these files.
const SECRET_KEYS: [&str; 4] =
    ["aws_secret_access_key", "aws_session_token", "aws_security_token", "client_secret"];
/// What opens and closes a text of several lines in TOML.
const LONG_QUOTES: [&str; 2] = ["\"\"\"", "'''"];

/// A unified diff of the file called `name`; empty if nothing changed. Secrets near a change are masked.
pub fn unified_diff(before: &str, after: &str, name: &str) -> String {
    let (before, after) = (masked(before), masked(after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    diff.unified_diff().header(name, name).to_string()
}

/// The text without the values of secret keys, commented ones included.
fn masked(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + 64));
    // The quotes that close the value that is being left out.
    let mut until: Option<&str> = None;
    for raw in text.split_inclusive('\n') {
        let end = &raw[raw.trim_end_matches(['\r', '\n']).len()..];
        if let Some(quotes) = until {
            until = until.filter(|_| !raw.contains(quotes));
            out.push_str("(not shown)");
            out.push_str(end);
            continue;
        }
        let lower = raw.to_ascii_lowercase();
        let secret = SECRET_KEYS.iter().filter_map(|key| Some(lower.find(key)? + key.len())).min();
        match secret {
            Some(at) => {
                until = LONG_QUOTES.into_iter().find(|quotes| raw[at..].matches(quotes).count() == 1);
                out.push_str(&raw[..at]);
                out.push_str(" = (not shown)");
                out.push_str(end);
            }
            None => out.push_str(raw),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_lines_around_a_change() {
        let shown = unified_diff("[a]\nx = 1\n", "[a]\nx = 2\n", "config");
        assert_eq!(shown, "--- config\n+++ config\n@@ -1,2 +1,2 @@\n [a]\n-x = 1\n+x = 2\n");
        assert_eq!(unified_diff("[a]\n", "[a]\n", "config"), "");
    }

    #[test]
    fn secrets_near_a_change_are_not_shown() {
        let keys = "[a]\nAWS_Secret_Access_Key=hidden1\r\n# aws_session_token = hidden2\n\
            client_secret = \"\"\"hidden3\nhidden4\"\"\"\nb = { client_secret = 'hidden5', x = 1 }\ny = 2\n";
        let shown = unified_diff(keys, &format!("{keys}x = 1\n"), "config");
        assert!(!shown.contains("hidden"), "{shown}");
        // Only what is near is there at all.
        let shown = masked(keys);
        assert!(
            shown.contains("AWS_Secret_Access_Key = (not shown)\r\n") && shown.ends_with("\ny = 2\n"),
            "{}",
            *shown
        );
        assert!(!shown.contains("hidden"), "{}", *shown);
    }
}
