//! A small HTTP server for 127.0.0.1 and nothing else: the login's redirect, and the servers of `jit demo`.
//!
//! It answers only requests that name it by its own address (a foreign `Host` is a page of another site that had its
//! name rebound to 127.0.0.1), and it bounds the size, the time and the number of what it takes in.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, LocalSet};

use super::caller::{self, Caller};

const REQUEST_WITHIN: Duration = Duration::from_secs(10);
const BODY_LIMIT: usize = 256 * 1024;
const HEAD_LIMIT: usize = 32 * 1024;
/// How many connections may be without a whole request.
const MOST_SILENT: usize = 64;

/// A port of 127.0.0.1 that is bound, and answers once it is served.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    /// The same port of `::1`, for a browser that is sent to `localhost`.
    second: Option<TcpListener>,
    port: u16,
}

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
    pub fn caller(&self) -> Caller {
        self.ends.map_or(Caller::Unknown, |(theirs, ours)| caller::of(theirs, ours))
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

impl Loopback {
    /// Binds `port` of 127.0.0.1; 0 takes any free one.
    ///
    /// # Errors
    /// `AddrInUse` if another program has the port, or whatever else the system says.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, second: None, port })
    }

    /// Binds `port` of all that `localhost` means: a browser may look at `::1` first, and somebody else would be there.
    /// A machine without it has nobody there.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), for either of the two.
    pub async fn bind_localhost(port: u16) -> io::Result<Self> {
        // A port that is free at the one may be taken at the other; where any will do, the next one may not be.
        let mut tries = if port == 0 { 10 } else { 1 };
        loop {
            let own = Self::bind(port).await?;
            match TcpListener::bind((Ipv6Addr::LOCALHOST, own.port)).await {
                Ok(listener) => return Ok(Self { second: Some(listener), ..own }),
                Err(error) if is_absent(&error) => return Ok(own),
                Err(error) if tries == 1 => return Err(error),
                Err(_) => tries -= 1,
            }
        }
    }

    /// The next connection.
    async fn accept(&self) -> io::Result<TcpStream> {
        let second = async {
            match &self.second {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        let accepted = tokio::select! { first = self.listener.accept() => first, second = second => second };
        accepted.map(|(stream, _)| stream)
    }

    /// The port that was bound.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers with `handler` until the future is dropped. Connections are served side by side on this thread.
    ///
    /// Whoever connects and stays silent keeps nobody else away: when there are too many of them, the oldest is cut off.
    /// A browser sends its request with its first breath.
    pub async fn serve<H, F>(&self, handler: H)
    where
        H: Fn(Request) -> F + 'static,
        F: Future<Output = Reply> + 'static,
    {
        let handler = Rc::new(handler);
        let port = self.port;
        let silent = Rc::new(Silent::default());
        let connections = LocalSet::new();
        let accept = async {
            loop {
                let Ok(stream) = self.accept().await else {
                    // Out of file descriptors, most likely; the next moment may have some.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                let (handler, in_line) = (Rc::clone(&handler), Rc::clone(&silent));
                let ends = stream.peer_addr().ok().zip(stream.local_addr().ok());
                let connection = tokio::task::spawn_local(attend(stream, ends, port, in_line, handler));
                silent.admit(connection.abort_handle());
                // What this one has sent already is read before the next one is let in.
                tokio::task::yield_now().await;
            }
        };
        connections.run_until(accept).await;
    }
}

/// Whether the machine has no such address.
fn is_absent(error: &io::Error) -> bool {
    // Linux has no kind for a family that was compiled out (EAFNOSUPPORT); its words are the same everywhere.
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.to_string().contains("not supported")
}

/// The connections that have not sent a whole request yet, the oldest first.
#[derive(Default)]
struct Silent(RefCell<VecDeque<AbortHandle>>);

impl Silent {
    /// Puts a connection last in line; the first one goes if there are too many.
    fn admit(&self, connection: AbortHandle) {
        let mut line = self.0.borrow_mut();
        line.retain(|one| !one.is_finished());
        if line.len() >= MOST_SILENT {
            line.pop_front().iter().for_each(AbortHandle::abort);
        }
        line.push_back(connection);
    }

    /// The connection that this runs on has said all that it has to say.
    fn has_spoken(&self) {
        let own = tokio::task::try_id();
        self.0.borrow_mut().retain(|one| Some(one.id()) != own);
    }
}

/// Answers the one request of a connection.
async fn attend<S, H, F>(
    stream: S,
    ends: Option<(SocketAddr, SocketAddr)>,
    port: u16,
    in_line: Rc<Silent>,
    handler: Rc<H>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request) -> F,
    F: Future<Output = Reply>,
{
    let service = service_fn(move |request| {
        let (handler, in_line) = (Rc::clone(&handler), Rc::clone(&in_line));
        async move { Ok::<_, Infallible>(answer(request, ends, port, &in_line, &*handler).await) }
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
    port: u16,
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
        let body = tokio::time::timeout(REQUEST_WITHIN, Limited::new(body, BODY_LIMIT).collect()).await;
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
        refuse(StatusCode::MISDIRECTED_REQUEST, "this address is not for other sites\n")
    };
    reply.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    reply
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// Sends raw bytes to an echoing server and returns the whole answer.
    fn exchange(request: impl Fn(u16) -> String) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Loopback::bind(0).await.unwrap();
            let text = request(server.port());
            let port = server.port();
            let client = tokio::task::spawn_blocking(move || {
                let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.write_all(text.as_bytes()).unwrap();
                let mut answer = String::new();
                let _ = stream.read_to_string(&mut answer);
                answer
            });
            let echo = |request: Request| async move {
                let text =
                    format!("{} {} {:?} {:?}", request.method, request.path, request.query, request.form());
                reply(StatusCode::OK, "text/plain", text)
            };
            tokio::select! {
                () = server.serve(echo) => unreachable!("it serves until dropped"),
                answer = client => answer.unwrap(),
            }
        })
    }

    #[test]
    fn answers_its_own_name_and_refuses_foreign_ones() {
        let own = exchange(|port| format!("GET /a?b=c%20d HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));
        assert!(own.starts_with("HTTP/1.1 200") && own.contains(r#"GET /a [("b", "c d")] []"#), "{own}");
        assert!(own.to_lowercase().contains("cache-control: no-store"));
        for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", ""] {
            let foreign = exchange(|_| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert!(foreign.starts_with("HTTP/1.1 421"), "{host}: {foreign}");
        }
    }

    #[test]
    fn connections_that_say_nothing_keep_nobody_away() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Loopback::bind(0).await.unwrap();
            let port = server.port();
            let client = tokio::task::spawn_blocking(move || {
                let connect = || std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
                let mut silent: Vec<_> = (0..MOST_SILENT).map(|_| connect()).collect();
                let mut visit = connect();
                visit
                    .write_all(format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes())
                    .unwrap();
                let mut answer = String::new();
                visit.read_to_string(&mut answer).unwrap();
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                // Only the oldest had to go for it, and none was waited for.
                assert_eq!(silent[0].read(&mut [0; 1]).unwrap_or(0), 0);
                silent[1].set_nonblocking(true).unwrap();
                assert_eq!(silent[1].read(&mut [0; 1]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
            });
            let hello = |_| async { reply(StatusCode::OK, "text/plain", "hello") };
            tokio::select! {
                () = server.serve(hello) => unreachable!("it serves until dropped"),
                outcome = client => outcome.unwrap(),
            }
        });
    }

    #[test]
    fn localhost_is_both_of_its_addresses_and_nobody_else_sits_at_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let Ok(taken) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
                // Without IPv6 there is nobody at it, and that is no obstacle.
                assert!(Loopback::bind_localhost(0).await.unwrap().second.is_none());
                return;
            };
            let port = taken.local_addr().unwrap().port();
            assert_eq!(Loopback::bind_localhost(port).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
            drop(taken);
            let server = Loopback::bind_localhost(0).await.unwrap();
            let port = server.port();
            let client = tokio::task::spawn_blocking(move || {
                for address in ["127.0.0.1", "::1"] {
                    let mut stream = std::net::TcpStream::connect((address, port)).unwrap();
                    let request = format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
                    stream.write_all(request.as_bytes()).unwrap();
                    let mut answer = String::new();
                    stream.read_to_string(&mut answer).unwrap();
                    assert!(answer.starts_with("HTTP/1.1 200"), "{address}: {answer}");
                }
            });
            let hello = |_| async { reply(StatusCode::OK, "text/plain", "hello") };
            tokio::select! {
                () = server.serve(hello) => unreachable!("it serves until dropped"),
                outcome = client => outcome.unwrap(),
            }
        });
    }

    #[test]
    fn what_is_no_http_ends_nothing() {
        let garbage = [
            "GET /\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}",
            "\0\0\0\0\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ];
        for text in garbage {
            let answer = exchange(|_| format!("{text}\r\n\r\n"));
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{text:?}: {answer}");
        }
        let long = exchange(|port| {
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: {}\r\n\r\n", "x".repeat(4 * HEAD_LIMIT))
        });
        assert!(long.starts_with("HTTP/1.1 431") || long.is_empty(), "{long}");
        let smuggled = exchange(|port| {
            format!(
                "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
            )
        });
        assert!(!smuggled.contains("/second"), "{smuggled}");
    }

    #[test]
    fn reads_forms_and_refuses_large_bodies() {
        let form = exchange(|port| {
            format!("POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 7\r\n\r\na=1&b=2")
        });
        assert!(form.contains(r#"[("a", "1"), ("b", "2")]"#), "{form}");
        let size = BODY_LIMIT + 1;
        let large = exchange(|port| {
            format!(
                "POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {size}\r\n\r\n{}",
                "x".repeat(size)
            )
        });
        assert!(large.starts_with("HTTP/1.1 413"), "{}", &large[..60.min(large.len())]);
    }
}
