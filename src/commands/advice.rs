//! Turns the typed advice of an error ([`Explain`], any layer) into the hints that the person sees, with
//! the commands for this role or IdP. No other module writes hints.

use std::io;

use crate::broker::BrokerError;
use crate::error::{CommandError, Kind};
use crate::plan::{CenterSettings, Plan, ProofPlan};
use crate::store::StoreError;
use jit_wire::explain::{Explain, Next};
use jit_wire::name;

/// The configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigUnread {
    #[error("there is no configuration at {0}")]
    Absent(String),
    #[error("the configuration at {path} cannot be read")]
    Unreadable { path: String, source: io::Error },
}

impl ConfigUnread {
    pub(super) fn new(path: &str, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Absent(path),
            _ => Self::Unreadable { path, source },
        }
    }
}

impl Explain for ConfigUnread {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        std::error::Error::source(self).map(ToString::to_string).into_iter().collect()
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Absent(_) => vec![
                Next::Run { command: "configure".into(), does: "asks the questions and writes it".into() },
                Next::Run {
                    command: "configure add URL".into(),
                    does: "adds your company's shared file".into(),
                },
            ],
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Next::list(["check its owner and its permissions"])
            }
            Self::Unreadable { .. } => Vec::new(),
        }
    }
}

/// For errors that are about no role and no IdP.
impl<E: Explain> From<E> for CommandError {
    fn from(error: E) -> Self {
        Case::of_nobody().explain(&error)
    }
}

/// Why a command that never prompts cannot say what is stored.
pub(super) fn not_asked(error: &StoreError) -> String {
    match error {
        StoreError::Locked { what, .. } => format!("{what}; this command does not ask, `jit login` does"),
        error => error.in_one_line(),
    }
}

/// The sign-in worked, but could not be stored. An error for `jit login`, whose purpose is to store it.
#[derive(Debug, thiserror::Error)]
#[error("you are signed in, but jit could not store the sign-in: the next command asks again")]
pub(super) struct NotStored(pub(super) StoreError);

impl Explain for NotStored {
    fn kind(&self) -> Kind {
        Kind::Store
    }

    fn why(&self) -> Vec<String> {
        std::iter::once(self.0.to_string()).chain(self.0.why()).collect()
    }

    fn next(&self) -> Vec<Next> {
        self.0.next()
    }
}

/// The command that failed, where that changes which advice helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// `jit login`. Advice to run the same command again would not help.
    Login {
        /// With `--force`.
        force: bool,
    },
    /// `jit configure`, which tests an IdP and a role before it writes them. Other commands do not know
    /// them yet, so advice must not name such a command.
    Configure,
    /// Any other command.
    Another,
}

/// The error for a session of `plan` that jit could not get.
pub(super) fn no_session(error: &BrokerError, plan: &Plan, typed: Typed) -> CommandError {
    let role = name::in_command(&plan.role).into_owned();
    Case { whom: Some(role.clone()), role: Some(role), proof: Some(&plan.proof), typed }.explain(error)
}

/// The error for a sign-in at `idp` that did not succeed.
pub(super) fn no_login(error: &BrokerError, idp: &str, proof: &ProofPlan, typed: Typed) -> CommandError {
    let whom = format!("--idp {}", name::in_command(idp));
    Case { whom: Some(whom), role: None, proof: Some(proof), typed }.explain(error)
}

/// An error that a command found itself, about the role of `plan`.
pub(super) fn about(plan: &Plan, error: &dyn Explain) -> CommandError {
    let role = name::in_command(&plan.role).into_owned();
    Case { whom: Some(role.clone()), role: Some(role), proof: Some(&plan.proof), typed: Typed::Another }
        .explain(error)
}

/// An error about a role of which at most the name is known.
pub(super) fn for_role(role: Option<&str>, error: &dyn Explain) -> CommandError {
    let role = role.map(|role| name::in_command(role).into_owned());
    Case { whom: role.clone(), role, proof: None, typed: Typed::Another }.explain(error)
}

/// One piece of advice, where there is no role and no IdP.
pub(super) fn in_words(next: &Next) -> String {
    Case::of_nobody().say(next).join("; ")
}

/// The advice of an error that is reported among other findings, as by `jit doctor`.
pub(super) fn of(error: &dyn Explain) -> Vec<String> {
    Case::of_nobody().hints(error)
}

/// The case that hints are written for. The lower layers know what happened, but not the role or the
/// command that was typed.
struct Case<'a> {
    /// The argument for `jit login`: a role, or `--idp NAME`.
    whom: Option<String>,
    /// The role, quoted for a command line.
    role: Option<String>,
    proof: Option<&'a ProofPlan>,
    typed: Typed,
}

