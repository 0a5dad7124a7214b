//! The memory of `jit` while it holds secrets: no core is dumped, and other programs of the same user cannot
//! read it. What root sees is checked as well, to prove that the search finds what is there.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::Duration;

use jit_emulator::{Call, Trouble};
use rustix::process::{Pid, kill_process};

use crate::demo_room::{Room, Run, Signal, Started};
use crate::support::on_path;

/// Runs until it is killed.
const WATCHER: &str = "while :; do sleep 0.1; done";

/// `program` with core dumps allowed, and with no more privileges than any user.
fn plain<'r>(room: &'r Room, program: &str, arguments: &[&str]) -> Run<'r> {
    let line = ["-c", "ulimit -c unlimited || exit 99; exec \"$0\" \"$@\"", program];
    room.program("sh", &[&line, arguments].concat()).without_powers()
}

/// Two that hold secrets for long: one serves a session from the store, one is in the middle of a sign-in.
fn holders(room: &Room) -> [Started<'_>; 2] {
    let refresh = ["exec", "admin", "--refresh", "--", "sh", "-c", WATCHER];
    let refresh = plain(room, env!("CARGO_BIN_EXE_jit"), &refresh).start();
    refresh.says("account 222222222222");
    let asked = room.count(Call::AssumeRole);
    room.servers().faults(|faults| faults.always(Call::AssumeRole, Trouble::Hang));
    let login = plain(room, env!("CARGO_BIN_EXE_jit"), &["login", "admin", "--force"]).start();
    room.until("the login", |room| room.count(Call::AssumeRole) > asked);
    [refresh, login]
}

/// The same, stopped, so that no deadline passes while a debugger looks at them, however long it takes.
fn stopped_holders(room: &Room) -> [Started<'_>; 2] {
    let holders = holders(room);
    for holder in &holders {
        kill_process(Pid::from_raw(holds(holder).cast_signed()).unwrap(), Signal::STOP).unwrap();
    }
    holders
}

/// Ends a holder and what serves it, which would not notice while stopped.
fn end(holder: Started<'_>) {
    kill_process(Pid::from_raw(holds(&holder).cast_signed()).unwrap(), Signal::KILL).unwrap();
    holder.signal(Signal::KILL);
    holder.wait();
}

/// The process of a holder that has the secrets in its memory: itself, or what serves the command that it has
/// become.
fn holds(holder: &Started<'_>) -> u32 {
    holder.companions().first().copied().unwrap_or_else(|| holder.id())
}

/// How another program of the same user can get into the process `id`: an image of its memory by a debugger,
/// the memory itself, its memory map, and the environment.
fn open_to_the_user(room: &Room, id: u32, folder: &Path) -> [bool; 4] {
    let image = folder.join("image");
    let gcore =
        room.program("gcore", &["-o", image.to_str().unwrap(), &id.to_string()]).without_powers().run();
    let image = image.with_extension(id.to_string());
    let has_image = gcore.code() == 0 && image.metadata().is_ok_and(|image| image.len() > 0);
    let [mem, maps, environ] = ["mem", "maps", "environ"].map(|name| {
        let open = format!(": < /proc/{id}/{name}");
        room.program("sh", &["-c", &open]).without_powers().run().code() == 0
    });
    [has_image, mem, maps, environ]
}

#[test]
fn other_processes_of_the_same_user_cannot_read_the_memory() {
    on_path("gcore", "gdb");
    let room = Room::signed_in("admin");
    let folder = tempfile::tempdir().unwrap();
    let control = plain(&room, "sleep", &["600"]).start();
    room.until("sleep", |_| command_of(control.id()) == "sleep");
    assert_eq!(open_to_the_user(&room, control.id(), folder.path()), [true; 4], "what else is let in");
    control.signal(Signal::KILL);
    control.wait();
    for holder in stopped_holders(&room) {
        assert_eq!(open_to_the_user(&room, holds(&holder), folder.path()), [false; 4]);
        end(holder);
    }
}

fn command_of(id: u32) -> String {
    fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default().trim().to_owned()
}

#[test]
fn no_core_is_dumped() {
    let room = Room::signed_in("admin");
    let control = plain(&room, "sleep", &["600"]).start();
    room.until("sleep", |_| command_of(control.id()) == "sleep");
    control.signal(Signal::ABORT);
    assert!(
        control.wait().status.core_dumped(),
        "nothing dumps core here, so this shows nothing: see `ulimit -Hc`"
    );
    let cores = || {
        fs::read_dir(room.path(""))
            .unwrap()
            .flatten()
            .filter(|file| file.file_name().to_string_lossy().starts_with("core"))
    };
    cores().for_each(|core| fs::remove_file(core.path()).unwrap());
    for holder in holders(&room) {
        let id = holds(&holder);
        kill_process(Pid::from_raw(id.cast_signed()).unwrap(), Signal::ABORT).unwrap();
        room.until(
            "its end",
            |_| !matches!(fs::read_to_string(format!("/proc/{id}/stat")), Ok(stat) if !stat.contains(") Z")),
        );
        holder.signal(Signal::KILL);
        let ended = holder.wait();
        assert!(!ended.status.core_dumped(), "{ended}");
    }
    assert_eq!(cores().count(), 0);
}

