//! The IdP over plain HTTP, as a client and a browser use it. STS is tested with AWS's own SDK in `tests/it`.

mod device;
mod troubles;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::*;
use jit_wire::timestamp::Timestamp;

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:4711/callback";

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or("none").to_owned()
    }

    /// A parameter of the URL that the browser is sent to.
    fn sent_back(&self, name: &str) -> Option<String> {
        let address = self.head.lines().find_map(|line| line.strip_prefix("location: "))?;
        let query = address.strip_prefix(REDIRECT)?.strip_prefix('?')?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(of, _)| of == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The value of a hidden field of the page.
    fn field(&self, name: &str) -> String {
        let start = format!(r#"name="{name}" value=""#);
        let rest = &self.body[self.body.find(&start).unwrap() + start.len()..];
        rest[..rest.find('"').unwrap()].to_owned()
    }
}

fn send(servers: &Servers, method: &str, target: &str, form: &[(&str, &str)]) -> Answer {
    let host = servers.issuer().strip_prefix("http://").unwrap();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let length = body.len();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
}

fn get(servers: &Servers, target: &str) -> Answer {
    send(servers, "GET", target, &[])
}

fn post(servers: &Servers, target: &str, form: &[(&str, &str)]) -> Answer {
    let mut form = form.to_vec();
    form.push(("client_id", CLIENT_ID));
    send(servers, "POST", target, &form)
}

/// An authorization request with `change` applied to its parameters; an empty value leaves one out.
fn authorize(servers: &Servers, change: &[(&str, &str)]) -> Answer {
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT),
        ("scope", "openid email profile offline_access"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in change {
        params.retain(|(of, _)| of != name);
        params.push((name, value));
    }
    params.retain(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    get(servers, &format!("/authorize?{query}"))
}

fn redeem(servers: &Servers, code: &str, verifier: &str, redirect_uri: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", redirect_uri),
    ];
    post(servers, "/token", &form)
}

fn refresh(servers: &Servers, token: &str) -> Answer {
    post(servers, "/token", &[("grant_type", "refresh_token"), ("refresh_token", token)])
}

fn at_once() -> Servers {
    Servers::start(Settings { approval: Approval::AtOnce, ..Settings::default() }).unwrap()
}

/// A whole sign-in without a person.
fn login(servers: &Servers) -> Value {
    let code = authorize(servers, &[]).sent_back("code").unwrap();
    redeem(servers, &code, VERIFIER, REDIRECT).json()
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer}"))
}

