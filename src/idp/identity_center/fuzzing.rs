//! What Identity Center says, as a function of bytes.

use super::service;

/// What the token service answers: the status by the first byte.
pub fn center_answer(data: &[u8]) {
    let Some((status, body)) = data.split_first() else { return };
    service::fuzz(if status % 2 == 0 { 200 } else { 400 }, body);
}
