//! `jit env`: a role's credentials as statements of the person's shell.

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::config::resolve::Flags;
use crate::error::{CommandResult, Kind};
use crate::plan::Valued;
use crate::ui::Ui;
use crate::world::World;
use jit_wire::env::{Env, JIT_ROLE, PS_MODULE_PATH, SHELL};
use jit_wire::explain::{Explain, Next};
use jit_wire::name::{self, Variable};
use jit_wire::secret::to_wiped_json;

use super::audit_log::Taker;
use super::exec::{SHADOWS, Set, variables};
use super::load::Configuration;
use super::region;
use super::subject::{RoleArgs, Subject, typed_need};

/// Print a role's credentials as shell statements
///
/// In bash or zsh: eval "$(jit env ROLE)". Unsets variables that would make an AWS
/// tool use other credentials. To take it back: eval "$(jit env --unset)".
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct EnvArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    /// The syntax to print (default: from SHELL)
    #[arg(long, value_enum)]
    pub shell: Option<ShellSyntax>,
    /// The region to print (default: the role's, else your AWS_REGION)
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Print statements that unset what `jit env` has set in this shell
    #[arg(long, conflicts_with_all = ["role", "role_option", "region"])]
    pub unset: bool,
}

/// The formats that `jit env` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ShellSyntax {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Json,
    Dotenv,
}

/// Why jit printed no statements.
#[derive(Debug, thiserror::Error)]
enum EnvError {
    #[error("the value of {name} needs quotes in a dotenv file")]
    NeedsQuotes { name: Variable, role: String },
    #[error("SHELL is not a shell that jit knows")]
    UnknownShell,
    #[error("--unset prints nothing for {0}: it is a list of values, and unsets none")]
    NothingToUnset(&'static str),
}

impl Explain for EnvError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::NeedsQuotes { .. } => vec![
                "programs disagree on quotes in such files: docker run --env-file treats them as part of the value"
                    .to_owned(),
            ],
            Self::UnknownShell | Self::NothingToUnset(_) => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NeedsQuotes { role, .. } => {
                vec![Next::run(format!("env {} --shell json", name::in_command(role)))]
            }
            Self::UnknownShell => {
                Next::list(["choose one: --shell bash, zsh, fish, powershell, json or dotenv"])
            }
            Self::NothingToUnset(_) => Next::list(["choose one: --shell bash, zsh, fish or powershell"]),
        }
    }
}

pub(super) fn run(args: &EnvArgs, world: &World, ui: &Ui) -> CommandResult {
    let syntax = args.shell.map_or_else(|| of_user(&world.env), Ok)?;
    if args.unset {
        return unset(syntax, world, ui);
    }
    let mut subject = Subject::find_fast(&args.role, world)?.in_region(args.region.as_deref())?;
    subject.confirm()?;
    let session = subject.session(&typed_need(world, None), Taker::itself("env"))?;
    region::say_which(&subject.plan, &world.env, ui);
    let variables = variables(&session, &subject.plan, &world.env);
    let set: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    // The shell's exported variables are those of this process. A variable that is not set must not be
    // unset: in fish that is an error.
    let is_set = |name: &&str| world.env.names().any(|set| set == *name);
    let clear = SHADOWS.into_iter().filter(|name| !set.contains(name)).filter(is_set).map(Variable::known);
    let text = statements(syntax, &clear.collect::<Vec<_>>(), &variables)
        .map_err(|name| EnvError::NeedsQuotes { name, role: subject.plan.role.clone() })?;
    ui.data(text.as_bytes())
}

/// What `jit env` sets for every role. Settings of a profile come with them: see [`unset`].
const ALWAYS_SET: [&str; 8] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "JIT_ROLE",
    "JIT_ACCOUNT_ID",
];

/// Prints what takes back everything that `jit env` has set in the shell that this was started in, as far as it is set.
fn unset(syntax: ShellSyntax, world: &World, ui: &Ui) -> CommandResult {
    let name = match syntax {
        ShellSyntax::Json => Some("json"),
        ShellSyntax::Dotenv => Some("dotenv"),
        ShellSyntax::Bash | ShellSyntax::Zsh | ShellSyntax::Fish | ShellSyntax::Powershell => None,
    };
    if let Some(name) = name {
        return Err(EnvError::NothingToUnset(name).into());
    }
    let is_set = |name: &str| world.env.names().any(|set| set == name);
    let always = ALWAYS_SET.into_iter().filter(|name| is_set(name)).map(Variable::known);
    let names: Vec<Variable> = always.chain(set_for_profile(world)).collect();
    if names.is_empty() {
        ui.say("jit env has set nothing in this shell");
    }
    let text = statements(syntax, &names, &[])
        .map_err(|name| EnvError::NeedsQuotes { name, role: String::new() })?;
    ui.data(text.as_bytes())
}

/// The settings that came with the role of this shell, if that is a profile, and are as `jit env` has set them.
fn set_for_profile(world: &World) -> Vec<Variable> {
    let plan = || {
        let role = world.env.get(JIT_ROLE)?;
        let files = Configuration::read(world).and_then(Configuration::with_roles).ok()?;
        files.plan(role, Flags::default()).ok()
    };
    let variables = plan().map(|plan| plan.variables).unwrap_or_default();
    let as_set =
        |(name, at): &(Variable, Valued<String>)| world.env.get(name.as_str()) == Some(at.value.as_str());
    variables.into_iter().filter(as_set).map(|(name, _)| name).collect()
}

