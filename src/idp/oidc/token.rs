//! The checks that make an ID token a proof (OpenID Connect Core 1.0, sections 3.1.3.7 and 12.2).

mod error;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::jwks::{self, Algorithm, Jwk};
use crate::idp::code::bounded;
use crate::idp::{Attributes, Identity};
pub use error::TokenError;
use jit_wire::secret::Secret;
use jit_wire::sign_in::SignIn;
use jit_wire::timestamp::Timestamp;

/// How far the clocks of the IdP and this machine may differ.
const LEEWAY: Duration = Duration::from_secs(60);
/// The maximum difference between now and the `iat` of a token that was just issued, in either direction.
const ISSUED_WITHIN: Duration = Duration::from_secs(10 * 60);
/// The longest `WebIdentityToken` that STS accepts.
const LONGEST: usize = 20_000;

/// What an ID token is checked against.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// What discovery announces; `None` if it does not say.
    pub(super) algorithms: Option<&'a [String]>,
    /// What the authorization request sent; `None` if there was none (device code, refresh).
    pub(super) nonce: Option<&'a str>,
    /// The access token that was issued with it.
    pub(super) access_token: Option<&'a Secret<String>>,
    /// The maximum time between the sign-in and the token (`max_age=0`).
    pub(super) signed_in_within: Option<Duration>,
    /// The previous ID token, if this one comes from a refresh.
    pub(super) previous: Option<&'a Secret<String>>,
    /// When it was received, which may be before `now`.
    pub(super) received_at: Timestamp,
    pub(super) now: Timestamp,
}

/// Checks everything that makes `token` a proof, signature first.
///
/// # Errors
/// [`TokenError`], the first that applies.
pub(super) fn check(
    token: &Secret<String>,
    keys: &[Jwk],
    expected: &Expected<'_>,
) -> Result<Identity, TokenError> {
    let token = token.expose();
    if token.len() > LONGEST {
        return Err(TokenError::TooLong(token.len()));
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
    if payload.contains('.') {
        return Err(TokenError::Malformed);
    }
    let algorithm = verify(header, message, signature, keys, expected.algorithms)?;
    let claims = Claims(json_of(payload)?);

    claims.check_parties(expected)?;
    claims.check_times(expected)?;
    if let Some(nonce) = expected.nonce {
        let given = claims.text("nonce").ok_or(TokenError::Nonce)?;
        if !bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
            return Err(TokenError::Nonce);
        }
    }
    if let (Some(access_token), Some(given)) = (expected.access_token, claims.0.get("at_hash")) {
        let hash = digest::digest(algorithm.digest(), access_token.expose().as_bytes());
        let half = &hash.as_ref()[..hash.as_ref().len() / 2];
        if given.as_str() != Some(URL_SAFE_NO_PAD.encode(half).as_str()) {
            return Err(TokenError::AccessToken);
        }
    }
    if let Some(previous) = expected.previous {
        claims.check_follows(previous)?;
    }
    Ok(Identity {
        issuer: expected.issuer.to_owned(),
        subject: claims.required("sub")?.to_owned(),
        name: claims.name()?.to_owned(),
        proof_expires_at: claims.time("exp")?.ok_or(TokenError::Claim("exp"))?,
        sign_in: claims.sign_in()?,
    })
}

fn verify(
    header: &str,
    message: &str,
    signature: &str,
    keys: &[Jwk],
    announced: Option<&[String]>,
) -> Result<Algorithm, TokenError> {
    let header = json_of(header)?;
    let name = header.get("alg").and_then(Value::as_str).ok_or(TokenError::Malformed)?;
    let algorithm = Algorithm::named(name)?;
    if announced.is_some_and(|list| !list.iter().any(|one| one == name)) {
        return Err(TokenError::UnannouncedAlgorithm);
    }
    if header.contains_key("crit") {
        return Err(TokenError::Critical);
    }
    let key = jwks::pick(keys, header.get("kid").and_then(Value::as_str), algorithm)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Malformed)?;
    jwks::verify(key, algorithm, message.as_bytes(), &signature)?;
    Ok(algorithm)
}

fn json_of(part: &str) -> Result<Map<String, Value>, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)
}

fn numeric_date(value: &Value) -> Option<Timestamp> {
    /// The last second of the year 9999.
    const LATEST: i64 = 253_402_300_799;
    let whole = match value.as_i64() {
        Some(whole) => whole,
        // Within this range a double represents every second exactly.
        None => {
            let fraction = value.as_f64().filter(|seconds| seconds.abs() <= LATEST as f64)?;
            fraction.floor() as i64
        }
    };
    Some(Timestamp(whole))
}

/// When `token` was made, according to itself. Not verified.
pub(super) fn issued_at(token: &Secret<String>) -> Option<Timestamp> {
    let claims = json_of(token.expose().split('.').nth(1)?).ok()?;
    numeric_date(claims.get("iat")?)
}

/// The text of the claim `name` of `token`, which was verified when it was received.
pub(in crate::idp) fn text_claim(token: &Secret<String>, name: &str) -> Option<String> {
    let claims = Claims(json_of(token.expose().split('.').nth(1)?).ok()?);
    claims.text(name).map(str::to_owned)
}

struct Claims(Map<String, Value>);

impl Claims {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<&str, TokenError> {
        self.text(name).ok_or(TokenError::Claim(name))
    }

