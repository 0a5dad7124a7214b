//! Which existing profiles `configure profiles --replace` takes over: those that stand for the same role. A name alone is not
//! enough to send a person's tools to another account.

use crate::commands::nameable::{FoundIn, Nameable};
use crate::config::aws::{self, AwsProfiles, ProfileMeaning, is_same_portal};
use crate::config::file::{File, Parent, Target};
use crate::config::idp::IdpSection;
use crate::ui::Ui;
use crate::ui::text::shown;
use jit_wire::arn::RoleArn;
use jit_wire::name;

use super::profiles::WantedProfile;
use super::some;

/// What becomes of the profiles that `jit` did not write.
#[derive(Debug, Default)]
pub(super) struct Takeover {
    /// They are taken over, each for the role that it stands for.
    pub(super) profiles: Vec<WantedProfile>,
    /// The person named the role, and the profile of that name is something else until now: what it was, what it will be.
    changed: Vec<(String, String, String)>,
    /// Profiles with the name of a role, which are another account or cannot be told: what each is, and what the role is.
    others: Vec<(String, String, String)>,
    /// Profiles that are roles of AWS and none of `jit`'s.
    unknown: Vec<String>,
}

/// What `--replace` takes over. `roles` can be named, `wanted` are to have a profile, and `named` says that the person typed
/// which.
pub(super) fn choose(
    file: &File,
    roles: &[Nameable],
    wanted: &[WantedProfile],
    named: bool,
    profiles: &AwsProfiles,
) -> Takeover {
    let mut takeover = Takeover::default();
    let can_be_meant = |role: &&Nameable| !named || wanted.iter().any(|one| one.role == role.name);
    for profile in profiles.not_ours() {
        let meaning = aws::meaning(profiles, &profile);
        let take = |role: &str| WantedProfile {
            profile: profile.clone(),
            role: role.to_owned(),
            region: None,
            typed: true,
        };
        let same = || roles.iter().filter(can_be_meant).filter(|role| is_same(file, role, &meaning));
        // Of several names for one role, the profile's own.
        if let Some(role) = same().find(|role| role.name == profile).or_else(|| same().next()) {
            takeover.profiles.push(take(&role.name));
            continue;
        }
        let Some(called) = wanted.iter().find(|one| one.profile == profile) else {
            if meaning.is_role() && !named {
                takeover.unknown.push(profile);
            }
            continue;
        };
        let role = roles.iter().find(|role| role.name == called.role);
        let account = role.map(|role| role.account.as_str());
        let what = role.map_or_else(String::new, |role| format!("{}/{}", role.account, role.role));
        let told = (profile.clone(), meaning.to_string(), what);
        match &meaning {
            ProfileMeaning::Nothing => takeover.profiles.push(take(&called.role)),
            ProfileMeaning::Keys => takeover.others.push(told),
            _ if named || (account.is_some() && meaning.account() == account) => {
                takeover.profiles.push(take(&called.role));
                takeover.changed.push(told);
            }
            _ => takeover.others.push(told),
        }
    }
    takeover
}

/// Whether a role that can be named is what a profile stands for.
fn is_same(file: &File, role: &Nameable, meaning: &ProfileMeaning) -> bool {
    let at_portal = |idp: &str, start_url: &str| match file.idps.get(idp) {
        Some(IdpSection::IdentityCenter(center)) => is_same_portal(&center.start_url.value, start_url),
        _ => false,
    };
    match (&role.found, meaning) {
        (FoundIn::Configuration, _) => match (file.roles.get(&role.name), meaning) {
            (Some(own), ProfileMeaning::Role(arn)) => {
                matches!(&own.target, Target::Arn(at) if at.value.as_str() == arn)
            }
            (Some(own), ProfileMeaning::PermissionSet { account, name, start_url }) => {
                let is_set = matches!(
                    &own.target,
                    Target::Assigned { account: at, permission_set } if *at.value == **account && *permission_set.value == **name
                );
                is_set && matches!(&own.parent, Parent::Idp(idp) if at_portal(&idp.value, start_url))
            }
            _ => false,
        },
        (FoundIn::Index, ProfileMeaning::PermissionSet { account, name, start_url }) => {
            role.account == *account && role.role == *name && at_portal(&role.idp, start_url)
        }
        (FoundIn::Index, ProfileMeaning::Role(arn)) => arn
            .parse::<RoleArn>()
            .is_ok_and(|arn| arn.account() == role.account && arn.role_name() == role.role),
        _ => false,
    }
}

impl Takeover {
    /// Whether it is said why the profile called `name` was not taken over.
    pub(super) fn explains(&self, name: &str) -> bool {
        self.others.iter().any(|(profile, ..)| profile == name)
    }
}

/// Says what was taken over only because of its name, and what was not.
pub(super) fn tell(takeover: &Takeover, path: &str, ui: &Ui) {
    for (profile, was, is) in &takeover.changed {
        ui.warn(shown!("the profile {} was {} and is now {}; --restore undoes this", profile, was, is));
    }
    for (profile, was, is) in &takeover.others {
        ui.warn(shown!(
            "the profile {} in {} was not replaced: it is {}, and the role of that name is {}",
            profile,
            path,
            was,
            is
        ));
        let profile = name::in_command(profile);
        if was != &ProfileMeaning::Keys.to_string() {
            ui.next(shown!("jit configure profiles {} --replace  replaces it all the same", profile));
        }
    }
    if !takeover.unknown.is_empty() {
        let names = some(&takeover.unknown);
        ui.warn(shown!("no role of jit is the same as these profiles, so they were not changed: {}", names));
        ui.next("jit configure import aws  adds their roles to config.toml");
    }
}
