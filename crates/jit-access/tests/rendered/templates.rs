//! CloudFormation templates and the index: what each account gets.

use jit_access::policy::Policy;
use jit_access::render::{
    DeploymentIndex, Fullness, Limit, NotDeployable, RenderSettings, Rendering, Where, account_template,
    deployment, ledger_template,
};
use serde_json::{Value, json};

/// A policy with these accesses, each as `NAME ACCOUNT ACCOUNTS VOTER`.
fn policy(apply: &str, accesses: &[(String, String, String, String)]) -> Policy {
    let mut text = format!(
        "[deployment]\napply = \"{apply}\"\nsecurity = [\"all\"]\naccounts = [\"ou-root\"]\n\
         [door.hub]\nrole = \"arn:aws:iam::111111111111:role/jit-hub\"\nids = [\"AROAHUB4567890EXAMPLE\"]\n\
         may = [\"request\", \"vote\", \"publish\"]\n[group]\nall = [\"alice\"]\n"
    );
    let mut voters: Vec<&String> = accesses.iter().map(|(_, _, _, voter)| voter).collect();
    voters.sort();
    voters.dedup();
    for voter in voters {
        text += &format!("of-{voter} = [\"{voter}\"]\n");
    }
    for (name, role, accounts, voter) in accesses {
        let accounts = if accounts.is_empty() { String::new() } else { format!("accounts = {accounts}\n") };
        text += &format!(
            "[access.{name}]\nrole = \"{role}\"\nceiling = \"read\"\n{accounts}who = [\"all\"]\n\
             approve = [{{ group = \"of-{voter}\" }}]\nmax = \"1h\"\n"
        );
    }
    Policy::read_published("p.toml", &text).unwrap_or_else(|mistake| panic!("{mistake}\n{text}"))
}

fn access(name: &str, role: &str, accounts: &str, voter: &str) -> (String, String, String, String) {
    (name.to_owned(), role.to_owned(), accounts.to_owned(), voter.to_owned())
}

fn settings() -> RenderSettings {
    RenderSettings {
        ledger: Some("acme-jit-ledger".into()),
        reach: Some(Where::Organization("o-acme".into())),
        platform: vec!["arn:aws:iam::444444444444:role/platform".parse().expect("a role")],
        function_role: Some("arn:aws:iam::444444444444:role/jit-function".parse().expect("a role")),
        ..RenderSettings::default()
    }
}

fn parts(policy: &Policy) -> (Result<DeploymentIndex, NotDeployable>, Rendering) {
    let rendering = deployment(policy, &settings());
    (DeploymentIndex::of(policy, Some("acme-jit-ledger"), &rendering), rendering)
}

fn template(policy: &Policy) -> Value {
    let (index, rendering) = parts(policy);
    let template = account_template(&index.expect("an index"), &rendering);
    serde_json::from_str(template.document.as_str()).expect("JSON")
}

/// Whether `test` holds in an account that is in these units: what CloudFormation makes of a condition.
fn holds(test: &Value, account: &str, units: &[&str]) -> bool {
    let (name, of) = test.as_object().expect("a function").iter().next().expect("one");
    let all = || of.as_array().expect("a list").iter();
    match name.as_str() {
        "Fn::Or" => {
            assert!((2..=10).contains(&all().count()), "CloudFormation takes two to ten");
            all().any(|one| holds(one, account, units))
        }
        "Fn::And" => {
            assert!((2..=10).contains(&all().count()), "CloudFormation takes two to ten");
            all().all(|one| holds(one, account, units))
        }
        "Fn::Not" => !holds(&of[0], account, units),
        "Fn::Equals" if of[0]["Ref"] == "AWS::AccountId" => of[1] == account,
        "Fn::Equals" => {
            let parameter = of[0]["Ref"].as_str().expect("a parameter");
            of[1] == "yes" && units.contains(&parameter)
        }
        other => panic!("{other}"),
    }
}

/// The names of the roles that an account gets, each with a voter that its document names, if there is one.
fn roles_in(template: &Value, account: &str, units: &[&str]) -> Vec<String> {
    let resources = template["Resources"].as_object().expect("resources");
    let roles = resources.values().filter(|resource| resource["Type"] == "AWS::IAM::Role");
    let here = roles.filter(|role| match role["Condition"].as_str() {
        Some(name) => holds(&template["Conditions"][name], account, units),
        None => true,
    });
    let mut names: Vec<String> = here
        .map(|role| {
            let trust = role["Properties"]["AssumeRolePolicyDocument"].to_string();
            let voters = ["bob", "carol"].into_iter().filter(|name| trust.contains(&format!("*:{name}")));
            format!(
                "{} {}",
                role["Properties"]["RoleName"].as_str().expect("a name"),
                voters.collect::<Vec<_>>().join("+")
            )
        })
        .collect();
    names.sort();
    names
}

