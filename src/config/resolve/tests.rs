use super::*;
use crate::plan::SamlPair;

const TEXT: &str = r#"
[idp.acme]
type = "oidc"
issuer = "https://acme.okta.com"
client_id = "0oa1"
auto_login = true
[role.hub]
idp = "acme"
role_arn = "arn:aws:iam::111111111111:role/jit-hub"
duration = "8h"
[role.middle]
via = "hub"
role_arn = "arn:aws:iam::222222222222:role/middle"
duration = "2h"
[role.far]
via = "middle"
role_arn = "arn:aws:iam::333333333333:role/far"
region = "eu-west-1"
auto_login = false
[role.china]
idp = "acme"
role_arn = "arn:aws-cn:iam::444444444444:role/hub"
"#;

fn file() -> File {
    File::parse("c.toml", TEXT).unwrap()
}

fn flags(duration: Option<u32>) -> Flags<'static> {
    Flags { role: None, duration }
}

#[test]
fn walks_from_the_hub_and_applies_the_chaining_limit() {
    let plan = plan(&file(), "far", Flags::default(), &Env::of([]), Vec::new).unwrap();
    let legs: Vec<_> = plan
        .legs
        .iter()
        .map(|leg| (leg.name.as_str(), leg.duration.value, leg.duration.origin.to_string()))
        .collect();
    let expected = [
        ("hub", 28_800, "c.toml:10"),
        ("middle", 3600, "AWS's limit for chained roles"),
        ("far", 3600, "default"),
    ];
    assert_eq!(legs, expected.map(|(name, seconds, origin)| (name, seconds, origin.to_owned())));
    assert_eq!(plan.region.map(|region| region.origin.to_string()), Some("c.toml:18".into()));
}

#[test]
fn a_known_account_may_have_more_roles_than_were_listed() {
    let text = "[idp.acme]\ntype = \"identity-center\"\nstart_url = \"https://acme.awsapps.com/start\"\n\
                    region = \"eu-west-1\"\n";
    let file = File::parse("c.toml", text).unwrap();
    let listed = |idp: &str, saml| DiscoveredRole {
        idp: idp.to_owned(),
        account: "111111111111".to_owned(),
        role: "Read".to_owned(),
        saml,
        account_name: Some("eu/dev".to_owned()),
    };
    let planned = |name: &str, role: DiscoveredRole| {
        plan(&file, name, Flags::default(), &Env::of([]), || vec![role]).map(|plan| plan.role)
    };
    for name in ["111111111111/Admin", "eu/dev/Admin"] {
        assert_eq!(planned(name, listed("acme", None)), Ok("eu/dev/Admin".to_owned()), "{name}");
    }
    for name in ["222222222222/Admin", "111111111111/a b", "111111111111", "111111111111/"] {
        assert!(planned(name, listed("acme", None)).is_err(), "{name}");
    }
    assert!(planned("111111111111/Admin", listed("gone", None)).is_err());
    let pair = SamlPair { role_arn: "arn:aws:iam::111111111111:role/Read".into(), provider_arn: "-".into() };
    assert!(planned("111111111111/Admin", listed("acme", Some(pair))).is_err(), "SAML lists all there is");
}

#[test]
fn a_flag_affects_only_the_last_step() {
    let hub = plan(&file(), "hub", flags(Some(7200)), &Env::of([]), Vec::new).unwrap();
    assert_eq!(
        (hub.legs[0].duration.value, hub.legs[0].duration.origin.to_string()),
        (7200, "--duration".into())
    );
    let far = plan(&file(), "far", flags(Some(900)), &Env::of([]), Vec::new).unwrap();
    assert_eq!(far.legs.iter().map(|leg| leg.duration.value).collect::<Vec<_>>(), [28_800, 3600, 900]);
    assert_eq!(
        plan(&file(), "far", flags(Some(60)), &Env::of([]), Vec::new).unwrap_err(),
        ResolveError::Duration(60)
    );
}

