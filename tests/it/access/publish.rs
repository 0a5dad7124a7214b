//! `jit policy publish` and `jit policy show`.

use super::company::{Company, POLICY, text};

/// The beginning of the SHA-256 that a dry run shows.
fn hash(company: &Company, arguments: &[&str]) -> String {
    let output = company.says("pat", &[&["policy", "publish"], arguments, &["--dry-run"]].concat());
    assert_eq!(output.code(), 0, "{output}");
    let (_, rest) = output.stderr.split_once("SHA-256 ").unwrap_or_else(|| panic!("{output}"));
    rest.lines().next().unwrap().to_owned()
}

/// Publishes `policy.toml` with this content, and not in the second of the one before it: of two in one second, either may be
/// the later one.
fn publish(company: &Company, content: &str) {
    std::thread::sleep(std::time::Duration::from_millis(1100));
    company.room.write("policy.toml", content);
    let hash = hash(company, &["policy.toml"]);
    let output = company.says("pat", &["policy", "publish", "policy.toml", "--yes", "--sha256", &hash]);
    assert_eq!(output.code(), 0, "{output}");
}

#[test]
fn the_first_policy_is_published_and_shown() {
    let company = Company::without_policy(POLICY);
    let nothing = company.says("pat", &["policy", "show"]);
    assert_eq!(nothing.code(), 2, "{nothing}");
    company.room.write("policy.toml", &text(POLICY));
    let unseen = company.says("pat", &["policy", "publish", "policy.toml"]);
    insta::assert_snapshot!(company.room.told(&unseen), @r#"
    exit 2
    --- stderr
    policy.toml:2:1: warning: with apply = "approver" the quorum is only advice: one person who can apply grants could apply any [quorum-is-advice]
         2 | [deployment]
      next: use apply = "function" after the trial
    Nobody has published a policy in this ledger yet
    SHA-256 d5ffcc3ece17
    error: there is no terminal to ask on, and nothing is done unseen
      next: jit policy publish policy.toml --yes --sha256 d5ffcc3ece17  agrees to what is shown above
    "#);
    let unseen = company.says("pat", &["policy", "publish", "policy.toml", "--yes"]);
    assert_eq!(unseen.code(), 2, "{unseen}");
    publish(&company, &text(POLICY));
    let shown = company.says("erin", &["policy", "show"]);
    assert!(shown.code() == 0 && shown.stderr.contains("In force since"), "{shown}");
    assert!(shown.stderr.contains("by pat@example.com"), "{shown}");
    // It is a policy again, and says the same.
    company.room.write("shown.toml", &shown.stdout);
    assert_eq!(company.says("pat", &["policy", "check", "shown.toml"]).code(), 0);
    let same = company.says("pat", &["policy", "publish", "shown.toml"]);
    insta::assert_snapshot!(company.room.told(&same), @r#"
    exit 0
    --- stderr
    shown.toml:1:1: warning: with apply = "approver" the quorum is only advice: one person who can apply grants could apply any [quorum-is-advice]
         1 | [deployment]
      next: use apply = "function" after the trial
    ✓ The policy in force says the same
    "#);
    let history = company.says("erin", &["policy", "show", "--history"]);
    let lines: Vec<&str> = history.stdout.lines().collect();
    assert!(
        lines.len() == 2 && lines[1].contains("pat@example.com") && lines[1].ends_with("in force"),
        "{history}"
    );
}

#[test]
fn a_new_policy_lists_what_it_changes_and_whom_it_would_not_give_it() {
    let company = Company::new();
    let (id, hash_of_request) = company.asks_for_deploy("alice");
    let seen = ["approve", &id, "--yes", "--sha256", &hash_of_request];
    assert_eq!(company.says("bob", &seen).code(), 0);
    let shorter = text(POLICY).replacen("max = \"2h\"", "max = \"30m\"", 1);
    company.room.write("policy.toml", &shorter);
    let dry = company.says("pat", &["policy", "publish", "policy.toml", "--dry-run"]);
    insta::assert_snapshot!(company.told(&dry), @r#"
    exit 0
    --- stderr
    policy.toml:2:1: warning: with apply = "approver" the quorum is only advice: one person who can apply grants could apply any [quorum-is-advice]
         2 | [deployment]
      next: use apply = "function" after the trial
    --- policy.toml
    +++ policy.toml
    @@ -23,7 +23,7 @@
     reason = 5
     approve = [{ group = "owners", min = 1 }]
     escalate = { after = "3600s", group = "leads" }
    -max = "7200s"
    +max = "1800s"
     approve_by = ["cli"]
     
     [access."glass"]
    Live grants that this policy would not give; they last until they end or are revoked:
      alice@example.com deploy until HH:MM: it would be denied (max): it asks for more than 30 min
        jit revoke ID -m WHY
    SHA-256 ac9ee6fbc713
    "#);
    publish(&company, &shorter);
    // Publishing changes no live grant.
    assert_eq!((company.state("alice", &id).as_str(), company.policies("engineer")), ("live", 1));
    let history = company.says("erin", &["policy", "show", "--history", "--json"]);
    let history: serde_json::Value = serde_json::from_str(&history.stdout).unwrap();
    let policies = history["policies"].as_array().unwrap();
    assert_eq!(
        (policies.len(), &policies[0]["in_force"], &policies[1]["in_force"]),
        (2, &true.into(), &false.into())
    );
    let first = policies[1]["id"].as_str().unwrap();
    let shown = company.says("erin", &["policy", "show", first]);
    assert!(shown.stdout.contains("max = \"2h\"") && shown.stderr.contains("Published at"), "{shown}");
    let none = company.says("erin", &["policy", "show", "ffffffff"]);
    insta::assert_snapshot!(company.told(&none), @"
    exit 2
    --- stderr
    error: no policy of the history matches `ffffffff`
      next: jit policy show --history  lists them
    ");
}

#[test]
fn documents_are_part_of_the_published_policy() {
    let company = Company::new();
    let narrow =
        text(POLICY).replacen("ceiling = \"read\"", "ceiling = \"read\"\nallow = \"deploy.json\"", 1);
    company.room.write(
        "deploy.json",
        r#"{"Statement": [{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}]}"#,
    );
    publish(&company, &narrow);
    std::fs::remove_file(company.room.path("deploy.json")).unwrap();
    let shown = company.says("erin", &["policy", "show"]);
    assert!(shown.stdout.contains("ecs:Describe*") && !shown.stdout.contains("deploy.json"), "{shown}");
}

/// What cannot be published, with its exit code and its words.
#[test]
fn policies_that_may_not_be_published_are_refused() {
    let company = Company::new();
    let cases = [
        (
            text(POLICY).replace("ceiling = \"read\"\nwho = [\"eng\"]\napprove", "who = [\"eng\"]\napprove"),
            2,
            "has errors that have to be fixed first",
        ),
        (POLICY.replace("DOOR", "AROAOTHER7890EXAMPLE"), 2, "would not let you publish the next one"),
        ("[access".to_owned(), 2, "policy.toml:1:"),
    ];
    for (content, code, what) in cases {
        company.room.write("policy.toml", &content);
        let output =
            company.says("pat", &["policy", "publish", "policy.toml", "--yes", "--sha256", "00000000"]);
        assert!(output.code() == code && output.stderr.contains(what), "{what}: {output}");
    }
    let nobody = text(POLICY).replace(", \"publish\"", "");
    let other = format!(
        "{}\n[door.ops]\nrole = \"arn:aws:iam::111111111111:role/ops\"\nids = [\"AROAOPS567890EXAMPLE\"]\nmay = [\"publish\"]\n",
        nobody
    );
    company.room.write("policy.toml", &other);
    let locked = company.says("pat", &["policy", "publish", "policy.toml", "--dry-run"]);
    insta::assert_snapshot!(company.told(&locked), @r#"
    exit 2
    --- stderr
    policy.toml:2:1: warning: with apply = "approver" the quorum is only advice: one person who can apply grants could apply any [quorum-is-advice]
         2 | [deployment]
      next: use apply = "function" after the trial
    error: this policy would not let you publish the next one: no door of it that may publish has your role's id
      next: add "AROADVLWJUKVWTZZ43X44" to `ids` of a [door] with may = ["publish"]
    "#);
    assert_eq!(company.says("pat", &["policy", "show", "--history"]).stdout.lines().count(), 2);
}
