//! The trait of all services, and the layer around them: before a service sees a request, the journal counts
//! the call and arranged problems happen. A service knows about neither.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::faults::{Refusal, Stop, Trouble, suffer};
use crate::http_date;
use crate::journal::Call;
use crate::shared::{Shared, lock};
use jit_wire::loopback::{self, Reply, Request};
use jit_wire::timestamp::Timestamp;

/// A service that answers on one port.
pub(crate) trait Service {
    /// The call that the request counts as. `None` is a page or a style sheet, which is not counted and never
    /// has problems.
    fn call(&self, request: &Request) -> Option<Call>;

    /// The time by the service's own clock, for its `Date` header.
    fn now(&self) -> Timestamp;

    /// Answers the request.
    ///
    /// # Errors
    /// A refusal, for [`Service::refused`] to express in the protocol.
    fn answer(&self, request: &Request) -> Result<Reply, Refusal>;

    /// A refusal of the request, in the protocol's form.
    fn refused(&self, request: &Request, refusal: &Refusal) -> Reply;
}

/// Serves `service` behind the journal and the faults of `shared`.
pub(crate) fn served(
    service: impl Service + 'static,
    shared: Arc<Shared>,
) -> impl Fn(Request) -> Pin<Box<dyn Future<Output = Reply>>> {
    let service = Rc::new(service);
    move |request| {
        let service = Rc::clone(&service);
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let met = match service.call(&request) {
                Some(call) => meet(&shared, call).await,
                None => Ok(Then::Answer),
            };
            let reply = match met {
                Ok(then) => {
                    let reply = service
                        .answer(&request)
                        .unwrap_or_else(|refusal| service.refused(&request, &refusal));
                    match then {
                        Then::Answer => reply,
                        Then::LoseAnswer => loopback::reply(
                            StatusCode::INTERNAL_SERVER_ERROR,
                            "text/plain",
                            "something broke\n",
                        ),
                    }
                }
                Err(Stop::Refused(refusal)) => service.refused(&request, &refusal),
                Err(Stop::Broken(reply)) => *reply,
            };
            dated(reply, service.now())
        })
    }
}

/// What happens to the answer of a call that is carried out.
enum Then {
    Answer,
    LoseAnswer,
}

/// Counts `call` and causes its arranged problems.
async fn meet(shared: &Shared, call: Call) -> Result<Then, Stop> {
    lock(&shared.journal).note_call(call);
    let troubles = lock(&shared.faults).take(call);
    let lost = troubles.iter().any(|trouble| matches!(trouble, Trouble::AnswerLost));
    for trouble in troubles {
        suffer(trouble).await?;
    }
    if lock(&shared.faults).is_one_too_many(call) {
        lock(&shared.journal).note_call(Call::Throttled);
        return Err(Refusal::new(429, "TooManyRequestsException", "HTTP 429 Unknown Code").into());
    }
    Ok(if lost { Then::LoseAnswer } else { Then::Answer })
}

/// Adds the server's own time to a reply (RFC 9110, section 6.6.1).
fn dated(mut reply: Reply, now: Timestamp) -> Reply {
    if let Ok(date) = HeaderValue::from_str(&http_date::of(now)) {
        reply.headers_mut().insert(header::DATE, date);
    }
    reply
}

/// A reply of JSON.
pub(crate) fn json_reply(status: StatusCode, body: &Value) -> Reply {
    loopback::reply(status, "application/json", body.to_string())
}
