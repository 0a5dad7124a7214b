//! `jit env`: a role's credentials as statements of the user's shell.

use zeroize::Zeroizing;

use crate::cli::{EnvArgs, Narrow, ShellSyntax};
use crate::credentials::to_wiped_json;
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::env::{Env, PS_MODULE_PATH, SHELL};
use crate::ui::Ui;
use crate::world::World;

use super::exec::{SHADOWS, variables};
use super::{Reading, Subject, confirm, typed_need};

pub(super) fn run(args: &EnvArgs, world: &World, ui: &Ui) -> CommandResult {
    let syntax = args.shell.map_or_else(|| of_user(&world.env), Ok)?;
    let subject = Subject::find_narrowed(&args.role, &Narrow::default(), Reading::Part, world)?;
    confirm(&subject.plan, world)?;
    let session = subject.session(world, &typed_need(world, None))?;
    let variables = variables(&session, &subject.plan, &world.env);
    let pairs: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, value.as_str())).collect();
    let set: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    // The shell's exported variables are this process's own; what is not set need not be unset, and in fish must not
    // be, where that counts as a failure.
    let is_set = |name: &&str| world.env.names().any(|set| set == *name);
    let clear: Vec<&str> = SHADOWS.into_iter().filter(|name| !set.contains(name)).filter(is_set).collect();
    ui.data(statements(syntax, &clear, &pairs).as_bytes())
}

/// The syntax of the shell that `SHELL` names, or PowerShell's where only that can be.
fn of_user(env: &Env) -> CommandResult<ShellSyntax> {
    let shell = env.get(SHELL).unwrap_or_default();
    match shell.rsplit('/').next().unwrap_or_default() {
        "bash" | "sh" | "dash" | "ksh" => Ok(ShellSyntax::Bash),
        "zsh" => Ok(ShellSyntax::Zsh),
        "fish" => Ok(ShellSyntax::Fish),
        "pwsh" | "powershell" => Ok(ShellSyntax::Powershell),
        "" if env.get(PS_MODULE_PATH).is_some() => Ok(ShellSyntax::Powershell),
        _ => Err(CommandError::new(Kind::Usage, "SHELL names no shell that jit knows")
            .hint("say which: --shell bash, zsh, fish, powershell, json or dotenv")),
    }
}

/// More than any session takes, so that the text does not grow and leave copies behind.
const ROOM: usize = 64 * 1024;

/// Statements that unset `clear` and set `pairs`, in text that is wiped.
pub fn statements(syntax: ShellSyntax, clear: &[&str], pairs: &[(&str, &str)]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    for name in clear {
        let (before, after) = match syntax {
            ShellSyntax::Bash | ShellSyntax::Zsh => ("unset ", "\n"),
            ShellSyntax::Fish => ("set -e ", ";\n"),
            ShellSyntax::Powershell => ("Remove-Item Env:", " -ErrorAction SilentlyContinue\n"),
            // Files of values, which unset nothing.
            ShellSyntax::Json | ShellSyntax::Dotenv => continue,
        };
        [before, name, after].into_iter().for_each(|part| text.push_str(part));
    }
    if syntax == ShellSyntax::Json {
        text.push('{');
    }
    for (index, (name, value)) in pairs.iter().enumerate() {
        let (before, between, after) = match syntax {
            ShellSyntax::Bash | ShellSyntax::Zsh => ("export ", "=", "\n"),
            ShellSyntax::Fish => ("set -gx ", " ", ";\n"),
            ShellSyntax::Powershell => ("$env:", " = ", "\n"),
            ShellSyntax::Dotenv => ("", "=", "\n"),
            ShellSyntax::Json if index == 0 => ("\"", "\":", ""),
            ShellSyntax::Json => (",\"", "\":", ""),
        };
        [before, name, between].into_iter().for_each(|part| text.push_str(part));
        quote(syntax, &mut text, value);
        text.push_str(after);
    }
    if syntax == ShellSyntax::Json {
        text.push_str("}\n");
    }
    text
}

