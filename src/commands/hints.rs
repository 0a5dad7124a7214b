//! Every failure of a lower layer as the person sees it: its kind, and what to type next. The only place for hints.

use std::io;

use crate::aws::portal::PortalErrorKind;
use crate::broker::{BrokerError, FailureKind};
use crate::config::Mistake;
use crate::config::resolve::ResolveError;
use crate::error::{CommandError, Kind};
use crate::idp::identity_center::CenterError;
use crate::idp::{IdpError, START_OVER};
use crate::plan::{Plan, ProofPlan, Source, SourceSettings};
use crate::store::StoreError;
use crate::sys::http::HttpError;
use jit_wire::name;

/// The configuration cannot be read.
pub(super) fn unreadable_config(path: &str, error: &io::Error) -> CommandError {
    if error.kind() == io::ErrorKind::NotFound {
        return CommandError::new(Kind::Usage, format!("there is no configuration at {path}")).hint(
            "jit configure  asks for what it needs; jit configure add URL  takes your company's shared file",
        );
    }
    CommandError::new(Kind::Usage, format!("the configuration at {path} cannot be read")).because(error)
}

impl From<Mistake> for CommandError {
    fn from(mistake: Mistake) -> Self {
        let excerpt = mistake.excerpt.as_ref().map(|text| format!("{:>4} | {text}", mistake.line));
        let error = Self { excerpt, ..Self::new(Kind::Usage, mistake.to_string()) };
        mistake.suggestion.into_iter().fold(error, Self::hint)
    }
}

