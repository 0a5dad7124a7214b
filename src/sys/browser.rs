//! The user's browser: the command that `BROWSER` names, else the system's opener.

use std::process::{Command, Stdio};

use crate::sys::env::{self, Env};
use crate::trusted_url::TrustedUrl;
use crate::world::Browser;

/// The browser of the desktop that this process runs on.
#[derive(Debug)]
pub struct SystemBrowser {
    /// `BROWSER`, as it was at the start.
    named: Option<String>,
    desktop: bool,
}

impl SystemBrowser {
    /// The browser that `env` leads to. Nothing is started yet.
    pub fn new(env: &Env) -> Self {
        let display = env.get(env::DISPLAY).is_some();
        let remote = env.get(env::SSH_CONNECTION).is_some();
        let always = cfg!(any(target_os = "macos", windows));
        // Over SSH only a forwarded X display leads to the desktop where the person sits.
        let desktop = display || (!remote && (always || env.get(env::WAYLAND_DISPLAY).is_some()));
        Self { named: env.get(env::BROWSER).map(str::to_owned), desktop }
    }
}

impl Browser for SystemBrowser {
    fn available(&self) -> bool {
        self.named.is_some() || self.desktop
    }

    fn open(&self, url: &TrustedUrl) -> Result<(), String> {
        let url = url.as_str();
        let commands = match &self.named {
            Some(list) => named_commands(list, url, !cfg!(windows)),
            None => open::commands(url),
        };
        let mut why = match &self.named {
            Some(_) => "BROWSER names no command".to_owned(),
            None => "this system has no known way to open a browser".to_owned(),
        };
        for mut command in commands {
            match start(&mut command) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    why = format!("`{}` could not be started: {error}", command.get_program().display());
                }
            }
        }
        Err(why)
    }
}

/// Starts the command that `words` are, on its own.
///
/// # Errors
/// Why it could not be started, in words.
pub fn open_with(words: &[String]) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err("no command is named".to_owned());
    };
    start(Command::new(program).args(arguments))
        .map_err(|error| format!("`{program}` could not be started: {error}"))
}

/// The commands of `BROWSER`, first to last: separated by colons (not on Windows, where a colon follows a drive),
/// split at white space, `%s` replaced by the address, which else comes last. No shell reads any of it.
fn named_commands(list: &str, url: &str, colons: bool) -> Vec<Command> {
    let entries: Vec<&str> = if colons { list.split(':').collect() } else { vec![list] };
    entries
        .into_iter()
        .filter_map(|entry| {
            let mut words = entry.split_whitespace();
            let mut command = Command::new(words.next()?);
            let mut placed = false;
            for word in words {
                placed |= word.contains("%s");
                command.arg(word.replace("%s", url));
            }
            if !placed {
                command.arg(url);
            }
            Some(command)
        })
        .collect()
}

/// Starts `command` on its own: it neither reads this terminal nor writes to it, and Ctrl-C here does not reach it.
fn start(command: &mut Command) -> std::io::Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    command.spawn().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn browser_is_a_list_of_commands_and_no_shell_line() {
        let cases: [(&str, &[&[&str]]); 6] = [
            ("firefox", &[&["firefox", "https://a/?b=c"]]),
            ("firefox --new-tab %s", &[&["firefox", "--new-tab", "https://a/?b=c"]]),
            ("x --url=%s -v", &[&["x", "--url=https://a/?b=c", "-v"]]),
            ("x %s:y", &[&["x", "https://a/?b=c"], &["y", "https://a/?b=c"]]),
            ("x; rm -rf $HOME", &[&["x;", "rm", "-rf", "$HOME", "https://a/?b=c"]]),
            (" : ", &[]),
        ];
        for (list, expected) in cases {
            let got: Vec<_> = named_commands(list, "https://a/?b=c", true).iter().map(words).collect();
            assert_eq!(got, expected, "{list}");
        }
        let windows = named_commands(r"C:\b.exe %s", "https://a", false);
        assert_eq!(words(&windows[0]), [r"C:\b.exe", "https://a"]);
    }

    #[test]
    fn a_browser_that_is_not_there_is_named() {
        let browser = SystemBrowser::new(&Env::of([("BROWSER", "/nowhere/browser")]));
        let missing = browser.open(&TrustedUrl::of_this_machine(1, "/")).unwrap_err();
        assert!(missing.starts_with("`/nowhere/browser` could not be started"), "{missing}");
    }

    #[test]
    fn a_desktop_is_one_that_the_person_sees() {
        let linux = !cfg!(any(target_os = "macos", windows));
        let cases: [(&[(&str, &str)], bool); 7] = [
            (&[], !linux),
            (&[("BROWSER", "w3m"), ("SSH_CONNECTION", "x")], true),
            (&[("DISPLAY", ":0")], true),
            (&[("WAYLAND_DISPLAY", "wayland-0")], true),
            (&[("DISPLAY", "localhost:10.0"), ("SSH_CONNECTION", "x")], true),
            (&[("WAYLAND_DISPLAY", "wayland-0"), ("SSH_CONNECTION", "x")], false),
            (&[("SSH_CONNECTION", "x")], false),
        ];
        for (pairs, expected) in cases {
            let get = |name: &str| pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v);
            let names = ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"];
            let env = Env::of(names.map(|name| (name, get(name))));
            assert_eq!(SystemBrowser::new(&env).available(), expected, "{pairs:?}");
        }
    }
}
