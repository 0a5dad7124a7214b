//! `AssumeRoleWithSAML`: a role for a SAML response.

use crate::authorize::{Who, key};
use crate::faults::Refusal;
use crate::params::Params;
use crate::sessions::{Proof, size_of};
use crate::sts::state::{Asked, State};
use crate::sts::{assertion, limits};
use crate::validation::{check_name, need};
use crate::xml;

impl State {
    pub(crate) fn with_saml(&self, params: &Params) -> Result<Vec<String>, Refusal> {
        let arn = need(params, "RoleArn")?;
        let provider = need(params, "PrincipalArn")?;
        let seconds = limits::duration(params)?;
        let assertion = assertion::read(&self.gate.shared, need(params, "SAMLAssertion")?)?;
        let invalid = |text: &str| Refusal::new(400, "InvalidIdentityToken", text);
        let name = assertion.first("RoleSessionName");
        let name = name.ok_or_else(|| invalid("RoleSessionName is required in AuthnResponse"))?;
        check_name("RoleSessionName", name)
            .map_err(|_| invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"))?;
        let (tags, transitive) = assertion.tags();
        let packed = limits::packed(params, size_of(&tags))?;
        let policies = self.session_policies(params)?;
        let source_identity = assertion.first("SourceIdentity");
        let denied = || Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML");
        if !assertion.lists(arn, provider) {
            return Err(denied());
        }
        let asked = Asked {
            action: "sts:AssumeRoleWithSAML",
            who: Who::Federated(provider),
            role: arn,
            name,
            source_identity,
            tags: &tags,
            transitive: &transitive,
            keys: vec![
                key("SAML:aud", &assertion.recipient),
                key("SAML:iss", &assertion.issuer),
                key("SAML:sub", &assertion.subject),
                key("SAML:sub_type", "persistent"),
            ],
        };
        let role = self.admit(&asked).map_err(|_| denied())?;
        limits::check_duration(seconds, role.max_session, false)?;
        // The attribute can only shorten the session.
        let limit = assertion.first("SessionDuration").and_then(|text| text.parse().ok()).unwrap_or(u32::MAX);
        let lifetime = self.gate.shared.hub_lifetime(limits::seconds_of(seconds.min(limit)));
        let source_identity = source_identity.map(str::to_owned);
        let provider = Some(provider.to_owned());
        let proof = Proof { source_identity, tags, transitive, policies, provider, mfa: false };
        let mut result = self.give(arn, name, lifetime, proof, packed)?;
        result.extend([
            xml::text("Subject", &assertion.subject),
            xml::text("SubjectType", "persistent"),
            xml::text("Issuer", &assertion.issuer),
            xml::text("Audience", &assertion.recipient),
        ]);
        Ok(result)
    }

    /// The person that the assertion of a call is about.
    pub(crate) fn subject(&self, params: &Params) -> Option<String> {
        let assertion = assertion::read(&self.gate.shared, params.get("SAMLAssertion")?).ok()?;
        assertion.first("RoleSessionName").map(str::to_owned)
    }
}
