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
use crate::plan::{AccountNames, DiscoveredRole, ProofPlan};
use crate::ui::text::{escape, shown};
use crate::ui::{Progress, Ui};
use crate::world::World;
use jit_wire::explain::{Explain, Next};

use super::advice;
use super::load::Configuration;
use super::nameable::{self, Nameable};
use super::organization;
use super::subject::typed_need;

/// List every known role
///
/// Lists the configured roles, the profiles of ~/.aws/config, and the roles that
/// the IdPs offered when jit last asked, as account/role: those of config.toml and
/// the sso-sessions of ~/.aws/config; and what you can request, as far as the
/// ledger was read. Makes no network call without --refresh.
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
        let account_name = role.account_name.as_deref().unwrap_or_default();
        let texts = [&role.name, &role.account, &role.number_name(), account_name, &role.about];
        texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    let roles: Vec<Nameable> = nameable::with_requests(&files)?.into_iter().filter(fits).collect();
    for mistake in aws::mistakes(files.profiles()?) {
        ui.warn(shown!("{}; ignoring this profile", mistake));
    }
    if args.json {
        return ui.json(&json!({ "roles": roles.iter().map(to_json).collect::<Vec<_>>() }));
    }
    if roles.is_empty() {
        let pattern = args.filter.clone().filter(|pattern| !pattern.is_empty());
        let lists = |proof: ProofPlan| !matches!(proof, ProofPlan::Oidc(_));
        let file = &files.file;
        let some_list = !files.portals()?.idps.is_empty()
            || file.idps.keys().filter_map(|idp| resolve::proof(file, idp, &world.env).ok()).any(lists);
        return Err(NoRole { pattern, some_list }.into());
    }
    let row =
        |role: &Nameable| [&role.name, &role.account_shown(), role.from(), &role.about].map(escape).to_vec();
    ui.table_with_titles(&["role", "account", "from", "about"], roles.iter().map(row).collect())
}

fn to_json(role: &Nameable) -> Value {
    json!({
        "name": role.name,
        "account": role.account,
        "account_name": role.account_name,
        "role_arn": role.arn,
        "via": role.via,
        "idp": Some(&role.idp).filter(|idp| !idp.is_empty()),
        "region": role.region,
        "from": role.from(),
        "about": role.about,
    })
}

/// Asks every IdP that lists roles, after a sign-in if needed.
fn refresh(files: &Configuration<'_>, full: bool, world: &World, ui: &Ui) -> CommandResult {
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let need = typed_need(world, None);
    let mut asked = 0;
    let mut passed_over = Vec::new();
    let portals = files.portals()?;
    let idps =
        [&files.file, portals].into_iter().flat_map(|file| file.idps.keys().map(move |idp| (file, idp)));
    for (file, idp) in idps {
        let proof = resolve::proof(file, idp, &world.env)?;
        if matches!(proof, ProofPlan::Oidc(_)) {
            continue;
        }
        let login = broker
            .sign_in(&proof, &need)
            .map_err(|error| advice::no_login(&error, idp, &proof, advice::Typed::Another));
        let login = match login {
            // AWS's files name portals that nobody uses any more; the others are asked all the same.
            Err(error) if error.kind == Kind::LoginNeeded && portals.idps.contains_key(idp) => {
                passed_over.push((idp, error));
                continue;
            }
            login => login?,
        };
        asked += 1;
        learn(&broker, &proof, &login, &need, full, world, ui)
            .map_err(|error| advice::no_login(&error, idp, &proof, advice::Typed::Another))?;
    }
    asked += organization::refresh(files, &broker, &need, world, ui)?;
    if asked == 0
        && let Some((_, error)) = passed_over.pop()
    {
        return Err(error);
    }
    for (idp, error) in passed_over {
        ui.warn(shown!("{} was not asked: {}", idp, error.what));
        error.hints().iter().for_each(|hint| ui.next(escape(hint)));
    }
    if asked == 0 {
        return Err(CommandError::new(Kind::Usage, "none of your IdPs lists roles")
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

/// The name of a role with the number of its account beside it.
fn with_number(name: &str, account: &str) -> String {
    if name.starts_with(account) { name.to_owned() } else { format!("{name} ({account})") }
}

/// Reports new roles, and roles that no longer exist.
fn difference(idp: &str, before: &[DiscoveredRole], now: &[DiscoveredRole], ui: &Ui) {
    if before.is_empty() {
        return;
    }
    let by_name = AccountNames::of(before.iter().chain(now));
    let names = |of: &[DiscoveredRole], without: &[DiscoveredRole]| {
        let known: std::collections::HashSet<String> = without.iter().map(DiscoveredRole::name).collect();
        let others = of.iter().filter(|role| !known.contains(&role.name()));
        others.map(|role| with_number(&by_name.first_name(role), &role.account)).collect::<Vec<_>>()
    };
    let gained = names(now, before);
    let lost = names(before, now);
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
