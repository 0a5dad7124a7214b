//! The response, intercepted in a browser on its way to AWS's sign-in page: for IdPs whose configuration
//! cannot be changed. The browser is of the kind that the person uses, but runs with a profile of `jit`'s
//! own, so that "remember this device" lasts. It is driven with its debugging protocol.
//!
//! ```text
//! mod → find (which browser) → chromium (DevTools) → conversation → wire (a pipe)
//! ```

mod chromium;
mod conversation;
mod find;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod profile;
#[cfg(test)]
mod tests;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

pub use profile::forget_all as forget_profiles;
use serde_json::json;

use crate::idp::page;
use crate::sys::state::Folder;
use crate::world::{Note, World};
use jit_wire::arn::is_sign_in_endpoint;
use jit_wire::env::{DISPLAY, WAYLAND_DISPLAY};
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::secret::Secret;
use jit_wire::trusted_url::TrustedUrl;

/// With a live session at the IdP the response takes a second or two.
const SILENT_WITHIN: Duration = Duration::from_secs(12);

/// The browser that a sign-in would use, by its name and its program.
///
/// # Errors
/// [`CaptureError`]: there is none.
pub fn browser(named: Option<&str>) -> Result<(String, PathBuf), CaptureError> {
    find::browser(named).map(|found| (found.name, found.program))
}

/// The start of a sign-in.
pub(super) struct Start<'a> {
    /// The first URL.
    pub(super) url: &'a TrustedUrl,
    /// What is posted to it; `None` to visit it.
    pub(super) form: Option<&'a [(&'static str, String)]>,
    /// The browser that the configuration names.
    pub(super) browser: Option<&'a str>,
    /// The name of the profile, which is the IdP's.
    pub(super) profile: &'a str,
    /// There was a login before, and it is to be continued: its session cookies are kept, and it is tried
    /// without a window first.
    pub(super) resume: bool,
    /// Whether a window may be opened.
    pub(super) window: bool,
    /// How long the person has.
    pub(super) within: Duration,
}

/// What was intercepted on its way to AWS.
pub(super) struct Caught {
    /// `SAMLResponse`, as it was posted.
    pub(super) response: Secret<String>,
}

/// Why nothing was intercepted.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each says what it is, its fields what is in it")]
pub enum CaptureError {
    #[error("found no browser that jit can control: looked for {looked_for}")]
    NoBrowser { looked_for: String },
    #[error("`{0}` is neither a browser that jit knows nor an existing program")]
    NotABrowser(String),
    #[error(
        "jit cannot control {0} safely: its only control channel is a local port, which every user of this \
         machine can open"
    )]
    DrivenByAPort(String),
    #[error(
        "on this system a browser can only be controlled through a local port, which every user of this \
         machine can open"
    )]
    NoPipeHere,
    #[error("could not start {browser}{}", because(why))]
    NotStarted { browser: String, why: Option<String> },
    #[error("{browser} was started but does not respond{}", because(why))]
    NoAnswer { browser: String, why: Option<String> },
    #[error("the browser profile of this IdP is in use by process {0}")]
    ProfileBusy(i32),
    #[error("the browser window was closed before the sign-in was complete")]
    Closed,
    #[error("{browser} exited during the sign-in{}", because(why))]
    Ended { browser: String, why: Option<String> },
    #[error("nobody signed in within {} min", .0.as_secs() / 60)]
    NobodyCame(Duration),
    #[error("the sign-in needs a browser window, and there is no desktop to open it on")]
    NoDisplay,
    #[error("the sign-in needs a browser window, and --no-browser forbids it")]
    NoWindow,
    #[error("{browser} did not do what jit asked: {what}")]
    Protocol { browser: String, what: String },
    #[error("cannot use the folder of the browser profile: {0}")]
    Profile(std::io::Error),
}

/// The alternative that works with any browser, including Firefox.
const LOOPBACK_ACS: &str = "or register a loopback ACS at the IdP: capture = \"loopback\"";

fn because(why: &Option<String>) -> String {
    why.as_ref().map(|why| format!(": {why}")).unwrap_or_default()
}

impl Explain for CaptureError {
    fn kind(&self) -> Kind {
        // Closing the window is a refusal by the person; everything else is a failure.
        if matches!(self, Self::Closed) { Kind::Refused } else { Kind::Failed }
    }

