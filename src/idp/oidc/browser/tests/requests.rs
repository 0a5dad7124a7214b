//! What is requested from the IdP.

use super::*;

#[test]
fn a_forced_sign_in_asks_for_one() {
    with_fake(async |fake| {
        fake.reply(200, tokens(&fake, json!({ "auth_time": crate::idp::oidc::testing::NOW - 1000 })));
        let requests = vec![get("/callback?code=c&state=STATE"), get("/failed")];
        let ran = run(&fake, requests, LoginOptions { force: true, ..options() }).await;
        assert!(matches!(ran.result, Err(OidcError::Token(TokenError::OldSignIn))));
        let asked = |name: &str| single(&ran.asked_for, name);
        assert_eq!((asked("prompt"), asked("max_age")), (Some("login consent"), Some("0")));
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
            let result = crate::idp::oidc::login(&settings, &world, &options, None, None).await;
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
            let provider =
                crate::idp::oidc::discovery::fetch(&settings(&fake.issuer), &world()).await.unwrap();
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
