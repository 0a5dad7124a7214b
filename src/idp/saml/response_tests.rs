use super::super::testing::{ACS, NOW, REQUEST, attribute, posted, response};
use super::*;

fn expected() -> Expected<'static> {
    Expected {
        recipient: Recipient::Loopback(ACS),
        in_response_to: Some(REQUEST),
        issuer: Some("https://idp.acme.com"),
        entity_id: "urn:amazon:webservices",
        last_assertion: None,
        now: Timestamp(NOW),
    }
}

fn take(xml: &str) -> Result<SamlLogin, SamlError> {
    read(&posted(xml), &expected())
}

/// The good response with one change.
fn with(from: &str, to: &str) -> String {
    let good = response();
    assert!(good.contains(from), "{from}");
    good.replace(from, to)
}

#[test]
fn a_good_response_has_person_expiry_and_roles() {
    let login = take(&response()).unwrap();
    assert_eq!(login.identity.name, "alice@acme.com");
    assert_eq!(login.identity.subject, "00u1alice");
    assert_eq!(login.identity.issuer, "https://idp.acme.com");
    assert_eq!(login.identity.proof_expires_at, Timestamp(NOW + 300));
    assert_eq!(login.attributes.session_duration, Some(7200));
    assert_eq!(login.attributes.roles[0].role_arn, "arn:aws:iam::111111111111:role/dev");
    assert_eq!((login.assertion_id.as_deref(), login.encrypted), (Some("_a"), false));
    assert_eq!(login.assertion, Some(posted(&response())));
}

