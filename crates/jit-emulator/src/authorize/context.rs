//! The condition keys that every request has (IAM User Guide, "AWS global condition context keys").

use crate::authorize::question::{Keys, Who, key};
use crate::cloud::Cloud;
use crate::sessions::Session;
use crate::shared::Shared;

/// The keys of the caller, of the network and of the account that owns the resource.
pub(crate) fn keys(shared: &Shared, cloud: &Cloud, who: Who<'_>, owner: &str) -> Keys {
    let now = shared.sts_now();
    let network = shared.network();
    let mut keys = vec![
        key("aws:CurrentTime", now.to_rfc3339()),
        key("aws:EpochTime", now.0.to_string()),
        key("aws:SecureTransport", network.tls.to_string()),
        key("aws:ViaAWSService", "false"),
        key("aws:PrincipalIsAWSService", "false"),
    ];
    match &network.vpc {
        // Through an endpoint of a VPC there is no public address.
        Some(vpc) => keys.push(key("aws:SourceVpc", vpc)),
        None => keys.push(key("aws:SourceIp", &network.address)),
    }
    if !owner.is_empty() {
        keys.push(key("aws:ResourceAccount", owner));
        keys.extend(cloud.organization.as_ref().map(|id| key("aws:ResourceOrgID", id)));
    }
    if let Who::Session(session) = who {
        keys.extend(of_session(cloud, session));
    }
    keys
}

fn of_session(cloud: &Cloud, session: &Session) -> Keys {
    let mut keys = vec![key("aws:userid", &session.user_id)];
    keys.extend(cloud.organization.as_ref().map(|id| key("aws:PrincipalOrgID", id)));
    let proof = &session.proof;
    if session.is_of_role() {
        keys.push(key("aws:PrincipalType", "AssumedRole"));
    } else {
        keys.push(key("aws:PrincipalType", "User"));
        keys.push(key("aws:username", session.arn.rsplit('/').next().unwrap_or_default()));
    }
    // Long-lived access keys have no issue time, and do not tell about MFA.
    if !session.token.is_empty() {
        keys.push(key("aws:TokenIssueTime", session.issued.to_rfc3339()));
        keys.push(key("aws:MultiFactorAuthPresent", proof.mfa.to_string()));
    }
    keys.extend(proof.source_identity.as_ref().map(|name| key("aws:SourceIdentity", name)));
    keys.extend(proof.provider.as_ref().map(|provider| key("aws:FederatedProvider", provider)));
    let own = cloud.role(&session.role_arn).map(|role| role.tags.clone()).unwrap_or_default();
    // A tag of the session hides one of the role.
    for (name, value) in own.iter().filter(|(name, _)| !proof.tags.contains_key(*name)).chain(&proof.tags) {
        keys.push(key(format!("aws:PrincipalTag/{name}"), value));
    }
    keys
}
