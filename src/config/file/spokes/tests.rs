use super::*;

const BEFORE: &str = "[idp.acme]\ntype = \"oidc\"\nissuer = \"https://a.example\"\nclient_id = \"x\"\n\
                      [role.hub]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n";

fn parse(more: &str) -> Result<File, Mistake> {
    File::parse("c.toml", &format!("{BEFORE}{more}"))
}

fn arns(file: &File) -> Vec<(String, String)> {
    let of_spokes = file.roles.iter().filter(|(name, _)| name.contains('/'));
    of_spokes.map(|(name, role)| (name.clone(), role.target.to_string())).collect()
}

struct Lists(&'static str, &'static [(&'static str, &'static str)]);

impl AccountLists for Lists {
    fn file(&self, path: &str) -> Option<Result<String, String>> {
        Some(if path == "a.toml" { Ok(self.0.to_owned()) } else { Err("there is none".to_owned()) })
    }

    fn organization(&self, via: &str, target: &str) -> Vec<SpokeAccount> {
        assert_eq!((via, target), ("hub", "arn:aws:iam::111111111111:role/hub"));
        let listed: Vec<_> = self.1.iter().map(|(n, name)| ((*n).to_owned(), (*name).to_owned())).collect();
        named(&listed)
    }
}

#[test]
fn each_account_becomes_a_role() {
    let file = parse(
        "[spokes.admin]\nvia = \"hub\"\nrole_name = \"team/admin\"\nregion = \"eu-west-1\"\nconfirm = true\n\
         accounts = { payments-prod = \"222222222222\", billing = \"033333333333\" }\n\
         [spokes.\"a/read\"]\nvia = \"billing/admin\"\nrole_name = \"read\"\n[spokes.\"a/read\".accounts]\nx = \"444444444444\"\n",
    )
    .unwrap();
    let expected = [
        ("billing/admin", "arn:aws:iam::033333333333:role/team/admin"),
        ("payments-prod/admin", "arn:aws:iam::222222222222:role/team/admin"),
        ("x/a/read", "arn:aws:iam::444444444444:role/read"),
    ];
    assert_eq!(arns(&file), expected.map(|(name, arn)| (name.to_owned(), arn.to_owned())));
    let role = &file.roles["payments-prod/admin"];
    assert!(role.confirm && role.region.as_ref().is_some_and(|region| region.value == "eu-west-1"));
    assert_eq!((role.account_name.as_deref(), role.line), (Some("payments-prod"), 13));
}

#[test]
fn the_partition_is_that_of_the_hub() {
    let gov = BEFORE.replace("arn:aws:", "arn:aws-us-gov:");
    let spokes = "[spokes.a]\nvia = \"x/b\"\nrole_name = \"a\"\naccounts = { x = \"222222222222\" }\n\
                  [spokes.b]\nvia = \"hub\"\nrole_name = \"b\"\naccounts = { x = \"222222222222\" }\n";
    let file = File::parse("c.toml", &format!("{gov}{spokes}")).unwrap();
    assert!(arns(&file).iter().all(|(_, arn)| arn.starts_with("arn:aws-us-gov:iam::222222222222:role/")));
}