/// Appends `value` as `syntax` quotes it, character by character: a text put together elsewhere would be a copy that
/// nobody wipes.
fn quote(syntax: ShellSyntax, text: &mut String, value: &str) {
    let (mark, spelled): (_, fn(char) -> Option<&'static str>) = match syntax {
        ShellSyntax::Bash | ShellSyntax::Zsh => ('\'', in_posix),
        ShellSyntax::Fish => ('\'', in_fish),
        ShellSyntax::Powershell => ('\'', in_powershell),
        // Dotenv files have no standard; single quotes are literal in every reader, and double quotes with backslashes
        // are the next best for a value that holds one.
        ShellSyntax::Dotenv if value.contains(['\'', '\n', '\r']) => ('"', in_double_quotes),
        ShellSyntax::Dotenv => ('\'', |_| None),
        ShellSyntax::Json => {
            return text.push_str(std::str::from_utf8(&to_wiped_json(&value)).unwrap_or_default());
        }
    };
    text.push(mark);
    for character in value.chars() {
        match spelled(character) {
            Some(spelling) => text.push_str(spelling),
            None => text.push(character),
        }
    }
    text.push(mark);
}

/// Between single quotes nothing is special but the quote itself (POSIX.1-2024, Shell Command Language, 2.2.2).
fn in_posix(character: char) -> Option<&'static str> {
    (character == '\'').then_some(r"'\''")
}

/// Between fish's single quotes a backslash escapes the quote and itself.
fn in_fish(character: char) -> Option<&'static str> {
    match character {
        '\\' => Some(r"\\"),
        '\'' => Some(r"\'"),
        _ => None,
    }
}

/// Between PowerShell's single quotes a quote is doubled, and so are the typographic ones that it takes for quotes
/// (about_Quoting_Rules).
fn in_powershell(character: char) -> Option<&'static str> {
    match character {
        '\'' => Some("''"),
        '\u{2018}' => Some("\u{2018}\u{2018}"),
        '\u{2019}' => Some("\u{2019}\u{2019}"),
        '\u{201a}' => Some("\u{201a}\u{201a}"),
        '\u{201b}' => Some("\u{201b}\u{201b}"),
        _ => None,
    }
}

fn in_double_quotes(character: char) -> Option<&'static str> {
    match character {
        '\\' => Some(r"\\"),
        '"' => Some("\\\""),
        '\n' => Some(r"\n"),
        '\r' => Some(r"\r"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_gets_its_own_quotes() {
        let hostile = [("A", "it's $(x) `y` \\ \"z\"")];
        let cases = [
            (ShellSyntax::Bash, "unset OLD\nexport A='it'\\''s $(x) `y` \\ \"z\"'\n"),
            (ShellSyntax::Fish, "set -e OLD;\nset -gx A 'it\\'s $(x) `y` \\\\ \"z\"';\n"),
            (
                ShellSyntax::Powershell,
                "Remove-Item Env:OLD -ErrorAction SilentlyContinue\n$env:A = 'it''s $(x) `y` \\ \"z\"'\n",
            ),
            (ShellSyntax::Json, "{\"A\":\"it's $(x) `y` \\\\ \\\"z\\\"\"}\n"),
            (ShellSyntax::Dotenv, "A=\"it's $(x) `y` \\\\ \\\"z\\\"\"\n"),
        ];
        for (syntax, expected) in cases {
            assert_eq!(*statements(syntax, &["OLD"], &hostile), expected, "{syntax:?}");
        }
        assert_eq!(*statements(ShellSyntax::Dotenv, &[], &[("A", "a b\\c")]), "A='a b\\c'\n");
        let typographic = statements(ShellSyntax::Powershell, &[], &[("A", "\u{2018}$(x)\u{201b}")]);
        assert_eq!(*typographic, "$env:A = '\u{2018}\u{2018}$(x)\u{201b}\u{201b}'\n");
        let both = statements(ShellSyntax::Json, &[], &[("A", "1"), ("B", "2")]);
        assert_eq!(*both, "{\"A\":\"1\",\"B\":\"2\"}\n");
    }

    #[test]
    fn the_shell_is_found_by_its_name() {
        let shell = |path| of_user(&Env::of([("SHELL", path)])).map_err(|error| error.kind);
        assert_eq!(shell("/usr/bin/fish"), Ok(ShellSyntax::Fish));
        assert_eq!(shell("/bin/zsh"), Ok(ShellSyntax::Zsh));
        assert_eq!(shell("/bin/nu"), Err(Kind::Usage));
    }
}
