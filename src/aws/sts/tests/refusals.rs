//! What STS refuses: the kind, the message, the retries and the advice.

use super::*;

/// The error of `action` when the server answers with `answer`, and how many times it was called.
fn error_of(action: Action, answer: Answer) -> (StsError, usize) {
    let server = Canned::new(answer);
    let leg = leg(endpoint("eu-west-1", None));
    let result = match action {
        Action::AssumeRoleWithWebIdentity => {
            block_on(web_identity(&server.sts(&leg.sts, None), &leg, 3600, "alice", &Secret::from(ID_TOKEN)))
                .map(drop)
        }
        Action::AssumeRoleWithSaml => {
            let assertion = Secret::from(ID_TOKEN);
            block_on(saml(&server.sts(&leg.sts, None), &leg, 3600, PROVIDER, &assertion)).map(drop)
        }
        Action::AssumeRole => {
            block_on(chained(&server.sts(&leg.sts, Some(&hub())), &leg, 3600, "alice", None, &hub()))
                .map(drop)
        }
        Action::GetSessionToken => {
            block_on(of_user(&server.sts(&leg.sts, Some(&hub())), 3600, None, &hub())).map(drop)
        }
        Action::GetCallerIdentity => {
            block_on(identity(&server.sts(&leg.sts, Some(&hub())), &hub())).map(drop)
        }
    };
    (result.unwrap_err(), server.asked().len())
}

