//! Text laid out for a terminal of a certain width, broken only between words.
//!
//! A word that is longer than a line, such as a URL, gets a line of its own, so that it can be selected as a whole.

use std::borrow::Cow;

use super::{Shown, measure_text_width};

/// Below this width, a terminal shows text as it is: hanging indents would leave no room for it.
const LEAST_COLUMNS: usize = 24;
/// The space between two columns of a table.
const GAP: usize = 2;
/// The indent of the cells below the first one, if a table is too wide for the terminal.
const BELOW: usize = 4;

/// Each line of `text` in lines of at most `columns`. The second and later ones are indented by `hang`, and by as
/// much as the line itself. `None` means that there is no limit.
pub fn wrapped(text: &Shown, hang: usize, columns: Option<usize>) -> Shown {
    let Some(columns) = columns.filter(|columns| *columns >= LEAST_COLUMNS) else { return text.clone() };
    if !text.as_str().contains('\n') && text.width() <= columns {
        return text.clone();
    }
    let ends = text.as_str().ends_with('\n');
    let mut whole = Shown::join(text.lines().map(|line| wrapped_line(&line, hang, columns)), "\n");
    if ends {
        whole.push("\n");
    }
    whole
}

/// `text` after `label`, such as `next:`, with its later lines below its first one.
pub fn labelled(label: &Shown, text: &Shown, columns: Option<usize>) -> Shown {
    let margin = label.width() + 1;
    let mut whole = label.clone();
    whole.push(" ");
    match columns.filter(|columns| *columns >= LEAST_COLUMNS && margin + text.width() > *columns) {
        Some(columns) => {
            let lines = wrapped_cell(text, columns.saturating_sub(margin));
            let below = lines.into_iter().enumerate().map(|(at, line)| {
                let mut indented = spaces(if at == 0 { 0 } else { margin });
                indented.push(line);
                indented
            });
            whole.push(Shown::join(below, "\n"));
        }
        None => whole.push(text),
    }
    whole
}

fn spaces(count: usize) -> Shown {
    Shown(Cow::Owned(" ".repeat(count)))
}

/// A part of a text that may be shown.
fn piece(part: &str) -> Shown {
    Shown(Cow::Owned(part.to_owned()))
}

fn wrapped_line(line: &Shown, hang: usize, columns: usize) -> Shown {
    if line.width() <= columns {
        return line.clone();
    }
    let text = line.as_str();
    let own = text.len() - text.trim_start_matches(' ').len();
    let indent = (own + hang).min(columns * 2 / 3);
    let mut lines: Vec<Shown> = Vec::new();
    let mut used = 0;
    for part in parts(text.trim_start_matches(' '), columns - indent) {
        let width = measure_text_width(part.word);
        match lines.last_mut().filter(|_| used + part.before + width <= columns) {
            Some(last) => {
                last.push(spaces(part.before));
                last.push(piece(part.word));
                used += part.before + width;
            }
            None => {
                let margin = if lines.is_empty() { own } else { indent };
                let mut line = spaces(margin);
                line.push(piece(part.word));
                used = margin + width;
                lines.push(line);
            }
        }
    }
    Shown::join(lines, "\n")
}

/// What stays on one line, and the number of spaces before it.
struct Part<'t> {
    before: usize,
    word: &'t str,
}

/// The words of `text`. A command stays in one piece if it fits into `room`: text between backticks, and a command
/// at the start, which ends at a gap of two spaces.
fn parts(text: &str, room: usize) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let before = rest.len() - rest.trim_start_matches(' ').len();
        rest = &rest[before..];
        let word = rest.find(' ').unwrap_or(rest.len());
        let command = if found.is_empty() && rest.starts_with("jit ") {
            Some(rest.find("  ").unwrap_or(rest.len()))
        } else {
            let quoted = rest[..word].find('`').filter(|open| !rest[open + 1..word].contains('`'));
            quoted.and_then(|open| {
                let close = open + 1 + rest[open + 1..].find('`')? + 1;
                Some(close + rest[close..].find(' ').unwrap_or(rest.len() - close))
            })
        };
        let end = command.filter(|end| measure_text_width(&rest[..*end]) <= room).unwrap_or(word);
        if end > 0 {
            found.push(Part { before, word: &rest[..end] });
        }
        rest = &rest[end..];
    }
    found
}