impl Case<'_> {
    /// A failure that is about no role and no IdP.
    fn of_nobody() -> Self {
        Self { whom: None, role: None, proof: None, typed: Typed::Another }
    }

    /// The error as it is shown.
    fn explain(&self, error: &dyn Explain) -> CommandError {
        let mut shown = CommandError::advised(error.kind(), error.to_string(), self.hints(error));
        shown.excerpt = error.excerpt();
        shown.causes = error.why();
        shown
    }

    fn hints(&self, error: &dyn Explain) -> Vec<String> {
        let mut hints: Vec<String> = Vec::new();
        for hint in error.next().iter().flat_map(|next| self.say(next)) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        hints
    }

    /// One piece of advice, in words for this case; empty if it does not apply.
    fn say(&self, next: &Next) -> Vec<String> {
        let one = match next {
            Next::Do(words) => words.to_string(),
            Next::Run { command, does } if does.is_empty() => format!("jit {command}"),
            Next::Run { command, does } => format!("jit {command}  {does}"),
            Next::TryAgain => "try again in a minute".to_owned(),
            Next::Explain(what) => match &self.role {
                Some(role) if self.typed != Typed::Configure => format!("{what}: `jit explain {role}`"),
                _ => what.to_string(),
            },
            Next::EveryValue => match &self.role {
                Some(role) if self.typed != Typed::Configure => {
                    format!("jit explain {role}  shows every value of the request")
                }
                _ => return Vec::new(),
            },
            Next::Network(setting) => {
                let fips = setting.as_ref().and_then(|_| self.without_fips());
                let check = match setting {
                    Some(setting) => format!("check {setting}, the network and the proxy"),
                    None => "check the network and the proxy".to_owned(),
                };
                return fips.into_iter().chain([check]).collect();
            }
            // `jit doctor` checks the servers of the configuration, so it does not help before there is
            // one.
            Next::Doctor if self.typed == Typed::Configure || self.whom.is_none() => return Vec::new(),
            Next::Doctor => "run `jit doctor`".to_owned(),
            // `jit doctor` compares the clock with the STS endpoints of the configured roles, so there must
            // be one.
            Next::Clock if self.role.is_some() && self.typed != Typed::Configure => {
                "check this machine's clock: `jit doctor`".to_owned()
            }
            Next::Clock => "check this machine's clock".to_owned(),
            Next::Offered(account) => format!("`jit roles {account}` lists what you were offered there"),
            Next::StartAfresh => "`jit logout --all` starts over; you lose only your sign-ins".to_owned(),
            Next::SignIn
            | Next::SignInAgain
            | Next::SignInAnew
            | Next::ThenSignIn(_)
            | Next::ThenSignInAnew(_)
            | Next::SignInWith { .. }
            | Next::SignInAt(_)
            | Next::Unlock => return self.say_sign_in(next).into_iter().collect(),
        };
        vec![one]
    }

    /// Advice to sign in. `jit configure` starts the sign-in itself, so it needs only the rest of the
    /// advice.
    fn say_sign_in(&self, next: &Next) -> Option<String> {
        if self.typed == Typed::Configure {
            return match next {
                Next::ThenSignIn(what) | Next::ThenSignInAnew(what) => Some(what.to_string()),
                Next::Unlock => Some("unlock your keychain".to_owned()),
                _ => None,
            };
        }
        let login = self.login("");
        let again = self.login("--force");
        Some(match next {
            Next::SignIn => return Some(self.sign_in()),
            Next::SignInAgain => format!("run `{login}` again"),
            // The same command has just failed.
            Next::SignInAnew if self.typed == (Typed::Login { force: true }) => return None,
            Next::SignInAnew => again,
            Next::ThenSignIn(what) => format!("{what}, then: `{login}`"),
            Next::ThenSignInAnew(what) => format!("{what}, then: `{again}`"),
            Next::SignInWith { flags, when } => format!("{when}: `{}`", self.login(flags)),
            Next::SignInAt(place) => format!("run `{login}` on {place}"),
            Next::Unlock => {
                format!(
                    "unlock your keychain, or run `{login}` on your desktop, where the keychain can ask you"
                )
            }
            _ => return None,
        })
    }

    /// `jit login` with `flags`, for the role or IdP of this case.
    fn login(&self, flags: &str) -> String {
        let whom = self.whom.as_deref().unwrap_or_default();
        ["jit login", flags, whom].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// A sign-in that can work. After `jit login` itself failed, that is another way to sign in.
    fn sign_in(&self) -> String {
        match (self.typed, self.proof) {
            (Typed::Login { .. }, Some(ProofPlan::Oidc(_) | ProofPlan::IdentityCenter(_))) => {
                self.login("--no-browser")
            }
            (Typed::Login { .. }, Some(ProofPlan::Saml(_) | ProofPlan::Okta(_))) => {
                format!("run `{}` on a terminal on your desktop", self.login(""))
            }
            (Typed::Login { .. }, _) => format!("run `{}` on a terminal", self.login("")),
            _ => self.login(""),
        }
    }

    /// Advice if the region may not have the FIPS endpoint that was requested. It does not suggest the
    /// plain endpoint: somebody has required FIPS.
    fn without_fips(&self) -> Option<String> {
        let Some(ProofPlan::IdentityCenter(center)) = self.proof else { return None };
        let CenterSettings { region, fips, .. } = center;
        let asked = fips.value && [center.oidc(), center.portal()].iter().any(|url| url.contains("-fips."));
        asked.then(|| {
            format!(
                "Identity Center may have no FIPS endpoint in {}; {} asks for one",
                region.value, fips.origin
            )
        })
    }
}

#[cfg(test)]
mod tests;
