//! What can be typed, the help for it, and how it is read.
//!
//! Help is not wrapped by the program, so its lines are broken here, at 80 columns.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plan::{FACTORS, Factor};
use crate::world::Asking;

/// Temporary AWS credentials and nothing else
///
/// Sign in once at your company's identity provider; jit walks from a hub role to
/// the roles you work with, keeps the short-lived sessions sealed under a key in
/// your keychain, and hands them to every AWS tool.
#[derive(Debug, Parser)]
#[command(name = "jit", version, propagate_version = true, verbatim_doc_comment)]
#[command(after_help = "Start with `jit demo`, which shows everything and touches nothing of yours.")]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads `words`, the program's name first.
    ///
    /// To build every command with its options takes longer than to answer an SDK. So what other programs start again and
    /// again is read by a parser that knows its command alone; whatever that one does not take, help and mistakes among
    /// it, is read and answered by the whole.
    ///
    /// # Errors
    /// clap's: a mistake, or the help that was asked for.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let alone = match words.get(1).and_then(|word| word.to_str()) {
            Some("credential-process") => read_alone(&words[1..]).map(Command::CredentialProcess),
            Some("exec") => read_alone(&words[1..]).map(Command::Exec),
            Some("env") => read_alone(&words[1..]).map(Command::Env),
            _ => None,
        };
        match alone {
            Some(command) => Ok(Self { command }),
            None => Self::try_parse_from(words).map_err(|answer| one_line(words, answer)),
        }
    }

    /// What to answer to a program that starts `jit` with nothing else; a person gets the help.
    pub fn without_arguments() -> clap::Error {
        let what = "no command was given. If an AWS tool started jit, it lost the arguments of credential_process: \
                    run `jit configure profiles`, which writes the line so that every tool understands it\n";
        clap::Error::raw(ErrorKind::MissingSubcommand, what)
    }
}

/// Tools pass on what `credential-process` says on stderr, and many of them show one line of it.
fn one_line(words: &[OsString], answer: clap::Error) -> clap::Error {
    let asks = words.get(1).is_some_and(|word| word == "credential-process");
    if !asks || answer.kind() != ErrorKind::MissingRequiredArgument {
        return answer;
    }
    let what =
        "credential-process needs the name of a role: jit credential-process ROLE (`jit roles` lists them)\n";
    clap::Error::raw(answer.kind(), what)
}

/// The arguments of one command, its name first, if nothing is to be said about them.
fn read_alone<A: Args>(words: &[OsString]) -> Option<A> {
    let parser = A::augment_args(clap::Command::new("jit"));
    A::from_arg_matches(&parser.try_get_matches_from(words).ok()?).ok()
}

/// The commands. Where one has no words here, those of its arguments are its help.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "said by the types of their arguments")]
pub enum Command {
    Login(Login),
    Exec(Exec),
    CredentialProcess(CredentialProcess),
    Env(EnvArgs),
    Status(Status),
    Roles(Roles),
    Console(Console),
    Whoami(Whoami),
    /// Show the plan for a role and where each value came from
    ///
    /// Each step with its values, what is stored for it and what would be called.
    /// Calls nothing.
    #[command(verbatim_doc_comment)]
    Explain(Explain),
    Logout(Logout),
    /// Drop the copy of the data key that the kernel keeps
    ///
    /// The next command asks the keychain again, which is no matter if it is open, or
    /// for the passphrase. A key whose only home is the kernel is no copy: that one is
    /// destroyed by `jit logout --all`.
    #[command(verbatim_doc_comment)]
    Lock,
    Configure(ConfigureArgs),
    /// Find what is wrong and the command that mends it
    ///
    /// Looks at the configuration, the store, this machine's clock, and at files
    /// and variables by which an AWS tool would find other credentials.
    #[command(verbatim_doc_comment)]
    Doctor(Json),
    Completions(Completions),
    Man(Man),
    Demo(Demo),
}

impl Command {
    /// Whether talk is unwanted.
    pub fn quiet(&self) -> bool {
        match self {
            Self::Login(args) => args.quiet,
            Self::Exec(args) => args.quiet,
            _ => false,
        }
    }

    /// What it may ask. The one place that decides it: a command that looks at what is there, as shells do at every
    /// prompt, never stops for a passphrase or a dialog, nor reads what was typed for somebody else.
    pub fn asking(&self) -> Asking {
        match self {
            Self::Status(_)
            | Self::Roles(_)
            | Self::Explain(_)
            | Self::Lock
            | Self::Completions(_)
            | Self::Man(_) => Asking::Nothing,
            // Programs read what these print, and answer nothing.
            Self::CredentialProcess(_) => Asking::Nobody,
            _ if self.json() => Asking::Nobody,
            Self::Login(_)
            | Self::Exec(_)
            | Self::Env(_)
            | Self::Console(_)
            | Self::Whoami(_)
            | Self::Logout(_)
            | Self::Configure(_)
            | Self::Doctor(_)
            | Self::Demo(_) => Asking::Person,
        }
    }

