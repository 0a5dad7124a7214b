//! `jit roles`: every role that can be named, from the configuration, the profiles of `~/.aws/config`, and what the IdPs
//! offer.

use serde_json::{Value, json};

use crate::broker::{Broker, BrokerError, Need};
use crate::cli::Roles;
use crate::config::aws;
use crate::config::file::{File, Parent, RoleSection, Target};
use crate::config::resolve;
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::IdpLogin;
use crate::index;
use crate::plan::{DiscoveredRole, ProofPlan};
use crate::ui::text::{Shown, escape, shown, table};
use crate::ui::{Progress, Ui};
use crate::world::World;
use jit_wire::explain::{Explain, Next};

use super::login::Configured;
use super::pick::Candidate;
use super::{advice, aws_profiles, load_or_profiles, open_store, typed_need};

/// More changes than this are counted, not listed.
const MOST_CHANGES: usize = 10;

/// A role that can be named.
pub(super) struct Named {
    pub(super) candidate: Candidate,
    /// The file, or the IdP that offers it.
    from: String,
}

/// Nothing is listed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .pattern.as_ref().map_or("no role can be named yet".to_owned(), |pattern| format!("no role matches `{pattern}`")))]
struct NoRole {
    /// What was asked for.
    pattern: Option<String>,
    /// An IdP of the configuration lists roles.
    some_list: bool,
}

impl Explain for NoRole {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn next(&self) -> Vec<Next> {
        match (self.some_list, &self.pattern) {
            (true, _) => vec![Next::Run { command: "roles --refresh".into(), does: "asks the IdPs".into() }],
            (false, Some(_)) => vec![Next::Run { command: "roles".into(), does: "lists them all".into() }],
            (false, None) => Next::list(["add a [role.NAME] to the configuration"]),
        }
    }
}

pub(super) fn run(args: &Roles, world: &World, ui: &Ui) -> CommandResult {
    let file = load_or_profiles(world)?;
    if args.refresh {
        refresh(&file, args.full, world, ui)?;
    }
    let wanted = args.filter.as_deref().unwrap_or_default().to_lowercase();
    let fits = |role: &Named| {
        [&role.candidate.name, &role.candidate.account, &role.candidate.about]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    };
    let roles: Vec<Named> = named(&file, world)?.into_iter().filter(fits).collect();
    for mistake in aws::mistakes(&aws_profiles(world)?) {
        ui.warn(shown!("{}; it is left out", mistake));
    }
    if args.json {
        let json = |role: &Named| json!({ "name": role.candidate.name, "account": role.candidate.account, "about": role.candidate.about, "from": role.from });
        return ui.json(&Value::Array(roles.iter().map(json).collect()));
    }
    if roles.is_empty() {
        let pattern = args.filter.clone().filter(|pattern| !pattern.is_empty());
        let lists = |proof: ProofPlan| !matches!(proof, ProofPlan::Oidc(_));
        let some_list =
            file.idps.keys().filter_map(|idp| resolve::proof(&file, idp, &world.env).ok()).any(lists);
        return Err(NoRole { pattern, some_list }.into());
    }
    let mut rows = vec![["role", "account", "from", "about"].map(Shown::from).to_vec()];
    rows.extend(roles.iter().map(|role| {
        let one = &role.candidate;
        [&one.name, &one.account, &role.from, &one.about].map(|cell| escape(cell)).to_vec()
    }));
    // In one piece: a line at a time, ten thousands are as many calls of the system.
    ui.line(Shown::join(table(&rows).lines().map(|line| line.trim_end()), "\n"))
}

/// Every role that can be named: of the configuration, of `~/.aws/config`, and of the index.
///
/// # Errors
/// `~/.aws/config` cannot be read.
pub(super) fn named(file: &File, world: &World) -> CommandResult<Vec<Named>> {
    let own = file.roles.iter();
    let own =
        own.map(|(name, role)| Named { candidate: configured(name, role), from: "config.toml".to_owned() });
    let mut profiles = Vec::new();
    let in_files = aws_profiles(world)?;
    for (name, profile) in aws::usable(&in_files).filter(|(name, _)| !file.roles.contains_key(*name)) {
        let target = &profile.roles[name].target;
        let about = target.to_string();
        let candidate = Candidate {
            name: name.to_owned(),
            account: target.account().to_owned(),
            role: about.rsplit('/').next().unwrap_or_default().to_owned(),
            about,
            ..Candidate::default()
        };
        profiles.push(Named { candidate, from: in_files.path().to_owned() });
    }
    let known = Configured::of(file);
    let offered = index::all(&world.folders.state).into_iter();
    let offered = offered.filter(|role| file.idps.contains_key(&role.idp) && known.name_of(role).is_none());
    let offered = offered.map(|role| Named { from: role.idp.clone(), candidate: discovered(role) });
    Ok(own.chain(profiles).chain(offered).collect())
}

/// A role of the configuration.
pub(super) fn configured(name: &str, role: &RoleSection) -> Candidate {
    let about = role.description.clone().unwrap_or_else(|| match &role.parent {
        Parent::Idp(idp) => format!("at {}", idp.value),
        Parent::Via(via) => format!("via {}", via.value),
    });
    let called = match &role.target {
        Target::Arn(arn) => arn.value.role_name(),
        Target::Assigned { permission_set, .. } => &permission_set.value,
        Target::Itself { .. } => name,
    };
    let tags = role.tags.iter().flat_map(|tags| &tags.value);
    Candidate {
        name: name.to_owned(),
        account: role.target.account().to_owned(),
        role: called.to_owned(),
        about,
        more: tags.map(|(key, value)| format!("{key}={value} ")).collect(),
        color: role.color.clone(),
    }
}

/// A role that an IdP was seen to offer.
pub(super) fn discovered(role: DiscoveredRole) -> Candidate {
    Candidate {
        name: role.name(),
        account: role.account,
        role: role.role,
        about: role.account_name.unwrap_or_default(),
        ..Candidate::default()
    }
}

/// Asks every IdP that lists roles, after a login where one is needed.
fn refresh(file: &File, full: bool, world: &World, ui: &Ui) -> CommandResult {
    let store = open_store(world, file)?;
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
    if asked == 0 {
        return Err(CommandError::new(Kind::Usage, "no IdP of the configuration lists roles")
            .because("OpenID Connect does not; SAML, Okta and Identity Center do"));
    }
    Ok(())
}

/// Asks what the IdP of `login` offers, about every account with `full`; writes it down, and says what is new.
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
        Err(error) => ui.warn(shown!("the roles of {} could not be written down: {}", idp, error)),
    }
    Ok(offered)
}

/// Tells of roles that were not there the last time, and of those that are gone.
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
