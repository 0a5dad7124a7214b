//! Calls to one portal at a common pace: it throttles all calls of a person together, so all of them have to know when it
//! did. Throttling never becomes an error while there is any answer.

use std::cell::RefCell;
use std::time::Duration;

use aws_sdk_sso::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::{Instant, sleep};

use super::pace::Pace;
use super::portal::{self, PortalError, PortalErrorKind};
use jit_wire::secret::Secret;

/// How often to repeat a call after an unusable answer, and how long to wait before.
const AGAIN: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];
/// After a wait this long, there was no answer to come.
const LONG: Duration = Duration::from_secs(20);

/// The pace of all calls to one portal.
#[derive(Debug)]
pub struct PortalPace {
    began: Instant,
    pace: RefCell<Pace>,
}

impl Default for PortalPace {
    fn default() -> Self {
        Self { began: Instant::now(), pace: RefCell::default() }
    }
}

impl PortalPace {
    /// Asks at the common pace until there is an answer, or until none can be expected. `about` is what the call is about,
    /// and `token` is kept out of what is said.
    pub(super) async fn asked<T, E, F>(
        &self,
        about: &str,
        token: &Secret<String>,
        ask: impl Fn() -> F,
    ) -> Result<T, PortalError>
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut failures = AGAIN.iter();
        let begun = self.began.elapsed();
        loop {
            self.turn().await;
            let made = self.began.elapsed();
            let error = match ask().await {
                Ok(answer) => {
                    self.pace.borrow_mut().answered(self.began.elapsed());
                    return Ok(answer);
                }
                Err(error) => portal::failed(about, token, error),
            };
            let now = self.began.elapsed();
            match error.kind {
                PortalErrorKind::Throttled if !self.pace.borrow().is_hopeless(now, begun) => {
                    self.pace.borrow_mut().refused(made, now, error.pause);
                }
                // A call that timed out is not repeated.
                _ if now.saturating_sub(made) >= LONG => return Err(error),
                PortalErrorKind::Unreachable | PortalErrorKind::Server => match failures.next() {
                    Some(pause) => sleep(*pause).await,
                    None => return Err(error),
                },
                _ => return Err(error),
            }
        }
    }

    async fn turn(&self) {
        loop {
            let wait = self.pace.borrow_mut().go(self.began.elapsed());
            match wait {
                Ok(()) => return,
                Err(wait) => sleep(wait).await,
            }
        }
    }
}
