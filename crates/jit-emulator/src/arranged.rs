//! The roles and users of the settings as IAM entities with trust policies and permissions, so that all
//! decisions are made in the same way.

use iam_evaluate::Kind;
use serde_json::{Value, json};

use crate::cloud::{Cloud, IamRole, read};
use crate::settings::{Role, Settings, Trust};

/// The permissions of users and of roles that trust the IdP: assuming other roles.
const GO_ON: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}"#;
/// The permissions of the other roles.
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
/// The name of these policies.
const NAME: &str = "arranged";

/// The cloud that these settings describe.
pub(crate) fn cloud(settings: &Settings) -> Cloud {
    let mut cloud = settings.cloud.clone();
    for role in &settings.roles {
        // Several entries with the same ARN are several ways into one role.
        let same: Vec<&Role> = settings.roles.iter().filter(|other| other.arn == role.arn).collect();
        if cloud.role(&role.arn).is_none() {
            put(&mut cloud, &same);
        }
    }
    for user in &settings.key_users {
        let account = cloud.account(user.arn.split(':').nth(4).unwrap_or_default());
        let policies = account.users.entry(user.arn.clone()).or_default();
        policies.insert(NAME.to_owned(), GO_ON.to_owned());
    }
    cloud
}

/// The role of a permission set for which Identity Center issues a session; created on first use.
pub(crate) fn permission_set(cloud: &mut Cloud, arn: &str) {
    if cloud.role(arn).is_none() {
        let role = Role { arn: arn.to_owned(), max_session: 12 * 3600, ..Role::hub(arn, 0) };
        put(cloud, &[&Role { trust: Trust::Provider, ..role }]);
        let _ = cloud.put_inline(arn, NAME, EVERYTHING);
    }
}

fn put(cloud: &mut Cloud, same: &[&Role]) {
    let Some(first) = same.first() else { return };
    let statements: Vec<Value> = same.iter().filter_map(|role| statement(role)).collect();
    let trust = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let permissions = if same.iter().any(|role| role.trust == Trust::Provider) { GO_ON } else { EVERYTHING };
    let longest = same.iter().map(|role| role.max_session).max().unwrap_or_default();
    let role = IamRole::new(&first.arn, &trust).with(NAME, permissions).lasting(longest);
    // A role without a principal in its settings trusts nobody, so it is left out.
    let _ = cloud.put_role(role);
}

/// The statement of a trust policy. `None` if IAM knows no such principal.
fn statement(role: &Role) -> Option<Value> {
    let also = ["sts:SetSourceIdentity", "sts:TagSession"];
    let mut statement = match &role.trust {
        Trust::Provider => json!({
            "Effect": "Allow", "Principal": "*",
            "Action": ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", also[0], also[1]],
            // A principal with AWS credentials is not federated.
            "Condition": { "Null": { "aws:userid": "true" } },
        }),
        Trust::Role(arn) => json!({
            "Effect": "Allow", "Principal": { "AWS": arn }, "Action": ["sts:AssumeRole", also[0], also[1]],
        }),
    };
    if let Some(id) = &role.external_id {
        // TagSession and SetSourceIdentity are checked with the same parameters.
        statement["Condition"]["StringEquals"] = json!({ "sts:ExternalId": id.replace('$', "${$}") });
    }
    if role.wants_mfa {
        statement["Condition"]["Bool"] = json!({ "aws:MultiFactorAuthPresent": "true" });
    }
    let alone = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    read("trust", Kind::Trust, &alone).is_ok().then_some(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_role_has_a_trust_policy() {
        let hub = "arn:aws:iam::111111111111:role/hub";
        let mut settings = Settings { roles: vec![Role::hub(hub, 7200)], ..Settings::default() };
        let guarded = Role {
            external_id: Some("a$b".to_owned()),
            wants_mfa: true,
            ..Role::spoke("arn:aws:iam::222222222222:role/x", hub, 3600)
        };
        settings.roles.push(guarded);
        settings.roles.push(Role::spoke("arn:aws:iam::222222222222:role/y", "nobody", 3600));
        let cloud = cloud(&settings);
        assert_eq!(cloud.role(hub).map(|role| role.max_session), Some(7200));
        let guarded = &cloud.role("arn:aws:iam::222222222222:role/x").unwrap().trust;
        assert!(guarded.contains(r#""sts:ExternalId":"a${$}b""#) && guarded.contains("MultiFactor"));
        assert!(cloud.role("arn:aws:iam::222222222222:role/y").is_none());
    }

    #[test]
    fn a_role_of_the_cloud_is_kept() {
        let hub = "arn:aws:iam::111111111111:role/hub";
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}"#;
        let mut own = Cloud::default();
        own.put_role(IamRole::new(hub, trust)).unwrap();
        let settings = Settings { roles: vec![Role::hub(hub, 7200)], cloud: own, ..Settings::default() };
        assert_eq!(cloud(&settings).role(hub).unwrap().trust, trust);
    }
}
