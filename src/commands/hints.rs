//! Every failure of a lower layer as the person sees it: its kind, and what to type next. The only place for hints.

use std::io;

use crate::aws::portal::PortalErrorKind;
use crate::broker::{BrokerError, FailureKind};
use crate::config::Mistake;
use crate::config::resolve::ResolveError;
use crate::error::{CommandError, Kind};
use crate::idp::IdpError;
use crate::idp::identity_center::CenterError;
use crate::name;
use crate::plan::{Plan, ProofPlan};
use crate::store::StoreError;
use crate::sys::http::HttpError;

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
            ResolveError::Ambiguous { meant, .. } => shown
                .because(meant.join(", "))
                .hint("say which: the account's number, the role's ARN, or a [role.NAME] of its own"),
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

/// There is no session for `plan`.
pub(super) fn no_session(error: &BrokerError, plan: &Plan, forced: bool) -> CommandError {
    let role = name::in_command(&plan.role);
    let mut shown = of_broker(error, &role, forced);
    if let Some(hint) = without_fips(error, &plan.proof) {
        shown.hints.insert(0, hint);
    }
    if shown.kind == Kind::NotAllowed {
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
pub(super) fn no_login(error: &BrokerError, idp: &str, forced: bool) -> CommandError {
    of_broker(error, &format!("--idp {}", name::in_command(idp)), forced)
}

/// What the broker ended with; `whom` is what `jit login` is to be told.
fn of_broker(error: &BrokerError, whom: &str, forced: bool) -> CommandError {
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
    let mut shown =
        CommandError { causes: failure.why, hints: failure.next, ..CommandError::new(kind, failure.what) };
    match kind {
        Kind::LoginNeeded => shown.hints.push(format!("jit login {whom}")),
        // Where more is known of the refusal, a new login is not what helps.
        Kind::Refused if !forced && shown.hints.is_empty() => {
            shown.hints.push(format!("jit login --force {whom}"))
        }
        _ => {}
    }
    shown
}
