//! The Runtime API of AWS Lambda, from its published description ("Using the Lambda runtime API for custom runtimes"): a
//! program asks for the next event, and posts an answer or an error for it.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use crate::clock::{Clock, SystemClock};
use crate::service::json_reply;
use crate::shared::lock;
use jit_wire::loopback::{Loopback, Reply, Request, reply};

const VERSION: &str = "/2018-06-01/runtime/";
/// The largest answer of a function, in bytes.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;

/// A Lambda that hands out events, on a thread of its own. It stops when this is dropped.
pub struct LambdaRuntime {
    shared: Arc<LambdaShared>,
    address: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a function answered to one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LambdaOutcome {
    /// Its answer.
    Answer(Value),
    /// An error.
    Error(Value),
}

/// An event that was handed out, with what came of it.
type Invoked = (String, Option<LambdaOutcome>);

struct LambdaShared {
    events: Mutex<VecDeque<String>>,
    /// How many of the next polls fail.
    failing: Mutex<usize>,
    /// How long a function may take.
    timeout: Mutex<Duration>,
    rang: Notify,
    invoked: Mutex<Vec<Invoked>>,
    answered: Condvar,
}

impl LambdaRuntime {
    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Whatever the system reports about ports or threads.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(LambdaShared {
            events: Mutex::default(),
            failing: Mutex::default(),
            timeout: Mutex::new(Duration::from_secs(300)),
            rang: Notify::new(),
            invoked: Mutex::default(),
            answered: Condvar::new(),
        });
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("Lambda's Runtime API".to_owned())
            .spawn(move || run(served, &started, stopped))?;
        let port = starting.recv().map_err(io::Error::other)??;
        Ok(Self { shared, address: format!("127.0.0.1:{port}"), stop: Some(stop), thread: Some(thread) })
    }

    /// Host and port, for `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Hands out this event next. It may be anything.
    pub fn ring(&self, event: impl ToString) {
        lock(&self.shared.events).push_back(event.to_string());
        self.shared.rang.notify_one();
    }

    /// From now on a function has this long.
    pub fn set_timeout(&self, timeout: Duration) {
        *lock(&self.shared.timeout) = timeout;
    }

    /// The next `times` polls get HTTP 500.
    pub fn fail(&self, times: usize) {
        *lock(&self.shared.failing) = times;
    }

    /// What came of the first `count` events, once all of them are answered; of fewer after `patience`.
    pub fn outcomes(&self, count: usize, patience: Duration) -> Vec<LambdaOutcome> {
        let is_missing = |invoked: &mut Vec<Invoked>| {
            invoked.iter().filter(|(_, outcome)| outcome.is_some()).count() < count
        };
        let invoked = lock(&self.shared.invoked);
        let waited = self.shared.answered.wait_timeout_while(invoked, patience, is_missing);
        let (invoked, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        invoked.iter().filter_map(|(_, outcome)| outcome.clone()).collect()
    }
}

impl Drop for LambdaRuntime {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: Arc<LambdaShared>, started: &mpsc::Sender<io::Result<u16>>, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let server = match Loopback::bind(0).await {
            Ok(server) => server.with_bodies_up_to(LARGEST_ANSWER + 1),
            Err(error) => return drop(started.send(Err(error))),
        };
        let _ = started.send(Ok(server.port()));
        let serve = server.serve(move |request| {
            let shared = Arc::clone(&shared);
            async move { shared.answer(&request).await }
        });
        tokio::select! { () = serve => {}, _ = stopped => {} }
    });
}

impl LambdaShared {
    async fn answer(&self, request: &Request) -> Reply {
        let refuse = |status, kind: &str, what: &str| {
            json_reply(status, &json!({ "errorType": kind, "errorMessage": what }))
        };
        let accepted = || json_reply(StatusCode::ACCEPTED, &json!({ "status": "OK" }));
        let Some(path) = request.path.strip_prefix(VERSION) else {
            return refuse(StatusCode::NOT_FOUND, "NotFound", "there is no such path");
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (&request.method, parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["init", "error"]) => accepted(),
            (&Method::POST, ["invocation", id, what @ ("response" | "error")]) => {
                if request.body.len() > LARGEST_ANSWER {
                    let what = "Exceeded maximum allowed payload size (6291556 bytes).";
                    return refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", what);
                }
                let body = serde_json::from_slice(&request.body).unwrap_or_default();
                let outcome =
                    if *what == "error" { LambdaOutcome::Error(body) } else { LambdaOutcome::Answer(body) };
                let mut invoked = lock(&self.invoked);
                let open = invoked.iter_mut().find(|(own, outcome)| own == id && outcome.is_none());
                let Some((_, place)) = open else {
                    return refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
                };
                *place = Some(outcome);
                self.answered.notify_all();
                accepted()
            }
            _ => refuse(StatusCode::NOT_FOUND, "NotFound", "there is no such path"),
        }
    }

    /// The next event, as soon as there is one.
    async fn next(&self) -> Reply {
        {
            let mut failing = lock(&self.failing);
            if *failing > 0 {
                *failing -= 1;
                let body = json!({ "errorType": "ContainerError", "errorMessage": "Container error" });
                return json_reply(StatusCode::INTERNAL_SERVER_ERROR, &body);
            }
        }
        let event = loop {
            let event = lock(&self.events).pop_front();
            match event {
                Some(event) => break event,
                None => self.rang.notified().await,
            }
        };
        let id = {
            let mut invoked = lock(&self.invoked);
            let id = format!("00000000-0000-4000-8000-{:012}", invoked.len() + 1);
            invoked.push((id.clone(), None));
            id
        };
        let timeout = i64::try_from(lock(&self.timeout).as_secs()).unwrap_or(i64::MAX);
        let deadline = SystemClock.now().0.saturating_add(timeout).saturating_mul(1000);
        let mut answer = reply(StatusCode::OK, "application/json", event);
        let arn = "arn:aws:lambda:eu-west-1:444444444444:function:jit-function".to_owned();
        for (name, value) in [
            ("lambda-runtime-aws-request-id", id),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            ("lambda-runtime-invoked-function-arn", arn),
            ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000".to_owned()),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}
