//! `AssumeRole` and `GetSessionToken`: a session for callers that sign with a key.

use crate::authorize::{Who, key};
use crate::faults::Refusal;
use crate::params::Params;
use crate::sessions::{Proof, Session, Wanted, size_of};
use crate::sts::limits;
use crate::sts::state::{Asked, State};
use crate::validation::{check_external_id, check_name, need};

impl State {
    pub(crate) fn assume_role(&self, params: &Params, caller: &Session) -> Result<Vec<String>, Refusal> {
        let arn = need(params, "RoleArn")?;
        let name = need(params, "RoleSessionName")?;
        check_name("RoleSessionName", name)?;
        let external_id = params.get("ExternalId");
        external_id.map_or(Ok(()), check_external_id)?;
        let source_identity = params.get("SourceIdentity");
        source_identity.map_or(Ok(()), |value| check_name("SourceIdentity", value))?;
        let seconds = limits::duration(params)?;
        let inherited = caller.proof.inherited();
        let packed = limits::packed(params, size_of(&inherited))?;
        let policies = self.session_policies(params)?;
        let mut tags = inherited;
        let mut transitive: Vec<String> = tags.keys().cloned().collect();
        for (tag, value) in limits::tags(params) {
            if transitive.iter().any(|kept| kept.eq_ignore_ascii_case(tag)) {
                let text = format!("Tag {tag} is transitive and can not be overridden");
                return Err(Refusal::new(400, "InvalidParameterValue", text));
            }
            tags.insert(tag.to_owned(), value.to_owned());
        }
        transitive.extend(params.list("TransitiveTagKeys", "").map(str::to_owned));
        // AWS gives the same answer if the role does not exist, if it does not trust the caller, and if a
        // condition fails.
        let denied = |action: &str| {
            let text =
                format!("User: {} is not authorized to perform: {action} on resource: {arn}", caller.arn);
            Refusal::new(403, "AccessDenied", text)
        };
        let kept = caller.proof.source_identity.as_deref();
        let mut keys = Vec::new();
        keys.extend(external_id.map(|id| key("sts:ExternalId", id)));
        let mfa = self.shows_code(params, caller)?;
        if mfa {
            keys.push(key("aws:MultiFactorAuthPresent", "true"));
        }
        let asked = Asked {
            action: "sts:AssumeRole",
            who: Who::Session(caller),
            role: arn,
            name,
            source_identity: source_identity.or(kept),
            tags: &tags,
            transitive: &transitive,
            keys,
        };
        let role = self.admit(&asked).map_err(|refused| match refused {
            Some(refused) => Refusal::new(403, "AccessDenied", refused.plain()),
            None => denied("sts:AssumeRole"),
        })?;
        if let (Some(kept), Some(asked)) = (kept, source_identity)
            && kept != asked
        {
            return Err(denied("sts:SetSourceIdentity"));
        }
        limits::check_duration(seconds, role.max_session, caller.is_of_role())?;
        let proof = Proof {
            source_identity: asked.source_identity.map(str::to_owned),
            transitive,
            policies,
            provider: caller.proof.provider.clone(),
            mfa,
            tags,
        };
        let lifetime = self.gate.shared.spoke_lifetime(limits::seconds_of(seconds));
        let chained = caller.is_of_role();
        self.give_wanted(Wanted { role: arn, name, lifetime, proof, chained }, packed)
    }

    pub(crate) fn session_token(&self, params: &Params, caller: &Session) -> Result<Vec<String>, Refusal> {
        if !caller.token.is_empty() {
            let text = "Cannot call GetSessionToken with session credentials";
            return Err(Refusal::new(403, "AccessDenied", text));
        }
        let seconds = limits::duration(params)?;
        let mfa = self.shows_code(params, caller)?;
        let session = caller.of_same(&self.gate.shared, limits::seconds_of(seconds), mfa)?;
        // This answer has no user.
        let description = session.describe(None).into_iter().take(1).collect();
        self.gate.sessions.add(session);
        Ok(description)
    }

    /// Whether the request has a code of the caller's MFA device; a wrong one is refused with AWS's message.
    fn shows_code(&self, params: &Params, caller: &Session) -> Result<bool, Refusal> {
        let (Some(serial), Some(code)) = (params.get("SerialNumber"), params.get("TokenCode")) else {
            return Ok(false);
        };
        let users = &self.gate.shared.settings.key_users;
        let right = users.iter().any(|user| {
            user.arn == caller.role_arn
                && user.arn.replace(":user/", ":mfa/") == serial
                && user.mfa_code == code
        });
        let text = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
        if right { Ok(true) } else { Err(Refusal::new(403, "AccessDenied", text)) }
    }
}