impl From<ResolveError> for CommandError {
    fn from(error: ResolveError) -> Self {
        let shown = Self::new(Kind::Usage, error.to_string());
        let list = |candidates: &[String]| format!("the roles are: {}", candidates.join(", "));
        match error {
            ResolveError::UnknownRole { meant: Some(meant), .. } => {
                shown.hint(format!("did you mean `{meant}`?"))
            }
            ResolveError::UnknownRole { candidates, .. } => shown.hint(list(&candidates)),
            ResolveError::Ambiguous { meant, distinct, sections, .. } => {
                let shown = shown.because(meant.join(", "));
                let say = (!distinct.is_empty()).then(|| format!("say which: {}", distinct.join(", ")));
                let shown = say.into_iter().fold(shown, Self::hint);
                sections.into_iter().fold(shown, |shown, section| {
                    shown.hint(format!("give it a name in the configuration: {section}"))
                })
            }
            ResolveError::NoRole { candidates } if candidates.is_empty() => {
                shown.hint("add a [role.NAME] to the configuration")
            }
            ResolveError::NoRole { candidates } => {
                shown.hint(list(&candidates)).hint("name one, or set default_role in the configuration")
            }
            ResolveError::UnknownIdp { candidates, .. } => {
                shown.hint(format!("the IdPs are: {}", candidates.join(", ")))
            }
            ResolveError::Duration(_) => shown,
            ResolveError::NotInEnvironment { variable, .. } => {
                shown.hint(format!("set {variable}, or use another profile"))
            }
            ResolveError::Region { variable, .. } => {
                shown.hint(format!("unset {variable}, or give it a region such as eu-west-1"))
            }
            ResolveError::Setting { next, .. } => shown.hint(next),
            ResolveError::MetadataDisabled { .. } => {
                shown.hint("unset AWS_EC2_METADATA_DISABLED, or use another profile")
            }
            ResolveError::ProfileEndpoint { .. } => {
                shown.hint("write an https address there, or http on this machine")
            }
            ResolveError::Endpoint { variable, .. } => {
                shown.hint(format!("unset {variable}, or give it an https address"))
            }
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for CommandError {
    fn from(error: &StoreError) -> Self {
        if let StoreError::BadSetting { .. } = error {
            return Self::new(Kind::Usage, error.to_string())
                .hint("unset JIT_STORE, and jit takes the keychain, or what comes next to it");
        }
        let hint = match error {
            StoreError::Locked { .. } => {
                Some("unlock your keychain, or run `jit login` on your desktop, which lets it ask you")
            }
            StoreError::Refused { .. } => Some("allow jit to use the keychain and try again"),
            StoreError::Unavailable { .. } | StoreError::Gone { .. } => {
                Some("JIT_STORE=kernel keeps sessions until reboot where there is no keychain")
            }
            StoreError::Corrupt { .. } | StoreError::KeyLost { .. } => {
                Some("`jit logout --all` starts afresh; nothing but a login is lost")
            }
            StoreError::Busy { .. } => Some("try again when that is done"),
            StoreError::Newer { .. } => Some("update jit; it was written by a newer version"),
            _ => None,
        };
        let kind = if matches!(error, StoreError::Busy { .. }) { Kind::Failed } else { Kind::Store };
        let shown = Self::new(kind, error.to_string());
        let shown = match std::error::Error::source(error) {
            Some(source) => shown.because(source),
            None => shown,
        };
        hint.into_iter().fold(shown, Self::hint)
    }
}

/// Why a command that asks nobody does not know what is stored.
pub(super) fn not_asked(error: &StoreError) -> String {
    match error {
        StoreError::Locked { what } => format!("{what}; nobody is asked here, `jit login` does"),
        error => error.in_one_line(),
    }
}

/// A login that could not be stored, for the command whose purpose that is.
pub(super) fn not_stored(error: &StoreError) -> CommandError {
    let store = CommandError::from(error);
    let what = "you are signed in, but nothing keeps that: the next command asks for it again";
    let shown =
        CommandError { causes: Vec::new(), kind: Kind::Store, what: what.to_owned(), ..store.clone() };
    store.causes.into_iter().fold(shown.because(store.what), CommandError::because)
}

/// Which command failed, as far as that decides what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// `jit login`, which is not to be advised as it was typed.
    Login {
        /// With `--force`.
        force: bool,
    },
    /// `jit configure`, which tries what is written nowhere yet: no other command knows that IdP or role, and the next
    /// thing to try is another answer.
    Configure,
    /// Any other.
    Another,
}

/// There is no session for `plan`.
pub(super) fn no_session(error: &BrokerError, plan: &Plan, typed: Typed) -> CommandError {
    let role = name::in_command(&plan.role).into_owned();
    let known = (typed != Typed::Configure).then(|| role.clone());
    let case = Case { whom: role, role: known, proof: &plan.proof, typed };
    let mut shown = case.of_broker(error);
    if let Some(hint) = without_fips(error, &plan.proof) {
        shown.hints.insert(0, hint);
    }
    if let (Kind::NotAllowed, Some(role)) = (shown.kind, &case.role) {
        shown.hints.push(format!("jit explain {role}  shows every value of the question"));
    }
    shown
}

/// What to do where a FIPS endpoint was asked for that the region may not have. To ask the plain one instead would be to
/// leave out what somebody has switched on.
fn without_fips(error: &BrokerError, proof: &ProofPlan) -> Option<String> {
    let ProofPlan::IdentityCenter(center) = proof else { return None };
    let unreachable = match error {
        BrokerError::Idp(IdpError::IdentityCenter(CenterError::Http(error))) => {
            matches!(error, HttpError::Unreachable { .. })
        }
        BrokerError::Portal(error) => error.kind == PortalErrorKind::Unreachable,
        _ => false,
    };
    let asked =
        center.fips.value && [center.oidc(), center.portal()].iter().any(|url| url.contains("-fips."));
    (unreachable && asked).then(|| {
        format!(
            "Identity Center may have no FIPS endpoint in {}; {} asks for one",
            center.region.value, center.fips.origin
        )
    })
}

/// There is no login at `idp`.
pub(super) fn no_login(error: &BrokerError, idp: &str, proof: &ProofPlan, typed: Typed) -> CommandError {
    let whom = format!("--idp {}", name::in_command(idp));
    Case { whom, role: None, proof, typed }.of_broker(error)
}

/// What a hint has to be true for. The lower layers know what happened, and neither the role nor what was typed.
struct Case<'a> {
    /// What `jit login` is to be told.
    whom: String,
    /// The role, as it is typed, if there is one.
    role: Option<String>,
    proof: &'a ProofPlan,
    typed: Typed,
}

impl Case<'_> {
    /// What the broker ended with.
    fn of_broker(&self, error: &BrokerError) -> CommandError {
        if let BrokerError::Store(error) = error {
            return CommandError::from(error);
        }
        let failure = error.failure();
        let kind = match failure.kind {
            FailureKind::Failed => Kind::Failed,
            FailureKind::LoginNeeded => Kind::LoginNeeded,
            FailureKind::Refused => Kind::Refused,
            FailureKind::NotAllowed => Kind::NotAllowed,
            FailureKind::Store => Kind::Store,
            FailureKind::Usage => Kind::Usage,
            FailureKind::Interrupted => Kind::Interrupted,
        };
        let mut hints: Vec<String> = Vec::new();
        for clause in &failure.next {
            let hint = self.fit(clause);
            hints.extend(hint.filter(|hint| !hints.contains(hint)));
        }
        if kind == Kind::LoginNeeded && self.typed != Typed::Configure {
            hints.push(self.sign_in());
        }
        CommandError { causes: failure.why, hints, ..CommandError::new(kind, failure.what) }
    }

