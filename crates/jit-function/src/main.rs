//! Reads the command line and the settings, and serves Lambda or runs once.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use jit_function::bell::Bell;
use jit_function::function::{Function, FunctionSystem, RunError, RunLimits};
use jit_function::lambda;
use jit_function::report::LogLine;
use jit_function::settings::{Settings, SettingsError};
use jit_function::start::{HELP, Task, own_session};
use jit_wire::env::Env;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

// Only for the static program: musl's own allocator is slow.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let env = Env::of_process();
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let done = match Task::of(&words, &env) {
        Ok(Task::Help) => return say(HELP),
        Ok(Task::Version) => return say(&format!("jit-function {}\n", env!("CARGO_PKG_VERSION"))),
        Ok(Task::Once(file)) => once(&file, env),
        Ok(Task::Serve) => serve(env),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            error.tell();
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// Why the program ends without having done its work.
struct Failure {
    kind: Kind,
    message: String,
    excerpt: Option<String>,
    next: Vec<Next>,
}

impl Failure {
    fn of(error: &impl Explain) -> Self {
        Self { kind: error.kind(), message: error.to_string(), excerpt: error.excerpt(), next: error.next() }
    }

    fn tell(&self) {
        let mut text = format!("error: {}\n", self.message);
        text.extend(self.excerpt.iter().map(|line| format!("{line}\n")));
        for next in &self.next {
            match next {
                Next::Do(words) => text.push_str(&format!("hint: {words}\n")),
                Next::TryAgain => text.push_str("hint: try again\n"),
                Next::Network(_) => text.push_str("hint: check the network and the proxy\n"),
                Next::Clock => text.push_str("hint: check this machine's clock\n"),
                // Commands of `jit`, about a person's sign-in. Nobody signs in here.
                _ => {}
            }
        }
        write(&text);
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::of(&error)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::of(&error)
    }
}

fn system(env: Env) -> FunctionSystem {
    let random = SystemRandom::new();
    FunctionSystem {
        env,
        clock: Box::new(now),
        random: Box::new(move || {
            let mut bytes = [0; 10];
            // Without randomness two ids of one second could be the same, and the second object is not written.
            let _ = random.fill(&mut bytes);
            bytes
        }),
    }
}

#[allow(clippy::disallowed_methods, reason = "this program's own clock; everything below is handed it")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn once(file: &Path, env: Env) -> Result<ExitCode, Failure> {
    let settings = Settings::of_file(file)?;
    let own = own_session(&env)?;
    let report = Function::new(settings, system(env), own)?.run(Bell::Tick, RunLimits::default())?;
    for LogLine { level, message } in report.lines() {
        let start = if level == "info" { String::new() } else { format!("{level}: ") };
        write(&format!("{start}{message}\n"));
    }
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn serve(env: Env) -> Result<ExitCode, Failure> {
    let settings = Settings::of_environment(&env)?;
    let own = own_session(&env)?;
    let function = Arc::new(Function::new(settings, system(env), own)?);
    let unusable = |why: String| Failure {
        kind: Kind::Failed,
        message: format!("cannot use Lambda's Runtime API: {why}"),
        excerpt: None,
        next: vec![Next::TryAgain],
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| unusable(error.to_string()))?;
    let log = |id: &str, LogLine { level, message }: LogLine| {
        write(&format!("{}\n", serde_json::json!({ "level": level, "message": message, "requestId": id })));
    };
    runtime.block_on(lambda::serve(function, log)).map_err(|error| unusable(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes to the log. If nobody takes it, nothing can be done about that.
fn write(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
