//! Clocks and scales.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{WaitOptions, wait};

/// How often a fast command is run; `JIT_BENCH_RUNS` changes it.
pub(crate) fn runs() -> usize {
    std::env::var("JIT_BENCH_RUNS").map_or(1000, |number| number.parse().expect("JIT_BENCH_RUNS is a number"))
}

/// How often a slow one, or one of many, is run.
pub(crate) fn slow_runs() -> usize {
    runs().div_ceil(5)
}

/// The times of one command, sorted.
#[derive(Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    pub(crate) fn runs(&self) -> usize {
        self.0.len()
    }

    /// The middle one.
    pub(crate) fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    /// What 99 of 100 runs do not exceed; with fewer than a hundred runs, the slowest.
    pub(crate) fn p99(&self) -> Duration {
        self.0[(self.0.len() * 99).div_ceil(100) - 1]
    }

    pub(crate) fn slowest(&self) -> Duration {
        self.0[self.0.len() - 1]
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null())
}

/// How long `command` takes as a whole process, from its start to its exit.
pub(crate) fn wall(command: &mut Command) -> Duration {
    quiet(command);
    let begun = Instant::now();
    let status = command.status().unwrap();
    let took = begun.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    took
}

/// How long commands take that start at the same time: until the last has exited, and each of them. There are
/// no other children.
pub(crate) fn together(mut commands: Vec<Command>) -> (Duration, Vec<Duration>) {
    fn ended(options: WaitOptions, running: &mut HashMap<u32, Instant>, took: &mut Vec<Duration>) -> bool {
        let Some((pid, status)) = wait(options).unwrap() else { return false };
        assert_eq!(status.exit_status(), Some(0), "one of many failed");
        let pid = u32::try_from(pid.as_raw_nonzero().get()).unwrap();
        took.push(running.remove(&pid).unwrap().elapsed());
        true
    }
    let (mut running, mut took) = (HashMap::new(), Vec::new());
    let begun = Instant::now();
    for command in &mut commands {
        let started = Instant::now();
        running.insert(quiet(command).spawn().unwrap().id(), started);
        while !running.is_empty() && ended(WaitOptions::NOHANG, &mut running, &mut took) {}
    }
    while !running.is_empty() {
        ended(WaitOptions::empty(), &mut running, &mut took);
    }
    (begun.elapsed(), took)
}

/// The times of `runs` runs of each command, taken in turns, so that other load on the machine affects all
/// equally. Every other turn is in reverse order, so that none always follows the one that fills the caches
/// most.
pub(crate) fn interleaved(runs: usize, commands: &mut [Command]) -> Vec<Times> {
    let mut times = vec![Vec::with_capacity(runs); commands.len()];
    // Once for the page cache.
    for command in &mut *commands {
        wall(command);
    }
    for turn in 0..runs {
        for place in 0..commands.len() {
            let which = if turn % 2 == 0 { place } else { commands.len() - 1 - place };
            times[which].push(wall(&mut commands[which]));
        }
    }
    times.into_iter().map(Times::of).collect()
}

/// One HTTP request to `server` by a minimal client, including the connection.
pub(crate) fn plain_request(server: &str) -> Duration {
    let host = server.trim_start_matches("http://");
    let mut answer = Vec::new();
    let begun = Instant::now();
    let mut connection = TcpStream::connect(host).unwrap();
    write!(connection, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    connection.read_to_end(&mut answer).unwrap();
    let took = begun.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1"));
    took
}

/// The peak memory of `command` when it prints its answer, in bytes. Its stdout is a pipe that is already
/// full, so that it blocks there and can be inspected.
pub(crate) fn peak_memory(mut command: Command) -> u64 {
    const PIPE: usize = 65536;
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&[b' '; PIPE]).unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(writer).spawn().unwrap();
    drop(command);
    let read = |file| std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
    // It is blocked when it neither runs nor has used any time for a second.
    let (mut still, mut before) = (0, String::new());
    while still < 20 {
        std::thread::sleep(Duration::from_millis(50));
        let stat = read("stat");
        let after_name: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        assert_ne!(after_name[0], "Z", "it ended without an answer");
        let now = after_name[..1].iter().chain(&after_name[11..13]).copied().collect::<String>();
        still = if now.starts_with('S') && now == before { still + 1 } else { 0 };
        before = now;
    }
    let status = read("status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).unwrap();
    assert!(child.wait().unwrap().success() && answer.len() > PIPE);
    kib * 1024
}
