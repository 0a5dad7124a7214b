use super::*;
use crate::render::{SessionName, Where};
use crate::testing;

fn known() -> RenderSettings {
    RenderSettings {
        ledger: Some("acme-jit-ledger".into()),
        reach: Some(Where::Organization("o-acme".into())),
        platform: vec!["arn:aws:iam::444444444444:role/platform".parse().unwrap()],
        function_role: Some("arn:aws:iam::444444444444:role/jit-function".parse().unwrap()),
        function: Some("arn:aws:lambda:eu-west-1:444444444444:function:jit".into()),
        arrivals: ["hub", "contractors", "platform", "glass"].map(|door| (door.to_owned(), oidc())).into(),
        grant: Some(GrantFor { person: "bob".into(), until: testing::at("2026-11-28T12:00:00Z") }),
        ..RenderSettings::default()
    }
}

fn oidc() -> Arrival {
    Arrival::Oidc {
        issuer: "acme.okta.com".into(),
        audience: "client".into(),
        session_name: SessionName::Subject,
    }
}

fn names(rendering: &Rendering) -> Vec<&str> {
    rendering.documents.iter().map(|one| one.name.as_str()).collect()
}

fn text<'r>(rendering: &'r Rendering, name: &str) -> &'r str {
    let found = rendering.documents.iter().find(|one| one.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).document.as_str()
}

/// The example, applied by approvers.
fn by_approvers(changes: &[(&str, &str)]) -> Policy {
    let mut text = testing::EXAMPLE.replace("apply    = \"function\"", "apply = \"approver\"");
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    testing::policy_of(&text)
}

#[test]
fn a_whole_deployment_is_rendered() {
    let rendering = deployment(&testing::policy(), &known());
    assert_eq!(rendering.missing, []);
    assert_eq!(
        names(&rendering),
        [
            "ceiling/admin",
            "ceiling/operate",
            "ceiling/read",
            "door/contractors.entry",
            "door/contractors.trust",
            "door/glass.glass",
            "door/glass.trust",
            "door/hub.entry",
            "door/hub.trust",
            "door/platform.publish",
            "door/platform.trust",
            "function.policy",
            "grant/deploy",
            "grant/pay-admin",
            "grant/prod-db",
            "grant/read",
            "grantor.policy",
            "grantor.trust",
            "guardrail",
            "ledger",
            "role/deploy.trust",
            "role/glass.standing",
            "role/glass.trust",
            "role/pay-admin.trust",
            "role/prod-db.trust",
            "role/read.trust",
        ]
    );
    for one in &rendering.documents {
        assert!(one.fullness().is_ok(), "{}: {:?}", one.name, one.fullness());
    }
    let glass = text(&rendering, "role/glass.trust");
    assert!(glass.contains("role/jit-glass-door") && !glass.contains("role/jit-hub"), "{glass}");
    let hub = text(&rendering, "role/read.trust");
    assert!(hub.contains("role/jit-hub") && hub.contains("role/jit-contractors"), "{hub}");
    assert!(!hub.contains("glass") && !hub.contains("NoVoter"), "{hub}");
    assert!(text(&rendering, "door/hub.entry").contains("role/jit/*"));
    assert!(text(&rendering, "door/glass.glass").contains("role/jit-glass/*"));
    let publish = text(&rendering, "door/platform.publish");
    assert!(publish.contains("policy.toml") && !publish.contains("sts:"), "{publish}");
    let grant = text(&rendering, "grant/deploy");
    assert!(grant.contains("*:bob@corp.com") && grant.contains("ecs:UpdateService"), "{grant}");
    assert!(text(&rendering, "grant/prod-db").contains("203.0.113.0/24"));
}