/// The syntax of the shell in `SHELL`, or PowerShell if its own variable is set.
fn of_user(env: &Env) -> CommandResult<ShellSyntax> {
    let shell = env.get(SHELL).unwrap_or_default();
    match shell.rsplit('/').next().unwrap_or_default() {
        "bash" | "sh" | "dash" | "ksh" => Ok(ShellSyntax::Bash),
        "zsh" => Ok(ShellSyntax::Zsh),
        "fish" => Ok(ShellSyntax::Fish),
        "pwsh" | "powershell" => Ok(ShellSyntax::Powershell),
        "" if env.get(PS_MODULE_PATH).is_some() => Ok(ShellSyntax::Powershell),
        _ => Err(EnvError::UnknownShell.into()),
    }
}

/// Larger than the output for any session, so that the text is never reallocated, which would leave copies
/// of secrets.
const ROOM: usize = 64 * 1024;

/// Statements that unset `clear` and set `pairs`, as text that is wiped.
///
/// # Errors
/// The variable whose value would need quotes in a dotenv file: its readers disagree about quotes.
pub fn statements(
    syntax: ShellSyntax,
    clear: &[Variable],
    pairs: &[Set],
) -> Result<Zeroizing<String>, Variable> {
    if syntax == ShellSyntax::Dotenv
        && let Some((name, _)) = pairs.iter().find(|(_, value)| !stands_alone(value))
    {
        return Err(name.clone());
    }
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    for name in clear {
        let (before, after) = match syntax {
            ShellSyntax::Bash | ShellSyntax::Zsh => ("unset ", "\n"),
            ShellSyntax::Fish => ("set -e ", ";\n"),
            ShellSyntax::Powershell => ("Remove-Item Env:", " -ErrorAction SilentlyContinue\n"),
            // These formats cannot unset anything.
            ShellSyntax::Json | ShellSyntax::Dotenv => continue,
        };
        [before, name.as_str(), after].into_iter().for_each(|part| text.push_str(part));
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
        [before, name.as_str(), between].into_iter().for_each(|part| text.push_str(part));
        quote(syntax, &mut text, value);
        text.push_str(after);
    }
    if syntax == ShellSyntax::Json {
        text.push_str("}\n");
    }
    Ok(text)
}

/// Whether every reader of dotenv files, and every shell, reads `value` unchanged.
fn stands_alone(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_.,:@%-".contains(&b))
}

/// Appends `value`, quoted for `syntax`, character by character: a temporary string would be a copy that is
/// not wiped.
fn quote(syntax: ShellSyntax, text: &mut String, value: &str) {
    let (mark, spelled): (_, fn(char) -> Option<&'static str>) = match syntax {
        ShellSyntax::Bash | ShellSyntax::Zsh => ('\'', in_posix),
        ShellSyntax::Fish => ('\'', in_fish),
        ShellSyntax::Powershell => ('\'', in_powershell),
        ShellSyntax::Dotenv => return text.push_str(value),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &'static str, value: &str) -> Set {
        (Variable::known(name), Zeroizing::new(value.to_owned()))
    }

    fn said(syntax: ShellSyntax, clear: &[Variable], pairs: &[Set]) -> String {
        statements(syntax, clear, pairs).unwrap().to_string()
    }

    #[test]
    fn each_shell_gets_its_own_quotes() {
        let hostile = [set("A", "it's $(x) `y` \\ \"z\"")];
        let cases = [
            (ShellSyntax::Bash, "unset OLD\nexport A='it'\\''s $(x) `y` \\ \"z\"'\n"),
            (ShellSyntax::Fish, "set -e OLD;\nset -gx A 'it\\'s $(x) `y` \\\\ \"z\"';\n"),
            (
                ShellSyntax::Powershell,
                "Remove-Item Env:OLD -ErrorAction SilentlyContinue\n$env:A = 'it''s $(x) `y` \\ \"z\"'\n",
            ),
            (ShellSyntax::Json, "{\"A\":\"it's $(x) `y` \\\\ \\\"z\\\"\"}\n"),
        ];
        for (syntax, expected) in cases {
            assert_eq!(said(syntax, &[Variable::known("OLD")], &hostile), expected, "{syntax:?}");
        }
        let typographic = said(ShellSyntax::Powershell, &[], &[set("A", "\u{2018}$(x)\u{201b}")]);
        assert_eq!(typographic, "$env:A = '\u{2018}\u{2018}$(x)\u{201b}\u{201b}'\n");
        let both = said(ShellSyntax::Json, &[], &[set("A", "1"), set("B", "2")]);
        assert_eq!(both, "{\"A\":\"1\",\"B\":\"2\"}\n");
    }

    #[test]
    fn a_dotenv_file_has_no_quotes_and_nothing_that_would_need_them() {
        let url = "https://s3.example:8443/a?";
        for value in
            ["", "wJalr/K7+x=", "eyJ.a-b_c", "2026-11-20T12:00:00Z", "111111111111/Read", &url[..25], "a%b"]
        {
            let text = said(ShellSyntax::Dotenv, &[Variable::known("OLD")], &[set("A", value)]);
            assert_eq!(text, format!("A={value}\n"));
        }
        for value in [
            "a b", "it's", "a\"b", "$(x)", "${x}", "`x`", "a#b", "a\nb", "a\\nb", "~", "a;b", "a&b", "a|b",
            "*", url,
        ] {
            let pairs = [set("B", "fine"), set("A", value)];
            assert_eq!(statements(ShellSyntax::Dotenv, &[], &pairs), Err(Variable::known("A")), "{value:?}");
        }
    }

    #[test]
    fn the_shell_is_found_by_its_name() {
        let shell = |path| of_user(&Env::of([("SHELL", path)])).map_err(|error| error.kind);
        assert_eq!(shell("/usr/bin/fish"), Ok(ShellSyntax::Fish));
        assert_eq!(shell("/bin/zsh"), Ok(ShellSyntax::Zsh));
        assert_eq!(shell("/bin/nu"), Err(Kind::Usage));
    }
}
