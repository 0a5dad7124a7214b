use super::*;

const BEFORE: &str = r#"
[idp.acme]
type = "okta"
org = "https://acme.okta.com"
app_url = "https://acme.okta.com/home/amazon_aws/0oa1/272"
[role.hub]
idp = "acme"
role_arn = "arn:aws:iam::111111111111:role/hub"
[role.prod]
via = "hub"
role_arn = "arn:aws:iam::222222222222:role/admin"
confirm = true
[role.old]
via = "hub"
role_arn = "arn:aws:iam::333333333333:role/old"
"#;

fn around() -> Surroundings {
    Surroundings { from: "https://intranet.example/jit.toml".to_owned(), ..Surroundings::default() }
}

fn told(before: Option<&str>, after: &str, around: &Surroundings) -> (String, Vec<String>) {
    let Summary { lines, warnings } = summary(before, after, around);
    (lines.join("\n"), warnings)
}

#[test]
fn a_new_shared_file_is_summarized_with_hosts_and_accounts() {
    let expected = "\
https://intranet.example/jit.toml would add:
  IdPs: 1 new
    new: acme (sign in at acme.okta.com)
  roles: 3 new
    new: hub (111111111111), prod (222222222222), old (333333333333)
  accounts: 3
    new: 111111111111, 222222222222, 333333333333";
    assert_eq!(told(None, BEFORE, &around()), (expected.to_owned(), Vec::new()));
}

#[test]
fn an_update_lists_only_what_changed() {
    let after = BEFORE.replace("acme.okta.com", "acme.okta.evil.example").replace("[role.old]", "[role.new]");
    let after =
        after.replace("222222222222:role/admin", "999999999999:role/admin").replace("confirm = true\n", "");
    let expected = "\
https://intranet.example/jit.toml changed since you took it:
  IdPs: 1 changed
    changed: acme (sign in at acme.okta.evil.example, a DIFFERENT HOST: it was acme.okta.com)
  roles: 1 new, 1 changed, 1 removed, 1 unchanged
    changed: prod (ANOTHER ACCOUNT: 222222222222 → 999999999999; role_arn arn:aws:iam::222222222222:role/admin → arn:aws:iam::999999999999:role/admin; different confirm)
    new: new (333333333333)
    removed: old
  accounts: 3
    new: 999999999999
    removed: 222222222222";
    let warnings = [
        "No longer asks before it is used: prod",
        "acme: you would sign in at acme.okta.evil.example instead of acme.okta.com",
        "Roles that would move to another account: prod",
    ];
    let warnings = warnings.map(str::to_owned).to_vec();
    assert_eq!(told(Some(BEFORE), &after, &around()), (expected.to_owned(), warnings));
    let comment = format!("# hello\n{BEFORE}");
    let expected = "\
https://intranet.example/jit.toml changed since you took it:
  IdPs: 1 unchanged
  roles: 3 unchanged
  accounts: 3
  no settings: only comments, order or whitespace";
    assert_eq!(told(Some(BEFORE), &comment, &around()), (expected.to_owned(), Vec::new()));
    let same_host = BEFORE.replace("0oa1", "0oa2").replace("[role.hub]", "factor = \"push\"\n[role.hub]");
    let (lines, _) = told(Some(BEFORE), &same_host, &around());
    assert!(
        lines.contains("changed: acme (sign in at acme.okta.com, unchanged); different factor"),
        "{lines}"
    );
}

/// Changes that may be unwanted, and words of the warning. Add a line for any other.
#[test]
fn important_facts_are_warnings() {
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let own = "[idp.Acme]\ntype = \"saml\"\n[role.Prod]\nvia = \"hub\"\n[role.mine]\nvia = \"deep\"\n[role.deep]\nidp = \"acme\"\n[role.free]\nvia = \"x\"\n";
    let around = Surroundings {
        own: Draft::of(own),
        profiles: set(&["prod", "default", "unrelated"]),
        offered: set(&["acme-prod/Admin"]),
        ..around()
    };
    let renamed = |name: &str| BEFORE.replace("[role.old]", &format!("[role.\"{name}\"]"));
    let cases: [(Option<&str>, String, &str); 9] = [
        (None, BEFORE.to_owned(), "Profiles of your AWS files have the same names: prod."),
        (None, renamed("default"), "have the same names: prod, default."),
        (None, renamed("default"), "The role default has the name of the profile that AWS tools use"),
        (None, renamed("DEFAULT"), "The role DEFAULT has the name of the profile that AWS tools use"),
        (None, renamed("acme-prod/Admin"), "Your IdPs offer roles of the same names: acme-prod/Admin."),
        (None, BEFORE.to_owned(), "The shared IdP acme and your own Acme differ only in case"),
        (None, BEFORE.to_owned(), "The shared role prod and your own Prod differ only in case"),
        (
            Some(BEFORE),
            BEFORE.replace("okta.com", "okta.example"),
            "Your own roles depend on what changes: Prod, mine, deep",
        ),
        (
            Some(BEFORE),
            BEFORE.replace("acme.okta.com", "xn--pple-43d.com"),
            "xn--pple-43d.com reads аpple.com, and its letters may be look-alikes",
        ),
    ];
    for (before, after, words) in cases {
        let (_, warnings) = told(before, &after, &around);
        assert!(warnings.iter().any(|warning| warning.contains(words)), "{words}: {warnings:?}");
    }
    // What was known when the file was accepted is not repeated.
    assert_eq!(told(Some(BEFORE), &format!("{BEFORE}# x\n"), &around).1, [""; 0]);
    let hidden = told(None, &format!("# a\u{202e}b\n{BEFORE}"), &super::Surroundings::default()).1;
    assert_eq!(hidden, ["The file has invisible characters. The diff shows them as \\u{…}"]);
    assert_eq!(told(None, &format!("# a\tb\n{BEFORE}"), &super::Surroundings::default()).1, [""; 0]);
    let local = "[idp.a]\ntype = \"oidc\"\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"a\"\n";
    assert_eq!(told(None, local, &around).1, ["a: `issuer` is on this machine and used without TLS"]);
}

