//! From the file, the flags and the environment to a [`Plan`]: every leg, and for every value who decided it.

use crate::plan::{
    Assignment, CHAINED_LIMIT, DURATION_RANGE, DiscoveredRole, Leg, Origin, Plan, ProofPlan, RoleId,
    SignInDemand, StsEndpoint, Valued,
};
use jit_wire::arn::{Partition, is_region};
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, AWS_REGION, Env, JIT_ROLE};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name;
use jit_wire::sign_in::Requirement;
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

use super::chain;
use super::file::{File, Parent, RoleSection, Target};
use super::idp::IdpSection;
use super::proof;
use jit_wire::section::{At, closest};

/// `DurationSeconds` where nobody says anything: what every role allows.
const DEFAULT_DURATION: u32 = 3600;

/// Why a role cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No such role.
    #[error("there is no role `{name}` in {path}")]
    UnknownRole {
        /// What was asked for.
        name: String,
        /// The file that was searched.
        path: String,
        /// The one that was probably meant.
        meant: Option<String>,
        /// All there are.
        candidates: Vec<String>,
    },
    /// Several roles that IdPs offer are called so.
    #[error("`{name}` is offered more than once")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// Each by its own name and where it is offered.
        meant: Vec<String>,
        /// Names that mean one of them alone.
        distinct: Vec<String>,
        /// For each that no name means alone: what to write into the configuration, so that one does.
        sections: Vec<String>,
    },
    /// No role was named anywhere.
    #[error("no role was named")]
    NoRole {
        /// All there are.
        candidates: Vec<String>,
    },
    /// No such IdP.
    #[error("there is no [idp.{name}] in {path}")]
    UnknownIdp {
        /// What was asked for.
        name: String,
        /// The file that was searched.
        path: String,
        /// All there are.
        candidates: Vec<String>,
    },
    /// `--duration` is out of range.
    #[error("{0} seconds is not a duration that STS takes: it goes from 15m to 12h")]
    Duration(u32),
    /// A profile takes its credentials from the environment, and there are none.
    #[error("the profile {profile} takes its credentials from {variable}, which is not set")]
    NotInEnvironment {
        /// The profile.
        profile: String,
        /// What would give them.
        variable: &'static str,
    },
    /// A region's variable that holds something else. It would become part of a host's name.
    #[error("{variable} is `{value}`, which is not a region")]
    Region {
        /// The variable.
        variable: &'static str,
        /// What it says.
        value: String,
    },
    /// A variable of AWS's whose value is none that it may have.
    #[error("{variable}: {what}")]
    Setting {
        /// The variable.
        variable: &'static str,
        /// What is wrong.
        what: String,
        /// What may stand there.
        next: String,
    },
    /// The metadata service of the instance may not be asked.
    #[error(
        "the profile {profile} takes the credentials of this instance, and AWS_EC2_METADATA_DISABLED forbids that"
    )]
    MetadataDisabled {
        /// The profile.
        profile: String,
    },
    /// An endpoint of a profile that is not an address to trust.
    #[error("{origin} gives {service} the address {value}, which {why}")]
    ProfileEndpoint {
        /// Where it says so.
        origin: String,
        /// The service.
        service: String,
        /// What it says.
        value: String,
        /// What is wrong with it.
        why: UrlError,
    },
    /// An endpoint variable that is not an address to trust.
    #[error("{variable} is `{value}`, which {why}")]
    Endpoint {
        /// The variable.
        variable: &'static str,
        /// What it says.
        value: String,
        /// What is wrong with it.
        why: UrlError,
    },
}

