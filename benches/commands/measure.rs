//! Clocks and scales.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long `command` takes as a whole process, from fork to exit.
pub(crate) fn wall(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().unwrap();
    let took = begun.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    took
}

/// How long `commands` take that start at once, until the last has ended.
pub(crate) fn together(mut commands: Vec<Command>) -> Duration {
    let begun = Instant::now();
    let start = |command: &mut Command| command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let children: Vec<Child> = commands.iter_mut().map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    begun.elapsed()
}

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The medians of `runs` runs of each command, taken in turns, so that whatever else the machine does falls on all alike.
pub(crate) fn interleaved(runs: usize, commands: &mut [Command]) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(runs); commands.len()];
    for _ in 0..runs {
        for (command, times) in commands.iter_mut().zip(&mut times) {
            times.push(wall(command));
        }
    }
    times.into_iter().map(median).collect()
}

/// One HTTP request to `server` by a client that does nothing else, connection and all.
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

/// The most memory that `command` has had when it prints its answer, in bytes. Its stdout is a pipe that is full already, so
/// that it stands still there and can be looked at.
pub(crate) fn peak_memory(mut command: Command) -> u64 {
    const PIPE: usize = 65536;
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&[b' '; PIPE]).unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(writer).spawn().unwrap();
    drop(command);
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it ended without an answer");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).unwrap();
    assert!(child.wait().unwrap().success() && answer.len() > PIPE);
    kib * 1024
}
