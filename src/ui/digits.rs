//! Digits that can be read from across the desk, for number matching.

use super::text::{Shown, shown};

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

/// `number` in lines of large digits. If it is not all digits, or does not fit, it stays as it is, on one
/// line.
pub(super) fn large(number: &str) -> Shown {
    let digits: Option<Vec<usize>> =
        number.chars().map(|c| c.to_digit(10).map(|digit| digit as usize)).collect();
    let Some(digits) = digits.filter(|digits| (1..=8).contains(&digits.len())) else {
        return shown!("{}\n", number);
    };
    let line = |row: usize| {
        let dots = |digit: &usize| {
            let dots = DIGITS[*digit][row].bytes().map(|dot| if dot == b'#' { "██" } else { "  " });
            Shown::join(dots.map(Shown::from), "")
        };
        shown!("{}\n", Shown::join(digits.iter().map(dots), "  ").trim_end())
    };
    Shown::join((0..5).map(line), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_beside_each_other() {
        let expected = "  ██    ██  ██\n████    ██  ██\n  ██    ██████\n  ██        ██\n██████      ██\n";
        assert_eq!(large("14").as_str(), expected);
    }

    #[test]
    fn text_that_is_not_a_number_is_shown_unchanged() {
        assert_eq!(large("a\u{1b}[2J").as_str(), "a\\u{1b}[2J\n");
        assert_eq!(large("").as_str(), "\n");
        assert_eq!(large("123456789").as_str(), "123456789\n");
    }
}
