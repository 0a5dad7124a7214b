//! Durations: `90s`, `15m`, `8h`, `1h30m`, or plain seconds.

/// Parses a duration: `90s`, `15m`, `8h`, `1h30m`, or plain seconds.
///
/// # Errors
/// A text that says what was expected.
pub fn parse_duration(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a duration; write 8h, 90m, 1h30m or 3600s");
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| wrong());
    }
    let mut total = 0u32;
    let mut digits = String::new();
    // Units get smaller from left to right.
    let mut last_unit = u32::MAX;
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let unit = match character {
            'd' => 86_400,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let number: u32 = digits.parse().map_err(|_| wrong())?;
        if unit >= last_unit {
            return Err(wrong());
        }
        total = number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        digits.clear();
        last_unit = unit;
    }
    if digits.is_empty() && last_unit != u32::MAX { Ok(total) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let good =
            [("8h", 28_800), ("90m", 5400), ("1h30m", 5400), ("3600s", 3600), ("3600", 3600), ("1d", 86_400)];
        for (text, seconds) in good {
            assert_eq!(parse_duration(text), Ok(seconds), "{text}");
        }
        for text in ["", "h", "8x", "1h2", "30m1h", "-1h", "99999999999h", "1.5h", " 1h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
