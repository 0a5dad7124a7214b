//! What STS answers, as a function of bytes: through the SDK's own reading and the sorting of its errors.

use std::time::Duration;

use aws_sdk_sts::config::{AsyncSleep, HttpClient, RuntimeComponents};
use aws_smithy_async::rt::sleep::Sleep;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::{identity, of_user};
use crate::aws::client::Sts;
use crate::credentials::Credentials;
use crate::plan::{Origin, StsEndpoint, Valued};
use crate::timestamp::Timestamp;

/// A server that always says the same, and a wait that takes no time.
#[derive(Clone, Debug)]
struct Canned(u16, Vec<u8>);

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = self.0.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(self.1.as_slice()));
        response.headers_mut().insert("date", "Fri, 20 Nov 2026 12:00:00 GMT");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl AsyncSleep for Canned {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

/// The body of an answer: the status by the first byte. All answers with a session in them are read alike, so the
/// plainest call stands for them.
pub fn sts_answer(data: &[u8]) {
    let Some((status, body)) = data.split_first() else { return };
    let status = [200, 403, 400, 500][usize::from(status % 4)];
    let by = Credentials {
        access_key_id: "ASIAHUB".to_owned(),
        secret_access_key: "hub-secret-key".into(),
        session_token: "hub-session-token".into(),
        expires_at: Timestamp(1),
    };
    let set = |text: &str| Valued::new(text.to_owned(), Origin::Default);
    let endpoint = StsEndpoint { region: set("eu-west-1"), url: None, fips: false, dual_stack: false };
    let server = Canned(status, body.to_vec());
    let sts = Sts::new(server.clone(), server, &endpoint, Some(&by));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        match of_user(&sts, 3600, None, &by).await {
            Ok(granted) => {
                assert!(status == 200 && !granted.credentials.access_key_id.is_empty());
                crate::fuzzing::hand_over(granted.credentials);
            }
            Err(error) => {
                let _ = (error.new_token_may_help(), error.next());
                assert!(error.message.chars().count() <= 300);
                for secret in ["hub-secret-key", "hub-session-token"] {
                    assert!(!format!("{error} {error:?}").contains(secret), "a secret came back");
                }
            }
        }
        let _ = identity(&sts, &by).await;
    });
}
