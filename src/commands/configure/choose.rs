//! Which roles get a profile, and its name.

use std::collections::HashMap;

use crate::config::aws;
use crate::config::draft::fit_name;
use crate::error::{CommandResult, Kind};
use crate::world::World;

use super::profiles::WantedProfile;
use crate::commands::load;
use crate::commands::nameable::{FoundIn, Nameable};
use crate::commands::unknown::UnknownRole;
use jit_wire::explain::{Explain, Next};
use jit_wire::name;

/// Whether `pattern` matches the name of `role`, or `account/role` with the number or name of its account.
/// `*` matches anything.
fn fits(role: &Nameable, pattern: &str) -> bool {
    let accounts = [Some(&role.account), role.account_name.as_ref()];
    let in_account = |account: &String| like(pattern, &format!("{account}/{}", role.role));
    like(pattern, &role.name) || accounts.into_iter().flatten().any(in_account)
}

/// The name of the profile for `role`, by `template`.
fn profile_name(role: &Nameable, template: &[Piece<'_>]) -> String {
    let text = |piece: &Piece<'_>| match piece {
        Piece::Plain(text) => (*text).to_owned(),
        // Account names may contain spaces and other characters that are not allowed in profile names.
        Piece::Part(part) => fit_name(part.of(role)),
    };
    template.iter().map(text).collect()
}

/// A placeholder of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamePart {
    Name,
    Role,
    Account,
    AccountName,
    Idp,
}

impl NamePart {
    /// Every placeholder, as it is written in a template.
    const ALL: [(&'static str, Self); 5] = [
        ("name", Self::Name),
        ("role", Self::Role),
        ("account", Self::Account),
        ("account_name", Self::AccountName),
        ("idp", Self::Idp),
    ];

    fn of(self, role: &Nameable) -> &str {
        match self {
            Self::Name => &role.name,
            Self::Role => &role.role,
            Self::Account => &role.account,
            Self::AccountName => role.account_name.as_ref().unwrap_or(&role.account),
            Self::Idp => &role.idp,
        }
    }
}

pub(super) enum Piece<'a> {
    Plain(&'a str),
    Part(NamePart),
}

/// Why the profiles cannot be determined.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChoiceError {
    #[error("{one} and {other} would have the same profile name, {profile}")]
    Twice { one: String, other: String, profile: String },
    #[error("{0}")]
    Template(String),
    #[error("`{name}` is already a profile in {path}")]
    IsProfile { name: String, path: String },
}

impl Explain for ChoiceError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Twice { .. } => {
                Next::list(["use distinct names, such as --name '{account_name}-{role}-{account}'"])
            }
            Self::Template(_) => {
                let parts: Vec<String> =
                    NamePart::ALL.iter().map(|(part, _)| format!("{{{part}}}")).collect();
                vec![Next::words(format!("valid placeholders: {}", parts.join(", ")))]
            }
            Self::IsProfile { name, .. } => vec![Next::Run {
                command: format!("exec {}", name::in_command(name)).into(),
                does: "uses it directly".into(),
            }],
        }
    }
}

/// The profiles for the roles that match `patterns`. Without patterns: for all `roles` if `every`, else for
/// the configured ones. `template` makes their names.
///
/// # Errors
/// A pattern without a match; an invalid template, or one that gives two roles the same name.
pub(super) fn wanted(
    roles: &[Nameable],
    patterns: &[String],
    every: bool,
    template: &str,
) -> CommandResult<Vec<WantedProfile>> {
    for pattern in patterns {
        if !roles.iter().any(|role| fits(role, pattern)) {
            return Err(UnknownRole::new(pattern, None, roles).into());
        }
    }
    let template = pieces(template)?;
    let typed = template.iter().all(|piece| matches!(piece, Piece::Plain(_)));
    let chosen = |role: &&Nameable| match patterns {
        [] => every || role.found == FoundIn::Configuration,
        patterns => patterns.iter().any(|pattern| fits(role, pattern)),
    };
    let mut taken: HashMap<String, &str> = HashMap::new();
    let mut wanted = Vec::new();
    for role in roles.iter().filter(chosen) {
        let profile = profile_name(role, &template);
        if let Some(other) = taken.insert(profile.clone(), &role.name) {
            let one = (*other).to_owned();
            let other = role.name.clone();
            return Err(ChoiceError::Twice { one, other, profile }.into());
        }
        // The line of a profile outlives the name of an account.
        let asked_for = role.clone().sure_name();
        wanted.push(WantedProfile { profile, role: asked_for, region: role.region.clone(), typed });
    }
    Ok(wanted)
}

