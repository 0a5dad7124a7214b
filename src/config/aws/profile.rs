//! What jit writes: a profile whose credentials come from jit.

use std::borrow::Cow;

use super::words::System;

/// The path of this program for `credential_process`, checked for every tool that may start it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    path: String,
    system: System,
}

/// A profile to be written into `~/.aws/config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name of the profile.
    pub name: String,
    /// The role whose session it gets.
    pub role: String,
    /// The value of `credential_process`.
    pub command: String,
    /// The value of `region`; `None` leaves the user's own value alone.
    pub region: Option<String>,
}

/// Why a name or path cannot be written in a way that all of AWS's tools understand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// A relative path, whose meaning depends on the tool's working directory.
    #[error("the program's path is not absolute: {0}")]
    NotAbsolute(String),
    /// A character that a shell or one of the parsers interprets.
    #[error("the program's path, {path}, contains {character:?}, which tools interpret differently")]
    PathCharacter {
        /// The path.
        path: String,
        /// The first such character.
        character: char,
    },
    /// An empty name, or one that would be read as an option.
    #[error("a profile's name may not be empty or start with `-`")]
    NameStart,
    /// A character that some tool does not accept in the name of a profile.
    #[error("{character:?} is not allowed in the name of a profile; use letters, digits and {allowed}")]
    NameCharacter {
        /// The first such character.
        character: char,
        /// The characters allowed besides letters and digits.
        allowed: &'static str,
    },
    /// Not a region.
    #[error("{0:?} is not a region")]
    Region(String),
}

impl Program {
    /// The program at `path` as it will be started on `system`.
    ///
    /// # Errors
    /// The path is relative, or has a character that is not safe within double quotes: one that `sh` or
    /// `cmd.exe` expands, a quote, or a comment sign. On Windows also any character that is not ASCII,
    /// because botocore reads the file in the user's code page.
    pub fn new(path: &str, system: System) -> Result<Self, Unwritable> {
        let absolute = match system {
            System::Unix => path.starts_with('/'),
            System::Windows => {
                let drive = path.as_bytes();
                let on_drive = drive.len() > 2 && drive[0].is_ascii_alphabetic() && drive[1] == b':';
                (on_drive && matches!(drive[2], b'\\' | b'/')) || path.starts_with(r"\\")
            }
        };
        if !absolute {
            return Err(Unwritable::NotAbsolute(path.to_owned()));
        }
        let unsafe_here = |character: char| match system {
            System::Unix => matches!(character, '$' | '`' | '\\'),
            System::Windows => character == '%' || !character.is_ascii(),
        };
        let bad = |character: char| {
            character.is_control()
                || matches!(
                    character,
                    '"' | '#' | ';' | '\u{2028}' | '\u{2029}' | char::REPLACEMENT_CHARACTER
                )
                || unsafe_here(character)
        };
        if let Some(character) = path.chars().find(|&character| bad(character)) {
            return Err(Unwritable::PathCharacter { path: path.to_owned(), character });
        }
        Ok(Self { path: path.to_owned(), system })
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path as it is written into `credential_process`: in double quotes only if it needs them, as AWS's
    /// documentation asks ("Sourcing credentials with an external process"). Go SDKs before v1.44.298 and v2
    /// config 1.18 lose the arguments of a program in quotes.
    fn quoted(&self) -> Cow<'_, str> {
        if self.is_quoted() { Cow::Owned(format!("\"{}\"", self.path)) } else { Cow::Borrowed(&self.path) }
    }

    /// Whether the path needs quotes in a command line.
    pub fn is_quoted(&self) -> bool {
        let plain = |character: char| match self.system {
            // Every character that has no meaning to `sh`, which the Go SDKs start, nor to Python's `shlex`.
            System::Unix => character.is_alphanumeric() || "/._+-,:@%=".contains(character),
            System::Windows => character.is_ascii_alphanumeric() || r"\/._+-:@".contains(character),
        };
        !self.path.chars().all(plain)
    }

    /// The system it will be started on.
    pub fn system(&self) -> System {
        self.system
    }

    /// The profile for `role`, with the same name.
    ///
    /// # Errors
    /// Some tool does not accept the name or the region.
    pub fn profile(&self, role: &str, region: Option<&str>) -> Result<Profile, Unwritable> {
        self.named_profile(role, role, region)
    }