#[test]
fn a_person_signs_in_on_the_page() {
    let servers = Servers::start(Settings::default()).unwrap();
    let page = authorize(&servers, &[]);
    assert!(page.head.contains("default-src 'none'") && !page.body.contains("<script"));
    assert!(page.body.contains("alice@example.com") && page.body.contains("Continue as Alice"));
    let form = [("request", page.field("request")), ("decision", "allow".to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = send(&servers, "POST", "/authorize", &form);
    assert_eq!(answer.sent_back("state").as_deref(), Some("the-state"));
    assert_eq!(answer.sent_back("iss").as_deref(), Some(servers.issuer()));
    let tokens = redeem(&servers, &answer.sent_back("code").unwrap(), VERIFIER, REDIRECT).json();
    let claims = servers.shared.keys[0].verify(text(&tokens, "id_token")).unwrap();
    assert_eq!(
        (text(&claims, "nonce"), text(&claims, "email"), text(&claims, "aud")),
        ("the-nonce", "alice@example.com", CLIENT_ID)
    );
    assert_eq!(text(&claims, "at_hash"), signing::jwt::half_hash(text(&tokens, "access_token")));
    assert_eq!(claims["https://aws.amazon.com/tags"]["principal_tags"]["department"][0], "platform");
    let again = send(&servers, "POST", "/authorize", &form);
    assert!(again.status == 400 && again.body.contains("already answered"));
    assert!(authorize(&servers, &[]).sent_back("code").is_none(), "each login is asked for anew");
}

#[test]
fn cancelling_is_reported_to_the_client() {
    let servers = Servers::start(Settings::default()).unwrap();
    let id = authorize(&servers, &[]).field("request");
    let answer = send(&servers, "POST", "/authorize", &[("request", &id), ("decision", "deny")]);
    assert_eq!(answer.sent_back("error").as_deref(), Some("access_denied"));
    assert_eq!(answer.sent_back("state").as_deref(), Some("the-state"));
}

#[test]
fn invalid_requests_are_shown_or_reported_to_the_client() {
    let servers = at_once();
    for change in
        [("client_id", "other"), ("redirect_uri", "https://evil.example/callback"), ("redirect_uri", "")]
    {
        let answer = authorize(&servers, &[change]);
        assert!(answer.status == 400 && !answer.head.contains("location"), "{change:?}: {}", answer.head);
    }
    let told = [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", "email"), "invalid_scope"),
    ];
    for (change, error) in told {
        assert_eq!(authorize(&servers, &[change]).sent_back("error").as_deref(), Some(error), "{change:?}");
    }
    let twice = get(&servers, &format!("/authorize?client_id={CLIENT_ID}&client_id={CLIENT_ID}"));
    assert_eq!(twice.status, 400);
}

#[test]
fn a_code_works_once_with_its_verifier_and_redirect_uri() {
    let servers = at_once();
    let code = || authorize(&servers, &[]).sent_back("code").unwrap();
    let other = "http://127.0.0.1:4712/callback";
    let wrong = VERIFIER.replace('d', "e");
    for (verifier, address) in [(wrong.as_str(), REDIRECT), (VERIFIER, other)] {
        let code = code();
        assert_eq!(redeem(&servers, &code, verifier, address).error(), "invalid_grant");
        assert_eq!(redeem(&servers, &code, VERIFIER, REDIRECT).error(), "invalid_grant", "burnt");
    }
    let old = code();
    servers.faults(|faults| faults.provider_clock = 61);
    assert_eq!(redeem(&servers, &old, VERIFIER, REDIRECT).error(), "invalid_grant");
    servers.faults(Faults::clear);
    let code = code();
    let tokens = redeem(&servers, &code, VERIFIER, REDIRECT).json();
    assert_eq!(redeem(&servers, &code, VERIFIER, REDIRECT).error(), "invalid_grant");
    assert_eq!(
        refresh(&servers, text(&tokens, "refresh_token")).error(),
        "invalid_grant",
        "a replay ends the login"
    );
}

#[test]
fn every_server_uses_the_clock_that_is_passed_in() {
    let clock = ManualClock::at(Timestamp(1_800_000_000));
    let settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    let lifetime = settings.code_lifetime;
    let servers = Servers::start_with_clock(settings, clock.clone()).unwrap();
    let code = || authorize(&servers, &[]).sent_back("code").unwrap();
    let (in_time, late) = (code(), code());
    clock.advance(lifetime - Duration::from_secs(1));
    let tokens = redeem(&servers, &in_time, VERIFIER, REDIRECT).json();
    let issued = 1_800_000_000 + i64::try_from(lifetime.as_secs()).unwrap() - 1;
    assert_eq!(servers.shared.keys[0].verify(text(&tokens, "id_token")).unwrap()["iat"], issued);
    clock.advance(Duration::from_secs(1));
    assert_eq!(redeem(&servers, &late, VERIFIER, REDIRECT).error(), "invalid_grant");
    assert_eq!((servers.shared.provider_now().0, servers.shared.sts_now().0), (issued + 1, issued + 1));
    let head = get(&servers, "/.well-known/openid-configuration").head;
    assert!(head.contains("date: Fri, 15 Jan 2027 08:01:00 GMT"), "{head}");
}

#[test]
fn a_reused_refresh_token_ends_the_login() {
    let servers = at_once();
    let first = login(&servers);
    let second = refresh(&servers, text(&first, "refresh_token")).json();
    let third = refresh(&servers, text(&second, "refresh_token")).json();
    assert!(third["id_token"].is_string());
    assert_eq!(refresh(&servers, text(&first, "refresh_token")).error(), "invalid_grant");
    assert_eq!(refresh(&servers, text(&third, "refresh_token")).error(), "invalid_grant");
    assert_eq!(servers.journal().count(Call::RefreshGrant), 4);
}

#[test]
fn only_the_client_with_its_secret_gets_tokens() {
    let settings = Settings { client_secret: Some("hush".to_owned()), ..Settings::default() };
    let servers = Servers::start(Settings { approval: Approval::AtOnce, ..settings }).unwrap();
    assert!(get(&servers, "/.well-known/openid-configuration").body.contains("client_secret_post"));
    let start =
        |secret| post(&servers, "/device_authorization", &[("scope", "openid"), ("client_secret", secret)]);
    assert_eq!((start("wrong").status, start("wrong").error()), (401, "invalid_client".to_owned()));
    assert_eq!(start("hush").status, 200);
}

#[test]
fn revocation_and_logout_end_the_login() {
    let servers = at_once();
    let tokens = login(&servers);
    assert_eq!(post(&servers, "/revoke", &[("token", "unknown")]).status, 200);
    assert_eq!(post(&servers, "/revoke", &[("token", text(&tokens, "refresh_token"))]).status, 200);
    assert_eq!(refresh(&servers, text(&tokens, "refresh_token")).error(), "invalid_grant");

    let tokens = login(&servers);
    assert_eq!(get(&servers, "/logout").status, 400);
    let hint = text(&tokens, "id_token");
    assert!(get(&servers, &format!("/logout?id_token_hint={hint}")).body.contains("signed out"));
    assert_eq!(refresh(&servers, text(&tokens, "refresh_token")).error(), "invalid_grant");
}

#[test]
fn names_of_people_are_not_markup() {
    let user = User { name: "<b>Al</b>".to_owned(), ..Settings::default().user };
    let servers = Servers::start(Settings { user, ..Settings::default() }).unwrap();
    for page in [authorize(&servers, &[]), get(&servers, "/device?user_code=%22%3E%3Cb%3E")] {
        assert!(page.body.contains("&lt;b&gt;") && !page.body.contains("<b>"), "{}", page.body);
    }
}

#[test]
fn several_people_can_sign_in_and_a_login_stays_whose_it_is() {
    let bob =
        User { email: "bob@example.com".to_owned(), name: "Bob".to_owned(), ..Settings::default().user };
    let servers = Servers::start(Settings { others: vec![bob], ..Settings::default() }).unwrap();
    let page = authorize(&servers, &[]);
    assert!(page.body.contains("Continue as Alice") && page.body.contains("Continue as Bob"));
    let sign_in = |decision: &str| {
        let id = authorize(&servers, &[]).field("request");
        let answer = send(&servers, "POST", "/authorize", &[("request", &id), ("decision", decision)]);
        redeem(&servers, &answer.sent_back("code").unwrap(), VERIFIER, REDIRECT).json()
    };
    let email = |tokens: &Value| {
        let claims = servers.shared.keys[0].verify(text(tokens, "id_token")).unwrap();
        text(&claims, "email").to_owned()
    };
    let (alice, bob) = (sign_in("allow"), sign_in("allow 1"));
    assert_eq!((email(&alice).as_str(), email(&bob).as_str()), ("alice@example.com", "bob@example.com"));
    let renewed = refresh(&servers, text(&bob, "refresh_token")).json();
    assert_eq!(email(&renewed), "bob@example.com");
}
