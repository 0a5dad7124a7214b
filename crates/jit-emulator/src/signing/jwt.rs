//! JSON Web Tokens signed with ES256 (RFC 7515, RFC 7518 section 3.4), and their keys as a JWK (RFC 7517).

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde_json::{Value, json};

/// A key pair on the curve P-256.
pub(crate) struct Key {
    id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(crate) fn new(random: &SystemRandom) -> io::Result<Self> {
        let broken = |_| io::Error::other("no signing key could be made");
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random)
            .map_err(|_| io::Error::other("the system has no random numbers"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), random)
            .map_err(broken)?;
        let id = URL_SAFE_NO_PAD.encode(&digest(&SHA256, pair.public_key().as_ref()).as_ref()[..12]);
        Ok(Self { id, pair })
    }

    /// The name of the key in tokens and in the published set (`kid`).
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The public half as it is published.
    pub(crate) fn jwk(&self) -> Value {
        // An uncompressed point: 4, then 32 bytes of x, then 32 of y.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        })
    }

    /// The public half as PEM (SubjectPublicKeyInfo, RFC 5480), for programs that check XML signatures.
    pub(crate) fn pem(&self) -> String {
        // The algorithm identifier of P-256 and the head of the bit string that the point is.
        const HEAD: [u8; 26] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
            0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        let der = [&HEAD[..], self.pair.public_key().as_ref()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    /// A signature over `bytes`: r and s, 32 bytes each. `None` if the system has no random numbers.
    pub(crate) fn sign_bytes(&self, bytes: &[u8], random: &SystemRandom) -> Option<Vec<u8>> {
        self.pair.sign(random, bytes).ok().map(|signature| signature.as_ref().to_vec())
    }

    /// Whether this key made `signature` over `bytes`.
    pub(crate) fn verify_bytes(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref());
        public.verify(bytes, signature).is_ok()
    }

    /// A token of `claims` whose header names the key `id`. `None` if the system has no random numbers.
    pub(crate) fn sign(&self, id: &str, claims: &Value, random: &SystemRandom) -> Option<String> {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": id });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(random, signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of `token`, if it names this key and this key signed it.
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
        if header["alg"] != "ES256" || header["kid"] != self.id.as_str() {
            return None;
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref())
            .verify(signed.as_bytes(), &decode(signature)?)
            .ok()?;
        serde_json::from_slice(&decode(claims)?).ok()
    }
}

/// Half of the SHA-256 of `text`, as required for `at_hash` (OpenID Connect Core, section 3.1.3.6).
pub(crate) fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signed_tokens_verify() {
        let random = SystemRandom::new();
        let (key, other) = (Key::new(&random).unwrap(), Key::new(&random).unwrap());
        let claims = json!({ "sub": "alice" });
        let token = key.sign(key.id(), &claims, &random).unwrap();
        assert_eq!(key.verify(&token), Some(claims.clone()));
        let parts: Vec<&str> = token.split('.').collect();
        let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","kid":"{}"}}"#, key.id()));
        let mallory = URL_SAFE_NO_PAD.encode(r#"{"sub":"mallory"}"#);
        let refused = [
            format!("{}.{mallory}.{}", parts[0], parts[2]),
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            key.sign("another", &claims, &random).unwrap(),
            other.sign(key.id(), &claims, &random).unwrap(),
            String::new(),
            "a.b.c".to_owned(),
        ];
        for token in refused {
            assert_eq!(key.verify(&token), None, "{token}");
        }
    }
}
