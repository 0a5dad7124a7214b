//! `jit configure import`: adds the configuration of another tool to `config.toml`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::config::aws;
use crate::config::draft::Draft;
use crate::config::import::{self, Hub, ImportError, Imported, StaticKey, Text};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::folders;
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::explain::{Explain, Next};

use super::write::{self, Options};

/// Import the configuration of another tool
///
/// Reads the tool's own files and ~/.aws/config, lists what it can import, what has
/// no equivalent and which long-lived access keys it found, and adds the rest to
/// config.toml after asking. Imports no key and no password, and does not change
/// the tool's files.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ImportArgs {
    /// aws, aws-okta, saml2aws, aws-vault, granted or okta-aws-cli
    #[arg(value_enum, hide_possible_values = true)]
    pub tool: ImportTool,
    /// Read this file instead of the tool's own
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// The Okta org, which aws-okta keeps in its keychain
    #[arg(long, value_name = "ORG")]
    pub org: Option<String>,
    /// Import profiles behind long-lived access keys as spokes of this role
    #[arg(long, value_name = "ROLE", add = clap_complete::ArgValueCompleter::new(crate::commands::completions::role_names))]
    pub hub: Option<String>,
    /// Show what would be added and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Add it without asking
    #[arg(long)]
    pub yes: bool,
}

/// The tools that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportTool {
    Aws,
    AwsOkta,
    Saml2aws,
    AwsVault,
    Granted,
    OktaAwsCli,
}

impl ImportTool {
    /// The tool's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsOkta => "aws-okta",
            Self::Saml2aws => "saml2aws",
            Self::AwsVault => "aws-vault",
            Self::Granted => "granted",
            Self::OktaAwsCli => "okta-aws-cli",
        }
    }

    /// Whose profiles they are.
    fn of(self) -> &'static str {
        match self {
            Self::Aws => "the AWS CLI",
            other => other.name(),
        }
    }
}

mod report;

