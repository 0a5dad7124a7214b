//! A request as a handler receives it, and the replies.

use std::net::SocketAddr;

use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;

use super::caller::{self, ConnectedUser};

/// A complete request.
#[derive(Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query's pairs, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The two ends of the connection, theirs first; `None` if it is not a network connection.
    pub ends: Option<(SocketAddr, SocketAddr)>,
}

impl Request {
    /// The pairs of a form in the body, decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Whose program sent it. Call it before the request is answered, while the connection is open.
    pub fn caller(&self) -> ConnectedUser {
        self.ends.map_or(ConnectedUser::Unknown, |(theirs, ours)| caller::of(theirs, ours))
    }
}

/// A reply. Every reply has `Cache-Control: no-store`, and `Connection: close` unless the server keeps connections.
pub type Reply = http::Response<Full<Bytes>>;

/// A reply of `content_type`.
pub fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = http::Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    reply
}

/// A reply that redirects the browser to `location`. A URL that no header can hold becomes an error page.
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