    /// Whether a script reads what is said, errors included.
    pub fn json(&self) -> bool {
        match self {
            Self::Status(args) => args.json,
            Self::Roles(args) => args.json,
            Self::Whoami(args) => args.json,
            Self::Explain(args) => args.json,
            Self::Doctor(args) => args.json,
            _ => false,
        }
    }
}

/// A role, as an argument or an option.
#[derive(Args, Clone, Debug, Default)]
pub struct Role {
    /// The role; else JIT_ROLE, this terminal's last, or default_role
    #[arg(value_name = "ROLE", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    role: Option<String>,
    /// The same, as an option
    #[arg(long = "role", value_name = "ROLE", conflicts_with = "role", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    role_option: Option<String>,
}

impl Role {
    /// The role that was named.
    pub fn name(&self) -> Option<&str> {
        self.role.as_deref().or(self.role_option.as_deref())
    }

    /// A role named by another command.
    pub fn named(name: &str) -> Self {
        Self { role: Some(name.to_owned()), role_option: None }
    }
}

/// Sign in and get a role's sessions
///
/// Signs in at the identity provider if needed, walks the chain and stores every
/// session. Where all of that is still good, says so and does nothing. Without a
/// role on a terminal, lets you pick one.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Login {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: Role,
    /// Every configured role, after one login at each identity provider
    #[arg(long, conflicts_with_all = ["role", "role_option"])]
    pub all: bool,
    /// Sign in at this identity provider, then pick from the roles it offers
    #[arg(long, value_name = "NAME", conflicts_with_all = ["role", "role_option"])]
    pub idp: Option<String>,
    /// Start over at the identity provider, session or not
    #[arg(long)]
    pub force: bool,
    /// Sign in on another device with a code
    #[arg(long)]
    pub device: bool,
    /// Show the address instead of opening a browser
    #[arg(long)]
    pub no_browser: bool,
    /// The second factor to use at Okta; else the one used last
    #[arg(long, value_name = "FACTOR", value_parser = factors())]
    pub factor: Option<Factor>,
    /// Keep the password for Okta in the store; `jit logout` forgets it
    #[arg(long)]
    pub keep_password: bool,
    /// How long the session should live, such as 2h
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub duration: Option<u32>,
    /// Say nothing unless something is wrong
    #[arg(short, long)]
    pub quiet: bool,
}

fn factors() -> impl TypedValueParser<Value = Factor> {
    let of_name = |name: String| FACTORS.iter().find(|(_, one, _)| *one == name).map(|(factor, ..)| *factor);
    PossibleValuesParser::new(FACTORS.map(|(_, name, about)| PossibleValue::new(name).help(about)))
        .try_map(move |name| of_name(name).ok_or("no such factor"))
}

impl Login {
    /// `jit login ROLE`.
    pub fn of(role: &str) -> Self {
        Self {
            role: Role::named(role),
            all: false,
            idp: None,
            factor: None,
            keep_password: false,
            force: false,
            device: false,
            no_browser: false,
            duration: None,
            quiet: false,
        }
    }
}

/// How a session is to be less than the role allows.
#[derive(Args, Clone, Debug, Default)]
pub struct Narrow {
    /// Allow the session nothing but reading
    #[arg(long)]
    pub read_only: bool,
    /// Allow it nothing but what this policy allows too: a file, or an ARN
    #[arg(long, value_name = "FILE|ARN")]
    pub policy: Vec<String>,
    /// Let it live no longer than this
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub max: Option<u32>,
}

/// Run a command with a role's credentials
///
/// Clears every AWS variable that would win over them, sets the new ones and
/// becomes the command: signals and the exit code are the command's own.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Exec {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: Role,
    /// Renew first if less than this is left
    #[arg(long, value_name = "TIME", value_parser = crate::config::parse_duration)]
    pub min_ttl: Option<u32>,
    /// Stay beside the command and renew its credentials while it runs
    #[arg(long)]
    pub refresh: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub narrow: Narrow,
    /// Do not name role, account and time left first
    #[arg(short, long)]
    pub quiet: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Answer an AWS tool that asks for credentials
