//! Digits that are seen from across the desk, for number matching.

/// Three by five, row by row; `#` is a dot.
const DIGITS: [[&str; 5]; 10] = [
    ["###", "# #", "# #", "# #", "###"],
    [" # ", "## ", " # ", " # ", "###"],
    ["###", "  #", "###", "#  ", "###"],
    ["###", "  #", "###", "  #", "###"],
    ["# #", "# #", "###", "  #", "  #"],
    ["###", "#  ", "###", "  #", "###"],
    ["###", "#  ", "###", "# #", "###"],
    ["###", "  #", "  #", "  #", "  #"],
    ["###", "# #", "###", "# #", "###"],
    ["###", "# #", "###", "  #", "###"],
];

/// `number` in lines of large digits. What is not all digits, or more than fits, stays as it is, on one line.
pub(super) fn large(number: &str) -> String {
    let digits: Option<Vec<usize>> =
        number.chars().map(|c| c.to_digit(10).map(|digit| digit as usize)).collect();
    match digits {
        Some(digits) if (1..=8).contains(&digits.len()) => (0..5)
            .map(|row| {
                let cells = digits.iter().map(|digit| {
                    DIGITS[*digit][row]
                        .chars()
                        .map(|c| if c == '#' { "██" } else { "  " })
                        .collect::<String>()
                });
                format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
            })
            .collect(),
        _ => format!("{}\n", super::text::escape(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_beside_each_other() {
        let expected = "  ██    ██  ██\n████    ██  ██\n  ██    ██████\n  ██        ██\n██████      ██\n";
        assert_eq!(large("14"), expected);
    }

    #[test]
    fn what_is_no_number_is_shown_as_it_is() {
        assert_eq!(large("a\u{1b}[2J"), "a\\u{1b}[2J\n");
        assert_eq!(large(""), "\n");
        assert_eq!(large("123456789"), "123456789\n");
    }
}
