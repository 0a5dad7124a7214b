//! Roles on request in the commands that use roles: not granted, waited for, granted, and named by the person's own files.

use jit_emulator::Call;
use serde_json::Value;

use super::company::Company;
use crate::support::Output;

const ENGINEER: &str = "arn:aws:iam::222222222222:role/jit/engineer";

/// Approves as Bob what was asked for.
pub(super) fn approves(company: &Company, (id, hash): &(String, String)) {
    let approved = company.says("bob", &["approve", id, "--yes", "--sha256", hash]);
    assert_eq!(approved.code(), 0, "{approved}");
}

/// When the grants of a request end, as the ledger says.
pub(super) fn end_of(company: &Company, id: &str) -> String {
    let shown = company.says("alice", &["requests", id, "--json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    shown["state"]["until"].as_str().unwrap().to_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"))
}

/// Adds to the configuration of the company.
fn adds(company: &Company, text: &str) {
    let before = std::fs::read_to_string(company.room.path("config/jit/config.toml")).unwrap();
    company.room.write_config(&format!("{before}\n{text}"));
}

#[test]
fn without_a_grant_a_program_is_told_at_once_in_one_line() {
    let company = Company::new();
    assert_eq!(company.says("alice", &["requests"]).code(), 0);
    for (access, ask) in
        [("deploy", "jit request deploy -m REASON"), ("pay", "jit request pay -m REASON --ticket TICKET")]
    {
        let output = company.says("alice", &["credential-process", access]);
        let line = format!("error: {access} is not granted to you; to ask for it, run: {ask}\n");
        assert_eq!((output.code(), output.stderr), (4, line));
        // People see the same command, on a line of its own.
        for command in [
            &["exec", access, "--", "true"][..],
            &["env", access, "--shell", "bash"],
            &["console", access, "--print"],
        ] {
            let output = company.says("alice", command);
            let lines = format!("error: {access} is not granted to you\n  next: {ask}  asks for it\n");
            assert_eq!((output.code(), output.stderr), (4, lines), "{command:?}");
        }
    }
    // It is the command that was named: with words for what it needs, it asks.
    assert_eq!(company.says("alice", &["request", "deploy", "-m", "REASON"]).code(), 0);
}

#[test]
fn a_program_waits_for_a_request_that_is_pending() {
    let company = Company::new();
    let asked = company.asks("alice", &["deploy", "-d", "30m", "-m", "fix the deployment of payments"]);
    let waits = company.jit("alice", &["credential-process", "deploy"]).hands_over().start();
    waits.says("deploy is not granted to you yet: request ");
    waits.says("and waits for owners: bob@example.com or carol@example.com; waiting up to 55 s\n");
    approves(&company, &asked);
    let output = waits.wait();
    assert_eq!((output.code(), &json(&output)["AccountId"]), (0, &"222222222222".into()), "{output}");
    assert_eq!(json(&output)["Expiration"], end_of(&company, &asked.0).as_str());

    let asked = company.asks("alice", &["pay", "-d", "15m", "--ticket", "INC-7"]);
    let waits = company.jit("alice", &["credential-process", "pay"]).start();
    waits.says("waiting up to 55 s\n");
    assert_eq!(company.says("alice", &["drop", &asked.0]).code(), 0);
    let output = waits.wait();
    let last = output.stderr.lines().last().unwrap();
    let told =
        "error: pay is not granted to you; to ask for it, run: jit request pay -m REASON --ticket TICKET";
    assert_eq!((output.code(), last, output.stdout.as_str()), (4, told, ""), "{output}");
}

/// Each of them would ask STS who it is before it reads the ledger, and look every few seconds.
#[test]
fn many_programs_that_wait_share_what_one_of_them_reads() {
    const PROGRAMS: usize = 24;
    let company = Company::new();
    let asked = company.asks_for_deploy("alice");
    let before = company.room.count(Call::GetCallerIdentity);
    let start = || company.jit("alice", &["credential-process", "deploy"]).hands_over().start();
    let all: Vec<_> = (0..PROGRAMS).map(|_| start()).collect();
    all.iter().for_each(|one| drop(one.says("waiting up to 55 s")));
    let waiting = company.room.count(Call::GetCallerIdentity) - before;
    assert!(waiting < PROGRAMS / 2, "the ledger was read {waiting} times by {PROGRAMS} programs");
    approves(&company, &asked);
    for one in all {
        let output = one.wait();
        assert_eq!(output.code(), 0, "{output}");
    }
    // One session serves them all.
    assert_eq!(company.room.count(Call::AssumeRole), 2, "the grantor's, and one of the role");
}

