//! One line at the end of a log, in such a way that nobody waits for it: nothing is locked or synced, and what cannot take
//! the line at once does not get it.

use std::io;
use std::path::Path;

/// The name under which system logs list the lines.
#[cfg(unix)]
const NAME: &str = "jit";

/// Adds `line`, its end included, to the file at `path`. A new file is readable only by the user. The system adds the line in
/// one piece, even if other processes write at the same time.
///
/// # Errors
/// Whatever the system reports.
pub fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A pipe that nobody reads is refused, and a terminal does not become this process's own.
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let written = io::Write::write(&mut options.open(path)?, line)?;
    if written == line.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Sends `text`, one line without its end, to the system's log (RFC 3164, the facility for security messages).
///
/// # Errors
/// Whatever the system reports. Windows has no syslog.
pub fn to_syslog(text: &str) -> io::Result<()> {
    #[cfg(unix)]
    {
        // Facility 10 (authpriv), severity 6 (informational).
        const PRIORITY: u8 = 10 * 8 + 6;
        let place = if cfg!(target_os = "macos") { "/var/run/syslog" } else { "/dev/log" };
        let message = format!("<{PRIORITY}>{NAME}[{}]: {text}", std::process::id());
        send(Path::new(place), message.as_bytes())
    }
    #[cfg(not(unix))]
    {
        let _ = text;
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Sends `text`, one line without its end, to systemd's journal (systemd, "Native journal protocol").
///
/// # Errors
/// Whatever the system reports; only Linux has one.
pub fn to_journal(text: &str) -> io::Result<()> {
    #[cfg(unix)]
    {
        let message = format!("SYSLOG_IDENTIFIER={NAME}\nPRIORITY=6\nMESSAGE={text}\n");
        send(Path::new("/run/systemd/journal/socket"), message.as_bytes())
    }
    #[cfg(not(unix))]
    {
        let _ = text;
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
fn send(place: &Path, message: &[u8]) -> io::Result<()> {
    let socket = std::os::unix::net::UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to(message, place).map(drop)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    #[cfg(target_os = "linux")]
    use std::os::unix::net::UnixDatagram;

    use super::*;

    #[test]
    fn lines_are_added_and_a_new_file_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        append(&path, b"one\n").unwrap();
        append(&path, b"two\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(append(&folder.path().join("no/log"), b"x").unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    /// A log that does not take the line at once does not get it. Only Linux has `mknodat` in rustix.
    #[test]
    #[cfg(target_os = "linux")]
    fn nobody_waits_for_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        append(&pipe, b"nobody reads").unwrap_err();
        let socket = folder.path().join("socket");
        send(&socket, b"nobody is there").unwrap_err();
        let reader = UnixDatagram::bind(&socket).unwrap();
        let sent = (0..100_000).find(|_| send(&socket, b"x").is_err());
        assert!(sent.is_some_and(|sent| sent > 0), "a full socket was waited for");
        let mut one = [0; 8];
        assert_eq!(reader.recv(&mut one).unwrap(), 1);
    }
}
