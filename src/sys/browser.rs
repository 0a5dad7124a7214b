//! The user's browser: the command in `BROWSER`, or else the system's opener.

use std::process::{Command, Stdio};

use crate::world::Browser;
use jit_wire::env::{self, Env};
use jit_wire::trusted_url::TrustedUrl;

/// The browser of the desktop that this process runs on.
#[derive(Debug)]
pub struct SystemBrowser {
    /// The value of `BROWSER` at the start.
    named: Option<String>,
    desktop: bool,
}

impl SystemBrowser {
    /// The browser that `env` selects. Does not start it.
    pub fn new(env: &Env) -> Self {
        let display = env.get(env::DISPLAY).is_some();
        let remote = env.get(env::SSH_CONNECTION).is_some();
        let always = cfg!(any(target_os = "macos", windows));
        // Over SSH only a forwarded X display leads to the user's desktop.
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
            Some(list) => {
                let exists = |path: &str| std::path::Path::new(path).is_file();
                named_commands(list, url, !cfg!(windows), &exists)
            }
            None => open::commands(url),
        };
        let mut why = match &self.named {
            Some(_) => "BROWSER contains no command".to_owned(),
            None => "this system has no known way to open a browser".to_owned(),
        };
        for mut command in commands {
            match start(&mut command) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    why = format!("could not start `{}`: {error}", command.get_program().display());
                }
            }
        }
        Err(why)
    }
}

/// Starts the command given by `words`, independent of this process.
///
/// # Errors
/// A sentence that says why it could not be started.
pub fn open_with(words: &[String]) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err("no command is configured".to_owned());
    };
    start(Command::new(program).args(arguments))
        .map_err(|error| format!("could not start `{program}`: {error}"))
}

/// The commands in `BROWSER`, in order: separated by colons outside quotes (not on Windows, where a colon
/// follows a drive letter), split at white space outside quotes, with `%s` replaced by the URL, or else the
/// URL appended. No shell is involved. If the whole text is the path of an existing program, including any
/// spaces, it is that program.
fn named_commands(list: &str, url: &str, colons: bool, exists: &dyn Fn(&str) -> bool) -> Vec<Command> {
    let entries = if colons { split_outside_quotes(list, |c| c == ':') } else { vec![list.to_owned()] };
    let command = |entry: String| {
        let entry = entry.trim();
        let words = match entry.contains(char::is_whitespace) && exists(entry) {
            true => vec![entry.to_owned()],
            false => split_outside_quotes(entry, char::is_whitespace),
        };
        let mut words = words.iter().map(|word| unquoted(word)).filter(|word| !word.is_empty());
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
    };
    entries.into_iter().filter_map(command).collect()
}

/// The pieces between separators outside quotes, with the quotes left in. An unclosed quote is an ordinary
/// character, so a path with an apostrophe works.
fn split_outside_quotes(text: &str, separates: impl Fn(char) -> bool) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut open: Option<char> = None;
    for (at, character) in text.char_indices() {
        match open {
            Some(quote) if character == quote => open = None,
            Some(_) => {}
            None if ['"', '\''].contains(&character) => {
                open = Some(character).filter(|quote| text[at + 1..].contains(*quote));
            }
            None if separates(character) => {
                pieces.push(String::new());
                continue;
            }
            None => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
    }
    pieces
}

/// A word without the quotes around its parts.
fn unquoted(word: &str) -> String {
    let mut plain = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = rest.as_bytes()[at] as char;
        plain.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let Some(end) = behind.find(quote) else {
            plain.push_str(&rest[at..]);
            return plain;
        };
        plain.push_str(&behind[..end]);
        rest = &behind[end + 1..];
    }
    plain + rest
}

/// Starts `command` independent of this process: it does not use this terminal, and Ctrl-C here does not
/// reach it.
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
    fn browser_is_a_list_of_commands_and_not_a_shell_line() {
        const URL: &str = "https://a/?b=c";
        let cases: [(&str, &[&[&str]]); 14] = [
            ("firefox", &[&["firefox", URL]]),
            ("firefox --new-tab %s", &[&["firefox", "--new-tab", URL]]),
            ("x --url=%s -v", &[&["x", "--url=https://a/?b=c", "-v"]]),
            ("x %s:y", &[&["x", URL], &["y", URL]]),
            ("x; rm -rf $HOME", &[&["x;", "rm", "-rf", "$HOME", URL]]),
            (" : ", &[]),
            // Was a bug: the quotes became part of the program's name, which ended at the space.
            ("\"/opt/my browser/chrome\" --new-window", &[&["/opt/my browser/chrome", "--new-window", URL]]),
            ("'/opt/my browser/chrome' %s", &[&["/opt/my browser/chrome", URL]]),
            ("/opt/'my browser'/chrome", &[&["/opt/my browser/chrome", URL]]),
            ("x --profile=\"a b\" \"%s\"", &[&["x", "--profile=a b", URL]]),
            ("'/opt/a:b/x' %s:y", &[&["/opt/a:b/x", URL], &["y", URL]]),
            ("/opt/it's/x", &[&["/opt/it's/x", URL]]),
            ("\"open", &[&["\"open", URL]]),
            // Not in quotes, but an existing program.
            ("/opt/whole path/chrome", &[&["/opt/whole path/chrome", URL]]),
        ];
        let exists = |path: &str| path == "/opt/whole path/chrome" || path == r"C:\Program Files\b.exe";
        for (list, expected) in cases {
            let got: Vec<_> = named_commands(list, URL, true, &exists).iter().map(words).collect();
            assert_eq!(got, expected, "{list}");
        }
        for (list, program) in [
            (r"C:\b.exe %s", r"C:\b.exe"),
            (r#""C:\Program Files\b.exe" %s"#, r"C:\Program Files\b.exe"),
            (r"C:\Program Files\b.exe", r"C:\Program Files\b.exe"),
        ] {
            assert_eq!(words(&named_commands(list, "https://a", false, &exists)[0]), [program, "https://a"]);
        }
    }

    #[test]
    fn a_missing_browser_is_named() {
        let browser = SystemBrowser::new(&Env::of([("BROWSER", "/nowhere/browser")]));
        let missing = browser.open(&TrustedUrl::of_this_machine(1, "/")).unwrap_err();
        assert!(missing.starts_with("could not start `/nowhere/browser`"), "{missing}");
    }

    #[test]
    fn only_a_desktop_that_the_person_sees_counts() {
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
