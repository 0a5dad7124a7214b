//! The story of a grant, told to an AWS that nobody here wrote: `ministack`, which decides by policies if it is started
//! with `AUTH=true`. The emulated AWS is told the same one (`crates/jit-emulator/tests/aws/told.rs`), so the two agree
//! where both can answer.
//!
//! It cannot do source identities, `iam:PermissionsBoundary`, conditions and variables in bucket policies, and trust
//! policies between roles with `${sts:RoleSessionName}`: it denies them, the honest ones too. These are not in the story.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

use crate::support::{Ministack, Room};

#[expect(dead_code, reason = "the emulated AWS is asked more than this one can answer")]
#[path = "../../crates/jit-emulator/tests/aws/client.rs"]
mod client;
#[path = "../../crates/jit-emulator/tests/aws/story.rs"]
mod story;

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_secs()).unwrap())
}

#[test]
fn an_independent_aws_agrees_with_the_story_of_a_grant() {
    let room = Room::new();
    let ministack = Ministack::start(&room);
    let (key, none) = (Secret::from("test"), Secret::from(""));
    story::tell(&story::Stage {
        url: &ministack.url(),
        account: "000000000000",
        admin: Credentials::new("test".to_owned(), key, none, Timestamp(i64::MAX)).unwrap(),
        now: &now,
        wait: &|until| {
            while now() < until {
                std::thread::sleep(Duration::from_millis(200));
            }
        },
        // Long enough for two calls on a busy machine.
        short: Duration::from_secs(15),
    });
}
