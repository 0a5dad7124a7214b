//! The cost of an answer with more and more data in the way.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use jit_emulator::{DEVELOPER, Settings};

use crate::measure::{Times, interleaved, slow_runs};
use crate::support::Room;
use crate::table::{Table, grouped, ms};
use crate::{answer, jit};

const SIZES: [usize; 5] = [1, 10, 100, 1000, 10_000];

pub(crate) fn of_what_lies_about() -> Table {
    let sizes = SIZES.map(|size| grouped(size as u64));
    let mut table = Table::new(&["median (p99) with"], &sizes.each_ref().map(String::as_str), &[]);
    let room = Room::signed_in("admin");
    let mut row = |what: &str, commands: [Command; SIZES.len()]| {
        let mut commands = commands;
        let show = |times: &Times| format!("{} ({})", ms(times.median()), ms(times.p99()));
        let figures = interleaved(slow_runs(), &mut commands).iter().map(show).collect();
        table.row([vec![what.to_owned()], figures].concat());
    };
    row("sessions in the store", SIZES.map(|size| with_sessions(&room, size)));
    row("roles in `config.toml`, the last one asked for", SIZES.map(|size| with_roles(&room, size)));
    row(
        "profiles in `~/.aws/config`, a role of `config.toml` asked for",
        SIZES.map(|size| with_profiles(&room, size)),
    );
    // Whatever is left is searched for secrets at the end, which takes long.
    for size in SIZES {
        fs::remove_dir_all(room.path(format!("state-{size}"))).unwrap();
    }

    let room = Room::by_center(Settings::default());
    let start = room.servers().start_url();
    fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    let session = format!("[sso-session acme]\nsso_start_url = {start}\nsso_region = eu-west-1\n");
    let profile = "sso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\n";
    room.write(".aws/config", &format!("{session}[profile last]\n{profile}"));
    let login = room.jit(&["login", "last"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let as_role = SIZES.map(|size| {
        let others: String = (1..size).map(|n| format!("[profile number-{n}]\n{profile}")).collect();
        let name = format!("profiles-{size}");
        room.write(&name, &format!("{session}{others}[profile last]\n{profile}"));
        let mut command = jit(&room, &["credential-process", "last"]);
        command.env("AWS_CONFIG_FILE", room.path(&name));
        command
    });
    row("profiles in `~/.aws/config`, the last one asked for", as_role);
    table
}

/// A store like the room's, with this many copies of its session.
fn with_sessions(room: &Room, size: usize) -> Command {
    let (from, to) = (room.path("state"), room.path(format!("state-{size}")));
    copy(&from, &to);
    let entries = to.join("jit/kernel");
    let is_session = |name: &OsString| name.to_string_lossy().starts_with("session-");
    let names = || fs::read_dir(&entries).unwrap().map(|entry| entry.unwrap().file_name()).filter(is_session);
    let one = names().next().unwrap();
    // Names of the right form, each of the right length.
    let width = one.len() - "session-".len();
    for n in names().count()..size {
        fs::copy(entries.join(&one), entries.join(format!("session-{n:0width$x}"))).unwrap();
    }
    let mut command = answer(room);
    command.env("XDG_STATE_HOME", to);
    command
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn with_roles(room: &Room, size: usize) -> Command {
    // `hub` is one of them, and so is the one that is requested.
    let usual = room.usual_config();
    let (head, admin) = usual.split_once("[role.admin]").unwrap();
    let (admin, _) = admin.split_once("[role.developer]").unwrap();
    let role = |n| {
        format!(
            "[role.number-{n}]\nvia = \"hub\"\nrole_arn = \"{DEVELOPER}-{n}\"\nregion = \"eu-west-1\"\n\n"
        )
    };
    let others: String = (1..size).map(role).collect();
    let name = format!("roles-{size}.toml");
    room.write(&name, &format!("{head}{others}[role.admin]{admin}"));
    let mut command = answer(room);
    command.env("JIT_CONFIG", room.path(&name));
    command
}

fn with_profiles(room: &Room, size: usize) -> Command {
    let profile = |n| {
        format!(
            "[profile number-{n}]\nrole_arn = {DEVELOPER}-{n}\nsource_profile = base\nregion = eu-west-1\n\n"
        )
    };
    let name = format!("profiles-{size}");
    room.write(&name, &(1..=size).map(profile).collect::<String>());
    let mut command = answer(room);
    command.env("AWS_CONFIG_FILE", room.path(&name));
    command
}
