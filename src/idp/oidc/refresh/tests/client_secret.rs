//! How the secret of the client is sent.

use super::*;

/// The announced methods, the configured one, the answers to Basic and to the form, and what was tried.
#[test]
fn a_client_secret_is_sent_as_the_idp_accepts_it() {
    use crate::plan::ClientAuth::{Basic, Post};
    let ok = || (200, json!("TOKEN"));
    let no = |error: &str| (401, json!({ "error": error }));
    let words = |error: &str, words: &str| (400, json!({ "error": error, "error_description": words }));
    let both = json!(["client_secret_post", "client_secret_basic", "private_key_jwt"]);
    let cases = [
        (both.clone(), None, vec![ok()], "basic"),
        (both.clone(), None, vec![no("invalid_client"), ok()], "basic post"),
        (both.clone(), None, vec![(401, json!("")), ok()], "basic post"),
        (both.clone(), None, vec![(400, json!({ "error": "invalid_client" })), ok()], "basic post"),
        (both.clone(), None, vec![words("invalid_request", "client_id is missing"), ok()], "basic post"),
        (both.clone(), None, vec![no("invalid_client"), no("invalid_client")], "basic post"),
        // An error about the token is returned once.
        (both.clone(), None, vec![words("invalid_grant", "the client's token is dead")], "basic"),
        (both.clone(), None, vec![words("invalid_request", "no such token")], "basic"),
        (both.clone(), None, vec![(503, json!(""))], "basic"),
        (both.clone(), Some(Post), vec![ok()], "post"),
        (both, Some(Basic), vec![no("invalid_client")], "basic"),
        (json!(["client_secret_post"]), None, vec![ok()], "post"),
        (json!(["client_secret_post"]), Some(Basic), vec![ok()], "basic"),
        (json!(["client_secret_basic"]), None, vec![no("invalid_client")], "basic"),
        (json!(["private_key_jwt"]), None, vec![ok()], "basic"),
        (Value::Null, None, vec![ok()], "basic"),
        (Value::Null, None, vec![no("invalid_client"), ok()], "basic post"),
    ];
    for (methods, configured, answers, expected) in cases {
        with_fake(async |fake| {
            *fake.document.borrow_mut() = json!({ "token_endpoint_auth_methods_supported": methods });
            let before = login(&fake).await;
            let good = json!({ "id_token": fake.claims(json!({})) });
            for (status, body) in &answers {
                fake.reply(*status, if body == "TOKEN" { good.clone() } else { body.clone() });
            }
            let mut settings = settings(&fake.issuer);
            settings.client_secret = Some(Valued::new(Secret::from("hu:sh"), Origin::Default));
            settings.client_auth = configured.map(|method| Valued::new(method, Origin::Default));
            let after = refresh(&settings, &world(), &before, None).await;
            let way = |form: &Vec<(String, String)>| {
                let own = |name: &str| form.iter().any(|(one, _)| one == name);
                assert_eq!(own("client_id"), own("client_secret"));
                if own("client_secret") { "post" } else { "basic" }
            };
            let tried: Vec<_> = fake.forms("/token").iter().map(way).collect();
            assert_eq!(tried.join(" "), expected, "{methods} {answers:?}");
            let headers = fake.authorizations.borrow().clone();
            assert!(headers.iter().all(|header| header == "Basic aml0Omh1JTNBc2g="), "{headers:?}");
            assert_eq!(headers.len(), usize::from(tried.contains(&"basic")));
            // The next attempt starts with what worked.
            if let Ok(after) = after {
                fake.reply(200, json!({ "id_token": fake.claims(json!({})) }));
                let again = OidcLogin { refresh_token: Some(Secret::from("r1")), ..after };
                refresh(&settings, &world(), &again, None).await.unwrap();
                let last = fake.forms("/token").last().map(way);
                assert_eq!(last, tried.last().copied(), "{methods}");
            }
        });
    }
}

#[test]
fn each_endpoint_gets_the_secret_in_its_own_way() {
    for (methods, in_form) in [
        (json!(["client_secret_post"]), true),
        (json!(["client_secret_basic", "client_secret_post"]), false),
        // If it announces nothing itself, the token endpoint's methods apply.
        (Value::Null, true),
    ] {
        with_fake(async |fake| {
            *fake.document.borrow_mut() = json!({
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "revocation_endpoint_auth_methods_supported": methods,
            });
            let login = login(&fake).await;
            fake.reply(200, json!(""));
            let mut settings = settings(&fake.issuer);
            settings.client_secret = Some(Valued::new(Secret::from("hush"), Origin::Default));
            assert_eq!(revoke(&settings, &world(), &login).await.unwrap(), Revoked::Done);
            let sent = fake.forms("/revoke")[0].contains(&("client_secret".into(), "hush".into()));
            assert_eq!(sent, in_form, "{methods}");
        });
    }
}