/// A setting that is removed, the documents that are then not rendered, and the settings that they report as
/// missing.
#[test]
fn what_is_not_known_is_named() {
    type Row = (&'static str, fn(&mut RenderSettings), &'static [(&'static str, MissingSetting)]);
    let rows: &[Row] = &[
        (
            "ledger",
            |settings| settings.ledger = None,
            &[
                ("door/contractors.entry", MissingSetting::Ledger),
                ("door/glass.glass", MissingSetting::Ledger),
                ("door/hub.entry", MissingSetting::Ledger),
                ("door/platform.publish", MissingSetting::Ledger),
                ("function.policy", MissingSetting::Ledger),
                ("ledger", MissingSetting::Ledger),
            ],
        ),
        (
            "reach",
            |settings| settings.reach = None,
            &[
                ("door/contractors.entry", MissingSetting::Reach),
                ("door/glass.glass", MissingSetting::Reach),
                ("door/hub.entry", MissingSetting::Reach),
                ("function.policy", MissingSetting::Reach),
            ],
        ),
        (
            "platform",
            |settings| settings.platform.clear(),
            &[("guardrail", MissingSetting::Platform), ("ledger", MissingSetting::Platform)],
        ),
        (
            "function",
            |settings| settings.function_role = None,
            &[("grantor.trust", MissingSetting::FunctionRole), ("ledger", MissingSetting::FunctionRole)],
        ),
    ];
    for (what, change, missing) in rows {
        let mut settings = known();
        change(&mut settings);
        let rendering = deployment(&testing::policy(), &settings);
        let found: Vec<(&str, MissingSetting)> =
            rendering.missing.iter().map(|one| (one.name.as_str(), one.missing.clone())).collect();
        assert_eq!(found, *missing, "{what}");
    }
    let mut settings = known();
    settings.arrivals.remove("hub");
    let rendering = deployment(&testing::policy(), &settings);
    assert_eq!(rendering.missing[0].missing, MissingSetting::Arrival("hub".into()));
}

#[test]
fn a_companys_own_ceiling_is_one_that_ships_and_more() {
    let policy = testing::policy_of(&testing::EXAMPLE.replacen("\"operate\"", "\"operate-ml\"", 1));
    let mut settings = known();
    let rendering = deployment(&policy, &settings);
    let missing: Vec<&str> = rendering.missing.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(missing, ["ceiling/operate-ml", "grant/pay-admin"]);
    let own = CompanyCeiling { level: Level::Operate, more: vec!["bedrock:*".into()] };
    settings.ceilings.insert("operate-ml".into(), own);
    let rendering = deployment(&policy, &settings);
    assert!(text(&rendering, "ceiling/operate-ml").contains("\"bedrock:*\""));
    assert!(!text(&rendering, "ceiling/operate").contains("\"bedrock:*\""));
    assert!(text(&rendering, "grant/pay-admin").contains("\"bedrock:*\""));
}

/// Nobody grants to themselves: those who may write grants in an account may assume none of its roles.
#[test]
fn where_approvers_apply_no_voter_of_an_account_becomes_a_role_there() {
    let rendering = deployment(&by_approvers(&[]), &known());
    let trust = text(&rendering, "role/deploy.trust");
    for voter in ["bob@corp.com", "carol@corp.com", "00u1x9", "dan", "eve", "frank", "grace"] {
        assert!(trust.contains(&format!("\"*:{voter}\"")), "{voter}: {trust}");
    }
    let applier = text(&rendering, "grantor/111122223333.trust");
    assert!(applier.contains("\"*:bob@corp.com\"") && !applier.contains("heidi"), "{applier}");
    assert!(!names(&rendering).contains(&"grantor.trust") && !names(&rendering).contains(&"function.policy"));
    let apply = text(&rendering, "door/hub.apply");
    assert!(apply.contains("role/jit-grantor") && apply.contains("/a/????"), "{apply}");
    assert!(!names(&rendering).contains(&"door/contractors.apply"), "nobody votes there");
    let glass = text(&rendering, "role/glass.trust");
    assert!(!glass.contains("NoVoter"), "break-glass is not granted: {glass}");

    // An access in another account, with a voter of its own, who may ask for access in this one.
    let elsewhere = "\n[access.other]\nrole = \"arn:aws:iam::999999999999:role/jit/x\"\nceiling = \"read\"\n\
                     who = [\"sre\"]\napprove = [{ group = \"others\" }]\nmax = \"1h\"\n\n[limits]";
    let policy = by_approvers(&[("\n[limits]", elsewhere), ("[group]", "[group]\nothers = [\"zoe\"]")]);
    let rendering = deployment(&policy, &known());
    assert!(!text(&rendering, "role/deploy.trust").contains("zoe"));
    assert!(text(&rendering, "role/other.trust").contains("\"*:zoe\""));
    assert!(!text(&rendering, "role/other.trust").contains("bob"));
    // Which accounts a unit has is not known, so its roles bar everybody.
    assert!(text(&rendering, "role/read.trust").contains("\"*:zoe\""));
    assert!(text(&rendering, "grantor/999999999999.trust").contains("\"*:zoe\""));
}

/// An access whose role is open and that names no accounts is in those of the deployment, as
/// [`People::accounts_of`] has it. A policy file has to name them; a policy that was made otherwise need not.
///
/// Was a bug: such an access had no grantor, and its role let the voters of its accounts in.
#[test]
fn an_open_role_without_accounts_is_where_the_deployment_is() {
    let open = "\n[access.open]\nrole = \"arn:aws:iam::*:role/jit/open\"\nceiling = \"read\"\nwho = [\"sre\"]\n\
                approve = [{ group = \"others\" }]\naccounts = [\"999999999999\"]\nmax = \"1h\"\n\n[limits]";
    let rendered = |accounts: &str| {
        let accounts = format!("accounts = [{accounts}]");
        let mut policy = by_approvers(&[
            ("\n[limits]", open),
            ("[group]", "[group]\nothers = [\"zoe\"]"),
            ("accounts = [\"ou-root\"]", accounts.as_str()),
        ]);
        policy.access.get_mut("open").unwrap().accounts.clear();
        deployment(&policy, &known())
    };
    let here = rendered("\"111122223333\", \"444455556666\"");
    for place in ["111122223333", "444455556666"] {
        let trust = text(&here, &format!("grantor/{place}.trust"));
        assert!(trust.contains("\"*:zoe\""), "{place}: {trust}");
    }
    // The voters of an account where it is are barred from it, and its own voter from the roles there.
    assert!(text(&here, "role/open.trust").contains("\"*:bob@corp.com\""));
    assert!(text(&here, "role/deploy.trust").contains("\"*:zoe\""));
    // Elsewhere, the voters of the one may become the other.
    let elsewhere = rendered("\"444455556666\"");
    assert!(!text(&elsewhere, "role/deploy.trust").contains("zoe"));
    assert!(text(&elsewhere, "grantor/444455556666.trust").contains("\"*:zoe\""));
    assert!(!text(&elsewhere, "grantor/111122223333.trust").contains("zoe"));
    // Which accounts a unit has is not known, so everybody is barred.
    let unit = rendered("\"ou-ab12-1\"");
    assert!(text(&unit, "grantor/ou-ab12-1.trust").contains("\"*:zoe\""));
    assert!(text(&unit, "role/deploy.trust").contains("\"*:zoe\""));
    assert!(text(&unit, "role/open.trust").contains("\"*:bob@corp.com\""));
}
