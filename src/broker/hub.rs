//! The hub: the proof from the IdP becomes credentials, by STS or by the portal of Identity Center.

use super::granted::session_name;
use super::{Broker, BrokerError};
use crate::aws::errors::StsError;
use crate::aws::portal;
use crate::aws::sts::{self, Granted};
use crate::idp::{Attributes, IdpLogin, Proof};
use crate::plan::{DURATION_RANGE, Leg, Origin, Plan, ProofPlan, RoleId};
use crate::store::Lock;
use crate::world::Limit;
use jit_wire::credentials::{Credentials, Session};
use jit_wire::name;
use jit_wire::secret::Secret;

impl Broker<'_, '_> {
    /// The session of the plan's first step, for a person who signed in at an IdP.
    pub(super) async fn ask_hub(
        &self,
        plan: &Plan,
        login: &IdpLogin,
        lock: &Lock,
    ) -> Result<Session, BrokerError> {
        let leg = &plan.legs[0];
        let http = &self.world.http;
        let identity = login.identity();
        let attributes = login.attributes();
        let granted = match login.proof() {
            Some(Proof::IdToken(token)) => {
                let name = name_at_hub(leg, plan.proof.name(), login)?;
                self.with_duration_memory(plan, 0, leg.duration.value, lock, async |seconds| {
                    sts::assume_role_with_web_identity(http, leg, seconds, &name, token).await
                })
                .await?
            }
            Some(Proof::Assertion(assertion)) => {
                let provider = provider_of(plan, login, &attributes)?;
                let wanted = self.duration_with(plan, &attributes);
                self.with_duration_memory(plan, 0, wanted, lock, async |seconds| {
                    sts::assume_role_with_saml(http, leg, seconds, &provider, assertion).await
                })
                .await?
            }
            Some(Proof::PortalToken(token)) => self.ask_portal(plan, token).await?,
            None => {
                return Err(BrokerError::LoginNeeded {
                    idp: plan.proof.name().to_owned(),
                    why: "the last proof is used up".to_owned(),
                });
            }
        };
        // Only AWS can decrypt an encrypted assertion. The ARN of the session contains the name of the
        // person.
        let told = granted.assumed_arn.rsplit('/').next().unwrap_or_default().to_owned();
        let or_told = |name: &String| if name.is_empty() { told.clone() } else { name.clone() };
        let subject = or_told(&identity.subject);
        let user = or_told(&identity.name);
        Ok(Session {
            sign_in: identity.sign_in.clone(),
            tags: attributes.tags,
            transitive_tags: attributes.transitive_tags,
            ..self.session_of(plan, 0, granted, &subject, &user)
        })
    }

    /// The portal's credentials do not name the user, so STS is asked. The spokes use that name.
    async fn ask_portal(&self, plan: &Plan, token: &Secret<String>) -> Result<Granted, BrokerError> {
        let leg = &plan.legs[0];
        let (ProofPlan::IdentityCenter(center), RoleId::Assigned(assigned)) = (&plan.proof, &leg.role.value)
        else {
            unreachable!("the configuration was checked for it")
        };
        let given =
            portal::role_credentials(&self.world.http, center, assigned, token, self.pace.get()).await;
        self.learn_from(&plan.proof, assigned, &given);
        Ok(self.identified(leg, given.map_err(Box::new)?).await?)
    }

    /// The credentials with what AWS says about their owner.
    pub(super) async fn identified(
        &self,
        leg: &Leg,
        credentials: Credentials,
    ) -> Result<Granted, Box<StsError>> {
        let asked = sts::caller_identity(&self.world.http, &leg.sts, &credentials).await;
        let identity = asked.map_err(Box::new)?;
        Ok(Granted {
            credentials,
            assumed_arn: identity.arn,
            user_id: identity.user_id,
            packed_policy_percent: None,
            source_identity: None,
        })
    }

    /// The duration to request for a hub session with an assertion: what the configuration says, else what
    /// the IdP says. Never more than the IdP says, because AWS would shorten it.
    fn duration_with(&self, plan: &Plan, attributes: &Attributes) -> u32 {
        let leg = &plan.legs[0];
        let wanted = leg.duration.value;
        let is_configured = leg.duration.origin != Origin::Default;
        // STS accepts only durations in this range. If the attribute is outside of it, STS shortens the session or refuses.
        let asked_for = |limit: u32| limit.clamp(*DURATION_RANGE.start(), *DURATION_RANGE.end());
        match attributes.session_duration {
            Some(limit) if !is_configured => asked_for(limit),
            Some(limit) if limit < wanted => {
                self.tell_shorter(leg, wanted, limit, Limit::Idp(plan.proof.name()));
                asked_for(limit)
            }
            _ => wanted,
        }
    }
}

/// The name of the first session: that of a claim, if the configuration names one, exactly as the IdP sends it, since the role's
/// trust policy compares it.
fn name_at_hub(leg: &Leg, idp: &str, login: &IdpLogin) -> Result<String, BrokerError> {
    let configured = leg.session_name.as_ref().map(|name| name.value.as_str());
    let Some(claim) = configured.and_then(name::claim_of) else {
        return Ok(session_name(leg, &login.identity().name));
    };
    login.claim(claim).filter(|name| name::is_session_name(name)).ok_or_else(|| BrokerError::NoClaim {
        idp: idp.to_owned(),
        role: leg.name.clone(),
        claim: claim.to_owned(),
    })
}

/// The SAML provider through which the hub role is assumed: the configured one, else the one that the assertion lists.
fn provider_of(plan: &Plan, login: &IdpLogin, attributes: &Attributes) -> Result<String, BrokerError> {
    let leg = &plan.legs[0];
    let idp = plan.proof.name().to_owned();
    let role_arn = leg.role.value.as_str();
    let configured = leg.provider_arn.as_ref();
    if login.is_encrypted() {
        return configured.map(|provider| provider.value.clone()).ok_or_else(|| BrokerError::Encrypted {
            idp,
            role: leg.name.clone(),
            role_arn: role_arn.to_owned(),
        });
    }
    let fits = |provider: &str| configured.is_none_or(|configured| configured.value == provider);
    let providers: Vec<&str> = attributes
        .roles
        .iter()
        .filter(|offer| offer.role_arn == role_arn && fits(&offer.provider_arn))
        .map(|offer| offer.provider_arn.as_str())
        .collect();
    match providers.as_slice() {
        [] => {
            let offered = attributes.roles.iter().map(|offer| match configured {
                Some(_) if offer.role_arn == role_arn => format!("{role_arn} by {}", offer.provider_arn),
                _ => offer.role_arn.clone(),
            });
            Err(BrokerError::NotOffered { idp, role_arn: role_arn.to_owned(), offered: offered.collect() })
        }
        [one] => Ok((*one).to_owned()),
        several => {
            let providers = several.iter().map(|provider| (*provider).to_owned()).collect();
            Err(BrokerError::SeveralProviders { idp, role: leg.name.clone(), providers })
        }
    }
}
