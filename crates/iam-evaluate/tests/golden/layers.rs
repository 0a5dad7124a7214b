//! Several policies together.

use super::*;

const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

const OTHER: &str = r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*"}"#;

const DENY: &str = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;

/// A bucket policy with this principal.
fn bucket(effect: &str, principal: &str) -> Option<Policy> {
    let text = format!(r#"{{"Effect":"{effect}","Principal":{principal},"Action":"s3:*","Resource":"*"}}"#);
    Some(policy(Kind::Resource, &text))
}

/// Identity, boundary, session policy ("" is none), bucket policy, the bucket's account, the answer.
#[test]
fn layers_of_a_session() {
    let role = format!(r#"{{"AWS":"{ROLE}"}}"#);
    let session_arn = format!(r#"{{"AWS":"{SESSION}"}}"#);
    let account = format!(r#"{{"AWS":"{HERE}"}}"#);
    let all = r#""*""#;
    let cases: [(&str, &str, &str, &str, &str, Outcome); 27] = [
        ("", "", "", "", HERE, ImplicitDeny),
        (ALL, "", "", "", HERE, Allowed),
        (ALL, ALL, "", "", HERE, Allowed),
        (ALL, OTHER, "", "", HERE, ImplicitDeny),
        ("", ALL, "", "", HERE, ImplicitDeny),
        (ALL, "", OTHER, "", HERE, ImplicitDeny),
        (ALL, ALL, ALL, "", HERE, Allowed),
        (ALL, DENY, "", "", HERE, ExplicitDeny),
        // The role is named: no identity policy is needed, but boundary and session apply.
        ("", "", "", &role, HERE, Allowed),
        ("", ALL, ALL, &role, HERE, Allowed),
        (ALL, OTHER, "", &role, HERE, ImplicitDeny),
        (ALL, "", OTHER, &role, HERE, ImplicitDeny),
        // The session is named, or everybody: only an explicit Deny applies.
        ("", OTHER, OTHER, &session_arn, HERE, Allowed),
        ("", OTHER, OTHER, all, HERE, Allowed),
        ("", DENY, "", &session_arn, HERE, ExplicitDeny),
        ("", DENY, "", all, HERE, ExplicitDeny),
        (DENY, "", "", &session_arn, HERE, ExplicitDeny),
        // The account is named: its own policies decide.
        ("", "", "", &account, HERE, ImplicitDeny),
        (ALL, "", "", &account, HERE, Allowed),
        // Another account: both.
        (ALL, "", "", "", THERE, ImplicitDeny),
        ("", "", "", &role, THERE, ImplicitDeny),
        ("", "", "", &session_arn, THERE, ImplicitDeny),
        (ALL, "", "", &role, THERE, Allowed),
        (ALL, "", "", &account, THERE, Allowed),
        (ALL, "", "", &session_arn, THERE, Allowed),
        (ALL, OTHER, "", &session_arn, THERE, ImplicitDeny),
        (ALL, "", OTHER, &role, THERE, ImplicitDeny),
    ];
    for case in &cases {
        let (identity, boundary, session_policy, resource, owner, wanted) = case;
        let of = |kind, text: &str| (!text.is_empty()).then(|| policy(kind, text));
        let policies = Policies {
            identity: of(Kind::Identity, identity).into_iter().collect(),
            boundary: of(Kind::Boundary, boundary),
            session: of(Kind::Session, session_policy).map(|policy| vec![policy]),
            resource: if resource.is_empty() { None } else { bucket("Allow", resource) },
            ..Policies::default()
        };
        let request = Request::new(session(), "s3:GetObject", "arn:aws:s3:::b/k").in_account(owner);
        assert_eq!(answer(&policies, &request), *wanted, "{case:?}: {}", evaluate(&policies, &request));
    }
}

#[test]
fn a_grant_to_a_named_user_bypasses_a_boundary_that_does_not_mention_it() {
    for (boundary, wanted) in [(OTHER, Allowed), (DENY, ExplicitDeny)] {
        let policies = Policies {
            boundary: Some(policy(Kind::Boundary, boundary)),
            resource: bucket("Allow", &format!(r#"{{"AWS":["{USER}"]}}"#)),
            ..Policies::default()
        };
        let ask = |user: &str| {
            let request =
                Request::new(Principal::from_arn(user).unwrap(), "s3:GetObject", "arn:aws:s3:::b/k");
            answer(&policies, &request.in_account(HERE))
        };
        assert_eq!(ask(USER), wanted);
        assert_ne!(ask("arn:aws:iam::111122223333:user/eve"), Allowed);
    }
}

#[test]
fn service_control_policies_apply_to_everybody_in_the_account() {
    let with = |levels: &[&str], resource: Option<Policy>| Policies {
        identity: vec![policy(Kind::Identity, ALL)],
        service_control: levels.iter().map(|text| vec![policy(Kind::ServiceControl, text)]).collect(),
        resource,
        ..Policies::default()
    };
    let request = Request::new(session(), "s3:GetObject", "arn:aws:s3:::b/k").in_account(HERE);
    let everybody = || bucket("Allow", r#""*""#);
    assert_eq!(answer(&with(&[ALL, ALL], None), &request), Allowed);
    assert_eq!(answer(&with(&[ALL, OTHER], None), &request), ImplicitDeny);
    assert_eq!(answer(&with(&[ALL, OTHER], everybody()), &request), ImplicitDeny);
    assert_eq!(answer(&with(&[&format!("{ALL},{DENY}")], everybody()), &request), ExplicitDeny);
    let root = Principal::Root { account: HERE.to_owned() };
    let request = Request::new(root, "s3:GetObject", "arn:aws:s3:::b/k").in_account(HERE);
    assert_eq!(answer(&with(&[ALL], None), &request), Allowed);
    assert_eq!(answer(&with(&[OTHER], None), &request), ImplicitDeny);
    let mut policies = with(&[ALL], None);
    let denies = r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#;
    policies.resource_control = vec![policy(Kind::ResourceControl, denies)];
    assert_eq!(answer(&policies, &request), ExplicitDeny);
}

/// Who may assume a role: identity policy, the trust's principal, the caller, the answer.
#[test]
fn trust_policies() {
    let user = Principal::from_arn(USER).unwrap();
    let service = Principal::Service { name: "lambda.amazonaws.com".to_owned() };
    let provider = "arn:aws:iam::111122223333:oidc-provider/idp.example";
    let token = Principal::Federated { provider: provider.to_owned() };
    let federated = format!(r#"{{"Federated":"{provider}"}}"#);
    let named = format!(r#"{{"AWS":"{USER}"}}"#);
    let account = format!(r#"{{"AWS":"arn:aws:iam::{HERE}:root"}}"#);
    let lambda = r#"{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]}"#;
    let ec2 = r#"{"Service":"ec2.amazonaws.com"}"#;
    let cases = [
        ("", named.as_str(), &user, HERE, Allowed),
        ("", account.as_str(), &user, HERE, ImplicitDeny),
        (ALL, account.as_str(), &user, HERE, Allowed),
        (ALL, ec2, &user, HERE, ImplicitDeny),
        ("", named.as_str(), &user, THERE, ImplicitDeny),
        (ALL, named.as_str(), &user, THERE, Allowed),
        (ALL, account.as_str(), &user, THERE, Allowed),
        ("", lambda, &service, HERE, Allowed),
        (ALL, ec2, &service, HERE, ImplicitDeny),
        ("", federated.as_str(), &token, HERE, Allowed),
        ("", account.as_str(), &token, HERE, ImplicitDeny),
    ];
    for (identity, principal, caller, owner, wanted) in cases {
        let trust = format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole*"}}"#);
        let policies = Policies {
            identity: if identity.is_empty() { vec![] } else { vec![policy(Kind::Identity, identity)] },
            resource: Some(policy(Kind::Trust, &trust)),
            ..Policies::default()
        };
        let role = format!("arn:aws:iam::{owner}:role/target");
        let request = Request::new(caller.clone(), "sts:AssumeRole", &role);
        assert_eq!(answer(&policies, &request), wanted, "{principal} {caller:?} {owner}");
    }
}

#[test]
fn without_a_trust_policy_nobody_can_assume_a_role() {
    let policies = Policies {
        identity: vec![policy(Kind::Identity, r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#)],
        ..Policies::default()
    };
    let ask = |action: &str| {
        answer(&policies, &Request::new(session(), action, "arn:aws:iam::111122223333:role/target"))
    };
    assert_eq!(ask("sts:AssumeRole"), ImplicitDeny);
    assert_eq!(ask("sts:assumeRoleWithSAML"), ImplicitDeny);
    assert_eq!(ask("iam:GetRole"), Allowed);
}

#[test]
fn only_its_policy_gives_access_to_a_key() {
    for (principal, wanted) in [(THERE, ImplicitDeny), (HERE, Allowed)] {
        let text = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"kms:*","Resource":"*"}}"#
        );
        let policies = Policies {
            identity: vec![policy(Kind::Identity, ALL)],
            resource: Some(policy(Kind::Key, &text)),
            ..Policies::default()
        };
        let request = Request::new(session(), "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/k");
        assert_eq!(answer(&policies, &request), wanted);
    }
}

#[test]
fn not_principal_exempts_only_if_every_name_is_listed() {
    let with = |names: &[&str], boundary: Option<Policy>| {
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        let deny = format!(
            r#"{{"Effect":"Deny","NotPrincipal":{{"AWS":[{}]}},"Action":"s3:*","Resource":"*"}}"#,
            names.join(",")
        );
        let policies = Policies {
            identity: vec![policy(Kind::Identity, ALL)],
            resource: Some(policy(Kind::Resource, &deny)),
            boundary,
            ..Policies::default()
        };
        let request = Request::new(session(), "s3:GetObject", "arn:aws:s3:::b/k").in_account(HERE);
        answer(&policies, &request)
    };
    assert_eq!(with(&[HERE, ROLE, SESSION], None), Allowed);
    assert_eq!(with(&[HERE, ROLE, SESSION], Some(policy(Kind::Boundary, ALL))), ExplicitDeny);
    for names in [&[HERE, ROLE][..], &[ROLE, SESSION], &[HERE, SESSION], &[HERE], &[USER]] {
        assert_eq!(with(names, None), ExplicitDeny, "{names:?}");
    }
}

#[test]
fn a_policy_of_the_wrong_kind_allows_nothing() {
    let ours = Request::new(session(), "s3:GetObject", "arn:aws:s3:::b/k").in_account(HERE);
    let policies = Policies { resource: Some(policy(Kind::Identity, ALL)), ..Policies::default() };
    assert_eq!(answer(&policies, &ours), ImplicitDeny);
    let policies =
        Policies { identity: bucket("Allow", r#""*""#).into_iter().collect(), ..Policies::default() };
    assert_eq!(answer(&policies, &ours), ImplicitDeny);
}
