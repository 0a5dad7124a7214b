//! A token that the AWS CLI stored in `~/.aws/sso/cache`. It is read with the person's consent, never
//! written, and never renewed: the refresh token next to it works only once and belongs to the CLI.

use serde::Deserialize;

use crate::plan::CenterSettings;
use crate::sys::fs;
use crate::world::World;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

/// The minimum remaining lifetime, in seconds, at which jit offers to use the token.
const WORTH_ASKING: i64 = 10 * 60;
/// Limits above what the CLI writes.
const MOST_FILES: usize = 200;
const LARGEST: u64 = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cached {
    start_url: String,
    region: String,
    access_token: Secret<String>,
    expires_at: String,
}

/// A valid token for this portal, if the person allows its use.
pub(super) fn token(settings: &CenterSettings, world: &World) -> Option<(Secret<String>, Timestamp)> {
    if !world.person.can_be_asked() {
        return None;
    }
    let folder = world.folders.home.join(".aws/sso/cache");
    let names = fs::names_in(&folder).unwrap_or_default().into_iter().take(MOST_FILES);
    let live = |name: String| {
        let content = zeroize::Zeroizing::new(fs::read_limited(&folder.join(name), LARGEST).ok()?);
        live(&content, settings, world.clock.now())
    };
    let (token, until) = names.filter_map(live).max_by_key(|(_, until)| *until)?;
    let question = format!("The AWS CLI is signed in at {}. Use its token?", settings.start_url.value);
    (world.person.confirm(&question) == Some(true)).then_some((token, until))
}

/// The token in one of the CLI's files, if it is for this portal and stays valid for a while.
pub(super) fn live(
    content: &[u8],
    settings: &CenterSettings,
    now: Timestamp,
) -> Option<(Secret<String>, Timestamp)> {
    let start = |url: &str| url.split('#').next().unwrap_or_default().trim_end_matches('/').to_owned();
    let cached: Cached = serde_json::from_slice(content).ok()?;
    let until = Timestamp::parse_expiration(&cached.expires_at).ok()?;
    let ours = start(&cached.start_url) == settings.start_url.value && cached.region == settings.region.value;
    let lives = until.0 > now.0.saturating_add(WORTH_ASKING) && !cached.access_token.expose().is_empty();
    (ours && lives).then_some((cached.access_token, until))
}
