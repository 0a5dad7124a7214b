mod pasting;
mod requests;
mod tokens;

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::super::testing::{Fake, Fits, Pairs, options, settings, with_fake, world};
use super::super::{KeepOidcLogin, TokenError};
use super::*;
use crate::idp::code::single;
use crate::world::{Browser, Note, Person};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jit_wire::explain::{Explain as _, Kind};
use jit_wire::secret::Secret;
use ring::digest;

/// Opens the page that it is started with, then sends the test's requests one after the other, with HOST,
/// PAGE, COOKIE and STATE filled in.
struct Scripted {
    requests: Vec<String>,
    /// Returns the answers.
    thread: Arc<Mutex<Option<JoinHandle<Vec<String>>>>>,
    asked_for: Arc<Mutex<Pairs>>,
    nonce: Arc<Mutex<String>>,
}

impl Browser for Scripted {
    fn available(&self) -> bool {
        true
    }

    fn open(&self, url: &jit_wire::trusted_url::TrustedUrl) -> Result<(), String> {
        let url = url.as_str();
        let (host, page) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let (host, page) = (host.to_owned(), format!("/{page}"));
        let (nonce, asked_for) = (Arc::clone(&self.nonce), Arc::clone(&self.asked_for));
        let requests = self.requests.clone();
        let visits = move || {
            let exchange = |request: String| {
                let mut answer = String::new();
                if let Ok(mut stream) = std::net::TcpStream::connect(&host) {
                    let _ = stream.write_all(request.as_bytes());
                    let _ = stream.read_to_string(&mut answer);
                }
                answer
            };
            let first = exchange(format!("GET {page} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            let header = |name: &str| {
                let line = first.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
                line.to_owned()
            };
            let (location, cookie) = (header("location:"), header("set-cookie:"));
            let (cookie, rest) = cookie.split_once(';').unwrap();
            assert_eq!(rest, " Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
            let pairs: Pairs =
                form_urlencoded::parse(location.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
            *nonce.lock().unwrap() = single(&pairs, "nonce").unwrap().to_owned();
            let state = single(&pairs, "state").unwrap().to_owned();
            *asked_for.lock().unwrap() = pairs;
            let filled = |text: String| {
                let text = text.replace("HOST", &host).replace("PAGE", &page);
                exchange(text.replace("COOKIE", cookie).replace("STATE", &state))
            };
            requests.into_iter().map(filled).collect()
        };
        *self.thread.lock().unwrap() = Some(std::thread::spawn(visits));
        Ok(())
    }
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: HOST\r\nCookie: a=b; COOKIE\r\n\r\n")
}

struct Ran {
    result: Result<OidcLogin, OidcError>,
    answers: Vec<String>,
    asked_for: Pairs,
}

impl Ran {
    fn statuses(&self) -> Vec<&str> {
        self.answers.iter().map(|answer| answer.get(9..12).unwrap_or_default()).collect()
    }
}

async fn run(fake: &Fake, requests: Vec<String>, options: LoginOptions) -> Ran {
    kept_by(fake, requests, options, None).await
}

async fn kept_by(
    fake: &Fake,
    requests: Vec<String>,
    options: LoginOptions,
    keep: Option<KeepOidcLogin<'_>>,
) -> Ran {
    let (settings, mut world) = (settings(&fake.issuer), world());
    let (thread, asked_for) = (Arc::default(), Arc::<Mutex<Pairs>>::default());
    world.browser = Box::new(Scripted {
        requests,
        thread: Arc::clone(&thread),
        asked_for: Arc::clone(&asked_for),
        nonce: Arc::clone(&fake.nonce),
    });
    let result = super::super::login(&settings, &world, &options, None, keep).await;
    let answers = thread.lock().unwrap().take().unwrap().join().unwrap();
    let asked_for = asked_for.lock().unwrap().clone();
    Ran { result, answers, asked_for }
}

fn tokens(fake: &Fake, with: Value) -> Value {
    let mut nonce = json!({ "nonce": "NONCE" });
    nonce.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    json!({ "id_token": fake.claims(nonce), "refresh_token": "r1" })
}

/// A request that does not belong to the sign-in neither ends it nor uses up its single answer.
#[test]
fn only_the_redirect_of_this_sign_in_ends_the_wait() {
    with_fake(async |fake| {
        fake.reply(200, tokens(&fake, json!({})));
        let good = "/callback?code=c1&state=STATE";
        let requests = vec![
            get("/favicon.ico"),
            get("/done"),
            get("/callback"),
            get("/callback?code=c0&state=AAAA"),
            get("/callback?state=STATE"),
            get("/callback?code=c0&code=c0&state=STATE"),
            get("/callback?code=c0&state=STATE&state=STATE"),
            get(good).replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"),
            get(good).replace("GET", "HEAD"),
            get(good).replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n"),
            get(good).replace("\r\n\r\n", "\r\nOrigin: null\r\n\r\n"),
            get(good).replace("Host: HOST", "Host: evil.example"),
            get(good).replace("; COOKIE", ""),
            get(good).replace("COOKIE", "COOKIE2"),
            get(good).replace("Cookie: a=b; COOKIE", "X-Cookie: COOKIE"),
            get(good),
            get(good),
            get("/failed"),
            get("/done"),
        ];
        let ran = run(&fake, requests, options()).await;
        let login = ran.result.as_ref().unwrap();
        assert_eq!(login.identity.name, "alice@example.test");
        assert_eq!(login.refresh_token.as_ref().unwrap().expose(), "r1");
        let expected = [
            "404", "404", "400", "400", "400", "400", "400", "400", "400", "400", "400", "421", "403", "403",
            "403", "303", "409", "404",
        ];
        // The last page may be loaded after the sign-in returned.
        assert_eq!(ran.statuses()[..18], expected);
        assert!(ran.answers[15].to_lowercase().contains("location: /done"), "{}", ran.answers[15]);
        assert!(ran.answers[16].contains("already finished"));

        let forms = fake.forms("/token");
        assert_eq!(forms.len(), 1, "one shot");
        let sent = |name: &str| single(&forms[0], name).unwrap();
        let asked = |name: &str| single(&ran.asked_for, name).unwrap();
        assert_eq!((sent("code"), sent("redirect_uri")), ("c1", asked("redirect_uri")));
        let challenge = digest::digest(&digest::SHA256, sent("code_verifier").as_bytes());
        assert_eq!(asked("code_challenge"), URL_SAFE_NO_PAD.encode(challenge));
        assert_eq!((asked("code_challenge_method"), asked("response_type")), ("S256", "code"));
        assert_eq!((asked("scope"), asked("prompt")), ("openid email offline_access", "consent"));
        for random in ["state", "nonce", "code_challenge"] {
            assert_eq!(asked(random).len(), 43, "{random}");
        }
    });
}

#[test]
fn errors_are_shown_here_and_in_the_browser() {
    type Case = (&'static str, Value, Option<Value>, Fits, &'static str);
    let cases: [Case; 8] = [
        (
            "error=access_denied&error_description=%3Cb%3Eno",
            json!({}),
            None,
            |e| matches!(e, OidcError::Denied(Some(why)) if why == "<b>no") && (e.kind() == Kind::Refused),
            "(&lt;b&gt;no)",
        ),
        ("error=server_error", json!({}), None, |e| e.kind() != Kind::Refused, "server_error"),
        (
            "code=c&iss=https://evil.example",
            json!({}),
            None,
            |e| matches!(e, OidcError::Code(CodeError::WrongSender(Some(_)))),
            "`https://evil.example`",
        ),
        (
            "code=c",
            json!({ "authorization_response_iss_parameter_supported": true }),
            None,
            |e| matches!(e, OidcError::Code(CodeError::WrongSender(None))),
            "an unnamed sender",
        ),
        (
            "code=c",
            json!({}),
            Some(json!({ "error": "invalid_grant" })),
            |e| e.kind() == Kind::Refused,
            "invalid_grant",
        ),
        (
            "code=c",
            json!({}),
            Some(json!({ "access_token": "a" })),
            |e| matches!(e, OidcError::NoIdToken),
            "no ID token",
        ),
        (
            "code=c",
            json!({}),
            Some(json!({ "id_token": { "nonce": "other", "iat": 0 } })),
            |e| matches!(e, OidcError::Token(TokenError::Claim(_))),
            "is missing",
        ),
        (
            "code=c",
            json!({}),
            Some(json!("<html>")),
            |e| matches!(e, OidcError::NotUnderstood { .. }),
            "unexpected JSON",
        ),
    ];
    for (query, document, reply, fits, shown) in cases {
        with_fake(async |fake| {
            *fake.document.borrow_mut() = document;
            reply.into_iter().for_each(|reply| fake.reply(200, reply));
            let requests = vec![get(&format!("/callback?{query}&state=STATE")), get("/done"), get("/failed")];
            let ran = run(&fake, requests, options()).await;
            let error = ran.result.as_ref().err().unwrap();
            assert!(fits(error), "{query}: {error:?}");
            assert_eq!(ran.statuses(), ["303", "404", "200"], "{query}");
            let page = &ran.answers[2];
            assert!(page.contains("Sign-in failed") && page.contains(shown), "{query}: {page}");
        });
    }
}

/// The first browser may visit again as often as it likes. Another one ends the sign-in, whichever of them
/// was first, and whatever the first one has done in the meantime.
#[test]
fn a_second_browser_at_the_page_ends_the_sign_in() {
    let other = || get("PAGE").replace("Cookie: a=b; COOKIE", "Cookie: jit-x=y");
    let good = || get("/callback?code=c1&state=STATE");
    let cases = [
        (vec![get("PAGE"), get("PAGE"), good(), get("/done")], true, vec!["303", "303", "303", "200"]),
        (vec![other()], false, vec!["404"]),
        (vec![get("PAGE"), other()], false, vec!["303", "404"]),
        (vec![good(), other()], false, vec!["303", "404"]),
        // A request that is not a person's visit does not count as one.
        (
            vec![
                other().replace("Host: HOST", "Host: evil.example"),
                other().replace("GET", "HEAD"),
                other().replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"),
                other().replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n"),
                other().replace("\r\n\r\n", "\r\nSec-Purpose: prefetch\r\n\r\n"),
                get("PAGEx"),
                good(),
                get("/done"),
            ],
            true,
            vec!["421", "404", "404", "404", "503", "404", "303", "200"],
        ),
    ];
    for (requests, signed_in, expected) in cases {
        with_fake(async |fake| {
            fake.reply(200, tokens(&fake, json!({})));
            let ran = run(&fake, requests, options()).await;
            assert_eq!(ran.statuses(), expected);
            match &ran.result {
                Ok(login) => assert!(signed_in && login.identity.name == "alice@example.test"),
                Err(OidcError::Code(CodeError::Contested(_))) => {
                    assert!(
                        !signed_in
                            && ran
                                .answers
                                .last()
                                .unwrap()
                                .contains("Another browser opened this page before")
                    );
                }
                Err(error) => panic!("{error}"),
            }
        });
    }
}

#[test]
fn a_taken_port_is_named() {
    with_fake(async |fake| {
        let port: u16 = fake.issuer.rsplit(':').next().unwrap().parse().unwrap();
        let mut settings = settings(&fake.issuer);
        settings.redirect_port.value = port;
        settings.flow.value = crate::plan::Flow::Browser;
        let error = super::super::login(&settings, &world(), &options(), None, None).await.unwrap_err();
        assert!(matches!(error, OidcError::Code(CodeError::PortTaken(named)) if named == port), "{error:?}");
    });
}

#[test]
fn nobody_came() {
    with_fake(async |fake| {
        let options = LoginOptions { within: std::time::Duration::ZERO, open_browser: false, ..options() };
        let error =
            super::super::login(&settings(&fake.issuer), &world(), &options, None, None).await.unwrap_err();
        assert!(matches!(error, OidcError::Code(CodeError::NobodyCame(_))), "{error:?}");
    });
}
