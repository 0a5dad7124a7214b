//! What an edit would change, shown to the person who approves it.
//!
//! The texts are compared unchanged; only then are secrets replaced, at the positions where the parser found
//! them. Text that merely looks like a secret is shown, and a changed secret is shown as a change.

use std::ops::Range;

use similar::{ChangeTag, TextDiff, udiff::UnifiedHunkHeader};
use toml::de::DeTable;

use super::aws::Document;

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;
/// What is shown in place of a secret.
const HIDDEN: &str = "(not shown)";
/// Keys of AWS's files whose values are secrets.
const AWS_SECRETS: [&str; 3] = ["aws_secret_access_key", "aws_session_token", "aws_security_token"];

/// One of the two texts that are compared, and the positions of its secrets.
pub struct Side<'t> {
    lines: Vec<&'t str>,
    /// The offset of each line.
    starts: Vec<usize>,
    secrets: Vec<Range<usize>>,
}

impl<'t> Side<'t> {
    /// A `config.toml`. In text that is not TOML no secret could be found, so none of it is shown.
    pub fn of_config(text: &'t str) -> Self {
        let without_heads = super::shared::without_heads(text);
        let secrets = DeTable::parse(without_heads.as_ref().map_or(text, |text| text.as_str())).map_or_else(
            |_| std::iter::once(0..text.len()).collect(),
            |document| client_secrets(document.get_ref()),
        );
        Self::new(text, secrets)
    }

    /// A `~/.aws/config` or `~/.aws/credentials`.
    pub fn of_aws(document: &'t Document) -> Self {
        Self::new(document.text(), document.values_of(&AWS_SECRETS))
    }

    fn new(text: &'t str, secrets: Vec<Range<usize>>) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let starts = lines.iter().scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some(start)
        });
        Self { starts: starts.collect(), lines, secrets }
    }

    fn has_windows_ends(&self) -> bool {
        self.lines.iter().all(|line| line.ends_with("\r\n") || !line.ends_with('\n'))
    }

    /// A line without its end and without the secrets in it.
    fn shown(&self, index: usize, end: &str) -> String {
        let line = self.lines[index];
        let line = line.strip_suffix(end).or_else(|| line.strip_suffix('\n')).unwrap_or(line);
        let start = self.starts[index];
        let mut shown = String::with_capacity(line.len());
        let mut at = 0;
        for secret in &self.secrets {
            let from = secret.start.saturating_sub(start).clamp(at, line.len());
            let to = secret.end.saturating_sub(start).min(line.len());
            if from < to {
                shown.push_str(&line[at..from]);
                shown.push_str(HIDDEN);
                at = to;
            }
        }
        shown.push_str(&line[at..]);
        shown
    }
}

/// The positions of `client_secret` values in `[idp.NAME]`, in any TOML spelling, in order.
fn client_secrets(document: &DeTable<'_>) -> Vec<Range<usize>> {
    let idps = document.iter().find(|(key, _)| key.get_ref() == "idp");
    let idps = idps.and_then(|(_, idps)| idps.get_ref().as_table()).into_iter().flat_map(|idps| idps.iter());
    let settings = idps.filter_map(|(_, idp)| idp.get_ref().as_table()).flat_map(|idp| idp.iter());
    let mut found: Vec<_> =
        settings.filter(|(key, _)| key.get_ref() == "client_secret").map(|(_, value)| value.span()).collect();
    found.sort_by_key(|span| span.start);
    found
}

