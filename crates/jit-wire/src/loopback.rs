//! A small HTTP server only for 127.0.0.1: the sign-in's redirect, and the servers of `jit demo`.
//!
//! It answers only requests whose `Host` is its own address (any other comes from a page of another site
//! whose name was rebound to 127.0.0.1), and limits the size, the time and the number of requests.

pub mod caller;
mod connection;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod message;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use self::connection::{Accepts, BODY_LIMIT, Silent, attend};
pub use self::message::{Reply, Request, redirect, reply};

/// A port of 127.0.0.1 that is bound, and answers once `serve` is called.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    /// The same port of `::1`, for a browser that is sent to `localhost`.
    second: Option<TcpListener>,
    port: u16,
    largest_body: usize,
}

impl Loopback {
    /// Binds `port` of 127.0.0.1; 0 means any free one.
    ///
    /// # Errors
    /// `AddrInUse` if another program has the port, or whatever else the system reports.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, second: None, port, largest_body: BODY_LIMIT })
    }

    /// Binds `port` on all addresses of `localhost`: a browser may try `::1` first, and otherwise somebody
    /// else could listen there. On a machine without `::1`, nobody can.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), for either of the two.
    pub async fn bind_localhost(port: u16) -> io::Result<Self> {
        // A port that is free on one address may be taken on the other; if any port will do, try the next
        // one.
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

    /// With bodies of up to `bytes`, for a server that is sent more than forms.
    #[must_use]
    pub fn with_bodies_up_to(self, bytes: usize) -> Self {
        Self { largest_body: bytes, ..self }
    }

    /// The port that was bound.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers with `handler` until the future is dropped. Connections are served concurrently on this
    /// thread.
    ///
    /// Silent connections do not block others: if there are too many of them, the oldest is closed. A browser
    /// sends its request immediately.
    pub async fn serve<H, F>(&self, handler: H)
    where
        H: Fn(Request) -> F + 'static,
        F: Future<Output = Reply> + 'static,
    {
        let handler = Rc::new(handler);
        let accepts = Accepts { port: self.port, largest_body: self.largest_body };
        let silent = Rc::new(Silent::default());
        let connections = LocalSet::new();
        let accept = async {
            loop {
                let Ok(stream) = self.accept().await else {
                    // Out of file descriptors, most likely; there may be some again in a moment.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                let handler = Rc::clone(&handler);
                let in_line = Rc::clone(&silent);
                let ends = stream.peer_addr().ok().zip(stream.local_addr().ok());
                let connection = tokio::task::spawn_local(attend(stream, ends, accepts, in_line, handler));
                silent.admit(connection.abort_handle());
                // Reads what this connection has already sent before accepting the next one.
                tokio::task::yield_now().await;
            }
        };
        connections.run_until(accept).await;
    }
}

/// Whether the machine does not have that address.
fn is_absent(error: &io::Error) -> bool {
    // Linux has no error kind for an address family that was compiled out (EAFNOSUPPORT); its text is the
    // same everywhere.
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.to_string().contains("not supported")
}
