//! The session durations that a role is known to allow. STS does not report a role's `MaxSessionDuration`:
//! the only way is to ask and be refused.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::errors::{StsError, StsErrorKind};
use crate::plan::CHAINED_LIMIT;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

/// The smallest `MaxSessionDuration` that IAM accepts: every role allows this much, chained or not.
const ALWAYS_GRANTED: u32 = CHAINED_LIMIT;
/// An administrator may raise a role's limit, so a refusal is remembered for a day.
const REFUSAL_COUNTS_FOR: Duration = Duration::from_secs(24 * 3600);

/// What is remembered about the durations of one role, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    largest_granted: Option<u32>,
    smallest_refused: Option<u32>,
    refused_at: Option<Timestamp>,
}

impl Durations {
    /// The duration to ask for: `wanted`, unless that is known to be refused. Then it is the largest that was
    /// granted, and one hour if none was.
    pub fn to_ask(&self, wanted: u32, now: Timestamp) -> u32 {
        match self.refused_lately(now) {
            Some(refused) if wanted >= refused => {
                wanted.min(self.largest_granted.unwrap_or(0).max(ALWAYS_GRANTED))
            }
            _ => wanted,
        }
    }

    /// Remembers that `duration` was granted. A refusal of the same or less is then out of date.
    pub fn granted(&mut self, duration: u32) {
        self.largest_granted = self.largest_granted.max(Some(duration));
        if self.smallest_refused.is_some_and(|refused| refused <= duration) {
            self.smallest_refused = None;
            self.refused_at = None;
        }
    }

    /// Remembers that `duration` was refused at `now`. A grant of the same or more is then out of date.
    pub fn refused(&mut self, duration: u32, now: Timestamp) {
        let before = self.refused_lately(now).unwrap_or(duration);
        self.smallest_refused = Some(before.min(duration));
        self.refused_at = Some(now);
        self.largest_granted = self.largest_granted.filter(|granted| *granted < duration);
    }

    /// Asks for `wanted`, or less if more is known to be refused. If AWS refuses that as too long after all,
    /// asks once more, for one hour. Returns the result, and the duration that it was granted for.
    ///
    /// # Errors
    /// What `ask` returned, the second time if there was one.
    pub async fn ask<T>(
        &mut self,
        wanted: u32,
        now: Timestamp,
        ask: impl AsyncFn(u32) -> Result<T, StsError>,
    ) -> Result<(T, u32), StsError> {
        let mut duration = self.to_ask(wanted, now);
        let mut answer = ask(duration).await;
        let too_long = |error: &StsError| matches!(error.kind, StsErrorKind::DurationTooLong { .. });
        if duration > ALWAYS_GRANTED && answer.as_ref().is_err_and(too_long) {
            self.refused(duration, now);
            duration = ALWAYS_GRANTED;
            answer = ask(duration).await;
        }
        let got = answer?;
        self.granted(duration);
        Ok((got, duration))
    }

    /// The form that the store seals. It holds no secret, but the store accepts nothing else.
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        Secret::new(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads the stored form. Bytes in another format count as nothing remembered: the only cost is to ask
    /// again.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    fn refused_lately(&self, now: Timestamp) -> Option<u32> {
        let age = now.since(self.refused_at?);
        self.smallest_refused.filter(|_| age < REFUSAL_COUNTS_FOR)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::aws::errors::{Action, CallContext};

    const DAY: i64 = 24 * 3600;

    fn known(granted: Option<u32>, refused: Option<u32>) -> Durations {
        Durations {
            largest_granted: granted,
            smallest_refused: refused,
            refused_at: refused.map(|_| Timestamp(0)),
        }
    }

    #[test]
    fn asks_for_what_is_wanted_unless_it_was_refused_within_a_day() {
        let cases = [
            // granted, refused, wanted, now, expected
            (None, None, 43_200, 0, 43_200),
            (Some(3600), None, 43_200, 0, 43_200),
            (None, Some(28_800), 28_800, 1, 3600),
            (None, Some(28_800), 43_200, DAY - 1, 3600),
            (None, Some(28_800), 43_200, DAY, 43_200),
            (None, Some(28_800), 14_400, 1, 14_400),
            (Some(14_400), Some(28_800), 43_200, 1, 14_400),
            (Some(900), Some(28_800), 43_200, 1, 3600),
            (None, Some(900), 900, 1, 900),
            (None, Some(900), 1800, 1, 1800),
        ];
        for (granted, refused, wanted, now, expected) in cases {
            let asked = known(granted, refused).to_ask(wanted, Timestamp(now));
            assert_eq!(
                asked, expected,
                "granted {granted:?}, refused {refused:?}, wanted {wanted}, at {now}"
            );
        }
    }

    #[test]
    fn new_facts_replace_contradicting_ones() {
        let mut raised = known(Some(3600), Some(28_800));
        raised.granted(43_200);
        assert_eq!(raised, known(Some(43_200), None));

        let mut lowered = known(Some(43_200), None);
        lowered.refused(28_800, Timestamp(0));
        assert_eq!(lowered, known(None, Some(28_800)));

        let mut smaller = known(Some(3600), Some(14_400));
        smaller.refused(43_200, Timestamp(1));
        assert_eq!((smaller.smallest_refused, smaller.refused_at), (Some(14_400), Some(Timestamp(1))));

        let mut stale = known(None, Some(14_400));
        stale.refused(43_200, Timestamp(2 * DAY));
        assert_eq!(stale.smallest_refused, Some(43_200), "the refusal of yesterday no longer counts");
    }

    #[test]
    fn the_stored_form_reads_back_and_garbage_is_ignored() {
        let kept = known(Some(14_400), Some(28_800));
        assert_eq!(Durations::from_bytes(kept.to_bytes().expose()), kept);
        assert_eq!(Durations::from_bytes(b"{]"), Durations::default());
    }

    /// A role that allows `limit` at most; returns what was asked, in order, and the result.
    fn asked_of_a_role(limit: u32, wanted: u32, memory: &mut Durations) -> (Vec<u32>, Option<u32>) {
        let asked = RefCell::new(Vec::new());
        let role = async |duration| {
            asked.borrow_mut().push(duration);
            let context =
                CallContext { action: Action::AssumeRole, role_arn: None, region: "r", secrets: &[] };
            let kind = StsErrorKind::DurationTooLong { chained: false };
            if duration > limit { Err(StsError { kind, ..context.malformed("") }) } else { Ok(()) }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let got = runtime.block_on(memory.ask(wanted, Timestamp(0), role));
        (asked.into_inner(), got.ok().map(|(_, duration)| duration))
    }

    #[test]
    fn after_a_refused_duration_one_hour_is_requested_once() {
        let mut memory = Durations::default();
        assert_eq!(asked_of_a_role(7200, 43_200, &mut memory), (vec![43_200, 3600], Some(3600)));
        assert_eq!(asked_of_a_role(7200, 43_200, &mut memory), (vec![3600], Some(3600)));
        assert_eq!(asked_of_a_role(7200, 7200, &mut memory), (vec![7200], Some(7200)));
        assert_eq!(asked_of_a_role(7200, 43_200, &mut memory), (vec![7200], Some(7200)));
        assert_eq!(asked_of_a_role(0, 43_200, &mut memory), (vec![7200, 3600], None));
        assert_eq!(asked_of_a_role(0, 1800, &mut Durations::default()), (vec![1800], None));
    }
}
