//! `jit roles`: lists every known role, from the configuration, the profiles of `~/.aws/config` and the
//! IdPs.

use clap::Args;
use serde_json::{Value, json};

use crate::broker::{Broker, BrokerError, Need};
use crate::config::aws;
use crate::config::resolve;
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::IdpLogin;
use crate::index;
use crate::plan::{DiscoveredRole, ProofPlan};
use crate::ui::text::{Shown, escape, shown, table};
use crate::ui::{Progress, Ui};
use crate::world::World;
use jit_wire::explain::{Explain, Next};

use super::access;
use super::advice;
use super::load::Configuration;
use super::nameable::{self, Nameable};
use super::organization;
use super::subject::typed_need;

/// List every known role
///
/// Lists the configured roles, and the roles that the IdPs offered when jit last
/// asked, as account/role, and what you can request, as far as the ledger was read.
/// Makes no network call without --refresh.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct RolesArgs {
    /// List only roles with this text in their name, account or description
    #[arg(value_name = "TEXT")]
    pub filter: Option<String>,
    /// Ask the IdPs for their roles now, without signing in
    #[arg(long)]
    pub refresh: bool,
    /// With --refresh, ask about every account, even recently checked ones
    #[arg(long, requires = "refresh")]
    pub full: bool,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// The most changes that are listed.
const MOST_CHANGES: usize = 10;

/// The list is empty.
#[derive(Debug, thiserror::Error)]
#[error("{}", .pattern.as_ref().map_or("no roles are known yet".to_owned(), |pattern| format!("no role matches `{pattern}`")))]
struct NoRole {
    /// The text to filter by.
    pattern: Option<String>,
    /// A configured IdP can list roles.
    some_list: bool,
}

impl Explain for NoRole {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        match (self.some_list, &self.pattern) {
            (true, _) => vec![Next::Run {
                command: "roles --refresh".into(),
                does: "asks the IdPs for their roles".into(),
            }],
            (false, Some(_)) => vec![Next::Run { command: "roles".into(), does: "lists them all".into() }],
            (false, None) => Next::list(["add a [role.NAME] to the configuration"]),
        }
    }
}

pub(super) fn run(args: &RolesArgs, world: &World, ui: &Ui) -> CommandResult {
    let mut files = Configuration::read(world)?.with_roles()?;
    if args.refresh {
        refresh(&files, args.full, world, ui)?;
        // What an organization listed has become roles of the configuration.
        files = Configuration::read(world)?.with_roles()?;
    }
    let wanted = args.filter.as_deref().unwrap_or_default().to_lowercase();
    let fits = |role: &Nameable| {
        [&role.name, &role.account, &role.about].iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    let on_request = match &files.file.access {
        Some(_) => access::kept_names(&world.folders.state),
        None => Vec::new(),
    };
    let on_request = on_request
        .into_iter()
        .filter(|(name, _)| !files.file.roles.contains_key(name))
        .map(|(name, role)| Nameable::on_request(name, &role));
    let roles: Vec<Nameable> = nameable::all(&files)?.into_iter().chain(on_request).filter(fits).collect();
    for mistake in aws::mistakes(files.profiles()?) {
        ui.warn(shown!("{}; ignoring this profile", mistake));
    }
    if args.json {
        let json = |role: &Nameable| json!({ "name": role.name, "account": role.account, "about": role.about, "from": role.from() });
        return ui.json(&Value::Array(roles.iter().map(json).collect()));
    }
    if roles.is_empty() {
        let pattern = args.filter.clone().filter(|pattern| !pattern.is_empty());
        let lists = |proof: ProofPlan| !matches!(proof, ProofPlan::Oidc(_));
        let file = &files.file;
        let some_list =
            file.idps.keys().filter_map(|idp| resolve::proof(file, idp, &world.env).ok()).any(lists);
        return Err(NoRole { pattern, some_list }.into());
    }
    let mut rows = vec![["role", "account", "from", "about"].map(Shown::from).to_vec()];
    rows.extend(
        roles.iter().map(|role| [&role.name, &role.account, role.from(), &role.about].map(escape).to_vec()),
    );
    // One write: ten thousand lines would be as many system calls.
    ui.line(Shown::join(table(&rows).lines().map(|line| line.trim_end()), "\n"))
}

/// Asks every IdP that lists roles, after a sign-in if needed.
fn refresh(files: &Configuration<'_>, full: bool, world: &World, ui: &Ui) -> CommandResult {
    let file = &files.file;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let need = typed_need(world, None);
    let mut asked = 0;
    for idp in file.idps.keys() {
        let proof = resolve::proof(file, idp, &world.env)?;
        if matches!(proof, ProofPlan::Oidc(_)) {
            continue;
        }
        asked += 1;
        let login = broker
            .sign_in(&proof, &need)
            .map_err(|error| advice::no_login(&error, idp, &proof, advice::Typed::Another))?;
        learn(&broker, &proof, &login, &need, full, world, ui)
            .map_err(|error| advice::no_login(&error, idp, &proof, advice::Typed::Another))?;
    }
    asked += organization::refresh(files, &broker, &need, world, ui)?;
    if asked == 0 {
        return Err(CommandError::new(Kind::Usage, "none of the configured IdPs lists roles")
            .because("OpenID Connect does not; SAML, Okta and Identity Center do"));
    }
    Ok(())
}

/// Asks the IdP of `login` for its roles (with `full`, about every account), saves them, and reports the
/// changes.
pub(super) fn learn(
    broker: &Broker<'_, '_>,
    proof: &ProofPlan,
    login: &IdpLogin,
    need: &Need,
    full: bool,
    world: &World,
    ui: &Ui,
) -> Result<Vec<DiscoveredRole>, BrokerError> {
    let idp = proof.name();
    let progress = Progress::new(*ui, shown!("Asked {} about", idp), "accounts");
    let offered = broker.offered(proof, login, need, full, |done, total| progress.at(done, total))?;
    drop(progress);
    match index::learn(&world.folders.state, idp, offered.clone()) {
        Ok(before) => difference(idp, &before, &offered, ui),
        Err(error) => ui.warn(shown!("could not save the roles of {}: {}", idp, error)),
    }
    Ok(offered)
}

/// Reports new roles, and roles that no longer exist.
fn difference(idp: &str, before: &[DiscoveredRole], now: &[DiscoveredRole], ui: &Ui) {
    if before.is_empty() {
        return;
    }
    let names = |of: &[DiscoveredRole], without: &[DiscoveredRole]| {
        let known: std::collections::HashSet<String> = without.iter().map(DiscoveredRole::name).collect();
        of.iter().map(DiscoveredRole::name).filter(|name| !known.contains(name)).collect::<Vec<_>>()
    };
    let (gained, lost) = (names(now, before), names(before, now));
    if gained.is_empty() && lost.is_empty() {
        return;
    }
    ui.say(shown!("{}: gained {}, lost {}", idp, gained.len(), lost.len()));
    let signed = gained.iter().map(|name| ('+', name)).chain(lost.iter().map(|name| ('-', name)));
    for (sign, name) in signed.take(MOST_CHANGES) {
        ui.say(shown!("  {} {}", sign, name));
    }
    let more = (gained.len() + lost.len()).saturating_sub(MOST_CHANGES);
    if more > 0 {
        ui.say(shown!("  and {} more", more));
    }
}
