//! Many tools start at the same time, as in a build.

use std::process::Command;
use std::time::Duration;

use crate::measure::{Times, together, wall};
use crate::support::Room;
use crate::table::{Table, ms};
use crate::{answer, cat};

/// How many at once, and how often.
const CROWDS: [(u32, usize); 4] = [(1, 200), (10, 50), (100, 11), (300, 7)];
/// The size that has a limit.
const LIMITED: u32 = 100;

/// The runs with one number of callers.
struct Crowd {
    /// Until the last caller has exited.
    whole: Times,
    /// The time of each caller.
    each: Times,
}

fn crowd(make: &dyn Fn() -> Command, callers: u32, times: usize) -> Crowd {
    let once = |_| together((0..callers).map(|_| make()).collect());
    let (whole, each): (Vec<Duration>, Vec<Vec<Duration>>) = (0..times).map(once).unzip();
    Crowd { whole: Times::of(whole), each: Times::of(each.concat()) }
}

pub(crate) fn crowds() -> Table {
    let room = Room::signed_in("admin");
    cat(&room);
    let cores = u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap();
    let one_by_one = Times::of((0..5).map(|_| (0..LIMITED).map(|_| wall(&mut answer(&room))).sum()));
    let shared = (one_by_one.median() / cores).mul_f64(1.3);

    let figures =
        ["all of them", "a caller's share", "median caller", "slowest caller", "`/bin/cat`, all of them"];
    let mut table = Table::new(&["at once"], &figures, &[""]);
    for (callers, times) in CROWDS {
        let ours = crowd(&|| answer(&room), callers, times);
        let floor = crowd(&|| crate::command(&room, "/bin/cat", &["answer"]), callers, times);
        let whole = ours.whole.median();
        // Above that, starting them one after the other takes the time.
        let limit = shared.max(floor.whole.median());
        let rule = format!("1.3 × one by one ÷ {cores} cores, or as many `/bin/cat`");
        let told = match callers {
            LIMITED => format!("{}: {} ({rule})", table.mark(whole <= limit), ms(limit)),
            _ => String::new(),
        };
        let figures = [whole, whole / callers, ours.each.median(), ours.each.slowest(), floor.whole.median()];
        table.row([vec![callers.to_string()], figures.map(ms).to_vec(), vec![told]].concat());
    }
    table.row([
        "100, one by one",
        &ms(one_by_one.median()),
        &ms(one_by_one.median() / LIMITED),
        "",
        "",
        "",
        "",
    ]);
    table
}
