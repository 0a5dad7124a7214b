//! `jit configure import`: what another tool is set up for, added to `config.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::{Import, ImportTool};
use crate::config::aws::{self, Kind as Header};
use crate::config::draft::Merged;
use crate::config::import::{self, Became, ImportError, Imported, StaticKey, Taken, Text};
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{folders, fs};
use crate::ui::{Tone, Ui, text};
use crate::world::World;

use super::write::{self, How};

/// What saml2aws takes instead of `~/.saml2aws`.
const SAML2AWS_CONFIGFILE: &str = "SAML2AWS_CONFIGFILE";
/// Where granted looks if there is no `~/.granted`.
const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";
/// What variables of okta-aws-cli start with.
const OKTA_AWSCLI: &str = "OKTA_AWSCLI_";

pub(super) fn run(args: &Import, world: &World, ui: &Ui) -> CommandResult {
    let imported = read(args, world)?;
    let keys = static_keys(world, ui);
    let merged = write::merged(&imported.draft, world)?;
    tell(&imported, &merged, &keys, ui);
    if imported.taken.is_empty() {
        let what = format!("nothing of {} can be taken over", args.tool.name());
        return Err(CommandError::new(Kind::Failed, what)
            .hint("write an IdP and a hub role; the README has ten lines for yours"));
    }
    let how = How { yes: args.yes, dry_run: args.dry_run };
    if write::add(&imported.draft, how, world, ui)? {
        go_on(&merged, args.tool, world, ui);
    }
    Ok(())
}

/// A file with its path as the user would write it.
struct Content {
    path: String,
    content: Zeroizing<Vec<u8>>,
}

impl Content {
    fn text(&self) -> Text<'_> {
        Text { path: &self.path, content: &self.content }
    }
}

/// Reads a file; `None` if it is not there.
fn file(path: &Path, world: &World) -> CommandResult<Option<Content>> {
    let shown = folders::short(path, &world.folders.home);
    match super::replace::read(path, aws::SIZE_LIMIT) {
        Ok(content) => Ok(content.map(|content| Content { path: shown, content })),
        Err(error) => Err(CommandError::new(Kind::Usage, format!("{shown} cannot be read")).because(error)),
    }
}

/// That there is nothing to read, and where it was looked for.
fn nothing(tool: ImportTool, paths: &[&Path], world: &World) -> CommandError {
    let paths: Vec<_> = paths.iter().map(|path| folders::short(path, &world.folders.home)).collect();
    let what = format!("there is no configuration of {} at {}", tool.name(), paths.join(" or "));
    CommandError::new(Kind::Usage, what).hint(format!(
        "--from FILE reads it from elsewhere: jit configure import {} --from FILE",
        tool.name()
    ))
}

fn read(args: &Import, world: &World) -> CommandResult<Imported> {
    let folders = &world.folders;
    let tool = args.tool;
    let required = |default: PathBuf| {
        let path = args.from.clone().unwrap_or(default);
        file(&path, world)?.ok_or_else(|| nothing(tool, &[&path], world))
    };
    if args.org.is_some() && tool != ImportTool::AwsOkta {
        return Err(CommandError::new(
            Kind::Usage,
            format!("{} says itself where its org is; --org is for aws-okta", tool.name()),
        ));
    }
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
            let (own, profiles) = (required(own)?, file(&folders.aws_config, world)?);
            import::saml2aws(own.text(), profiles.as_ref().map(Content::text))?
        }
        ImportTool::AwsVault => import::aws_vault(required(folders.aws_config.clone())?.text())?,
        ImportTool::Granted => {
            let own = folders.home.join(".granted/config");
            let of_xdg = world.env.get(XDG_CONFIG_HOME).map(|xdg| Path::new(xdg).join("granted/config"));
            let own = of_xdg.filter(|_| !own.exists()).unwrap_or(own);
            let path = args.from.clone().unwrap_or_else(|| folders.aws_config.clone());
            let (profiles, settings) = (file(&path, world)?, file(&own, world)?);
            if profiles.is_none() && args.from.is_some() {
                return Err(nothing(tool, &[&path], world));
            }
            if profiles.is_none() && settings.is_none() {
                return Err(nothing(tool, &[&own, &path], world));
            }
            import::granted(profiles.as_ref().map(Content::text), settings.as_ref().map(Content::text))?
        }
        ImportTool::OktaAwsCli => okta_aws_cli(args, world)?,
    })
}

fn okta_aws_cli(args: &Import, world: &World) -> CommandResult<Imported> {
    let is_yaml = |path: &Path| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let (own, dotenv) = match &args.from {
        Some(path) if is_yaml(path) => (Some(path.clone()), None),
        Some(path) => (None, Some(path.clone())),
        None => (Some(world.folders.home.join(".okta/okta.yaml")), Some(PathBuf::from(".env"))),
    };
    let open = |path: &Option<PathBuf>| path.as_ref().map_or(Ok(None), |path| file(path, world));
    let (labels, settings) = (open(&own)?, open(&dotenv)?);
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

/// The static keys of AWS's own files. A file that cannot be read is told and no more: it is not what was asked for.
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
            Err(why) => ui.warn(&format!("{why}, so static keys in it are not seen")),
        }
    }
    keys
}

