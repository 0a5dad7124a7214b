//! What stands on a terminal at the end, after everything that was drawn over something else.

/// The lines of the screen.
#[derive(Default)]
struct Screen {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    fn line(&mut self) -> &mut Vec<char> {
        if self.lines.len() <= self.row {
            self.lines.resize(self.row + 1, Vec::new());
        }
        &mut self.lines[self.row]
    }

    fn put(&mut self, c: char) {
        let column = self.column;
        let line = self.line();
        if line.len() <= column {
            line.resize(column + 1, ' ');
        }
        line[column] = c;
        self.column += 1;
    }

    /// Does what an escape sequence says that ends with `command`.
    fn control(&mut self, command: char, number: Option<usize>) {
        let column = self.column;
        match command {
            'A' => self.row = self.row.saturating_sub(number.unwrap_or(1)),
            'B' => self.row += number.unwrap_or(1),
            'C' => self.column += number.unwrap_or(1),
            'D' => self.column = column.saturating_sub(number.unwrap_or(1)),
            'G' => self.column = number.unwrap_or(1).saturating_sub(1),
            'K' if number == Some(2) => self.line().clear(),
            'K' => self.line().truncate(column),
            'J' => {
                self.line().truncate(column);
                self.lines.truncate(self.row + 1);
            }
            // Colours, and whether the cursor is seen.
            _ => {}
        }
    }
}

/// The text on a terminal that got `written`.
pub(super) fn on_terminal(written: &str) -> String {
    let mut screen = Screen::default();
    let mut rest = written.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                let mut number = String::new();
                while let Some(digit) = rest.next_if(|c| c.is_ascii_digit() || "?;".contains(*c)) {
                    number.push(digit);
                }
                let command = rest.next().unwrap_or_default();
                screen.control(command, number.parse().ok());
            }
            '\r' => screen.column = 0,
            '\n' => screen.row += 1,
            '\u{8}' => screen.column = screen.column.saturating_sub(1),
            '\u{7}' => {}
            c => screen.put(c),
        }
    }
    let lines = screen.lines.iter().map(|line| format!("{}\n", line.iter().collect::<String>().trim_end()));
    lines.collect()
}
