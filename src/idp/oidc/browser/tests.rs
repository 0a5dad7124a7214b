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
fn a_token_for_another_sign_in_is_refused() {
    with_fake(async |fake| {
        fake.reply(200, tokens(&fake, json!({ "nonce": "other" })));
        let ran = run(&fake, vec![get("/callback?code=c&state=STATE"), get("/failed")], options()).await;
        assert!(matches!(ran.result, Err(OidcError::Token(TokenError::Nonce))));
    });
}

#[test]
fn a_forced_sign_in_asks_for_one() {
    with_fake(async |fake| {
        fake.reply(200, tokens(&fake, json!({ "auth_time": super::super::testing::NOW - 1000 })));
        let requests = vec![get("/callback?code=c&state=STATE"), get("/failed")];
        let ran = run(&fake, requests, LoginOptions { force: true, ..options() }).await;
        assert!(matches!(ran.result, Err(OidcError::Token(TokenError::OldSignIn))));
        let asked = |name: &str| single(&ran.asked_for, name);
        assert_eq!((asked("prompt"), asked("max_age")), (Some("login consent"), Some("0")));
    });
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

/// Pastes the test's text, with URI and STATE filled in from the URL that was shown.
struct Paster {
    lines: std::cell::RefCell<Vec<&'static str>>,
    told: std::cell::RefCell<Pairs>,
    warnings: Arc<Mutex<Vec<String>>>,
    nonce: Arc<Mutex<String>>,
}

impl Person for Paster {
    fn can_be_asked(&self) -> bool {
        true
    }
    fn tell(&self, note: Note<'_>) {
        match note {
            Note::OpenYourself { url, can_paste: true, .. } => {
                let query = url.split_once('?').unwrap().1;
                let pairs: Pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
                *self.nonce.lock().unwrap() = single(&pairs, "nonce").unwrap().to_owned();
                self.told.replace(pairs);
            }
            Note::Warning { text } => self.warnings.lock().unwrap().push(text.to_owned()),
            other => panic!("{other:?}"),
        }
    }
    fn pasted_line(&self) -> std::pin::Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
        let line = self.lines.borrow_mut().remove(0);
        let told = self.told.borrow();
        let value = |name: &str| single(&told, name).unwrap();
        let line = line.replace("URI", value("redirect_uri")).replace("STATE", value("state"));
        Box::pin(std::future::ready(Secret::new(line)))
    }
    fn password(&self, _: &str) -> Option<Secret<String>> {
        None
    }
    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }
}

#[test]
fn a_pasted_url_works_and_a_bad_one_is_explained() {
    with_fake(async |fake| {
        fake.reply(200, tokens(&fake, json!({})));
        let warnings = Arc::<Mutex<Vec<String>>>::default();
        let mut world = world();
        world.person = Box::new(Paster {
            lines: vec![
                "",
                "ls -l",
                "https://evil.example/callback?code=c&state=STATE",
                "URI?code=c&state=other",
                "URI?state=STATE",
                " 'URI?code=c1&state=STATE#_=_' \n",
            ]
            .into(),
            told: Vec::new().into(),
            warnings: Arc::clone(&warnings),
            nonce: Arc::clone(&fake.nonce),
        });
        let options = LoginOptions { open_browser: false, ..options() };
        let login = super::super::login(&settings(&fake.issuer), &world, &options, None, None).await.unwrap();
        assert_eq!(login.identity.subject, "s-1");
        assert_eq!(single(&fake.forms("/token")[0], "code"), Some("c1"));
        let warnings = warnings.lock().unwrap();
        let beginnings = ["that is not", "that is not", "that URL belongs", "that URL is incomplete"];
        assert_eq!(warnings.len(), beginnings.len());
        for (warning, beginning) in warnings.iter().zip(beginnings) {
            assert!(warning.starts_with(beginning), "{warning}");
        }
    });
}

/// Was a bug: the refresh token of a refused sign-in stayed valid at the IdP, and nobody was told.
#[test]
fn the_tokens_of_a_refused_sign_in_are_revoked() {
    for claims in [json!({ "nonce": "other" }), json!({ "aud": "other" }), json!({ "at_hash": "AAAA" })] {
        with_fake(async |fake| {
            let mut given = tokens(&fake, claims.clone());
            given["access_token"] = json!("a");
            fake.reply(200, given);
            fake.reply(200, json!(""));
            let kept = std::cell::RefCell::new(Vec::new());
            let keep = |login: Option<&OidcLogin>| kept.borrow_mut().push(login.cloned());
            let requests = vec![get("/callback?code=c&state=STATE"), get("/failed")];
            let ran = kept_by(&fake, requests, options(), Some(&keep)).await;
            assert!(matches!(ran.result, Err(OidcError::Token(_))), "{claims}: {:?}", ran.result.err());
            assert_eq!(fake.forms("/revoke").remove(0)[0].1, "r1", "{claims}");
            let kept = kept.borrow();
            assert!(kept.is_empty(), "{claims}: nothing of it is left");
        });
    }
}