#[test]
fn root_can_read_the_memory_as_documented() {
    assert!(rustix::process::geteuid().is_root(), "what root sees can only be looked at as root");
    on_path("gcore", "gdb");
    let room = Room::signed_in("admin");
    let folder = tempfile::tempdir().unwrap();
    let [refresh, login] = stopped_holders(&room).map(|holder| {
        let file = folder.path().join("image");
        let gcore = room.program("gcore", &["-o", file.to_str().unwrap(), &holds(&holder).to_string()]).run();
        assert_eq!(gcore.code(), 0, "{gcore}");
        let image = fs::read(file.with_extension(holds(&holder).to_string())).unwrap();
        end(holder);
        room.secrets_in(&[&String::from_utf8_lossy(&image)]).remove(0)
    });
    assert_eq!(refresh, BTreeSet::from(["secret access key", "session token"]), "the session, and no more");
    assert!(login.contains("ID token") && login.contains("refresh token"), "{login:?}");
}

/// Where `needle` is in the memory of the process `id`, in pages that are kept out of swap and in others.
fn places_of(needle: &[u8], id: u32) -> [Vec<String>; 2] {
    let smaps = fs::read_to_string(format!("/proc/{id}/smaps")).unwrap();
    let memory = fs::File::open(format!("/proc/{id}/mem")).unwrap();
    let mut places = [Vec::new(), Vec::new()];
    let mut region = "";
    for line in smaps.lines() {
        let Some(flags) = line.strip_prefix("VmFlags:") else {
            if line.split_once(' ').is_some_and(|(range, _)| !range.ends_with(':')) {
                region = line;
            }
            continue;
        };
        let (range, rest) = region.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        if !rest.starts_with("rw") {
            continue;
        }
        let mut bytes = vec![0; (end - start) as usize];
        memory.read_exact_at(&mut bytes, start).unwrap();
        let is_locked = flags.split_whitespace().any(|flag| flag == "lo");
        let found = bytes.windows(needle.len()).filter(|window| *window == needle).count();
        let places = &mut places[usize::from(!is_locked)];
        places.extend(std::iter::repeat_n(region.to_owned(), found));
    }
    places
}

#[test]
fn small_secrets_are_kept_out_of_swap() {
    assert!(rustix::process::geteuid().is_root(), "what is locked can only be looked at as root");
    let room = Room::signed_in("admin");
    let mut key = [0; 32];
    assert_eq!(room.key_in_kernel().read(&mut key).unwrap(), key.len());
    let answer = room.asks_for("admin");
    let session: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let holders = holders(&room);
    for holder in &holders {
        let [locked, open] = places_of(&key, holds(holder));
        assert!(!locked.is_empty() && open.is_empty(), "the key lies in {locked:?} and {open:?}");
    }
    // The session in use while the command runs.
    for name in ["SecretAccessKey", "SessionToken"] {
        let [locked, open] = places_of(session[name].as_str().unwrap().as_bytes(), holds(&holders[0]));
        assert!(!locked.is_empty() && open.is_empty(), "{name} lies in {locked:?} and {open:?}");
    }
    let megabytes = |id| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
        locked.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
    };
    for holder in holders {
        assert_eq!(megabytes(holds(&holder)), 0, "a few pages, and no more");
        holder.signal(Signal::KILL);
        holder.wait();
    }
}

#[test]
fn without_memory_locking_everything_still_works() {
    let room = Room::signed_in("admin");
    let line = "ulimit -l 0 || exit 99; exec \"$0\" credential-process admin";
    let answer = room.program("sh", &["-c", line, env!("CARGO_BIN_EXE_jit")]).without_powers();
    assert_eq!(answer.hands_over().run().stdout, room.asks_for("admin").stdout);
}

#[test]
fn a_panic_shows_only_stars_of_a_session() {
    let room = Room::signed_in("admin");
    let session = room.session_while_busy("admin", Duration::ZERO).unwrap();
    let shown = format!("{session:?} {session:#?}");
    assert!(shown.contains("***") && shown.contains("222222222222"), "{shown}");
    assert!(room.secrets_in(&[&shown])[0].is_empty(), "{shown}");
}