impl Explain for ResolveError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Ambiguous { meant, .. } => vec![meant.join(", ")],
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        let list = |candidates: &[String]| match candidates {
            [] => Next::words("add a [role.NAME] to the configuration"),
            some => Next::words(format!("the roles are: {}", some.join(", "))),
        };
        let words = |words: String| vec![Next::words(words)];
        match self {
            Self::UnknownRole { meant: Some(meant), .. } => words(format!("did you mean `{meant}`?")),
            Self::UnknownRole { candidates, .. } => vec![list(candidates)],
            Self::Ambiguous { distinct, sections, .. } => {
                let say = (!distinct.is_empty())
                    .then(|| Next::words(format!("say which: {}", distinct.join(", "))));
                let name = |section| Next::words(format!("give it a name in the configuration: {section}"));
                say.into_iter().chain(sections.iter().map(name)).collect()
            }
            Self::NoRole { candidates } if candidates.is_empty() => vec![list(candidates)],
            Self::NoRole { candidates } => {
                vec![list(candidates), Next::words("name one, or set default_role in the configuration")]
            }
            Self::UnknownIdp { candidates, .. } if candidates.is_empty() => {
                Next::list(["add an [idp.NAME] to the configuration"])
            }
            Self::UnknownIdp { candidates, .. } => words(format!("the IdPs are: {}", candidates.join(", "))),
            Self::Duration(_) => Next::list(["such as --duration 1h"]),
            Self::NotInEnvironment { variable, .. } => {
                words(format!("set {variable}, or use another profile"))
            }
            Self::Region { variable, .. } => {
                words(format!("unset {variable}, or give it a region such as eu-west-1"))
            }
            Self::Setting { next, .. } => words(next.clone()),
            Self::MetadataDisabled { .. } => {
                Next::list(["unset AWS_EC2_METADATA_DISABLED, or use another profile"])
            }
            Self::ProfileEndpoint { .. } => Next::list(["write an https URL there, or http on this machine"]),
            Self::Endpoint { variable, .. } => words(format!("unset {variable}, or give it an https URL")),
        }
    }
}

/// What the command line adds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags<'a> {
    /// The role, as an argument or `--role`.
    pub role: Option<&'a str>,
    /// `--duration` in seconds.
    pub duration: Option<u32>,
}

/// Which role is meant, and who says so: the argument, `JIT_ROLE`, the one last chosen in this terminal,
/// `default_role`.
///
/// # Errors
/// [`ResolveError::NoRole`] with the candidates if nobody names one.
pub fn role_name(
    file: &File,
    flags: Flags<'_>,
    env: &Env,
    last_in_terminal: impl FnOnce() -> Option<String>,
) -> Result<Valued<String>, ResolveError> {
    let by = |origin: Origin| move |role: &str| Valued::new(role.to_owned(), origin);
    let named = flags.role.map(by(Origin::Flag("the command line")));
    named
        .or_else(|| env.get(JIT_ROLE).map(by(Origin::Variable(JIT_ROLE))))
        .or_else(|| last_in_terminal().as_deref().map(by(Origin::Rule("the last login in this terminal"))))
        .or_else(|| file.default_role.as_ref().map(|role| from_file(file, role)))
        .ok_or_else(|| ResolveError::NoRole { candidates: candidates(file) })
}

