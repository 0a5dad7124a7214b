//! One manual page: the sections that man-pages(7) lists, from the parser's own words and from the tables beside this.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::examples::EXAMPLES;
use super::sections::{Entry, Pages, SECTIONS};

/// The page of `command`, which is one of the program `main`, as roff.
///
/// # Errors
/// None that occurs: the page is written to memory.
pub(super) fn source(main: &Command, command: &Command) -> io::Result<Vec<u8>> {
    let name = page_name(command);
    let page = Man::new(command.clone().name(clap::builder::Str::from(name.clone())));
    let mut text = Vec::new();
    text.extend_from_slice(title(&name, main).as_bytes());
    page.render_name_section(&mut text)?;
    synopsis(command).to_writer(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    for (title, entries) in SECTIONS {
        section(title, entries, command).to_writer(&mut text)?;
    }
    examples(command).to_writer(&mut text)?;
    see_also(main, command).to_writer(&mut text)?;
    Ok(without_idle_breaks(&text))
}

/// The name of the page, such as `jit-configure-add`.
pub(super) fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// The words that are typed for `command`, such as `jit configure add`.
fn typed(command: &Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

/// The words after `jit`.
fn words(command: &Command) -> &str {
    typed(command).split_once(' ').map_or("", |(_, words)| words)
}

/// The title, without a date, so that the same source gives the same page. The crate would leave the empty date out.
fn title(name: &str, main: &Command) -> String {
    let name = name.to_uppercase();
    format!(".TH {name} 1 \"\" \"jit {}\" \"jit manual\"\n", main.get_version().unwrap_or_default())
}

/// Without the line breaks next to an empty line, which do nothing and which mandoc complains about.
fn without_idle_breaks(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().collect();
    let is_empty_line = |at: Option<usize>| {
        at.and_then(|at| lines.get(at)).is_some_and(|line| *line == ".sp" || line.is_empty())
    };
    let kept = lines.iter().enumerate().filter(|(at, line)| {
        **line != ".br" || !(is_empty_line(at.checked_sub(1)) || is_empty_line(at.checked_add(1)))
    });
    kept.flat_map(|(_, line)| [line.as_bytes(), b"\n"].concat()).collect()
}

/// How the command is typed, as in its help: with the `--` that some arguments need.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    let lines = usage.trim_start_matches("Usage:").lines().map(str::trim).filter(|line| !line.is_empty());
    for (index, line) in lines.enumerate() {
        if index > 0 {
            roff.control("br", []);
        }
        let arguments = line.strip_prefix(typed(command)).unwrap_or(line);
        let mut pieces = vec![bold(typed(command))];
        for word in arguments.split_whitespace() {
            pieces.push(roman(" "));
            let placeholder = word.contains(|c: char| c.is_ascii_uppercase());
            pieces.push(if placeholder { italic(word) } else { bold(word) });
        }
        roff.text(pieces);
    }
    roff
}

/// Those of `entries` that the page of `command` has.
fn section(title: &str, entries: &[Entry], command: &Command) -> Roff {
    let is_main = words(command).is_empty();
    let takes_role = command.get_arguments().any(|argument| argument.get_id() == "role");
    let has = |entry: &&Entry| match entry.pages {
        _ if is_main => true,
        Pages::Every => true,
        Pages::WithRole => takes_role,
        Pages::Of(commands) => {
            words(command).split(' ').next().is_some_and(|first| commands.contains(&first))
        }
        Pages::Main => false,
    };
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for entry in entries.iter().filter(has) {
        roff.control("TP", []).text([bold(entry.term)]).text([roman(entry.meaning)]);
    }
    roff
}

fn examples(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let Some(examples) = EXAMPLES.iter().find(|examples| examples.command == words(command)) else {
        return roff;
    };
    roff.control("SH", ["EXAMPLES"]);
    for (line, meaning) in examples.lines {
        roff.control("TP", []).text([bold(*line)]).text([roman(*meaning)]);
    }
    roff
}

/// The page above, and those of the subcommands' siblings that people look for next.
fn see_also(main: &Command, command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let parts: Vec<&str> = words(command).split(' ').collect();
    let mut pages = vec![bold("jit"), roman("(1)")];
    if parts.len() > 1 {
        pages.extend([roman(", "), bold(format!("jit-{}", parts[0])), roman("(1)")]);
    }
    if words(command).is_empty() {
        pages.clear();
        for sub in main.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            if !pages.is_empty() {
                pages.push(roman(", "));
            }
            pages.extend([bold(page_name(sub)), roman("(1)")]);
        }
    }
    roff.text(pages);
    roff
}
