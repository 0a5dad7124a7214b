//! Why an ID token is not accepted.

use jit_wire::timestamp::Timestamp;

/// Why an ID token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts of base64url that contain JSON.
    #[error("it is not a signed JSON web token")]
    Malformed,
    /// Longer than STS accepts.
    #[error("it is {0} characters long, and AWS accepts at most 20000: have the IdP put fewer claims in it")]
    TooLong(usize),
    /// Signed in a way that AWS refuses or that cannot be verified here.
    #[error(
        "it is signed with `{0}`; set the client's ID-token signing algorithm at the IdP to RS256, RS384, \
         RS512, ES256 or ES384"
    )]
    Algorithm(String),
    /// Signed with an algorithm that the IdP does not announce.
    #[error("it is signed with an algorithm that the IdP does not announce")]
    UnannouncedAlgorithm,
    /// A header extension that must be understood and is not (RFC 7515, section 4.1.11).
    #[error("its header requires an extension that jit does not support")]
    Critical,
    /// No key of the IdP fits.
    #[error("the IdP publishes no matching key{}", key_name(.0))]
    UnknownKey(Option<String>),
    /// The token names no key and several fit.
    #[error("it names no key, and the IdP publishes several")]
    AmbiguousKey,
    /// An RSA key that is too short.
    #[error("the IdP signs with an RSA key of {bits} bits; the minimum is 2048")]
    WeakKey {
        /// Its length.
        bits: usize,
    },
    /// The signature does not verify.
    #[error("its signature is wrong")]
    Signature,
    /// A claim is missing or of another type.
    #[error("its claim `{0}` is missing or of the wrong type")]
    Claim(&'static str),
    /// From another issuer.
    #[error("it was issued by `{0}`")]
    Issuer(String),
    /// For another client.
    #[error("it was issued for another client, `{0}`")]
    Audience(String),
    /// For several clients, and it was not issued to this one (`azp`).
    #[error("it was requested by another client")]
    AuthorizedParty,
    /// `exp` has passed.
    #[error("it expired at {}, and this machine's clock says {}", at.to_rfc3339(), now.to_rfc3339())]
    Expired {
        /// `exp`.
        at: Timestamp,
        /// This machine's time.
        now: Timestamp,
    },
    /// `nbf` is in the future.
    #[error("it is not valid before {}, and this machine's clock says {}", at.to_rfc3339(), now.to_rfc3339())]
    NotYet {
        /// `nbf`.
        at: Timestamp,
        /// This machine's time.
        now: Timestamp,
    },
    /// `iat` is far from now.
    #[error("it was issued at {}, and this machine's clock says {}", at.to_rfc3339(), now.to_rfc3339())]
    Stale {
        /// `iat`.
        at: Timestamp,
        /// This machine's time.
        now: Timestamp,
    },
    /// The nonce is not the one of this sign-in.
    #[error("it belongs to another sign-in (its nonce is not the one that jit sent)")]
    Nonce,
    /// Not issued with this access token.
    #[error("it belongs to another access token (its at_hash does not match)")]
    AccessToken,
    /// The person was not asked to sign in again, although that was requested.
    #[error("the IdP did not ask you to sign in again")]
    OldSignIn,
    /// After a refresh, a claim that must stay the same has changed.
    #[error("its claim `{0}` has changed since the sign-in")]
    Changed(&'static str),
}

fn key_name(kid: &Option<String>) -> String {
    kid.as_ref().map(|kid| format!(" (key `{kid}`)")).unwrap_or_default()
}
