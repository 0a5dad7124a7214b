//! Who started this process.

/// A process that started this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallingProgram {
    /// Its number.
    pub id: i32,
    /// What the system calls it, which it may have chosen itself.
    pub name: String,
}

/// Shells that other programs start `jit` through: who started these is meant.
#[cfg(target_os = "linux")]
const SHELLS: [&str; 4] = ["sh", "dash", "bash", "busybox"];
/// So many of them at most are looked behind.
#[cfg(target_os = "linux")]
const MOST_SHELLS: usize = 3;

/// The program that started this one, behind a shell that it used for that; `None` where the system does not tell.
pub fn caller() -> Option<CallingProgram> {
    #[cfg(target_os = "linux")]
    {
        let mut id = rustix::process::getppid()?.as_raw_nonzero().get();
        let mut found = None;
        for _ in 0..=MOST_SHELLS {
            let Some((name, parent)) = told_of(id) else { break };
            let is_shell = SHELLS.contains(&name.as_str());
            found = Some(CallingProgram { id, name });
            if !is_shell {
                break;
            }
            id = parent;
        }
        found
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// The name of a process and the number of its parent (proc_pid_stat(5)).
#[cfg(target_os = "linux")]
fn told_of(id: i32) -> Option<(String, i32)> {
    let path = format!("/proc/{id}/stat");
    let stat = crate::sys::fs::read_limited(std::path::Path::new(&path), 4096).ok()?;
    parsed(&String::from_utf8_lossy(&stat))
}

#[cfg(target_os = "linux")]
fn parsed(stat: &str) -> Option<(String, i32)> {
    // The name may contain parentheses and spaces.
    let (before, after) = stat.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let parent = after.split_whitespace().nth(1)?.parse().ok()?;
    Some((name.to_owned(), parent))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_whatever_it_is_called() {
        assert_eq!(parsed("12 (a) b (c) S 7 12 12 0"), Some(("a) b (c".to_owned(), 7)));
        assert_eq!(parsed("12 (aws) R 1 1"), Some(("aws".to_owned(), 1)));
        assert_eq!(parsed(""), None);
        assert!(caller().is_some());
    }
}
