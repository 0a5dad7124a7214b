//! `jit doctor`: what is wrong here, and what fixes it.

use jit_emulator::Call;
use serde_json::Value;

use crate::support::{Output, Room};

fn doctor(room: &Room) -> Output {
    room.jit(&["doctor"]).run()
}

/// What a `--json` run found about `about`: the state and the fix of each.
fn found(output: &Output, about: &str) -> Vec<(String, String)> {
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or("none").to_owned();
    let about = findings.iter().filter(|finding| finding["about"] == about);
    about.map(|finding| (text(finding, "health"), text(finding, "cure"))).collect()
}

#[test]
fn a_healthy_machine_has_no_findings() {
    let room = Room::signed_in("developer");
    assert_eq!(room.jit(&["configure", "profiles"]).run().code(), 0);
    let before = room.counts([Call::Discovery, Call::CodeGrant, Call::RefreshGrant, Call::AssumeRole]);
    let output = doctor(&room);
    let (issuer, sts) = (room.servers().issuer(), room.servers().sts_url());
    let expected = format!(
        "✓ config    ~/config/jit/config.toml: 3 roles\n\
         ✓ store     kernel in ~/state/jit/kernel: set by JIT_STORE\n\
         ✓ network   demo answers at {issuer}\n\
         ✓ clock     agrees with {sts}\n\
         ✓ profiles  nothing takes precedence over jit in ~/.aws/config\n"
    );
    assert_eq!((output.code(), output.stdout, output.stderr.as_str()), (0, expected, ""));
    assert_eq!(room.counts([Call::Discovery, Call::CodeGrant, Call::RefreshGrant, Call::AssumeRole]), before);
    let json = room.jit(&["doctor", "--json"]).run();
    let answer: Value = serde_json::from_str(&json.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap();
    let keys = |finding: &Value| finding.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(
        findings.len() == 5 && findings.iter().all(|one| keys(one) == ["about", "cure", "health", "what"])
    );
    assert!(findings.iter().all(|finding| finding["health"] == "good" && finding["cure"].is_null()));
}

#[test]
fn a_broken_configuration_is_found_and_the_rest_is_checked() {
    let room = Room::new();
    room.write_config("[role.x]\nvai = \"hub\"\n");
    let output = doctor(&room);
    assert_eq!(output.code(), 1, "{output}");
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[0], "✗ config  ~/config/jit/config.toml:2:1: unknown key `vai` in [role.x]");
    assert_eq!(lines[1], "          next: did you mean `via`?");
    assert!(lines[2].starts_with("✓ store   "), "{output}");
    assert_eq!(output.stderr, "error: 1 of 2 checks failed\n");
    let json = room.jit(&["doctor", "--json"]).run();
    assert_eq!(found(&json, "config"), [("broken".to_owned(), "did you mean `via`?".to_owned())]);
    let error: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!((error["error"]["kind"].as_str(), json.code()), (Some("failed"), 1));
}