    /// A profile called `name` for `role`.
    ///
    /// # Errors
    /// Some tool does not accept one of the names, or the region.
    pub fn named_profile(&self, name: &str, role: &str, region: Option<&str>) -> Result<Profile, Unwritable> {
        // `cmd.exe` expands text between two percent signs, even within quotes.
        let allowed = match self.system {
            System::Unix => ". _ / % @ : + -",
            System::Windows => ". _ / @ : + -",
        };
        let fits = |character: char| {
            character.is_ascii_alphanumeric() || (character != ' ' && allowed.contains(character))
        };
        for text in [name, role] {
            if text.is_empty() || text.starts_with('-') {
                return Err(Unwritable::NameStart);
            }
            if let Some(character) = text.chars().find(|&character| !fits(character)) {
                return Err(Unwritable::NameCharacter { character, allowed });
            }
        }
        if let Some(region) = region {
            let fits = |character: char| character.is_ascii_alphanumeric() || character == '-';
            if region.is_empty() || !region.chars().all(fits) {
                return Err(Unwritable::Region(region.chars().take(64).collect()));
            }
        }
        Ok(Profile {
            name: name.to_owned(),
            role: role.to_owned(),
            // The role needs no quotes, since no name that gets this far has a space. AWS's Go SDK, and so
            // Terraform, strips the first and last character of a value that begins and ends with a quote.
            command: format!("{} credential-process {role}", self.quoted()),
            region: region.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::split_command;
    use super::*;

    #[test]
    fn the_program_is_quoted_only_where_its_path_needs_it() {
        use System::{Unix, Windows};
        let cases = [
            (Unix, "/usr/local/bin/jit", false),
            (Unix, "/home/jürgen/.cargo/bin/jit-1.0_x", false),
            (Unix, "/nix/store/1+a@2:x,y=z%/jit", false),
            (Unix, "/opt/my tools/jit", true),
            (Unix, "/opt/it's here/jit", true),
            (Unix, "/opt/(x86)/jit", true),
            (Unix, "/opt/a&b|c<d>/jit", true),
            (Unix, "/opt/*?[a]{b,c}!/jit", true),
            (Unix, "/~/jit", true),
            (Unix, "/opt/a\u{a0}b/jit", true),
            (Windows, r"C:\Users\a.b-c_d\jit.exe", false),
            (Windows, r"C:\Program Files\jit\jit.exe", true),
            (Windows, r"C:\a&b^c(d)\jit.exe", true),
            (Windows, r"\\server\share,x=y\jit.exe", true),
        ];
        for (system, path, quoted) in cases {
            let profile = Program::new(path, system).unwrap().profile("prod-admin", None).unwrap();
            let program = if quoted { format!("\"{path}\"") } else { path.to_owned() };
            assert_eq!(profile.command, format!("{program} credential-process prod-admin"));
            let words = split_command(&profile.command, system).unwrap();
            assert_eq!(words, [path, "credential-process", "prod-admin"]);
        }
    }

    #[test]
    fn paths_that_shells_or_readers_take_differently_are_refused() {
        use System::{Unix, Windows};
        let good = [
            (Unix, "/opt/my tools/jit-1.0_x/jit"),
            (Unix, "/home/jürgen/it's here/jit"),
            (Unix, "/opt/50%/jit"),
            (Windows, r"C:\Program Files\jit\jit.exe"),
            (Windows, r"\\server\share\jit.exe"),
            (Windows, "C:/jit/jit.exe"),
        ];
        for (system, path) in good {
            let command = Program::new(path, system).unwrap().profile("dev", None).unwrap().command;
            let words = split_command(&command, system).unwrap();
            assert_eq!(words, [path, "credential-process", "dev"]);
        }
        for (system, path) in
            [(Unix, "jit"), (Unix, "~/jit"), (Unix, ""), (Windows, r"C:jit.exe"), (Windows, "/jit")]
        {
            assert_eq!(Program::new(path, system), Err(Unwritable::NotAbsolute(path.to_owned())));
        }
        let bad = [
            (Unix, "/a\"b", '"'),
            (Unix, "/a\\", '\\'),
            (Unix, "/$HOME/jit", '$'),
            (Unix, "/`id`", '`'),
            (Unix, "/a\nb", '\n'),
            (Unix, "/a\u{1b}", '\u{1b}'),
            (Unix, "/a #b/jit", '#'),
            (Unix, "/a;b", ';'),
            (Unix, "/a\u{2028}b", '\u{2028}'),
            (Unix, "/not\u{fffd}unicode", '\u{fffd}'),
            (Windows, r"C:\%PATH%\jit.exe", '%'),
            (Windows, r"C:\Jürgen\jit.exe", 'ü'),
        ];
        for (system, path, character) in bad {
            let refused = Unwritable::PathCharacter { path: path.to_owned(), character };
            assert_eq!(Program::new(path, system), Err(refused));
        }
    }

    #[test]
    fn only_portable_names_and_regions_are_taken() {
        let unix = Program::new("/bin/jit", System::Unix).unwrap();
        let windows = Program::new(r"C:\jit.exe", System::Windows).unwrap();
        assert!(unix.profile("Az09._/%@:+-", Some("eu-west-1")).is_ok());
        assert!(windows.profile("Az09._/@:+-", None).is_ok());
        let refused = |program: &Program, name: &str| match program.profile(name, None) {
            Err(Unwritable::NameCharacter { character, .. }) => Some(character),
            other => panic!("{name}: {other:?}"),
        };
        for character in [' ', '"', '\'', '\\', ']', '[', '=', '#', ';', '\n', '\t', '$', 'é'] {
            assert_eq!(refused(&unix, &format!("a{character}b")), Some(character));
        }
        assert_eq!(refused(&windows, "a%b"), Some('%'));
        for name in ["", "-x", "--help"] {
            assert_eq!(unix.profile(name, None), Err(Unwritable::NameStart));
        }
        for region in ["", "eu west", "x\ny", "a=b", "#"] {
            assert_eq!(unix.profile("a", Some(region)), Err(Unwritable::Region(region.to_owned())));
        }
    }
}
