//! Requests for the credentials of a running command, as a function of bytes: every local user can send
//! one.

use http::StatusCode;
use http_body_util::BodyExt as _;

use super::endpoint::{Endpoint, PATH};
use jit_wire::credentials::Credentials;
use jit_wire::loopback::fuzzing::received;
use jit_wire::timestamp::Timestamp;

const TOKEN: &str = "the-token-of-the-child";
const NOW: Timestamp = Timestamp(1_795_176_000);

struct Noon;

impl crate::world::Clock for Noon {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn offset(&self) -> time::UtcOffset {
        time::UtcOffset::UTC
    }
}

/// A request to the endpoint of `jit exec --refresh`. Only a request with the command's token may get
/// credentials.
pub fn container_request(data: &[u8]) {
    let Some(request) = received(data) else { return };
    let session = crate::fuzzing::session_of(
        Credentials::new("ASIA1".to_owned(), "hub-secret-key".into(), "t".into(), Timestamp(NOW.0 + 3600))
            .expect("credentials"),
    );
    let reply = Endpoint::new(TOKEN.to_owned(), session, "r", Default::default()).answer(&request, &Noon);
    let given = reply.status() == StatusCode::OK;
    let token = request.headers.get("authorization").is_some_and(|token| token == TOKEN);
    let by_page = request.headers.contains_key("origin") || request.headers.contains_key("sec-fetch-site");
    assert!(!given || (token && request.path == PATH && request.method == http::Method::GET && !by_page));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let body = runtime.block_on(reply.into_body().collect()).expect("a body").to_bytes();
    let secret = String::from_utf8_lossy(&body).contains("hub-secret-key");
    assert_eq!(secret, given, "a refusal holds no secret");
}
