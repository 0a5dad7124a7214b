//! The host of a URL, as the person who approves it must see it.

use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// A warning if the host of `url` uses another script: it is requested as `xn--…`, but displayed it may look
/// like another host.
pub fn warning(url: &str) -> Option<String> {
    let host = of(url);
    let read = reads_as(&host)?;
    Some(format!(
        "{host} reads {read}, and its letters may be look-alikes. Check the URL with the person who gave it \
         to you"
    ))
}

/// The host of a URL with its port; empty if it has none.
pub fn of(url: &str) -> String {
    TrustedUrl::parse(url, Purpose::Page).map(|url| url.authority().to_owned()).unwrap_or_default()
}

/// How the host is displayed, if that differs: labels in other scripts are encoded as `xn--…`.
pub(super) fn reads_as(host: &str) -> Option<String> {
    let label = |label: &str| match label.strip_prefix("xn--") {
        Some(code) => decoded(code).unwrap_or_else(|| label.to_owned()),
        None => label.to_owned(),
    };
    let read = host.split('.').map(label).collect::<Vec<_>>().join(".");
    (read != host).then_some(read)
}

/// Decodes Punycode (RFC 3492, section 6.2); `None` if it is not valid.
fn decoded(code: &str) -> Option<String> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    let (basic, code) = code.rsplit_once('-').unwrap_or(("", code));
    let mut output: Vec<char> = basic.chars().collect();
    let mut n = 128_u32;
    let mut bias = 72_u32;
    let mut i = 0_u32;
    let mut digits = code.bytes();
    while digits.len() > 0 {
        let before = i;
        let mut weight = 1_u32;
        let mut k = BASE;
        loop {
            let digit = match digits.next()? {
                letter @ b'a'..=b'z' => u32::from(letter - b'a'),
                letter @ b'A'..=b'Z' => u32::from(letter - b'A'),
                number @ b'0'..=b'9' => u32::from(number - b'0') + 26,
                _ => return None,
            };
            i = digit.checked_mul(weight)?.checked_add(i)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let length = u32::try_from(output.len()).ok()? + 1;
        // Section 6.1: the next number is probably about as large as this one.
        let mut delta = (i - before) / if before == 0 { 700 } else { 2 };
        delta += delta / length;
        bias = 0;
        while delta > (BASE - T_MIN) * T_MAX / 2 {
            delta /= BASE - T_MIN;
            bias += BASE;
        }
        bias += (BASE - T_MIN + 1) * delta / (delta + 38);
        n = n.checked_add(i / length)?;
        i %= length;
        output.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i += 1;
    }
    Some(output.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_in_another_script_is_shown_readable() {
        // The samples of RFC 3492, section 7.1, and names that look like others.
        for (host, reads) in [
            ("xn--bcher-kva.example", "bücher.example"),
            ("xn--80ak6aa92e.com", "аррӏе.com"),
            ("login.xn--pple-43d.com:8443", "login.аpple.com:8443"),
            ("xn--ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"),
            ("xn--3b-ww4c5e180e575a65lsy2b", "3年b組金八先生"),
        ] {
            assert_eq!(reads_as(host).as_deref(), Some(reads), "{host}");
        }
        for host in ["127.0.0.1:8080", "xn--\u{ff}", "xn--zzzzzzzzzzzzzzzzz", "xn--a-é", "xn--99999999999"] {
            assert_eq!(reads_as(host), None, "{host}");
        }
        assert_eq!(reads_as("acme.okta.com"), None);
    }

    #[test]
    fn the_host_of_a_url_has_its_port() {
        for (url, host) in [
            ("https://ACME.okta.com/x?y", "acme.okta.com"),
            ("http://127.0.0.1:8080/start", "127.0.0.1:8080"),
            ("https://[::1]:1/", "[::1]:1"),
            ("no url", ""),
        ] {
            assert_eq!(of(url), host, "{url}");
        }
    }
}