#[test]
fn a_long_list_is_cut_and_hosts_never_are() {
    let mut many = String::new();
    for n in 0..40 {
        many.push_str(&format!("[idp.i{n}]\ntype = \"saml\"\nstart_url = \"https://h{n}.example/x\"\n"));
        many.push_str(&format!(
            "[role.r{n}]\nidp = \"i{n}\"\nrole_arn = \"arn:aws:iam::{:012}:role/r\"\n",
            n
        ));
    }
    let (lines, _) = told(None, &many, &around());
    assert!((0..40).all(|n| lines.contains(&format!("sign in at h{n}.example)"))), "{lines}");
    assert!(lines.contains(" and 28 more") && !lines.contains("r39"), "{lines}");
    // If only one role leads elsewhere, it comes first.
    let changed = many
        .replace("role/r\"", "role/r\"\ncolor = \"red\"")
        .replace("000000000039:role", "999999999999:role");
    let (lines, _) = told(Some(&many), &changed, &around());
    let first = lines.lines().find(|line| line.contains("changed: r")).unwrap();
    assert!(first.contains("r39 (ANOTHER ACCOUNT: 000000000039 → 999999999999"), "{lines}");
    assert!(lines.contains("changed: 28 more, see the diff"), "{lines}");
}

/// Sixty accounts in one table are sixty roles to whoever says yes.
#[test]
fn a_table_for_many_accounts_is_summarized_with_each_of_its_roles() {
    let spokes = |accounts: &str| {
        format!(
            "{BEFORE}[spokes.admin]\nvia = \"hub\"\nrole_name = \"team/admin\"\nconfirm = true\naccounts = {accounts}\n"
        )
    };
    let two = spokes("{ pay = \"444444444444\", dev = \"555555555555\" }");
    let expected = "\
https://intranet.example/jit.toml would add:
  IdPs: 1 new
    new: acme (sign in at acme.okta.com)
  roles: 5 new
    new: hub (111111111111), prod (222222222222), old (333333333333), dev/admin (555555555555), pay/admin (444444444444)
  tables for several accounts: 1 new
    new: [spokes.admin] (team/admin in 2 accounts, via hub)
  accounts: 5
    new: 111111111111, 222222222222, 333333333333, 444444444444, 555555555555";
    assert_eq!(told(None, &two, &around()), (expected.to_owned(), Vec::new()));

    let moved =
        two.replace("444444444444", "666666666666").replace("team/admin\"\nconfirm = true", "team/admin\"");
    let (lines, warnings) = told(Some(&two), &moved, &around());
    assert!(lines.contains("changed: dev/admin (different confirm)\n"), "{lines}");
    assert!(
        lines.contains("changed: pay/admin (ANOTHER ACCOUNT: 444444444444 → 666666666666; role_arn "),
        "{lines}"
    );
    assert!(lines.contains("changed: [spokes.admin] (team/admin in 2 accounts, via hub)\n"), "{lines}");
    let expected = [
        "No longer asks before it is used: dev/admin, pay/admin",
        "Roles that would move to another account: pay/admin",
    ];
    assert_eq!(warnings, expected);

    let (lines, warnings) = told(Some(&two), &spokes("\"organization\""), &around());
    for line in [
        "    new: */admin (team/admin in every account of the organization)\n    removed: dev/admin, pay/admin\n",
        "    changed: [spokes.admin] (team/admin in every account of the organization, via hub)\n",
        "    new: every account of the organization\n",
    ] {
        assert!(lines.contains(line), "{line}{lines}");
    }
    assert_eq!(warnings, [""; 0]);
}
