//! The SAML response that the IdP posts, with one assertion. It is checked against the request before
//! anything is sent to AWS (SAML 2.0 Core; SAML 2.0 Profiles, section 4.1.4.3).
//!
//! The XML signature is not checked here. AWS is the relying party: it has the IdP's certificate, and refuses
//! a response that is not signed with it. The values read here only decide which role to request and what the
//! person is shown, so a forged response gets no session. The checks keep a wrong or stale response from
//! causing a puzzling refusal, and another page's response from being mistaken for this sign-in's.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};
use zeroize::Zeroizing;

use super::attributes;
use super::{SamlError, SamlLogin, SamlStatus};
use crate::idp::{Attributes, Identity};
use jit_wire::arn::is_sign_in_endpoint;
use jit_wire::name;
use jit_wire::secret::Secret;
use jit_wire::sign_in::SignIn;
use jit_wire::timestamp::Timestamp;

pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
/// What AWS accepts (STS API reference, AssumeRoleWithSAML), in characters of base64.
const LONGEST: usize = 100_000;
/// The limit for nodes in the XML; more than the longest response has.
const MOST_NODES: u32 = 50_000;
/// The length of a day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How far two correct clocks may differ, in seconds.
const SKEW: i64 = 60;
/// AWS accepts an assertion for this long after it was made, in seconds.
const REDEEMABLE: i64 = 300;
/// AWS's names as a service provider.
const AUDIENCES: [&str; 3] =
    ["urn:amazon:webservices", "urn:amazon:webservices:cn-north-1", "urn:amazon:webservices:govcloud"];

/// What a response must match.
#[derive(Clone, Copy, Debug)]
pub(in crate::idp) struct Expected<'a> {
    /// The recipient that it must be issued for.
    pub(in crate::idp) recipient: Recipient<'a>,
    /// The request that it must answer; `None` if the IdP started.
    pub(in crate::idp) in_response_to: Option<&'a str>,
    /// The IdP's entity id, if that is known.
    pub(in crate::idp) issuer: Option<&'a str>,
    /// The entity id of this service provider.
    pub(in crate::idp) entity_id: &'a str,
    /// The assertion of the previous login, which must not be used again.
    pub(in crate::idp) last_assertion: Option<&'a str>,
    pub(in crate::idp) now: Timestamp,
}

/// The recipient of a response.
#[derive(Clone, Copy, Debug)]
pub(in crate::idp) enum Recipient<'a> {
    /// This loopback URL.
    Loopback(&'a str),
    /// Any URL where AWS accepts responses.
    SignIn,
}

impl Recipient<'_> {
    fn is(self, url: &str) -> bool {
        match self {
            Self::Loopback(own) => own == url,
            Self::SignIn => is_sign_in_endpoint(url),
        }
    }
}

/// The request that a posted response says it answers; `None` if it names none, or is not a response.
/// Distinguishes this sign-in's response from another's.
pub(super) fn answers(posted: &Secret<String>) -> Option<String> {
    let text = decoded(posted).ok()?.1;
    let document = parse(&text).ok()?;
    document.root_element().attribute("InResponseTo").map(str::to_owned)
}

/// Reads and checks a posted `SAMLResponse`.
///
/// # Errors
/// [`SamlError`], one for each mismatch.
pub(in crate::idp) fn read(posted: &Secret<String>, expected: &Expected<'_>) -> Result<SamlLogin, SamlError> {
    let (base64, text) = decoded(posted)?;
    let document = parse(&text)?;
    let response = document.root_element();
    if !response.has_tag_name((PROTOCOL, "Response")) {
        return Err(SamlError::NotAResponse(bounded(response.tag_name().name())));
    }
    check_status(response)?;
    if let Some(url) = response.attribute("Destination").filter(|url| !expected.recipient.is(url)) {
        return Err(SamlError::Recipient(bounded(url)));
    }
    check_request(response, expected)?;
    let assertions: Vec<Node<'_, '_>> = children(response, ASSERTION, "Assertion").collect();
    let encrypted = children(response, ASSERTION, "EncryptedAssertion").count();
    let login = |identity, id: Option<&str>, attributes| SamlLogin {
        identity,
        assertion: Some(Secret::new(base64.to_string())),
        assertion_id: id.map(str::to_owned),
        attributes,
        encrypted: encrypted == 1,
        obtained_at: expected.now,
    };
    match (assertions.as_slice(), encrypted) {
        ([assertion], 0) => {
            let (identity, attributes) = read_assertion(*assertion, expected)?;
            let id = assertion.attribute("ID");
            if id.is_some() && id == expected.last_assertion {
                return Err(SamlError::Replayed);
            }
            Ok(login(identity, id, attributes))
        }
        ([], 1) => {
            let made = instant(response, "IssueInstant")?.unwrap_or(expected.now);
            let identity = Identity {
                issuer: issuer_of(response, expected)?,
                subject: String::new(),
                name: String::new(),
                proof_expires_at: Timestamp(made.0.saturating_add(REDEEMABLE)),
                sign_in: SignIn::default(),
            };
            Ok(login(identity, None, Attributes::default()))
        }
        ([], 0) => Err(SamlError::NoAssertion),
        (several, encrypted) => Err(SamlError::SeveralAssertions(several.len() + encrypted)),
    }
}