#[test]
fn refusals_become_kinds_and_messages() {
    use Action::{AssumeRole as Role, AssumeRoleWithSaml as Saml, AssumeRoleWithWebIdentity as Web};
    use Action::{GetCallerIdentity as Who, GetSessionToken as Keys};
    let denied = "User: arn:aws:sts::111111111111:assumed-role/hub/alice is not authorized to perform: \
                  sts:AssumeRole on resource: arn:aws:iam::222222222222:role/admin";
    let implicit = format!("{denied} because no identity-based policy allows the sts:AssumeRole action");
    let explicit = format!("{denied} with an explicit deny in a service control policy");
    let explicit_an =
        format!("{denied} with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/x");
    let boundary = format!("{denied} because no permissions boundary allows the sts:AssumeRole action");
    let tagging = denied.replace("sts:AssumeRole", "sts:TagSession");
    let invalid = |parameter: &str| {
        format!(
            "1 validation error detected: Value 'a b' at '{parameter}' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )
    };
    let (name, tag, unknown) = (invalid("roleSessionName"), invalid("tags.1.member.value"), invalid("x"));
    #[rustfmt::skip]
    let cases: Vec<(Action, u16, &str, &str, Kind, &str)> = vec![
        (Role, 403, "AccessDenied", denied, Kind::AccessDenied, "role/admin cannot be assumed by arn:aws:sts::111111111111:assumed-role/hub/alice: it does not exist, does not trust the caller, or a condition"),
        (Role, 403, "AccessDenied", &implicit, Kind::AccessDenied, ": no identity-based policy allows sts:AssumeRole"),
        (Role, 403, "AccessDenied", &explicit, Kind::AccessDenied, ": a service control policy forbids sts:AssumeRole"),
        (Role, 403, "AccessDenied", &explicit_an, Kind::AccessDenied, ": an identity-based policy forbids"),
        (Role, 403, "AccessDenied", &boundary, Kind::AccessDenied, ": no permissions boundary allows"),
        (Role, 403, "AccessDenied", &tagging, Kind::AccessDenied, ": sts:TagSession is not allowed"),
        (Role, 403, "AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code", Kind::AccessDenied, "it requires an MFA code"),
        (Web, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", Kind::AccessDenied, "arn:aws:iam::222222222222:role/admin cannot be assumed with the ID token of your sign-in"),
        (Role, 403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", Kind::AccessDenied, "the MFA code is wrong or was already used"),
        (Keys, 403, "AccessDenied", "blocked", Kind::AccessDenied, "AWS refused to issue a session for these keys: its requests are denied (\"blocked\")"),
        (Who, 403, "AccessDenied", "blocked", Kind::AccessDenied, "its requests are denied (\"blocked\")"),
        (Web, 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", Kind::DurationTooLong { chained: false }, "does not allow sessions as long as the one requested"),
        (Role, 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.", Kind::DurationTooLong { chained: true }, "the maximum for a chained role"),
        (Role, 400, "ValidationError", &name, Kind::Malformed, "the value of `session_name` (\"1 validation error"),
        (Role, 400, "ValidationError", &tag, Kind::Malformed, "the value of `tags`"),
        (Role, 400, "ValidationError", &unknown, Kind::Malformed, "refused the request with ValidationError"),
        (Role, 400, "MalformedPolicyDocument", "Syntax errors in policy.", Kind::Malformed, "session policy for arn:aws:iam::222222222222:role/admin is not valid (\"Syntax errors in policy.\")"),
        (Role, 400, "PackedPolicyTooLarge", "Packed size of session tags consumes 142% of allotted space.", Kind::PackedPolicyTooLarge, "142 % of what AWS allows"),
        (Role, 403, "RegionDisabledException", "STS is not activated in this region for account: 222222222222.", Kind::RegionDisabled, "not activated in eu-west-1 for account 222222222222"),
        (Role, 403, "ExpiredToken", "The security token included in the request is expired", Kind::ExpiredToken, "the session that asked for arn:aws:iam::222222222222:role/admin has expired"),
        (Who, 403, "ExpiredToken", "The security token included in the request is expired", Kind::ExpiredToken, "this session has expired"),
        (Web, 400, "ExpiredTokenException", "Token expired: current date/time 1 must be before the expiration date/time 0", Kind::TokenRefused, "it had expired when AWS received it"),
        (Role, 403, "InvalidClientTokenId", "The security token included in the request is invalid.", Kind::UnknownSession, "AWS does not know this session"),
        (Role, 403, "SignatureDoesNotMatch", "Signature expired: 20261120T114950Z is now earlier than 20261120T115500Z (20261120T120000Z - 5 min.)", Kind::ClockSkew { ahead: Some(-610) }, "11 min behind AWS's"),
        (Role, 403, "SignatureDoesNotMatch", "Signature not yet current: 20261120T121000Z is still later than 20261120T120500Z (20261120T120000Z + 5 min.)", Kind::ClockSkew { ahead: Some(600) }, "10 min ahead of AWS's"),
        (Role, 400, "RequestExpired", "Request has expired.", Kind::ClockSkew { ahead: None }, "more than 5 min off"),
        (Role, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", Kind::SignatureRefused, "something between jit and AWS may have changed it"),
        (Web, 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://idp", Kind::TokenRefused, "no IAM OIDC provider for this issuer (\"No OpenIDConnect"),
        (Web, 400, "InvalidIdentityToken", "Incorrect token audience", Kind::TokenRefused, "does not list this client"),
        (Web, 400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider", Kind::TokenRefused, "could not get the IdP's signing keys"),
        (Web, 400, "InvalidIdentityToken", "something new", Kind::TokenRefused, "configuration in IAM (\"something new\")"),
        (Web, 403, "IDPRejectedClaim", "", Kind::TokenRefused, "rejects its claims"),
        (Saml, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", Kind::AccessDenied, "arn:aws:iam::222222222222:role/admin cannot be assumed with the SAML assertion of your sign-in"),
        (Saml, 400, "ExpiredTokenException", "Token must be redeemed within 5 min of issuance", Kind::TokenRefused, "does not accept the IdP's assertion for arn:aws:iam::222222222222:role/admin: AWS received it more than 5 min after it was issued"),
        (Saml, 400, "InvalidIdentityToken", "Response signature invalid", Kind::TokenRefused, "not signed with a certificate that the account's SAML provider knows"),
        (Saml, 400, "InvalidIdentityToken", "Issuer not present in specified provider", Kind::TokenRefused, "belongs to another IdP"),
        (Saml, 400, "InvalidIdentityToken", "Specified provider doesn't exist", Kind::TokenRefused, "has no such SAML provider"),
        (Saml, 400, "InvalidIdentityToken", "Response does not contain the required audience.", Kind::TokenRefused, "its audience is not AWS"),
        (Saml, 400, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse", Kind::TokenRefused, "RoleSessionName is missing or has characters"),
        (Saml, 400, "InvalidIdentityToken", "Source Identity must match [\\w+=,.@-]{2,64}", Kind::TokenRefused, "SourceIdentity has a format"),
        (Saml, 400, "InvalidIdentityToken", "Invalid base64 SAMLResponse", Kind::TokenRefused, "AWS cannot read it"),
        (Saml, 403, "IDPRejectedClaim", "", Kind::TokenRefused, "the IdP's assertion for"),
        (Saml, 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", Kind::DurationTooLong { chained: false }, "does not allow sessions as long as the one requested"),
        (Web, 400, "IDPCommunicationError", "no", Kind::Server, "AWS could not reach your IdP"),
        (Role, 400, "Throttling", "Rate exceeded", Kind::Throttled, "STS in eu-west-1 is rate-limiting requests"),
        (Role, 403, "OptInRequired", "subscribe", Kind::Malformed, "refused the request with OptInRequired (\"subscribe\")"),
        (Role, 500, "InternalFailure", "oh", Kind::Server, "failed with HTTP 500 (\"oh\")"),
    ];
    for (action, status, code, message, kind, sentence) in cases {
        let (error, _) = error_of(action, Answer::Status(status, refusal(code, message)));
        assert_eq!((error.kind, error.code.as_str()), (kind, code), "{message}");
        assert!(error.sentence().contains(sentence), "{code}: {}", error.sentence());
        assert!(!error.next().is_empty(), "{code}");
        let replaceable = ["ExpiredTokenException", "IDPRejectedClaim"].contains(&code);
        assert_eq!(error.new_token_may_help(), replaceable, "{code}");
    }
}

#[test]
fn answers_that_are_not_from_sts_differ_from_refusals() {
    let html = "<html><body><h1>Proxy login</h1></body></html>";
    let hollow = assumed("AssumeRole", "", "");
    let undated = assumed("AssumeRole", "t", "").replace("2026-11-20T13:00:00Z", "soon");
    let cases = [
        (Answer::Status(200, String::new()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, html.into()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, "{\"a\":1}".into()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, "<a>".repeat(100_000)), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, "<AssumeRoleResponse/>".into()), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(200, hollow), Kind::Server, "a response without credentials"),
        (Answer::Status(200, undated), Kind::Server, "is not STS (HTTP 200)"),
        (Answer::Status(302, html.into()), Kind::Server, "is not STS (HTTP 302)"),
        (Answer::Status(403, html.into()), Kind::Server, "is not STS (HTTP 403)"),
        (Answer::Status(500, html.into()), Kind::Server, "failed with HTTP 500"),
        (Answer::Status(503, String::new()), Kind::Server, "failed with HTTP 503"),
        (Answer::TooLarge, Kind::Server, "the maximum that jit accepts"),
        (Answer::Unreachable, Kind::Unreachable, "did not answer: cannot reach sts.example: refused"),
        (Answer::Timeout, Kind::Unreachable, "did not answer: sts.example did not answer"),
    ];
    for (answer, kind, sentence) in cases {
        let shown = format!("{answer:.60?}");
        let (error, _) = error_of(Action::AssumeRole, answer);
        assert_eq!(error.kind, kind, "{shown}");
        assert!(error.sentence().contains(sentence), "{shown}: {}", error.sentence());
    }
    let (who, _) = error_of(
        Action::GetCallerIdentity,
        Answer::Status(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>".into(),
        ),
    );
    assert!(who.sentence().contains("without account"), "{who}");
}

#[test]
fn only_temporary_failures_are_retried() {
    let throttled = Answer::Status(400, refusal("Throttling", "Rate exceeded"));
    let limited = Answer::Status(503, refusal("RequestLimitExceeded", "Request limit exceeded"));
    let idp = Answer::Status(400, refusal("IDPCommunicationError", ""));
    let cases = [
        (Answer::Status(500, String::new()), 3),
        (throttled, 3),
        (limited, 3),
        (idp, 3),
        (Answer::Unreachable, 3),
        (Answer::Timeout, 1),
        (Answer::TooLarge, 1),
        (Answer::Status(200, String::new()), 1),
        (Answer::Status(403, refusal("AccessDenied", "no")), 1),
        (Answer::Status(400, refusal("ExpiredTokenException", "no")), 1),
        (Answer::Status(403, refusal("SignatureDoesNotMatch", "Signature expired: 20261120T100000Z is")), 1),
    ];
    for (answer, expected) in cases {
        for action in [Action::AssumeRoleWithWebIdentity, Action::AssumeRole] {
            let (error, asked) = error_of(action, answer.clone());
            assert_eq!(asked, expected, "{action:?} {error}");
        }
    }
}

#[test]
fn the_waits_between_tries_are_bounded() {
    let server = Canned::new(Answer::Unreachable);
    let leg = leg(endpoint("eu-west-1", None));
    let _ = block_on(chained(&server.sts(&leg.sts, Some(&hub())), &leg, 3600, "alice", None, &hub()));
    let waits = server.waits.lock().unwrap().clone();
    assert_eq!(waits.len(), 2);
    assert!(waits.iter().sum::<Duration>() <= Duration::from_secs(3), "{waits:?}");
}

#[test]
fn the_next_step_fits_the_refusal() {
    let denied = "User: arn:aws:sts::1:assumed-role/hub/a is not authorized to perform: sts:AssumeRole";
    let cases = [
        (
            "because no role trust policy allows the sts:AssumeRole action",
            "have the trust policy of the role allow sts:AssumeRole",
        ),
        (
            "with an explicit deny in a service control policy",
            "control policies of the organization of the account that makes the call no longer forbid",
        ),
        (
            "on resource: x",
            "check the ARN, including upper and lower case: arn:aws:iam::222222222222:role/admin",
        ),
    ];
    for (why, step) in cases {
        let body = refusal("AccessDenied", &format!("{denied} {why}"));
        let (error, _) = error_of(Action::AssumeRole, Answer::Status(403, body));
        let Some(Next::Do(first)) = error.next().into_iter().next() else { panic!("{why}") };
        assert!(first.contains(step), "{why}: {first}");
    }
    let stale = refusal("ExpiredTokenException", "Token expired");
    let (error, _) = error_of(Action::AssumeRoleWithWebIdentity, Answer::Status(400, stale));
    assert_eq!(error.next(), [Next::SignInAnew, Next::Clock]);
}

#[test]
fn long_texts_are_cut_and_secrets_are_removed() {
    let hostile = format!("\u{7f}{}", "é".repeat(10_000));
    let (error, _) = error_of(Action::AssumeRole, Answer::Status(403, refusal("AccessDenied", &hostile)));
    assert_eq!(error.message.chars().count(), 300);

    // AWS quotes the signed headers when a signature does not match.
    let quoting = format!(
        "The Canonical String should have been 'POST / x-amz-security-token:{} {} {ID_TOKEN}'",
        hub().session_token.expose(),
        hub().secret_access_key.expose()
    );
    let answer = Answer::Status(403, refusal("SignatureDoesNotMatch", &quoting));
    let (signed, _) = error_of(Action::AssumeRole, answer.clone());
    let shown = format!("{signed} {signed:?} {:?}", signed.next());
    assert!(
        !shown.contains("hub/session") && !shown.contains("hub-secret") && shown.contains("***"),
        "{shown}"
    );
    let (web, _) = error_of(Action::AssumeRoleWithWebIdentity, answer);
    assert!(!format!("{web} {web:?}").contains("eyJ"), "{web:?}");
}