///
/// Prints the credential_process JSON and nothing else. Asks nothing, reads
/// nothing, opens no browser unless told to.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CredentialProcess {
    /// The role
    #[arg(value_name = "ROLE", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    pub role: String,
    /// Open the browser if a login is needed, and wait 55 seconds for it
    #[arg(long)]
    pub auto_login: bool,
}

/// Print a role's credentials as shell statements
///
/// In bash or zsh: eval "$(jit env ROLE)". Variables by which an AWS tool would
/// find other credentials are unset.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct EnvArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: Role,
    /// Whose syntax; without it, that of SHELL
    #[arg(long, value_enum)]
    pub shell: Option<ShellSyntax>,
}

/// The forms that `jit env` prints.
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

/// Open the AWS console in the browser, signed in
///
/// With a session of the role, or for a permission set of Identity Center by the
/// portal's own link. Without --service or --url at the start page.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Console {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: Role,
    /// The service to open, such as s3
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub service: Option<String>,
    /// An address of the console to open
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The region to open it in; else the role's
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Print the address instead: whoever has it is signed in, for 15 minutes
    #[arg(long)]
    pub print: bool,
}

/// List every role that can be named
///
/// Those of the configuration, and those that IdPs were seen to offer, by the name
/// account/role. Makes no network call without --refresh.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Roles {
    /// Only those with this in their name, account or description
    #[arg(value_name = "TEXT")]
    pub filter: Option<String>,
    /// Ask the IdPs what they offer now; signs nobody in
    #[arg(long)]
    pub refresh: bool,
    /// With --refresh, ask about every account, also those just asked about
    #[arg(long, requires = "refresh")]
    pub full: bool,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Show sessions, the time left, and the store in use
///
/// Makes no network call and shows no secret.
#[derive(Args, Debug)]
pub struct Status {
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
    /// Exit with 3 when no session is valid
    #[arg(long)]
    pub check: bool,
    /// The role of this terminal and its time left, on one line, for a prompt
    #[arg(long, conflicts_with_all = ["json", "check"])]
    pub prompt: bool,
}

impl Status {
    /// `jit status`.
    pub fn plain() -> Self {
        Self { json: false, check: false, prompt: false }
    }
}

/// Ask AWS who a role's session is
///
/// With --tags also the session tags that it carries: what the identity provider
/// says about you, what came down the chain, and the role's own.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Whoami {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: Role,
    /// The session tags too
    #[arg(long)]
    pub tags: bool,
    /// As JSON, for scripts; always with the tags
    #[arg(long)]
    pub json: bool,
}

impl Whoami {
    /// `jit whoami ROLE`.
    pub fn of(role: &str) -> Self {
        Self { role: Role::named(role), tags: false, json: false }
    }
}

/// A role to tell about.
#[derive(Args, Debug)]
pub struct Explain {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: Role,
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub narrow: Narrow,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Forget sessions here and end them at the identity provider
///
/// With a role, ends the login that it descends from and every session of that.
/// Sessions that AWS has given out cannot be called back; the output says until
/// when they stay valid.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Logout {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: Role,
    /// Destroy every login, every session and their keys, then tell the IdPs
    #[arg(long, conflicts_with_all = ["role", "role_option"])]
    pub all: bool,
    /// Show the address for signing out instead of opening it
    #[arg(long)]
    pub no_browser: bool,
}

impl Logout {
    /// `jit logout --all --no-browser`.
    pub fn everything() -> Self {
        Self { role: Role::default(), all: true, no_browser: true }
    }
}

/// Set up jit, and the files of other programs
///
/// Without a command, asks where your company signs in, tries the login and one
/// role, and adds what works to config.toml.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ConfigureArgs {
    /// What to do
    #[command(subcommand)]
    pub command: Option<Configure>,
}

/// What can be set up without questions.
#[derive(Debug, Subcommand)]
pub enum Configure {
    #[expect(missing_docs, reason = "said by the type of its arguments")]
    Profiles(Profiles),
    #[expect(missing_docs, reason = "said by the type of its arguments")]
    Add(Add),
    #[expect(missing_docs, reason = "said by the type of its arguments")]
    Import(Import),
}

/// Write a profile of ~/.aws/config for each role
///
/// Without ROLE, for those of the configuration. Only sections marked `# managed
/// by jit` are touched; everything else stays byte for byte, and the file before
/// the last change is kept beside it. `[default]`, which AWS tools use where no
/// profile is named, is written only with --name default.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Profiles {
    /// Roles, also those that IdPs offer; * stands for anything
    #[arg(value_name = "ROLE", conflicts_with = "all", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    pub roles: Vec<String>,
    /// Every role that jit roles lists, but profiles
    #[arg(long)]
    pub all: bool,
    /// Their names, of {name} {role} {account} {account_name} {idp}
    #[arg(long, value_name = "TEMPLATE", default_value = "{name}", hide_default_value = true)]
    pub name: String,
    /// Show the difference and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Remove profiles that jit wrote for roles that are gone
    #[arg(long)]
    pub prune: bool,
}