/// Whatever reports an end reports that of the grant: half an hour, where STS gives the session an hour.
#[test]
fn a_session_ends_with_its_grant() {
    let company = Company::new();
    let asked = company.asks("alice", &["deploy", "-d", "30m", "-m", "fix the deployment of payments"]);
    approves(&company, &asked);
    let end = end_of(&company, &asked.0);
    let handed = company.jit("alice", &["credential-process", "deploy"]).hands_over().run();
    assert_eq!(json(&handed)["Expiration"], end.as_str());
    let printed = company.jit("alice", &["env", "deploy", "--shell", "json"]).hands_over().run();
    assert_eq!(json(&printed)["AWS_CREDENTIAL_EXPIRATION"], end.as_str());
    let status = json(&company.says("alice", &["status", "--json"]));
    let of = |name: &str| {
        let sessions = status["sessions"].as_array().unwrap();
        sessions.iter().find(|session| session["role"] == name).unwrap().clone()
    };
    assert_eq!(
        (&of("deploy")["expires_at"], &of("deploy")["granted_until"]),
        (&end.as_str().into(), &end.as_str().into())
    );
    // A role that is not on request ends when AWS says.
    assert!(
        of("hub")["expires_at"].as_str().unwrap() > end.as_str() && of("hub").get("granted_until").is_none()
    );
    let long = company.says("alice", &["exec", "deploy", "--min-ttl", "45m", "--", "true"]);
    assert!(
        long.code() == 4
            && long.stderr.contains("deploy is granted to you for another ")
            && long.stderr.contains(" only, and --min-ttl asks for 45 min"),
        "{long}"
    );
    assert!(long.stderr.contains("next: jit request deploy -d 1h  asks for more time"), "{long}");

    // Extended, the same session goes on: nobody signs in, and no role is assumed.
    let second = company.asks("alice", &["deploy", "-d", "2h"]);
    let before = company.room.counts([Call::AssumeRoleWithWebIdentity, Call::Authorize]);
    approves(&company, &second);
    let key = |output: &Output| json(output)["AccessKeyId"].clone();
    let later = end_of(&company, &second.0);
    let again = company.jit("alice", &["credential-process", "deploy"]).hands_over().run();
    assert_eq!(key(&again), key(&handed));
    assert!(later > end && json(&again)["Expiration"].as_str().unwrap() > end.as_str(), "{again}");
    assert_eq!(company.room.counts([Call::AssumeRoleWithWebIdentity, Call::Authorize]), before);

    // Given back, it is no longer handed out, although AWS's session is valid.
    assert_eq!(company.says("alice", &["drop", "deploy"]).code(), 0);
    assert_eq!(company.says("alice", &["credential-process", "deploy"]).code(), 4);
    let status = company.says("alice", &["status"]);
    assert!(status.stdout.contains("not granted"), "{status}");
}