/// The variable with the path that saml2aws reads instead of `~/.saml2aws`.
const SAML2AWS_CONFIGFILE: &str = "SAML2AWS_CONFIGFILE";
/// The folder in which granted looks if there is no `~/.granted`.
const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";
/// The prefix of the variables of okta-aws-cli.
const OKTA_AWSCLI: &str = "OKTA_AWSCLI_";

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
enum NotImported {
    #[error("nothing in {0} can be imported")]
    Nothing(&'static str),
    #[error("there is no configuration of {tool} at {}", paths.join(" or "))]
    Absent { tool: &'static str, paths: Vec<String> },
    #[error("there is no [role.{hub}] in {path}")]
    NoHub { hub: String, path: String, roles: Vec<String> },
    #[error("--hub is only for aws, aws-vault and granted: {0} starts from no long-lived access keys")]
    HubOfNoUse(&'static str),
}

impl Explain for NotImported {
    fn kind(&self) -> Kind {
        match self {
            Self::Nothing(_) => Kind::Failed,
            Self::Absent { .. } | Self::NoHub { .. } | Self::HubOfNoUse(_) => Kind::Usage,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Nothing(_) => {
                Next::list(["write an IdP and a hub role; the README has an example for your IdP"])
            }
            Self::Absent { tool, .. } => vec![Next::Run {
                command: format!("configure import {tool} --from FILE").into(),
                does: "reads it from another file".into(),
            }],
            Self::NoHub { roles, .. } if roles.is_empty() => {
                vec![Next::Run { command: "configure".into(), does: "adds an IdP and a hub role".into() }]
            }
            Self::NoHub { hub, roles, .. } => {
                let meant = crate::config::closest(hub, roles.iter().map(String::as_str));
                vec![match meant {
                    Some(meant) => Next::words(format!("did you mean --hub {meant}?")),
                    None => Next::words(format!("your roles: {}", super::some(roles))),
                }]
            }
            Self::HubOfNoUse(_) => Next::list(["leave out --hub"]),
        }
    }
}

pub(super) fn run(args: &ImportArgs, world: &World, ui: &Ui) -> CommandResult {
    let imported = read(args, world)?;
    let keys = static_keys(world, ui);
    let merged = write::merged(&imported.draft, world)?;
    report::tell(&imported, &merged, &keys, ui);
    if imported.taken.is_empty() {
        return Err(NotImported::Nothing(args.tool.name()).into());
    }
    let options = Options { yes: args.yes, dry_run: args.dry_run, ..Options::default() };
    if write::add(&imported.draft, options, world, ui)? {
        report::say_next(&merged, args.tool, world, ui);
    }
    Ok(())
}

/// A file, and its path as the user would write it.
struct Content {
    path: String,
    content: Zeroizing<Vec<u8>>,
}

impl Content {
    fn text(&self) -> Text<'_> {
        Text { path: &self.path, content: &self.content }
    }
}

/// Reads a file; `None` if it does not exist.
fn file(path: &Path, world: &World) -> CommandResult<Option<Content>> {
    let shown = folders::short(path, &world.folders.home);
    match super::replace::read(path, aws::SIZE_LIMIT) {
        Ok(content) => Ok(content.map(|content| Content { path: shown, content })),
        Err(error) => Err(CommandError::new(Kind::Usage, format!("{shown} cannot be read")).because(error)),
    }
}

/// The error that none of `paths` exists.
fn nothing(tool: ImportTool, paths: &[&Path], world: &World) -> CommandError {
    let paths = paths.iter().map(|path| folders::short(path, &world.folders.home)).collect();
    NotImported::Absent { tool: tool.name(), paths }.into()
}

fn read(args: &ImportArgs, world: &World) -> CommandResult<Imported> {
    let folders = &world.folders;
    let tool = args.tool;
    let required = |default: PathBuf| {
        let path = args.from.clone().unwrap_or(default);
        file(&path, world)?.ok_or_else(|| nothing(tool, &[&path], world))
    };
    if args.org.is_some() && tool != ImportTool::AwsOkta {
        return Err(CommandError::new(
            Kind::Usage,
            format!("the files of {} contain the org; --org is only for aws-okta", tool.name()),
        ));
    }
    let hub = hub(args, world)?;
    Ok(match tool {
        ImportTool::AwsOkta => {
            let profiles = required(folders.aws_config.clone())?;
            match import::aws_okta(profiles.text(), args.org.as_deref()) {
                Err(ImportError::NeedsOrg { path }) => {
                    let org = world.person.line("The Okta org, such as acme.okta.com");
                    let org = org.ok_or(ImportError::NeedsOrg { path })?;
                    import::aws_okta(profiles.text(), Some(&org))?
                }
                imported => imported?,
            }
        }
        ImportTool::Saml2aws => {
            let own = world
                .env
                .get(SAML2AWS_CONFIGFILE)
                .map_or_else(|| folders.home.join(".saml2aws"), PathBuf::from);
            let own = required(own)?;
            let profiles = file(&folders.aws_config, world)?;
            import::saml2aws(own.text(), profiles.as_ref().map(Content::text))?
        }
        ImportTool::Aws => import::aws(required(folders.aws_config.clone())?.text(), hub)?,
        ImportTool::AwsVault => import::aws_vault(required(folders.aws_config.clone())?.text(), hub)?,
        ImportTool::Granted => {
            let folder = folders.home.join(".granted");
            let of_xdg = world.env.get(XDG_CONFIG_HOME).map(|xdg| Path::new(xdg).join("granted"));
            let own = of_xdg.filter(|_| !folder.exists()).unwrap_or(folder).join("config");
            let path = args.from.clone().unwrap_or_else(|| folders.aws_config.clone());
            let profiles = file(&path, world)?;
            let settings = file(&own, world)?;
            if profiles.is_none() && args.from.is_some() {
                return Err(nothing(tool, &[&path], world));
            }
            if profiles.is_none() && settings.is_none() {
                return Err(nothing(tool, &[&own, &path], world));
            }
            import::granted(profiles.as_ref().map(Content::text), settings.as_ref().map(Content::text), hub)?
        }
        ImportTool::OktaAwsCli => okta_aws_cli(args, world)?,
    })
}

/// The role of the configuration that `--hub` names.
fn hub(args: &ImportArgs, world: &World) -> CommandResult<Option<Hub>> {
    let Some(name) = &args.hub else { return Ok(None) };
    if !matches!(args.tool, ImportTool::Aws | ImportTool::AwsVault | ImportTool::Granted) {
        return Err(NotImported::HubOfNoUse(args.tool.name()).into());
    }
    let present = write::Present::read(world)?;
    let configuration = Draft::of(present.text()?);
    let missing = || NotImported::NoHub {
        hub: name.clone(),
        path: present.path.clone(),
        roles: configuration.roles.iter().map(|role| role.name.clone()).collect(),
    };
    Ok(Some(Hub::of(&configuration, name).ok_or_else(missing)?))
}

fn okta_aws_cli(args: &ImportArgs, world: &World) -> CommandResult<Imported> {
    let is_yaml = |path: &Path| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let (own, dotenv) = match &args.from {
        Some(path) if is_yaml(path) => (Some(path.clone()), None),
        Some(path) => (None, Some(path.clone())),
        None => (Some(world.folders.home.join(".okta/okta.yaml")), Some(PathBuf::from(".env"))),
    };
    let open = |path: &Option<PathBuf>| path.as_ref().map_or(Ok(None), |path| file(path, world));
    let labels = open(&own)?;
    let settings = open(&dotenv)?;
    let profiles = if args.from.is_none() { file(&world.folders.aws_config, world)? } else { None };
    let mut environment: Vec<(String, String)> = world
        .env
        .names()
        .filter(|name| name.starts_with(OKTA_AWSCLI))
        .filter_map(|name| Some((name.to_owned(), world.env.get(name)?.to_owned())))
        .collect();
    environment.sort();
    let paths: Vec<&Path> = own.iter().chain(&dotenv).map(PathBuf::as_path).collect();
    if labels.is_none()
        && settings.is_none()
        && (args.from.is_some() || (environment.is_empty() && profiles.is_none()))
    {
        return Err(nothing(args.tool, &paths, world));
    }
    Ok(import::okta_aws_cli(
        labels.as_ref().map(Content::text),
        settings.as_ref().map(Content::text),
        &environment,
        profiles.as_ref().map(Content::text),
    )?)
}

/// The long-lived access keys in AWS's files. An unreadable file is only a warning, because this command
/// does not depend on it.
fn static_keys(world: &World, ui: &Ui) -> Vec<StaticKey> {
    let mut keys = Vec::new();
    for path in [&world.folders.aws_credentials, &world.folders.aws_config] {
        let found = match file(path, world) {
            Ok(None) => continue,
            Ok(Some(content)) => import::static_keys(content.text()).map_err(|error| error.to_string()),
            Err(error) => Err(error.what),
        };
        match found {
            Ok(found) => keys.extend(found),
            Err(why) => ui.warn(shown!("{}, so jit cannot look for long-lived access keys in it", why)),
        }
    }
    keys
}
