//! A model of a grant and its extension on one role, in which all interleavings are checked: an applier and
//! the reconciler, which can both be stopped anywhere, the requester, a revoker, a person who deletes
//! policies, and time. The end of one of the two grants never removes the other.

mod scene;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use super::super::*;
use crate::decide::tests::World;
use crate::decide::{OnCall, decide};
use crate::id::Id;
use crate::ledger::{ActKind, Records, Vouch};
use crate::people::PolicyIndex;
use crate::render::policy_name;
use crate::testing::userid;

const ROLE: &str = "arn:aws:iam::111122223333:role/jit/engineer";

/// A drop or revocation of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Said {
    Nothing,
    Dropped,
    Revoked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Decided {
    Not,
    Granted,
    Denied,
}

/// The state of one of the two in the ledger and in AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct One {
    said: Said,
    decided: Decided,
    policy: bool,
    applied: bool,
    ended: bool,
}

/// Which of the two have time left: both, only the extension, neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Time {
    Both,
    Second,
    Neither,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Reality {
    time: Time,
    both: [One; 2],
}

/// What an applier is about to do, based on what it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum About {
    Decide(Decided),
    Put,
    LookAgain,
    WriteApplied,
    Delete,
    WriteEnded,
    Rest,
}

/// The reconciler: it lists roles, then reads the ledger, then confirms each deletion before doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sweep {
    Idle,
    /// The policies that were on the role.
    Listed([bool; 2]),
    /// About to read again everything about this one.
    Confirm(usize),
    Delete(usize),
    Restore(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Model {
    reality: Reality,
    hand: Option<(usize, About)>,
    sweep: Sweep,
}

/// The policies that the reconciler listed, and what it read after that.
type Looked = ([bool; 2], Reality);

const NEW: One =
    One { said: Said::Nothing, decided: Decided::Not, policy: false, applied: false, ended: false };

impl Reality {
    fn now(self) -> Timestamp {
        World::moment(match self.time {
            Time::Both => 200,
            Time::Second => 3650,
            Time::Neither => 4000,
        })
    }

    fn is_over(self, which: usize) -> bool {
        if which == 0 { self.time > Time::Both } else { self.time > Time::Second }
    }

    /// Whether a person or time has ended it.
    fn is_at_its_end(self, which: usize) -> bool {
        let one = self.both[which];
        one.said != Said::Nothing || one.ended || self.is_over(which)
    }

    fn may_have(self, which: usize) -> bool {
        self.both[which].decided == Decided::Granted && !self.is_at_its_end(which)
    }

    fn apply(&mut self, which: usize, about: About) {
        let one = &mut self.both[which];
        match about {
            // The first decision counts.
            About::Decide(decided) if one.decided == Decided::Not => one.decided = decided,
            About::Put => one.policy = true,
            About::Delete => one.policy = false,
            About::WriteApplied => one.applied = true,
            About::WriteEnded => one.ended = true,
            About::Decide(_) | About::LookAgain | About::Rest => {}
        }
    }
}
