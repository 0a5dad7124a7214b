use std::rc::Rc;

use serde_json::{Value, json};

use super::super::discovery;
use super::super::testing::{Fake, Fits, options, settings, with_fake, world};
use super::*;
use jit_wire::explain::{Explain as _, Kind};
use jit_wire::http::HttpError;

/// Time that passes only by waiting; records each wait in seconds.
#[derive(Default)]
struct Waits(Vec<u64>);

impl Pace for Waits {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.iter().sum())
    }
    async fn wait(&mut self, duration: Duration) {
        self.0.push(duration.as_secs());
    }
}

fn code(with: Value) -> Value {
    let mut code = json!({
        "device_code": "dc", "user_code": "WDJB-MJHT", "verification_uri": "https://idp.example/device", "expires_in": 30,
    });
    code.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    code
}

async fn run(
    fake: &Rc<Fake>,
    first: Value,
    replies: Vec<(u16, Value)>,
) -> (Result<Tokens, OidcError>, Vec<u64>) {
    fake.reply(200, first);
    replies.into_iter().for_each(|(status, body)| fake.reply(status, body));
    let (settings, world) = (settings(&fake.issuer), world());
    let provider = discovery::fetch(&settings, &world).await.unwrap();
    let mut waits = Waits::default();
    let result = ask(&settings, &world, &provider, &options(), &mut waits).await;
    (result, waits.0)
}

fn error(name: &str) -> Value {
    json!({ "error": name })
}

#[test]
fn polls_at_the_idps_pace() {
    let pending = || (400, error("authorization_pending"));
    let tokens = || (200, json!({ "id_token": "t" }));
    let cases = [
        (json!({}), vec![pending(), pending(), tokens()], vec![5, 5, 5]),
        (json!({ "interval": 2 }), vec![(428, error("authorization_pending")), tokens()], vec![2, 2]),
        (json!({ "interval": "3" }), vec![tokens()], vec![3]),
        (json!({ "interval": 0 }), vec![pending(), tokens()], vec![1, 1]),
        (
            json!({ "interval": 1 }),
            vec![(429, error("slow_down")), pending(), (429, error("slow_down")), tokens()],
            vec![1, 6, 6, 11],
        ),
        (json!({ "interval": 2 }), vec![(503, json!("busy")), pending(), tokens()], vec![2, 4, 4]),
        (json!({ "interval": 2 }), vec![(400, error("temporarily_unavailable")), tokens()], vec![2, 4]),
    ];
    for (with, replies, expected) in cases {
        with_fake(async |fake| {
            let (result, waits) = run(&fake, code(with.clone()), replies).await;
            assert_eq!(result.unwrap().id_token.unwrap().expose(), "t");
            assert_eq!(waits, expected, "{with}");
            let form = fake.forms("/token").remove(0);
            assert!(form.contains(&("device_code".into(), "dc".into())), "{form:?}");
            assert!(form.contains(&("client_id".into(), "jit".into())), "{form:?}");
        });
    }
}

#[test]
fn each_end_has_its_own_error() {
    let ends: [(&str, Fits); 6] = [
        ("access_denied", |e| matches!(e, OidcError::Denied(None)) && (e.kind() == Kind::Refused)),
        ("authorization_declined", |e| matches!(e, OidcError::Denied(None))),
        ("expired_token", |e| matches!(e, OidcError::CodeExpired(_)) && e.kind() != Kind::Refused),
        ("bad_verification_code", |e| matches!(e, OidcError::CodeExpired(_))),
        ("invalid_client", |e| {
            e.to_string() == "the device code was refused: invalid_client" && (e.kind() == Kind::Refused)
        }),
        ("\u{1b}[2J", |e| matches!(e, OidcError::Refused { error, .. } if error == "\u{1b}[2J")),
    ];
    for (name, fits) in ends {
        with_fake(async |fake| {
            let (result, waits) = run(&fake, code(json!({})), vec![(403, error(name))]).await;
            let error = result.unwrap_err();
            assert!(fits(&error), "{name}: {error:?}");
            assert_eq!(waits, [5]);
        });
    }
}

#[test]
fn gives_up_when_the_code_expires() {
    with_fake(async |fake| {
        let pending = (0..20).map(|_| (400, error("authorization_pending"))).collect();
        let (result, waits) = run(&fake, code(json!({ "expires_in": "12" })), pending).await;
        assert!(matches!(result, Err(OidcError::CodeExpired(after)) if after == Duration::from_secs(12)));
        assert_eq!(waits, [5, 5]);
    });
}

#[test]
fn a_code_that_nobody_can_use_is_refused() {
    let cases: [(Value, Fits); 5] = [
        (json!({ "verification_uri": "http://idp.example/" }), |e| matches!(e, OidcError::Insecure { .. })),
        (json!({ "verification_uri": null }), |e| matches!(e, OidcError::NotUnderstood { .. })),
        (json!({ "user_code": "" }), |e| matches!(e, OidcError::NotUnderstood { .. })),
        (json!({ "user_code": "x".repeat(65) }), |e| matches!(e, OidcError::NotUnderstood { .. })),
        (json!({ "error": "invalid_scope" }), |e| matches!(e, OidcError::Refused { .. })),
    ];
    for (with, fits) in cases {
        with_fake(async |fake| {
            let (result, _) = run(&fake, code(with.clone()), vec![]).await;
            let error = result.unwrap_err();
            assert!(fits(&error), "{with}: {error:?}");
        });
    }
}

#[test]
fn the_person_is_shown_the_code_and_only_safe_urls() {
    with_fake(async |fake| {
        let google = json!({
            "verification_uri": null, "verification_url": "https://idp.example/go",
            "verification_uri_complete": "javascript:alert(1)",
        });
        fake.reply(200, code(google));
        fake.reply(200, json!({ "id_token": "t" }));
        let (settings, mut world) = (settings(&fake.issuer), world());
        let notes = Rc::new(crate::world::doubles::Nobody::default());
        world.person = Box::new(Shared(Rc::clone(&notes)));
        let provider = discovery::fetch(&settings, &world).await.unwrap();
        ask(&settings, &world, &provider, &options(), &mut Waits::default()).await.unwrap();
        assert_eq!(
            *notes.0.borrow(),
            [
                r#"DeviceCode { user_code: "WDJB-MJHT", url: "https://idp.example/go", complete_url: None, lifetime: 30s }"#
            ]
        );
    });
}

/// A double of a person that can still be inspected after it was boxed.
struct Shared(Rc<crate::world::doubles::Nobody>);

impl crate::world::Person for Shared {
    fn can_be_asked(&self) -> bool {
        self.0.can_be_asked()
    }
    fn tell(&self, note: Note<'_>) {
        self.0.tell(note);
    }
    fn pasted_line(&self) -> std::pin::Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
        self.0.pasted_line()
    }
    fn password(&self, prompt: &str) -> Option<Secret<String>> {
        self.0.password(prompt)
    }
    fn confirm(&self, question: &str) -> Option<bool> {
        self.0.confirm(question)
    }
}

#[test]
fn a_lost_connection_is_retried() {
    let lost = OidcError::Http(HttpError::Timeout { host: "idp.example".into() });
    assert!(lost.is_transient() && !lost.needs_new_login() && lost.kind() != Kind::Refused);
    let broken = OidcError::Http(HttpError::Tls { host: "idp.example".into(), why: "expired".into() });
    assert!(!broken.is_transient());
}
