use super::*;
use crate::ui::text::escape;

const NARROW: Option<usize> = Some(30);

/// A text, its hanging indent, and the lines that it becomes at 30 columns. Add a line for every form of text.
const LINES: &[(&str, usize, &[&str])] = &[
    ("", 0, &[""]),
    ("short enough", 0, &["short enough"]),
    ("exactly thirty columns of text", 0, &["exactly thirty columns of text"]),
    ("one column more than thirty is", 0, &["one column more than thirty is"]),
    ("one column more than thirty: 31", 0, &["one column more than thirty:", "31"]),
    ("  an indented line stays indented", 0, &["  an indented line stays", "  indented"]),
    ("a hanging indent for the second", 4, &["a hanging indent for the", "    second"]),
    // A word that is too long has a line of its own, and is never broken.
    (
        "open https://idp.example/with/a/long/path now",
        0,
        &["open", "https://idp.example/with/a/long/path", "now"],
    ),
    ("https://idp.example/with/a/long/path", 0, &["https://idp.example/with/a/long/path"]),
    // Gaps between columns are kept, but not at a break.
    ("admin  222222222222  8 h left  ok", 2, &["admin  222222222222  8 h left", "  ok"]),
    // Commands stay in one piece.
    (
        "sign in again, then: `jit login --force admin`",
        0,
        &["sign in again, then:", "`jit login --force admin`"],
    ),
    ("jit explain admin  shows every value", 0, &["jit explain admin  shows every", "value"]),
    ("see `a` and `b` for the reasons of it", 0, &["see `a` and `b` for the", "reasons of it"]),
    // Unless they do not fit.
    ("run `jit login --force --idp acme admin`", 0, &["run `jit login --force --idp", "acme admin`"]),
    // Wide characters.
    ("日本日本日本 日本日本日本 日本", 0, &["日本日本日本 日本日本日本 日本"]),
    ("日本日本日本 日本日本日本 日本日本", 0, &["日本日本日本 日本日本日本", "日本日本"]),
];

#[test]
fn lines_are_broken_between_words() {
    for (text, hang, lines) in LINES {
        let whole = wrapped(&escape(text), *hang, NARROW);
        assert_eq!(whole.as_str().lines().collect::<Vec<_>>().join("\n"), lines.join("\n"), "{text}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(whole.as_str()), words(text), "no word is lost");
        // Without a terminal, and on one that is too narrow for anything, lines stay as they are.
        for columns in [None, Some(0), Some(LEAST_COLUMNS - 1)] {
            assert_eq!(wrapped(&escape(text), *hang, columns), escape(text));
        }
    }
    let several: Shown = "one line of text that is too long\nshort\n".into();
    assert_eq!(wrapped(&several, 0, NARROW).as_str(), "one line of text that is too\nlong\nshort\n");
}

#[test]
fn colour_takes_no_columns() {
    let text: Shown = "\x1b[36mnext:\x1b[0m \x1b[1;31mexactly twenty-four chars\x1b[0m".into();
    assert_eq!(text.width(), 31);
    let whole = wrapped(&text, 0, Some(31));
    assert_eq!(whole, text);
    let whole = wrapped(&text, 0, NARROW);
    assert_eq!(whole.lines().map(|line| line.width()).collect::<Vec<_>>(), [25, 5]);
}

#[test]
fn a_label_has_its_text_beside_it() {
    let label: Shown = "warning:".into();
    let at = |text: &str| labelled(&label, &escape(text), NARROW).into_string();
    assert_eq!(at("short"), "warning: short");
    assert_eq!(
        at("a text that needs several lines of it"),
        "warning: a text that needs\n         several lines of it"
    );
    assert_eq!(at("jit login a  signs in again"), "warning: jit login a  signs in\n         again");
}

fn cells(rows: &[&[&str]]) -> Vec<Vec<Shown>> {
    rows.iter().map(|row| row.iter().map(|cell| escape(cell)).collect()).collect()
}

fn at(table: &[&[&str]], columns: usize) -> String {
    Shown::join(rows(&cells(table), Some(columns)), "\n").into_string()
}

const TABLE: &[&[&str]] = &[
    &["role", "account", "about"],
    &["admin", "222222222222", "the whole production account"],
    &["stored", "session until 16:05, and a long remark that goes to the end"],
];

#[test]
fn a_table_fits_its_terminal() {
    assert_eq!(
        at(TABLE, 80),
        "role    account       about\n\
         admin   222222222222  the whole production account\n\
         stored  session until 16:05, and a long remark that goes to the end"
    );
    assert_eq!(
        at(TABLE, 40),
        "role    account       about\n\
         admin   222222222222  the whole\n                      production account\n\
         stored  session until 16:05, and a long\n        remark that goes to the end"
    );
    // The words of all columns do not fit next to each other.
    assert_eq!(
        at(TABLE, 28),
        "role\n    account  about\n\
         admin\n    222222222222\n    the whole production\n    account\n\
         stored\n    session until 16:05, and\n    a long remark that goes\n    to the end"
    );
    assert!(is_stacked(&cells(TABLE), Some(28)) && !is_stacked(&cells(TABLE), Some(40)));
    assert!(!is_stacked(&cells(TABLE), None));
}

#[test]
fn no_line_is_too_wide_at_any_width() {
    for columns in LEAST_COLUMNS..100 {
        let whole = at(TABLE, columns);
        for line in whole.lines() {
            assert!(line.len() <= columns || !line.trim().contains(' '), "{columns}: {line}");
        }
        let words = |text: &str| text.split_whitespace().count();
        let all: usize = TABLE.iter().flat_map(|row| row.iter()).map(|cell| words(cell)).sum();
        assert_eq!(words(&whole), all, "{columns}: no word is lost");
    }
}

#[test]
fn help_is_filled_again() {
    let text: Shown = "Print a role's credentials as shell statements\n\nUnsets variables that\nwould make a tool use others.\n\n\
                       Usage: jit env [OPTIONS] [ROLE] [MORE]\n\nOptions:\n  -q, --quiet   Print nothing at all\n"
        .into();
    assert_eq!(
        help(&text, Some(30)).as_str(),
        "Print a role's credentials as\nshell statements\n\nUnsets variables that would\nmake a tool use others.\n\n\
         Usage: jit env [OPTIONS]\n       [ROLE] [MORE]\n\nOptions:\n  -q, --quiet   Print nothing\n                at all\n"
    );
    assert_eq!(help(&text, Some(80)), text);
    assert_eq!(help(&text, None), text);
}