/// The change, and words from the message.
#[test]
fn every_mismatch_has_its_own_message() {
    let other = "http://127.0.0.1:1/saml";
    let role = "arn:aws:iam::111111111111:role/dev,arn:aws:iam::111111111111:saml-provider/acme";
    let bomb = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let second = "<saml:Assertion ID=\"_b\"/></samlp:Response>";
    let status = "urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
    let failed = "urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></samlp:StatusCode><samlp:StatusMessage>wrong password</samlp:StatusMessage>";
    let cases = [
        (
            with("NotOnOrAfter=\"2026-11-20T12:05:00Z\"", "NotOnOrAfter=\"2026-11-20T11:50:00Z\""),
            "the assertion expired at 2026-11-20T11:50:00Z, and this machine's clock says 2026-11-20T12:00:00Z; it was issued just now",
        ),
        (
            with("2026-11-20T13:10:00Z", "2026-11-20T11:59:00Z"),
            "the assertion expired at 2026-11-20T11:59:00Z",
        ),
        (
            with("2026-11-20T11:59:30Z", "2026-11-20T12:01:01Z"),
            "the assertion is valid from 2026-11-20T12:01:01Z",
        ),
        (
            with("2026-11-20T11:59:30Z", "yesterday"),
            "`yesterday` is not an XML date and time, which NotBefore must be",
        ),
        (
            with("<saml:Audience>urn:amazon:webservices<", "<saml:Audience>urn:other<"),
            "audience is `urn:other`, not AWS",
        ),
        (
            with(&format!("Recipient=\"{ACS}\""), &format!("Recipient=\"{other}\"")),
            "addressed to `http://127.0.0.1:1/saml`",
        ),
        (
            with(&format!("Destination=\"{ACS}\""), &format!("Destination=\"{other}\"")),
            "addressed to `http://127.0.0.1:1/saml`",
        ),
        (with(&format!(" InResponseTo=\"{REQUEST}\""), ""), "does not refer to the request"),
        (
            with(
                &format!("Recipient=\"{ACS}\" InResponseTo=\"{REQUEST}\""),
                &format!("Recipient=\"{ACS}\" InResponseTo=\"_other\""),
            ),
            "refers to another request",
        ),
        (
            with("<saml:Issuer>https://idp.acme.com", "<saml:Issuer>https://evil.example"),
            "by `https://evil.example`, but the configuration says `https://idp.acme.com`",
        ),
        (with("cm:bearer", "cm:holder-of-key"), "no bearer confirmation"),
        (with("<samlp:Response", &format!("{bomb}<samlp:Response")), "declares a document type"),
        (with("<samlp:Response", "<!DOCTYPE a><samlp:Response"), "declares a document type"),
        (with("</samlp:Response>", ""), "is not XML"),
        (with("Version=\"2.0\" IssueInstant=\"2026-11-20T12:00:00Z\" Dest", "ID=\"_r\" Dest"), "is not XML"),
        (with("samlp:Response", "samlp:LogoutResponse"), "but a `LogoutResponse`"),
        (
            with("xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"", "xmlns:samlp=\"urn:other\""),
            "not a SAML response",
        ),
        (with("</samlp:Response>", second), "contains 2 assertions"),
        (
            with(status, failed),
            "it could not verify who you are (AuthnFailed); the IdP failed (Responder); \"wrong password\"",
        ),
        (
            with(
                "<saml:Attribute Name=\"https://aws.amazon.com/SAML/Attributes/Role\">",
                "<saml:Attribute Name=\"x\">",
            ),
            "offers no role",
        ),
        (
            with("Attributes/Role\">", "attributes/role\">"),
            "its attribute `https://aws.amazon.com/SAML/attributes/role` is almost",
        ),
        (with(role, "dev"), "`dev` is not a role"),
        (with(role, &format!("{role};{role}")), "has several pairs of role and provider"),
        (with(role, &format!("{role}|{role}")), "has several pairs of role and provider"),
        (with(role, &format!("{role} {role}")), "has several pairs of role and provider"),
        (with(role, &role.replace("saml-provider/acme", "saml-provider/ac me")), "is not a role"),
        (with(role, &role.replace("role/dev", "role/$(id)")), "is not a role"),
        (
            with("Attributes/RoleSessionName", "Attributes/SessionName"),
            "no attribute https://aws.amazon.com/SAML/Attributes/RoleSessionName",
        ),
        (
            with(
                "</saml:AttributeStatement>",
                &format!("{}</saml:AttributeStatement>", attribute("RoleSessionName", &["bob"])),
            ),
            "RoleSessionName appears twice",
        ),
    ];
    for (xml, words) in cases {
        let error = take(&xml).expect_err(words).to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

/// XML Schema also writes the end of a day as hour 24.
#[test]
fn hour_24_is_accepted() {
    let midnight = Timestamp::parse_rfc3339("2026-11-21T00:00:00Z");
    for text in [
        "2026-11-20T24:00:00Z",
        "2026-11-20T24:00:00",
        "2026-11-20T24:00:00.000Z",
        "2026-11-21T01:00:00+01:00",
    ] {
        assert_eq!(super::read_instant(text), midnight, "{text}");
    }
    assert_eq!(super::read_instant("2026-12-31T24:00:00Z"), Timestamp::parse_rfc3339("2027-01-01T00:00:00Z"));
    for text in [
        "2026-11-20T24:00:01Z",
        "2026-11-20T24:00:00.5Z",
        "2026-11-20T24:01:00Z",
        "2026-11-20T25:00:00Z",
        "T24:00:00Z",
        "",
    ] {
        assert_eq!(super::read_instant(text), None, "{text}");
    }
    let xml =
        response().replace("NotOnOrAfter=\"2026-11-20T13:10:00Z\"", "NotOnOrAfter=\"2026-11-20T24:00:00Z\"");
    assert!(read(&posted(&xml), &expected()).is_ok());
}

#[test]
fn texts_that_are_not_responses_are_refused() {
    let longest = "A".repeat(100_001);
    let utf16: Vec<u8> = response().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = base64::engine::general_purpose::STANDARD.encode(utf16);
    let cases = [
        ("%%%", "is not base64"),
        ("PHg+", "is not XML"),
        ("/w==", "is not UTF-8"),
        (longest.as_str(), "has 100001 characters"),
        (utf16.as_str(), "is not"),
    ];
    for (text, words) in cases {
        let error = read(&Secret::from(text), &expected()).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn deep_nesting_does_not_overflow() {
    let open = "<a>".repeat(10_000);
    let close = "</a>".repeat(10_000);
    let deep = with("<saml:Issuer>", &format!("{open}{close}<saml:Issuer>"));
    // It may be accepted or refused, but nothing overflows.
    let _ = take(&deep);
    let _ = take(&"<a>".repeat(24_000));
}

#[test]
fn a_comment_does_not_split_a_name() {
    let alice = take(&with("alice@acme.com", "alice@acme.com<!-- x -->.evil.example")).unwrap();
    assert_eq!(alice.identity.name, "alice@acme.com.evil.example");
    let subject = take(&with("00u1alice", "00u1<!-- -->alice")).unwrap();
    assert_eq!(subject.identity.subject, "00u1alice");
}

#[test]
fn namespaces_count_and_prefixes_do_not() {
    let renamed = response().replace("saml:", "x:").replace("xmlns:saml=", "xmlns:x=");
    assert!(take(&renamed).is_ok());
    let default = response().replace("<saml:", "<").replace("</saml:", "</").replace("xmlns:saml=", "xmlns=");
    assert!(take(&default).is_ok());
}

#[test]
fn the_form_may_be_encoded_once_too_often_and_broken_into_lines() {
    let base64 = posted(&response());
    let lines: Vec<&str> =
        base64.expose().as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let broken = Secret::new(lines.join("\r\n"));
    let escaped: String = form_urlencoded::byte_serialize(base64.expose().as_bytes()).collect();
    for posted in [broken, Secret::new(escaped)] {
        // AWS gets plain base64 in either case.
        assert_eq!(read(&posted, &expected()).unwrap().assertion.as_ref(), Some(&base64));
    }
}

#[test]
fn five_hundred_roles_are_read_and_pairs_come_in_either_order() {
    let pairs: Vec<String> = (0..500)
        .map(|n| {
            let role = format!("arn:aws:iam::{n:012}:role/dev");
            let provider = format!("arn:aws:iam::{n:012}:saml-provider/p");
            if n % 2 == 0 { format!(" {role} , {provider} ") } else { format!("{provider},{role}") }
        })
        .collect();
    let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
    let one = attribute(
        "Role",
        &["arn:aws:iam::111111111111:role/dev,arn:aws:iam::111111111111:saml-provider/acme"],
    );
    let many = attribute("Role", &pairs);
    let login = take(&with(&one, &many)).unwrap();
    assert_eq!(login.attributes.roles.len(), 500);
    assert_eq!(login.attributes.roles[1].provider_arn, "arn:aws:iam::000000000001:saml-provider/p");
    assert_eq!(login.attributes.roles[0].role_arn, "arn:aws:iam::000000000000:role/dev");
}

#[test]
fn tags_and_transitive_tags() {
    let more = [
        attribute("PrincipalTag:team", &["core"]),
        attribute("TransitiveTagKeys", &["team", "cost"]),
        attribute("SourceIdentity", &["alice"]),
    ];
    let xml = with("</saml:AttributeStatement>", &format!("{}</saml:AttributeStatement>", more.concat()));
    let attributes = take(&xml).unwrap().attributes;
    assert_eq!(attributes.tags["team"], "core");
    assert_eq!(attributes.transitive_tags.len(), 2);
    assert_eq!(attributes.source_identity.as_deref(), Some("alice"));
}

#[test]
fn an_encrypted_assertion_is_passed_on_unread() {
    let good = response();
    let from = good.find("<saml:Assertion").unwrap();
    let to = good.find("</samlp:Response>").unwrap();
    let xml = format!("{}<saml:EncryptedAssertion/>{}", &good[..from], &good[to..]);
    let login = take(&xml).unwrap();
    assert!(login.encrypted && login.attributes.roles.is_empty() && login.identity.name.is_empty());
    assert_eq!(login.identity.proof_expires_at, Timestamp(NOW + 300));
}

#[test]
fn an_assertion_is_not_accepted_twice() {
    let expected = Expected { last_assertion: Some("_a"), ..expected() };
    assert!(matches!(read(&posted(&response()), &expected), Err(SamlError::Replayed)));
}

#[test]
fn an_idp_initiated_response_is_for_aws() {
    let to_aws = response()
        .replace(ACS, "https://eu-west-1.signin.aws.amazon.com/saml")
        .replace(&format!(" InResponseTo=\"{REQUEST}\""), "");
    let expected = Expected { recipient: Recipient::SignIn, in_response_to: None, ..expected() };
    assert!(read(&posted(&to_aws), &expected).is_ok());
    let elsewhere = to_aws.replace("eu-west-1.signin.aws.amazon.com", "evil.example");
    assert!(matches!(read(&posted(&elsewhere), &expected), Err(SamlError::Recipient(_))));
}

#[test]
fn a_transient_name_is_not_used() {
    let login = take(&with("nameid-format:persistent", "nameid-format:transient")).unwrap();
    assert_eq!(login.identity.subject, "alice@acme.com");
}

#[test]
fn entra_s_suffix_is_dropped() {
    let expected = Expected { entity_id: "urn:acme:aws#jit", ..expected() };
    let xml = with("<saml:Audience>urn:amazon:webservices<", "<saml:Audience>urn:acme:aws<");
    assert!(read(&posted(&xml), &expected).is_ok());
}

#[test]
fn a_response_tells_which_request_it_answers() {
    assert_eq!(answers(&posted(&response())).as_deref(), Some(REQUEST));
    assert_eq!(answers(&posted("<a/>")), None);
    assert_eq!(answers(&Secret::from("%")), None);
}