#[test]
fn a_wrong_clock_is_reported_with_its_offset() {
    let room = Room::new();
    let mut answers = String::new();
    for ahead in [600, -7200] {
        room.servers().faults(|faults| faults.sts_clock = ahead);
        let output = doctor(&room);
        assert_eq!(output.code(), 1, "{output}");
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @"
    exit 1
    --- stdout
    ✓ config   ~/config/jit/config.toml: 3 roles
    ✓ store    kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ network  demo answers at http://IDP
    ✗ clock    this machine's clock is 10 min behind http://STS; AWS rejects signatures that are 5 min off
               next: set the clock: timedatectl set-ntp true, or your system's settings
    --- stderr
    error: 1 of 4 checks failed

    exit 1
    --- stdout
    ✓ config   ~/config/jit/config.toml: 3 roles
    ✓ store    kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ network  demo answers at http://IDP
    ✗ clock    this machine's clock is 2 h ahead of http://STS; AWS rejects signatures that are 5 min off
               next: set the clock: timedatectl set-ntp true, or your system's settings
    --- stderr
    error: 1 of 4 checks failed
    ");
    room.servers().faults(|faults| faults.sts_clock = 30);
    assert_eq!(doctor(&room).code(), 0, "half a minute is no matter");
}

#[test]
fn an_unreachable_endpoint_is_a_network_problem() {
    let room = Room::new();
    // The discard port: nobody listens there.
    let run = room.jit(&["doctor", "--json"]).env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9");
    let output = run.run();
    assert_eq!(output.code(), 1, "{output}");
    let cure = "check the network, HTTPS_PROXY and AWS_CA_BUNDLE";
    let good = ("good".to_owned(), "none".to_owned());
    assert_eq!(found(&output, "network"), [good, ("broken".to_owned(), cure.to_owned())]);
}

/// A regression: if an IdP could not be reached, the hint was `jit doctor`, which called no IdP.
#[test]
fn an_unreachable_idp_is_named() {
    let room = Room::new();
    room.write_config(&room.usual_config().replace(room.servers().issuer(), "http://127.0.0.1:9"));
    let output = room.jit(&["doctor"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 1
    --- stdout
    ✓ config   ~/config/jit/config.toml: 3 roles
    ✓ store    kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✗ network  demo does not answer at http://127.0.0.1:PORT: cannot reach 127.0.0.1:PORT: Connection refused (os error 111)
               next: check the network, HTTPS_PROXY and AWS_CA_BUNDLE
    ✓ clock    agrees with http://STS
    --- stderr
    error: 1 of 4 checks failed
    ");
}

#[test]
fn whatever_overrides_our_profiles_is_named_with_its_line() {
    let room = Room::new();
    assert_eq!(room.jit(&["configure", "profiles"]).run().code(), 0);
    room.write(".aws/credentials", "[admin]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n");
    let run =
        || room.jit(&["doctor"]).env("AWS_ACCESS_KEY_ID", "AKIAOTHER").env("AWS_SECRET_ACCESS_KEY", "y");
    let output = run().run();
    assert_eq!(output.code(), 0, "doubtful is not broken: {output}");
    let lines: Vec<&str> = output.stdout.lines().filter(|line| line.starts_with('!')).collect();
    assert!(lines[0].starts_with("! profiles  AWS_ACCESS_KEY_ID is set: "), "{output}");
    assert!(
        lines[1].starts_with("! profiles  ~/.aws/credentials:2: profile admin has `aws_access_key_id`: "),
        "{output}"
    );
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stdout
    ✓ config    ~/config/jit/config.toml: 3 roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ network   demo answers at http://IDP
    ✓ clock     agrees with http://STS
    ! profiles  AWS_ACCESS_KEY_ID is set: most tools use the keys in the environment, even with AWS_PROFILE
                next: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    ! profiles  ~/.aws/credentials:2: profile admin has `aws_access_key_id`: many tools use these long-lived access keys and never ask jit
                next: remove the line `aws_access_key_id = …`, or rename the profile
    ! keys      ~/.aws/credentials:2: the profile admin has long-lived access keys
                next: sign in at an IdP instead, then delete the keys at AWS and here
    ");
    assert!(!output.stdout.contains("AKIA"), "{output}");
}

#[test]
fn a_file_that_awss_tools_reject_is_broken() {
    let room = Room::new();
    room.write(".aws/config", "[default]\nnonsense\n");
    let output = doctor(&room);
    insta::assert_snapshot!(room.told(&output), @"
    exit 1
    --- stdout
    ✓ config    ~/config/jit/config.toml: 3 roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ network   demo answers at http://IDP
    ✓ clock     agrees with http://STS
    ✗ profiles  ~/.aws/config:2: the AWS CLI and boto3 reject the whole file: this line has no `=`
                next: fix or remove that line
    --- stderr
    error: 1 of 5 checks failed
    ");
}

#[test]
fn a_corrupt_entry_is_reported_and_can_be_discarded() {
    let room = Room::signed_in("hub");
    let entries = std::fs::read_dir(room.path("state/jit/kernel")).unwrap();
    let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let session = paths.iter().find(|path| name(path).starts_with("session-")).unwrap();
    std::fs::write(session, "nonsense").unwrap();
    let output = doctor(&room);
    insta::assert_snapshot!(room.told(&output), @"
    exit 1
    --- stdout
    ✓ config   ~/config/jit/config.toml: 3 roles
    ✓ store    kernel in ~/state/jit/kernel: set by JIT_STORE
    ✗ store    cannot read ~/state/jit/kernel/RANDOM: it is not one of jit's entries
               next: `jit logout --all` starts over; you lose only your sign-ins
    ✓ network  demo answers at http://IDP
    ✓ clock    agrees with http://STS
    --- stderr
    error: 1 of 5 checks failed
    ");
    assert_eq!(room.jit(&["logout", "--all"]).run().code(), 0);
    assert_eq!(doctor(&room).code(), 0);
}

#[test]
fn a_session_too_short_for_awss_tools_is_doubtful() {
    let room = Room::new();
    room.write_config(&room.usual_config().replace("[role.admin]", "[role.admin]\nduration = \"15m\""));
    let output = room.jit(&["doctor", "--json"]).run();
    assert_eq!(output.code(), 0, "{output}");
    let cure = "use jit exec admin -- …, or a duration of 30m";
    assert!(found(&output, "config").contains(&("doubtful".to_owned(), cure.to_owned())), "{output}");
}

#[test]
fn an_impossible_store_is_reported_broken() {
    let room = Room::new();
    let output = room.jit(&["doctor"]).env("JIT_STORE", "bogus").run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 1
    --- stdout
    ✓ config   ~/config/jit/config.toml: 3 roles
    ✗ store    JIT_STORE is "bogus"; it must be auto, keychain, kernel or file
               next: unset JIT_STORE to let jit choose the keychain or the next best store
    ✓ network  demo answers at http://IDP
    ✓ clock    agrees with http://STS
    --- stderr
    error: 1 of 4 checks failed
    "#);
}

/// A session that `jit` itself put into the environment is no rival of `jit`.
#[test]
fn inside_exec_the_own_session_is_told_from_others() {
    let room = Room::signed_in("admin");
    assert_eq!(room.jit(&["configure", "profiles"]).run().code(), 0);
    let jit = env!("CARGO_BIN_EXE_jit");
    let inside = room.jit(&["exec", "-q", "admin", "--", jit, "doctor"]).hands_over().run();
    assert_eq!(inside.code(), 0, "{inside}");
    let session =
        inside.stdout.lines().find(|line| line.contains(" session ")).unwrap_or_else(|| panic!("{inside}"));
    assert!(
        session.starts_with("✓ session   a session of admin in account 222222222222 from jit exec or jit env is set here, valid until ")
            && session.ends_with("; AWS tools use it before any profile"),
        "{session}"
    );
    assert!(!inside.stdout.contains("AWS_ACCESS_KEY_ID is set"), "{inside}");
    // Once it is over, that is what is wrong, and not that it is there.
    let expired = room
        .jit(&["doctor"])
        .env("JIT_ROLE", "admin")
        .env("JIT_ACCOUNT_ID", "222222222222")
        .env("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_SESSION_TOKEN", "x")
        .env("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
        .run();
    insta::assert_snapshot!(room.told(&expired), @"
    exit 0
    --- stdout
    ✓ config    ~/config/jit/config.toml: 3 roles
    ! session   a session of admin in account 222222222222 from jit exec or jit env is set here, and it has expired
                next: leave it, or start a new one: jit exec admin -- …
    ✓ store     kernel in ~/state/jit/kernel: set by JIT_STORE
    ✓ network   demo answers at http://IDP
    ✓ clock     agrees with http://STS
    ✓ profiles  nothing takes precedence over jit in ~/.aws/config
    ");
}
