//! In which order accounts are listed, and in how many of them at once: fewer after AWS said that there were too many
//! requests, and slowly more again while it does not.

use std::collections::{BTreeMap, VecDeque};

/// So often an account is listed before its failure counts. Each call in it was repeated already.
const TRIES: u32 = 3;

/// The accounts that wait, and how many may be listed at once.
#[derive(Debug)]
pub(super) struct Pace {
    waiting: VecDeque<String>,
    tries: BTreeMap<String, u32>,
    running: usize,
    /// At most at once, at present.
    limit: usize,
    /// At most at once, ever.
    most: usize,
}

/// What a thread does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// List this account.
    Account(String),
    /// Ask again once another thread is done.
    Wait,
    /// Nothing is left.
    Over,
}

/// How listing an account went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// AWS answered. A refusal is an answer, too.
    Well,
    /// It was listed, although AWS said on the way that there were too many requests.
    Throttled,
    /// There was no usable answer.
    Lost,
}

impl Pace {
    /// `accounts`, of which `most` are listed at once.
    pub(super) fn new(accounts: impl IntoIterator<Item = String>, most: usize) -> Self {
        let most = most.max(1);
        let waiting = accounts.into_iter().collect();
        Self { waiting, tries: BTreeMap::new(), running: 0, limit: most, most }
    }

    /// The next turn of a thread. After an account, [`done`](Self::done) follows.
    pub(super) fn next(&mut self) -> Turn {
        if self.waiting.is_empty() {
            // One that is being listed may come back.
            return if self.running == 0 { Turn::Over } else { Turn::Wait };
        }
        if self.running >= self.limit {
            return Turn::Wait;
        }
        match self.waiting.pop_front() {
            Some(account) => {
                self.running += 1;
                Turn::Account(account)
            }
            None => Turn::Over,
        }
    }

    /// Whether the account will be listed again.
    pub(super) fn done(&mut self, account: &str, came: Came) -> bool {
        self.running = self.running.saturating_sub(1);
        self.limit = match came {
            Came::Well => (self.limit + 1).min(self.most),
            Came::Throttled | Came::Lost => (self.limit / 2).max(1),
        };
        if came != Came::Lost {
            return false;
        }
        let tries = self.tries.entry(account.to_owned()).or_default();
        *tries += 1;
        let again = *tries < TRIES;
        if again {
            self.waiting.push_back(account.to_owned());
        }
        again
    }

    /// Takes away every account that waits.
    pub(super) fn give_up(&mut self) -> Vec<String> {
        self.waiting.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(accounts: usize, most: usize) -> Pace {
        Pace::new((0..accounts).map(|number| number.to_string()), most)
    }

    fn start(pace: &mut Pace) -> Vec<String> {
        let mut started = Vec::new();
        while let Turn::Account(account) = pace.next() {
            started.push(account);
        }
        started
    }

    #[test]
    fn fewer_at_once_after_throttling_and_slowly_more_again() {
        let mut pace = pace(100, 8);
        let started = start(&mut pace);
        assert_eq!(started.len(), 8);
        assert_eq!(pace.next(), Turn::Wait);
        assert!(!pace.done(&started[0], Came::Throttled), "it was listed");
        assert_eq!(pace.limit, 4);
        assert!(!pace.done(&started[1], Came::Well));
        assert_eq!((pace.limit, start(&mut pace).len()), (5, 0), "six are still being listed");
        for account in &started[2..] {
            pace.done(account, Came::Well);
        }
        assert_eq!(start(&mut pace).len(), 8, "and never more than at first");
        for _ in 0..8 {
            pace.done("x", Came::Throttled);
        }
        assert_eq!(start(&mut pace).len(), 1, "one is always listed");
    }

    #[test]
    fn an_account_that_does_not_answer_comes_last_and_is_given_up_after_three_tries() {
        let mut pace = pace(3, 1);
        let mut order = Vec::new();
        while let Turn::Account(account) = pace.next() {
            let came = if account == "0" { Came::Lost } else { Came::Well };
            let again = pace.done(&account, came);
            order.push((account, again));
        }
        let wanted = [("0", true), ("1", false), ("2", false), ("0", true), ("0", false)];
        assert_eq!(order, wanted.map(|(account, again)| (account.to_owned(), again)));
        assert_eq!(pace.next(), Turn::Over);
    }

    #[test]
    fn nothing_is_over_while_an_account_may_come_back() {
        let mut pace = pace(1, 4);
        assert_eq!(pace.next(), Turn::Account("0".to_owned()));
        assert_eq!(pace.next(), Turn::Wait);
        pace.done("0", Came::Lost);
        assert_eq!(pace.give_up(), ["0"]);
        assert_eq!(pace.next(), Turn::Over);
        assert_eq!(Pace::new([], 0).next(), Turn::Over);
    }
}