/// The plan for the role called `name`, or whose ARN that is: one of the file, else one of those that IdPs were seen to
/// offer, else a permission set in an account where one was seen.
///
/// # Errors
/// [`ResolveError`] if there is no such role, or flags or variables are out of range.
pub fn plan(
    file: &File,
    name: &str,
    flags: Flags<'_>,
    env: &Env,
    discovered: impl FnOnce() -> Vec<DiscoveredRole>,
) -> Result<Plan, ResolveError> {
    let is_meant =
        |role: &RoleSection| matches!(&role.target, Target::Arn(arn) if arn.value.as_str() == name);
    let by_arn = file.roles.iter().find(|(_, role)| is_meant(role)).map(|(own, _)| own.as_str());
    let name = by_arn.unwrap_or(name);
    let Some(target) = file.roles.get(name) else {
        let offered = discovered();
        let meant = match meant_by(file, name, &offered)? {
            Some(role) => Some(role.clone()),
            None => unlisted(file, name, &offered),
        };
        let meant = meant.and_then(|role| Some((id_of(file, &role, env)?, role)));
        return match meant {
            Some((id, role)) => discovered_plan(file, &role, id, flags, env),
            None => Err(unknown_role(file, name, &offered)),
        };
    };
    let mut way: Vec<(&str, &RoleSection)> = Vec::new();
    let mut next = name;
    // Loading has made sure that the way ends at an IdP.
    let idp_name = loop {
        let found = file.roles.get_key_value(next);
        let (role_name, role) = found.ok_or_else(|| unknown_role(file, next, &[]))?;
        way.push((role_name, role));
        match &role.parent {
            Parent::Via(via) => next = &via.value,
            Parent::Idp(idp) => break &idp.value,
        }
    };
    way.reverse();
    let last = way.len() - 1;
    let legs = way.iter().enumerate().map(|(index, (role_name, role))| {
        let wanted = if index == last { flags.duration } else { None };
        leg(file, role_name, role, index, wanted, env)
    });
    // The nearest word counts: the role's own, then that of the roles before it, of the IdP, of the file.
    let auto_login = way.iter().rev().find_map(|(_, role)| role.auto_login.as_ref());
    let auto_login = auto_login.or_else(|| file.idps.get(idp_name)?.auto_login());
    let legs = legs.collect::<Result<Vec<_>, _>>()?;
    Ok(Plan {
        role: name.to_owned(),
        proof: proof(file, idp_name, env)?,
        sign_in: Plan::demand_of(&legs),
        legs,
        region: {
            // AWS's tools read the variable first, and then the profile.
            let variable = region_of_environment(env).filter(|_| file.is_of_profiles());
            variable.or_else(|| target.region.as_ref().map(|region| from_file(file, region)))
        },
        variables: chain::variables(file, env)?,
        ca_bundle: chain::CA_BUNDLE.text(file, env)?.filter(|at| !matches!(at.origin, Origin::Variable(_))),
        description: target.description.clone(),
        color: target.color.clone(),
        confirm: target.confirm,
        auto_login: auto_login.is_some_and(|at| at.value),
    })
}

/// The offered role that `name` means. Accounts of one company may have the same name, and two portals the same account:
/// nobody is to end up in another account than they thought.
fn meant_by<'o>(
    file: &File,
    name: &str,
    offered: &'o [DiscoveredRole],
) -> Result<Option<&'o DiscoveredRole>, ResolveError> {
    match all_meant_by(file, name, offered).as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => Err(ambiguous(file, name, several, offered)),
    }
}

/// Every offered role that `name` may mean. The same role by several providers of one IdP is one role.
fn all_meant_by<'o>(file: &File, name: &str, offered: &'o [DiscoveredRole]) -> Vec<&'o DiscoveredRole> {
    let by = |called: fn(&DiscoveredRole, &str) -> bool| -> Vec<&DiscoveredRole> {
        offered.iter().filter(|role| file.idps.contains_key(&role.idp) && called(role, name)).collect()
    };
    let mut meant = by(DiscoveredRole::is_exactly);
    if meant.is_empty() {
        meant = by(DiscoveredRole::is_called);
    }
    meant.dedup_by_key(|role| (role.idp.clone(), own_name(role)));
    meant
}

/// What an offered role is called where it is: its ARN, or its permission set and account.
fn own_name(role: &DiscoveredRole) -> String {
    role.saml.as_ref().map_or_else(|| role.name(), |pair| pair.role_arn.clone())
}

/// That `name` means `several` roles, and for each of them what means that one alone. A name is tried before it is
/// advised: two IdPs may offer the same ARN, and a permission set has none.
fn ambiguous(
    file: &File,
    name: &str,
    several: &[&DiscoveredRole],
    offered: &[DiscoveredRole],
) -> ResolveError {
    let (mut distinct, mut sections) = (Vec::new(), Vec::new());
    for role in several {
        let means_it = |name: &String| {
            !file.roles.contains_key(name) && all_meant_by(file, name, offered).as_slice() == [*role]
        };
        match [role.name(), own_name(role)].into_iter().find(means_it) {
            Some(name) => distinct.push(name),
            None => sections.push(section_for(file, role)),
        }
    }
    let meant = several.iter().map(|role| format!("{} at {}", own_name(role), role.idp)).collect();
    ResolveError::Ambiguous { name: name.to_owned(), meant, distinct, sections }
}

