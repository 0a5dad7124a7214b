//! Handles the tokens of the token endpoint: stores them first, then checks them, and revokes them if they
//! cannot be used.

use super::discovery::{self, Provider};
use super::error::OidcError;
use super::login::{Client, OidcLogin, Unchecked};
use super::token::{self, Expected};
use super::token_endpoint::Tokens;
use super::{TokenChecks, refresh};
use crate::plan::OidcSettings;
use crate::world::World;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

/// Stores a login before anything in it is checked; `None` removes it again.
pub type KeepOidcLogin<'a> = &'a dyn Fn(Option<&OidcLogin>);

/// Where received tokens are put.
#[derive(Clone, Copy)]
pub(super) struct Safe<'a> {
    /// The last login, which stays until there is another one.
    pub(super) last: Option<&'a OidcLogin>,
    /// If this is `None`, nothing unchecked can be kept.
    pub(super) keep: Option<KeepOidcLogin<'a>>,
}

impl Safe<'_> {
    fn put(&self, login: Option<&OidcLogin>) {
        if let Some(keep) = self.keep {
            keep(login);
        }
    }
}

/// Stores the tokens of the token endpoint, checks them, and makes a login from them.
pub(super) async fn accept(
    settings: &OidcSettings,
    world: &World,
    provider: Provider,
    tokens: Tokens,
    checks: TokenChecks<'_>,
    safe: Safe<'_>,
) -> Result<OidcLogin, OidcError> {
    let Tokens { id_token, access_token, refresh_token, unfit, client_auth } = tokens;
    let now = world.clock.now();
    let mut held = match safe.last {
        Some(last) => last.clone(),
        None => OidcLogin::of_nobody(provider.clone(), &settings.issuer.value, now),
    };
    held.provider = Provider { client_auth, ..provider };
    held.client = Some(Client::of(settings));
    if checks.by_refresh {
        held.refresh_token = refresh_token.clone().or(held.refresh_token);
    }
    held.unchecked = Some(Box::new(Unchecked {
        id_token,
        access_token,
        refresh_token,
        nonce: checks.nonce.map(Secret::from),
        signed_in_within: checks.signed_in_within,
        by_refresh: checks.by_refresh,
        received_at: now,
    }));
    if !checks.by_refresh && unfit.is_none() {
        // No refresh token was spent for them, and a check with the stored keys takes no time and no request.
        match check_with(settings, &held, &held.provider, now) {
            Ok(login) => return Ok(login),
            Err(error) if error.may_pass() => {}
            Err(error) => return Err(give_up(settings, world, held, error, None).await),
        }
    }
    safe.put(Some(&held));
    let outcome = match unfit {
        Some(error) => Err(error),
        None => check(settings, world, &held, now).await,
    };
    match outcome {
        Ok(login) => Ok(login),
        // It is checked again at the next call, which may have more information.
        Err(error) if error.may_pass() && safe.keep.is_some() => Err(error),
        Err(error) => Err(give_up(settings, world, held, error, Some(safe)).await),
    }
}

/// Gives up tokens that will never become a login. What is still useful stays stored, and what stays valid at
/// the IdP is revoked there.
async fn give_up(
    settings: &OidcSettings,
    world: &World,
    mut held: OidcLogin,
    error: OidcError,
    safe: Option<Safe<'_>>,
) -> OidcError {
    let Some(unchecked) = held.unchecked.take() else { return error };
    if unchecked.by_refresh && !error.needs_new_login() {
        safe.inspect(|safe| safe.put(Some(&held)));
        return error;
    }
    let token =
        if unchecked.by_refresh { held.refresh_token.as_ref() } else { unchecked.refresh_token.as_ref() };
    if let Some(token) = token {
        let_go(settings, world, &held.provider, token).await;
    }
    if !unchecked.by_refresh {
        safe.inspect(|safe| safe.put(safe.last));
    }
    error
}

/// Revokes a refresh token that will not be used, or reports that it stays valid.
pub(super) async fn let_go(
    settings: &OidcSettings,
    world: &World,
    provider: &Provider,
    token: &Secret<String>,
) {
    let why = match refresh::revoke_one(settings, world, provider, token).await {
        Ok(refresh::Revoked::Done) => return log::info!("an unneeded refresh token was revoked"),
        Ok(refresh::Revoked::NotOffered) => "it does not support revocation".to_owned(),
        Err(error) => error.to_string(),
    };
    let text = format!(
        "could not revoke an unneeded refresh token at {}; it stays valid there: {why}",
        settings.name
    );
    world.person.tell(crate::world::Note::Warning { text: &text });
}

