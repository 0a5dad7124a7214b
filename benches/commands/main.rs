//! The figures of `docs/performance.md`, part by part: whole processes as a person or an SDK sees them, side
//! by side in one run, compared with the project's limits. Exits with 1 if a limit is exceeded.
//! `scripts/bench` starts it, and explains it.
#![allow(clippy::disallowed_methods, reason = "a benchmark starts programs and reads the real clock")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

mod access;
mod callers;
mod cold;
mod cost;
mod growth;
mod helpers;
mod machine;
mod measure;
mod roles;
mod saml;
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod table;
mod warm;

use std::process::{Command, ExitCode};
use std::sync::LazyLock;

use self::support::Room;
use self::table::{Report, Table};

/// The program that is measured.
static JIT: LazyLock<String> = LazyLock::new(|| {
    let program = std::env::var("JIT_BENCH_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_jit").to_owned());
    // People run what an installer has copied. A file that a linker wrote piece by piece is in smaller pieces
    // in the page cache, and mapping its pages takes longer.
    let installed = concat!(env!("CARGO_TARGET_TMPDIR"), "/jit");
    std::fs::copy(program, installed).unwrap();
    installed.to_owned()
});

/// A table of the page: its name, and what measures it.
type Part = (&'static str, fn() -> Table);

/// All of them, in the page's order.
const PARTS: [Part; 10] = [
    ("machine", machine::facts),
    ("warm", warm::paths),
    ("helpers", helpers::side_by_side),
    ("growth", growth::of_what_lies_about),
    ("callers", callers::crowds),
    ("cost", cost::of_an_answer),
    ("cold", cold::chain),
    ("roles", roles::many),
    ("saml", saml::logins),
    ("access", access::computed),
];

#[expect(clippy::print_stderr, reason = "a benchmark that is asked for what it does not know says so")]
fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let (options, names): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|word| word.starts_with('-'));
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|(known, _)| known != name)) {
        eprintln!(
            "bench: there is no part `{unknown}`; there are {}",
            PARTS.map(|(name, _)| name).join(", ")
        );
        return ExitCode::from(2);
    }
    let mut report = Report::of(machine::run());
    for (name, part) in PARTS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            report.add(name, part());
        }
    }
    report.publish(options.iter().any(|option| option == "--write"))
}

/// Whether the released program is measured, and not one that `cargo build` made for this machine. The
/// strictest limits apply to it.
fn is_shipped() -> bool {
    std::env::var_os("JIT_BENCH_BINARY").is_some()
}

/// A command in the room's environment.
fn command(room: &Room, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir(room.path(""));
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8").env("HOME", room.path(""));
    command.env("XDG_CONFIG_HOME", room.path("config")).env("XDG_STATE_HOME", room.path("state"));
    command.env("XDG_RUNTIME_DIR", room.path("run")).env("TMPDIR", room.path("tmp"));
    command.env("JIT_STORE", "kernel").env("AWS_ENDPOINT_URL_STS", room.servers().sts_url());
    let center = room.servers().center_url();
    command.env("AWS_ENDPOINT_URL_SSO", center).env("AWS_ENDPOINT_URL_SSO_OIDC", center);
    command
}

fn jit(room: &Room, arguments: &[&str]) -> Command {
    command(room, &JIT, arguments)
}

/// What SDKs request many times a day.
fn answer(room: &Room) -> Command {
    jit(room, &["credential-process", "admin"])
}

/// The completion that `shell` requests for `typed`.
fn completion_of(room: &Room, shell: &str, typed: &str) -> Command {
    let mut completion = jit(room, &["--", "jit", "exec", typed]);
    completion.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_COMPLETE_COMP_TYPE", "9");
    completion.env("_CLAP_COMPLETE_SPACE", "true").env("_CLAP_IFS", "\n");
    completion
}

/// `/bin/cat` of as many bytes as the answer has. They are made up: the answer itself may not be in any file.
fn cat(room: &Room) -> Command {
    let json = answer(room).output().unwrap();
    assert!(json.status.success(), "{}", String::from_utf8_lossy(&json.stderr));
    room.write("answer", &"x".repeat(json.stdout.len()));
    command(room, "/bin/cat", &["answer"])
}
