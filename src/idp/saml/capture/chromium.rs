//! Chrome, Chromium, Edge and Brave, with the DevTools protocol (chromedevtools.github.io/devtools-protocol;
//! domains Target, Page, Fetch, Browser).

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::conversation::{Conversation, Event};
use super::find::InstalledBrowser;
use super::profile;
use super::wire::Wire;
use super::{CaptureError, Caught, Look, Start, in_time, page_after, post_script, response_in};
use crate::sys::driven::{self, Driven};
use crate::sys::fs;
use crate::sys::state::Folder;
use jit_wire::secret::Secret;

/// A pattern that matches every sign-in host of AWS. Intercepted requests are then checked against the exact
/// list.
const PATTERN: &str = "https://*signin*/saml*";
/// If a page's network has been idle for this long, the page is waiting for a person.
const SETTLED_AFTER: Duration = Duration::from_millis(1000);
/// The time limit for closing the browser.
const LEFT_WITHIN: Duration = Duration::from_secs(2);

/// Waits for the response; `None` if a silent attempt needs a person.
pub(super) async fn catch(
    browser: &InstalledBrowser,
    profile: &Folder,
    start: &Start<'_>,
    look: Look,
) -> Result<Option<Caught>, CaptureError> {
    check_free(profile.path())?;
    profile::leave_what_sites_stored(profile).map_err(CaptureError::Profile)?;
    let wire = open(browser, profile.path(), start, look)?;
    let outcome = visit(Conversation::new(&browser.name, wire), start, look).await;
    forget_pages(profile);
    outcome
}

/// The whole exchange with a started browser.
pub(super) async fn visit(
    talk: Conversation,
    start: &Start<'_>,
    look: Look,
) -> Result<Option<Caught>, CaptureError> {
    let pages = HashMap::new();
    let own = String::new();
    let mut visit = Visit { talk, start, pages, own, begun: false, idle_since: None };
    let outcome = in_time(visit.go(look), start, look).await;
    visit.leave(matches!(outcome, Ok(Some(_)))).await;
    outcome
}

/// Removes what the profile records about the open pages, including submitted forms. The cookies, which are
/// the purpose of the profile, are stored elsewhere.
fn forget_pages(profile: &Folder) {
    match profile.folder("Default").and_then(|default| default.remove_folder("Sessions")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            log::info!("could not remove the browser's history: {error}");
        }
        _ => {}
    }
}

/// Another browser with the same profile would take over the URL without an error. The lock of a killed
/// browser does not matter: Chromium removes it itself.
fn check_free(profile: &Path) -> Result<(), CaptureError> {
    let holder = fs::link_target(&profile.join("SingletonLock")).unwrap_or_default();
    match holder_in(&holder).filter(|id| driven::is_alive(*id)) {
        Some(id) => Err(CaptureError::ProfileBusy(id)),
        None => Ok(()),
    }
}

/// The process that a lock names, as `HOST-PROCESS`.
pub(super) fn holder_in(lock: &str) -> Option<i32> {
    lock.rsplit('-').next().and_then(|id| id.parse().ok())
}

fn open(
    browser: &InstalledBrowser,
    profile: &Path,
    start: &Start<'_>,
    look: Look,
) -> Result<Wire, CaptureError> {
    // A page that posts a response must not be cached, so the cache size is minimal.
    let usual = [
        "--no-first-run",
        "--no-default-browser-check",
        "--hide-crash-restore-bubble",
        "--disk-cache-size=1",
    ];
    let mut arguments: Vec<OsString> = usual.map(OsString::from).into();
    let mut user_data = OsString::from("--user-data-dir=");
    user_data.push(profile);
    arguments.push(user_data);
    if look == Look::Silent {
        arguments.push("--headless=new".into());
    }
    // Session cookies end with the browser, unless the last session is to be continued.
    if start.resume {
        arguments.push("--restore-last-session".into());
    }
    if driven::is_root() {
        log::warn!("the browser runs without its sandbox, because jit runs as root");
        arguments.push("--no-sandbox".into());
    }
    // The URL is sent through the protocol, because every user can see command lines.
    connect(browser, arguments)
}

