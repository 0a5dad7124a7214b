//! The bridge between the traits here, whose methods wait for what they do, and the HTTP client, whose methods do not.

mod pace;

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jit_wire::http::{Http, HttpError};
use jit_wire::signed::{CallError, Retry};
use jit_wire::timestamp::Timestamp;
use tokio::runtime::{Builder, Runtime};

use pace::Pace;

/// How a call that failed is made again: how often it is made in all, and the first pause. Each further pause is three times
/// as long, up to [`LONGEST`].
const AFTER_FAILURE: (u32, Duration) = (4, Duration::from_millis(200));
const WHEN_THROTTLED: (u32, Duration) = (5, Duration::from_millis(500));
const LONGEST: Duration = Duration::from_secs(8);
/// A shorter pause is not worth telling.
const WORTH_TELLING: Duration = Duration::from_secs(1);
/// How often somebody who waits is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(3);

/// What somebody who waits is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallProgress<'a> {
    /// A call failed and is made again.
    Again {
        /// What failed, as a sentence without a full stop.
        why: &'a str,
        /// After how long.
        pause: Duration,
    },
    /// Objects are being read.
    Reading {
        /// How many were read.
        read: usize,
        /// How many there are.
        of: usize,
    },
    /// What was written is not visible yet.
    Unseen {
        /// What it is.
        what: &'a str,
        /// For how long it is looked for at most.
        at_most: Duration,
    },
}

/// Makes calls to AWS in the thread of the caller.
///
/// It has a runtime of its own, and so it needs a client of its own: a connection is driven by the runtime that opened it, and
/// would stand still in another one. It cannot be used from inside a runtime; there, use it in `spawn_blocking`.
pub struct AwsCalls<'c> {
    runtime: Runtime,
    http: Http,
    clock: Box<dyn Fn() -> Timestamp + 'c>,
    tell: Box<dyn Fn(CallProgress<'_>) + 'c>,
    told: Cell<Instant>,
    pace: RefCell<Pace>,
    /// What pauses are divided by.
    hurry: u32,
}

