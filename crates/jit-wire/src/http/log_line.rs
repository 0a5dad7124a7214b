//! One line of the log for each call: the host, the path, the status, how long it took, and the id that the server gave
//! it. Queries, bodies and headers may be secret and are left out, and so are the parts of a path that look like it.

use std::time::Instant;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};

use super::{HttpError, host_of};

/// The headers in which servers say how to find a call again.
const REQUEST_IDS: [&str; 4] = ["x-amzn-requestid", "x-amz-request-id", "x-okta-request-id", "x-request-id"];
/// The longest id that is shown. No token is that short.
const LONGEST_ID: usize = 40;
/// A part of a path that is longer than this and has digits may be a token.
const LONGEST_WORD: usize = 20;

/// A call that was begun.
pub(super) struct LoggedCall {
    call: String,
    began: Instant,
}

impl LoggedCall {
    /// Nothing if nobody wants the line.
    pub(super) fn begin(request: &HttpRequest, action: Option<&str>) -> Option<Self> {
        log::log_enabled!(log::Level::Debug).then(|| Self {
            call: call(request.method(), request.uri(), action.or(request.headers().get("x-amz-target"))),
            began: Instant::now(),
        })
    }

    /// Writes the line.
    pub(super) fn end(self, outcome: &Result<HttpResponse, HttpError>) {
        let Self { call, began } = self;
        let took = began.elapsed().as_millis();
        match outcome {
            Ok(answer) => {
                let ids = REQUEST_IDS.iter().find_map(|name| answer.headers().get(*name));
                let id =
                    ids.filter(|id| is_id(id)).map(|id| format!(", request id {id}")).unwrap_or_default();
                log::debug!("{call}: {} in {took} ms{id}", answer.status().as_u16());
            }
            Err(error) => log::debug!("{call}: no answer after {took} ms: {error}"),
        }
    }
}

/// `POST sts.amazonaws.com/`, and the action if it is known: `iam:PutRolePolicy`, or the target of a JSON service.
fn call(method: &str, uri: &str, action: Option<&str>) -> String {
    let parsed: Option<http::Uri> = uri.parse().ok();
    let path = parsed.as_ref().map_or("", http::Uri::path);
    let shown: Vec<&str> = path.split('/').map(|part| if is_plain(part) { part } else { "…" }).collect();
    let action = action.and_then(|action| action.rsplit('.').next());
    let action = action.filter(|action| action.split(':').all(is_id));
    let action = action.map(|action| format!(" {action}")).unwrap_or_default();
    format!("{method} {}{}{action}", host_of(uri), shown.join("/"))
}

/// Whether a part of a path is a word and no token.
fn is_plain(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let has_digits = part.bytes().any(|byte| byte.is_ascii_digit());
    part.chars().all(is_word) && part.len() <= if has_digits { LONGEST_WORD } else { 2 * LONGEST_WORD }
}

fn is_id(id: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    !id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_without_what_may_be_secret() {
        for (uri, shown) in [
            ("https://sts.eu-west-1.amazonaws.com/", "POST sts.eu-west-1.amazonaws.com/"),
            ("https://idp.example/oauth2/v1/token?code=abc", "POST idp.example/oauth2/v1/token"),
            ("https://user:pw@idp.example/a", "POST idp.example/a"),
            ("http://127.0.0.1:8080/federation/credentials", "POST 127.0.0.1:8080/federation/credentials"),
            (
                "http://169.254.170.2/v2/credentials/0f3d2b1a-90aa-4a5e-9d7c-0c6f8c1b2a3d",
                "POST 169.254.170.2/v2/credentials/…",
            ),
            ("http://127.0.0.1:1/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE", "POST 127.0.0.1:1/…"),
            ("https://a.example/x%20y/aGVsbG8=/z", "POST a.example/…/…/z"),
            ("https://s3.amazonaws.com/ledger/2026-11-20", "POST s3.amazonaws.com/ledger/2026-11-20"),
            ("nonsense", "POST nonsense"),
        ] {
            let shown_now = call("POST", uri, None);
            assert!(shown_now == shown || uri == "nonsense", "{uri}: {shown_now}");
        }
        let target = Some("AWSOrganizationsV20161128.ListAccounts");
        assert_eq!(call("POST", "https://o.example/", target), "POST o.example/ ListAccounts");
        let put = call(
            "PUT",
            "https://l.s3.example/f/019ac9f2-7a1b-7c3d-8e4f-0123456789ab/a",
            Some("s3:PutObject"),
        );
        assert_eq!(put, "PUT l.s3.example/f/…/a s3:PutObject");
        assert_eq!(call("POST", "https://o.example/", Some("a\u{1b}b")), "POST o.example/");
    }

    #[test]
    fn an_id_is_short_and_plain() {
        for (id, is) in [
            ("c6104cbe-af31-11e0-8154-cbc7ccf896c7", true),
            ("Zz8sFrqWyZ0AAAF1", true),
            ("", false),
            ("a\u{1b}b", false),
            (&"a".repeat(41), false),
        ] {
            assert_eq!(is_id(id), is, "{id:?}");
        }
    }
}
