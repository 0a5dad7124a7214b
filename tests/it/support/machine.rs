//! A machine with an administrator: the program runs where `/etc/jit` holds the files of the room's folder
//! `machine`. The program finds them at the same place as everywhere, because nothing could name another one.

use rustix::process::{getegid, geteuid};

use super::Room;
use super::run::Run;

/// What prepares that `/etc`. `$0` is the room's folder of files, `$1` what else is done to `/etc/jit`, and the rest is the
/// program.
const SETUP: &str = r#"
mount -t tmpfs -o mode=755 tmpfs /etc && install -d -m 755 /etc/jit || exit 99
for file in "$0"/*; do
    test ! -e "$file" || install -m 644 "$file" /etc/jit || exit 99
done
eval "$1" || exit 99
shift
exec "$@"
"#;

impl Room {
    /// Writes a file of the administrator.
    pub(crate) fn write_machine(&self, name: &str, content: &str) {
        std::fs::create_dir_all(self.path("machine")).unwrap();
        self.write(&format!("machine/{name}"), content);
    }

    /// Removes the administrator's files.
    pub(crate) fn without_machine(&self) {
        std::fs::remove_dir_all(self.path("machine")).unwrap();
    }

    /// `jit` on that machine.
    pub(crate) fn on_machine(&self, arguments: &[&str]) -> Run<'_> {
        self.on_machine_after(":", arguments)
    }

    /// The same, after root has done more to `/etc/jit` there.
    pub(crate) fn on_machine_after(&self, more: &str, arguments: &[&str]) -> Run<'_> {
        self.behind_etc(self.jit(arguments), more)
    }

    /// A run on that machine, after root has done more to `/etc/jit` there.
    pub(crate) fn behind_etc<'r>(&self, run: Run<'r>, more: &str) -> Run<'r> {
        let mut words = Vec::new();
        let is_root = geteuid().is_root();
        if !is_root {
            words.extend(["sudo", "-n", "--preserve-env"].map(str::to_owned));
        }
        words
            .extend(["unshare", "--mount", "--propagation", "private", "sh", "-c", SETUP].map(str::to_owned));
        words.extend([self.path("machine").display().to_string(), more.to_owned()]);
        if !is_root {
            let (user, group) = (geteuid().as_raw(), getegid().as_raw());
            words.extend(["setpriv".to_owned(), "--clear-groups".to_owned()]);
            words.extend([format!("--reuid={user}"), format!("--regid={group}")]);
        }
        run.behind(words)
    }
}
