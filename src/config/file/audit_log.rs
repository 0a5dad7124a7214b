//! `audit_log`: where to record who took which session.

use jit_wire::section::{Mistake, Section};

/// Where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditLog {
    /// At the end of this file.
    File(String),
    /// To the system's log.
    Syslog,
    /// To systemd's journal.
    Journald,
}

/// Reads the key; `None` where nothing is written.
pub(super) fn read(top: &mut Section<'_>) -> Result<Option<AuditLog>, Mistake> {
    let Some(set) = top.text("audit_log")? else { return Ok(None) };
    match set.value.as_str() {
        "off" => Ok(None),
        "syslog" => Ok(Some(AuditLog::Syslog)),
        "journald" => Ok(Some(AuditLog::Journald)),
        path if is_whole(path) => Ok(Some(AuditLog::File(set.value))),
        other => {
            let what = format!("`{other}` is not the whole path of a file");
            let next = "such as \"~/jit-audit.log\", or \"syslog\", \"journald\" or \"off\"".to_owned();
            Err(top.mistake_at(set.line, what, Some(next)))
        }
    }
}

/// Whether it names the same file from wherever `jit` is started.
fn is_whole(path: &str) -> bool {
    let of_windows =
        matches!(path.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let rest = ["/", "~/", "\\\\"].iter().find_map(|start| path.strip_prefix(start));
    of_windows || rest.is_some_and(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::File;

    #[test]
    fn only_a_whole_path_is_one() {
        let file = |path: &str| Some(AuditLog::File(path.to_owned()));
        for (value, log) in [
            ("off", None),
            ("syslog", Some(AuditLog::Syslog)),
            ("journald", Some(AuditLog::Journald)),
            ("/var/log/jit.log", file("/var/log/jit.log")),
            ("~/jit.log", file("~/jit.log")),
            ("C:/jit.log", file("C:/jit.log")),
        ] {
            assert_eq!(File::parse("c", &format!("audit_log = \"{value}\"\n")).unwrap().audit_log, log);
        }
        for bad in ["", "jit.log", "./jit.log", "/", "~/", "~bob/x", "Syslog", "true", "C:x"] {
            let mistake = File::parse("c", &format!("audit_log = \"{bad}\"\n")).unwrap_err();
            assert!(mistake.what.ends_with("is not the whole path of a file"), "{mistake}");
        }
    }
}
