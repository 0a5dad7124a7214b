//! A URL that the person pastes into the terminal.

use super::*;

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
        let login =
            crate::idp::oidc::login(&settings(&fake.issuer), &world, &options, None, None).await.unwrap();
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
