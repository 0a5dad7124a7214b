//! `AssumeRoleWithWebIdentity`: a role for an ID token.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::faults::Refusal;
use crate::params::Params;
use crate::sessions::Wanted;
use crate::settings::Trust;
use crate::sts::{limits, state::State};
use crate::xml;
use jit_wire::timestamp::Timestamp;

impl State {
    pub(crate) fn with_web_identity(&self, params: &Params) -> Result<Vec<String>, Refusal> {
        let (arn, name) = (limits::need(params, "RoleArn")?, limits::need(params, "RoleSessionName")?);
        limits::check_name("RoleSessionName", name)?;
        let seconds = limits::duration(params)?;
        let claims = self.check_token(limits::need(params, "WebIdentityToken")?)?;
        let (tags, transitive_tags) = tags_of(&claims);
        let packed = limits::packed(params, tags)?;
        let roles = &self.shared.settings.roles;
        let role = roles.iter().find(|role| role.arn == arn && role.trust == Trust::Provider);
        let role = role.ok_or_else(|| {
            Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        })?;
        limits::check_duration(seconds, role.max_session, false)?;
        let lifetime = self.shared.hub_lifetime(limits::seconds_of(seconds));
        let wanted = Wanted { role, name, lifetime, source_identity: None, transitive_tags };
        let text = |claim: &str| claims[claim].as_str().unwrap_or_default();
        let mut result = self.give(wanted, packed)?;
        result.extend([
            xml::text("SubjectFromWebIdentityToken", text("sub")),
            xml::text("Audience", text("aud")),
            xml::text("Provider", text("iss")),
        ]);
        Ok(result)
    }

    /// The claims of an ID token from the IdP, as an IAM OIDC provider with one client id checks them.
    fn check_token(&self, token: &str) -> Result<Value, Refusal> {
        let invalid = |text: &str| Refusal::new(400, "InvalidIdentityToken", text);
        let claims = self.shared.keys[0].verify(token).ok_or_else(|| {
            invalid(
                "Couldn't retrieve verification key from your identity provider, please reference \
                 AssumeRoleWithWebIdentity documentation for requirements",
            )
        })?;
        let (issuer, expires) = (claims["iss"].as_str(), claims["exp"].as_i64());
        if issuer != Some(&self.shared.issuer) {
            let issuer = issuer.unwrap_or_default();
            return Err(invalid(&format!("No OpenIDConnect provider found in your account for {issuer}")));
        }
        if claims["aud"] != self.shared.settings.client_id.as_str() {
            return Err(invalid("Incorrect token audience"));
        }
        let (now, expires) = (self.shared.sts_now(), Timestamp(expires.unwrap_or(0)));
        if now >= expires {
            let text = format!(
                "Token expired: current date/time {} must be before the expiration date/time {}",
                now.0, expires.0
            );
            return Err(Refusal::new(400, "ExpiredTokenException", text));
        }
        Ok(claims)
    }
}

/// How many bytes of session tags the claim of an ID token has, and the tags that are passed on along the
/// chain (IAM User Guide, "Pass session tags using AssumeRoleWithWebIdentity").
fn tags_of(claims: &Value) -> (usize, BTreeMap<String, String>) {
    let claim = &claims["https://aws.amazon.com/tags"];
    let tags = claim["principal_tags"].as_object().into_iter().flatten();
    let tags: BTreeMap<String, String> =
        tags.filter_map(|(key, value)| Some((key.clone(), value[0].as_str()?.to_owned()))).collect();
    let size = tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    let keys: Vec<&str> =
        claim["transitive_tag_keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    (size, tags.into_iter().filter(|(key, _)| keys.contains(&key.as_str())).collect())
}
