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
mod receive;
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
pub use login::{Client, OidcLogin};
pub use receive::KeepOidcLogin;
use receive::{Safe, accept};
pub use refresh::{Revoked, end_session_url, refresh, revoke};
pub(super) use token::text_claim;
pub use token::{TokenError, attributes};

/// Signs the person in. `last` is the last login there: its discovery document, if less than a day old, is
/// used again unless the person must be asked again. `keep` stores what is received before it is checked.
///
/// # Errors
/// [`OidcError`]; its kind distinguishes a refusal from a failure.
pub async fn login(
    settings: &OidcSettings,
    world: &World,
    options: &LoginOptions,
    last: Option<&OidcLogin>,
    keep: Option<KeepOidcLogin<'_>>,
) -> Result<OidcLogin, OidcError> {
    let known = last.filter(|_| !options.force).map(|login| &login.provider);
    let provider = discovery::current(settings, world, known).await?;
    let safe = Safe { last, keep };
    let login = if by_device(settings, world, options, &provider) {
        device::sign_in(settings, world, provider, options, safe).await
    } else {
        browser::sign_in(settings, world, provider, options, safe).await
    }?;
    // Tokens that could not be checked; after a new sign-in nobody will check them.
    let waiting = last.and_then(|last| last.unchecked.as_ref()).filter(|waiting| !waiting.by_refresh);
    if let Some(token) = waiting.and_then(|waiting| waiting.refresh_token.as_ref()) {
        receive::let_go(settings, world, &login.provider, token).await;
    }
    Ok(login)
}

/// Revokes at the IdP what stays valid of a login that will not be used, or reports that it stays valid.
pub(super) async fn let_go(settings: &OidcSettings, world: &World, login: &OidcLogin) {
    for token in login.refresh_tokens() {
        receive::let_go(settings, world, &login.provider, token).await;
    }
}

/// People can be tricked into approving a device code, so it is used only on request, or if there is no
/// browser.
fn by_device(settings: &OidcSettings, world: &World, options: &LoginOptions, provider: &Provider) -> bool {
    let offered = provider.document.device_authorization_endpoint.is_some();
    match settings.flow.value {
        _ if options.device => true,
        Flow::Device => true,
        Flow::Browser => false,
        Flow::Auto => options.open_browser && offered && !world.browser.available(),
    }
}

/// What an ID token must show in addition to a valid signature and times.
struct TokenChecks<'a> {
    /// The nonce that was sent, if one was.
    nonce: Option<&'a str>,
    /// The person had to sign in again, so the sign-in must not be older than this.
    signed_in_within: Option<Duration>,
    /// It comes from a refresh, and must be for the same person as the last login.
    by_refresh: bool,
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
        fn open(&self, _: &jit_wire::trusted_url::TrustedUrl) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn a_device_code_is_used_on_request_or_without_a_browser() {
        use Flow::{Auto, Browser, Device};
        // The setting, --device, --no-browser, a browser is there, the IdP offers codes: by device?
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
