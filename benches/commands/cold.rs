//! Only a refresh token is stored: one refresh, one hub call, one spoke call.

use std::time::Duration;

use jit_emulator::{Approval, Call, Settings};

use crate::answer;
use crate::measure::{Times, plain_request, slow_runs, wall};
use crate::support::Room;
use crate::table::Table;

/// Runs, each of which has to wait until the previous sessions have expired.
const RUNS: usize = 40;
/// How long the sessions and ID tokens last.
const MOMENT: Duration = Duration::from_secs(2);

pub(crate) fn chain() -> Table {
    let calls = [Call::RefreshGrant, Call::AssumeRoleWithWebIdentity, Call::AssumeRole];
    let settings = Settings { approval: Approval::AtOnce, id_token_lifetime: MOMENT, ..Settings::default() };
    let room = Room::with(settings);
    room.servers().faults(|faults| {
        faults.hub_lifetime = Some(MOMENT);
        faults.spoke_lifetime = Some(MOMENT);
    });
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let before = room.counts(calls);
    let once = |_| {
        std::thread::sleep(MOMENT + Duration::from_millis(100));
        wall(&mut answer(&room))
    };
    let times = Times::of((0..RUNS).map(once));
    assert_eq!(room.counts(calls), before.map(|count| count + RUNS), "one call of each kind a run");

    let three = |_| (0..3).map(|_| plain_request(room.servers().sts_url())).sum();
    let network = Times::of((0..slow_runs()).map(three));
    let mut table = Table::timed();
    table.fact("three plain requests to the same servers", &network);
    let limit = network.median() + Duration::from_millis(15);
    table.limit("refresh, hub, spoke, answer", &times, limit, "three requests + 15 ms");
    table
}
