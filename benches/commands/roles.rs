//! A large company: 1,200 accounts with 12 roles each, as Identity Center lists them.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use jit::index;
use jit::plan::DiscoveredRole;
use jit_emulator::Settings;

use crate::measure::{Times, interleaved, wall};
use crate::support::Room;
use crate::table::Table;
use crate::{JIT, command, completion_of, jit};

const RUNS: usize = 50;
/// Lists that are opened on a terminal.
const LISTS: usize = 20;
const ALL: usize = 14_400;

/// A room where this many roles were listed.
fn room(roles: usize) -> Room {
    let room = Room::by_center(Settings::default());
    let role = |n: usize| DiscoveredRole {
        idp: "demo".to_owned(),
        account: format!("{:012}", n / 12 + 1),
        role: format!("Role{}", n % 12),
        saml: None,
        account_name: Some(format!("team-{}", n / 12 + 1)),
    };
    index::learn(&room.path("state/jit"), "demo", (0..roles).map(role).collect()).unwrap();
    room
}

pub(crate) fn many() -> Table {
    let mut table = Table::timed();
    let big = room(ALL);
    let ms = Duration::from_millis;
    let state = big.path("state/jit");
    let timed = |work: &dyn Fn() -> usize, wanted: usize| {
        let once = || {
            let begun = Instant::now();
            assert_eq!(work(), wanted);
            begun.elapsed()
        };
        Times::of((0..RUNS).map(|_| once()))
    };
    let one = timed(&|| index::near(&state, "000000000777/Role7").len(), 12);
    table.limit("one role found among 14,400", &one, ms(1), "1 ms");
    table.limit(
        "index of 14,400 roles, read whole",
        &timed(&|| index::all(&state).len(), ALL),
        ms(10),
        "10 ms",
    );

    let words = |shell: &str, typed: &str| completion_of(&big, shell, typed);
    let all = interleaved(
        RUNS,
        &mut [
            words("bash", "000000000777/Ro"),
            words("zsh", "team-777/Ro"),
            words("fish", "0000"),
            words("powershell", ""),
            jit(&big, &["roles", "team-777"]),
        ],
    );
    for (what, took) in
        ["bash", "zsh, by the account's name", "fish, 1,200 accounts", "PowerShell, all accounts"]
            .iter()
            .zip(&all)
    {
        table.limit(&format!("completion among 14,400 in {what}"), took, ms(10), "10 ms");
    }
    table.limit("`jit roles team-777` among 14,400", &all[4], ms(30), "30 ms");
    lists(&big, &mut table);
    table.limit("`configure profiles --all` of 14,400", &profiles(&big), ms(1000), "1 s");
    drop(big);
    growth(&mut table);
    table
}

/// `jit configure profiles` into a file that does not exist yet.
fn profiles(room: &Room) -> Times {
    let once = || {
        let _ = std::fs::remove_file(room.path(".aws/config"));
        wall(jit(room, &["configure", "profiles", "--all"]).stderr(Stdio::null()))
    };
    Times::of((0..LISTS).map(|_| once()))
}

/// `jit roles --json` of a hundred, a thousand and ten thousand.
fn growth(table: &mut Table) {
    let rooms = [100, 1000, 10_000].map(room);
    let mut listing = rooms.each_ref().map(|room| jit(room, &["roles", "--json"]));
    let [few, some, many] = &interleaved(RUNS, &mut listing)[..] else { unreachable!("a room each") };
    table.fact("`jit roles --json` of 100", few);
    table.fact("`jit roles --json` of 1,000", some);
    // The time without any role is not part of the growth.
    let fifteen = |few: &Times, some: &Times| few.median() + some.median().saturating_sub(few.median()) * 15;
    table.limit("`jit roles --json` of 10,000", many, fifteen(few, some), "15 × what 900 more take");
    let [few, some, many] = rooms.each_ref().map(profiles);
    table.fact("`configure profiles --all` of 100", &few);
    table.fact("`configure profiles --all` of 1,000", &some);
    table.limit(
        "`configure profiles --all` of 10,000",
        &many,
        fifteen(&few, &some),
        "15 × what 900 more take",
    );
}

/// A command on a terminal of its own, with `script` of util-linux.
struct OnTerminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    seen: Vec<u8>,
}

impl OnTerminal {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, keys, screen, seen: Vec::new() }
    }

    /// Waits until the screen shows `text` again.
    fn shows(&mut self, text: &str) {
        self.seen.clear();
        let mut chunk = [0; 65536];
        while !String::from_utf8_lossy(&self.seen).contains(text) {
            let read = self.screen.read(&mut chunk).unwrap();
            assert!(read > 0, "{text} never came: {}", String::from_utf8_lossy(&self.seen));
            self.seen.extend_from_slice(&chunk[..read]);
        }
    }

    fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).and_then(|()| self.keys.flush()).unwrap();
    }
}

/// The list of all roles, from start to the first line, and the time of a key in it.
fn lists(room: &Room, table: &mut Table) {
    let on_terminal = |line: &str| {
        // A wait always has an end.
        let mut script =
            command(room, "timeout", &["--foreground", "20", "script", "-qec", line, "/dev/null"]);
        script.env("TERM", "xterm-256color");
        script
    };
    let empty = Times::of((0..LISTS).map(|_| wall(&mut on_terminal("exec /bin/true"))));
    let (mut opened, mut keys) = (Vec::new(), Vec::new());
    for _ in 0..LISTS {
        let begun = Instant::now();
        let mut list = OnTerminal::start(on_terminal(&format!("exec {} login", *JIT)));
        list.shows("of 14403");
        opened.push(begun.elapsed());
        // One key at a time, so that nothing else is measured.
        for (key, shown) in [("7", "Role: 7"), ("7", "Role: 77"), (" ", "Role: 77 "), ("r", "Role: 77 r")] {
            std::thread::sleep(Duration::from_millis(5));
            let begun = Instant::now();
            list.types(key);
            list.shows(&format!("\x1b[0J{shown}\r\n"));
            keys.push(begun.elapsed());
        }
        list.types("\x1b");
        assert!(!list.child.wait().unwrap().success());
    }
    table.fact("`script` with an empty program, for a terminal", &empty);
    let limit = empty.median() + Duration::from_millis(30);
    table.limit("list of 14,403 roles opens", &Times::of(opened), limit, "`script` + 30 ms");
    table.limit("a key in that list", &Times::of(keys), Duration::from_millis(20), "20 ms");
}
