//! The pages of an org that jit reads: the form that carries an assertion, and the script that requires
//! another factor first.

use zeroize::Zeroize as _;

use super::api::bounded;
use super::html::{Part, parts};
use jit_wire::secret::Secret;

/// What a page is.
#[derive(Debug)]
pub(super) enum Page {
    /// It posts a SAML response.
    Response(Secret<String>),
    /// The application requires another factor first; continue with this token.
    StepUp(Secret<String>),
    /// Anything else, by its title.
    Other(String),
}

/// Reads a page by the same rules as browsers.
pub(super) fn read(html: &[u8]) -> Page {
    let html = String::from_utf8_lossy(html);
    let mut title = String::new();
    let mut in_title = false;
    let mut in_script = false;
    let mut step_up = None;
    for part in parts(&html) {
        match part {
            Part::Start(name, mut attributes) => {
                in_title = name == "title" && title.is_empty();
                in_script = name == "script";
                if name == "input" && attributes.take("name").is_some_and(|name| name == "SAMLResponse") {
                    let text = attributes.take("value").filter(|text| !text.is_empty());
                    if let Some(text) = text {
                        return Page::Response(Secret::new(text));
                    }
                }
            }
            Part::End => (in_title, in_script) = (false, false),
            Part::Text(text) if in_title => title.push_str(&text),
            Part::Text(text) if in_script => step_up = step_up.or_else(|| state_token(&text)),
            Part::Text(_) => {}
        }
    }
    match step_up {
        Some(token) => Page::StepUp(token),
        None => Page::Other(bounded(title.trim())),
    }
}

/// `stateToken = '…'` in a script, with its `\xNN` decoded.
fn state_token(script: &str) -> Option<Secret<String>> {
    for (at, word) in script.match_indices("stateToken") {
        let rest = script[at + word.len()..].trim_start_matches(['"', '\'']).trim_start();
        let Some(rest) = rest.strip_prefix(['=', ':']) else { continue };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|c| ['"', '\''].contains(c)) else { continue };
        let Some(end) = rest[1..].find(quote) else { continue };
        let mut raw = unescaped(&rest[1..=end]);
        if raw.len() >= 10 && raw.bytes().all(|b| b.is_ascii_graphic()) {
            return Some(Secret::new(raw));
        }
        raw.zeroize();
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(char::from(byte));
                out.push_str(&part[2..]);
            }
            None => {
                out.push_str("\\x");
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> String {
        match read(html.as_bytes()) {
            Page::Response(text) => format!("response {}", text.expose()),
            Page::StepUp(token) => format!("step-up {}", token.expose()),
            Page::Other(title) => format!("other {title}"),
        }
    }

    #[test]
    fn pages_are_distinguished() {
        let cases = [
            (
                r#"<form id="appForm"><input name="SAMLResponse" type="hidden" value="a&#x2b;b&#x3d;"/></form>"#,
                "response a+b=",
            ),
            (r#"<INPUT TYPE=hidden VALUE='a&#43;b&plus;c' NAME='SAMLResponse'>"#, "response a+b+c"),
            (
                r#"<!-- <input name="SAMLResponse" value="no"> --><input name="SAMLResponse" value="yes">"#,
                "response yes",
            ),
            (r#"<script>var stateToken = '00\x2Dabc\x2Ddefgh';</script>"#, "step-up 00-abc-defgh"),
            (r#"<script>var a = {"stateToken":"00abcdefgh"}</script>"#, "step-up 00abcdefgh"),
            (r#"<title>Sign &amp; in</title><p>stateToken = 'not a script'"#, "other Sign & in"),
            (r#"<script>var stateToken = '';</script><title>x</title>"#, "other x"),
            (r#"<input name="SAMLResponse" value="">"#, "other "),
            ("", "other "),
        ];
        for (html, expected) in cases {
            assert_eq!(shown(html), expected, "{html}");
        }
    }

    #[test]
    fn broken_pages_are_read_to_their_end() {
        for html in
            ["<", "<input", "<script>stateToken", "<script>stateToken='", "stateToken='\\x", "\u{0}<a \u{0}>"]
        {
            assert!(shown(html).starts_with("other"), "{html}");
        }
        assert_eq!(shown(&format!("{}<title>end</title>", "<div>".repeat(100_000))), "other end");
        assert!(matches!(read(b"\xff\xfe<input name=SAMLResponse value=\xff>"), Page::Response(_)));
        assert_eq!(shown("<script>stateToken='ab\\xZZcdefgh\\x2'</script>"), "step-up ab\\xZZcdefgh\\x2");
    }
}
