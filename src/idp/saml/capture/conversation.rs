//! Commands, their answers and events in the DevTools protocol: JSON with `id`, `method` and `params`.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::CaptureError;
use super::wire::Wire;

/// A working browser answers immediately; one that is just starting takes longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A conversation with one browser.
pub(super) struct Conversation {
    browser: String,
    wire: Wire,
    last_id: u64,
    /// Events that arrived while waiting for an answer.
    events: VecDeque<Event>,
    /// Whether the browser ever answered.
    answered: bool,
}

/// Something that happened in the browser.
pub(super) struct Event {
    pub(super) method: String,
    /// The DevTools session (the page) that it happened in.
    pub(super) session: Option<String>,
    /// The whole message. It may contain a response, so it is wiped.
    raw: Zeroizing<Vec<u8>>,
}

/// The members of every message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    id: Option<u64>,
    method: Option<String>,
    session_id: Option<String>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Params<T> {
    params: T,
}

#[derive(Deserialize)]
struct CommandResult<T> {
    result: T,
}

impl Event {
    /// Its parameters; `None` if they have another structure.
    pub(super) fn params<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice::<Params<T>>(&self.raw).ok().map(|event| event.params)
    }
}

impl Conversation {
    pub(super) fn new(browser: &str, wire: Wire) -> Self {
        Self { browser: browser.to_owned(), wire, last_id: 0, events: VecDeque::new(), answered: false }
    }

    /// Sends a command without waiting for its answer.
    pub(super) async fn tell(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<u64, CaptureError> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = Value::from(session);
        }
        let sent = self.wire.send(message.to_string()).await;
        match sent {
            Ok(()) => Ok(self.last_id),
            Err(_) => Err(self.gone().await),
        }
    }

    /// Sends a command and waits for its result.
    pub(super) async fn ask<T: DeserializeOwned>(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<T, CaptureError> {
        let id = self.tell(session, method, params).await?;
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.answer(id)).await;
        let Ok(answer) = answer else {
            let browser = self.browser.clone();
            let why = self.wire.last_words();
            return Err(CaptureError::NoAnswer { browser, why });
        };
        let raw = answer?;
        let answer: Option<CommandResult<T>> = serde_json::from_slice(&raw).ok();
        answer.map(|answer| answer.result).ok_or_else(|| self.odd(format!("unexpected response to {method}")))
    }

    async fn answer(&mut self, id: u64) -> Result<Zeroizing<Vec<u8>>, CaptureError> {
        loop {
            let (head, raw) = self.message().await?;
            match head.id {
                Some(own) if own == id => {
                    self.answered = true;
                    return match head.error {
                        None => Ok(raw),
                        Some(error) => {
                            let words = error["message"].as_str().map(str::to_owned);
                            Err(self.odd(words.unwrap_or_else(|| error.to_string())))
                        }
                    };
                }
                _ => self.events.extend(event(head, raw)),
            }
        }
    }

    /// The next event; `None` if there is none before `until`.
    pub(super) async fn event(&mut self, until: Option<Instant>) -> Result<Option<Event>, CaptureError> {
        let Some(until) = until else { return self.next().await.map(Some) };
        tokio::time::timeout_at(until, self.next()).await.ok().transpose()
    }

    /// This future may be dropped while it waits.
    async fn next(&mut self) -> Result<Event, CaptureError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            let (head, raw) = self.message().await?;
            self.events.extend(event(head, raw));
        }
    }

    async fn message(&mut self) -> Result<(Head, Zeroizing<Vec<u8>>), CaptureError> {
        match self.wire.receive().await {
            Ok(Some(raw)) => match serde_json::from_slice(&raw) {
                Ok(head) => Ok((head, raw)),
                Err(_) => Err(self.odd("it sent something that is not JSON".to_owned())),
            },
            Ok(None) => Err(self.gone().await),
            Err(error) => Err(self.odd(error.to_string())),
        }
    }

    /// The error that the browser is gone, with the reason.
    async fn gone(&mut self) -> CaptureError {
        let status = self.wire.ended(Duration::from_secs(2)).await;
        let said = self.wire.last_words();
        let code = status.filter(|status| !status.success()).map(|status| status.to_string());
        let why = match (said, code) {
            (Some(said), Some(code)) => Some(format!("{code}, {said}")),
            (said, code) => said.or(code),
        };
        let browser = self.browser.clone();
        if self.answered {
            CaptureError::Ended { browser, why }
        } else {
            CaptureError::NotStarted { browser, why }
        }
    }

    fn odd(&self, what: String) -> CaptureError {
        CaptureError::Protocol { browser: self.browser.clone(), what: what.chars().take(300).collect() }
    }

    /// Gives the browser a moment to exit by itself, which leaves its profile in order, then ends it.
    pub(super) async fn wait_for_end(mut self) {
        self.wire.ended(Duration::from_secs(5)).await;
    }
}

fn event(head: Head, raw: Zeroizing<Vec<u8>>) -> Option<Event> {
    head.method.map(|method| Event { method, session: head.session_id, raw })
}
