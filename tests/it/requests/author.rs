//! Who makes a request, and which ids and names a shell completes for them.

use super::*;

#[test]
fn whoever_is_nobody_or_has_no_ledger_is_told_why() {
    let trial = Trial::new();
    trial.publish(&POLICY.replace("\"alice@example.com\", ", ""));
    insta::assert_snapshot!(trial.jit(&ASK), @"
    exit 4
    --- stderr
    error: alice@example.com is not in the policy: no person of the policy has the name
      next: have the name added to a [group] of the policy, or to `names` of a [person]
    ");
    trial.publish(&POLICY.replace("DOOR", "AROAANOTHERDOOR000000"));
    // Nobody may publish through a door that is no door.
    let asked = trial.room.jit(&ASK).run();
    assert_eq!(asked.code(), 4, "{asked}");

    let room = Room::new();
    let told = |room: &Room, arguments: &[&str]| room.told(&room.jit(arguments).run());
    insta::assert_snapshot!(told(&room, &ASK), @r#"
    exit 2
    --- stderr
    error: access on request is not configured: ~/config/jit/config.toml has no [access]
      next: jit configure add URL  adds your company's shared file
      next: or add [access] with ledger = "s3://…", or with a folder for a trial
    "#);
    room.write_config(&format!("{}\n[access]\nledger = \"~/nowhere\"\n", room.usual_config()));
    insta::assert_snapshot!(told(&room, &["requests"]), @"
    exit 2
    --- stderr
    error: there is no folder ~/nowhere
      next: check `ledger` in the section [access]; the folder may be on a disk that is not mounted
    ");
    std::fs::create_dir(room.path("nowhere")).unwrap();
    insta::assert_snapshot!(told(&room, &["requests"]), @"
    exit 2
    --- stderr
    error: ~/nowhere is not a ledger: it does not have the folders a, f, policy, s and tmp
      next: check `ledger` in the section [access]: it names a folder that holds a ledger
    ");
    FolderLedger::create(&room.path("nowhere"), Arc::new(SystemAccounts::default())).unwrap();
    insta::assert_snapshot!(told(&room, &["requests"]), @"
    exit 3
    --- stderr
    error: you need to sign in at demo
      because: you have not signed in there yet
      next: jit login hub
    ");
    let second = room.usual_config().replace("[role.admin]\nvia = \"hub\"", "[role.admin]\nidp = \"demo\"");
    room.write_config(&format!("{second}\n[access]\nledger = \"~/nowhere\"\n"));
    insta::assert_snapshot!(told(&room, &["requests"]), @r#"
    exit 2
    --- stderr
    error: [access] does not say which role you come through
      because: several roles start at an IdP: admin, hub
      next: add a line such as entry = "admin" to [access]
    "#);
}

/// A name cannot be chosen: it is that of the session, whatever the environment or the arguments say.
#[test]
fn the_author_is_whoever_signed_in() {
    let trial = Trial::new();
    let asked = trial
        .room
        .jit(&ASK)
        .env("USER", "bob@example.com")
        .env("LOGNAME", "bob@example.com")
        .env("AWS_ROLE_SESSION_NAME", "bob@example.com")
        .env("JIT_USER", "bob@example.com")
        .run();
    assert_eq!(asked.code(), 0, "{asked}");
    let ledger = trial.ledger();
    let keys: Vec<String> = ledger.list("f/", "").unwrap().into_iter().map(|entry| entry.key).collect();
    assert!(keys.len() == 1 && keys[0].contains(":alice@example.com/request.json"), "{keys:?}");
    for option in ["--as", "--user", "--author", "--name"] {
        let refused = trial.room.jit(&[&ASK[..], &[option, "bob@example.com"]].concat()).run();
        assert_eq!(refused.code(), 2, "{refused}");
    }
}

/// Without an entry role there is no session that could say who somebody is, and the system does.
#[test]
fn without_an_entry_role_the_author_is_the_owner_of_the_file() {
    let trial = Trial::new();
    trial.room.write_config("[access]\nledger = \"~/ledger\"\n");
    let me = rustix::process::geteuid();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&me.as_raw().to_string())).unwrap();
    let name = line.split(':').next().unwrap();
    trial.publish(&POLICY.replace("alice@example.com", name));
    let asked = trial.room.jit(&ASK).env("USER", "bob").env("LOGNAME", "bob").run();
    assert_eq!(asked.code(), 0, "{asked}");
    insta::assert_snapshot!(trial.told(&asked), @"
    exit 0
    --- stdout
    id         id-001
    access     pay-admin
    account    222222222222
    for        1 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    In this folder you are root, the owner of the files you write. A bucket in S3 is safer.
    ✓ Asked for pay-admin
    ");
    let keys: Vec<String> =
        trial.ledger().list("f/", "").unwrap().into_iter().map(|entry| entry.key).collect();
    assert!(keys.len() == 1 && keys[0].contains(&format!(":{name}/request.json")), "{keys:?}");
}

/// Shells complete the short ids of open requests and the names of accesses, from what was read last.
#[test]
fn ids_and_names_are_completed() {
    let trial = Trial::new();
    assert_eq!(trial.room.jit(&ASK).run().code(), 0);
    let short = trial.requests()[0].0.short([]);
    let complete = |words: &[&str]| {
        let count = words.len().to_string();
        let output = trial
            .room
            .jit(&[&["--", "jit"], words].concat())
            .env("COMPLETE", "fish")
            .env("_CLAP_COMPLETE_INDEX", &count)
            .run();
        output.stdout
    };
    assert!(
        complete(&["requests", &short[..2]]).contains(&short),
        "{}",
        complete(&["requests", &short[..2]])
    );
    assert!(complete(&["request", "pay"]).contains("pay-admin"), "{}", complete(&["request", "pay"]));
    assert!(complete(&["drop", "wi"]).contains("wide"));
}