/// If the keys cannot be fetched or the clock is wrong, nobody has to sign in again for that.
#[test]
fn a_sign_in_that_cannot_be_checked_yet_is_checked_later() {
    with_fake(async |fake| {
        let old = super::super::testing::Signer::p256("k0");
        fake.key_sets.borrow_mut().push_back(json!({ "keys": [old.jwk()] }));
        fake.reply(200, tokens(&fake, json!({})));
        let kept = std::cell::RefCell::new(Vec::new());
        let keep = |login: Option<&OidcLogin>| kept.borrow_mut().push(login.cloned());
        let requests = vec![get("/callback?code=c&state=STATE"), get("/failed")];
        let ran = kept_by(&fake, requests, options(), Some(&keep)).await;
        assert!(matches!(ran.result, Err(OidcError::Token(TokenError::UnknownKey(_)))));
        assert!(fake.forms("/revoke").is_empty());
        let stored = kept.borrow().last().cloned().flatten().unwrap();
        assert!(stored.is_of_nobody() && stored.renews_itself());
        *fake.key_sets.borrow_mut() = [json!({ "keys": [fake.signer.jwk()] })].into();
        let settings = settings(&fake.issuer);
        let login = super::super::refresh(&settings, &world(), &stored, Some(&keep)).await.unwrap();
        assert_eq!(
            (login.identity.subject.as_str(), login.refresh_token.unwrap().expose().as_str()),
            ("s-1", "r1")
        );
        assert_eq!(fake.forms("/token").len(), 1);
    });
}

#[test]
fn an_idp_without_max_age_is_asked_without_it() {
    for (refusal, again) in [
        ("error=invalid_request&error_description=max_age+is+not+supported", true),
        ("error=invalid_request", true),
        ("error=invalid_request&error_description=bad+scope", false),
        ("error=access_denied", false),
    ] {
        with_fake(async |fake| {
            fake.reply(200, tokens(&fake, json!({})));
            let refused = format!("/callback?{refusal}&state=STATE");
            let (settings, mut world) = (settings(&fake.issuer), world());
            let asked = [(); 2].map(|()| Arc::<Mutex<Pairs>>::default());
            let visit = |page: &str, asked_for: &Arc<Mutex<Pairs>>| Scripted {
                requests: [page, "/failed", "/done"].map(get).into(),
                thread: Arc::default(),
                asked_for: Arc::clone(asked_for),
                nonce: Arc::clone(&fake.nonce),
            };
            let visits = [visit(&refused, &asked[0]), visit("/callback?code=c&state=STATE", &asked[1])];
            world.browser = Box::new(Twice { visits, starts: AtomicUsize::new(0) });
            let options = LoginOptions { force: true, ..options() };
            let result = super::super::login(&settings, &world, &options, None, None).await;
            let asked = asked.map(|asked| asked.lock().unwrap().clone());
            assert_eq!((result.is_ok(), !asked[1].is_empty()), (again, again), "{refusal}");
            let sent = |visit: usize, name: &str| single(&asked[visit], name).map(str::to_owned);
            assert_eq!(sent(0, "max_age").as_deref(), Some("0"));
            if again {
                assert_eq!((sent(1, "max_age"), sent(1, "prompt").as_deref()), (None, Some("login consent")));
            }
        });
    }
}

/// Returns with `first` when it is started, and with a code the second time.
struct Twice {
    visits: [Scripted; 2],
    starts: AtomicUsize,
}

impl Browser for Twice {
    fn available(&self) -> bool {
        true
    }

    fn open(&self, url: &jit_wire::trusted_url::TrustedUrl) -> Result<(), String> {
        self.visits[self.starts.fetch_add(1, Ordering::SeqCst)].open(url)
    }
}

/// RFC 9126: if the IdP requires it, the URL in the browser contains only a name.
#[test]
fn a_request_is_pushed_if_required() {
    for required in [true, false] {
        with_fake(async |fake| {
            let par = format!("{}/par", fake.issuer);
            *fake.document.borrow_mut() = json!({
                "pushed_authorization_request_endpoint": par, "require_pushed_authorization_requests": required,
            });
            if required {
                fake.reply(
                    201,
                    json!({ "request_uri": "urn:ietf:params:oauth:request_uri:x", "expires_in": 60 }),
                );
            }
            let provider = super::super::discovery::fetch(&settings(&fake.issuer), &world()).await.unwrap();
            let step_up = request::StepUp::default();
            let request = AuthorizationRequest {
                redirect_uri: "http://127.0.0.1:1/callback",
                state: "s",
                nonce: "n",
                challenge: "c",
                step_up: &step_up,
            };
            let settings = settings(&fake.issuer);
            let url = request::authorization_url(&settings, &world(), &provider, request).await.unwrap();
            let query = url.query().unwrap();
            if required {
                assert_eq!(query, "client_id=jit&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax");
                let form = fake.forms("/par").remove(0);
                assert_eq!(single(&form, "state"), Some("s"));
                assert_eq!(form.iter().filter(|(name, _)| name == "client_id").count(), 1);
                fake.reply(400, json!({ "error": "invalid_request", "error_description": "no such client" }));
                let refused = request::authorization_url(&settings, &world(), &provider, request).await;
                assert!(refused.is_err_and(|error| error.kind() == Kind::Refused));
            } else {
                assert!(query.contains("state=s") && fake.forms("/par").is_empty(), "{query}");
            }
        });
    }
}
