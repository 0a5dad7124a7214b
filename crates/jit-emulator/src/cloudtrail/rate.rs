//! The rate limit of CloudTrail: two calls a second in each account and region. Measured in real time, like
//! every rate limit here.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const A_SECOND: usize = 2;

/// The times of accepted calls, by account and region.
#[derive(Default)]
pub(crate) struct Rate(HashMap<(String, String), VecDeque<Instant>>);

impl Rate {
    /// Whether a call at `now` is accepted.
    pub(crate) fn takes(&mut self, account: &str, region: &str, now: Instant) -> bool {
        let taken = self.0.entry((account.to_owned(), region.to_owned())).or_default();
        taken.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        if taken.len() >= A_SECOND {
            return false;
        }
        taken.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_calls_a_second_in_each_account_and_region() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let mut at = |account: &str, region: &str, millis: u64| {
            rate.takes(account, region, start + Duration::from_millis(millis))
        };
        assert!(at("1", "a", 0) && at("1", "a", 400) && !at("1", "a", 999));
        assert!(at("1", "b", 999) && at("2", "a", 999));
        assert!(at("1", "a", 1000) && !at("1", "a", 1399) && at("1", "a", 1400));
    }
}
