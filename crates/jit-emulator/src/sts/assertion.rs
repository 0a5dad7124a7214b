//! How STS reads a response: what it trusts, and what it refuses with AWS's messages.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use crate::faults::Refusal;
use crate::settings::{AWS_ACS as AWS, is_own_acs};
use crate::shared::Shared;
use crate::signing::xml_signature::{between, is_signed};
use jit_wire::timestamp::Timestamp;

const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";
/// AWS accepts an assertion for this long after it was made.
const REDEEMABLE: Duration = Duration::from_secs(300);

/// The parts of an assertion that STS trusts.
#[derive(Default)]
pub(crate) struct Assertion {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) recipient: String,
    attributes: Vec<(String, Vec<String>)>,
}

impl Assertion {
    /// The first value of one of AWS's attributes.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// Whether it lists this pair, in either order.
    pub(crate) fn lists(&self, role: &str, provider: &str) -> bool {
        self.all("Role").iter().any(|pair| {
            let mut parts: Vec<&str> = pair.split(',').map(str::trim).collect();
            parts.sort_unstable_by_key(|part| *part != role);
            parts == [role, provider]
        })
    }

    /// The session tags, and which of them are passed on along the chain.
    pub(crate) fn tags(&self) -> (BTreeMap<String, String>, Vec<String>) {
        let tag = |(name, values): &(String, Vec<String>)| {
            Some((name.strip_prefix("PrincipalTag:")?.to_owned(), values.first()?.clone()))
        };
        (self.attributes.iter().filter_map(tag).collect(), self.all("TransitiveTagKeys").to_vec())
    }

    fn all(&self, name: &str) -> &[String] {
        let found = self.attributes.iter().find(|(one, _)| one == name);
        found.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }
}

/// Reads a response as an IAM SAML provider for this IdP does.
pub(crate) fn read(shared: &Shared, base64: &str) -> Result<Assertion, Refusal> {
    let invalid = |text: &str| Refusal::new(400, "InvalidIdentityToken", text);
    if base64.len() > 100_000 {
        let text = "1 validation error detected: Value at 'sAMLAssertion' failed to satisfy constraint: Member must have length less than or equal to 100000";
        return Err(Refusal::new(400, "ValidationError", text));
    }
    let xml = STANDARD.decode(base64).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let xml = xml.ok_or_else(|| invalid("Invalid base64 SAMLResponse"))?;
    let sealed = between(&xml, "<saml:EncryptedAssertion", "</saml:EncryptedAssertion>")
        .and_then(|rest| rest.split_once('>'))
        .map(|(_, sealed)| sealed);
    let text = match sealed {
        Some(sealed) => shared.sealing.open(sealed),
        None => between(&xml, "<saml:Assertion ", "</saml:Assertion>")
            .map(|inner| format!("<saml:Assertion {inner}</saml:Assertion>")),
    };
    let signed = text.filter(|text| is_signed(&shared.keys[0], text));
    let text = signed.ok_or_else(|| invalid("Response signature invalid"))?;
    let document = Document::parse(&text).map_err(|_| invalid("Response signature invalid"))?;
    let root = document.root_element();
    check(shared, root).map(|()| taken_from(root))
}

fn check(shared: &Shared, root: Node<'_, '_>) -> Result<(), Refusal> {
    let instant = |node: Option<Node<'_, '_>>, name| {
        node.and_then(|node| node.attribute(name)).and_then(Timestamp::parse_rfc3339).unwrap_or(Timestamp(0))
    };
    let now = shared.sts_now();
    let conditions = named(root, "Conditions");
    let data = named(root, "SubjectConfirmationData");
    let ends = [
        instant(Some(root), "IssueInstant") + REDEEMABLE,
        instant(conditions, "NotOnOrAfter"),
        instant(data, "NotOnOrAfter"),
    ];
    if ends.into_iter().any(|end| now >= end) {
        let text = "Token must be redeemed within 5 minutes of issuance";
        return Err(Refusal::new(400, "ExpiredTokenException", text));
    }
    let audience = named(root, "Audience").and_then(|node| node.text());
    let recipient = data.and_then(|data| data.attribute("Recipient")).unwrap_or_default();
    if audience != Some("urn:amazon:webservices") || !(recipient == AWS || is_own_acs(recipient)) {
        let text = "Response does not contain the required audience.";
        return Err(Refusal::new(400, "InvalidIdentityToken", text));
    }
    Ok(())
}

fn taken_from(root: Node<'_, '_>) -> Assertion {
    let text = |name| named(root, name).and_then(|node| node.text()).unwrap_or_default().to_owned();
    let attribute = |node: Node<'_, '_>| {
        let name = node.attribute("Name")?.strip_prefix(ATTRIBUTES)?.to_owned();
        let values = node.children().filter_map(|value| value.text()).map(str::to_owned).collect();
        Some((name, values))
    };
    let attributes = root.descendants().filter(|node| node.tag_name().name() == "Attribute");
    let recipient = named(root, "SubjectConfirmationData").and_then(|data| data.attribute("Recipient"));
    Assertion {
        subject: text("NameID"),
        issuer: text("Issuer"),
        recipient: recipient.unwrap_or_default().to_owned(),
        attributes: attributes.filter_map(attribute).collect(),
    }
}

fn named<'a, 'd>(root: Node<'a, 'd>, name: &str) -> Option<Node<'a, 'd>> {
    root.descendants().find(|node| node.tag_name().name() == name)
}
