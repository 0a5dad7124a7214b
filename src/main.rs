//! Creates the world of real clocks, browsers and files, runs the command, and exits with its code.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use jit::cli;
use jit::commands::Cli;
use jit::commands::completions::shells;
use jit::sys::{browser::SystemBrowser, clock::SystemClock, folders, process};
use jit::ui::{Terminal, Ui};
use jit::world::{Asking, World};
use jit_wire::env;
use jit_wire::http::Http;

// Only for the static program: musl's own allocator is slow.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    process::shield_memory();
    let env = env::Env::of_process();
    if let Some(answer) = shells::answer(&env, &process::words(), Cli::command) {
        // A shell asks for completions, and cannot show errors.
        drop(Ui::new(&env, false, false).data(answer.as_bytes()));
        return ExitCode::SUCCESS;
    }
    let words = process::words();
    // A person who types only `jit` gets the help. A program that does so has lost its arguments, which is
    // an error.
    let read = match words.as_slice() {
        [_] if !std::io::stdout().is_terminal() => Err(cli::without_arguments()),
        words => cli::read(words),
    };
    let cli = match read {
        Ok(cli) => cli,
        Err(answer) => {
            let again = |words: &[_]| cli::read(words).err();
            let code = jit::ui::answer_parser(answer, process::asked_for_json(), &words, again, Cli::command);
            return ExitCode::from(code);
        }
    };
    let ui = Ui::new(&env, cli.command.quiet(), cli.command.json());
    if !jit::ui::log::start(env.get(env::JIT_LOG), cli.verbose) {
        ui.warn("JIT_LOG is none of error, warn, info, debug");
    }
    let asking = cli.command.asking();
    let world = World {
        http: Http::new(&env),
        clock: Box::new(SystemClock),
        browser: Box::new(SystemBrowser::new(&env)),
        person: Box::new(Terminal::new(ui, asking == Asking::Person)),
        folders: folders::of_user(&env),
        asking,
        env,
    };
    let Err(error) = jit::commands::run(&cli.command, &world, &ui) else { return ExitCode::SUCCESS };
    ui.fail(&error);
    ExitCode::from(error.kind.exit_code())
}
