//! How AWS's tools split a command or the words of a section header.

/// The system whose rules apply to a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// `sh -c`, or Python's `shlex.split`.
    Unix,
    /// `cmd.exe /C` and the C runtime.
    Windows,
}

impl System {
    /// The system that this program was built for.
    pub const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// The words of a `credential_process`, as botocore splits it on `system`. `None` if a quote or an escape is
/// not closed, which botocore rejects.
pub fn split_command(command: &str, system: System) -> Option<Vec<String>> {
    match system {
        System::Unix => posix_words(command),
        System::Windows => windows_words(command),
    }
}

/// Python's `shlex.split`: POSIX rules without comments.
pub(super) fn posix_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(characters.next()?),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        quoted => word.push(quoted),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' => match characters.next()? {
                            escaped @ ('"' | '\\') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        quoted => word.push(quoted),
                    }
                }
            }
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Some(words)
}

/// The rules of the C runtime as botocore implements them: only space and tab separate, only `"` quotes, and
/// backslashes are literal unless they precede a quote.
fn windows_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut backslashes = 0;
    for character in text.chars() {
        if character == '\\' {
            backslashes += 1;
            continue;
        }
        let escaped = character == '"' && backslashes % 2 == 1;
        let literal = if character == '"' { backslashes / 2 } else { backslashes };
        if backslashes > 0 {
            word.get_or_insert_default().extend(std::iter::repeat_n('\\', literal));
            backslashes = 0;
        }
        match character {
            '"' if !escaped => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    if backslashes > 0 {
        word.get_or_insert_default().extend(std::iter::repeat_n('\\', backslashes));
    }
    words.extend(word);
    (!quoted).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected words are the output of `shlex.split` and of botocore's splitter; `tests/counterparts`
    /// runs both.
    #[test]
    fn words_are_split_by_the_rules_of_each_system() {
        type Case = (&'static str, Option<&'static [&'static str]>, Option<&'static [&'static str]>);
        let cases: [Case; 12] = [
            ("", Some(&[]), Some(&[])),
            ("a  b\tc ", Some(&["a", "b", "c"]), Some(&["a", "b", "c"])),
            (r#""/opt/a b/jit" x "y""#, Some(&["/opt/a b/jit", "x", "y"]), Some(&["/opt/a b/jit", "x", "y"])),
            ("x'y z'w", Some(&["xy zw"]), Some(&["x'y", "z'w"])),
            (r"a\ b", Some(&["a b"]), Some(&[r"a\", "b"])),
            (r#""C:\x\y.exe" z"#, Some(&[r"C:\x\y.exe", "z"]), Some(&[r"C:\x\y.exe", "z"])),
            (r"C:\x z", Some(&["C:x", "z"]), Some(&[r"C:\x", "z"])),
            (r#""a\"b""#, Some(&["a\"b"]), Some(&["a\"b"])),
            (r#"a\\"b c""#, Some(&[r"a\b c"]), Some(&[r"a\b c"])),
            (r#""" ''"#, Some(&["", ""]), Some(&["", "''"])),
            (r#""open"#, None, None),
            ("end\\", None, Some(&["end\\"])),
        ];
        for (text, unix, windows) in cases {
            let owned = |words: Option<&[&str]>| {
                words.map(|words| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
            };
            assert_eq!(split_command(text, System::Unix), owned(unix), "{text} on Unix");
            assert_eq!(split_command(text, System::Windows), owned(windows), "{text} on Windows");
        }
    }
}
