//! Measures other programs that print AWS credentials. Each finds a made-up session in its own cache, so that it
//! answers without a request. A program that does ask for a new session finds no server.

mod list;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use self::list::{Form, HELPERS, Helper, ROLE, SECRET};
use crate::measure::{Times, interleaved, peak_memory, slow_runs};
use crate::support::Room;
use crate::table::{Table, ms, ratio, size};
use crate::{answer, cat};

const KEY_ID: &str = "ASIAMADEUPFORTHEBENCH";
/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

pub(crate) fn side_by_side() -> Table {
    let room = Room::signed_in("admin");
    // Not in the room, which is searched for exposed secrets.
    let home = tempfile::tempdir().unwrap();
    furnish(home.path());
    for helper in &HELPERS {
        let said = command(home.path(), helper).output().unwrap();
        let printed = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
        assert!(printed.contains(helper.prints), "{} gave no session:\n{printed}", helper.package);
    }
    let make = |helper: &Helper| {
        let mut command = command(home.path(), helper);
        command.stderr(Stdio::null());
        command
    };
    let mut commands = vec![cat(&room), answer(&room)];
    commands.extend(HELPERS.iter().map(make));
    let times = interleaved(slow_runs(), &mut commands);
    let ours = times[1].median();

    let mut table = Table::new(
        &["program", "version", "what was run"],
        &["median", "p99", "÷ `jit`", "peak memory"],
        &["where the session is kept"],
    );
    let mut row = |name: [&str; 3], times: &Times, memory: u64, kept: &str| {
        let figures = [ms(times.median()), ms(times.p99()), ratio(times.median(), ours), size(memory)];
        table.row([name.map(str::to_owned).to_vec(), figures.to_vec(), vec![kept.to_owned()]].concat());
    };
    row(["`/bin/cat`", "", "of as many bytes"], &times[0], peak_memory(cat(&room)), "");
    let ours_kept =
        if room.leaks().is_empty() { "encrypted, `~/.local/state/jit/`" } else { "**plain text**" };
    row(
        ["`jit`", env!("CARGO_PKG_VERSION"), "`jit credential-process admin`"],
        &times[1],
        peak_memory(answer(&room)),
        ours_kept,
    );
    for (helper, times) in HELPERS.iter().zip(&times[2..]) {
        let version = version(helper);
        let program = helper.program.rsplit('/').next().unwrap();
        let line = format!("`{program} {}`", helper.arguments.join(" "));
        let memory = peak_memory(make(helper));
        let kept = if is_plain_text(&home.path().join(helper.cache)) { "plain text" } else { "encrypted" };
        row(
            [helper.package, &version, &line],
            times,
            memory,
            &format!("{kept}, `~/{}`", place(helper.cache)),
        );
    }
    table
}

/// The folder of a file, or the file if it is in no folder.
fn place(file: &str) -> &str {
    file.rfind('/').map_or(file, |end| &file[..=end])
}

/// Whether the made-up secret can be read in the cache.
fn is_plain_text(cache: &Path) -> bool {
    String::from_utf8_lossy(&fs::read(cache).unwrap()).contains(SECRET)
}

/// Where `scripts/lib/bench-tools` has installed them.
fn tools() -> PathBuf {
    std::env::var_os("JIT_BENCH_TOOLS").expect("JIT_BENCH_TOOLS: start scripts/bench").into()
}

fn version(helper: &Helper) -> String {
    let (package, program) = (helper.program.split('/').next().unwrap(), tools().join(helper.program));
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/commands/helpers/{package}.txt"));
    if let Ok(list) = fs::read_to_string(list) {
        let mut lines = list.lines();
        return lines.find_map(|line| line.strip_prefix(&format!("{package}=="))).unwrap().to_owned();
    }
    let said = Command::new(program).arg("--version").output().unwrap().stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    said.split([' ', '/']).nth(1).expect("a version").to_owned()
}

/// A helper in its home, from which no server can be reached.
fn command(home: &Path, helper: &Helper) -> Command {
    let mut command = Command::new(tools().join(helper.program));
    command.args(helper.arguments).env_clear().current_dir(home);
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8").env("HOME", home);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    for variable in ["AWS_ENDPOINT_URL", "HTTPS_PROXY", "HTTP_PROXY"] {
        command.env(variable, NOWHERE);
    }
    command
}

/// Profiles, and a session in every cache.
fn furnish(home: &Path) {
    let write = |file: &str, text: &str| {
        let file = home.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    let user =
        "aws_access_key_id = AKIAMADEUPFORTHEBENCH\naws_secret_access_key = made-up-secret-of-a-user\n";
    write(
        ".aws/config",
        &format!(
            "[profile base]\n{user}\n[profile admin]\nrole_arn = {ROLE}\nrole_session_name = alice\nsource_profile = base\n\
             region = eu-west-1\n\n[profile mfa]\n{user}mfa_serial = arn:aws:iam::111111111111:mfa/alice\nregion = eu-west-1\n\n\
             [profile center]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n\
             sso_account_id = 333333333333\nsso_role_name = Developer\nregion = eu-west-1\n"
        ),
    );
    let end = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() + Duration::hours(12);
    let end = end.format(&Rfc3339).unwrap();
    for helper in &HELPERS {
        let credentials = |end: &str| {
            serde_json::json!({ "AccessKeyId": KEY_ID, "SecretAccessKey": SECRET,
                "SessionToken": "made-up-token-".repeat(50), "Expiration": end, "Region": "eu-west-1" })
        };
        let answer = serde_json::json!({ "Credentials": credentials(&end) });
        match helper.session {
            Form::Answer => write(helper.cache, &answer.to_string()),
            Form::Bare => {
                let local = end.replace('T', " ").replace('Z', "");
                write(helper.cache, &credentials(&local).to_string());
            }
        }
    }
}