impl<'c> AwsCalls<'c> {
    /// Calls through `http`, which nobody else uses, signed at the time of `clock`.
    ///
    /// # Errors
    /// The system has no event queue left to give.
    pub fn new(http: Http, clock: impl Fn() -> Timestamp + 'c) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (clock, tell) = (Box::new(clock), Box::new(|_: CallProgress<'_>| {}));
        let (told, pace) = (Cell::new(Instant::now()), RefCell::default());
        Ok(Self { runtime, http, clock, tell, told, pace, hurry: 1 })
    }

    /// Tells somebody what it waits for.
    #[must_use]
    pub fn telling(self, tell: impl Fn(CallProgress<'_>) + 'c) -> Self {
        Self { tell: Box::new(tell), ..self }
    }

    /// With pauses of a hundredth, for tests with a server that nobody else waits for.
    #[doc(hidden)]
    #[must_use]
    pub fn hurrying(self) -> Self {
        Self { hurry: 100, ..self }
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
        self.runtime.block_on(self.patiently(call))
    }

    /// Makes a call for each of `items`, several at once and each as [`Self::wait`] does, and gives the results in the order
    /// of the items. How many at once depends on what the server takes. After a failure that each call would have, no more
    /// are made: these have no result. `each` is called after each of them.
    pub(crate) fn wait_for_each<I: Copy, T>(
        &self,
        items: &[I],
        call: impl AsyncFn(I, Timestamp) -> Result<T, CallError>,
        mut each: impl FnMut(),
    ) -> Vec<Option<Result<T, CallError>>> {
        let call = &call;
        self.runtime.block_on(async {
            let mut results: Vec<_> = items.iter().map(|_| None).collect();
            let (mut left, mut is_over) = (items.iter().copied().zip(0..), false);
            let mut running = FuturesUnordered::new();
            loop {
                while !is_over && running.len() < self.pace.borrow().at_once() {
                    let Some((item, place)) = left.next() else { break };
                    running.push(
                        async move { (place, self.patiently(async |now| call(item, now).await).await) },
                    );
                }
                let Some((place, result)) = running.next().await else { return results };
                is_over |= result.as_ref().is_err_and(concerns_every_call);
                if let Some(slot) = results.get_mut::<usize>(place) {
                    *slot = Some(result);
                }
                each();
            }
        })
    }

    /// Makes a call to another service than AWS, once.
    pub fn run<T>(&self, call: impl AsyncFnOnce(&Http) -> T) -> T {
        self.runtime.block_on(call(&self.http))
    }

    /// Grows whenever the server says that there are too many requests.
    pub(crate) fn throttled(&self) -> u32 {
        self.pace.borrow().begun()
    }

    async fn patiently<T>(
        &self,
        call: impl AsyncFn(Timestamp) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let begun = self.pace.borrow().begun();
            let error = match call(self.now()).await {
                Ok(answer) => {
                    self.pace.borrow_mut().went_well();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let (attempts, first) = match error.retry() {
                Retry::Never => return Err(error),
                Retry::Soon => AFTER_FAILURE,
                Retry::Throttled => {
                    self.pace.borrow_mut().throttled(begun);
                    WHEN_THROTTLED
                }
            };
            if attempt >= attempts {
                return Err(error);
            }
            let pause = spread((first * 3_u32.pow(attempt - 1)).min(LONGEST)) / self.hurry;
            log::debug!("attempt {attempt}: {error}; trying again in {} ms", pause.as_millis());
            if pause >= WORTH_TELLING && self.was_told_before(WORTH_TELLING) {
                (self.tell)(CallProgress::Again { why: &error.to_string(), pause });
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// A reading begins. How far it is will be worth telling after a while.
    pub(crate) fn begin_reading(&self) {
        self.told.set(Instant::now());
    }

    /// Says how far a long reading is, now and then.
    pub(crate) fn tell_read(&self, read: usize, of: usize) {
        if read < of && self.was_told_before(TELL_EVERY) {
            (self.tell)(CallProgress::Reading { read, of });
        }
    }

    /// Says that something which was written is not visible yet.
    pub(crate) fn tell_unseen(&self, what: &str, at_most: Duration) {
        log::debug!("AWS does not show {what} yet");
        (self.tell)(CallProgress::Unseen { what, at_most });
    }

    /// Whether the last time that anything was told is so long ago. If so, this is such a time.
    fn was_told_before(&self, pause: Duration) -> bool {
        let is_due = self.told.get().elapsed() >= pause;
        if is_due {
            self.told.set(Instant::now());
        }
        is_due
    }

    /// Waits.
    pub(crate) fn pause(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time / self.hurry).await });
    }
}

/// Whether a call for another object would fail in the same way.
fn concerns_every_call(error: &CallError) -> bool {
    match error {
        CallError::Http(error) => !matches!(error, HttpError::TooLarge { .. }),
        CallError::Refused(refusal) => {
            let is_about_the_caller = [
                "ExpiredToken",
                "InvalidAccessKeyId",
                "InvalidToken",
                "NoSuchBucket",
                "RequestTimeTooSkewed",
            ];
            refusal.retry() != Retry::Never || is_about_the_caller.contains(&refusal.code.as_str())
        }
        CallError::Endpoint(_) => true,
        CallError::Request { .. } | CallError::Changed { .. } | CallError::Answer { .. } => false,
    }
}

/// A time between a half of `pause` and all of it, so that many processes that failed together do not come back together.
fn spread(pause: Duration) -> Duration {
    // Each state is another one, and nothing here is secret.
    let chance = RandomState::new().hash_one(()) % 1000;
    pause / 2 + pause / 2 * u32::try_from(chance).unwrap_or(0) / 1000
}

impl std::fmt::Debug for AwsCalls<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AwsCalls")
    }
}
