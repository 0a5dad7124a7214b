//! What each command costs as a person or an SDK feels it: whole processes, from fork to exit, side by side in one run, against
//! the limits of the project. Prints a Markdown table and writes it to `target/bench.md`; ends with 1 if a limit is broken.
#![allow(clippy::disallowed_methods, reason = "a benchmark starts programs and reads the real clock")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

mod measure;
mod roles;
mod saml;
#[path = "../../tests/it/support/mod.rs"]
mod support;
mod table;

use std::process::{Command, ExitCode};
use std::time::Duration;

use jit::demo::{Approval, Call, Settings};

use self::measure::{interleaved, median, peak_memory, plain_request, together, wall};
use self::support::Room;
use self::table::Table;

const JIT: &str = env!("CARGO_BIN_EXE_jit");
/// Runs of each command whose median is taken.
const RUNS: usize = 200;
/// Runs of the cold chain, each of which has to wait until the sessions of the one before are over.
const COLD_RUNS: usize = 40;
/// How long the sessions and ID tokens of the cold chain live.
const MOMENT: Duration = Duration::from_secs(2);
/// Callers at once.
const CALLERS: usize = 100;
/// What the fastest store costs beyond `cat` of a file: one key from the kernel, one decryption (measured beforehand).
const STORE: Duration = Duration::from_micros(90);

fn main() -> ExitCode {
    if std::env::args().any(|word| word == "roles") {
        let mut table = Table::default();
        roles::many(&mut table);
        return table.publish();
    }
    // ID tokens are over as soon as the sessions of the cold chain, so that it has to refresh.
    let settings = Settings { approval: Approval::AtOnce, id_token_lifetime: MOMENT, ..Settings::default() };
    let room = Room::with(settings);
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let mut table = Table::default();
    warm(&room, &mut table);
    crowd(&room, &mut table);
    frugality(&room, &mut table);
    cold(&room, &mut table);
    drop(room);
    roles::many(&mut table);
    saml::loopback(&mut table);
    saml::capture(&mut table);
    table.publish()
}

/// A command in the room's environment.
fn command(room: &Room, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir(room.path(""));
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8").env("HOME", room.path(""));
    command.env("XDG_CONFIG_HOME", room.path("config")).env("XDG_STATE_HOME", room.path("state"));
    command
        .env("XDG_RUNTIME_DIR", room.path("run"))
        .env("TMPDIR", room.path("tmp"))
        .env("JIT_STORE", "kernel");
    command.env("AWS_ENDPOINT_URL_STS", room.servers().sts_url());
    command
}

fn answer(room: &Room) -> Command {
    command(room, JIT, &["credential-process", "admin"])
}

/// A session is there: what SDKs and shells ask for many times a day.
fn warm(room: &Room, table: &mut Table) {
    let json = answer(room).output().unwrap();
    assert!(json.status.success(), "{}", String::from_utf8_lossy(&json.stderr));
    // Made-up text of the same length: the answer itself may lie in no file.
    room.write("answer", &"x".repeat(json.stdout.len()));
    let mut completion = completion_of(room, "bash", "adm");
    let offered = completion.output().unwrap();
    assert!(String::from_utf8_lossy(&offered.stdout).contains("admin"), "no role was offered");

    let medians = interleaved(
        RUNS,
        &mut [
            command(room, "/bin/true", &[]),
            command(room, "/bin/cat", &["answer"]),
            answer(room),
            command(room, JIT, &["exec", "-q", "admin", "--", "/bin/true"]),
            command(room, JIT, &["--help"]),
            completion,
        ],
    );
    let [empty, cat, answer, exec, help, completion] = medians[..] else {
        unreachable!("one median a command")
    };
    let ms = Duration::from_millis;
    table.fact("`/bin/true`, an empty program", empty);
    table.fact("`/bin/cat` of as many bytes", cat);
    table.limit("`jit credential-process`, warm", answer, cat + STORE + ms(1), "cat + 0.09 ms + 1 ms");
    let exec_limit = empty + STORE + Duration::from_micros(1500);
    table.limit("`jit exec -- /bin/true`, warm", exec, exec_limit, "true + 0.09 ms + 1.5 ms");
    table.limit("`jit --help`", help, ms(5), "5 ms");
    table.limit("completion of a role", completion, ms(5), "5 ms");
    aws_cli(room, table);
}

/// What `shell` asks for when `typed` is to be completed to a role.
fn completion_of(room: &Room, shell: &str, typed: &str) -> Command {
    let mut completion = command(room, JIT, &["--", "jit", "exec", typed]);
    completion.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_COMPLETE_COMP_TYPE", "9");
    completion.env("_CLAP_COMPLETE_SPACE", "true").env("_CLAP_IFS", "\n");
    completion
}

/// The same through the AWS CLI, for those who have its second version.
fn aws_cli(room: &Room, table: &mut Table) {
    let what = "`aws configure export-credentials` over the same";
    let version = command(room, "aws", &["--version"]).output().map(|said| said.stdout).unwrap_or_default();
    if !version.starts_with(b"aws-cli/2") {
        return table.note(what, "no AWS CLI 2 on PATH");
    }
    room.jit(&["configure", "profiles"]).run();
    let arguments = ["configure", "export-credentials", "--profile", "admin"];
    table.fact(what, interleaved(20, &mut [command(room, "aws", &arguments)])[0]);
}

/// Many tools start at once, as a build does it.
fn crowd(room: &Room, table: &mut Table) {
    let cores = u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap();
    let one_by_one = median((0..5).map(|_| (0..CALLERS).map(|_| wall(&mut answer(room))).sum()).collect());
    let at_once = median((0..5).map(|_| together((0..CALLERS).map(|_| answer(room)).collect())).collect());
    table.fact("100 warm callers, one by one", one_by_one);
    let limit = (one_by_one / cores).mul_f64(1.3);
    table.limit("100 warm callers at once", at_once, limit, &format!("1.3 × one by one / {cores} cores"));
}

/// What it takes up.
fn frugality(room: &Room, table: &mut Table) {
    let mib = 1 << 20;
    table.size("release binary, stripped", std::fs::metadata(JIT).unwrap().len(), 12 * mib);
    table.size("peak memory of `jit credential-process`, warm", peak_memory(answer(room)), 12 * mib);
}

/// Nothing is there but a refresh token: one refresh, one hub call, one spoke call.
fn cold(room: &Room, table: &mut Table) {
    let calls = [Call::RefreshGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];
    let count = || room.servers().journal();
    // From now on sessions are over almost at once. Those of the beginning are thrown away by a login.
    room.servers().faults(|faults| {
        faults.hub_lifetime = Some(MOMENT);
        faults.spoke_lifetime = Some(MOMENT);
    });
    let login = room.jit(&["login", "admin", "--force"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let before = count();
    let mut times = Vec::new();
    for _ in 0..COLD_RUNS {
        std::thread::sleep(MOMENT + Duration::from_millis(100));
        times.push(wall(&mut answer(room)));
    }
    let after = count();
    for call in calls {
        assert_eq!(after.count(call) - before.count(call), COLD_RUNS, "one {call:?} a run");
    }
    let network = median((0..RUNS).map(|_| plain_request(room.servers().sts_url())).collect()) * 3;
    table.fact("three plain requests to the same servers", network);
    let limit = network + Duration::from_millis(15);
    table.limit("cold chain: refresh, hub, spoke", median(times), limit, "three requests + 15 ms");
}
