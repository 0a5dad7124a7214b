//! A profile of `~/.aws/config` as a role of `config.toml`, so that people who have profiles need no
//! configuration. What the keys mean, and which take precedence, follows botocore (AWS SDKs and Tools
//! Reference Guide, "Settings reference").
//!
//! `role` determines what kind of role a profile is. `parent`, `credentials` and `identity_center` read the
//! three ways to get its credentials, `endpoints` the settings and URLs. `own_command` recognizes profiles
//! whose command is `jit` itself.

mod credentials;
mod endpoints;
mod identity_center;
mod own_command;
mod parent;
mod role;

use super::profiles::AwsProfiles;
use super::{CREDENTIAL_PROCESS, OVERRULING_KEYS, REGION, System};
use crate::config::file::File;
use crate::config::limits::{self, Dialect, RefusedSetting};
use jit_wire::section::{At, Mistake};
use own_command::{asks_jit, role_asked_for};

/// The nesting limit of commands that call each other; more than this is a mistake.
const DEEPEST: usize = 4;
/// The key that `aws login` writes.
const LOGIN_SESSION: &str = "login_session";

/// A file with the role for `profile` and everything it depends on; `None` if there is no such profile, or if
/// its command is `jit` itself. `within` lists the profiles whose commands led here, outermost first.
///
/// # Errors
/// The profile is incomplete, refers to itself, has a value that AWS would refuse, or gets its credentials in
/// a way that `jit` does not support.
pub fn as_roles(profiles: &AwsProfiles, profile: &str, within: &[&str]) -> Result<Option<File>, Mistake> {
    let Some(line) = profiles.line(profile) else { return Ok(None) };
    let file = file_of(profiles);
    let mut reader = Reader { profiles, file, region: profiles.get(profile, REGION) };
    let command = profiles.get(profile, CREDENTIAL_PROCESS);
    if command.is_some_and(|command| asks_jit(&command.value, System::HERE, || profiles.own_program())) {
        return Ok(None);
    }
    if within.contains(&profile) || within.len() >= DEEPEST {
        let way = within.join(" → ");
        return Err(reader.unfit(
            profile,
            line,
            format!("is used by its own credential_process: {way} → {profile}"),
        ));
    }
    if let Some(refused) = reader.region.as_ref().and_then(|at| limits::of_region(at, Dialect::Aws)) {
        return Err(reader.refused(profile, refused));
    }
    reader.settings(profile)?;
    reader.role(profile, &mut Vec::new())?;
    reader.endpoints(profile)?;
    Ok(Some(reader.file))
}

/// The role that the profile called `profile` asks `jit` for by its `credential_process`.
pub fn asks_jit_for(profiles: &AwsProfiles, profile: &str) -> Option<String> {
    let command = profiles.get(profile, CREDENTIAL_PROCESS)?;
    role_asked_for(&command.value, System::HERE, || profiles.own_program())
}

/// A file without tables whose lines are those of AWS's files.
pub(super) fn file_of(profiles: &AwsProfiles) -> File {
    File {
        path: profiles.path().to_owned(),
        seam: Some(profiles.seam()),
        of_profiles: true,
        ..File::default()
    }
}

/// The profiles that can be used, each as a role.
pub fn usable(profiles: &AwsProfiles) -> impl Iterator<Item = (&str, File)> {
    let names = profiles.names().iter();
    names.filter_map(|name| Some((name.as_str(), as_roles(profiles, name, &[]).ok()??)))
}

/// The mistakes of profiles that should lead to credentials and do not.
pub fn mistakes(profiles: &AwsProfiles) -> impl Iterator<Item = Mistake> {
    let leads_to_credentials = |name: &&String| {
        let has = |key: &str| profiles.get(name, key).is_some();
        // A profile with only a portal is for tools that want its token, and `aws login` belongs to the AWS
        // CLI.
        let is_enough = |key: &str| !["sso_session", "sso_start_url"].contains(&key);
        let mut keys = OVERRULING_KEYS.into_iter().filter(|key| is_enough(key)).chain([CREDENTIAL_PROCESS]);
        keys.any(has) && !has(LOGIN_SESSION)
    };
    let meant = profiles.names().iter().filter(leads_to_credentials);
    meant.filter_map(|name| as_roles(profiles, name, &[]).err())
}

/// Fills a [`File`] with a profile and everything it depends on.
struct Reader<'a> {
    profiles: &'a AwsProfiles,
    file: File,
    /// The region of the profile that the user named: like botocore, jit asks STS there for every step.
    region: Option<At<String>>,
}

impl Reader<'_> {
    /// A mistake of a profile; `why` continues the sentence "the profile NAME …".
    fn unfit(&self, profile: &str, line: usize, why: impl std::fmt::Display) -> Mistake {
        self.mistake(line, format!("the profile {profile} {why}"), None)
    }

    /// A value that AWS would refuse.
    fn refused(&self, profile: &str, RefusedSetting { line, what, next, .. }: RefusedSetting) -> Mistake {
        self.mistake(line, format!("the profile {profile} cannot be used: {what}"), Some(next))
    }

    fn mistake(&self, line: usize, what: String, suggestion: Option<String>) -> Mistake {
        let (path, line_in_file) = self.profiles.place(line);
        Mistake {
            path: path.to_owned(),
            line: line_in_file,
            column: self.profiles.column(line),
            excerpt: self.profiles.excerpt(line),
            what,
            suggestion,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
