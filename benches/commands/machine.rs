//! The machine that the figures were measured on.

use std::fs;
use std::process::Command;

use crate::measure::{runs, slow_runs};
use crate::table::{Table, size};
use crate::{JIT, is_shipped};

/// The line below each table.
pub(crate) fn run() -> String {
    let kind = if is_shipped() { "the program as it is shipped" } else { "`cargo build --release`" };
    let bytes = fs::metadata(JIT.as_str()).unwrap().len();
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    let load: f64 = load.split(' ').next().unwrap().parse().unwrap();
    let busy =
        if load > 0.5 { " **The machine was busy, so the times are no more than a hint.**" } else { "" };
    let day = time::OffsetDateTime::now_utc().date();
    let (fast, slow) = (runs(), slow_runs());
    format!(
        "{}, {kind} ({}), on {day}. Fast commands {fast} times, slow ones {slow} times. Load of the machine before: {load}.{busy}",
        said(&JIT),
        size(bytes)
    )
}

pub(crate) fn facts() -> Table {
    let mut table = Table::new(&["what", ""], &[], &[]);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap();
    let release = fs::read_to_string("/etc/os-release").unwrap();
    let memory = fs::read_to_string("/proc/meminfo").unwrap();
    let value = |text: &str, key: &str, sign: char| {
        let line = text.lines().find(|line| line.starts_with(key)).expect(key);
        line.split_once(sign).unwrap().1.trim().trim_matches('"').to_owned()
    };
    let kib: u64 = value(&memory, "MemTotal", ':').trim_end_matches(" kB").parse().unwrap();
    let cores = std::thread::available_parallelism().unwrap();
    let rows = [
        ("processor", format!("{}, {cores} cores", value(&cpu, "model name", ':'))),
        ("memory", size(kib * 1024)),
        ("system", value(&release, "PRETTY_NAME", '=')),
        ("kernel", fs::read_to_string("/proc/sys/kernel/osrelease").unwrap().trim().to_owned()),
        ("`/bin/cat`", said("/bin/cat")),
        ("Rust", said("rustc")),
        ("Python", said("python3")),
        ("callgrind", said("valgrind")),
        ("strace", said("strace")),
    ];
    for (what, is) in rows {
        table.row([what, is.as_str()]);
    }
    table
}

/// The first line of what a program says about its version.
fn said(program: &str) -> String {
    let output = Command::new(program).arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().next().expect(program).to_owned()
}
