//! Output without what differs from run to run, so that whole texts can be compared.

use super::screen::on_terminal;
use super::{Output, Room};

impl Room {
    /// Everything that a command showed to a person, and how it ended, without what differs from run to run.
    /// Credentials in the output are left out.
    pub(crate) fn told(&self, output: &Output) -> String {
        let mut told = format!("exit {}\n", output.code());
        let data = if output.stdout.contains("SecretAccessKey") { "(credentials)\n" } else { &output.stdout };
        for (stream, text) in [("stdout", data), ("stderr", &output.stderr)] {
            if !text.is_empty() {
                told.push_str(&format!("--- {stream}\n{}", without_chance(&self.plain(text))));
            }
        }
        assert!(!told.contains('\u{1b}'), "what a terminal got is no text for people: {told:?}");
        told
    }

    /// The same for a command on a terminal: what stands there at the end, without colours.
    pub(crate) fn told_on_terminal(&self, output: &Output) -> String {
        let shown = on_terminal(&output.stdout);
        format!("exit {}\n--- terminal\n{}", output.code(), without_chance(&self.plain(&shown)))
    }

    /// `text` with `IDP` and `STS` for the servers' URLs, `~` for the home, `JIT` for the path of the
    /// program, `127.0.0.1:PORT` for other ports, `127.0.0.1:PORT/…` for the page that a browser is started
    /// with, `HH:MM` for times of day, `TIME left` for the time left, `TIME` in a table, `?…` for the query
    /// of the sign-in page.
    pub(crate) fn plain(&self, text: &str) -> String {
        let mut text = text.replace("\r\n", "\n").replace(&self.path("").display().to_string(), "~/");
        text = text.replace(env!("CARGO_BIN_EXE_jit"), "JIT");
        for (address, name) in [(self.servers.issuer(), "IDP"), (self.servers.sts_url(), "STS")] {
            text = text.replace(address.trim_start_matches("http://"), name);
        }
        text = without_times_left(&text);
        let mut plain = String::new();
        let mut rest = text.as_str();
        let mut before = ' ';
        while let Some(next) = rest.chars().next() {
            let (shown, length) =
                shortened(rest, before).unwrap_or((&rest[..next.len_utf8()], next.len_utf8()));
            plain.push_str(shown);
            before = rest[..length].chars().next_back().unwrap_or(' ');
            rest = &rest[length..];
        }
        // Two units, such as 1 h 59 min, become one a minute later.
        plain.replace("TIME TIME left", "TIME left")
    }
}

/// `text` with `TIME` in the column `left` of every table: its content and width change every second.
fn without_times_left(text: &str) -> String {
    let mut column = None;
    let lines = text.split_inclusive('\n').map(|line| {
        if let Some((before, _)) = line.split_once("  left ")
            && let Some((to, _)) = line.split_once("  until ")
        {
            column = Some((before.len() + 2, to.len() + 2));
        }
        if line.trim().is_empty() {
            column = None;
        }
        let Some((from, to)) = column else { return line.to_owned() };
        match (line.get(..from), line.get(from..to), line.get(to..)) {
            (Some(before), Some(left), Some(after)) if left.starts_with("left ") => {
                format!("{before}left  {after}")
            }
            (Some(before), Some(left), Some(after)) if left.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{before}TIME  {after}")
            }
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

/// What replaces the start of `text`, and how long that start is. `before` is the character before it.
fn shortened(text: &str, before: char) -> Option<(&'static str, usize)> {
    let end_of =
        |stop: fn(char) -> bool, from: usize| text[from..].find(stop).map_or(text.len(), |at| from + at);
    // Not in the middle of a digest.
    let begins_word = !before.is_alphanumeric();
    if begins_word && fits(text, "0000-00-00 00:00") {
        return Some(("HH:MM", 16));
    }
    if begins_word && fits(text, "00:00") {
        // How long that is from now.
        let after = text[5..].strip_prefix(", ").map_or(0, |after| {
            let number = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
            let unit =
                [" min", " h", " s"].iter().find(|unit| number > 0 && after[number..].starts_with(**unit));
            unit.filter(|unit| !after[number + unit.len()..].starts_with(" left"))
                .map_or(0, |unit| 2 + number + unit.len())
        });
        return Some(if after > 0 { ("HH:MM, TIME", 5 + after) } else { ("HH:MM", 5) });
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
    let number = text.find(|c: char| !c.is_ascii_digit()).filter(|length| begins_word && *length > 0)?;
    let units = ["s", "min", "h", "d"];
    let near = text.char_indices().map(|(at, _)| at).nth(24).map_or(text, |end| &text[..end]);
    let (time, _) = near.split_once(" left").filter(|(time, _)| time.len() < 16)?;
    let is_time = text[number..].starts_with(' ') && units.iter().any(|unit| time.ends_with(unit));
    is_time.then(|| ("TIME left", time.len() + " left".len()))
}

/// `text` without random parts: tokens, digests, names of entries, key ids, device codes.
fn without_chance(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        if is_device_code(line.trim()) {
            return "    C O D E - C O D E\n".to_owned();
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let mut plain = String::new();
        let mut rest = line;
        while let Some(start) = rest.find(is_part) {
            let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |length| start + length);
            let word = &rest[start..end];
            let has = |what: fn(&u8) -> bool| word.bytes().any(|byte| what(&byte));
            plain.push_str(&rest[..start]);
            plain.push_str(match word.len() {
                32.. if has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) => "RANDOM",
                20 if word.starts_with("ASIA") => "ASIA…",
                _ => word,
            });
            rest = &rest[end..];
        }
        plain + rest
    });
    lines.collect()
}

/// Whether `line` is a device code, as it is shown in large letters.
fn is_device_code(line: &str) -> bool {
    line.len() == 17
        && line.char_indices().all(|(at, c)| match at {
            8 => c == '-',
            at if at % 2 == 1 => c == ' ',
            _ => c.is_ascii_uppercase(),
        })
}

/// Whether `text` begins like `form`, in which `0` stands for any digit.
fn fits(text: &str, form: &str) -> bool {
    let same = |(is, form): (u8, u8)| if form == b'0' { is.is_ascii_digit() } else { is == form };
    text.len() >= form.len() && text.bytes().zip(form.bytes()).all(same)
}
