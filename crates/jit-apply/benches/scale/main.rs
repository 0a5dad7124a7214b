//! What access on request amounts to in a company of 2,000 people and 600 accounts: two years of it are played with the
//! real code for records, decisions and documents, and `docs/access/scale.md` is printed.
//!
//! `scripts/bench scale` prints it, and with `--write` replaces the page. It is the same in each run.
#![allow(clippy::print_stdout, reason = "the page is the product")]

mod company;
mod page;
mod reader;
mod record;

use jit_wire::timestamp::Timestamp;

fn main() {
    // A Monday.
    let start = Timestamp::parse_rfc3339("2026-01-05T00:00:00Z").expect("a time");
    print!("{}", page::page(&record::simulate(start)));
}