/// The response in plain base64, as AWS should get it, and the XML in it.
fn decoded(posted: &Secret<String>) -> Result<(Zeroizing<String>, Zeroizing<String>), SamlError> {
    let posted = posted.expose();
    // Some IdPs encode the form's value once too often.
    let unescaped = match posted.contains('%') {
        true => form_urlencoded::parse(format!("v={}", posted.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned()),
        false => None,
    };
    let unescaped = Zeroizing::new(unescaped.unwrap_or_else(|| posted.clone()));
    let base64: Zeroizing<String> =
        Zeroizing::new(unescaped.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    if base64.len() > LONGEST {
        return Err(SamlError::TooLong(base64.len()));
    }
    let bytes = Zeroizing::new(STANDARD.decode(&*base64).map_err(|_| SamlError::NotBase64)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| SamlError::Encoding)?;
    Ok((base64, Zeroizing::new(text.to_owned())))
}

fn parse(text: &str) -> Result<Document<'_>, SamlError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => SamlError::Dtd,
        error => SamlError::NotXml(bounded(&error.to_string())),
    })
}

fn check_status(response: Node<'_, '_>) -> Result<(), SamlError> {
    let Some(status) = children(response, PROTOCOL, "Status").next() else { return Err(SamlError::NoStatus) };
    let mut codes = Vec::new();
    let mut next = children(status, PROTOCOL, "StatusCode").next();
    while let Some(code) = next.filter(|_| codes.len() < 4) {
        codes.push(bounded(code.attribute("Value").unwrap_or_default()));
        next = children(code, PROTOCOL, "StatusCode").next();
    }
    if codes.first().map(String::as_str) == Some("urn:oasis:names:tc:SAML:2.0:status:Success") {
        return Ok(());
    }
    let message = children(status, PROTOCOL, "StatusMessage").next().map(|node| bounded(text(node).trim()));
    Err(SamlError::Status(SamlStatus { codes, message: message.filter(|message| !message.is_empty()) }))
}

fn check_request(node: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), SamlError> {
    match (node.attribute("InResponseTo"), expected.in_response_to) {
        (answered, Some(asked)) if answered == Some(asked) => Ok(()),
        (None, Some(_)) => Err(SamlError::Unsolicited),
        (Some(_), Some(_)) => Err(SamlError::OtherRequest),
        // If the IdP started the sign-in, the request that it names does not matter.
        (_, None) => Ok(()),
    }
}

fn read_assertion(
    assertion: Node<'_, '_>,
    expected: &Expected<'_>,
) -> Result<(Identity, Attributes), SamlError> {
    let now = expected.now;
    let issuer = issuer_of(assertion, expected)?;
    let made = instant(assertion, "IssueInstant")?.unwrap_or(now);
    let subject = children(assertion, ASSERTION, "Subject").next().ok_or(SamlError::NoSubject)?;
    let confirmed_until = check_subject(subject, made, expected)?;
    let mut ends = vec![Timestamp(made.0.saturating_add(REDEEMABLE)), confirmed_until];
    for conditions in children(assertion, ASSERTION, "Conditions") {
        if let Some(at) = instant(conditions, "NotBefore")?.filter(|at| at.0 > now.0.saturating_add(SKEW)) {
            return Err(SamlError::NotYet { at, now });
        }
        if let Some(at) = instant(conditions, "NotOnOrAfter")? {
            check_end(at, made, now)?;
            ends.push(at);
        }
        check_audience(conditions, expected)?;
    }
    let attributes = attributes::read(assertion)?;
    let name = attributes.session_name.clone().ok_or(SamlError::NoSessionName)?;
    if !name::is_session_name(&name) {
        return Err(SamlError::BadSessionName(bounded(&name)));
    }
    let name_id = children(subject, ASSERTION, "NameID").next();
    // A transient name changes at each sign-in, and would make every login a new person's.
    let lasting = name_id.filter(|id| id.attribute("Format") != Some(TRANSIENT));
    let subject = lasting.map(|id| bounded(text(id).trim())).filter(|id| !id.is_empty());
    let identity = Identity {
        issuer,
        subject: subject.unwrap_or_else(|| name.clone()),
        name,
        proof_expires_at: ends.into_iter().min().unwrap_or(now),
        sign_in: sign_in(assertion),
    };
    Ok((identity, attributes))
}