#[test]
fn sts_is_asked_in_the_role_s_own_partition() {
    let region = |role: &str, env: &Env| {
        let plan = plan(&file(), role, Flags::default(), env, Vec::new).unwrap();
        let region = &plan.target().sts.region;
        (region.value.clone(), region.origin.to_string())
    };
    let ireland = Env::of([("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "eu-west-2")]);
    assert_eq!(region("far", &ireland), ("eu-west-1".into(), "c.toml:18".into()));
    assert_eq!(region("hub", &ireland), ("eu-west-2".into(), "AWS_DEFAULT_REGION".into()));
    assert_eq!(region("china", &ireland), ("cn-north-1".into(), "the partition's first region".into()));
    assert_eq!(region("hub", &Env::of([])), ("us-east-1".into(), "the partition's first region".into()));
}

/// Found by fuzzing: the proof would have been sent to another host.
#[test]
fn a_region_cannot_be_a_host() {
    for region in ["evil.example/", "x@evil.example/", "", "EU-WEST-1", "-"] {
        let env = Env::of([("AWS_REGION", region)]);
        let made = plan(&file(), "hub", Flags::default(), &env, Vec::new);
        let refused = matches!(made, Err(ResolveError::Region { variable: "AWS_REGION", .. }));
        assert_eq!(refused, !region.is_empty(), "{region}");
    }
}

#[test]
fn endpoints_are_https_or_local() {
    let ask = |url: &str| {
        let env = Env::of([("AWS_ENDPOINT_URL", "https://general.example"), ("AWS_ENDPOINT_URL_STS", url)]);
        plan(&file(), "hub", Flags::default(), &env, Vec::new)
            .map(|plan| plan.legs[0].sts.url.clone().unwrap().value)
    };
    assert_eq!(ask("http://127.0.0.1:5000"), Ok("http://127.0.0.1:5000".into()));
    assert_eq!(ask(""), Ok("https://general.example".into()));
    for bad in ["http://sts.example", "ftp://127.0.0.1", "sts", "http://127.0.0.1.evil.example"] {
        assert!(
            matches!(ask(bad), Err(ResolveError::Endpoint { variable: "AWS_ENDPOINT_URL_STS", .. })),
            "{bad}"
        );
    }
}

#[test]
fn the_role_is_named_in_a_fixed_order() {
    let with_default = File::parse("c.toml", &format!("default_role = \"hub\"{TEXT}")).unwrap();
    let env = Env::of([("JIT_ROLE", "middle")]);
    let name = |argument, env: &Env, last: Option<&str>| {
        let flags = Flags { role: argument, duration: None };
        let role = role_name(&with_default, flags, env, || last.map(str::to_owned)).unwrap();
        format!("{} by {}", role.value, role.origin)
    };
    assert_eq!(name(Some("far"), &env, Some("china")), "far by the command line");
    assert_eq!(name(None, &env, Some("china")), "middle by JIT_ROLE");
    let both = Env::of([("JIT_ROLE", "middle"), ("AWS_PROFILE", "china")]);
    assert_eq!(name(Some("far"), &both, None), "far by the command line");
    assert_eq!(name(None, &both, None), "middle by JIT_ROLE");
    let profile = Env::of([("AWS_PROFILE", "china")]);
    assert_eq!(name(None, &profile, Some("far")), "china by AWS_PROFILE");
    assert_eq!(
        name(None, &Env::of([("AWS_PROFILE", "")]), Some("far")),
        "far by the last role used in this terminal"
    );
    assert_eq!(name(None, &Env::of([]), Some("china")), "china by the last role used in this terminal");
    assert_eq!(name(None, &Env::of([]), None), "hub by c.toml:1");
    assert!(matches!(
        role_name(&file(), Flags::default(), &Env::of([]), || None),
        Err(ResolveError::NoRole { candidates }) if candidates.len() == 4
    ));
}

#[test]
fn the_closest_auto_login_setting_wins() {
    let auto_login = |file: &File| {
        ["hub", "far"]
            .map(|role| plan(file, role, Flags::default(), &Env::of([]), Vec::new).unwrap().auto_login)
    };
    assert_eq!(auto_login(&file()), [true, false]);
    let said_twice = format!("auto_login = true{}", TEXT.replace("= true", "= false"));
    let file = File::parse("c.toml", &said_twice).unwrap();
    assert_eq!(auto_login(&file), [false, false]);
}

#[test]
fn an_offered_role_works_without_being_configured() {
    let offer = |idp: &str| DiscoveredRole {
        idp: idp.to_owned(),
        account: "555555555555".to_owned(),
        role: "dev".to_owned(),
        saml: Some(SamlPair {
            role_arn: "arn:aws-us-gov:iam::555555555555:role/ops/dev".to_owned(),
            provider_arn: "arn:aws-us-gov:iam::555555555555:saml-provider/acme".to_owned(),
        }),
        account_name: Some("acme-gov".to_owned()),
    };
    let ask =
        |name: &str, idp: &str| plan(&file(), name, Flags::default(), &Env::of([]), || vec![offer(idp)]);
    let by_arn =
        plan(&file(), "arn:aws:iam::222222222222:role/middle", Flags::default(), &Env::of([]), Vec::new);
    assert_eq!(by_arn.unwrap().role, "middle");
    for name in ["555555555555/dev", "acme-gov/dev", "arn:aws-us-gov:iam::555555555555:role/ops/dev"] {
        let plan = ask(name, "acme").unwrap();
        assert_eq!((plan.role.as_str(), plan.legs.len(), plan.auto_login), ("acme-gov/dev", 1, true));
        assert_eq!(plan.target().sts.region.value, "us-gov-west-1");
        assert_eq!(plan.target().role.origin.to_string(), "what the IdP offers");
    }
    assert!(matches!(ask("555555555555/dev", "gone"), Err(ResolveError::UnknownRole { .. })));
    // One role through two providers counts once; two roles of one name do not.
    let ask_with = |name: &str, change: fn(&mut DiscoveredRole, &mut SamlPair)| {
        let mut other = offer("acme");
        let mut pair = other.saml.take().unwrap();
        change(&mut other, &mut pair);
        other.saml = Some(pair);
        plan(&file(), name, Flags::default(), &Env::of([]), || vec![offer("acme"), other])
    };
    let twice = ask_with("555555555555/dev", |_, pair| pair.provider_arn.push('2'));
    assert_eq!(twice.unwrap().role, "acme-gov/dev");
    // Where another account, or a role of the file, has that name too, the number is what means this one.
    let namesake = ask_with("555555555555/dev", |role, _| role.account = "666666666666".to_owned());
    assert_eq!(namesake.unwrap().role, "555555555555/dev");
    let taken = file().roles.remove("far").unwrap();
    let mut with_taken = file();
    with_taken.roles.insert("acme-gov/dev".to_owned(), taken);
    let by_number =
        plan(&with_taken, "555555555555/dev", Flags::default(), &Env::of([]), || vec![offer("acme")]);
    assert_eq!(by_number.unwrap().role, "555555555555/dev");
    let path: fn(&mut DiscoveredRole, &mut SamlPair) =
        |_, pair| pair.role_arn = pair.role_arn.replace("/ops/", "/");
    let meant_by = |error| match error {
        // Each ARN matches only one of them, so it can be suggested.
        Err(ResolveError::Ambiguous { meant, distinct, sections, .. }) => {
            assert_eq!(meant, [0, 1].map(|at| format!("{} at acme", distinct[at])));
            assert_eq!(sections, Vec::<String>::new());
            meant
        }
        other => panic!("{other:?}"),
    };
    let arns = ["role/ops/dev at acme", "role/dev at acme"]
        .map(|end| format!("arn:aws-us-gov:iam::555555555555:{end}"));
    assert_eq!(meant_by(ask_with("acme-gov/dev", path)), arns);
    assert!(ask_with("arn:aws-us-gov:iam::555555555555:role/dev", path).is_ok());
}
