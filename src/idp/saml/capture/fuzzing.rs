//! Fuzz target for the messages of a driven browser.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::conversation::Conversation;
use super::wire::Wire;
use super::{Look, Start, chromium};
use jit_wire::arn::is_sign_in_endpoint;
use jit_wire::explain::Explain as _;

const START: &str = "https://idp.example/start";

/// A browser that sends the same messages whatever it receives, and then exits.
pub(crate) struct Script {
    says: VecDeque<Vec<u8>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(super) fn hear(&self, message: String) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    pub(super) fn say(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.says.pop_front().map(Zeroizing::new)
    }
}

#[derive(Deserialize)]
struct Message {
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    url: String,
    method: String,
}

/// All messages of a browser, each ending in a zero byte. The first byte selects whether it has a window, and
/// whether a form is posted.
pub fn browser_messages(data: &[u8]) {
    let Some((first, said)) = data.split_first() else { return };
    let says: VecDeque<Vec<u8>> = said.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    // The lock that it leaves in its profile.
    let _ = chromium::holder_in(&String::from_utf8_lossy(said));
    let form = [("SAMLRequest", "a\"</script>".to_owned())];
    let url = jit_wire::trusted_url::TrustedUrl::parse(START, jit_wire::trusted_url::Purpose::Page)
        .expect("a page");
    let start = Start {
        url: &url,
        form: (first & 4 != 0).then_some(&form[..]),
        browser: None,
        profile: "acme",
        resume: false,
        window: true,
        within: Duration::from_secs(60),
    };
    let look = if first & 2 == 0 { Look::Window } else { Look::Silent };
    let heard = Arc::new(Mutex::new(Vec::new()));
    let wire = Wire::Script(Script { says: says.clone(), heard: Arc::clone(&heard) });
    let talk = Conversation::new("Browser", wire);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let outcome = runtime.block_on(chromium::visit(talk, &start, look));
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let heard: Vec<Value> =
        heard.iter().map(|message| serde_json::from_str(message).expect("JSON")).collect();
    for (place, message) in heard.iter().enumerate() {
        assert!(message["id"] == place + 1 && message["method"].is_string());
    }
    match outcome {
        Ok(None) => assert_eq!(look, Look::Silent, "with a window the person is waited for"),
        Ok(Some(caught)) => {
            assert!(!caught.response.expose().is_empty());
            let stops = heard.iter().filter(|message| message["method"] == "Fetch.failRequest").count();
            assert_eq!(stops, 1, "what was caught is stopped");
            let mut messages =
                says.iter().filter_map(|message| serde_json::from_slice::<Message>(message).ok());
            let to_aws = |request: Request| request.method == "POST" && is_sign_in_endpoint(&request.url);
            assert!(messages.any(|message| to_aws(message.params.request)), "it was on its way to AWS");
        }
        Err(error) => {
            let _ = (error.kind(), error.next());
            assert!(error.to_string().chars().count() < 1024, "an error is short");
        }
    }
}
