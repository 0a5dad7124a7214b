//! A server on a port and a thread of its own, beside those of the identity provider and of AWS.

use std::future::Future;
use std::io;
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::thread::ServerThread;
use jit_wire::loopback::{Loopback, Reply, Request};

/// The server. It stops when this is dropped.
pub(crate) struct SideServer {
    port: u16,
    _thread: ServerThread,
}

impl SideServer {
    /// Starts it on a free port of 127.0.0.1, with bodies of up to `largest_body` bytes.
    ///
    /// # Errors
    /// Whatever the system reports about ports or threads.
    pub(crate) fn start<H, F>(name: &str, largest_body: usize, handler: H) -> io::Result<Self>
    where
        H: Fn(Request) -> F + Send + 'static,
        F: Future<Output = Reply> + 'static,
    {
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(handler, largest_body, &started, stopped))?;
        let port = starting.recv().map_err(io::Error::other)??;
        Ok(Self { port, _thread: ServerThread::new(stop, thread) })
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn run<H, F>(
    handler: H,
    largest_body: usize,
    started: &mpsc::Sender<io::Result<u16>>,
    stopped: oneshot::Receiver<()>,
) where
    H: Fn(Request) -> F + 'static,
    F: Future<Output = Reply> + 'static,
{
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let server = match Loopback::bind(0).await {
            Ok(server) => server.with_bodies_up_to(largest_body),
            Err(error) => return drop(started.send(Err(error))),
        };
        let _ = started.send(Ok(server.port()));
        tokio::select! { () = server.serve(handler) => {}, _ = stopped => {} }
    });
}
