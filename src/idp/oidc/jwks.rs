//! The IdP's public keys (RFC 7517, RFC 7518) and the signatures made with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::token::TokenError;
use crate::idp::code::bounded;

/// A public key, reduced to the members needed to verify signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A JWK Set as it is served. Keys of an unknown kind are no reason to refuse the others (RFC 7517, section
/// 5).
#[derive(Deserialize)]
pub(super) struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// The keys of `set` that may have signed an ID token.
pub(super) fn usable(set: KeySet) -> Vec<Jwk> {
    let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    keys.filter(|key| matches!(key.kty.as_str(), "RSA" | "EC") && key.usage.as_deref() != Some("enc"))
        .collect()
}

/// The signing algorithms that AWS accepts and that can be verified here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
}

impl Algorithm {
    /// The algorithm of a token's header.
    ///
    /// # Errors
    /// [`TokenError::Algorithm`] for all others: `none` and HS* prove nothing here, AWS refuses PS* and
    /// EdDSA, and ring does not support the curve of ES512.
    pub(super) fn named(name: &str) -> Result<Self, TokenError> {
        match name {
            "RS256" => Ok(Self::Rs256),
            "RS384" => Ok(Self::Rs384),
            "RS512" => Ok(Self::Rs512),
            "ES256" => Ok(Self::Es256),
            "ES384" => Ok(Self::Es384),
            other => Err(TokenError::Algorithm(bounded(other))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }

    /// The hash that the algorithm signs, which is also the one of `at_hash`.
    pub(super) fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Rs256 | Self::Es256 => &digest::SHA256,
            Self::Rs384 | Self::Es384 => &digest::SHA384,
            Self::Rs512 => &digest::SHA512,
        }
    }

    fn fits(self, key: &Jwk) -> bool {
        let kind = match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 => key.kty == "RSA",
            Self::Es256 => key.kty == "EC" && key.crv.as_deref() == Some("P-256"),
            Self::Es384 => key.kty == "EC" && key.crv.as_deref() == Some("P-384"),
        };
        kind && key.alg.as_deref().is_none_or(|alg| alg == self.name())
    }
}

/// The key that signed with `algorithm` under the name `kid`. Without a name, the only key that fits.
///
/// # Errors
/// [`TokenError::UnknownKey`] if there is none, [`TokenError::AmbiguousKey`] if there are several and the
/// token names none.
pub(super) fn pick<'k>(
    keys: &'k [Jwk],
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Result<&'k Jwk, TokenError> {
    let mut fitting = keys.iter().filter(|key| algorithm.fits(key));
    let Some(kid) = kid else {
        let only = fitting.next().ok_or(TokenError::UnknownKey(None))?;
        return if fitting.next().is_none() { Ok(only) } else { Err(TokenError::AmbiguousKey) };
    };
    fitting
        .find(|key| key.kid.as_deref() == Some(kid))
        .ok_or_else(|| TokenError::UnknownKey(Some(bounded(kid))))
}

/// Verifies `signature` over `message`.
///
/// # Errors
/// [`TokenError::WeakKey`] for an RSA key below 2048 bits, [`TokenError::Signature`] for everything else.
pub(super) fn verify(
    key: &Jwk,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), TokenError> {
    match algorithm {
        Algorithm::Rs256 => rsa(key, &signature::RSA_PKCS1_2048_8192_SHA256, message, signature),
        Algorithm::Rs384 => rsa(key, &signature::RSA_PKCS1_2048_8192_SHA384, message, signature),
        Algorithm::Rs512 => rsa(key, &signature::RSA_PKCS1_2048_8192_SHA512, message, signature),
        Algorithm::Es256 => ecdsa(key, 32, &signature::ECDSA_P256_SHA256_FIXED, message, signature),
        Algorithm::Es384 => ecdsa(key, 48, &signature::ECDSA_P384_SHA384_FIXED, message, signature),
    }
}

fn rsa(key: &Jwk, parameters: &RsaParameters, message: &[u8], signature: &[u8]) -> Result<(), TokenError> {
    let n = number(key.n.as_deref())?;
    let e = number(key.e.as_deref())?;
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if bits < 2048 {
        return Err(TokenError::WeakKey { bits });
    }
    let public = RsaPublicKeyComponents { n, e };
    public.verify(parameters, message, signature).map_err(|_| TokenError::Signature)
}

fn ecdsa(
    key: &Jwk,
    size: usize,
    algorithm: &'static dyn signature::VerificationAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), TokenError> {
    // An uncompressed point (SEC 1, section 2.3.3): 4, then both coordinates at full length.
    let mut point = vec![4];
    for coordinate in [&key.x, &key.y] {
        let bytes = number(coordinate.as_deref())?;
        let missing = size.checked_sub(bytes.len()).ok_or(TokenError::Signature)?;
        point.extend(std::iter::repeat_n(0, missing));
        point.extend(bytes);
    }
    UnparsedPublicKey::new(algorithm, point).verify(message, signature).map_err(|_| TokenError::Signature)
}

/// A Base64urlUInt (RFC 7518, section 2), big-endian. Some IdPs add leading zeros, or padding at the end.
fn number(text: Option<&str>) -> Result<Vec<u8>, TokenError> {
    let text = text.unwrap_or_default().trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Signature)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Ok(bytes[zeros..].to_vec())
}
