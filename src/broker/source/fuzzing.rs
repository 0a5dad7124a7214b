//! What a `credential_process` prints, as a function of bytes.

use super::read_printed;
use crate::timestamp::Timestamp;

/// All that it printed.
pub fn credential_process(data: &[u8]) {
    match read_printed(data, Timestamp(1_795_176_000)) {
        Ok(given) => crate::fuzzing::hand_over(given.credentials),
        Err(why) => assert!(why.len() < 200, "nothing of the output is told"),
    }
}