    /// The sign-in that can be done. The same command would end as it did.
    fn sign_in(&self) -> String {
        let whom = &self.whom;
        if self.typed == Typed::Another {
            return format!("jit login {whom}");
        }
        match self.proof {
            ProofPlan::Oidc(_) | ProofPlan::IdentityCenter(_) => format!("jit login --no-browser {whom}"),
            ProofPlan::Saml(_) | ProofPlan::Okta(_) | ProofPlan::Source(_) => {
                format!("run `jit login {whom}` on a terminal of your desktop")
            }
        }
    }

    /// `clause` of a lower layer as it is true here, or nothing: a `jit login` and a `jit explain` in it get the role or the
    /// IdP, without which they would ask about another one, or fail.
    fn fit(&self, clause: &str) -> Option<String> {
        if self.typed == Typed::Configure {
            let ends = [": `jit explain`", ", then: `jit login --force`"];
            let clause = ends.iter().find_map(|end| clause.strip_suffix(end)).unwrap_or(clause);
            return (!clause.contains("jit login") && !clause.contains("jit explain"))
                .then(|| clause.to_owned());
        }
        if clause.contains("jit login") {
            // Nobody signs in there.
            if let ProofPlan::Source(source) = self.proof {
                return Some(new_credentials(source));
            }
            if clause.contains(START_OVER) && self.typed == (Typed::Login { force: true }) {
                return None;
            }
        }
        if clause == START_OVER {
            return Some(format!("{START_OVER} {}", self.whom));
        }
        let clause = match self.role {
            Some(_) => clause,
            None => clause.strip_suffix(": `jit explain`").unwrap_or(clause),
        };
        let parts = clause.split('`').enumerate().map(|(at, part)| match (at % 2, &self.role) {
            (1, _) if part.starts_with("jit login") => format!("{part} {}", self.whom),
            (1, Some(role)) if part == "jit explain" => format!("{part} {role}"),
            _ => part.to_owned(),
        });
        Some(parts.collect::<Vec<_>>().join("`"))
    }
}

/// What helps where a profile's credentials are over or refused.
fn new_credentials(source: &SourceSettings) -> String {
    let profile = &source.name;
    match &source.source.value {
        Source::Keys { .. } => format!("give the profile {profile} new keys ({})", source.source.origin),
        Source::Process(_) => {
            format!("run the credential_process of the profile {profile} by itself, to see what it gives")
        }
        Source::TokenFile(path) => format!("have whatever writes {path} write it again"),
        _ => "show this to whoever manages this machine: AWS does not take the credentials that it was given"
            .to_owned(),
    }
}
