//! XML signatures, enveloped (XML Signature Syntax and Processing 1.1; ECDSA by RFC 4051), over text that is
//! already canonical.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::faults::Refusal;
use crate::signing::jwt::Key;

const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
const CANONICAL: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const SHA: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const ISSUER_END: &str = "</saml:Issuer>";

/// `element` with a signature by `key` after its issuer, where SAML requires it.
pub(crate) fn signed(key: &Key, random: &SystemRandom, element: &str) -> Result<String, Refusal> {
    let broken = || Refusal::new(500, "server_error", "the response cannot be signed");
    let id = attribute(element, "ID").ok_or_else(broken)?;
    let info = signed_info(id, &digest_of(element));
    let value = key.sign_bytes(canonical(&info).as_bytes(), random).ok_or_else(broken)?;
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{NAMESPACE}\">{info}<ds:SignatureValue>{}</ds:SignatureValue></ds:Signature>",
        STANDARD.encode(value)
    );
    let at = element.find(ISSUER_END).ok_or_else(broken)? + ISSUER_END.len();
    Ok(format!("{}{signature}{}", &element[..at], &element[at..]))
}

/// Whether `element`, in the form that [`signed`] produces, is signed by `key`.
pub(crate) fn is_signed(key: &Key, element: &str) -> bool {
    let check = || {
        let from = element.find("<ds:Signature ")?;
        let end = "</ds:Signature>";
        let to = from + element[from..].find(end)? + end.len();
        let signature = &element[from..to];
        let plain = format!("{}{}", &element[..from], &element[to..]);
        let info = signed_info(attribute(&plain, "ID")?, &digest_of(&plain));
        let value = between(signature, "<ds:SignatureValue>", "</ds:SignatureValue>")?;
        let value = STANDARD.decode(value).ok()?;
        let told = signature.contains(&info);
        (told && key.verify_bytes(canonical(&info).as_bytes(), &value)).then_some(())
    };
    check().is_some()
}

fn digest_of(element: &str) -> String {
    STANDARD.encode(digest(&SHA256, element.as_bytes()))
}

fn signed_info(id: &str, digest: &str) -> String {
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{CANONICAL}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{ECDSA}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform><ds:Transform Algorithm=\"{CANONICAL}\"></ds:Transform>\
         </ds:Transforms><ds:DigestMethod Algorithm=\"{SHA}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>\
         </ds:Reference></ds:SignedInfo>"
    )
}

/// By itself, the element must declare the namespace that the signature around it had declared.
fn canonical(info: &str) -> String {
    info.replacen("<ds:SignedInfo>", &format!("<ds:SignedInfo xmlns:ds=\"{NAMESPACE}\">"), 1)
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let tag = element.split('>').next()?;
    between(tag, &format!(" {name}=\""), "\"")
}

pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// The key of a SAML provider with encrypted assertions: only STS can decrypt them.
pub(crate) struct Sealing(LessSafeKey);

impl Sealing {
    pub(crate) fn new(random: &SystemRandom) -> std::io::Result<Self> {
        let mut key = [0; 32];
        let filled = random.fill(&mut key).and_then(|()| UnboundKey::new(&AES_256_GCM, &key));
        filled
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| std::io::Error::other("no key could be made"))
    }

    /// A test encrypts one assertion per run with it, so the nonce may be constant.
    pub(crate) fn seal(&self, text: &str) -> Result<String, Refusal> {
        let mut sealed = text.as_bytes().to_vec();
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        let done = self.0.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed);
        done.map_err(|_| Refusal::new(500, "server_error", "the assertion cannot be sealed"))?;
        Ok(STANDARD.encode(sealed))
    }

    pub(crate) fn open(&self, sealed: &str) -> Option<String> {
        let mut sealed = STANDARD.decode(sealed).ok()?;
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        let plain = self.0.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }
}