/// The rows of a table, each as one or more lines without a line feed at the end. Cells may contain colour. The last
/// cell of a row is not padded. If the table is too wide for `columns`, cells with several words are wrapped in their
/// columns; if it is still too wide, the cells of a row are placed below each other.
pub fn rows(rows: &[Vec<Shown>], columns: Option<usize>) -> Vec<Shown> {
    let natural = natural_widths(rows);
    let Some(columns) = columns.filter(|columns| *columns >= LEAST_COLUMNS) else {
        return rows.iter().map(|row| padded(row, &natural)).collect();
    };
    let fits = rows.iter().all(|row| width_of(row, &natural) <= columns);
    if fits {
        return rows.iter().map(|row| padded(row, &natural)).collect();
    }
    match shrunk(rows, columns) {
        Some(widths) => rows.iter().map(|row| side_by_side(row, &widths, columns)).collect(),
        None => rows.iter().map(|row| stacked(row, columns)).collect(),
    }
}

/// Whether [`rows`] places the cells of these rows below each other.
pub fn is_stacked(rows: &[Vec<Shown>], columns: Option<usize>) -> bool {
    let natural = natural_widths(rows);
    columns.filter(|columns| *columns >= LEAST_COLUMNS).is_some_and(|columns| {
        rows.iter().any(|row| width_of(row, &natural) > columns) && shrunk(rows, columns).is_none()
    })
}

/// The widths of the columns, without the last cell of each row.
fn natural_widths(rows: &[Vec<Shown>]) -> Vec<usize> {
    let mut widths = vec![0; rows.iter().map(Vec::len).max().unwrap_or(0)];
    for row in rows {
        for (column, cell) in row.iter().enumerate().take(row.len().saturating_sub(1)) {
            widths[column] = widths[column].max(cell.width());
        }
    }
    widths
}

/// How wide a row is if its cells are padded to `widths`.
fn width_of(row: &[Shown], widths: &[usize]) -> usize {
    let Some((last, before)) = row.split_last() else { return 0 };
    widths.iter().take(before.len()).map(|width| width + GAP).sum::<usize>() + last.width()
}

fn padded(row: &[Shown], widths: &[usize]) -> Shown {
    let mut line = Shown::default();
    for (column, cell) in row.iter().enumerate() {
        line.push(cell);
        if column + 1 < row.len() {
            line.push(spaces(widths[column] - cell.width() + GAP));
        }
    }
    line
}

/// The widths at which the table fits, if there are any at which no word is broken.
fn shrunk(rows: &[Vec<Shown>], columns: usize) -> Option<Vec<usize>> {
    let count = rows.iter().map(Vec::len).max()?;
    let mut widths = vec![0; count];
    let mut least = vec![0; count];
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            // The last cell of a shorter row may go to the end of the line.
            if column + 1 == row.len() && row.len() < count {
                continue;
            }
            widths[column] = widths[column].max(cell.width());
            least[column] = least[column].max(longest_word(cell));
        }
    }
    let room = columns.checked_sub(GAP * (count - 1))?;
    if least.iter().sum::<usize>() > room {
        return None;
    }
    while widths.iter().sum::<usize>() > room {
        let widest = (0..count).filter(|column| widths[*column] > least[*column]);
        let widest = widest.max_by_key(|column| widths[*column])?;
        widths[widest] -= 1;
    }
    let shorter = rows.iter().filter(|row| row.len() < count);
    let fits = |row: &Vec<Shown>| {
        let offset: usize = widths.iter().take(row.len().saturating_sub(1)).map(|width| width + GAP).sum();
        row.last().is_none_or(|last| offset + longest_word(last) <= columns)
    };
    shorter.into_iter().all(fits).then_some(widths)
}

fn longest_word(cell: &Shown) -> usize {
    cell.as_str().split(' ').map(measure_text_width).max().unwrap_or(0)
}

