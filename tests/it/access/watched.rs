//! `jit exec` of a role on request: the credentials last as long as the grant, and the person is told before it ends.

use super::company::Company;
use super::granted::{approves, end_of};

/// Asks the endpoint that serves the command.
const ASK: &str = r#"ask() { curl -s -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"; }"#;
/// When the credentials end that the endpoint gives, or what it says instead.
const END: &str = r#"end() { (ask; echo) | tr ',' '\n' | sed -n -e 's/.*"Expiration":"\([^"]*\)".*/\1/p' -e 's/.*"message":"\([^"]*\)".*/\1/p'; }"#;

#[test]
fn the_command_is_told_once_that_the_grant_ends_and_goes_on_when_it_is_extended() {
    let company = Company::new();
    let first = company.asks("alice", &["deploy", "-d", "4m", "-m", "fix the deployment of payments"]);
    approves(&company, &first);
    let script = format!(
        "{ASK}; {END}; echo keys: $AWS_ACCESS_KEY_ID; end; echo ready; until [ -e more ]; do sleep 0.05; done; \
         first=$(ask | cut -d'\"' -f4); until [ \"$(end)\" \\> \"$0\" ]; do sleep 0.2; done; \
         [ \"$(ask | cut -d'\"' -f4)\" = \"$first\" ] && echo same session; end; exit 7"
    );
    let end = end_of(&company, &first.0);
    let runs = company.jit("alice", &["exec", "deploy", "--", "sh", "-c", &script, &end]).start();
    runs.says("keys:\n");
    runs.says(&format!("{end}\n"));
    runs.says("ready");
    runs.says("To extend it, run in another terminal: jit request deploy -d 1h\n");
    let second = company.asks("alice", &["deploy", "-d", "30m"]);
    approves(&company, &second);
    company.room.write("more", "");
    let output = runs.wait();
    let later = end_of(&company, &second.0);
    assert!(output.stdout.ends_with(&format!("same session\n{later}\n")), "{later}: {output}");
    assert_eq!(output.code(), 7, "{output}");
    assert_eq!(output.stderr.matches("deploy ends at").count(), 1, "{output}");
    assert_eq!(output.stderr.matches("deploy is now granted until").count(), 1, "{output}");
}

#[test]
fn after_the_end_nothing_is_served() {
    let company = Company::new();
    approves(
        &company,
        &company.asks("alice", &["deploy", "-d", "8s", "-m", "fix the deployment of payments"]),
    );
    let script = format!("{ASK}; {END}; until [ -e told ]; do sleep 0.05; done; end");
    let runs = company.jit("alice", &["exec", "-q", "deploy", "--", "sh", "-c", &script]).start();
    runs.says("deploy ends at ");
    runs.says("deploy ended at ");
    runs.says("AWS refuses what this command does with it. To get it again, run in another terminal: jit request deploy -m REASON\n");
    company.room.write("told", "");
    let output = runs.wait();
    let over = "the grant of deploy has ended: run jit request deploy -m REASON\n";
    assert_eq!((output.code(), output.stdout.as_str()), (0, over), "{output}");
    assert_eq!(output.stderr.matches("deploy end").count(), 2, "{output}");
    let refused = company.says("alice", &["exec", "deploy", "--", "true"]);
    assert_eq!(refused.code(), 4, "{refused}");
}

/// A role that is not on request is served from the environment, as ever.
#[test]
fn only_a_grant_implies_refresh() {
    let company = Company::new();
    approves(&company, &company.asks_for_deploy("alice"));
    for (role, served) in [("hub", false), ("deploy", true)] {
        let output = company.says("alice", &["exec", "-q", role, "--", "sh", "-c", "env | cut -d= -f1"]);
        let has = |name: &str| output.stdout.lines().any(|line| line == name);
        assert_eq!(
            (has("AWS_CONTAINER_CREDENTIALS_FULL_URI"), has("AWS_SECRET_ACCESS_KEY"), output.stderr.as_str()),
            (served, !served, ""),
            "{role}"
        );
    }
    // On a terminal the role is picked once, and the command has it.
    let mut picks =
        company.jit("alice", &["exec", "deplyo", "--", "printenv", "JIT_ROLE"]).somebody_types().start();
    picks.says("deploy");
    picks.types("\r");
    let output = picks.wait();
    assert!(output.code() == 0 && output.stdout.ends_with("deploy\r\n"), "{output}");
}
