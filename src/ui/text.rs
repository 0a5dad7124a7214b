//! Words and numbers as people read them.

use std::time::Duration;

/// `text` without anything that a terminal would act on: control characters (line feeds among them, so that nobody
/// else writes lines that look like ours) become `\u{…}`, as do the invisible ones that turn the direction of what
/// follows or hide in a name.
pub fn escape(text: &str) -> String {
    // What most texts are, and a list of ten thousand roles is on the screen sooner.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) { escaped.extend(character.escape_unicode()) } else { escaped.push(character) }
    }
    escaped
}

/// JSON with the same characters as `\uXXXX`, which means the same to whoever parses it. serde_json escapes only those
/// below U+0020, and some terminals take U+009B for the start of a command. The line feeds and spaces of its own layout
/// stay.
pub fn escape_json(json: &str) -> String {
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return json.to_owned();
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if acts(character) && character != '\n' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn acts(character: char) -> bool {
    let invisible = matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    character.is_control() || invisible
}

/// A length of time in its two largest units: `7 h 59 min`, `12 min`, `45 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Rows in columns, two spaces apart; the last cell of a row is not padded, so it may be as long as it likes. Cells may
/// hold colour.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let padded = rows.iter().filter(|row| column + 1 < row.len());
        padded.map(|row| visible(&row[column])).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if column + 1 < row.len() {
                text.push_str(&" ".repeat(widths[column] - visible(cell) + 2));
            }
        }
        text.push('\n');
    }
    text
}

/// How many columns a cell takes, colour codes left out. One character counts as one column.
fn visible(cell: &str) -> usize {
    let mut count = 0;
    let mut in_code = false;
    for character in cell.chars() {
        match (in_code, character) {
            (false, '\x1b') => in_code = true,
            (true, 'm') => in_code = false,
            (true, _) => {}
            (false, _) => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_shown_instead() {
        let cases = [
            ("plain ünïcode ✓", "plain ünïcode ✓"),
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("a\rb\x07\u{9b}31m", "a\\u{d}b\\u{7}\\u{9b}31m"),
            ("user\u{202e}moc", "user\\u{202e}moc"),
            ("one\ntwo", "one\\u{a}two"),
            ("a\u{61c}b\u{2064}\u{e0041}", "a\\u{61c}b\\u{2064}\\u{e0041}"),
        ];
        for (raw, shown) in cases {
            assert_eq!(escape(raw), shown);
        }
    }

    #[test]
    fn json_means_the_same_to_a_parser_and_nothing_to_a_terminal() {
        let value = serde_json::json!({ "name": "é\u{9b}31m\u{1b}\n\u{202e}\u{e0041}", "more": [1] });
        let shown = escape_json(&format!("{value:#}"));
        assert!(shown.contains(r"é\u009b31m\u001b\n\u202e\udb40\udc41"), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn durations_read_well() {
        let cases = [
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (28_740, "7 h 59 min"),
            (90_000, "1 d 1 h"),
            (86_400, "1 d"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn tables_line_up_with_and_without_colour() {
        let rows = vec![
            vec!["a".to_owned(), "b".to_owned()],
            vec!["\x1b[32mlong\x1b[0m".to_owned(), "c".to_owned()],
        ];
        assert_eq!(table(&rows), "a     b\n\x1b[32mlong\x1b[0m  c\n");
        let rows = [vec!["a", "b"], vec!["as long as it likes"]];
        let rows = rows.map(|row| row.into_iter().map(str::to_owned).collect());
        assert_eq!(table(&rows), "a  b\nas long as it likes\n");
    }
}
