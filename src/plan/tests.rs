use std::collections::BTreeMap;

use super::*;

fn plan() -> Plan {
    let leg = |name: &str, arn: &str| {
        let sts = StsEndpoint {
            region: Valued::new("eu-west-1".to_owned(), Origin::Default),
            url: None,
            fips: Valued::new(false, Origin::Default),
            dual_stack: Valued::new(false, Origin::Default),
            attempts: None,
        };
        let role = Valued::new(RoleId::Arn(arn.parse().unwrap()), Origin::Default);
        Leg::new(name, role, Valued::new(3600, Origin::Default), sts)
    };
    Plan {
        role: "prod".to_owned(),
        proof: ProofPlan::Oidc(OidcSettings {
            name: "acme".to_owned(),
            issuer: Valued::new("https://idp.example".to_owned(), Origin::Default),
            client_id: Valued::new("jit".to_owned(), Origin::Default),
            client_secret: None,
            scopes: None,
            flow: Valued::new(Flow::Auto, Origin::Default),
            redirect_port: Valued::new(0, Origin::Default),
            audience: None,
            client_auth: None,
            acr_values: None,
            max_age: None,
            acr_request: None,
            authorize: None,
            demanded: Requirement::default(),
        }),
        legs: vec![
            leg("hub", "arn:aws:iam::111111111111:role/hub"),
            leg("prod", "arn:aws:iam::222222222222:role/admin"),
        ],
        region: None,
        variables: Vec::new(),
        ca_bundle: None,
        description: None,
        color: None,
        confirm: false,
        auto_login: false,
        sign_in: Requirement::default(),
        restricted_by: Vec::new(),
    }
}

/// Every field that changes AWS's or the IdP's answer changes the key; names and display settings do not.
#[test]
fn the_entry_key_covers_every_setting() {
    let base = plan().session_key(1);
    let value = |text: &str| Some(Valued::new(text.to_owned(), Origin::Default));
    type Change = Box<dyn Fn(&mut Plan)>;
    let changes: Vec<Change> = vec![
        Box::new(|p| {
            let ProofPlan::Oidc(oidc) = &mut p.proof else { panic!("an OIDC plan") };
            oidc.issuer.value.push('/');
        }),
        Box::new(|p| {
            let ProofPlan::Oidc(oidc) = &mut p.proof else { panic!("an OIDC plan") };
            oidc.client_id.value.push('2');
        }),
        Box::new(|p| {
            p.legs[0].role.value = RoleId::Arn("arn:aws:iam::111111111111:role/other".parse().unwrap())
        }),
        Box::new(|p| p.legs[0].duration.value = 7200),
        Box::new(|p| p.legs[1].duration.value = 900),
        Box::new(move |p| p.legs[1].session_name = value("x")),
        Box::new(move |p| p.legs[1].source_identity = Some(Valued::new("x".into(), Origin::Default))),
        Box::new(move |p| p.legs[1].external_id = Some(Valued::new("x".into(), Origin::Default))),
        Box::new(move |p| p.legs[1].mfa_serial = Some(Valued::new("x".into(), Origin::Default))),
        Box::new(move |p| {
            p.legs[1].tags = Some(Valued::new(BTreeMap::from([("a".into(), "b".into())]), Origin::Default))
        }),
        Box::new(move |p| p.legs[1].transitive_tags = Some(Valued::new(vec!["a".into()], Origin::Default))),
        Box::new(move |p| p.legs[1].policy = Some(Valued::new("{}".into(), Origin::Default))),
        Box::new(move |p| p.legs[1].policy_arns = Some(Valued::new(vec!["a".into()], Origin::Default))),
        Box::new(|p| p.legs[1].sts.url = Some(Valued::new("http://127.0.0.1".into(), Origin::Default))),
        Box::new(|p| p.legs[1].sts.fips.value = true),
        Box::new(|p| p.legs[1].sts.dual_stack.value = true),
    ];
    let mut keys = vec![base.clone(), plan().session_key(0)];
    for change in changes {
        let mut changed = plan();
        change(&mut changed);
        keys.push(changed.session_key(1));
    }
    let distinct: std::collections::HashSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());

    let mut renamed = plan();
    renamed.role = "other".into();
    renamed.description = Some("looks".into());
    renamed.legs[1].sts.region.value = "eu-west-2".into();
    assert_eq!(renamed.session_key(1), base);
}

#[test]
fn file_names_map_back_to_keys() {
    let key = plan().proof.login_key();
    assert_eq!(EntryKey::from_file_name(&key.file_name()), Some(key));
    for stranger in ["login", "login-", "login-zz", "other-0123", ".session-00.tmp"] {
        assert_eq!(EntryKey::from_file_name(stranger), None);
    }
}
