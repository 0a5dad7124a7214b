//! The bridge between the traits here, whose methods wait for what they do, and the HTTP client, whose methods do not.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use jit_wire::http::Http;
use jit_wire::signed::{CallError, Retry};
use jit_wire::timestamp::Timestamp;
use tokio::runtime::{Builder, Runtime};

/// So often a call is made before its failure counts.
const ATTEMPTS: u32 = 4;
/// The first wait after something failed. Each further one is three times as long.
const SOON: Duration = Duration::from_millis(200);
/// The same, after too many requests.
const THROTTLED: Duration = Duration::from_millis(500);

/// Makes calls to AWS in the thread of the caller, one at a time.
///
/// It has a runtime of its own, and so it needs a client of its own: a connection is driven by the runtime that opened it, and
/// would stand still in another one. It cannot be used from inside a runtime; there, use it in `spawn_blocking`.
pub struct AwsCalls<'c> {
    runtime: Runtime,
    http: Http,
    clock: Box<dyn Fn() -> Timestamp + 'c>,
    throttled: Cell<u32>,
}

impl<'c> AwsCalls<'c> {
    /// Calls through `http`, which nobody else uses, signed at the time of `clock`.
    ///
    /// # Errors
    /// The system has no event queue left to give.
    pub fn new(http: Http, clock: impl Fn() -> Timestamp + 'c) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, http, clock: Box::new(clock), throttled: Cell::new(0) })
    }

    /// The client.
    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// This machine's clock.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Makes a call, and again after a pause if that can help. A call whose answer was lost may have been carried out.
    ///
    /// # Errors
    /// [`CallError`] of the last attempt.
    pub(crate) fn wait<T>(
        &self,
        call: impl AsyncFn(Timestamp) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        self.runtime.block_on(async {
            let mut attempt = 0;
            loop {
                attempt += 1;
                let error = match call(self.now()).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                };
                if error.retry() == Retry::Throttled {
                    self.throttled.set(self.throttled.get().saturating_add(1));
                }
                let pause = match error.retry() {
                    Retry::Soon if attempt < ATTEMPTS => SOON,
                    Retry::Throttled if attempt < ATTEMPTS => THROTTLED,
                    _ => return Err(error),
                };
                tokio::time::sleep(pause * 3_u32.pow(attempt - 1)).await;
            }
        })
    }

    /// Makes a call to another service than AWS, once.
    pub fn run<T>(&self, call: impl AsyncFnOnce(&Http) -> T) -> T {
        self.runtime.block_on(call(&self.http))
    }

    /// How many answers said so far that there were too many requests.
    pub(crate) fn throttled(&self) -> u32 {
        self.throttled.get()
    }

    /// Waits.
    pub(crate) fn pause(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }
}

impl std::fmt::Debug for AwsCalls<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AwsCalls")
    }
}
