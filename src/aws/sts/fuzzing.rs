//! Fuzz target for the answers of STS: the SDK's parsing and the classification of errors.

use super::{Granted, Mfa, chained, identity, of_user, saml, web_identity};
use crate::aws::client::Sts;
use crate::aws::errors::StsError;
use crate::aws::fuzzing::{Canned, block_on};
use crate::plan::{Leg, Origin, RoleId, StsEndpoint, Valued};
use jit_wire::credentials::Credentials;
use jit_wire::explain::Explain as _;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

const HUB: [&str; 2] = ["hub-secret-key", "hub-session-token"];

/// The body of an answer: the first byte selects the status and the call.
pub fn sts_answer(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let status = [200, 403, 400, 500][usize::from(first % 4)];
    let by = Credentials::new("ASIAHUB".to_owned(), HUB[0].into(), HUB[1].into(), Timestamp(1))
        .expect("credentials");
    let set = |text: &str| Valued::new(text.to_owned(), Origin::Default);
    let endpoint = StsEndpoint {
        region: set("eu-west-1"),
        url: None,
        fips: Valued::new(false, Origin::Default),
        dual_stack: Valued::new(false, Origin::Default),
        attempts: None,
    };
    let date = ("date", "Fri, 20 Nov 2026 12:00:00 GMT".to_owned());
    let server = Canned { status, headers: vec![date], body: body.to_vec() };
    let sts = Sts::new(server.clone(), server, &endpoint, Some(&by));
    let arn = "arn:aws:iam::222222222222:role/admin".parse().expect("an ARN");
    let role = Valued::new(RoleId::Arn(arn), Origin::Default);
    let duration = Valued::new(3600, Origin::Default);
    let leg = Leg {
        mfa_serial: Some(set("arn:aws:iam::222222222222:mfa/a")),
        ..Leg::new("prod", role, duration, endpoint)
    };
    // No part of it occurs in AWS's own texts, so an echo of it is noticed.
    let proof = Secret::from("proof-of-the-idp");
    let code = Secret::from("123456");
    block_on(async {
        let call = first / 4 % 5;
        let sent = if call == 2 || call == 3 { &["proof-of-the-idp"][..] } else { &HUB };
        let granted = match call {
            0 => of_user(&sts, 3600, None, &by).await,
            1 => chained(&sts, &leg, 3600, "alice", Mfa::of(&leg, Some(&code)), &by).await,
            2 => web_identity(&sts, &leg, 3600, "alice", &proof).await,
            3 => saml(&sts, &leg, 3600, "arn:aws:iam::222222222222:saml-provider/a", &proof).await,
            _ => {
                match identity(&sts, &by).await {
                    Ok(_) => assert!(status == 200),
                    Err(error) => check_error(&error, sent),
                }
                return;
            }
        };
        match granted {
            Ok(Granted { credentials, .. }) => {
                let parts = [credentials.secret_access_key.expose(), credentials.session_token.expose()];
                assert!(status == 200 && parts.iter().all(|part| !part.is_empty()));
                assert!(!credentials.access_key_id.is_empty() && credentials.expires_at.0 > 0);
                crate::fuzzing::hand_over(credentials);
            }
            Err(error) => check_error(&error, sent),
        }
    });
}

/// `sent` are the secrets that were sent to AWS.
fn check_error(error: &StsError, sent: &[&str]) {
    let _ = (error.new_token_may_help(), error.next());
    assert!(error.message.chars().count() <= 300);
    for secret in sent {
        assert!(!format!("{error} {error:?}").contains(secret), "a secret came back");
    }
}
