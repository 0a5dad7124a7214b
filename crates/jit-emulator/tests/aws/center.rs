//! Sessions from Identity Center, in whose roles AWS authorises as in all others.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use jit_emulator::{Approval, Servers, Settings, User};
use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;
use serde_json::Value;

use crate::client::{Client, text};

#[test]
fn a_session_of_identity_center_is_named_after_whoever_signed_in() {
    let bob = User { email: "bob@example.com".to_owned(), ..Settings::default().user };
    let settings = Settings { others: vec![bob], approval: Approval::AtOnce, ..Settings::default() };
    let servers = Servers::start(settings).unwrap();
    let call = |method: &str, target: &str, token: &str, body: Value| {
        let (host, body) = (servers.center_url().strip_prefix("http://").unwrap(), body.to_string());
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nx-amz-sso_bearer_token: {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str::<Value>(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    let client = call("POST", "/client/register", "", serde_json::json!({}));
    let token = |more: Value| {
        let mut body =
            serde_json::json!({ "clientId": client["clientId"], "clientSecret": client["clientSecret"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (number, email) in [(0, "alice@example.com"), (1, "bob@example.com")] {
        servers.faults(|faults| faults.signs_in = number);
        let start = serde_json::json!({ "startUrl": servers.start_url() });
        let device = call("POST", "/device_authorization", "", token(start));
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let ask = serde_json::json!({ "grantType": grant, "deviceCode": device["deviceCode"] });
        let tokens = call("POST", "/token", "", token(ask));
        servers.faults(|faults| faults.signs_in = 0);
        let target = "/federation/credentials?account_id=333333333333&role_name=Developer";
        let session = call("GET", target, tokens["accessToken"].as_str().unwrap(), Value::Null);
        let part = |name: &str| session["roleCredentials"][name].as_str().unwrap();
        let [secret, token] = ["secretAccessKey", "sessionToken"].map(|name| Secret::from(part(name)));
        let session =
            Credentials::new(part("accessKeyId").to_owned(), secret, token, Timestamp(i64::MAX)).unwrap();
        let client = Client::new(servers.aws_url());
        let caller = client.sts(&session, servers.now(), "GetCallerIdentity", &[]).unwrap();
        assert!(text(&caller, "Arn").unwrap().ends_with(&format!("/{email}")), "{caller}");
    }
}
