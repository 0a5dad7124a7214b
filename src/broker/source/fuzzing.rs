//! The output of a `credential_process`, and the message of another `jit`, as functions of bytes.

use super::read_printed;
use crate::broker::{BrokerError, Failure};
use jit_wire::timestamp::Timestamp;

/// The whole output.
pub fn credential_process(data: &[u8]) {
    match read_printed(data, Timestamp(1_795_176_000)) {
        Ok(given) => crate::fuzzing::hand_over(given.credentials),
        Err(why) => assert!(why.len() < 200, "nothing of the output is told"),
    }
}

/// The message that a process with the lock left for the processes that waited.
pub fn waiters_message(data: &[u8]) {
    let Ok(failure) = serde_json::from_slice::<Failure>(data) else { return };
    let written = serde_json::to_string(&failure).expect("JSON");
    assert_eq!(serde_json::from_str::<Failure>(&written).ok().as_ref(), Some(&failure));
    let _ = BrokerError::Shared(failure).failure();
}