/// The section that gives an offered `role` a name of its own.
fn section_for(file: &File, role: &DiscoveredRole) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = format!("{}-{}", role.role, role.idp).chars().map(fit).collect();
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !file.roles.contains_key(name));
    let target = match &role.saml {
        Some(pair) => format!("role_arn = \"{}\"", pair.role_arn),
        None => format!("account = \"{}\", permission_set = \"{}\"", role.account, role.role),
    };
    format!("[role.{}] with idp = \"{}\", {target}", free.unwrap_or(name), role.idp)
}

/// A permission set that the list does not have, in the one account that it has of that name: lists grow old, and the portal
/// knows.
fn unlisted(file: &File, name: &str, offered: &[DiscoveredRole]) -> Option<DiscoveredRole> {
    let (account, role) = name.rsplit_once('/').filter(|(_, role)| name::is_permission_set(role))?;
    let is_meant = |known: &&DiscoveredRole| {
        let called = known.account == account || known.account_name.as_deref() == Some(account);
        called && known.saml.is_none() && file.idps.contains_key(&known.idp)
    };
    let mut known: Vec<&DiscoveredRole> = offered.iter().filter(is_meant).collect();
    known.dedup_by_key(|role| (&role.idp, &role.account));
    match known.as_slice() {
        [only] => Some(DiscoveredRole { role: role.to_owned(), ..(*only).clone() }),
        _ => None,
    }
}

/// What an offered role is.
fn id_of(file: &File, role: &DiscoveredRole, env: &Env) -> Option<RoleId> {
    match &role.saml {
        Some(pair) => pair.role_arn.parse().ok().map(RoleId::Arn),
        None => match proof(file, &role.idp, env).ok()? {
            ProofPlan::IdentityCenter(center) => {
                let partition = Partition::of_region(&center.region.value);
                Some(RoleId::Assigned(Assignment::new(&role.account, &role.role, partition)))
            }
            _ => None,
        },
    }
}

/// A role that is nowhere configured: one leg from the IdP that offers it.
fn discovered_plan(
    file: &File,
    role: &DiscoveredRole,
    id: RoleId,
    flags: Flags<'_>,
    env: &Env,
) -> Result<Plan, ResolveError> {
    let offered = || Origin::Rule("what the IdP offers");
    let leg = Leg {
        name: role.name(),
        sts: sts_endpoint(file, id.partition(), None, env)?,
        role: Valued::new(id, offered()),
        provider_arn: role.saml.as_ref().map(|pair| Valued::new(pair.provider_arn.clone(), offered())),
        duration: match flags.duration {
            Some(seconds) => by_flag(seconds)?,
            None => Valued::new(DEFAULT_DURATION, Origin::Default),
        },
        session_name: None,
        source_identity: None,
        external_id: None,
        mfa_serial: None,
        tags: None,
        transitive_tags: None,
        policy: None,
        policy_arns: None,
        sign_in: SignInDemand::default(),
    };
    let auto_login = file.idps.get(&role.idp).and_then(|idp| idp.auto_login());
    Ok(Plan {
        role: leg.name.clone(),
        proof: proof(file, &role.idp, env)?,
        legs: vec![leg],
        region: None,
        variables: Vec::new(),
        ca_bundle: None,
        description: role.account_name.clone().filter(|name| !name.is_empty()),
        color: None,
        confirm: false,
        auto_login: auto_login.is_some_and(|at| at.value),
        sign_in: Requirement::default(),
    })
}

/// How one signs in at `[idp.NAME]`.
///
/// # Errors
/// [`ResolveError::UnknownIdp`].
pub fn proof(file: &File, name: &str, env: &Env) -> Result<ProofPlan, ResolveError> {
    let section = file.idps.get(name).ok_or_else(|| ResolveError::UnknownIdp {
        name: name.to_owned(),
        path: file.path.clone(),
        candidates: file.idps.keys().cloned().collect(),
    })?;
    proof::settings(file, name, section, env)
}