#[test]
fn accounts_come_from_a_file_or_from_the_organization() {
    let text = |accounts: &str, more: &str| {
        format!(
            "default_role = \"acme-prod/read\"\n{BEFORE}[spokes.read]\nvia = \"hub\"\nrole_name = \"read\"\naccounts = {accounts}\n{more}"
        )
    };
    let lists = Lists(
        "acme-prod = \"222222222222\"\n# one more\ndev = \"333333333333\"\n",
        &[
            ("222222222222", "acme prod"),
            ("333333333333", "twice"),
            ("444444444444", "Twice"),
            ("555555555555", "111111111111"),
        ],
    );
    let of_file = File::parse_with("c.toml", &text("\"a.toml\"", ""), &lists).unwrap();
    assert_eq!(
        arns(&of_file).iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
        ["acme-prod/read", "dev/read"]
    );
    // A table of one's own replaces what the organization lists.
    let own =
        "[role.\"333333333333/read\"]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::333333333333:role/other\"\n";
    let listed = File::parse_with("c.toml", &text("\"organization\"", own), &lists).unwrap();
    let expected = [
        ("333333333333/read", "arn:aws:iam::333333333333:role/other"),
        ("444444444444/read", "arn:aws:iam::444444444444:role/read"),
        ("555555555555/read", "arn:aws:iam::555555555555:role/read"),
        ("acme-prod/read", "arn:aws:iam::222222222222:role/read"),
    ];
    assert_eq!(arns(&listed), expected.map(|(name, arn)| (name.to_owned(), arn.to_owned())));
    // Without the lists, a name that they may have is not refused.
    for accounts in ["\"a.toml\"", "\"organization\""] {
        assert!(arns(&File::parse("c.toml", &text(accounts, "")).unwrap()).is_empty(), "{accounts}");
    }
    let gone = File::parse_with("c.toml", &text("\"b.toml\"", ""), &lists).unwrap_err();
    assert!(gone.what.contains("cannot read b.toml: there is none"), "{gone}");
}

#[test]
fn names_from_an_organization_fit_or_are_numbers() {
    for (name, expected) in [
        ("Payments Prod", "Payments-Prod"),
        ("a/b$(c)", "a-b--c-"),
        ("  x ", "x"),
        ("-x", "222222222222"),
        ("✨", "222222222222"),
        ("111111111111", "222222222222"),
        ("arn:x", "222222222222"),
        ("", "222222222222"),
    ] {
        assert_eq!(named(&[("222222222222".to_owned(), name.to_owned())])[0].name, expected, "{name:?}");
    }
}

#[test]
fn mistakes_have_their_place() {
    let table = |more: &str| format!("[spokes.a]\nvia = \"hub\"\nrole_name = \"a\"\n{more}");
    for (text, line, says) in [
        (table("accounts = { x = \"2\" }"), 11, "`2` is not an account id"),
        (
            table("[spokes.a.accounts]\nx = \"222222222222\"\n\"y z\" = \"222222222222\""),
            13,
            "`y z`: this name contains ` `",
        ),
        (table("accounts = { \"y/z\" = \"222222222222\" }"), 11, "cannot contain a slash"),
        (table("accounts = { 333333333333 = \"222222222222\" }"), 11, "reads like another account"),
        (table("accounts = { \"ARN:x\" = \"222222222222\" }"), 11, "reads like another account"),
        (table("accounts = { x = 222222222222 }"), 11, "must be a string in quotes"),
        (table("accounts = [\"222222222222\"]"), 11, "must be a table of accounts"),
        (table("accounts = {}"), 11, "is empty"),
        (table("accounts = \"orgs\""), 11, "`orgs` is no list of accounts"),
        (table(""), 8, "has no `accounts`"),
        (table("accounts = { x = \"222222222222\" }\nidp = \"acme\""), 12, "unknown key `idp`"),
        (
            table("accounts = { x = \"222222222222\" }\nduration = \"13h\""),
            12,
            "not a duration that STS accepts",
        ),
        (
            table("accounts = { x = \"222222222222\" }").replace("\"hub\"", "\"hubb\""),
            8,
            "[spokes.a] refers to [role.hubb]",
        ),
        (
            table("accounts = { x = \"222222222222\" }").replace("\"hub\"", "\"x/a\""),
            8,
            "form a loop: x/a → x/a",
        ),
        (
            table("accounts = { x = \"222222222222\" }").replace("\"a\"", "\"a b\""),
            10,
            "`a b` is not the name of a role",
        ),
        (
            table(
                "accounts = { x = \"222222222222\" }\n[role.\"x/a\"]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/a\"",
            ),
            8,
            "[role.x/a] and [spokes.a] both define x/a",
        ),
    ] {
        let mistake = parse(&text).unwrap_err();
        assert!(mistake.what.contains(says) && mistake.line == line, "{says}: {mistake}");
    }
}