/// When and how the person signed in (SAML 2.0 Core, section 2.7.2). If there are several statements, the
/// oldest counts.
fn sign_in(assertion: Node<'_, '_>) -> SignIn {
    let statements = || children(assertion, ASSERTION, "AuthnStatement");
    let at = statements().filter_map(|one| read_instant(one.attribute("AuthnInstant")?)).min();
    let contexts = statements().flat_map(|one| children(one, ASSERTION, "AuthnContext"));
    let classes = contexts.flat_map(|context| children(context, ASSERTION, "AuthnContextClassRef"));
    SignIn::new(at, classes.map(|class| text(class).trim().to_owned()), [])
}

fn issuer_of(node: Node<'_, '_>, expected: &Expected<'_>) -> Result<String, SamlError> {
    let issuer = children(node, ASSERTION, "Issuer").next().map(|issuer| bounded(text(issuer).trim()));
    let issuer = issuer.unwrap_or_default();
    match expected.issuer {
        Some(known) if known != issuer => Err(SamlError::Issuer { known: known.to_owned(), issuer }),
        _ => Ok(issuer),
    }
}

/// Finds the bearer confirmation that is issued for this recipient; returns when it expires.
fn check_subject(
    subject: Node<'_, '_>,
    made: Timestamp,
    expected: &Expected<'_>,
) -> Result<Timestamp, SamlError> {
    let bearer = children(subject, ASSERTION, "SubjectConfirmation")
        .filter(|confirmation| confirmation.attribute("Method") == Some(BEARER))
        .filter_map(|confirmation| children(confirmation, ASSERTION, "SubjectConfirmationData").next());
    let mut failure = SamlError::NoBearer;
    for data in bearer {
        let recipient = data.attribute("Recipient").unwrap_or_default();
        if !expected.recipient.is(recipient) {
            failure = SamlError::Recipient(bounded(recipient));
            continue;
        }
        if expected.in_response_to.is_some() {
            check_request(data, expected)?;
        }
        let until = instant(data, "NotOnOrAfter")?.ok_or(SamlError::NoBearer)?;
        check_end(until, made, expected.now)?;
        return Ok(until);
    }
    Err(failure)
}

fn check_end(at: Timestamp, made: Timestamp, now: Timestamp) -> Result<(), SamlError> {
    if at.0.saturating_add(SKEW) <= now.0 { Err(SamlError::Expired { at, made, now }) } else { Ok(()) }
}

/// Checks the audience: AWS by one of its names or its sign-in URL, or this service provider by its entity
/// id. Entra drops what follows a `#` in that name.
fn check_audience(conditions: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), SamlError> {
    let own = expected.entity_id.split('#').next().unwrap_or_default();
    for restriction in children(conditions, ASSERTION, "AudienceRestriction") {
        let named: Vec<String> =
            children(restriction, ASSERTION, "Audience").map(|one| text(one).trim().to_owned()).collect();
        let fits = |one: &String| {
            AUDIENCES.contains(&one.as_str())
                || is_sign_in_endpoint(one)
                || one == expected.entity_id
                || one == own
        };
        if !named.iter().any(fits) {
            return Err(SamlError::Audience(bounded(&named.join(", "))));
        }
    }
    Ok(())
}

/// An instant of XML Schema. One without a zone is in UTC (SAML 2.0 Core, section 1.3.3).
fn instant(node: Node<'_, '_>, name: &'static str) -> Result<Option<Timestamp>, SamlError> {
    let Some(value) = node.attribute(name) else { return Ok(None) };
    read_instant(value).map(Some).ok_or_else(|| SamlError::Instant { name, value: bounded(value) })
}

fn read_instant(value: &str) -> Option<Timestamp> {
    let read = |value: &str| {
        Timestamp::parse_rfc3339(value).or_else(|| Timestamp::parse_rfc3339(&format!("{value}Z")))
    };
    // The end of a day can also be written as hour 24, which has only its first instant (XML Schema 1.1,
    // Datatypes, 3.3.7).
    let Some((day, rest)) = value.split_once("T24:00:00") else { return read(value) };
    let fraction = rest.strip_prefix('.').map(|digits| digits.trim_start_matches('0'));
    let exact = fraction.is_none_or(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    let midnight = read(&format!("{day}T00:00:00{rest}")).filter(|_| exact)?;
    Some(midnight + DAY)
}

/// The children of `node` with this name. Prefixes mean nothing, the namespace counts.
pub(super) fn children<'a, 'd: 'a>(
    node: Node<'a, 'd>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'd>> {
    node.children().filter(move |child| child.has_tag_name((namespace, name)))
}

/// The whole text of `node`, including what follows a comment in it. An attack once used a comment to cut off
/// the rest of a name.
pub(super) fn text(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|part| part.text()).collect()
}

/// The IdP's text, at most 300 characters.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
