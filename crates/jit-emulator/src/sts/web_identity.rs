//! `AssumeRoleWithWebIdentity`: a role for an ID token.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::authorize::{Who, key};
use crate::cloud::account_of;
use crate::faults::Refusal;
use crate::params::Params;
use crate::sessions::{Proof, size_of};
use crate::sts::limits;
use crate::sts::state::{Asked, State};
use crate::validation::{check_name, need};
use crate::xml;
use jit_wire::timestamp::Timestamp;

impl State {
    pub(crate) fn with_web_identity(&self, params: &Params) -> Result<Vec<String>, Refusal> {
        let arn = need(params, "RoleArn")?;
        let name = need(params, "RoleSessionName")?;
        check_name("RoleSessionName", name)?;
        let seconds = limits::duration(params)?;
        let claims = self.check_token(need(params, "WebIdentityToken")?)?;
        let (tags, transitive) = tags_of(&claims);
        let packed = limits::packed(params, size_of(&tags))?;
        let policies = self.session_policies(params)?;
        let issuer = self.gate.shared.issuer.trim_start_matches("http://");
        let provider = format!("arn:aws:iam::{}:oidc-provider/{issuer}", account_of(arn));
        let text = |claim: &str| claims[claim].as_str().unwrap_or_default();
        let source_identity = claims["https://aws.amazon.com/source_identity"].as_str();
        let keys = ["aud", "sub", "azp"]
            .into_iter()
            .filter_map(|claim| Some(key(format!("{issuer}:{claim}"), claims[claim].as_str()?)))
            .collect();
        let asked = Asked {
            action: "sts:AssumeRoleWithWebIdentity",
            who: Who::Federated(&provider),
            role: arn,
            name,
            source_identity,
            tags: &tags,
            transitive: &transitive,
            keys,
        };
        let role = self.admit(&asked).map_err(|_| {
            Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        })?;
        limits::check_duration(seconds, role.max_session, false)?;
        let lifetime = self.gate.shared.hub_lifetime(limits::seconds_of(seconds));
        let source_identity = source_identity.map(str::to_owned);
        let provider = Some(provider);
        let proof = Proof { source_identity, tags, transitive, policies, provider, mfa: false };
        let mut result = self.give(arn, name, lifetime, proof, packed)?;
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
        let claims = self.gate.shared.keys[0].verify(token).ok_or_else(|| {
            invalid(
                "Couldn't retrieve verification key from your identity provider, please reference \
                 AssumeRoleWithWebIdentity documentation for requirements",
            )
        })?;
        let issuer = claims["iss"].as_str();
        let expires = claims["exp"].as_i64();
        if issuer != Some(&self.gate.shared.issuer) {
            let issuer = issuer.unwrap_or_default();
            return Err(invalid(&format!("No OpenIDConnect provider found in your account for {issuer}")));
        }
        if claims["aud"] != self.gate.shared.settings.client_id.as_str() {
            return Err(invalid("Incorrect token audience"));
        }
        let now = self.gate.shared.sts_now();
        let expires = Timestamp(expires.unwrap_or(0));
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

/// The session tags in an ID token, and which of them are passed on along the chain (IAM User Guide, "Pass
/// session tags using AssumeRoleWithWebIdentity").
fn tags_of(claims: &Value) -> (BTreeMap<String, String>, Vec<String>) {
    let claim = &claims["https://aws.amazon.com/tags"];
    let tags = claim["principal_tags"].as_object().into_iter().flatten();
    let tags = tags.filter_map(|(key, value)| Some((key.clone(), value[0].as_str()?.to_owned())));
    let keys = claim["transitive_tag_keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
    (tags.collect(), keys.map(str::to_owned).collect())
}
