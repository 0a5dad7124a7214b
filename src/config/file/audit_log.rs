//! `audit_log`: where to record who took which session.

use jit_wire::section::{At, Mistake, Section};

/// Where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditLog {
    /// Nowhere.
    Off,
    /// At the end of this file.
    File(String),
    /// To the system's log.
    Syslog,
    /// To systemd's journal.
    Journald,
}

impl AuditLog {
    /// What `audit_log = "VALUE"` means; `None` if it is no whole path.
    pub fn parse(value: &str) -> Option<Self> {
        Some(match value {
            "off" => Self::Off,
            "syslog" => Self::Syslog,
            "journald" => Self::Journald,
            path if is_whole(path) => Self::File(path.to_owned()),
            _ => return None,
        })
    }

    /// The value as it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Off => "off",
            Self::Syslog => "syslog",
            Self::Journald => "journald",
            Self::File(path) => path,
        }
    }
}

/// Reads the key; `None` where nothing is set.
pub(super) fn read(top: &mut Section<'_>) -> Result<Option<At<AuditLog>>, Mistake> {
    let Some(set) = top.text("audit_log")? else { return Ok(None) };
    let at = |value| Some(At { value, line: set.line });
    AuditLog::parse(&set.value).map(at).ok_or_else(|| {
        let what = format!("`{}` is not the whole path of a file", set.value);
        let next = "such as \"~/jit-audit.log\", or \"syslog\", \"journald\" or \"off\"".to_owned();
        top.mistake_at(set.line, what, Some(next))
    })
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
            ("off", Some(AuditLog::Off)),
            ("syslog", Some(AuditLog::Syslog)),
            ("journald", Some(AuditLog::Journald)),
            ("/var/log/jit.log", file("/var/log/jit.log")),
            ("~/jit.log", file("~/jit.log")),
            ("C:/jit.log", file("C:/jit.log")),
        ] {
            let set = File::parse("c", &format!("audit_log = \"{value}\"\n")).unwrap().audit_log;
            assert_eq!(set.map(|at| at.value), log);
            assert_eq!(log.as_ref().map(AuditLog::as_str), Some(value));
        }
        for bad in ["", "jit.log", "./jit.log", "/", "~/", "~bob/x", "Syslog", "true", "C:x"] {
            let mistake = File::parse("c", &format!("audit_log = \"{bad}\"\n")).unwrap_err();
            assert!(mistake.what.ends_with("is not the whole path of a file"), "{mistake}");
        }
    }
}
