//! `AssumeRoleWithSAML`: a role for a SAML response.

use crate::faults::Refusal;
use crate::params::Params;
use crate::sessions::Wanted;
use crate::settings::Trust;
use crate::sts::{assertion, limits, state::State};
use crate::xml;

impl State {
    pub(crate) fn with_saml(&self, params: &Params) -> Result<Vec<String>, Refusal> {
        let (arn, provider) = (limits::need(params, "RoleArn")?, limits::need(params, "PrincipalArn")?);
        let seconds = limits::duration(params)?;
        let assertion = assertion::read(&self.shared, limits::need(params, "SAMLAssertion")?)?;
        let invalid = |text: &str| Refusal::new(400, "InvalidIdentityToken", text);
        let name = assertion.first("RoleSessionName");
        let name = name.ok_or_else(|| invalid("RoleSessionName is required in AuthnResponse"))?;
        limits::check_name("RoleSessionName", name)
            .map_err(|_| invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"))?;
        let (tags, transitive_tags) = assertion.tags();
        let packed = limits::packed(params, tags)?;
        let roles = &self.shared.settings.roles;
        let role = roles.iter().find(|role| role.arn == arn && role.trust == Trust::Provider);
        let role = role.filter(|_| assertion.lists(arn, provider)).ok_or_else(|| {
            Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
        })?;
        limits::check_duration(seconds, role.max_session, false)?;
        // The attribute can only shorten the session.
        let limit = assertion.first("SessionDuration").and_then(|text| text.parse().ok()).unwrap_or(u32::MAX);
        let lifetime = self.shared.hub_lifetime(limits::seconds_of(seconds.min(limit)));
        let source_identity = assertion.first("SourceIdentity").map(str::to_owned);
        let mut result =
            self.give(Wanted { role, name, lifetime, source_identity, transitive_tags }, packed)?;
        result.extend([
            xml::text("Subject", &assertion.subject),
            xml::text("SubjectType", "persistent"),
            xml::text("Issuer", &assertion.issuer),
            xml::text("Audience", &assertion.recipient),
        ]);
        Ok(result)
    }
}
