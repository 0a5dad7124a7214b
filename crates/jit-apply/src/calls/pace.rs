//! How many calls are made at once: more while the server takes them, half as many when it says that they are too many.

/// How many at first.
const FIRST: usize = 8;
/// S3 takes several thousand reads a second for a prefix. More connections than this gain a laptop little.
const MOST: usize = 32;

/// How many calls to make at once.
#[derive(Debug)]
pub(super) struct Pace {
    at_once: usize,
    /// Calls that went well since the number last grew.
    went_well: usize,
    /// How often it was halved.
    halved: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at_once: FIRST, went_well: 0, halved: 0 }
    }
}

impl Pace {
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// What to remember of the beginning of a call.
    pub(super) fn begun(&self) -> u32 {
        self.halved
    }

    pub(super) fn went_well(&mut self) {
        self.went_well += 1;
        // Until the server has once refused, each call adds one. After that, a whole round of calls does.
        let round = if self.halved == 0 { 1 } else { self.at_once };
        if self.went_well >= round {
            self.at_once = (self.at_once + 1).min(MOST);
            self.went_well = 0;
        }
    }

    /// A call that began at `begun` was one too many. Of several that began together, only the first counts.
    pub(super) fn throttled(&mut self, begun: u32) {
        if begun == self.halved {
            self.at_once = (self.at_once / 2).max(1);
            self.went_well = 0;
            self.halved = self.halved.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_until_the_server_refuses_and_recovers_slowly() {
        let mut pace = Pace::default();
        (0..100).for_each(|_| pace.went_well());
        assert_eq!(pace.at_once(), MOST);
        let begun = pace.begun();
        (0..MOST).for_each(|_| pace.throttled(begun));
        assert_eq!(pace.at_once(), MOST / 2, "refusals of calls that began together count once");
        (0..MOST / 2).for_each(|_| pace.went_well());
        assert_eq!(pace.at_once(), MOST / 2 + 1, "one more for each round");
        for _ in 0..10 {
            pace.throttled(pace.begun());
        }
        assert_eq!(pace.at_once(), 1, "it never stops");
        (0..2000).for_each(|_| pace.went_well());
        assert_eq!(pace.at_once(), MOST);
    }
}