/// With `--remote-debugging-pipe`, whose ends nobody else has.
fn connect(browser: &InstalledBrowser, mut arguments: Vec<OsString>) -> Result<Wire, CaptureError> {
    if !driven::HAS_PIPE {
        return Err(CaptureError::NoPipeHere);
    }
    arguments.push("--remote-debugging-pipe".into());
    let program =
        Driven::start(&browser.program, &arguments).map_err(|error| not_started(browser, &error))?;
    Ok(Wire::Pipe(Box::new(program), Zeroizing::default()))
}

fn not_started(browser: &InstalledBrowser, error: &std::io::Error) -> CaptureError {
    CaptureError::NotStarted { browser: browser.name.clone(), why: Some(error.to_string()) }
}

/// One visit to the IdP, from the first page to the response.
struct Visit<'a> {
    talk: Conversation,
    start: &'a Start<'a>,
    /// The target of each open page, by the session that drives it.
    pages: HashMap<String, String>,
    /// The target of the page that the visit began in.
    own: String,
    /// Whether the first URL was opened.
    begun: bool,
    /// Since when nothing has happened in the page.
    idle_since: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    target_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    session_id: String,
    target_info: Target,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    target_id: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detached {
    session_id: String,
}

#[derive(Deserialize)]
struct Lifecycle {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paused {
    request_id: String,
    request: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    url: String,
    method: String,
    post_data: Option<Secret<String>>,
    #[serde(default)]
    post_data_entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    bytes: Option<Secret<String>>,
}

impl Request {
    /// The posted body: as text if it is text, else in parts.
    fn body(&self) -> Secret<Vec<u8>> {
        let whole = self.post_data.as_ref().map(|text| text.expose().as_bytes().to_vec());
        let parts = || {
            let parts = self.post_data_entries.iter().filter_map(|entry| entry.bytes.as_ref());
            parts.filter_map(|part| STANDARD.decode(part.expose()).ok()).collect::<Vec<_>>().concat()
        };
        Secret::new(whole.unwrap_or_else(parts))
    }
}

impl Visit<'_> {
    async fn go(&mut self, look: Look) -> Result<Option<Caught>, CaptureError> {
        let _: Value = self.talk.ask(None, "Browser.getVersion", json!({})).await?;
        // Every page, pop-up and tab is paused until it is watched.
        let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
        let _: Value = self.talk.ask(None, "Target.setAutoAttach", attach).await?;
        let created: Created =
            self.talk.ask(None, "Target.createTarget", json!({ "url": "about:blank" })).await?;
        self.own = created.target_id;
        loop {
            let settled = self.idle_since.filter(|_| look == Look::Silent).map(|since| since + SETTLED_AFTER);
            let Some(event) = self.talk.event(settled).await? else { return Ok(None) };
            if let Some(caught) = self.take(&event).await? {
                return Ok(Some(caught));
            }
            if self.begun && self.pages.is_empty() {
                return Err(CaptureError::Closed);
            }
        }
    }

    async fn take(&mut self, event: &Event) -> Result<Option<Caught>, CaptureError> {
        match event.method.as_str() {
            "Target.attachedToTarget" => {
                if let Some(attached) = event.params::<Attached>() {
                    self.watch(attached).await?;
                }
            }
            "Target.detachedFromTarget" => {
                if let Some(gone) = event.params::<Detached>() {
                    self.pages.remove(&gone.session_id);
                }
            }
            "Page.lifecycleEvent" => match event.params::<Lifecycle>().map(|event| event.name).as_deref() {
                Some("networkIdle") => self.idle_since = Some(Instant::now()),
                Some("init" | "load") => self.idle_since = None,
                _ => {}
            },
            "Page.frameNavigated" | "Page.frameStartedLoading" => self.idle_since = None,
            "Fetch.requestPaused" => {
                if let (Some(paused), Some(session)) = (event.params::<Paused>(), event.session.as_deref()) {
                    return self.stop(&paused, session).await;
                }
            }
            _ => {}
        }
        Ok(None)
    }