fn tell(imported: &Imported, merged: &Merged, keys: &[StaticKey], ui: &Ui) {
    let list = |title: &str, rows: Vec<Vec<String>>| {
        if rows.is_empty() {
            return;
        }
        ui.say(&ui.paint(Tone::Name, title));
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.iter().map(|cell| text::escape(cell)).collect()).collect();
        for line in text::table(&rows).lines() {
            ui.say(&format!("  {line}"));
        }
    };
    let taken = imported
        .taken
        .iter()
        .map(|taken| vec![taken.place.to_string(), taken.what.clone(), became(taken, merged)]);
    list("Taken:", taken.collect());
    // A key that a hundred profiles have is told once.
    let mut groups: Vec<(&str, &str, String, usize)> = Vec::new();
    for one in &imported.no_equal {
        match groups.iter_mut().find(|(what, why, ..)| *what == one.what && *why == one.why) {
            Some((.., count)) => *count += 1,
            None => groups.push((&one.what, &one.why, one.place.to_string(), 0)),
        }
    }
    let groups = groups.into_iter().map(|(what, why, place, more)| {
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        vec![format!("{place}{more}"), what.to_owned(), why.to_owned()]
    });
    list("Without an equal in jit:", groups.collect());
    let found = keys.iter().map(|key| vec![key.place.to_string(), format!("[{}]", key.section)]);
    list("Static keys, which jit neither takes nor needs:", found.collect());
    if !keys.is_empty() {
        ui.say("  Once jit works, delete them there and deactivate them in IAM");
    }
}

/// What something became, by its name in the configuration.
fn became(taken: &Taken, merged: &Merged) -> String {
    let name = |names: &BTreeMap<String, String>, name: &String| names.get(name).unwrap_or(name).clone();
    let (kind, name, is_new, differs) = match &taken.became {
        Became::Idp(idp) => {
            let name = name(&merged.idp_names, idp);
            let is_new = merged.draft.idps.iter().any(|table| table.name == name);
            ("idp", name, is_new, Vec::new())
        }
        Became::Role(role) => {
            let name = name(&merged.role_names, role);
            let is_new = merged.draft.roles.iter().any(|table| table.name == name);
            let kept = merged.kept.iter().find(|kept| kept.name == name);
            ("role", name, is_new, kept.map(|kept| kept.differs.clone()).unwrap_or_default())
        }
    };
    let mut text = format!("→ {kind} {name}");
    if !is_new {
        text.push_str(", which is there");
    }
    if !differs.is_empty() {
        text.push_str(&format!("; its own {} stays", differs.join(", ")));
    }
    if let Some(remark) = &taken.remark {
        text.push_str(&format!("; {remark}"));
    }
    text
}

/// What to type next.
fn go_on(merged: &Merged, tool: ImportTool, world: &World, ui: &Ui) {
    let first = merged.draft.roles.first().map(|role| role.name.clone());
    let login = match (first, merged.draft.idps.first()) {
        (Some(role), _) => format!("jit login {role}"),
        (None, Some(idp)) => format!("jit login --idp {}", idp.name),
        (None, None) => return,
    };
    ui.say(&format!("{} {}", ui.paint(Tone::Name, "next:"), text::escape(&login)));
    if merged.draft.roles.is_empty() {
        return;
    }
    let profiles = "jit configure profiles";
    ui.say(&format!("{} {profiles}  lets every AWS tool ask jit", ui.paint(Tone::Name, "next:")));
    let taken = own_profiles(world);
    let same: Vec<&str> = merged
        .draft
        .roles
        .iter()
        .map(|role| role.name.as_str())
        .filter(|name| taken.iter().any(|profile| profile == name))
        .collect();
    if !same.is_empty() {
        let path = folders::short(&world.folders.aws_config, &world.folders.home);
        ui.say(&text::escape(&format!(
            "For AWS tools, {path} still has the profiles of {} for {}: delete them before that",
            tool.name(),
            same.join(", ")
        )));
    }
}

/// The profiles of `~/.aws/config` that are not jit's.
fn own_profiles(world: &World) -> Vec<String> {
    let Ok(content) = fs::read_limited(&world.folders.aws_config, aws::SIZE_LIMIT).map(Zeroizing::new) else {
        return Vec::new();
    };
    let Ok(document) = aws::Document::parse(&content) else { return Vec::new() };
    let managed: Vec<&str> = aws::managed_profiles(&document).map(|(name, _)| name).collect();
    let profiles = document.sections().iter().filter_map(|section| match &section.kind {
        Header::Profile(name) if !managed.contains(&name.as_str()) => Some(name.clone()),
        _ => None,
    });
    profiles.collect()
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        let next = match &error {
            ImportError::NeedsOrg { .. } => "jit configure import aws-okta --org acme.okta.com",
            _ => "nothing was changed; mend that, or read another file with --from FILE",
        };
        Self::new(Kind::Usage, error.to_string()).hint(next)
    }
}
