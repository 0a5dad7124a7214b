//! Which role is meant where none was named: by the picker, or what an IdP offers; without a terminal the usual order.

use std::collections::HashMap;

use super::{Context, report};
use crate::commands::advice::Typed;
use crate::commands::pick::{self, Candidate};
use crate::commands::{Reading, advice, role_name, roles};
use crate::config::file::{File, Parent, Target};
use crate::config::resolve::{self, Flags};
use crate::error::{CommandError, CommandResult, Kind};
use crate::plan::DiscoveredRole;
use crate::sys::folders;
use crate::ui::text::shown;
use jit_wire::name;

impl Context<'_, '_> {
    /// The role that is meant.
    ///
    /// # Errors
    /// Nothing was chosen, nobody can be asked, or the IdP has to be asked and says no.
    pub(super) fn choose_role(&self) -> CommandResult<String> {
        let Self { args, file, world, .. } = *self;
        if let Some(idp) = &args.idp {
            return self.choose_offered(idp);
        }
        let candidates: Vec<Candidate> =
            roles::named(file, world)?.into_iter().map(|role| role.candidate).collect();
        let named = role_name(file, Flags::default(), Reading::Whole, world);
        if candidates.is_empty() {
            let mut idps = file.idps.keys();
            return match (idps.next(), idps.next()) {
                (Some(only), None) => self.choose_offered(only),
                (Some(_), Some(_)) => {
                    let login = |idp: &String| format!("jit login --idp {}", name::in_command(idp));
                    let error = CommandError::new(Kind::Usage, "no role was named");
                    Err(file.idps.keys().map(login).fold(error, CommandError::hint))
                }
                (None, _) => {
                    let path = folders::short(&world.folders.config_file, &world.folders.home);
                    Err(CommandError::new(Kind::Usage, format!("{path} has no role"))
                        .hint("add a [role.NAME]"))
                }
            };
        }
        if !world.person.can_be_asked() {
            return Ok(named?.value);
        }
        // The role that would be meant anyway stands first, one key away.
        let first = named.ok().map(|role| role.value);
        pick::one_of(candidates, first.as_deref(), self.store, world)
    }

    /// Signs in at an IdP first, and lets the person pick from what it offers.
    fn choose_offered(&self, idp: &str) -> CommandResult<String> {
        let Self { file, store, broker, world, ui, .. } = *self;
        let proof = resolve::proof(file, idp, &world.env)?;
        let need = self.need(&proof);
        let typed = Typed::Login { force: need.force };
        let before = report::Before::of(store, &proof)?;
        store.prepare()?;
        let login =
            broker.sign_in(&proof, &need).map_err(|error| advice::no_login(&error, idp, &proof, typed))?;
        match login.identity().name.as_str() {
            // AWS is asked who it is with the first session.
            "" => {
                ui.say(shown!("The sign-in at {} is done; whose it is, AWS says with the first session", idp))
            }
            name => ui.done(shown!("Signed in as {} at {}", name, idp)),
        }
        before.compare(store, &proof, need.force, ui);
        if login.identity().name.is_empty() {
            self.before.replace(Some(before));
        }
        let offered = roles::learn(broker, &proof, &login, &need, false, world, ui)
            .map_err(|error| advice::no_login(&error, idp, &proof, typed))?;
        let known = Configured::of(file);
        let mut candidates: Vec<Candidate> =
            offered.iter().map(|role| candidate(file, &known, role)).collect();
        if candidates.is_empty() {
            // The proof lists no roles (an ID token, an encrypted assertion): what is configured is all that is known.
            candidates = configured(file);
            candidates.retain(|candidate| {
                matches!(file.roles.get(&candidate.name).map(|role| &role.parent), Some(Parent::Idp(at)) if at.value == idp)
            });
        }
        match candidates.as_slice() {
            [] => Err(CommandError::new(
                Kind::Usage,
                format!("{idp} lists no roles, and none is configured for it"),
            )
            .hint(format!("add a [role.NAME] with idp = \"{idp}\""))),
            [only] => Ok(only.name.clone()),
            several if !world.person.can_be_asked() => {
                let names: Vec<&str> = several.iter().map(|candidate| candidate.name.as_str()).collect();
                let such_as = name::in_command(&several[0].name);
                Err(CommandError::new(Kind::Usage, format!("{idp} offers {} roles", several.len()))
                    .because(names.join(", "))
                    .hint(format!("jit login {such_as}  or another of them")))
            }
            _ => pick::one_of(candidates, None, store, world),
        }
    }
}

fn configured(file: &File) -> Vec<Candidate> {
    file.roles.iter().map(|(name, role)| roles::configured(name, role)).collect()
}

/// What an IdP offers, by the name that the configuration has for it, if it has one.
fn candidate(file: &File, configured: &Configured<'_>, role: &DiscoveredRole) -> Candidate {
    let offered = roles::discovered(role.clone());
    match configured.name_of(role).and_then(|name| file.roles.get_key_value(name)) {
        Some((name, own)) => Candidate { about: offered.about, ..roles::configured(name, own) },
        None => offered,
    }
}

/// The hub roles of the configuration, to be found by what an IdP offers.
pub(in crate::commands) struct Configured<'f>(HashMap<(&'f str, &'f str, &'f str), &'f str>);

impl<'f> Configured<'f> {
    /// Those of `file`; of several that are the same role, the first counts.
    pub(in crate::commands) fn of(file: &'f File) -> Self {
        let mut found = HashMap::new();
        for (name, role) in &file.roles {
            let Parent::Idp(idp) = &role.parent else { continue };
            let (one, other) = match &role.target {
                Target::Arn(arn) => (arn.value.as_str(), ""),
                Target::Assigned { account, permission_set } => (&*account.value, &*permission_set.value),
                Target::Itself { .. } => continue,
            };
            found.entry((idp.value.as_str(), one, other)).or_insert(name.as_str());
        }
        Self(found)
    }

    /// What the configuration calls `offered`.
    pub(in crate::commands) fn name_of(&self, offered: &DiscoveredRole) -> Option<&'f str> {
        let (one, other) = match &offered.saml {
            Some(pair) => (pair.role_arn.as_str(), ""),
            None => (offered.account.as_str(), offered.role.as_str()),
        };
        self.0.get(&(offered.idp.as_str(), one, other)).copied()
    }
}