#[test]
fn a_role_of_the_persons_own_files_is_checked_and_gives_its_settings() {
    let company = Company::new();
    adds(
        &company,
        &format!(
            "[role.mine]\nvia = \"hub\"\nrole_arn = \"{ENGINEER}\"\nregion = \"us-west-2\"\ncolor = \"red\"\n\
             session_name = \"mallory@example.com\"\n"
        ),
    );
    let print = ["--", "printenv", "JIT_ROLE", "AWS_REGION"];
    let mine = [&["exec", "mine"], &print[..]].concat();
    let refused = company.says("alice", &mine);
    let told = "error: deploy is not granted to you\n  next: jit request deploy -m REASON  asks for it\n";
    assert_eq!((refused.code(), refused.stderr.as_str()), (4, told));
    let asked = company.asks("alice", &["deploy", "-d", "30m", "-m", "fix the deployment of payments"]);
    approves(&company, &asked);
    let used = company.says("alice", &mine);
    assert_eq!((used.code(), used.stdout.as_str()), (0, "mine\nus-west-2\n"), "{used}");
    let handed = company.jit("alice", &["credential-process", "mine"]).hands_over().run();
    assert_eq!(json(&handed)["Expiration"], end_of(&company, &asked.0).as_str());
    // By the name of the access it has the same settings, and is the same session.
    let used = company.says("alice", &[&["exec", "deploy"], &print[..]].concat());
    assert_eq!((used.code(), used.stdout.as_str()), (0, "deploy\nus-west-2\n"), "{used}");
    // It is the person's own name, whatever the file says: AWS lets in no other.
    let who = json(&company.says("alice", &["whoami", "mine", "--json"]));
    assert!(who["arn"].as_str().unwrap().ends_with(":assumed-role/engineer/alice@example.com"), "{who}");
    // Where access on request is not configured, jit sends the name of the file, and AWS says no.
    let config = std::fs::read_to_string(company.room.path("config/jit/config.toml")).unwrap();
    company.room.write_config(&config.replace("[access]\nledger = \"~/ledger\"\n", ""));
    assert_eq!(company.says("alice", &mine).code(), 4);
    company.room.write_config(&config.replace("session_name = \"mallory@example.com\"\n", ""));
    assert_eq!(company.says("alice", &mine).code(), 0);
}

/// A profile of `~/.aws/config` is a role like any other.
#[test]
fn a_profile_of_the_role_is_checked_too() {
    let company = Company::new();
    company.room.write(
        ".aws/config",
        &format!(
            "[profile door]\ncredential_process = jit credential-process hub\n\n[profile pays]\nrole_arn = {ENGINEER}\n\
             source_profile = door\nregion = us-east-2\n"
        ),
    );
    let refused = company.says("alice", &["exec", "pays", "--", "true"]);
    assert!(refused.code() == 4 && refused.stderr.contains("jit request deploy -m REASON"), "{refused}");
    approves(&company, &company.asks_for_deploy("alice"));
    let used = company.says("alice", &["exec", "pays", "--", "printenv", "AWS_REGION"]);
    assert_eq!((used.code(), used.stdout.as_str()), (0, "us-east-2\n"), "{used}");
}

/// Roles that are not on request work without the ledger.
#[test]
fn other_roles_do_not_need_the_ledger() {
    let company = Company::new();
    assert_eq!(company.says("alice", &["login", "hub"]).code(), 0);
    std::fs::remove_dir_all(company.room.path("ledger")).unwrap();
    assert_eq!(company.says("alice", &["exec", "hub", "--", "true"]).code(), 0);
    assert_eq!(company.jit("alice", &["credential-process", "hub"]).hands_over().run().code(), 0);
}

#[test]
fn the_offer_asks_until_it_has_a_time() {
    let company = Company::new();
    assert_eq!(company.says("alice", &["requests"]).code(), 0);
    let mut asks =
        company.jit("alice", &["env", "deploy", "--shell", "bash"]).hands_over().somebody_types().start();
    asks.says("deploy is not granted to you. Ask for it? [y/N]");
    asks.types("y\r");
    asks.says("For how long (Enter: 1 h, at most 2 h)");
    asks.types("soon\r");
    asks.says("`soon` is not a duration");
    asks.types("3h\r");
    asks.says("3h is more than 2 h");
    asks.types("\r");
    asks.says("Reason");
    asks.types("fix the deployment\r");
    asks.says("An approver types: jit approve ");
    asks.says("Waiting for owners");
    let all = company.says("bob", &["requests", "--for-me", "--json"]);
    let one = &json(&all)["requests"][0];
    let text = |key: &str| one[key].as_str().unwrap().to_owned();
    assert_eq!(one["seconds"], 3600);
    approves(&company, &(text("short"), text("sha256")[..12].to_owned()));
    let output = asks.wait();
    assert!(output.code() == 0 && output.stdout.contains("export AWS_SESSION_TOKEN="), "{}", output.code());
}

