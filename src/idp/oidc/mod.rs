//! OpenID Connect: signing in with a browser or a device code, and refreshing without the person.

mod browser;
mod device;
mod discovery;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod jwks;
mod login;
mod refresh;
mod request;
#[cfg(test)]
mod testing;
mod token;
mod token_endpoint;
mod words;

use std::time::Duration;

use crate::idp::LoginOptions;
use crate::plan::{Flow, OidcSettings};
use crate::world::World;
pub use discovery::Provider;
pub use error::OidcError;
pub use login::OidcLogin;
pub use refresh::{Revoked, end_session_url, refresh, revoke};
use token::Expected;
pub use token::{TokenError, attributes};
use token_endpoint::Tokens;

/// Signs the person in. `known` saves asking a provider that was asked within the last day.
///
/// # Errors
/// [`OidcError`]; [`OidcError::is_refusal`] tells a no from a failure.
pub async fn login(
    settings: &OidcSettings,
    world: &World,
    options: &LoginOptions,
    known: Option<&Provider>,
) -> Result<OidcLogin, OidcError> {
    let provider = discovery::current(settings, world, known).await?;
    if by_device(settings, world, options, &provider) {
        device::sign_in(settings, world, provider, options).await
    } else {
        browser::sign_in(settings, world, provider, options).await
    }
}

/// A device code can be approved by someone who was talked into it, so it is used only when it was asked for, or
/// where there is no browser.
fn by_device(settings: &OidcSettings, world: &World, options: &LoginOptions, provider: &Provider) -> bool {
    let offered = provider.document.device_authorization_endpoint.is_some();
    match settings.flow.value {
        _ if options.device => true,
        Flow::Device => true,
        Flow::Browser => false,
        Flow::Auto => options.open_browser && offered && !world.browser.available(),
    }
}

/// What an ID token must show beyond being well signed and in time.
struct TokenChecks<'a> {
    /// The nonce that was sent, if one was.
    nonce: Option<&'a str>,
    /// The person was to sign in anew, so no longer ago than this.
    signed_in_within: Option<Duration>,
    /// The login that is being refreshed.
    previous: Option<&'a OidcLogin>,
}

/// Checks what the token endpoint handed over and makes a login of it.
async fn accept(
    settings: &OidcSettings,
    world: &World,
    mut provider: Provider,
    tokens: Tokens,
    checks: TokenChecks<'_>,
) -> Result<OidcLogin, OidcError> {
    let Tokens { id_token, access_token, refresh_token } = tokens;
    let missing = if checks.previous.is_some() { OidcError::NoNewIdToken } else { OidcError::NoIdToken };
    let id_token = id_token.ok_or(missing)?;
    let check = |provider: &Provider| {
        let expected = Expected {
            issuer: &settings.issuer.value,
            client_id: &settings.client_id.value,
            algorithms: provider.document.id_token_signing_alg_values_supported.as_deref(),
            nonce: checks.nonce,
            access_token: access_token.as_ref(),
            signed_in_within: checks.signed_in_within,
            previous: checks.previous.map(|login| &login.id_token),
            now: world.clock.now(),
        };
        token::check(&id_token, &provider.keys, &expected)
    };
    let identity = match check(&provider) {
        // The provider may have changed its keys since it was asked.
        Err(TokenError::UnknownKey(_)) => {
            provider = discovery::fetch(settings, world).await?;
            check(&provider)?
        }
        checked => checked?,
    };
    let kept = || checks.previous.and_then(|login| login.refresh_token.clone());
    Ok(OidcLogin {
        provider,
        identity,
        id_token,
        access_token,
        refresh_token: refresh_token.or_else(kept),
        obtained_at: world.clock.now(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::testing::{options, settings, with_fake, world};
    use super::*;
    use crate::world::{Browser, doubles::NoBrowser};

    struct ABrowser;

    impl Browser for ABrowser {
        fn available(&self) -> bool {
            true
        }
        fn open(&self, _: &crate::trusted_url::TrustedUrl) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn a_device_code_is_for_those_who_ask_or_have_no_browser() {
        use Flow::{Auto, Browser, Device};
        // The setting, --device, --no-browser, a browser is there, the provider offers codes: by device?
        let cases = [
            (Auto, false, false, true, true, false),
            (Auto, false, false, false, true, true),
            (Auto, false, false, false, false, false),
            (Auto, false, true, false, true, false),
            (Auto, true, false, true, true, true),
            (Browser, false, false, false, true, false),
            (Browser, true, false, true, true, true),
            (Device, false, false, true, true, true),
            (Device, false, true, true, false, true),
        ];
        for case @ (flow, device, no_browser, there, offered, expected) in cases {
            with_fake(async |fake| {
                if !offered {
                    *fake.document.borrow_mut() = json!({ "device_authorization_endpoint": null });
                }
                let (mut settings, mut world) = (settings(&fake.issuer), world());
                settings.flow.value = flow;
                world.browser = if there { Box::new(ABrowser) } else { Box::new(NoBrowser) };
                let options = LoginOptions { device, open_browser: !no_browser, ..options() };
                let provider = discovery::fetch(&settings, &world).await.unwrap();
                assert_eq!(by_device(&settings, &world, &options, &provider), expected, "{case:?}");
            });
        }
    }
}
