//! Signing in without a browser: a device code (RFC 8628, in the service's own JSON).

use std::time::Duration;

use tokio::time::Instant;

use super::service::{self, Grant, Tokens};
use super::{CenterError, Registration};
use crate::idp::LoginOptions;
use crate::plan::CenterSettings;
use crate::world::{Note, World};

/// What `SlowDownException` adds to the interval.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

pub(super) async fn sign_in(
    settings: &CenterSettings,
    world: &World,
    options: &LoginOptions,
    registration: &Registration,
) -> Result<Tokens, CenterError> {
    let device = service::start_device(settings, world, registration).await?;
    let lifetime = Duration::from_secs(device.expires_in.into()).min(options.within);
    world.person.tell(Note::DeviceCode {
        user_code: &device.user_code,
        url: &device.verification_uri,
        complete_url: device.verification_uri_complete.as_deref(),
        lifetime,
    });
    let until = Instant::now() + lifetime;
    let mut interval = Duration::from_secs(device.interval.into()).max(Duration::from_secs(1));
    let grant = Grant::DeviceCode(&device.device_code);
    loop {
        if Instant::now() + interval > until {
            return Err(CenterError::CodeExpired(lifetime));
        }
        tokio::time::sleep(interval).await;
        match service::tokens(settings, world, registration, &grant).await {
            Err(CenterError::Refused { error, .. }) if error == "authorization_pending" => {}
            Err(CenterError::Refused { error, .. }) if error == "slow_down" => interval += FIVE_SECONDS,
            Err(CenterError::Refused { error, .. }) if error == "expired_token" => {
                return Err(CenterError::CodeExpired(lifetime));
            }
            Err(error) if error.is_transient() => interval *= 2,
            outcome => return outcome,
        }
    }
}