pub(super) fn pieces(template: &str) -> CommandResult<Vec<Piece<'_>>> {
    let wrong = |what: String| ChoiceError::Template(what);
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else {
            return Err(wrong(format!("the name `{template}` has an unclosed brace")).into());
        };
        let part = &rest[open + 1..open + length];
        let known = NamePart::ALL.iter().find(|(name, _)| *name == part).map(|(_, part)| *part);
        let known = known
            .ok_or_else(|| wrong(format!("the name `{template}` has the unknown placeholder `{part}`")))?;
        pieces.extend([Piece::Plain(&rest[..open]), Piece::Part(known)]);
        rest = &rest[open + length + 1..];
    }
    pieces.push(Piece::Plain(rest));
    Ok(pieces)
}

/// Whether `text` matches `pattern`, in which `*` matches anything.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

/// Fails if one of the `patterns` is the name of a profile of AWS's files, to say so.
pub(super) fn are_profiles(patterns: &[String], world: &World) -> CommandResult {
    let profiles = load::profiles(world)?;
    for name in patterns {
        if matches!(aws::as_roles(&profiles, name, &[]), Ok(Some(_))) {
            let path = profiles.path().to_string();
            return Err(ChoiceError::IsProfile { name: name.clone(), path }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{AccountNames, DiscoveredRole};

    #[test]
    fn a_star_matches_anything() {
        for (pattern, text, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("acme-*/ReadOnly", "acme-dev/ReadOnly", true),
            ("acme-*/ReadOnly", "acme-dev/ReadOnlyX", false),
            ("*dev*", "acme-dev/x", true),
            ("a*b*c", "abbc", true),
            ("a*b*c", "acb", false),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }

    fn roles() -> Vec<Nameable> {
        let role = |account: &str, called: &str, role: &str| {
            let role = DiscoveredRole {
                idp: "acme".to_owned(),
                account: account.to_owned(),
                role: role.to_owned(),
                saml: None,
                account_name: Some(called.to_owned()),
            };
            let names = AccountNames::of([&role]);
            Nameable::offered(role, &names)
        };
        vec![
            role("111111111111", "acme dev ✨", "Admin"),
            role("111111111111", "acme dev ✨", "ReadOnly"),
            role("222222222222", "", "Admin"),
        ]
    }

    fn names(patterns: &[&str], every: bool, template: &str) -> Result<Vec<String>, String> {
        let patterns: Vec<String> = patterns.iter().map(|&text| text.to_owned()).collect();
        let wanted = wanted(&roles(), &patterns, every, template).map_err(|error| error.what)?;
        Ok(wanted.into_iter().map(|one| one.profile).collect())
    }

    #[test]
    fn a_template_without_fields_is_a_fixed_name() {
        let typed = |template: &str| {
            let pattern = ["acme*/Read*".to_owned()];
            wanted(&roles(), &pattern, false, template).unwrap().into_iter().all(|one| one.typed)
        };
        assert!(typed("default") && typed("x") && !typed("{name}") && !typed("{role}") && !typed("x{idp}"));
    }

    #[test]
    fn templates_name_profiles() {
        let every = |template| names(&[], true, template).unwrap();
        assert_eq!(every("{name}"), ["111111111111/Admin", "111111111111/ReadOnly", "222222222222/Admin"]);
        assert_eq!(
            every("{idp}.{account_name}.{role}"),
            ["acme.acme-dev.Admin", "acme.acme-dev.ReadOnly", "acme.222222222222.Admin"]
        );
        assert_eq!(names(&["acme*/Read*"], false, "{role}").unwrap(), ["ReadOnly"]);
        assert_eq!(names(&[], false, "{role}").unwrap(), [""; 0]);
        for (template, words) in [
            ("{role}", "111111111111/Admin and 222222222222/Admin would have the same profile name, Admin"),
            ("{who}", "has the unknown placeholder `who`"),
            ("x{role", "has an unclosed brace"),
        ] {
            assert!(names(&[], true, template).unwrap_err().contains(words), "{template}");
        }
        assert!(names(&["nobody"], false, "{name}").unwrap_err().contains("no role matches `nobody`"));
    }
}
