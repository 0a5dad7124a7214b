//! `jit man`: the manual, generated from the help and from tables of its own.

mod examples;
mod page;
mod plain;
mod sections;

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::CompletionCandidate;
use zeroize::Zeroizing;

use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{fs, process};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use jit_wire::explain::{Explain, Next};

/// Show the manual, or write its pages to a folder
///
/// On a terminal, shows the page with man, or as plain text if there is no man.
/// Otherwise prints its source, for a file or another program.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ManArgs {
    /// The command, such as exec or configure profiles (default: jit)
    #[arg(value_name = "COMMAND", conflicts_with = "out", add = clap_complete::ArgValueCompleter::new(commands_from))]
    pub command: Vec<String>,
    /// Write a page for every command to this folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// Completions of `typed` to the name of a command.
fn commands_from(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let main = super::Cli::command();
    let names = main.get_subcommands().map(|sub| sub.get_name().to_owned());
    names.filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new).collect()
}

/// There is no page.
#[derive(Debug, thiserror::Error)]
#[error("there is no command `{name}`")]
struct NoPage {
    name: String,
    meant: Option<String>,
}

impl Explain for NoPage {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match &self.meant {
            Some(meant) => vec![Next::words(format!("did you mean `{meant}`?"))],
            None => Next::list(["--out DIR writes the pages to a folder"]),
        }
    }
}

/// Every page: file name and source.
///
/// # Errors
/// None that occurs: pages are written to memory.
pub fn pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    fn collect(main: &Command, command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
        pages.push((format!("{}.1", page::page_name(command)), page::source(main, command)?));
        visible(command).try_for_each(|sub| collect(main, sub, pages))
    }
    let main = commands();
    let mut pages = Vec::new();
    collect(&main, &main, &mut pages)?;
    Ok(pages)
}

/// The parser, with all names filled in, and without `help`, which has no page.
fn commands() -> Command {
    fn without_help(command: Command) -> Command {
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        let command = command.disable_help_subcommand(true);
        names.into_iter().fold(command, |command, name| command.mut_subcommand(name, without_help))
    }
    let mut main = without_help(super::Cli::command());
    main.build();
    main
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set())
}

/// The command that `words` name, also as `configure-profiles`.
fn find<'c>(main: &'c Command, words: &[String]) -> Result<&'c Command, NoPage> {
    let name = words.join(" ");
    let mut found = main;
    let mut rest = name.replace(' ', "-");
    if let Some(below) = rest.strip_prefix("jit").filter(|below| below.is_empty() || below.starts_with('-')) {
        rest = below.trim_start_matches('-').to_owned();
    }
    while !rest.is_empty() {
        let fits = |sub: &&Command| {
            rest.strip_prefix(sub.get_name()).is_some_and(|after| after.is_empty() || after.starts_with('-'))
        };
        let Some(sub) = visible(found).filter(fits).max_by_key(|sub| sub.get_name().len()) else {
            let names = visible(found).map(Command::get_name);
            let meant = crate::config::closest(&rest, names).map(|sub| match found.get_bin_name() {
                Some(above) if above.contains(' ') => format!("{} {sub}", &above["jit ".len()..]),
                _ => sub.to_owned(),
            });
            return Err(NoPage { name, meant });
        };
        rest = rest[sub.get_name().len()..].trim_start_matches('-').to_owned();
        found = sub;
    }
    Ok(found)
}

pub(super) fn run(args: &ManArgs, ui: &Ui) -> CommandResult {
    let failed =
        |error: std::io::Error| CommandError::new(Kind::Failed, "could not write the manual").because(error);
    if let Some(folder) = &args.out {
        let pages = pages().map_err(failed)?;
        fs::public_folder(folder).map_err(failed)?;
        for (name, text) in &pages {
            fs::write_public(&folder.join(name), text).map_err(failed)?;
        }
        ui.done(shown!("Wrote {} pages to {}", pages.len(), folder.display()));
        return Ok(());
    }
    let main = commands();
    let command = find(&main, &args.command)?;
    let source = page::source(&main, command).map_err(failed)?;
    if !ui.data_is_seen() {
        return ui.data(&source);
    }
    match shown_by_man(&page::page_name(command), &source) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => show_plain(&source, ui),
    }
}

/// Shows a page with the system's `man`; `false` if that failed.
fn shown_by_man(name: &str, source: &[u8]) -> std::io::Result<bool> {
    let folder = fs::temporary_folder("jit-man-")?;
    let path = folder.path().join(format!("{name}.1"));
    fs::write_public(&path, source)?;
    let nothing: [(&str, Zeroizing<String>); 0] = [];
    let status = process::run_program(&"man".into(), &[path.into_os_string()], &[], nothing)?;
    folder.close()?;
    Ok(status.success())
}

fn show_plain(source: &[u8], ui: &Ui) -> CommandResult {
    let page = String::from_utf8_lossy(source);
    plain::text(&page).iter().try_for_each(|line| ui.line(escape(line)))
}

#[cfg(test)]
mod tests;