    /// A NumericDate, which may have a fraction (RFC 7519, section 2). The fraction is dropped.
    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, TokenError> {
        let value = self.0.get(name);
        value.map(|value| numeric_date(value).ok_or(TokenError::Claim(name))).transpose()
    }

    /// `aud`, which is a string or a list of them.
    fn audience(&self) -> Result<Vec<&str>, TokenError> {
        let list = match self.0.get("aud") {
            Some(Value::Array(list)) => list.iter().map(Value::as_str).collect(),
            Some(one) => one.as_str().map(|one| vec![one]),
            None => None,
        };
        list.ok_or(TokenError::Claim("aud"))
    }

    fn name(&self) -> Result<&str, TokenError> {
        let names = ["email", "preferred_username", "upn"];
        names.iter().find_map(|name| self.text(name)).map_or_else(|| self.required("sub"), Ok)
    }

    /// When and how the person signed in. Entra's authentication contexts are in `acrs`; some IdPs send a
    /// single `amr` as text, against the standard.
    fn sign_in(&self) -> Result<SignIn, TokenError> {
        let texts = |name: &str| match self.0.get(name) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        };
        Ok(SignIn::new(self.time("auth_time")?, [texts("acr"), texts("acrs")].concat(), texts("amr")))
    }

    fn check_parties(&self, expected: &Expected<'_>) -> Result<(), TokenError> {
        let issuer = self.required("iss")?;
        if issuer != expected.issuer {
            return Err(TokenError::Issuer(bounded(issuer)));
        }
        let audience = self.audience()?;
        if !audience.contains(&expected.client_id) {
            return Err(TokenError::Audience(bounded(&audience.join(", "))));
        }
        match self.0.get("azp") {
            Some(azp) if azp.as_str() == Some(expected.client_id) => Ok(()),
            None if audience.len() == 1 => Ok(()),
            _ => Err(TokenError::AuthorizedParty),
        }
    }

    fn check_times(&self, expected: &Expected<'_>) -> Result<(), TokenError> {
        let now = expected.now;
        let expires = self.time("exp")?.ok_or(TokenError::Claim("exp"))?;
        let issued = self.time("iat")?.ok_or(TokenError::Claim("iat"))?;
        if expires + LEEWAY <= now {
            return Err(TokenError::Expired { at: expires, now });
        }
        // By the clock at either time: it may have been corrected in between.
        let far = |at: Timestamp| issued + ISSUED_WITHIN < at || at + ISSUED_WITHIN < issued;
        if far(now) && far(expected.received_at) {
            return Err(TokenError::Stale { at: issued, now });
        }
        if let Some(at) = self.time("nbf")?.filter(|at| now + LEEWAY < *at) {
            return Err(TokenError::NotYet { at, now });
        }
        // IdPs that ignore `max_age` send no `auth_time` either. The new sign-in is for the person's benefit
        // and protects nothing, so a missing value is accepted.
        match (expected.signed_in_within, self.time("auth_time")?) {
            (Some(within), Some(at)) if at + within + LEEWAY < issued => Err(TokenError::OldSignIn),
            _ => Ok(()),
        }
    }

    /// After a refresh the token is for the same person, from the same issuer, for the same audience.
    fn check_follows(&self, previous: &Secret<String>) -> Result<(), TokenError> {
        let payload = previous.expose().split('.').nth(1).ok_or(TokenError::Malformed)?;
        let before = Self(json_of(payload)?);
        let sorted = |claims: &Self| {
            let mut audience: Vec<String> = claims.audience()?.into_iter().map(str::to_owned).collect();
            audience.sort();
            Ok::<_, TokenError>(audience)
        };
        if self.required("sub")? != before.required("sub")? {
            return Err(TokenError::Changed("sub"));
        }
        if self.required("iss")? != before.required("iss")? {
            return Err(TokenError::Changed("iss"));
        }
        if sorted(self)? != sorted(&before)? {
            return Err(TokenError::Changed("aud"));
        }
        Ok(())
    }
}

/// The claims of `token` that AWS reads as session tags and source identity, nested or flattened (IAM User
/// Guide, "Passing session tags using AssumeRoleWithWebIdentity"). The token was checked when it was
/// received.
pub fn attributes(token: &Secret<String>) -> Attributes {
    const AWS: &str = "https://aws.amazon.com/";
    let payload = token.expose().split('.').nth(1).and_then(|payload| json_of(payload).ok());
    let Some(claims) = payload else { return Attributes::default() };
    let text = |value: &Value| match value {
        Value::Array(list) => list.first().and_then(Value::as_str).map(str::to_owned),
        one => one.as_str().map(str::to_owned),
    };
    let claim = |name: &str| claims.get(&format!("{AWS}{name}"));
    let nested = claim("tags").and_then(Value::as_object);
    let keys =
        nested.and_then(|tags| tags.get("transitive_tag_keys")).or_else(|| claim("tags/transitive_tag_keys"));
    let flat = claims.iter().filter_map(|(name, value)| {
        Some((name.strip_prefix(AWS)?.strip_prefix("tags/principal_tags/")?.to_owned(), text(value)?))
    });
    let nested = nested.and_then(|tags| tags.get("principal_tags")).and_then(Value::as_object);
    let nested = nested.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), text(value)?)));
    Attributes {
        tags: flat.chain(nested).collect(),
        transitive_tags: keys
            .and_then(Value::as_array)
            .map(|keys| keys.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default(),
        source_identity: claim("source_identity").and_then(text),
        ..Attributes::default()
    }
}

#[cfg(test)]
mod tests;
