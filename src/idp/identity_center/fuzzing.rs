//! Fuzz targets for the answers of Identity Center and the AWS CLI's token cache.

use super::{borrowed, service};
use jit_wire::timestamp::Timestamp;

/// Answers of the token service: the first byte selects the status.
pub fn center_answer(data: &[u8]) {
    let Some((status, body)) = data.split_first() else { return };
    service::fuzz(if status % 2 == 0 { 200 } else { 400 }, body);
}

/// A file of the AWS CLI's cache.
pub fn cli_token(data: &[u8]) {
    let settings = crate::fuzzing::center_settings();
    let now = Timestamp(1_795_176_000);
    let Some((token, until)) = borrowed::live(data, &settings, now) else { return };
    assert!(until.0 - now.0 > 600 && !token.expose().is_empty(), "it lives on for a while");
    // Parsers differ in what they skip.
    let Ok(file) = serde_json::from_slice::<serde_json::Value>(data) else { return };
    let start = file["startUrl"].as_str().expect("whose it is");
    assert!(start.starts_with(&settings.start_url.value) && file["region"] == "eu-west-1");
    assert!(file["accessToken"] == **token.expose());
}
