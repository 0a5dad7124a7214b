//! The resources of an answer, in figures that other programs on the machine do not affect.

use std::fs;
use std::process::Command;

use crate::measure::peak_memory;
use crate::support::Room;
use crate::table::{Table, grouped, size};
use crate::{JIT, answer, cat, command, jit};

const MIB: u64 = 1 << 20;
/// The limit for an answer's memory, and for the program on disk.
const LIMIT: u64 = 12 * MIB;

pub(crate) fn of_an_answer() -> Table {
    let room = Room::signed_in("admin");
    cat(&room);
    let figures = ["instructions", "system calls", "peak memory", "program on disk"];
    let mut table = Table::new(&["what"], &figures, &["limit of both sizes"]);
    let mut row = |what: &str, make: &dyn Fn() -> Command, prints: bool, file: &str| {
        let memory = if prints { peak_memory(make()) } else { 0 };
        let disk = fs::metadata(file).unwrap().len();
        let limit = match file == *JIT {
            true => format!("{} ({})", size(LIMIT), table.mark(memory.max(disk) <= LIMIT)),
            false => String::new(),
        };
        table.row([
            what,
            &grouped(instructions(&room, &make())),
            &grouped(system_calls(&room, &make())),
            if prints { size(memory) } else { "–".to_owned() }.as_str(),
            &size(disk),
            &limit,
        ]);
    };
    row("`/bin/true`", &|| command(&room, "/bin/true", &[]), false, "/bin/true");
    row("`/bin/cat` of as many bytes", &|| command(&room, "/bin/cat", &["answer"]), true, "/bin/cat");
    row("`jit credential-process admin`", &|| answer(&room), true, &JIT);
    row("`jit env admin --shell bash`", &|| jit(&room, &["env", "admin", "--shell", "bash"]), true, &JIT);
    table
}

/// `inner` run by another program.
pub(crate) fn within(room: &Room, program: &str, arguments: &[&str], inner: &Command) -> Command {
    let mut outer = command(room, program, arguments);
    outer.arg(inner.get_program()).args(inner.get_args());
    outer
}

/// As counted by valgrind's callgrind.
fn instructions(room: &Room, inner: &Command) -> u64 {
    let options = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let said = within(room, "valgrind", &options, inner).output().unwrap();
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    let counted = said.lines().find_map(|line| line.split_once("Collected : ")).expect(&said).1;
    counted.trim().parse().unwrap()
}

/// As seen by strace, including the start of the program and its loader.
fn system_calls(room: &Room, inner: &Command) -> u64 {
    let trace = room.path("trace").display().to_string();
    // The data of a call is not recorded: it is the answer.
    let options = ["-f", "-qq", "-e", "write=none", "-s", "0", "-o", &trace];
    let status = within(room, "strace", &options, inner).output().unwrap().status;
    assert!(status.success(), "{inner:?}: {status}");
    let text = fs::read_to_string(room.path("trace")).unwrap();
    text.lines().filter(|line| line.contains('(') && !line.contains(" resumed>")).count() as u64
}