fn unknown_role(file: &File, name: &str, offered: &[DiscoveredRole]) -> ResolveError {
    let offered: Vec<String> = offered.iter().map(DiscoveredRole::name).collect();
    let names = file.roles.keys().map(String::as_str).chain(offered.iter().map(String::as_str));
    ResolveError::UnknownRole {
        name: name.to_owned(),
        path: file.path.clone(),
        meant: closest(name, names).map(str::to_owned),
        candidates: candidates(file),
    }
}

fn by_flag(seconds: u32) -> Result<Valued<u32>, ResolveError> {
    if DURATION_RANGE.contains(&seconds) {
        Ok(Valued::new(seconds, Origin::Flag("--duration")))
    } else {
        Err(ResolveError::Duration(seconds))
    }
}

fn candidates(file: &File) -> Vec<String> {
    file.roles.keys().cloned().collect()
}

pub(super) fn from_file<T: Clone>(file: &File, at: &At<T>) -> Valued<T> {
    Valued::new(at.value.clone(), origin(file, at.line))
}

/// A line of the file, or of the second one where two were read as one.
fn origin(file: &File, line: usize) -> Origin {
    match &file.seam {
        Some((lines, path)) if line > *lines => Origin::File { path: path.clone(), line: line - lines },
        _ => Origin::File { path: file.path.clone(), line },
    }
}

fn leg(
    file: &File,
    name: &str,
    role: &RoleSection,
    index: usize,
    flag: Option<u32>,
    env: &Env,
) -> Result<Leg, ResolveError> {
    let mut duration = match (flag, &role.duration) {
        (Some(seconds), _) => by_flag(seconds)?,
        (None, Some(at)) => from_file(file, at),
        (None, None) => Valued::new(DEFAULT_DURATION, Origin::Default),
    };
    if Plan::is_chained(index) && duration.value > CHAINED_LIMIT {
        duration = Valued::new(CHAINED_LIMIT, Origin::Rule("AWS's limit for chained roles"));
    }
    let id = match &role.target {
        Target::Arn(arn) => from_file(file, &At { value: RoleId::Arn(arn.value.clone()), line: arn.line }),
        Target::Assigned { account, permission_set } => {
            let section = match &role.parent {
                Parent::Idp(idp) => file.idps.get(&idp.value),
                Parent::Via(_) => None,
            };
            let partition = match section {
                Some(IdpSection::IdentityCenter(center)) => Partition::of_region(&center.region.value),
                _ => Partition::Aws,
            };
            duration.origin = Origin::Rule("the permission set decides");
            let assigned = Assignment::new(&account.value, &permission_set.value, partition);
            from_file(file, &At { value: RoleId::Assigned(assigned), line: permission_set.line })
        }
        Target::Itself { line } => {
            // There are none but in profiles.
            let variable = region_of_environment(env).map(|region| region.value);
            let region = variable.or_else(|| role.region.as_ref().map(|at| at.value.clone()));
            let partition = region.map_or(Partition::Aws, |region| Partition::of_region(&region));
            Valued::new(RoleId::Itself(partition), origin(file, *line))
        }
    };
    Ok(Leg {
        name: name.to_owned(),
        provider_arn: role.provider_arn.as_ref().map(|at| from_file(file, at)),
        duration,
        session_name: role.session_name.as_ref().map(|at| from_file(file, at)),
        source_identity: role.source_identity.as_ref().map(|at| from_file(file, at)),
        external_id: role.external_id.as_ref().map(|at| from_file(file, at)),
        mfa_serial: role.mfa_serial.as_ref().map(|at| from_file(file, at)),
        tags: role.tags.as_ref().map(|at| from_file(file, at)),
        transitive_tags: role.transitive_tags.as_ref().map(|at| from_file(file, at)),
        policy: role.policy.as_ref().map(|at| from_file(file, at)),
        policy_arns: role.policy_arns.as_ref().map(|at| from_file(file, at)),
        sts: {
            let region = role.region.as_ref().map(|at| from_file(file, at));
            sts_endpoint(file, id.value.partition(), region, env)?
        },
        sign_in: SignInDemand {
            age: role.sign_in_age.as_ref().map(|at| from_file(file, at)),
            acr: role.acr.as_ref().map(|at| from_file(file, at)),
            amr: role.amr.as_ref().map(|at| from_file(file, at)),
        },
        role: id,
    })
}