/// `jit login` of an access signs in first, and then says where the person stands.
#[test]
fn a_login_says_how_long_it_is_granted_and_offers_to_ask() {
    let company = Company::new();
    assert_eq!(company.says("alice", &["requests"]).code(), 0);
    let refused = company.says("alice", &["login", "deploy"]);
    assert_eq!(refused.code(), 4, "{refused}");
    assert!(refused.stderr.starts_with("✓ Still valid: hub as alice@example.com, until "), "{refused}");
    let told = "error: deploy is not granted to you\n  next: jit request deploy -m REASON  asks for it\n";
    assert!(refused.stderr.ends_with(told), "{refused}");
    let mut asks = company.jit("alice", &["login", "deploy"]).somebody_types().start();
    asks.says("deploy is not granted to you. Ask for it? [y/N]");
    asks.types("y\r");
    asks.says("For how long");
    asks.types("30m\r");
    asks.says("Reason");
    asks.types("fix the deployment\r");
    asks.says("Waiting for owners");
    let all = json(&company.says("bob", &["requests", "--for-me", "--json"]));
    let text = |key: &str| all["requests"][0][key].as_str().unwrap().to_owned();
    approves(&company, &(text("short"), text("sha256")[..12].to_owned()));
    asks.says("deploy is granted until ");
    asks.says("To extend it: jit request deploy -d 1h");
    assert_eq!(asks.wait().code(), 0);
    let again = company.says("alice", &["login", "deploy"]);
    assert!(
        again.code() == 0 && again.stderr.contains("✓ Still valid: deploy as alice@example.com"),
        "{again}"
    );
    // A name that nobody knows is still one.
    let unknown = company.says("alice", &["login", "deplyo"]);
    assert!(unknown.code() == 2 && unknown.stderr.contains("no role matches `deplyo`"), "{unknown}");
}

/// The name is the claim's, as it is, on each hop; what the IdP does not send or AWS does not take is said before AWS is called.
#[test]
fn an_entry_role_takes_its_session_name_from_a_claim() {
    let room = crate::support::Room::new();
    let config = room.usual_config();
    let sub = jit_emulator::Settings::default().user.subject;
    for (claim, name) in [("sub", sub.as_str()), ("email", "alice@example.com")] {
        let with = format!("[role.hub]\nsession_name = \"{{{claim}}}\"\n");
        room.write_config(&config.replace("[role.hub]\n", &with));
        assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
        for role in ["hub", "admin"] {
            let who = json(&room.jit(&["whoami", role, "--json"]).run());
            assert!(who["arn"].as_str().unwrap().ends_with(&format!("/{name}")), "{claim} {role}: {who}");
        }
    }
    room.write_config(&config.replace("[role.hub]\n", "[role.hub]\nsession_name = \"{employee}\"\n"));
    let none = room.jit(&["login", "hub"]).run();
    assert!(
        none.code() == 2 && none.stderr.contains("from the claim `employee`, and demo sends none"),
        "{none}"
    );
    for wrong in ["[role.admin]\nsession_name = \"{sub}\"\n", "[role.admin]\nsession_name = \"{}\"\n"] {
        room.write_config(&config.replace("[role.admin]\n", wrong));
        let refused = room.jit(&["login", "admin"]).run();
        assert!(refused.code() == 2 && refused.stderr.contains("is not a valid session_name"), "{refused}");
    }
}

/// The prompt shows how long the grant lasts, not the session: that is renewed.
#[test]
fn the_prompt_shows_how_long_it_is_granted() {
    let company = Company::new();
    adds(&company, &format!("[role.mine]\nvia = \"hub\"\nrole_arn = \"{ENGINEER}\"\n"));
    let prompt =
        |role: &str| company.jit("alice", &["status", "--prompt"]).env("JIT_ROLE", role).run().stdout;
    assert_eq!(company.says("alice", &["requests"]).code(), 0);
    assert_eq!((prompt("mine").as_str(), prompt("deploy").as_str()), ("mine not granted\n", ""));
    approves(&company, &company.asks("alice", &["deploy", "-d", "2h", "-m", "fix the deployment"]));
    assert_eq!(company.says("alice", &["exec", "mine", "--", "true"]).code(), 0);
    for role in ["mine", "deploy"] {
        let shown = prompt(role);
        // The second in which it is granted may not be over.
        assert!(["1 h 59 min", "2 h"].iter().any(|left| shown == format!("{role} {left}\n")), "{shown}");
    }
}
