//! A request as a handler gets it, and the replies.

use std::net::SocketAddr;

use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;

use super::caller::{self, ConnectedUser};

/// A request, whole.
#[derive(Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query's pairs, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The two ends of the connection, theirs first; `None` if it is none of the network's.
    pub ends: Option<(SocketAddr, SocketAddr)>,
}

impl Request {
    /// The pairs of a form in the body, decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Whose program sent it. To be asked before it is answered, while the connection is open.
    pub fn caller(&self) -> ConnectedUser {
        self.ends.map_or(ConnectedUser::Unknown, |(theirs, ours)| caller::of(theirs, ours))
    }
}

/// What is sent back. Everything goes out with `Cache-Control: no-store` and `Connection: close`.
pub type Reply = http::Response<Full<Bytes>>;

/// A reply of `content_type`.
pub fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = http::Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    reply
}

/// A reply that sends the browser on to `location`. An address that no header can hold becomes an error page.
pub fn redirect(location: &str) -> Reply {
    match header::HeaderValue::from_str(location) {
        Ok(value) => {
            let mut reply = reply(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", "");
            reply.headers_mut().insert(header::LOCATION, value);
            reply
        }
        Err(_) => reply(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", "bad address\n"),
    }
}