    /// Makes a new page, or a frame in one, report what it sends, and lets it continue.
    async fn watch(&mut self, attached: Attached) -> Result<(), CaptureError> {
        let Attached { session_id, target_info: Target { target_id, kind } } = attached;
        let session = Some(session_id.as_str());
        if kind == "page" || kind == "iframe" {
            let patterns = json!({ "patterns": [{ "urlPattern": PATTERN, "requestStage": "Request" }] });
            self.talk.tell(session, "Fetch.enable", patterns).await?;
            let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true });
            self.talk.tell(session, "Target.setAutoAttach", attach).await?;
        }
        if kind == "page" {
            self.talk.tell(session, "Page.enable", json!({})).await?;
            self.talk.tell(session, "Page.setLifecycleEventsEnabled", json!({ "enabled": true })).await?;
        }
        self.talk.tell(session, "Runtime.runIfWaitingForDebugger", json!({})).await?;
        if target_id == self.own {
            self.begun = true;
            self.idle_since = None;
            match self.start.form {
                None => {
                    self.talk
                        .tell(session, "Page.navigate", json!({ "url": self.start.url.as_str() }))
                        .await?
                }
                Some(form) => {
                    let script = json!({ "expression": post_script(self.start.url.as_str(), form) });
                    self.talk.tell(session, "Runtime.evaluate", script).await?
                }
            };
        }
        if kind == "page" {
            if self.begun {
                self.pages.insert(session_id, target_id);
            } else {
                // Pages that the browser opens by itself are closed.
                self.talk.tell(None, "Target.closeTarget", json!({ "targetId": target_id })).await?;
            }
        }
        Ok(())
    }

    /// A request to something like AWS's sign-in page: the response in it is taken; any other request
    /// continues.
    async fn stop(&mut self, paused: &Paused, session: &str) -> Result<Option<Caught>, CaptureError> {
        let id = &paused.request_id;
        let request = &paused.request;
        let caught = response_in(&request.method, &request.url, request.body().expose());
        if caught.is_none() {
            self.talk.tell(Some(session), "Fetch.continueRequest", json!({ "requestId": id })).await?;
            return Ok(None);
        }
        // An answer would make it a page that was posted to, and the browser records what was posted.
        let abort = json!({ "requestId": id, "errorReason": "Aborted" });
        self.talk.tell(Some(session), "Fetch.failRequest", abort).await?;
        Ok(caught)
    }

    /// Shows that the sign-in succeeded for as long as the window is open, and ends the browser gracefully,
    /// so that its cookies are written.
    async fn leave(mut self, caught: bool) {
        let page = format!("data:text/html;charset=utf-8;base64,{}", STANDARD.encode(page_after()));
        let end = async {
            let own = self.pages.iter().find(|(_, target)| **target == self.own).map(|(session, _)| session);
            if let Some(session) = own.filter(|_| caught).cloned() {
                self.talk.tell(Some(&session), "Page.navigate", json!({ "url": page })).await?;
            }
            self.talk.tell(None, "Browser.close", json!({})).await
        };
        if let Ok(Ok(_)) = tokio::time::timeout(LEFT_WITHIN, end).await {
            self.talk.wait_for_end().await;
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_in_use_is_refused_and_a_stale_lock_is_ignored() {
        let profile = tempfile::tempdir().unwrap();
        assert!(check_free(profile.path()).is_ok());
        let lock = profile.path().join("SingletonLock");
        let own = std::process::id();
        #[allow(clippy::disallowed_methods, reason = "a test plays the browser")]
        std::os::unix::fs::symlink(format!("my-host-{own}"), &lock).unwrap();
        let busy = check_free(profile.path()).err().unwrap();
        assert_eq!(busy.to_string(), format!("the browser profile of this IdP is in use by process {own}"));
        fs::remove(&lock).unwrap();
        #[allow(clippy::disallowed_methods, reason = "a test plays the browser")]
        std::os::unix::fs::symlink("my-host-999999999", &lock).unwrap();
        assert!(check_free(profile.path()).is_ok());
    }
}