/// Take a company's shared file into config.toml, or refresh it
///
/// Such a file has [idp.NAME] and [role.NAME] tables and nothing else; it can name
/// no program. A summary is shown before it is taken, and the whole difference on
/// request. Without an argument, every shared file is fetched again; nothing is
/// refreshed by itself.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Add {
    /// Where it is: https, or a file
    #[arg(value_name = "URL|FILE", value_hint = clap::ValueHint::AnyPath)]
    pub from: Option<String>,
    /// The SHA-256 that it has to have, as whoever sent you here says
    #[arg(long, value_name = "HEX", requires = "from")]
    pub sha256: Option<String>,
    /// Show the summary and the difference, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take it without a question
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// Add to the configuration what another tool is set up for
///
/// Reads the tool's own files and ~/.aws/config, says what was taken, what has no
/// equal and which static keys lie about, and adds the rest to config.toml after
/// a yes. No key and no password is taken, and nothing of the tool is changed.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Import {
    /// aws-okta, saml2aws, aws-vault, granted or okta-aws-cli
    #[arg(value_enum, hide_possible_values = true)]
    pub tool: ImportTool,
    /// Read this file instead of the tool's own
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// The Okta org, which aws-okta keeps in its keychain
    #[arg(long, value_name = "ORG")]
    pub org: Option<String>,
    /// Show what would be added and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Add it without a question
    #[arg(long)]
    pub yes: bool,
}

/// The tools whose configuration is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ImportTool {
    AwsOkta,
    Saml2aws,
    AwsVault,
    Granted,
    OktaAwsCli,
}

impl ImportTool {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::AwsOkta => "aws-okta",
            Self::Saml2aws => "saml2aws",
            Self::AwsVault => "aws-vault",
            Self::Granted => "granted",
            Self::OktaAwsCli => "okta-aws-cli",
        }
    }
}

/// A command whose only choice is the form.
#[derive(Args, Debug)]
pub struct Json {
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// Print the completion script of a shell
///
/// In bash: source <(jit completions bash). Role names are completed from the
/// configuration.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: CompletionShell,
}

/// The shells that complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CompletionShell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// Print the manual, or write its pages into a folder
#[derive(Args, Debug)]
pub struct Man {
    /// Where to write one page a command
    pub folder: Option<PathBuf>,
}

/// Show the whole story against servers inside this program
///
/// An identity provider and an STS on 127.0.0.1; nothing of yours is touched, and
/// nothing is left behind.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct Demo {
    /// Sign in by SAML instead of OpenID Connect
    #[arg(long)]
    pub saml: bool,
    /// Let a pretend browser sign in
    #[arg(long)]
    pub no_browser: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_one_command_equals_parsing_with_all() {
        let lines = [
            "exec -- true",
            "exec prod -q -- terraform plan -out=x --help",
            "exec --role prod --min-ttl 10m --refresh --read-only --policy p.json --max 1h -- a",
            "exec prod",
            "exec prod --role prod -- a",
            "exec --max never -- a",
            "exec --help",
            "exec --version",
            "env",
            "env prod --shell fish",
            "env --shell tcsh",
            "credential-process prod",
            "credential-process prod --auto-login",
            "credential-process --auto-login=yes prod",
            "credential-process a b",
            "credential-process -- -a",
            "login",
        ];
        let said = |read: Result<Cli, clap::Error>| match read {
            Ok(cli) => format!("{cli:?}"),
            Err(answer) => answer.to_string(),
        };
        for line in lines {
            let words: Vec<OsString> =
                std::iter::once("jit").chain(line.split(' ')).map(Into::into).collect();
            assert_eq!(said(Cli::read(&words)), said(Cli::try_parse_from(&words)), "{line}");
        }
        let nothing = Cli::read(&["jit", "credential-process"].map(OsString::from)).unwrap_err().to_string();
        assert_eq!(
            nothing,
            "error: credential-process needs the name of a role: jit credential-process ROLE (`jit roles` lists them)\n"
        );
        let words = ["jit", "env", "prod"].map(OsString::from);
        assert!(read_alone::<EnvArgs>(&words[1..]).is_some(), "none was read alone");
    }
}