fn side_by_side(row: &[Shown], widths: &[usize], columns: usize) -> Shown {
    let offset = |column: usize| widths.iter().take(column).map(|width| width + GAP).sum::<usize>();
    let cells: Vec<Vec<Shown>> = row
        .iter()
        .enumerate()
        .map(|(column, cell)| {
            let last = column + 1 == row.len() && row.len() < widths.len();
            let room = if last { columns - offset(column) } else { widths[column] };
            wrapped_cell(cell, room)
        })
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let mut line = Shown::default();
        for (column, cell) in cells.iter().enumerate() {
            let missing = offset(column).saturating_sub(line.width());
            if let Some(text) = cell.get(at) {
                line.push(spaces(missing));
                line.push(text);
            }
        }
        line.trim_end()
    };
    Shown::join((0..height).map(line), "\n")
}

fn wrapped_cell(cell: &Shown, room: usize) -> Vec<Shown> {
    let mut lines: Vec<Shown> = Vec::new();
    let text = cell.as_str();
    let indent = text.len() - text.trim_start_matches(' ').len();
    for part in parts(text.trim_start_matches(' '), room) {
        let word = piece(part.word);
        match lines.last_mut().filter(|line| line.width() + part.before + word.width() <= room) {
            Some(line) => {
                line.push(spaces(part.before));
                line.push(word);
            }
            None => {
                let mut line = spaces(indent);
                line.push(word);
                lines.push(line);
            }
        }
    }
    lines
}

/// The first cell on a line of its own, the others below it: on one line if they fit, else on one line each.
fn stacked(row: &[Shown], columns: usize) -> Shown {
    let mut cells = row.iter().filter(|cell| !cell.as_str().trim().is_empty());
    let Some(first) = cells.next() else { return Shown::default() };
    let mut lines = vec![wrapped(first, BELOW, Some(columns))];
    let below = |cell: &Shown| {
        let mut line = spaces(BELOW);
        line.push(cell);
        line
    };
    let others: Vec<Shown> = cells.cloned().collect();
    if !others.is_empty() {
        let together = below(&Shown::join(others.iter().cloned(), "  "));
        if together.width() <= columns {
            lines.push(together);
        } else {
            lines.extend(others.iter().map(|cell| wrapped(&below(cell), 0, Some(columns))));
        }
    }
    Shown::join(lines, "\n")
}

/// The help or an error of the argument parser. Paragraphs are filled again; options keep their columns.
pub(in crate::ui) fn help(text: &Shown, columns: Option<usize>) -> Shown {
    let Some(columns) = columns.filter(|columns| *columns >= LEAST_COLUMNS) else { return text.clone() };
    if text.lines().all(|line| line.width() <= columns) {
        return text.clone();
    }
    let mut lines: Vec<Shown> = Vec::new();
    let mut in_paragraph = false;
    for line in text.lines() {
        let prose = is_prose(line.as_str());
        match lines.last_mut().filter(|_| prose && in_paragraph) {
            Some(paragraph) => {
                paragraph.push(" ");
                paragraph.push(&line);
            }
            None => lines.push(line),
        }
        in_paragraph = prose;
    }
    let wrap = |line: &Shown| wrapped_line(line, hang_of(line.as_str(), columns), columns);
    let mut whole = Shown::join(lines.iter().map(wrap), "\n");
    whole.push("\n");
    whole
}

/// Whether a line of the help is part of a paragraph: it starts at the margin, and is no heading.
fn is_prose(line: &str) -> bool {
    line.starts_with(|c: char| !c.is_whitespace()) && !line.ends_with(':') && !line.starts_with("Usage:")
}

/// Where the description of an option begins, so that its next line begins there too.
fn hang_of(line: &str, columns: usize) -> usize {
    if line.starts_with("Usage:") {
        return "Usage: ".len();
    }
    let own = line.len() - line.trim_start().len();
    let description = line.trim_start().find("  ").map(|gap| {
        let rest = &line.trim_start()[gap..];
        gap + rest.len() - rest.trim_start().len()
    });
    description.filter(|at| own > 0 && own + at <= columns * 2 / 3).unwrap_or(0)
}

#[cfg(test)]
mod tests;
