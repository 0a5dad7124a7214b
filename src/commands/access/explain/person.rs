//! The person that an explanation is about: oneself, or another one of the policy (`--as`).

use std::collections::BTreeSet;

use jit_access::people::Nobody;
use jit_access::policy::Members;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::name::is_session_name;
use jit_wire::section::closest;

use super::super::Desk;

/// A person, by the name in the policy and by that of their session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whom {
    /// In the policy; the name of the session if that is nobody's there.
    pub(crate) name: String,
    /// Of their sessions, in every role.
    pub(crate) session_name: String,
}

/// Why nobody is meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPerson {
    /// The policy has nobody like that.
    #[error("the policy has no person `{typed}`")]
    Unknown { typed: String, meant: Option<String>, known: Vec<String> },
    /// The name is known, and nobody's.
    #[error("`{typed}` is nobody: {nobody}")]
    Nobody { typed: String, nobody: Nobody, meant: Option<String> },
    /// AWS has no session of that name.
    #[error("`{0}` cannot be the name of a session")]
    NotAName(String),
}

impl Explain for NoPerson {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        const MOST: usize = 12;
        vec![match self {
            Self::Unknown { meant: Some(meant), .. } | Self::Nobody { meant: Some(meant), .. } => {
                Next::words(format!("did you mean `{meant}`?"))
            }
            Self::Unknown { known, .. } if known.is_empty() => Next::words("name somebody of the policy"),
            Self::Unknown { known, .. } => {
                let more = if known.len() > MOST { ", …" } else { "" };
                Next::words(format!("the policy names {}{more}", known[..known.len().min(MOST)].join(", ")))
            }
            Self::Nobody { .. } | Self::NotAName(_) => {
                Next::words("name a person of the policy, or the name of their session at the IdP")
            }
        }]
    }
}

/// The names of the people that the policy itself lists.
pub(crate) fn names(desk: &Desk<'_>) -> BTreeSet<String> {
    let policy = &desk.policy.policy;
    let members = policy.groups.values().filter_map(|group| match &group.members {
        Members::People(people) => Some(people),
        Members::Door(_) | Members::IdentityCenter(_) => None,
    });
    members.flatten().chain(policy.people.keys()).cloned().collect()
}

/// Who `typed` is, by their name in the policy or that of their session; without it, the person themselves.
///
/// # Errors
/// [`NoPerson`].
pub(crate) fn whom(typed: Option<&str>, desk: &Desk<'_>) -> Result<Whom, NoPerson> {
    let Some(typed) = typed else {
        let session_name = desk.user_id.session_name().to_owned();
        return Ok(Whom { name: desk.name_of(desk.user_id).to_owned(), session_name });
    };
    let policy = &desk.policy.policy;
    if let Some(session_name) = policy.people.get(typed).and_then(|person| person.names.first()) {
        return Ok(Whom { name: typed.to_owned(), session_name: session_name.clone() });
    }
    if !is_session_name(typed) {
        return Err(NoPerson::NotAName(typed.to_owned()));
    }
    let listed = names(desk);
    let claimed = policy.people.values().flat_map(|person| &person.names).cloned();
    // Only the function knows the groups of Identity Center, but a person who has asked for something is known.
    let seen = desk.cases().map(|case| case.author.session_name().to_owned());
    let known: BTreeSet<String> = listed.iter().cloned().chain(claimed).chain(seen).collect();
    let meant = || closest(typed, known.iter().map(String::as_str)).map(str::to_owned);
    let found = Whom { name: typed.to_owned(), session_name: typed.to_owned() };
    match desk.people.person(typed) {
        Ok(person) => Ok(Whom { name: person.to_owned(), ..found }),
        Err(Nobody::Unknown) if known.contains(typed) => Ok(found),
        Err(Nobody::Unknown) => {
            let (typed, known) = (typed.to_owned(), listed.into_iter().collect());
            match meant() {
                None if policy.groups.keys().any(|group| !desk.lists(group)) => Ok(found),
                meant => Err(NoPerson::Unknown { typed, meant, known }),
            }
        }
        Err(nobody) => {
            let meant = known.iter().find(|name| name.eq_ignore_ascii_case(typed) && *name != typed);
            Err(NoPerson::Nobody { typed: typed.to_owned(), nobody, meant: meant.cloned() })
        }
    }
}
