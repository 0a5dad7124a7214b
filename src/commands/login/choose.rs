//! Chooses the role if none was given: with the picker, or from the roles of an IdP; without a terminal, by
//! the usual order.

use std::collections::HashMap;

use super::{Context, report};
use crate::commands::advice::Typed;
use crate::commands::nameable::{self, HubRoles, Nameable};
use crate::commands::{advice, pick, roles};
use crate::config::file::{File, Parent};
use crate::config::resolve;
use crate::error::{CommandResult, Kind};
use crate::index;
use crate::plan::{AccountNames, DiscoveredRole, Origin, Valued};
use crate::sys::folders;
use crate::ui::text::shown;
use jit_wire::explain::{Explain, Next};
use jit_wire::name;

/// Why no role could be chosen.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unnamed {
    #[error("no role was given")]
    SeveralIdps(Vec<String>),
    #[error("{0} has no role")]
    NoneIn(String),
    #[error("{0} lists no roles, and none is configured for it")]
    NoneAt(String),
    #[error("no role is configured{}", .0.as_ref().map(|idp| format!(" for {idp}")).unwrap_or_default())]
    NoneFor(Option<String>),
    #[error("every role here needs a confirmation, and --all asks for none: {}", .0.join(", "))]
    OnlyConfirmed(Vec<String>),
    #[error("{idp} offers {} roles", names.len())]
    SeveralAt { idp: String, names: Vec<String> },
}

impl Explain for Unnamed {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::SeveralAt { names, .. } => vec![names.join(", ")],
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::SeveralIdps(idps) => {
                idps.iter().map(|idp| Next::run(format!("login --idp {}", name::in_command(idp)))).collect()
            }
            Self::NoneIn(_) | Self::NoneFor(None) => Next::list(["add a [role.NAME]"]),
            Self::NoneAt(idp) | Self::NoneFor(Some(idp)) => {
                vec![Next::words(format!("add a [role.NAME] with idp = \"{idp}\""))]
            }
            Self::OnlyConfirmed(names) => {
                names.iter().map(|role| Next::run(format!("login {}", name::in_command(role)))).collect()
            }
            Self::SeveralAt { names, .. } => {
                let such_as =
                    names.first().map(|name| name::in_command(name).into_owned()).unwrap_or_default();
                vec![Next::Run { command: format!("login {such_as}").into(), does: "or another one".into() }]
            }
        }
    }
}

impl Context<'_, '_> {
    /// The role to sign in for.
    ///
    /// # Errors
    /// No role was chosen, jit cannot ask here, or the IdP refused.
    pub(super) fn choose_role(&self) -> CommandResult<Valued<String>> {
        let Self { args, files, world, .. } = *self;
        let file = &files.file;
        let chosen = |name: String| Valued::new(name, Origin::Rule("the list"));
        if let Some(idp) = &args.idp {
            return self.choose_offered(idp).map(chosen);
        }
        let candidates = nameable::all(files)?;
        let named = files.role_name(None);
        if candidates.is_empty() {
            let idps: Vec<&String> = file.idps.keys().chain(files.portals()?.idps.keys()).collect();
            return match (idps.first(), idps.get(1)) {
                (Some(only), None) => self.choose_offered(only).map(chosen),
                (Some(_), Some(_)) => Err(Unnamed::SeveralIdps(idps.into_iter().cloned().collect()).into()),
                (None, _) => {
                    let path = folders::short(&world.folders.config_file, &world.folders.home);
                    Err(Unnamed::NoneIn(path).into())
                }
            };
        }
        if !world.person.can_be_asked() {
            return Ok(named?);
        }
        // The default role is at the top of the list.
        let first = named.ok().map(|role| role.value);
        Ok(chosen(pick::one_of(candidates, first.as_deref(), self.store, world)?.sure_name()))
    }

    /// Signs in at an IdP, then lets the person pick one of the roles that it offers.
    fn choose_offered(&self, idp: &str) -> CommandResult<String> {
        let Self { files, store, broker, world, ui, .. } = *self;
        let file = files.of_idp(idp)?;
        let proof = resolve::proof(file, idp, &world.env)?;
        let need = self.need(&proof);
        let typed = Typed::Login { force: need.force };
        let before = report::Before::of(store, &proof)?;
        store.prepare().map_err(|error| advice::no_login(&error.into(), idp, &proof, typed))?;
        let login =
            broker.sign_in(&proof, &need).map_err(|error| advice::no_login(&error, idp, &proof, typed))?;
        match login.identity().name.as_str() {
            // The name is known only from the first session.
            "" => ui.say(shown!("Signed in at {}; your user name comes with the first session", idp)),
            name => ui.done(shown!("Signed in as {} at {}", name, idp)),
        }
        before.compare(store, &proof, need.force, ui);
        if login.identity().name.is_empty() {
            self.before.replace(Some(before));
        }
        let offered = roles::learn(broker, &proof, &login, &need, false, world, ui)
            .map_err(|error| advice::no_login(&error, idp, &proof, typed))?;
        let known = HubRoles::of(file);
        let names = AccountNames::of(&index::all(&world.folders.state));
        let mut candidates: Vec<Nameable> =
            offered.iter().map(|role| candidate(file, &known, role, &names)).collect();
        if candidates.is_empty() {
            // An ID token or an encrypted assertion lists no roles, so only configured ones are known.
            candidates = configured(file);
            candidates.retain(|candidate| {
                matches!(file.roles.get(&candidate.name).map(|role| &role.parent), Some(Parent::Idp(at)) if at.value == idp)
            });
        }
        match candidates.as_slice() {
            [] => Err(Unnamed::NoneAt(idp.to_owned()).into()),
            [only] => Ok(only.clone().sure_name()),
            several if !world.person.can_be_asked() => {
                let names = several.iter().map(|candidate| candidate.name.clone()).collect();
                Err(Unnamed::SeveralAt { idp: idp.to_owned(), names }.into())
            }
            _ => Ok(pick::one_of(candidates, None, store, world)?.sure_name()),
        }
    }
}

fn configured(file: &File) -> Vec<Nameable> {
    file.roles.keys().map(|name| Nameable::configured(file, name, &HashMap::new())).collect()
}

/// An offered role, with its name in the configuration if it has one.
fn candidate(
    file: &File,
    configured: &HubRoles<'_>,
    role: &DiscoveredRole,
    names: &AccountNames,
) -> Nameable {
    let offered = Nameable::offered(role.clone(), names);
    match configured.name_of(role) {
        Some(name) => {
            let account_name = offered.account_name;
            Nameable { account_name, ..Nameable::configured(file, name, &HashMap::new()) }
        }
        None => offered,
    }
}