/// The regional endpoint of the role's region, else of the user's if that is in the role's partition, else of the
/// partition's first region. Never the global endpoint, whose sessions do not hold in every region.
fn sts_endpoint(
    file: &File,
    partition: Partition,
    region: Option<Valued<String>>,
    env: &Env,
) -> Result<StsEndpoint, ResolveError> {
    let variable = [AWS_REGION, AWS_DEFAULT_REGION].into_iter().find_map(|name| {
        let region = env.get(name).filter(|region| Partition::of_region(region) == partition)?;
        Some(Valued::new(region.to_owned(), Origin::Variable(name)))
    });
    let region = if file.is_of_profiles() { variable.or(region) } else { region.or(variable) };
    let region = region.unwrap_or_else(|| {
        Valued::new(partition.default_region().to_owned(), Origin::Rule("the partition's first region"))
    });
    if let (Origin::Variable(variable), false) = (&region.origin, is_region(&region.value)) {
        return Err(ResolveError::Region { variable, value: region.value });
    }
    Ok(StsEndpoint {
        region,
        url: endpoint(file, "sts", env, AWS_ENDPOINT_URL_STS)?,
        fips: chain::FIPS.switch(file, env)?,
        dual_stack: chain::DUAL_STACK.switch(file, env)?,
        attempts: chain::MAX_ATTEMPTS.number(file, env)?,
    })
}

/// The region that the environment names.
fn region_of_environment(env: &Env) -> Option<Valued<String>> {
    [AWS_REGION, AWS_DEFAULT_REGION]
        .into_iter()
        .find_map(|name| Some(Valued::new(env.get(name)?.to_owned(), Origin::Variable(name))))
}

/// The address of `service` in place of AWS's own: by its variable, else by that for all services, else by the profile (AWS
/// SDKs and Tools Reference Guide, "Service-specific endpoints").
pub(super) fn endpoint(
    file: &File,
    service: &str,
    env: &Env,
    variable: &'static str,
) -> Result<Option<Valued<String>>, ResolveError> {
    if chain::IGNORE_ENDPOINTS.switch(file, env)?.value {
        return Ok(None);
    }
    let url = [variable, AWS_ENDPOINT_URL]
        .into_iter()
        .find_map(|name| env.get(name).map(|url| Valued::new(url.to_owned(), Origin::Variable(name))));
    if let Some(Valued { value, origin: Origin::Variable(variable) }) = &url {
        of_variable(variable, value)?;
        return Ok(url);
    }
    let url = file.endpoints.get(service).map(|at| from_file(file, at));
    // Not checked where the profile leaves it aside, but a variable overrules that.
    if let Some(Valued { value, origin }) = &url
        && let Err(why) = TrustedUrl::parse(value, Purpose::AwsEndpoint)
    {
        let (origin, service) = (origin.to_string(), service.to_owned());
        return Err(ResolveError::ProfileEndpoint { origin, service, value: value.clone(), why });
    }
    Ok(url)
}

/// The address that `variable` names, for what is asked outside of a plan.
///
/// # Errors
/// [`ResolveError::Endpoint`] if it is not one to trust.
pub fn named_endpoint(env: &Env, variable: &'static str) -> Result<Option<TrustedUrl>, ResolveError> {
    if chain::IGNORE_ENDPOINTS.switch(&File::default(), env)?.value {
        return Ok(None);
    }
    env.get(variable).map(|url| of_variable(variable, url)).transpose()
}

fn of_variable(variable: &'static str, url: &str) -> Result<TrustedUrl, ResolveError> {
    TrustedUrl::parse(url, Purpose::AwsEndpoint).map_err(|why| {
        let value = url.chars().take(300).collect();
        ResolveError::Endpoint { variable, value, why }
    })
}

#[cfg(test)]
mod tests;
