//! Output without what differs from run to run, so that whole texts can be compared.

use super::Room;

impl Room {
    /// `text` with `IDP` and `STS` for the servers' addresses, `~` for the home, `127.0.0.1:PORT` for other ports,
    /// `127.0.0.1:PORT/…` for the page that a browser is started with, `HH:MM` for times of day, `TIME left` for the time left, `?…` for the query of the sign-in page.
    pub(crate) fn plain(&self, text: &str) -> String {
        let mut text = text.replace("\r\n", "\n").replace(&self.path("").display().to_string(), "~/");
        for (address, name) in [(self.servers.issuer(), "IDP"), (self.servers.sts_url(), "STS")] {
            text = text.replace(address.trim_start_matches("http://"), name);
        }
        let mut plain = String::new();
        let mut rest = text.as_str();
        while let Some(next) = rest.chars().next() {
            let (shown, length) = shortened(rest).unwrap_or((&rest[..next.len_utf8()], next.len_utf8()));
            plain.push_str(shown);
            rest = &rest[length..];
        }
        plain
    }
}

/// What stands for the start of `text`, and how long that start is.
fn shortened(text: &str) -> Option<(&'static str, usize)> {
    let end_of =
        |stop: fn(char) -> bool, from: usize| text[from..].find(stop).map_or(text.len(), |at| from + at);
    if fits(text, "0000-00-00 00:00") {
        return Some(("HH:MM", 16));
    }
    if fits(text, "00:00") {
        return Some(("HH:MM", 5));
    }
    if text.starts_with("127.0.0.1:") {
        let port_ends = end_of(|c| !c.is_ascii_digit(), 10);
        let ends = end_of(char::is_whitespace, port_ends);
        return Some(match ends - port_ends {
            // 256 bits, and the slash before them.
            44 => ("127.0.0.1:PORT/…", ends),
            _ => ("127.0.0.1:PORT", port_ends),
        });
    }
    if text.starts_with("/authorize?") {
        return Some(("/authorize?…", end_of(char::is_whitespace, 0)));
    }
    let number = text.find(|c: char| !c.is_ascii_digit()).filter(|length| *length > 0)?;
    let units = ["s", "min", "h", "d"];
    let (time, _) = text.split_once(" left").filter(|(time, _)| time.len() < 16)?;
    let is_time = text[number..].starts_with(' ') && units.iter().any(|unit| time.ends_with(unit));
    is_time.then(|| ("TIME left", time.len() + " left".len()))
}

/// Whether `text` begins like `form`, in which `0` stands for any digit.
fn fits(text: &str, form: &str) -> bool {
    let same = |(is, form): (u8, u8)| if form == b'0' { is.is_ascii_digit() } else { is == form };
    text.len() >= form.len() && text.bytes().zip(form.bytes()).all(same)
}