#[test]
fn each_account_gets_its_own_roles_and_one_grantor() {
    let policy = policy(
        "approver",
        &[
            access("one", "arn:aws:iam::111122223333:role/jit/one", "", "bob"),
            access("many", "arn:aws:iam::*:role/jit/many", "[\"ou-prod\", \"222233334444\"]", "carol"),
        ],
    );
    let template = template(&policy);
    assert_eq!(roles_in(&template, "111122223333", &[]), ["jit-grantor bob", "one bob+carol"]);
    assert_eq!(roles_in(&template, "222233334444", &[]), ["jit-grantor carol", "many bob+carol"]);
    assert_eq!(roles_in(&template, "555555555555", &["IsInOuProd"]), ["jit-grantor carol", "many bob+carol"]);
    assert_eq!(roles_in(&template, "555555555555", &[]), Vec::<String>::new());
    // In a unit, and named itself: it has one grantor, its own.
    let both = roles_in(&template, "111122223333", &["IsInOuProd"]);
    assert_eq!(both, ["jit-grantor bob", "many bob+carol", "one bob+carol"]);
    let asked = &template["Parameters"]["IsInOuProd"];
    assert!(asked["Default"].is_null() && asked["AllowedValues"] == json!(["yes", "no"]), "{asked}");
}

#[test]
fn with_a_function_every_account_has_the_same_grantor() {
    let policy = policy("function", &[access("one", "arn:aws:iam::111122223333:role/jit/one", "", "bob")]);
    let template = template(&policy);
    assert_eq!(roles_in(&template, "111122223333", &[]), ["jit-grantor ", "one "]);
    assert_eq!(roles_in(&template, "555555555555", &[]), ["jit-grantor "]);
    assert!(template["Parameters"].is_null());
}

#[test]
fn the_ledger_is_a_bucket_that_stays() {
    let policy = policy("function", &[access("one", "arn:aws:iam::111122223333:role/jit/one", "", "bob")]);
    let (_, rendering) = parts(&policy);
    let template = ledger_template("acme-jit-ledger", &rendering);
    let template: Value = serde_json::from_str(template.document.as_str()).expect("JSON");
    let bucket = &template["Resources"]["Ledger"];
    assert_eq!(bucket["DeletionPolicy"], "Retain");
    assert_eq!(
        bucket["Properties"]["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"],
        "GOVERNANCE"
    );
    let text =
        rendering.documents.iter().find(|one| one.name == "ledger").expect("the ledger").document.as_str();
    let policy: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(template["Resources"]["LedgerPolicy"]["Properties"]["PolicyDocument"], policy);
}

#[test]
fn one_role_is_one_thing() {
    let role = "arn:aws:iam::111122223333:role/jit/shared";
    let both = policy("function", &[access("a", role, "", "bob"), access("b", role, "", "carol")]);
    let index = parts(&both).0.expect("an index");
    assert_eq!(index.roles.len(), 1);
    assert_eq!(index.roles[0].access, ["a", "b"]);
    // The same name in other accounts, with other voters: a role for each.
    let apart = policy(
        "approver",
        &[
            access("a", role, "", "bob"),
            access("b", &role.replace("111122223333", "222233334444"), "", "carol"),
        ],
    );
    let template = template(&apart);
    assert_eq!(roles_in(&template, "111122223333", &[]), ["jit-grantor bob", "shared bob"]);
    assert_eq!(roles_in(&template, "222233334444", &[]), ["jit-grantor carol", "shared carol"]);
}

/// Characters of a template with one, ten and a hundred of everything, and whether CloudFormation takes it.
const SIZES: &str = "
roles in one account: 16778 (Enough), 35102 (Enough), 218792 (AfterRaise)
accounts of one role: 18682 (Enough), 21576 (Enough), 56596 (AfterRaise)
accounts with voters of their own: 18689 (Enough), 74864 (AfterRaise), 637370 (AfterRaise)
";

#[test]
fn templates_with_one_ten_and_a_hundred_of_everything() {
    let mut lines = Vec::new();
    type Make = fn(usize) -> Policy;
    let rows: [(&str, Make); 3] = [
        ("roles in one account", |count| {
            let role = |n: usize| {
                access(&format!("a{n}"), &format!("arn:aws:iam::111122223333:role/jit/r{n}"), "", "bob")
            };
            policy("function", &(0..count).map(role).collect::<Vec<_>>())
        }),
        ("accounts of one role", |count| {
            let accounts: Vec<String> = (0..count).map(|n| format!("\"1111222{n:05}\"")).collect();
            policy(
                "approver",
                &[access("a", "arn:aws:iam::*:role/jit/r", &format!("[{}]", accounts.join(",")), "bob")],
            )
        }),
        ("accounts with voters of their own", |count| {
            let role = |n: usize| {
                access(
                    &format!("a{n}"),
                    &format!("arn:aws:iam::1111222{n:05}:role/jit/r"),
                    "",
                    &format!("voter{n}"),
                )
            };
            policy("approver", &(0..count).map(role).collect::<Vec<_>>())
        }),
    ];
    for (what, make) in rows {
        let cells = [1, 10, 100].map(|count| {
            let policy = make(count);
            let (index, rendering) = parts(&policy);
            let template = account_template(&index.expect("an index"), &rendering);
            let fullness = Fullness::of_document(Limit::Template, &template.document);
            assert_eq!(fullness.used, template.document.pretty().len());
            let room = fullness.check().expect("it fits in a bucket");
            let advice = fullness.advice().unwrap_or_default();
            assert!(advice.is_empty() || advice.contains("--template-url"), "{advice}");
            let value: Value = serde_json::from_str(template.document.as_str()).expect("JSON");
            // CloudFormation takes 500 resources.
            assert!(value["Resources"].as_object().expect("resources").len() <= 500);
            format!("{} ({room:?})", fullness.used)
        });
        lines.push(format!("{what}: {}", cells.join(", ")));
    }
    assert_eq!(lines.join("\n"), SIZES.trim());
}
