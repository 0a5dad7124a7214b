//! Why a role cannot be resolved, and what to do next.

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::trusted_url::UrlError;

/// Why a role cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such role.
    #[error("no role matches `{name}`")]
    UnknownRole {
        /// The name that was looked up.
        name: String,
        /// The names in the file that was searched.
        candidates: Vec<String>,
    },
    /// IdPs offer several roles of this name.
    #[error("several roles match `{name}`")]
    Ambiguous {
        /// The name that was looked up.
        name: String,
        /// Each with its own name and the IdP that offers it.
        meant: Vec<String>,
        /// Names that match exactly one of them.
        distinct: Vec<String>,
        /// For each without such a name: the section that would give it one.
        sections: Vec<String>,
    },
    /// No role was named anywhere.
    #[error("no role was given")]
    NoRole {
        /// All names.
        candidates: Vec<String>,
    },
    /// No such IdP.
    #[error("there is no [idp.{name}] in {path}")]
    UnknownIdp {
        /// The name that was looked up.
        name: String,
        /// The file that was searched.
        path: String,
        /// All names.
        candidates: Vec<String>,
    },
    /// `--duration` is out of range.
    #[error("{0} seconds is not a duration that STS takes: durations are from 15m to 12h")]
    Duration(u32),
    /// A profile takes its credentials from the environment, which has none.
    #[error("the profile {profile} gets its credentials from {variable}, which is not set")]
    NotInEnvironment {
        /// The profile.
        profile: String,
        /// The missing variable.
        variable: &'static str,
    },
    /// A variable for the region has a value that is not a region, and so must not become part of a host
    /// name.
    #[error("{variable} is `{value}`, which is not a region")]
    Region {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// A variable of AWS's tools has an invalid value.
    #[error("{variable}: {what}")]
    Setting {
        /// The variable.
        variable: &'static str,
        /// What is wrong.
        what: String,
        /// The valid values.
        next: String,
    },
    /// The instance's metadata service must not be used.
    #[error(
        "the profile {profile} uses the credentials of this instance, and AWS_EC2_METADATA_DISABLED forbids \
         that"
    )]
    MetadataDisabled {
        /// The profile.
        profile: String,
    },
    /// An endpoint of a profile is not a trusted URL.
    #[error("{origin} sets the endpoint of {service} to {value}, which {why}")]
    ProfileEndpoint {
        /// The line that sets it.
        origin: String,
        /// The service.
        service: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: UrlError,
    },
    /// An endpoint variable is not a trusted URL.
    #[error("{variable} is `{value}`, which {why}")]
    Endpoint {
        /// The variable.
        variable: &'static str,
        /// Its value.
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
        let words = |words: String| vec![Next::words(words)];
        match self {
            Self::UnknownRole { candidates, .. } => vec![list_of_roles(candidates)],
            Self::Ambiguous { distinct, sections, .. } => {
                let mut next = Vec::new();
                if !distinct.is_empty() {
                    next.push(Next::words(format!("use one of: {}", distinct.join(", "))));
                }
                for section in sections {
                    next.push(Next::words(format!("or name it in the configuration: {section}")));
                }
                next
            }
            Self::NoRole { candidates } if candidates.is_empty() => vec![list_of_roles(candidates)],
            Self::NoRole { candidates } => vec![
                list_of_roles(candidates),
                Next::words("give a role, or set default_role in the configuration"),
            ],
            Self::UnknownIdp { candidates, .. } if candidates.is_empty() => {
                Next::list(["add an [idp.NAME] to the configuration"])
            }
            Self::UnknownIdp { candidates, .. } => words(format!("the IdPs are: {}", candidates.join(", "))),
            Self::Duration(_) => Next::list(["such as --duration 1h"]),
            Self::NotInEnvironment { variable, .. } => {
                words(format!("set {variable}, or use another profile"))
            }
            Self::Region { variable, .. } => {
                words(format!("unset {variable}, or set it to a region such as eu-west-1"))
            }
            Self::Setting { next, .. } => words(next.clone()),
            Self::MetadataDisabled { .. } => {
                Next::list(["unset AWS_EC2_METADATA_DISABLED, or use another profile"])
            }
            Self::ProfileEndpoint { .. } => Next::list(["write an https URL there, or http on this machine"]),
            Self::Endpoint { variable, .. } => words(format!("unset {variable}, or set it to an https URL")),
        }
    }
}

fn list_of_roles(candidates: &[String]) -> Next {
    match candidates {
        [] => Next::words("add a [role.NAME] to the configuration"),
        some => Next::words(format!("the roles are: {}", some.join(", "))),
    }
}