    fn next(&self) -> Vec<Next> {
        let next: &[&'static str] = match self {
            Self::NoBrowser { .. } => &[
                "install Chrome, Chromium, Edge or Brave, or set the path of one: browser = \"/path/to/it\"",
                LOOPBACK_ACS,
            ],
            Self::DrivenByAPort(_) => &[
                "set `browser` to chrome, chromium, edge, brave or the path of one; jit controls those through a pipe",
                LOOPBACK_ACS,
            ],
            Self::NoPipeHere => &["register a loopback ACS at the IdP: capture = \"loopback\""],
            Self::NotABrowser(_) => &["set `browser` to chrome, chromium, edge, brave or the path of one"],
            Self::NotStarted { .. } | Self::NoAnswer { .. } => &[
                "choose another browser with `browser`",
                "an administrator may have disabled remote debugging (policy RemoteDebuggingAllowed)",
            ],
            Self::ProfileBusy(_) => &["finish the other sign-in, or stop that process"],
            Self::Closed | Self::Ended { .. } | Self::NobodyCame(_) => return vec![Next::SignInAgain],
            Self::NoDisplay => {
                return vec![Next::SignInAt("your desktop".into()), Next::words(LOOPBACK_ACS)];
            }
            Self::NoWindow => &["leave out --no-browser"],
            Self::Protocol { .. } => &["update the browser, or choose another one with `browser`"],
            Self::Profile(_) => &["check the owner of the state folder and that it is writable"],
        };
        next.iter().map(|words| Next::words(*words)).collect()
    }
}

/// How a browser is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Without a window: only possible with what is left of the last login.
    Silent,
    /// With one.
    Window,
}

/// Waits in a browser until a response is on its way to AWS, and stops it there.
///
/// # Errors
/// [`CaptureError`].
pub(super) async fn catch(world: &World, start: &Start<'_>) -> Result<Caught, CaptureError> {
    let browser = find::browser(start.browser)?;
    let profile = profile::open(&world.folders.state, start.profile).map_err(CaptureError::Profile)?;
    if start.resume {
        match run(&browser, &profile, start, Look::Silent).await {
            Ok(Some(caught)) => return Ok(caught),
            Ok(None) => log::info!("{} requires you to sign in", start.url.authority()),
            Err(error @ CaptureError::ProfileBusy(_)) => return Err(error),
            Err(error) => log::info!("signing in without a window did not work: {error}"),
        }
    }
    if !start.window {
        return Err(CaptureError::NoWindow);
    }
    let desktop = [DISPLAY, WAYLAND_DISPLAY].into_iter().any(|name| world.env.get(name).is_some());
    if !desktop && !cfg!(any(target_os = "macos", windows)) {
        return Err(CaptureError::NoDisplay);
    }
    let host = start.url.authority();
    world.person.tell(Note::BrowserWindow { browser: &browser.name, host, at_most: start.within });
    run(&browser, &profile, start, Look::Window).await?.ok_or(CaptureError::NobodyCame(start.within))
}

async fn run(
    browser: &find::InstalledBrowser,
    profile: &Folder,
    start: &Start<'_>,
    look: Look,
) -> Result<Option<Caught>, CaptureError> {
    chromium::catch(browser, profile, start, look).await
}

/// The result of a visit within its time. An attempt without a window has little time, and then needs a
/// person.
async fn in_time(
    visit: impl Future<Output = Result<Option<Caught>, CaptureError>>,
    start: &Start<'_>,
    look: Look,
) -> Result<Option<Caught>, CaptureError> {
    let limit = if look == Look::Silent { SILENT_WITHIN } else { start.within };
    match tokio::time::timeout(limit, visit).await {
        Ok(outcome) => outcome,
        Err(_) if look == Look::Silent => Ok(None),
        Err(_) => Err(CaptureError::NobodyCame(start.within)),
    }
}

/// The response in a form that is on its way to `url`; `None` if it is anything else.
fn response_in(method: &str, url: &str, body: &[u8]) -> Option<Caught> {
    if method != "POST" || !is_sign_in_endpoint(url) {
        return None;
    }
    let mut found = form_urlencoded::parse(body).filter(|(name, _)| name == "SAMLResponse");
    let response = Secret::new(found.next()?.1.into_owned());
    (found.next().is_none() && !response.expose().is_empty()).then_some(Caught { response })
}

/// Posts a form from an empty page.
fn post_script(url: &str, fields: &[(&'static str, String)]) -> String {
    let url = json!(url);
    let fields = json!(fields);
    format!(
        "(() => {{ const form = document.createElement('form'); form.method = 'post'; form.action = {url}; \
         for (const [name, value] of {fields}) {{ const input = document.createElement('input'); input.type = 'hidden'; \
         input.name = name; input.value = value; form.append(input); }} document.body.append(form); form.submit(); }})()"
    )
}

/// What the browser shows instead of AWS's page, for the moment that it stays open.
fn page_after() -> String {
    page::caught()
}
