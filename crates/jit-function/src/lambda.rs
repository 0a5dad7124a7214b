//! The events of Lambda, one after the other, through AWS's own client of the Runtime API.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jit_wire::timestamp::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use crate::bell::Bell;
use crate::function::{Function, RunLimits};
use crate::report::LogLine;

/// The time that is left for the answer when a run has to end.
const RESERVE: i64 = 5;

/// Answers events until Lambda ends the process. `log` gets each line with the id of the event.
///
/// # Errors
/// The Runtime API cannot be used.
pub async fn serve(
    function: Arc<Function>,
    log: impl Fn(&str, LogLine) + Send + Sync + 'static,
) -> Result<(), lambda_runtime::Error> {
    let log = Arc::new(log);
    let answer = service_fn(move |event: LambdaEvent<Value>| {
        let (function, log) = (Arc::clone(&function), Arc::clone(&log));
        async move {
            let (id, deadline) = (event.context.request_id, event.context.deadline);
            let (bell, until) = (Bell::of(&event.payload), until(deadline, function.now(), Instant::now()));
            // It waits for what it does, which nothing here may.
            let run = tokio::task::spawn_blocking(move || {
                function.run(bell, RunLimits { until: Some(until), ..RunLimits::default() })
            });
            let done = run.await.map_err(|error| failed("Panic", error.to_string()))?;
            match done {
                Ok(report) => {
                    report.lines().into_iter().for_each(|line| log(&id, line));
                    Ok(report.to_json())
                }
                Err(error) => {
                    let message = error.to_string();
                    log(&id, LogLine { level: "error", message: message.clone() });
                    Err(failed("Run", message))
                }
            }
        }
    });
    Runtime::new(answer).run().await
}

fn failed(kind: &str, message: String) -> Diagnostic {
    Diagnostic { error_type: format!("JitFunction.{kind}"), error_message: message }
}

/// When a run has to end, given Lambda's deadline in milliseconds.
fn until(deadline: u64, now: Timestamp, instant: Instant) -> Instant {
    let deadline = i64::try_from(deadline / 1000).unwrap_or(i64::MAX);
    let left = deadline.saturating_sub(now.0).saturating_sub(RESERVE).clamp(0, 15 * 60);
    instant + Duration::from_secs(u64::try_from(left).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_before_lambda_does() {
        let (now, instant) = (Timestamp(1_795_867_200), Instant::now());
        let left = |deadline: u64| until(deadline, now, instant) - instant;
        assert_eq!(left(1_795_867_260_999), Duration::from_secs(55));
        assert_eq!(left(1_795_867_203_000), Duration::ZERO);
        assert_eq!(left(0), Duration::ZERO);
        assert_eq!(left(u64::MAX), Duration::from_secs(900));
    }
}
