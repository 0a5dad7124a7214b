//! A deployment that is as it should be.

use crate::support::Room;

use super::company::{Company, PUBLISHER, bucket, statement};

/// What each probe says, by name.
fn said(company: &Company, reads: bool) -> Vec<String> {
    let (output, found) = company.proves(reads);
    assert_eq!(output.code(), 0, "{output}");
    found.into_iter().map(|(probe, (health, _))| format!("{probe} {health}")).collect()
}

#[test]
fn a_good_deployment_holds_and_nothing_is_changed() {
    let company = Company::new("function");
    let before = company.everything();
    let live = [
        "door-nothing-else good",
        "door-second-way good",
        "function-lives good",
        "grants-arrive untried",
        "guardrail untried",
        "ledger-acts good",
        "ledger-delete good",
        "ledger-multipart good",
        "ledger-no-condition good",
        "ledger-other-author good",
        "ledger-overwrite good",
        "ledger-own-fact good",
        "ledger-policy good",
        "one-name untried",
        "read-applier untried",
        "read-ceilings untried",
        "read-doors untried",
        "read-ledger untried",
        "read-roles untried",
        "role-carried good",
        "role-ceiling untried",
        "role-no-grant good",
        "role-other-name good",
    ];
    assert_eq!(said(&company, false), live);
    let read = live.map(|line| match line.split(' ').next().unwrap() {
        probe if probe.starts_with("read-") || probe == "guardrail" => format!("{probe} good"),
        _ => line.to_owned(),
    });
    assert_eq!(said(&company, true), read);
    assert_eq!(company.everything(), before);
    let text = company.jit(&["doctor"]);
    let told = company.room.told(&text);
    let access = told.lines().filter(|line| line.contains("access") || line.starts_with("Trying"));
    let access =
        access.map(|line| line.split(" s ago").next().unwrap_or(line).trim_end_matches(char::is_numeric));
    insta::assert_snapshot!(access.collect::<Vec<_>>().join("\n"), @"
    ✓ access   ledger-own-fact: held: people can write facts under their own name (your own can be written)
    ✓ access   ledger-other-author: held: nobody can write under another name (your own can be written, this cannot; 7 calls refused)
    ✓ access   ledger-no-condition: held: nobody can write without the condition that the object is new (your own can be written, this cannot; 1 call refused)
    ✓ access   ledger-overwrite: held: nobody can overwrite an object (your own can be written, this cannot; 1 call refused)
    ✓ access   ledger-multipart: held: nobody can write by multipart upload, which would be dated back (your own can be written, this cannot; 1 call refused)
    ✓ access   ledger-acts: held: only who applies can write acts (your own can be written, this cannot; 2 calls refused)
    ✓ access   ledger-policy: held: only the publishing entry role can publish, and under its user's name (your own can be written, this cannot; 2 calls refused)
    ✓ access   ledger-delete: held: nobody can delete a version (your own can be written, this cannot; 1 call refused)
    ✓ access   door-nothing-else: held: the entry role allows nothing but the ledger and roles on request (the ledger can be read, nothing else; 4 calls refused)
    ✓ access   door-second-way: held: the entry role leads to no role but those it is for (other roles do not admit you; 6 calls refused)
    ✓ access   role-other-name: held: people become a role on request under their own name only (2 roles: your own name is admitted, no other; 8 calls refused)
    ✓ access   role-carried: held: nobody can bring a source identity or session tags of their choice (2 roles: only what is your own; 4 calls refused)
    ✓ access   role-no-grant: held: a role on request can do nothing without a grant (2 roles: the session says who you are, and nothing else; 18 calls refused)
    - access   role-ceiling: not tried: you have no grant to try it with; --reader reads the ceiling
    - access   grants-arrive: not tried: nothing was granted yet
    - access   one-name: not tried: nobody has written anything yet
    ✓ access   function-lives: held: the function sweeps (version 0.1.0, last sweep 
    - access   read-ledger: not tried: nobody may read it here; name roles that may, with --reader ROLE
    - access   read-roles: not tried: nobody may read it here; name roles that may, with --reader ROLE
    - access   read-ceilings: not tried: nobody may read it here; name roles that may, with --reader ROLE
    - access   read-doors: not tried: nobody may read it here; name roles that may, with --reader ROLE
    - access   read-applier: not tried: nobody may read it here; name roles that may, with --reader ROLE
    - access   guardrail: not tried: nobody may read it here; name roles that may, with --reader ROLE
    Trying what the ledger has to refuse …
    Trying what the roles have to refuse …
    ");
}

#[test]
fn where_approvers_apply_their_quorum_is_called_advice() {
    let company = Company::new("approver");
    let (output, found) = company.proves(true);
    assert_eq!(output.code(), 0, "{output}");
    let (health, what) = &found["function-lives"];
    assert!(health == "doubtful" && what.contains("their quorum is advice"), "{what}");
    for (probe, (health, what)) in &found {
        assert!(["good", "untried", "doubtful"].contains(&health.as_str()), "{probe}: {what}");
    }
    assert_eq!((found["read-applier"].0.as_str(), found["ledger-acts"].0.as_str()), ("good", "good"));
}

#[test]
fn without_a_session_nothing_is_tried_and_nobody_is_signed_in() {
    let company = Company::new("function");
    assert_eq!(company.jit(&["logout", "--all"]).code(), 0);
    let opened = company.room.opened().len();
    let (output, found) = company.proves(false);
    assert_eq!((output.code(), company.room.opened().len()), (0, opened), "{output}");
    assert_eq!(found.values().map(|(health, _)| health.as_str()).collect::<Vec<_>>(), ["untried"]);
    assert!(output.stdout.contains("jit login hub"), "{output}");
}

#[test]
fn without_access_there_is_no_such_part() {
    let room = Room::signed_in("admin");
    let output = room.jit(&["doctor"]).run();
    assert!(output.code() == 0 && !output.stdout.contains("access"), "{output}");
    let output = room.jit(&["doctor", "--reader", "admin"]).run();
    assert!(output.stdout.contains("nothing was read: there is no [access]"), "{output}");
    room.write_config(&format!("{}\n[access]\nledger = \"~/ledger\"\n", room.usual_config()));
    let output = room.jit(&["doctor"]).run();
    assert!(output.stdout.contains("✗ access"), "{output}");
}

/// What the other door finds, by probe.
fn through(company: &Company, door: &str) -> Vec<String> {
    let output = company.jit(&["doctor"]);
    let start = format!(": through {door}: ");
    let lines = output.stdout.lines().map(|line| line.replacen(" access   through ", ": through ", 1));
    let found = lines.filter_map(|line| {
        let (mark, what) = line.split_once(&start)?;
        Some(format!("{mark} {}", what.split(": ").next()?))
    });
    found.collect()
}

#[test]
fn the_other_doors_of_the_configuration_are_tried_too() {
    let company = Company::new("function");
    let config = std::fs::read_to_string(company.room.path("config/jit/config.toml")).unwrap();
    company.room.write_config(&format!("{config}publisher = \"platform\"\nvoter = \"platform\"\n"));
    let good = [
        "✓ ledger-own-fact",
        "✓ ledger-other-author",
        "✓ ledger-no-condition",
        "✓ ledger-overwrite",
        "✓ ledger-multipart",
        "✓ ledger-acts",
        "✓ ledger-policy",
        "✓ ledger-delete",
        "✓ door-nothing-else",
        "✓ door-second-way",
    ];
    assert_eq!(through(&company, "platform"), good);
    // Anybody who may publish may do so under any name.
    company.change(|cloud| {
        let any = |document: &mut serde_json::Value| {
            let text = document.to_string().replace("/${aws:userid}/policy.toml", "/*/policy.toml");
            *document = serde_json::from_str(&text).unwrap();
        };
        bucket(cloud, any);
        super::company::inline(cloud, PUBLISHER, "jit-publish", any);
    });
    let found = through(&company, "platform");
    assert!(found.contains(&"✗ ledger-policy".to_owned()), "{found:?}");
    company.repair();
    // Somebody whom the IdP does not let through sees the rest.
    company.change(|cloud| {
        super::company::trust(cloud, PUBLISHER, |document| {
            statement(document, "SignIn")["Condition"]["StringEquals"]["sts:RoleSessionName"] =
                "nobody".into();
        });
    });
    assert_eq!(company.jit(&["logout", "platform"]).code(), 0);
    assert_eq!(company.jit(&["login", "hub"]).code(), 0);
    let output = company.jit(&["doctor"]);
    assert!(output.code() == 0 && output.stdout.contains("- access   platform: not tried: "), "{output}");
}