/// Checks the tokens in `held` as of `now`, and makes a login from them.
pub(super) async fn check(
    settings: &OidcSettings,
    world: &World,
    held: &OidcLogin,
    now: Timestamp,
) -> Result<OidcLogin, OidcError> {
    match check_with(settings, held, &held.provider, now) {
        // The IdP may have changed its keys since they were fetched.
        Err(error) if error.is_unknown_key() => {
            let client_auth = held.provider.client_auth;
            let provider = Provider { client_auth, ..discovery::fetch(settings, world).await? };
            check_with(settings, held, &provider, now)
        }
        checked => checked,
    }
}

/// The same with the stored keys.
fn check_with(
    settings: &OidcSettings,
    held: &OidcLogin,
    provider: &Provider,
    now: Timestamp,
) -> Result<OidcLogin, OidcError> {
    let Some(unchecked) = &held.unchecked else { return Ok(held.clone()) };
    let missing = if unchecked.by_refresh { OidcError::NoNewIdToken } else { OidcError::NoIdToken };
    let id_token = unchecked.id_token.clone().ok_or(missing)?;
    let expected = Expected {
        issuer: &settings.issuer.value,
        client_id: &settings.client_id.value,
        algorithms: provider.document.id_token_signing_alg_values_supported.as_deref(),
        nonce: unchecked.nonce.as_ref().map(|nonce| nonce.expose().as_str()),
        access_token: unchecked.access_token.as_ref(),
        signed_in_within: unchecked.signed_in_within,
        previous: (unchecked.by_refresh && !held.is_of_nobody()).then_some(&held.id_token),
        received_at: unchecked.received_at,
        now,
    };
    let mut identity = token::check(&id_token, &provider.keys, &expected)?;
    if unchecked.by_refresh && !held.is_of_nobody() {
        identity.sign_in = held.identity.sign_in.followed_by(identity.sign_in);
    }
    let before = if unchecked.by_refresh { held.refresh_token.clone() } else { None };
    Ok(OidcLogin {
        provider: provider.clone(),
        identity,
        id_token,
        access_token: unchecked.access_token.clone(),
        refresh_token: unchecked.refresh_token.clone().or(before),
        obtained_at: unchecked.received_at,
        unchecked: None,
        ended_because: None,
        client: Some(Client::of(settings)),
        claims: None,
    })
}

/// The result of checking tokens again that could not be checked when they were received.
pub(super) enum Later {
    /// They are a login now.
    Login(Box<OidcLogin>),
    /// They are invalid, or expired; this is what is left to continue with.
    GoOn(Box<OidcLogin>),
}

/// Checks again the tokens in `login` that are unchecked.
///
/// # Errors
/// [`OidcError`] if they still cannot be checked, but perhaps at the next call.
pub(super) async fn later(
    settings: &OidcSettings,
    world: &World,
    login: &OidcLogin,
    keep: Option<KeepOidcLogin<'_>>,
) -> Result<Later, OidcError> {
    let Some(unchecked) = &login.unchecked else { return Ok(Later::GoOn(Box::new(login.clone()))) };
    let now = world.clock.now();
    let error = match check(settings, world, login, now).await {
        Ok(login) => return Ok(Later::Login(Box::new(login))),
        Err(error) => error,
    };
    let clock = error.suggests_clock();
    // A key that is still not in the list will not appear, and a sign-in should not wait for it.
    if error.may_pass() && !clock && !error.is_unknown_key() {
        return Err(error);
    }
    // It was valid when issued, but has expired in the meantime or by this machine's clock. Its refresh token
    // is still valid.
    let issued = unchecked.id_token.as_ref().and_then(token::issued_at).filter(|_| clock);
    if let Some(issued) = issued
        && let Ok(mut established) = check(settings, world, login, issued).await
    {
        established.identity.proof_expires_at = Timestamp(0);
        return Ok(Later::GoOn(Box::new(established)));
    }
    let mut rest = login.clone();
    rest.unchecked = None;
    if !unchecked.by_refresh {
        if let Some(token) = &unchecked.refresh_token {
            let_go(settings, world, &login.provider, token).await;
        }
        if let Some(keep) = keep {
            keep(Some(&rest).filter(|rest| !rest.is_of_nobody()));
        }
    }
    Ok(Later::GoOn(Box::new(rest)))
}
