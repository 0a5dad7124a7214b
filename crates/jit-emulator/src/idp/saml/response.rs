//! The content of a response. It is written in canonical form (Exclusive XML Canonicalization 1.0: namespaces
//! where they are first used, attributes in order, no empty tags), so that the signed bytes are the sent
//! bytes.

use std::time::Duration;

use crate::faults::Refusal;
use crate::idp::step_up::Wanted;
use crate::shared::{Shared, lock};
use crate::signing::xml_signature as signature;
use jit_wire::timestamp::Timestamp;

pub(crate) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(crate) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const STATUS: &str = "urn:oasis:names:tc:SAML:2.0:status:";
const AWS: &str = "https://aws.amazon.com/SAML/Attributes/";
/// How long a response is valid.
const LIFETIME: Duration = Duration::from_secs(300);

/// A request.
#[derive(Clone)]
pub(crate) struct SamlAsked {
    /// The request's ID; `None` if the sign-in started here.
    pub(crate) id: Option<String>,
    pub(crate) acs: String,
    pub(crate) relay_state: Option<String>,
    /// Its requirements for the sign-in.
    pub(crate) wanted: Wanted,
}

/// The response with an assertion about the person with this number, both layers signed.
pub(crate) fn granted(shared: &Shared, asked: &SamlAsked, person: usize) -> Result<String, Refusal> {
    let now = shared.provider_now();
    let plain = assertion(shared, asked, person, now)?;
    let plain = match &lock(&shared.faults).edit_assertion {
        Some(edit) => edit.apply(plain),
        None => plain,
    };
    let signed = signature::signed(&shared.keys[0], &shared.random, &plain)?;
    let inner = if lock(&shared.faults).encrypted {
        let sealed = shared.sealing.seal(&signed)?;
        format!("<saml:EncryptedAssertion xmlns:saml=\"{ASSERTION}\">{sealed}</saml:EncryptedAssertion>")
    } else {
        signed
    };
    let status = format!("<samlp:StatusCode Value=\"{STATUS}Success\"></samlp:StatusCode>");
    signature::signed(&shared.keys[0], &shared.random, &envelope(shared, asked, now, &status, &inner)?)
}

/// The response of a person who cancelled.
pub(crate) fn denied(shared: &Shared, asked: &SamlAsked) -> Result<String, Refusal> {
    let status = format!(
        "<samlp:StatusCode Value=\"{STATUS}Responder\"><samlp:StatusCode Value=\"{STATUS}AuthnFailed\">\
         </samlp:StatusCode></samlp:StatusCode><samlp:StatusMessage>The person cancelled</samlp:StatusMessage>"
    );
    signature::signed(
        &shared.keys[0],
        &shared.random,
        &envelope(shared, asked, shared.provider_now(), &status, "")?,
    )
}

/// The response if the person cannot sign in as the request requires.
pub(crate) fn unmet(shared: &Shared, asked: &SamlAsked) -> Result<String, Refusal> {
    let status = format!(
        "<samlp:StatusCode Value=\"{STATUS}Responder\"><samlp:StatusCode Value=\"{STATUS}NoAuthnContext\">\
         </samlp:StatusCode></samlp:StatusCode>"
    );
    signature::signed(
        &shared.keys[0],
        &shared.random,
        &envelope(shared, asked, shared.provider_now(), &status, "")?,
    )
}

fn envelope(
    shared: &Shared,
    asked: &SamlAsked,
    now: Timestamp,
    status: &str,
    inner: &str,
) -> Result<String, Refusal> {
    Ok(format!(
        "<samlp:Response xmlns:samlp=\"{PROTOCOL}\" Destination=\"{}\" ID=\"{}\"{} IssueInstant=\"{}\" Version=\"2.0\">\
         {}<samlp:Status>{status}</samlp:Status>{inner}</samlp:Response>",
        quoted(&asked.acs),
        id(shared)?,
        in_response_to(asked),
        now.to_rfc3339(),
        issuer(shared, true),
    ))
}

fn assertion(shared: &Shared, asked: &SamlAsked, person: usize, now: Timestamp) -> Result<String, Refusal> {
    let user = shared.person(person);
    let until = (now + LIFETIME).to_rfc3339();
    let acs = quoted(&asked.acs);
    let subject = format!(
        "<saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">{}</saml:NameID>\
         <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData{} \
         NotOnOrAfter=\"{until}\" Recipient=\"{acs}\"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>",
        text(&user.subject),
        in_response_to(asked),
    );
    let conditions = format!(
        "<saml:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction>\
         <saml:Audience>urn:amazon:webservices</saml:Audience></saml:AudienceRestriction></saml:Conditions>",
        (now - Duration::from_secs(30)).to_rfc3339(),
    );
    let signed_in = asked.wanted.met(shared);
    let (at, context) = signed_in.map_or((now, None), |met| (met.at, met.context));
    let statement = format!(
        "<saml:AuthnStatement AuthnInstant=\"{}\"><saml:AuthnContext><saml:AuthnContextClassRef>\
         {}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>",
        at.to_rfc3339(),
        text(context.as_deref().unwrap_or("urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified")),
    );
    let settings = &shared.settings;
    let roles: Vec<String> = settings
        .offered
        .iter()
        .map(|role| {
            let account = role.split(':').nth(4).unwrap_or_default();
            format!("{role},arn:aws:iam::{account}:saml-provider/demo")
        })
        .collect();
    let duration = settings.session_duration.map(|seconds| ("SessionDuration", vec![seconds.to_string()]));
    let source = settings.source_identity.then(|| ("SourceIdentity", vec![user.email.clone()]));
    let tags = [
        ("PrincipalTag:department", vec![user.department.clone()]),
        ("TransitiveTagKeys", vec!["department".to_owned()]),
        ("RoleSessionName", vec![user.email.clone()]),
        ("Role", roles),
    ];
    let attributes: String = tags
        .into_iter()
        .chain(duration)
        .chain(source)
        .map(|(name, values)| {
            let values: String = values
                .iter()
                .map(|value| format!("<saml:AttributeValue>{}</saml:AttributeValue>", text(value)))
                .collect();
            format!("<saml:Attribute Name=\"{AWS}{name}\">{values}</saml:Attribute>")
        })
        .collect();
    Ok(format!(
        "<saml:Assertion xmlns:saml=\"{ASSERTION}\" ID=\"{}\" IssueInstant=\"{}\" Version=\"2.0\">{}{subject}\
         {conditions}{statement}<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>",
        id(shared)?,
        now.to_rfc3339(),
        issuer(shared, false),
    ))
}

/// An element of the namespace `saml` declares it if no outer element does.
fn issuer(shared: &Shared, declare: bool) -> String {
    let namespace = if declare { format!(" xmlns:saml=\"{ASSERTION}\"") } else { String::new() };
    format!("<saml:Issuer{namespace}>{}/saml</saml:Issuer>", shared.issuer)
}

fn in_response_to(asked: &SamlAsked) -> String {
    asked.id.as_ref().map(|id| format!(" InResponseTo=\"{}\"", quoted(id))).unwrap_or_default()
}

/// Text as Canonical XML writes it in an element.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text as Canonical XML writes it in an attribute.
fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn id(shared: &Shared) -> Result<String, Refusal> {
    let hex: String = shared.random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("_{hex}"))
}
