//! The table of cases: who does what, when, with which session and from where, and what is expected.

mod applying;
mod arriving;
mod becoming;
mod ceilings;
mod granted;
mod ledger;
mod whole;

use crate::case::{Case, Cases};

/// Every case. Names are unique.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Cases::default();
    granted::cases(&mut cases);
    becoming::cases(&mut cases);
    arriving::cases(&mut cases);
    ceilings::cases(&mut cases);
    ledger::cases(&mut cases);
    applying::cases(&mut cases);
    whole::cases(&mut cases);
    cases.0
}

/// A role on request.
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/jit/pay-admin";
