//! Percent-encoding as in Signature Version 4, IAM's documents and S3's lists (RFC 3986).

use std::fmt::Write as _;

/// `text` with every byte escaped that is not unreserved or in `kept`.
pub(crate) fn encoded(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut found, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            found.push(char::from(byte));
        } else {
            let _ = write!(found, "%{byte:02X}");
        }
        found
    })
}

/// The text that `text` encodes; `None` if it is not UTF-8. A `+` is a plus, as in the path of a URL.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut found = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                found.push(byte);
                rest = &after[2..];
            }
            None => {
                found.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(found).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["", "a b+c", "é/\u{1f511}", "100%25", "%", "%4", "%zz", "a/b:alice@corp.com"] {
            assert_eq!(decoded(&encoded(text, b"/")).as_deref(), Some(text));
        }
        assert_eq!(encoded("a b/é", b"/"), "a%20b/%C3%A9");
        assert_eq!(decoded("%FF"), None);
        assert_eq!(decoded("a+b").as_deref(), Some("a+b"));
    }
}