/// The lines of a unified diff of the file called `name`; none if nothing changed. The lines are unescaped:
/// escape them before printing.
pub fn unified_diff(before: &Side<'_>, after: &Side<'_>, name: &str) -> Vec<String> {
    if before.lines == after.lines {
        return Vec::new();
    }
    // Carriage returns are shown unless every line has one, as on Windows.
    let windows = before.has_windows_ends() && after.has_windows_ends();
    let end = if windows { "\r\n" } else { "\n" };
    let mut shown = vec![format!("--- {name}"), format!("+++ {name}")];
    let diff = TextDiff::from_slices(&before.lines, &after.lines);
    for group in diff.grouped_ops(CONTEXT) {
        shown.push(UnifiedHunkHeader::new(&group).to_string());
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, side, index) = match change.tag() {
                ChangeTag::Equal => (' ', before, change.old_index()),
                ChangeTag::Delete => ('-', before, change.old_index()),
                ChangeTag::Insert => ('+', after, change.new_index()),
            };
            let Some(index) = index else { continue };
            let mut line = format!("{sign}{}", side.shown(index, end));
            // A trailing space may be all that changed.
            if sign != ' ' && line.len() > 1 && line.ends_with(' ') {
                line.pop();
                line.push_str("\\u{20}");
            }
            shown.push(line);
            if !side.lines[index].ends_with('\n') {
                shown.push("\\ No newline at end of file".to_owned());
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(before: &str, after: &str) -> String {
        unified_diff(&Side::of_config(before), &Side::of_config(after), "config").join("\n")
    }

    fn aws(before: &str, after: &str) -> String {
        let [before, after] = [before, after].map(|text| Document::parse(text.as_bytes()).unwrap());
        unified_diff(&Side::of_aws(&before), &Side::of_aws(&after), "config").join("\n")
    }

    #[test]
    fn shows_the_lines_around_a_change() {
        let shown = config("[a]\nx = 1\n", "[a]\nx = 2\n");
        assert_eq!(shown, "--- config\n+++ config\n@@ -1,2 +1,2 @@\n [a]\n-x = 1\n+x = 2");
        assert_eq!(config("[a]\n", "[a]\n"), "");
        let shown = config("", "x = 1");
        assert_eq!(shown, "--- config\n+++ config\n@@ -0,0 +1 @@\n+x = 1\n\\ No newline at end of file");
    }

    /// Lines that hold a secret; `hidden` is the part that must not be shown.
    #[test]
    fn a_secret_is_hidden_and_its_change_is_not() {
        let spellings = [
            ("[idp.a]\nclient_secret = \"hidden1\"\n", "+client_secret = (not shown)"),
            ("[idp.a]\n\"client_secret\"='hidden1' # why\n", "+\"client_secret\"=(not shown) # why"),
            ("[idp.a]\n'client_\u{73}ecret' = 'hidden1'\n", "+'client_secret' = (not shown)"),
            ("[idp.a]\n\"client\\u005fsecret\" = 'hidden1'\n", "+\"client\\u005fsecret\" = (not shown)"),
            ("idp.a.client_secret = \"hidden1\"\n", "+idp.a.client_secret = (not shown)"),
            (
                "idp = { a = { client_secret = \"hidden1\", x = 1 } }\n",
                "+idp = { a = { client_secret = (not shown), x = 1 } }",
            ),
            (
                "[idp.a]\nclient_secret = \"\"\"hidden1\nhidden2\"\"\" # end\n",
                "+client_secret = (not shown)\n+(not shown) # end",
            ),
            (
                "[idp.a]\nclient_secret = '''\nhidden1\n'''\n",
                "+client_secret = (not shown)\n+(not shown)\n+(not shown)",
            ),
        ];
        for (text, shown) in spellings {
            let added = config("", text);
            assert!(added.contains(shown) && !added.contains("hidden"), "{text}: {added}");
            let changed = config(text, &text.replace("hidden1", "hidden9"));
            assert!(changed.contains("\n-") && changed.contains("\n+"), "{text}: {changed}");
            assert!(!changed.contains("hidden"), "{text}: {changed}");
        }
        assert!(!config("[idp.a]\nclient_secret = \"hidden", "x = 1\n").contains("hidden"));
    }

    #[test]
    fn aws_keys_are_hidden_by_position() {
        let keys = "[profile a]\nAWS_Secret_Access_Key=hidden1\naws_session_token =hidden2\n  hidden3=\nregion = b\n";
        let shown = aws(keys, &keys.replace("region = b", "region = c"));
        let expected = "--- config\n+++ config\n@@ -2,4 +2,4 @@\n AWS_Secret_Access_Key=(not shown)\n \
                        aws_session_token =(not shown)\n (not shown)\n-region = b\n+region = c";
        assert_eq!(shown, expected);
        let shown = aws(keys, &keys.replace("hidden1", "hidden9"));
        assert!(
            shown.contains("-AWS_Secret_Access_Key=(not shown)\n+AWS_Secret_Access_Key=(not shown)"),
            "{shown}"
        );
        assert!(!shown.contains("hidden"), "{shown}");
        let new = aws("", keys);
        assert!(!new.contains("hidden") && new.contains("+region = b"), "{new}");
    }

    /// Text that looks like a secret, or like the start of one: changes after it are shown.
    #[test]
    fn a_value_that_only_resembles_a_secret_is_shown() {
        for text in [
            "# client_secret = \nx = \"SHOWN\"\n",
            "# client_secret '''\nx = \"SHOWN\"\n# '''\n",
            "# client_secret \"\"\"\n[idp.a]\nsso_url = \"SHOWN\"\n",
            "[idp.a]\nsso_url = \"SHOWN\" # client_secret\n",
            "[idp.a]\ntype = \"x\" # client_secret = SHOWN\n",
            "[idp.client_secret]\nsso_url = \"SHOWN\"\n",
            "[idp.a]\nclient_secret_url = \"SHOWN\"\n",
            "[role.a]\nclient_secret = \"SHOWN\"\n",
            "[role.a]\ntags = { client_secret = \"SHOWN\" }\n",
            "[role.a]\npolicy = '''\nclient_secret = SHOWN\n'''\n",
            "[idp.a]\nclient_secret = '1' # '''\nsso_url = \"SHOWN\"\n",
            "[idp.a]\nclient_secret = '''1''' # SHOWN\n",
            "client_secret = \"SHOWN\"\n",
        ] {
            let changed = config(text, &text.replace("SHOWN", "OTHER"));
            assert!(changed.contains("SHOWN") && changed.contains("OTHER"), "{text}: {changed}");
        }
        for text in [
            "# aws_secret_access_key\n[profile a]\nregion = SHOWN\n",
            "[profile a]\n# aws_secret_access_key = SHOWN\n",
            "[profile aws_session_token]\nregion = SHOWN\n",
            "[profile a]\ndescription = aws_session_token SHOWN\n",
            "[profile a]\ncredential_process = SHOWN # aws_security_token\n",
        ] {
            let changed = aws(text, &text.replace("SHOWN", "OTHER"));
            assert!(changed.contains("SHOWN") && changed.contains("OTHER"), "{text}: {changed}");
        }
    }

    #[test]
    fn an_invisible_change_is_shown() {
        assert!(config("x = 1\n", "x = 1 \n").ends_with("-x = 1\n+x = 1\\u{20}"));
        // The carriage return stays; the code that prints the line escapes it.
        assert!(config("x = 1\n", "x = 1\r\n").ends_with("-x = 1\n+x = 1\r"));
        assert!(config("x = 1\r\ny = 1\r\n", "x = 2\r\ny = 1\r\n").ends_with("-x = 1\n+x = 2\n y = 1"));
        assert!(config("x = 1\n", "x = 1").ends_with("-x = 1\n+x = 1\n\\ No newline at end of file"));
    }
}
