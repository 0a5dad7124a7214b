//! What the IdP can do wrong: each has its own message and exit code, and leaves nothing behind.

use std::net::TcpListener;
use std::time::Duration;

use jit_emulator::{Approval, Call, Flaw, Refusal, Settings, Trouble};

use crate::support::{Output, Room};

/// Signs in while `arrange` is in effect; the login fails and stores an unusable response, and works once all is
/// well again.
fn refused(arrange: impl FnOnce(&Room)) -> (Room, Output, String) {
    let room = Room::new();
    arrange(&room);
    let login = room.jit(&["login", "admin"]).run();
    let said = room.plain(&login.stderr);
    let (_, said) = said.split_once("http://127.0.0.1:PORT/…\n").unwrap_or(("", &said));
    let said = said.to_owned();
    assert_eq!((login.stdout.as_str(), room.entries("session").len()), ("", 0), "{login}");
    room.is_tidy();
    room.servers().faults(jit_emulator::Faults::clear);
    let well = room.jit(&["login", "admin"]).run();
    assert_eq!(well.code(), 0, "{well}");
    (room, login, said)
}

fn flawed(flaw: Flaw) -> (Room, Output, String) {
    refused(|room| room.servers().faults(|faults| _ = faults.flaws.insert(flaw)))
}

fn troubled(call: Call, trouble: Trouble) -> (Room, Output, String) {
    refused(|room| room.servers().faults(|faults| faults.always(call, trouble)))
}

/// The rest of the message, with what the test fills in.
fn error(what: &str, next: &[&str]) -> String {
    let next: String = next.iter().map(|line| format!("  next: {line}\n")).collect();
    format!("error: {what}\n{next}")
}

const AGAIN: [&str; 2] =
    ["run `jit login admin` again", "show this to the administrator of the identity provider"];
const ISSUER: &str =
    "compare `issuer` with the issuer that the IdP announces: case and a trailing slash matter";

#[test]
fn invalid_id_tokens_are_refused() {
    let cases: [(_, _, &[&str]); 5] = [
        (Flaw::Issuer, "it was issued by `https://other.example`", &[ISSUER]),
        (
            Flaw::Audience,
            "it was issued for another client, `another-client`",
            &["compare `client_id` with the client's id at the IdP"],
        ),
        (Flaw::Nonce, "it belongs to another sign-in (its nonce is not the one that jit sent)", &AGAIN),
        (Flaw::Signature, "its signature is wrong", &AGAIN),
        (Flaw::KeyId, "the IdP publishes no matching key (key `never-published`)", &AGAIN),
    ];
    for (flaw, why, next) in cases {
        let (room, login, said) = flawed(flaw);
        let expected = error(&format!("the IdP's ID token is not valid: {why}"), next);
        assert_eq!((login.code(), said), (1, expected), "{flaw:?}");
        let fetches = if flaw == Flaw::KeyId { 3 } else { 2 };
        assert_eq!(room.count(Call::Jwks), fetches, "{flaw:?}: an unknown key is looked for once more");
    }
}

#[test]
fn an_id_token_that_has_expired_points_at_the_clock() {
    let (_, login, said) = flawed(Flaw::Expired);
    assert_eq!(login.code(), 1, "{login}");
    let [start, middle, end] = [
        "error: the IdP's ID token is not valid: it expired at 20",
        ", and this machine's clock says 20",
        "  next: check this machine's clock: `jit doctor`\n",
    ];
    assert!(said.starts_with(start) && said.contains(middle) && said.ends_with(end), "{said}");
}

#[test]
fn refusing_or_foreign_redirects_are_refused() {
    let (_, login, said) = flawed(Flaw::UserDenies);
    let declined = error("the sign-in was declined (The person cancelled)", &["jit login --force admin"]);
    assert_eq!((login.code(), said), (4, declined));

    let (_, login, said) = flawed(Flaw::CallbackIssuer);
    let foreign = error(
        "the response in the browser came from `http://IDP/other`, not from the IdP that jit asked",
        &AGAIN,
    );
    assert_eq!((login.code(), said), (1, foreign));
}

#[test]
fn the_browser_shows_the_same_error_as_the_terminal() {
    let room = Room::new();
    room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::UserDenies));
    room.write_browser(r#"curl -sSL -o "$HOME/page" "$1"; touch "$HOME/shown""#);
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 4);
    room.until("the page", |room| room.path("shown").exists());
    let page = std::fs::read_to_string(room.path("page")).unwrap();
    assert!(
        page.contains("Sign-in failed") && page.contains("The sign-in was declined (The person cancelled)."),
        "{page}"
    );
}

