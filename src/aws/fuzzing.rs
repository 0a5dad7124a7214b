//! Fuzz targets for the answers of AWS services other than STS, and a server that STS's target uses too.

use std::time::Duration;

use aws_sdk_sso::config::retry::RetryConfig;
use aws_sdk_sts::config::{AsyncSleep, HttpClient, RuntimeComponents};
use aws_smithy_async::rt::sleep::Sleep;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::directory::{accounts_of, roles_of};
use super::pace::Pace;
use super::portal::{PortalError, client_over, credentials_from, failed};
use super::{federation, iam};
use crate::plan::Assignment;
use jit_wire::arn::Partition;
use jit_wire::explain::Explain as _;
use jit_wire::http::{Headers, HttpAnswer};
use jit_wire::name;
use jit_wire::secret::Secret;

/// A server that always gives the same answer, and a wait that takes no time.
#[derive(Clone, Debug)]
pub(super) struct Canned {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = self.status.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(self.body.as_slice()));
        for (name, value) in &self.headers {
            // A value that no header can hold is left out.
            let _ = response.headers_mut().try_insert(*name, value.clone());
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl AsyncSleep for Canned {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

/// Answers of Identity Center's portal, through the SDK: the first byte selects the status and the call, then
/// comes a line that goes into the headers, then the body.
pub fn portal_answer(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let status = [200, 401, 403, 404, 429, 500, 200, 400][usize::from(first % 8)];
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let header = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let names = ["x-amzn-errortype", "retry-after", "x-amz-retry-after"];
    let server = Canned {
        status,
        headers: names.map(|name| (name, header.clone())).into(),
        body: parts.next().unwrap_or_default().to_vec(),
    };
    let settings = crate::fuzzing::center_settings();
    let (client, token) =
        (client_over(server, &settings, RetryConfig::disabled()), Secret::from("portal-token"));
    let assignment = Assignment::new("111111111111", "Read", Partition::Aws);
    let outcome = block_on(async {
        match first / 8 % 3 {
            0 => {
                let given = credentials_from(&client, &assignment, &token).await?;
                assert!(status == 200 && given.expires_at.0 > 0);
                let empty =
                    [given.secret_access_key.expose(), given.session_token.expose(), &given.access_key_id];
                assert!(empty.iter().all(|part| !part.is_empty()), "invalid credentials");
                crate::fuzzing::hand_over(given);
            }
            1 => {
                let asked = client.list_accounts().access_token(token.expose()).send().await;
                let page = asked.map_err(|error| failed("", &token, error))?;
                assert!(accounts_of(page.account_list).all(|one| name::is_account_id(&one.id)));
            }
            _ => {
                let asked = client.list_account_roles().access_token(token.expose()).account_id("1").send();
                let page = asked.await.map_err(|error| failed("1", &token, error))?;
                let plain = |name: String| !name.contains(['\t', '\n', '/', '\u{1b}']);
                assert!(roles_of(page.role_list).all(plain));
            }
        }
        Ok::<_, PortalError>(())
    });
    if let Err(error) = outcome {
        assert!(error.message.chars().count() <= 300);
        assert!(!format!("{error} {error:?}").contains("portal-token"), "a secret came back");
        let _ = error.next();
        let mut pace = Pace::default();
        let now = Duration::from_secs(1);
        pace.refused(Duration::ZERO, now, error.pause);
        assert!(pace.go(now).err().is_none_or(|wait| wait <= Duration::from_secs(60)), "it waits for hours");
    }
}

/// Answers of the console's sign-in page, with the status from the first byte; and the aliases of an account.
pub fn aws_answer(data: &[u8]) {
    const FEDERATION: &str = "https://eu-west-1.signin.aws.amazon.com/federation";
    let Some((first, body)) = data.split_first() else { return };
    let answer = HttpAnswer {
        status: if first % 2 == 0 { 200 } else { 400 },
        content_type: String::new(),
        headers: Headers::default(),
        body: Secret::new(body.to_vec()),
    };
    if let Ok(url) = federation::sign_in_url(FEDERATION, "https://console.aws.amazon.com/?a=b&c", &answer) {
        let query = url.expose().strip_prefix(FEDERATION).and_then(|rest| rest.strip_prefix('?'));
        let query = query.expect("it leads to AWS");
        assert!(url.expose().bytes().all(|byte| byte.is_ascii_graphic()), "a URL");
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let last = pairs.last().expect("a token");
        assert!(pairs.len() == 4 && last.0 == "SigninToken");
        // Parsers differ in what they skip; and serde reads a list of one element as the element.
        if let Ok(serde_json::Value::Object(said)) = serde_json::from_slice(body) {
            assert!(said["SigninToken"] == *last.1);
        }
    }
    let alias = std::str::from_utf8(body).ok().and_then(iam::first_alias);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(alias.is_none_or(|alias| (3..=63).contains(&alias.len()) && alias.chars().all(plain)));
}
