//! One connection: its only request, checked before the handler sees it; and the queue of silent connections.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http::{StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;

use super::{Reply, Request, reply};

const REQUEST_WITHIN: Duration = Duration::from_secs(10);
pub(super) const BODY_LIMIT: usize = 256 * 1024;
pub(super) const HEAD_LIMIT: usize = 32 * 1024;
/// How many connections may exist without a complete request.
pub(super) const MOST_SILENT: usize = 64;

/// What a server accepts.
#[derive(Clone, Copy)]
pub(super) struct Accepts {
    /// Its own port: a request names it.
    pub(super) port: u16,
    /// In bytes.
    pub(super) largest_body: usize,
}

/// The connections that have not sent a complete request yet, the oldest first.
#[derive(Default)]
pub(super) struct Silent(RefCell<VecDeque<AbortHandle>>);

impl Silent {
    /// Adds a connection to the queue; the first one is closed if there are too many.
    pub(super) fn admit(&self, connection: AbortHandle) {
        let mut line = self.0.borrow_mut();
        line.retain(|one| !one.is_finished());
        if line.len() >= MOST_SILENT {
            line.pop_front().iter().for_each(AbortHandle::abort);
        }
        line.push_back(connection);
    }

    /// Marks the current connection as having sent its request.
    fn has_spoken(&self) {
        let own = tokio::task::try_id();
        self.0.borrow_mut().retain(|one| Some(one.id()) != own);
    }
}

/// Answers the one request of a connection.
pub(super) async fn attend<S, H, F>(
    stream: S,
    ends: Option<(SocketAddr, SocketAddr)>,
    accepts: Accepts,
    in_line: Rc<Silent>,
    handler: Rc<H>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request) -> F,
    F: Future<Output = Reply>,
{
    let service = service_fn(move |request| {
        let handler = Rc::clone(&handler);
        let in_line = Rc::clone(&in_line);
        async move { Ok::<_, Infallible>(answer(request, ends, accepts, &in_line, &*handler).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WITHIN)
        .max_buf_size(HEAD_LIMIT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let _ = connection.await;
}

/// Checks a request before the handler sees it.
async fn answer<H, F>(
    request: http::Request<Incoming>,
    ends: Option<(SocketAddr, SocketAddr)>,
    Accepts { port, largest_body }: Accepts,
    silent: &Silent,
    handler: &H,
) -> Reply
where
    H: Fn(Request) -> F,
    F: Future<Output = Reply>,
{
    let refuse = |status, why: &'static str| reply(status, "text/plain; charset=utf-8", why);
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let mut reply = if own.iter().any(|own| own == host) {
        let (head, body) = request.into_parts();
        let body = tokio::time::timeout(REQUEST_WITHIN, Limited::new(body, largest_body).collect()).await;
        match body {
            Ok(Ok(body)) => {
                silent.has_spoken();
                let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
                handler(Request {
                    method: head.method,
                    path: head.uri.path().to_owned(),
                    query: query.into_owned().collect(),
                    headers: head.headers,
                    body: body.to_bytes(),
                    ends,
                })
                .await
            }
            _ => refuse(StatusCode::PAYLOAD_TOO_LARGE, "too large or too slow\n"),
        }
    } else {
        refuse(StatusCode::MISDIRECTED_REQUEST, "requests from other sites are not allowed\n")
    };
    reply.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    reply
}
