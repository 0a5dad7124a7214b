//! Firefox, by WebDriver BiDi (w3c.github.io/webdriver-bidi; modules session, network, browsingContext, script). Its
//! session cookies end with it, so an attempt without a window gets by on lasting ones alone.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::conversation::{Conversation, Event};
use super::find::Found;
use super::wire::Wire;
use super::{CaptureError, Caught, Look, Start, in_time, page_after, post_script, response_in};
use crate::arn::is_sign_in_endpoint;
use crate::secret::Secret;
use crate::sys::driven::{Driven, Link};
use crate::sys::state::Folder;

/// What Firefox says on stderr once it listens.
const LISTENING: &str = "WebDriver BiDi listening on ws://";
const LISTENS_WITHIN: Duration = Duration::from_secs(60);
const SETTLED_AFTER: Duration = Duration::from_millis(1500);
/// More than any response has.
const LARGEST_BODY: usize = 1024 * 1024;
/// First-run pages and reports of its own are in the way; pages and the forms on them are not to be written down.
const PREFERENCES: &str = "\
user_pref(\"browser.aboutwelcome.enabled\", false);
user_pref(\"browser.cache.disk.enable\", false);
user_pref(\"browser.formfill.enable\", false);
user_pref(\"browser.sessionstore.privacy_level\", 2);
user_pref(\"browser.sessionstore.resume_from_crash\", false);
user_pref(\"browser.shell.checkDefaultBrowser\", false);
user_pref(\"browser.startup.homepage_override.mstone\", \"ignore\");
user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);
user_pref(\"toolkit.telemetry.reportingpolicy.firstRun\", false);
";

/// Waits for the response; `None` if a silent attempt needs a person.
pub(super) async fn catch(
    browser: &Found,
    profile: &Folder,
    start: &Start<'_>,
    look: Look,
) -> Result<Option<Caught>, CaptureError> {
    profile.write("user.js", PREFERENCES.as_bytes()).map_err(CaptureError::Profile)?;
    let wire = open(browser, profile.path(), look).await?;
    visit(Conversation::new(&browser.name, wire), start, look).await
}

/// The whole conversation with a browser that was started.
pub(super) async fn visit(
    talk: Conversation,
    start: &Start<'_>,
    look: Look,
) -> Result<Option<Caught>, CaptureError> {
    let mut visit = Visit { talk, start, pages: HashSet::new(), quiet_since: None };
    let outcome = in_time(visit.go(look), start, look).await;
    if visit.talk.tell(None, "browser.close", json!({})).await.is_ok() {
        visit.talk.wait_for_end().await;
    }
    outcome
}

async fn open(browser: &Found, profile: &Path, look: Look) -> Result<Wire, CaptureError> {
    let mut arguments: Vec<OsString> =
        ["--remote-debugging-port=0", "--no-remote", "--profile"].map(OsString::from).into();
    arguments.push(profile.as_os_str().to_owned());
    if look == Look::Silent {
        arguments.push("--headless".into());
    }
    // There `firefox.exe` starts the browser and ends, which would look like a window that was closed.
    if cfg!(windows) {
        arguments.push("--wait-for-browser".into());
    }
    arguments.push("about:blank".into());
    let name = || browser.name.clone();
    let program = Driven::start(&browser.program, &arguments, Link::Listening)
        .map_err(|error| CaptureError::NotStarted { browser: name(), why: Some(error.to_string()) })?;
    let line = tokio::time::timeout(LISTENS_WITHIN, program.says(LISTENING)).await;
    let port = line.ok().and_then(|line| port_in(&line));
    let Some(port) = port else {
        return Err(CaptureError::NoAnswer { browser: name(), why: program.last_words() });
    };
    // Firefox gives one session to one program. If another one of this machine was faster, this fails.
    Wire::socket(program, port, "/session")
        .await
        .map_err(|error| CaptureError::NotStarted { browser: name(), why: Some(error.to_string()) })
}

/// The port that Firefox says it listens on, at the end of the line.
pub(super) fn port_in(line: &str) -> Option<u16> {
    line.rsplit(':').next()?.trim_end_matches('/').parse().ok()
}

/// One visit of the provider, from the first page to the response.
struct Visit<'a> {
    talk: Conversation,
    start: &'a Start<'a>,
    /// The windows and tabs that are open.
    pages: HashSet<String>,
    /// Since when nothing has happened in the page.
    quiet_since: Option<Instant>,
}

#[derive(Deserialize)]
struct Tree {
    contexts: Vec<Context>,
}

#[derive(Deserialize)]
struct Context {
    context: String,
    #[serde(default)]
    parent: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    is_blocked: bool,
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    request: String,
    url: String,
    method: String,
}

#[derive(Deserialize)]
struct Data {
    bytes: Bytes,
}

#[derive(Deserialize)]
struct Bytes {
    #[serde(rename = "type")]
    kind: String,
    value: Secret<String>,
}

impl Bytes {
    fn decoded(&self) -> Secret<Vec<u8>> {
        Secret::new(match self.kind.as_str() {
            "base64" => STANDARD.decode(self.value.expose()).unwrap_or_default(),
            _ => self.value.expose().as_bytes().to_vec(),
        })
    }
}

impl Visit<'_> {
    async fn go(&mut self, look: Look) -> Result<Option<Caught>, CaptureError> {
        let _: Value = self.talk.ask(None, "session.new", json!({ "capabilities": {} })).await?;
        let events = [
            "network.beforeRequestSent",
            "browsingContext.contextCreated",
            "browsingContext.contextDestroyed",
            "browsingContext.load",
        ];
        let _: Value = self.talk.ask(None, "session.subscribe", json!({ "events": events })).await?;
        // Firefox versions without it do not show what is posted, and say so here.
        let collector = json!({ "dataTypes": ["request"], "maxEncodedDataSize": LARGEST_BODY });
        let _: Value = self.talk.ask(None, "network.addDataCollector", collector).await?;
        // A pattern of BiDi has no wildcards, and AWS has a host a region: so every request is looked at.
        let intercept = json!({ "phases": ["beforeRequestSent"] });
        let _: Value = self.talk.ask(None, "network.addIntercept", intercept).await?;
        let tree: Tree = self.talk.ask(None, "browsingContext.getTree", json!({ "maxDepth": 0 })).await?;
        self.pages.extend(tree.contexts.iter().map(|one| one.context.clone()));
        let Some(first) = tree.contexts.into_iter().next() else { return Err(CaptureError::Closed) };
        self.begin(&first.context).await?;
        loop {
            let settled =
                self.quiet_since.filter(|_| look == Look::Silent).map(|since| since + SETTLED_AFTER);
            let Some(event) = self.talk.event(settled).await? else { return Ok(None) };
            if let Some(caught) = self.take(&event).await? {
                return Ok(Some(caught));
            }
            if self.pages.is_empty() {
                return Err(CaptureError::Closed);
            }
        }
    }

    async fn begin(&mut self, context: &str) -> Result<(), CaptureError> {
        let (url, method, params) = match self.start.form {
            None => {
                let params = json!({ "context": context, "url": self.start.url.as_str(), "wait": "none" });
                (self.start.url.as_str(), "browsingContext.navigate", params)
            }
            Some(form) => {
                let target = json!({ "context": context });
                let script = post_script(self.start.url.as_str(), form);
                let params = json!({ "expression": script, "target": target, "awaitPromise": false });
                (self.start.url.as_str(), "script.evaluate", params)
            }
        };
        log::debug!("going to {url}");
        self.talk.tell(None, method, params).await.map(drop)
    }

    async fn take(&mut self, event: &Event) -> Result<Option<Caught>, CaptureError> {
        match event.method.as_str() {
            "browsingContext.contextCreated" => {
                let top = event.params::<Context>().filter(|context| context.parent.is_none());
                self.pages.extend(top.map(|context| context.context));
            }
            "browsingContext.contextDestroyed" => {
                if let Some(context) = event.params::<Context>() {
                    self.pages.remove(&context.context);
                }
            }
            "browsingContext.load" => self.quiet_since = Some(Instant::now()),
            "network.beforeRequestSent" => {
                if let Some(sent) = event.params::<Sent>().filter(|sent| sent.is_blocked) {
                    self.quiet_since = self.quiet_since.map(|_| Instant::now());
                    return self.stop(&sent.request).await;
                }
            }
            _ => {}
        }
        Ok(None)
    }

    async fn stop(&mut self, request: &Request) -> Result<Option<Caught>, CaptureError> {
        let id = &request.request;
        if request.method != "POST" || !is_sign_in_endpoint(&request.url) {
            self.talk.tell(None, "network.continueRequest", json!({ "request": id })).await?;
            return Ok(None);
        }
        let wanted = json!({ "dataType": "request", "request": id });
        let data: Data = self.talk.ask(None, "network.getData", wanted).await?;
        let caught = response_in(&request.method, &request.url, data.bytes.decoded().expose());
        if caught.is_none() {
            self.talk.tell(None, "network.continueRequest", json!({ "request": id })).await?;
            return Ok(None);
        }
        let answer = json!({
            "request": id,
            "statusCode": 200,
            "headers": [{ "name": "Content-Type", "value": { "type": "string", "value": "text/html; charset=utf-8" } }],
            "body": { "type": "string", "value": page_after() },
        });
        self.talk.tell(None, "network.provideResponse", answer).await?;
        Ok(caught)
    }
}
