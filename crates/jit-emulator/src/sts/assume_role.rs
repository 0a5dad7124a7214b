//! `AssumeRole` and `GetSessionToken`: a session for callers that sign with a key.

use crate::faults::Refusal;
use crate::params::Params;
use crate::sessions::{Session, Wanted};
use crate::settings::Trust;
use crate::sts::{limits, state::State};

impl State {
    pub(crate) fn assume_role(&self, params: &Params, caller: &Session) -> Result<Vec<String>, Refusal> {
        let (arn, name) = (limits::need(params, "RoleArn")?, limits::need(params, "RoleSessionName")?);
        limits::check_name("RoleSessionName", name)?;
        let external_id = params.get("ExternalId");
        external_id.map_or(Ok(()), limits::check_external_id)?;
        let source_identity = params.get("SourceIdentity");
        source_identity.map_or(Ok(()), |value| limits::check_name("SourceIdentity", value))?;
        let seconds = limits::duration(params)?;
        let mut transitive_tags = caller.transitive_tags.clone();
        let inherited = transitive_tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        let packed = limits::packed(params, inherited)?;
        let roles = &self.shared.settings.roles;
        let role = roles.iter().find(|role| {
            role.arn == arn
                && role.trust == Trust::Role(caller.role_arn.clone())
                && role.external_id.as_deref().is_none_or(|wanted| external_id == Some(wanted))
        });
        // AWS gives the same answer for a role that does not exist, one that does not trust the caller, and a
        // condition.
        let denied = |action: &str| {
            let text =
                format!("User: {} is not authorized to perform: {action} on resource: {arn}", caller.arn);
            Refusal::new(403, "AccessDenied", text)
        };
        let role = role.ok_or_else(|| denied("sts:AssumeRole"))?;
        let source_identity = match (&caller.source_identity, source_identity) {
            (Some(kept), Some(asked)) if kept != asked => return Err(denied("sts:SetSourceIdentity")),
            (kept, asked) => kept.clone().or_else(|| asked.map(str::to_owned)),
        };
        if role.wants_mfa && !self.shows_code(params, caller)? {
            return Err(denied("sts:AssumeRole"));
        }
        limits::check_duration(seconds, role.max_session, caller.arn.contains(":assumed-role/"))?;
        let keys: Vec<&str> = params.list("TransitiveTagKeys", "").collect();
        let passed_on = limits::tags(params).filter(|(key, _)| keys.contains(key));
        transitive_tags.extend(passed_on.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let lifetime = self.shared.spoke_lifetime(limits::seconds_of(seconds));
        self.give(Wanted { role, name, lifetime, source_identity, transitive_tags }, packed)
    }

    pub(crate) fn session_token(&self, params: &Params, caller: &Session) -> Result<Vec<String>, Refusal> {
        if !caller.token.is_empty() {
            let text = "Cannot call GetSessionToken with session credentials";
            return Err(Refusal::new(403, "AccessDenied", text));
        }
        let seconds = limits::duration(params)?;
        self.shows_code(params, caller)?;
        let session = caller.of_same(&self.shared, limits::seconds_of(seconds))?;
        // There is no user in this answer.
        let description = session.describe(None).into_iter().take(1).collect();
        self.sessions.add(session);
        Ok(description)
    }

    /// Whether the request has a code of the caller's MFA device; a wrong one is refused in AWS's words.
    fn shows_code(&self, params: &Params, caller: &Session) -> Result<bool, Refusal> {
        let (Some(serial), Some(code)) = (params.get("SerialNumber"), params.get("TokenCode")) else {
            return Ok(false);
        };
        let users = &self.shared.settings.key_users;
        let right = users.iter().any(|user| {
            user.arn == caller.role_arn
                && user.arn.replace(":user/", ":mfa/") == serial
                && user.mfa_code == code
        });
        let text = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
        if right { Ok(true) } else { Err(Refusal::new(403, "AccessDenied", text)) }
    }
}
