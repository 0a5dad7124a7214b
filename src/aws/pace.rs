//! How fast to call a service that throttles. At first, as fast as it answers. After the first refusal, a
//! little slower with every refusal and a little faster with every answer. All parallel calls share one pace.
//! Pure: the clock is passed in, as the time since the start.

use std::collections::VecDeque;
use std::time::Duration;

/// How much the rate (in calls a second) grows with each second of answers while it is well below the rate
/// that was last refused.
const STEP: f64 = 4.0;
/// The fraction of that rate at which growth becomes slower.
const NEAR: f64 = 0.9;
/// How much the rate grows with each answer from there on.
const SMALL_STEP: f64 = 0.05;
/// The factor after a refusal: small, because the limit was probably only just exceeded.
const CUT: f64 = 0.85;
/// The minimum rate, in calls a second.
const SLOWEST: f64 = 2.0;
/// The longest pause, whatever the service asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After this long without a single answer, none is to be expected.
const HOPELESS: Duration = Duration::from_secs(150);
const SECOND: Duration = Duration::from_secs(1);

/// The pace of all calls to one service.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Calls per second; `None` until the first refusal.
    rate: Option<f64>,
    /// The rate that was last refused.
    refused_at: f64,
    /// When the next call may be made.
    next: Duration,
    /// The calls of the last second.
    made: VecDeque<Duration>,
    /// When the rate was last reduced. Refusals of calls made before that tell nothing new.
    cut: Option<Duration>,
    /// When the last answer came.
    answered: Duration,
}

impl Pace {
    /// Whether a call may be made now.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn go(&mut self, now: Duration) -> Result<(), Duration> {
        if now < self.next {
            return Err(self.next.saturating_sub(now));
        }
        if let Some(rate) = self.rate {
            self.next = now.saturating_add(Duration::from_secs_f64(1.0 / rate));
        }
        self.forget(now);
        self.made.push_back(now);
        Ok(())
    }

    /// A call was answered.
    pub fn answered(&mut self, now: Duration) {
        self.answered = now;
        if let Some(rate) = &mut self.rate {
            let near = self.refused_at * NEAR;
            *rate = if *rate < near { (*rate + STEP / *rate).min(near) } else { *rate + SMALL_STEP };
        }
    }

    /// A call that was made at `made` was refused because there were too many; `pause` is what the service
    /// asks for.
    pub fn refused(&mut self, made: Duration, now: Duration, pause: Option<Duration>) {
        if self.cut.is_none_or(|cut| made >= cut) {
            self.forget(now);
            let seen = u32::try_from(self.made.len()).map_or(f64::MAX, f64::from);
            self.refused_at = self.rate.unwrap_or(f64::MAX).min(seen);
            self.rate = Some((self.refused_at * CUT).max(SLOWEST));
            self.cut = Some(now);
        }
        let usual = self.rate.map_or(SECOND, |rate| Duration::from_secs_f64(1.0 / rate));
        let until = now.saturating_add(pause.unwrap_or(usual).min(LONGEST_PAUSE));
        self.next = self.next.max(until);
    }

    /// There was no answer for so long that more calls are useless; `asked` is when the caller began to ask.
    pub fn is_hopeless(&self, now: Duration, asked: Duration) -> bool {
        now.saturating_sub(self.answered.max(asked)) > HOPELESS
    }

    fn forget(&mut self, now: Duration) {
        while self.made.front().is_some_and(|made| now.saturating_sub(*made) > SECOND) {
            self.made.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// A service that accepts `limit` calls in each second, called by one caller for `seconds`; returns how
    /// many were answered and how many refused.
    fn asked(pace: &mut Pace, limit: usize, seconds: u64, pause: Option<Duration>) -> (usize, usize) {
        let (mut now, mut taken) = (Duration::ZERO, VecDeque::new());
        let (mut answered, mut refused) = (0, 0);
        while now < Duration::from_secs(seconds) {
            match pace.go(now) {
                Err(wait) => now += wait,
                Ok(()) => {
                    let made = now;
                    now += MS(5);
                    taken.retain(|at| made.saturating_sub(*at) < SECOND);
                    if taken.len() < limit {
                        taken.push_back(made);
                        answered += 1;
                        pace.answered(now);
                    } else {
                        refused += 1;
                        pace.refused(made, now, pause);
                    }
                }
            }
        }
        (answered, refused)
    }

    #[test]
    fn calls_are_not_slowed_before_a_refusal() {
        let mut pace = Pace::default();
        assert_eq!(asked(&mut pace, usize::MAX, 10, None), (2000, 0));
    }

    #[test]
    fn the_pace_finds_the_limit_and_stays_below_it() {
        for limit in [5, 20, 100] {
            let (answered, refused) = asked(&mut Pace::default(), limit, 120, None);
            let most = limit * 120;
            assert!(answered * 100 >= most * 70, "{limit}: {answered} of {most}");
            assert!(refused * 100 <= answered * 15, "{limit}: {refused} refused, {answered} answered");
        }
    }

    #[test]
    fn all_calls_respect_a_pause_and_a_burst_of_refusals_counts_once() {
        let mut pace = Pace::default();
        (0..8).for_each(|_| pace.go(Duration::ZERO).unwrap());
        for _ in 0..8 {
            pace.refused(Duration::ZERO, MS(50), Some(MS(3000)));
        }
        assert_eq!(pace.go(MS(60)), Err(MS(2990)));
        assert_eq!(pace.rate, Some(6.8));
        assert_eq!(pace.go(MS(3050)), Ok(()));
        // The next call is delayed by the interval of the rate.
        assert!(pace.go(MS(3060)).is_err_and(|wait| wait > MS(130) && wait < MS(140)));
        pace.refused(MS(3050), MS(3100), Some(Duration::from_secs(86_400)));
        assert_eq!(pace.go(MS(3100)), Err(LONGEST_PAUSE));
        // After minutes without an answer, calling stops.
        let [soon, late] = [MS(3100), Duration::from_secs(200)];
        assert!(!pace.is_hopeless(soon, MS(0)) && pace.is_hopeless(late, MS(0)));
        assert!(!pace.is_hopeless(late, MS(180_000)), "nobody asked in between");
    }

    #[test]
    fn the_pace_never_stops_and_recovers() {
        let mut pace = Pace::default();
        let mut now = Duration::ZERO;
        for _ in 0..20 {
            while let Err(wait) = pace.go(now) {
                assert!(wait <= MS(500), "{wait:?}");
                now += wait;
            }
            pace.refused(now, now, None);
        }
        assert_eq!(pace.rate, Some(SLOWEST));
        for _ in 0..50 {
            while let Err(wait) = pace.go(now) {
                now += wait;
            }
            pace.answered(now);
        }
        assert!(pace.rate > Some(4.0), "{pace:?}");
    }
}
