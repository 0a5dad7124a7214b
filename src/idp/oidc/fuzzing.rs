//! Fuzz targets for the answers of an OpenID provider.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

use jit_wire::trusted_url::{Purpose, TrustedUrl};

use super::discovery::{Announced, read_public};
use super::jwks::{self, Jwk, KeySet};
use super::token::{Expected, attributes, check};
use super::{device, token_endpoint};
use jit_wire::http::{Headers, HttpAnswer};
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

const ISSUER: &str = "https://idp.example";

/// A key of this run. It signs tokens that should pass the signature check.
static SIGNER: LazyLock<(EcdsaKeyPair, Vec<Jwk>)> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
        .ok()
        .and_then(|document| EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).ok())
        .expect("the system makes keys");
    let [x, y] = [1..33, 33..65].map(|part| URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[part]));
    let key = json!({ "kty": "EC", "kid": "k", "crv": "P-256", "x": x, "y": y });
    let set = serde_json::from_value(json!({ "keys": [key] })).expect("a key set");
    (pair, jwks::usable(set))
});

/// A whole token that nobody signed, then the claims of one that the IdP signed.
pub fn jwt(data: &[u8]) {
    let (pair, keys) = &*SIGNER;
    let previous =
        Secret::new(format!("e30.{}.", URL_SAFE_NO_PAD.encode(r#"{"iss":"a","sub":"b","aud":"c"}"#)));
    let expected = |previous| Expected {
        issuer: ISSUER,
        client_id: "jit",
        algorithms: None,
        nonce: None,
        access_token: None,
        signed_in_within: Some(std::time::Duration::ZERO),
        previous,
        received_at: Timestamp(1_795_176_000),
        now: Timestamp(1_795_176_000),
    };
    if let Ok(text) = std::str::from_utf8(data) {
        let token = Secret::from(text);
        let _ = attributes(&token);
        assert!(check(&token, keys, &expected(None)).is_err(), "nobody signed this");
    }
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"k"}"#),
        URL_SAFE_NO_PAD.encode(data)
    );
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).expect("it signs");
    let token = Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())));
    let _ = attributes(&token);
    assert!(check(&token, keys, &expected(Some(&previous))).is_err(), "it follows another's token");
    match check(&token, keys, &expected(None)) {
        Ok(identity) => {
            assert!(identity.issuer == ISSUER && !identity.subject.is_empty() && !identity.name.is_empty());
            assert!(identity.proof_expires_at > Timestamp(1_795_175_940));
        }
        Err(error) => assert!(error.to_string().len() < 8192, "an error is short"),
    }
}

/// A key list; its keys verify a signature that none of them made.
pub fn jwks(data: &[u8]) {
    let Ok(set) = read_public::<KeySet>("the IdP's key list", &answer(200, data)) else { return };
    let keys = jwks::usable(set);
    for algorithm in ["RS256", "RS384", "RS512", "ES256", "ES384"] {
        let Ok(algorithm) = jwks::Algorithm::named(algorithm) else { continue };
        for kid in [None, Some("k")] {
            let Ok(key) = jwks::pick(&keys, kid, algorithm) else { continue };
            for size in [0, 64, 96, 256] {
                assert!(jwks::verify(key, algorithm, b"x", &vec![1; size]).is_err(), "nobody signed this");
            }
        }
    }
}

/// A discovery document.
pub fn oidc_discovery(data: &[u8]) {
    let Ok(announced) = read_public::<Announced>("the IdP's discovery document", &answer(200, data)) else {
        return;
    };
    for issuer in [ISSUER, "http://127.0.0.1:1"] {
        let at = TrustedUrl::parse(issuer, Purpose::Issuer).expect("an issuer");
        let Ok(document) = announced.clone().check(issuer, &at) else { continue };
        assert!(document.issuer == issuer);
        for url in [document.token_endpoint, document.jwks_uri].into_iter().flatten() {
            let inwards = url.is_this_machine();
            assert!(url.is_secure() || inwards, "{url} would be called unencrypted");
            assert!(!inwards || at.is_this_machine(), "{url} is this machine's");
        }
    }
}

/// Answers of the device endpoint and the token endpoint: the first byte selects the status.
pub fn oidc_answer(data: &[u8]) {
    let Some((status, body)) = data.split_first() else { return };
    let answer = answer(if status % 2 == 0 { 200 } else { 400 }, body);
    token_endpoint::fuzz(&answer);
    device::fuzz(&answer);
}

fn answer(status: u16, body: &[u8]) -> HttpAnswer {
    HttpAnswer {
        status,
        content_type: String::new(),
        headers: Headers::default(),
        body: Secret::new(body.to_vec()),
    }
}
