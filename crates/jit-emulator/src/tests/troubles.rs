//! Flaws and troubles that a test can switch on, and what the journal says of them.

use super::*;

#[test]
fn flaws_affect_only_what_they_name() {
    let servers = at_once();
    let claims = |token: &str| {
        let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&part).unwrap()
    };
    let sound = claims(text(&login(&servers), "id_token"));
    let flaws = [(Flaw::Issuer, "iss"), (Flaw::Audience, "aud"), (Flaw::Nonce, "nonce")];
    for (flaw, claim) in flaws {
        servers.faults(|faults| faults.flaws = [flaw].into());
        let token = login(&servers)["id_token"].clone();
        let token = token.as_str().unwrap();
        assert!(servers.shared.keys[0].verify(token).is_some(), "{flaw:?} is signed");
        for name in ["iss", "aud", "nonce"] {
            assert_eq!(claims(token)[name] != sound[name], name == claim, "{flaw:?}: {name}");
        }
        servers.faults(Faults::clear);
    }
    for flaw in [Flaw::Signature, Flaw::KeyId] {
        servers.faults(|faults| faults.flaws = [flaw].into());
        let tokens = login(&servers);
        assert!(servers.shared.keys[0].verify(text(&tokens, "id_token")).is_none(), "{flaw:?}");
        servers.faults(Faults::clear);
    }
    servers.faults(|faults| faults.flaws = [Flaw::Expired].into());
    let old = claims(text(&login(&servers), "id_token"));
    assert!(old["exp"].as_i64().unwrap() < servers.shared.provider_now().0 - 3000);

    servers.faults(|faults| faults.flaws = [Flaw::NoIdTokenOnRefresh, Flaw::DiscoveryIssuer].into());
    let tokens = refresh(&servers, text(&login(&servers), "refresh_token")).json();
    assert!(tokens["id_token"].is_null() && tokens["access_token"].is_string());
    let document = get(&servers, "/.well-known/openid-configuration").json();
    assert_ne!(text(&document, "issuer"), servers.issuer());

    servers.faults(|faults| faults.flaws = [Flaw::CallbackState, Flaw::CallbackIssuer].into());
    let answer = authorize(&servers, &[]);
    assert_ne!(answer.sent_back("state").as_deref(), Some("the-state"));
    assert_ne!(answer.sent_back("iss").as_deref(), Some(servers.issuer()));
    servers.faults(|faults| faults.flaws = [Flaw::UserDenies].into());
    assert_eq!(authorize(&servers, &[]).sent_back("error").as_deref(), Some("access_denied"));
}

#[test]
fn a_rotated_key_is_published_at_the_second_request() {
    let servers = at_once();
    let keys = || get(&servers, "/jwks").json()["keys"].as_array().unwrap().clone();
    let signing = servers.shared.keys[0].id();
    servers.faults(|faults| faults.flaws = [Flaw::LateKey].into());
    let shows = |keys: Vec<Value>| keys.iter().any(|key| key["kid"] == signing);
    assert_eq!([shows(keys()), shows(keys())], [false, true]);
}

#[test]
fn troubles_follow_the_protocol() {
    let servers = at_once();
    let refusal = |code| Trouble::Refuse(Refusal::new(400, code, "an\u{1b}[31mgry\nserver"));
    servers.faults(|faults| {
        faults.next(1, Call::Discovery, Trouble::ServerError);
        faults.next(1, Call::Jwks, Trouble::Html);
        faults.next(1, Call::Revoke, Trouble::Megabyte);
        faults.next(1, Call::DeviceStart, Trouble::Late(Duration::from_millis(1)));
        faults.next(1, Call::RefreshGrant, refusal("invalid_grant"));
        faults.next(1, Call::Authorize, refusal("temporarily_unavailable"));
    });
    assert_eq!(get(&servers, "/.well-known/openid-configuration").status, 500);
    assert!(get(&servers, "/jwks").body.starts_with("<!doctype"));
    assert!(post(&servers, "/revoke", &[]).json()["filler"].as_str().unwrap().len() >= 1 << 20);
    assert_eq!(post(&servers, "/device_authorization", &[("scope", "openid")]).status, 200);
    assert!(refresh(&servers, "any").json()["error_description"].as_str().unwrap().contains("\u{1b}[31m"));
    assert_eq!(authorize(&servers, &[]).sent_back("error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(get(&servers, "/.well-known/openid-configuration").status, 200, "passed");
}

#[test]
fn a_server_that_hangs_can_be_stopped_and_the_clock_can_be_wrong() {
    let servers = at_once();
    let date = |answer: &Answer| {
        let date = answer.head.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
        assert!(date.ends_with(" GMT"), "{date}");
        Timestamp::parse_http_date(date).unwrap()
    };
    let now = date(&get(&servers, "/style.css"));
    servers.faults(|faults| {
        faults.provider_clock = -6000;
        faults.always(Call::Discovery, Trouble::Hang);
    });
    assert!(date(&get(&servers, "/style.css")) < now - Duration::from_secs(5000));
    let mut waiting = TcpStream::connect(servers.issuer().strip_prefix("http://").unwrap()).unwrap();
    let host = servers.issuer().strip_prefix("http://").unwrap();
    write!(waiting, "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    drop(servers);
    let mut rest = String::new();
    let _ = waiting.read_to_string(&mut rest);
    assert_eq!(rest, "");
}

#[test]
fn the_journal_knows_every_secret() {
    let servers = at_once();
    let tokens = login(&servers);
    let secrets = servers.journal().secrets().to_vec();
    for name in ["id_token", "access_token", "refresh_token"] {
        assert!(secrets.iter().any(|secret| secret.value == text(&tokens, name)), "{name}");
    }
    for what in ["authorization code", "PKCE verifier"] {
        assert!(secrets.iter().any(|secret| secret.what == what), "{what}");
    }
}