#[test]
fn a_stolen_code_is_reported() {
    let room = Room::new();
    room.write_browser(
        r#"at=$(curl -s -o /dev/null -w '%{redirect_url}' "$1")
code=${at#*code=}; code=${code%%&*}; issuer=${1%%/authorize*}
uri=http://127.0.0.1:${at#http://127.0.0.1:}; uri=${uri%%\?*}
curl -s -o "$HOME/thief" "$issuer/token" -d grant_type=authorization_code -d client_id=jit-demo \
  -d "code=$code" -d "redirect_uri=$uri" -d code_verifier="$(cat /proc/sys/kernel/random/uuid)"
curl -sSL -o /dev/null "$at""#,
    );
    let login = room.jit(&["login", "admin"]).run();
    let said = room.plain(&login.stderr);
    let expected = error(
        "exchanging the code for tokens was refused: invalid_grant (this code was used before)",
        &["jit login --force admin"],
    );
    assert!(login.code() == 4 && said.ends_with(&format!("…\n{expected}")), "{login}");
    let thief = std::fs::read_to_string(room.path("thief")).unwrap();
    assert!(
        thief.contains("the code verifier does not fit the challenge"),
        "PKCE kept the thief out: {thief}"
    );
    assert_eq!(room.entries("").len(), 0);
    room.is_tidy();
}

#[test]
fn misbehaving_idps_are_refused() {
    let http = |what: &str, status, why: &str| format!("{what} answered with status {status} and {why}");
    let page = "a web page instead of JSON";
    let network = "check `issuer`, and whether this network requires its own sign-in first";
    let large = "the response of IDP is larger than 512 KB, the maximum that jit accepts";
    let late = "try again in a minute";
    let refusal = || Trouble::Refuse(Refusal::new(404, "not_here", "no such page"));
    let discovery = "http://IDP/.well-known/openid-configuration";
    let cases = [
        (Call::Discovery, Trouble::Html, http("the IdP's discovery document", 200, page), network),
        (Call::Discovery, Trouble::Megabyte, large.to_owned(), "check the URL: `jit explain admin`"),
        (
            Call::Discovery,
            Trouble::ServerError,
            format!("there is no OpenID Connect IdP at http://IDP: {discovery} answered with status 500"),
            late,
        ),
        (
            Call::Discovery,
            refusal(),
            format!("there is no OpenID Connect IdP at http://IDP: {discovery} answered with status 404"),
            ISSUER,
        ),
        (Call::Jwks, Trouble::Html, http("the IdP's key list", 200, page), network),
        (Call::Jwks, Trouble::Megabyte, large.to_owned(), "check the URL: `jit explain admin`"),
        (Call::Jwks, Trouble::ServerError, http("the IdP's key list", 500, "an unusable response"), late),
        (Call::CodeGrant, Trouble::Html, http("the token endpoint", 200, page), network),
        (Call::CodeGrant, Trouble::Megabyte, large.to_owned(), "check the URL: `jit explain admin`"),
        (
            Call::CodeGrant,
            Trouble::ServerError,
            http("the token endpoint", 500, "something that is not JSON"),
            late,
        ),
    ];
    for (call, trouble, what, next) in cases {
        let name = format!("{call:?} {trouble:?}");
        let (_, login, said) = troubled(call, trouble);
        assert_eq!((login.code(), said), (1, error(&what, &[next])), "{name}");
    }
    let (_, login, said) = flawed(Flaw::DiscoveryIssuer);
    let what = "the IdP calls itself `http://IDP/other`, but the configuration says `http://IDP`";
    assert_eq!((login.code(), said), (1, error(what, &[ISSUER])));
}

#[test]
fn text_from_the_idp_is_escaped() {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nerror: all is well\u{202e}$(reboot)`id`";
    let shown = "\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{d}\\u{a}error: all is well\\u{202e}$(reboot)`id`";
    let trouble = Trouble::Refuse(Refusal::new(400, "bad\u{9b}31m\n", hostile));
    for call in [Call::Authorize, Call::CodeGrant] {
        let (_, login, said) = troubled(call, trouble.clone());
        assert_eq!(login.code(), 4, "{login}");
        let refused = format!(
            "was refused: bad\\u{{9b}}31m\\u{{a}} ({shown})\n  next: show this to the administrator of the identity provider\n"
        );
        assert!(said.ends_with(&refused) && said.lines().count() == 2, "{login}");
    }
    let long = Trouble::Refuse(Refusal::new(400, "invalid_request", "x".repeat(100_000)));
    let (_, login, said) = troubled(Call::CodeGrant, long);
    assert!(login.code() == 4 && said.len() < 600 && said.contains(&"x".repeat(300)), "{login}");
}

#[test]
fn a_persons_name_is_only_text() {
    let mut settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    settings.user.email = "al\u{1b}[31mice\nerror: x; rm -rf $HOME".to_owned();
    let room = Room::with(settings);
    let login = room.jit(&["login", "admin"]).run();
    insta::assert_snapshot!(room.told(&login), @r"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as al\u{1b}[31mice\u{a}error: x; rm -rf $HOME at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
    let whoami = room.jit(&["whoami", "admin"]).run();
    insta::assert_snapshot!(room.told(&whoami), @r"
    exit 0
    --- stdout
    account  222222222222
    arn      arn:aws:sts::222222222222:assumed-role/admin/RANDOM
    user id  AROATM4BUH3UM2K2EVKA6:RANDOM
    idp      al\u{1b}[31mice\u{a}error: x; rm -rf $HOME at demo
    ");
    for command in ["status", "whoami", "explain"] {
        let output = room.jit(&[command]).env("JIT_ROLE", "admin").run();
        assert!(output.code() == 0 && !(output.stdout + &output.stderr).contains('\u{1b}'), "{command}");
    }
}

#[test]
fn a_taken_port_is_reported() {
    let room = Room::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    room.write_config(&room.usual_config().replacen("\n\n", &format!("\nredirect_port = {port}\n\n"), 1));
    let login = room.jit(&["login", "admin"]).run();
    let what = "port PORT of 127.0.0.1, which the browser must return to, is used by another program";
    let next = [
        "stop the program that uses it",
        "or set another `redirect_port`, which may have to be registered at the IdP",
    ];
    assert_eq!((login.code(), login.stderr), (1, error(what, &next).replace("PORT", &port.to_string())));
    assert_eq!((room.opened().len(), room.count(Call::Authorize)), (0, 0), "nobody was sent anywhere");
    drop(taken);
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    assert!(room.sent_to()[0].contains(&format!("127.0.0.1%3A{port}%2Fcallback")), "{:?}", room.sent_to());
}

#[test]
fn an_idp_that_is_down_is_reported() {
    let room = Room::new();
    let issuer = format!(
        "http://127.0.0.1:{}",
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    );
    room.write_config(&room.usual_config().replace(room.servers().issuer(), &issuer));
    let login = room.jit(&["login", "admin"]).run();
    let what = "cannot reach 127.0.0.1:PORT: Connection refused (os error 111)";
    let next = ["check `issuer`, the network and the proxy", "run `jit doctor`"];
    assert_eq!((login.code(), room.plain(&login.stderr)), (1, error(what, &next)));
    room.write_config(&room.usual_config().replace(room.servers().issuer(), "https://no-such-host.invalid"));
    let login = room.jit(&["login", "admin"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 1
    --- stderr
    error: cannot reach no-such-host.invalid: failed to lookup address information: Name or service not known
      next: check `issuer`, the network and the proxy
      next: run `jit doctor`
    ");
}

#[test]
fn failing_device_codes_are_reported() {
    let device = || {
        Room::with(Settings {
            approval: Approval::AtOnce,
            device_interval: Duration::from_secs(1),
            device_code_lifetime: Duration::from_secs(3),
            ..Settings::default()
        })
    };
    let room = device();
    room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::UserDenies));
    let denied = room.jit(&["login", "admin", "--device"]).run();
    let expected = error("the sign-in was declined (the person cancelled)", &["jit login --force admin"]);
    assert!(denied.code() == 4 && denied.stderr.ends_with(&format!("at most 3 s\n{expected}")), "{denied}");

    let expired = "the code was not approved within 3 s; if the browser showed a refusal, the IdP does not allow device codes here";
    let expected = error(expired, &["run `jit login admin` again"]);
    let pending = Trouble::Refuse(Refusal::new(400, "authorization_pending", ""));
    room.servers().faults(|faults| {
        faults.clear();
        faults.always(Call::DeviceGrant, pending);
    });
    let nobody = room.jit(&["login", "admin", "--device"]).run();
    assert!(nobody.code() == 1 && nobody.stderr.ends_with(&format!("at most 3 s\n{expected}")), "{nobody}");

    let expired = Trouble::Refuse(Refusal::new(400, "expired_token", "too old"));
    room.servers().faults(|faults| {
        faults.clear();
        faults.always(Call::DeviceGrant, expired);
    });
    let late = room.jit(&["login", "admin", "--device"]).run();
    assert!(late.code() == 1 && late.stderr.ends_with(&expected), "{late}");
    assert_eq!(room.entries("").len(), 0);
    room.is_tidy();
}
