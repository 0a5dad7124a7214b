//! Mistakes in AWS's files.

use super::*;

/// A regression: what AWS refuses was found out only by calling it, and a region became a host name.
#[test]
fn a_mistake_in_a_profile_is_reported_before_any_call() {
    let role = format!("[profile ops]\nrole_arn = {OPS}\nsource_profile = keys\n");
    let center = "[profile ops]\nsso_start_url = https://acme.awsapps.com/start\nsso_account_id = 333333333333\n\
                  sso_role_name = Developer\n";
    let cases = [
        (format!("{role}region = \"us-west-2\"\n"), "4:10", "`\"us-west-2\"` is not a region", "write none"),
        (format!("{role}duration_seconds = 60\n"), "4:20", "60 s is not a duration", "43200"),
        (format!("{role}role_session_name = a b\n"), "4:21", "is not a valid role_session_name", "2 to 64"),
        (format!("{role}use_fips_endpoint = on\n"), "4:21", "`on` is not true or false", "true or false"),
        (
            format!("{center}sso_region = evil.example\n"),
            "5:14",
            "`evil.example` is not a region",
            "eu-west-1",
        ),
        (
            format!("{center}sso_region = eu-west-1\n").replace("333333333333", "33333333"),
            "3:18",
            "`33333333` is not an account id (12 digits)",
            "111111111111",
        ),
    ];
    let room = room("");
    let mut answers = String::new();
    for (config, place, what, next) in cases {
        room.write(".aws/config", &config);
        for line in [
            &["exec", "ops", "--", "true"][..],
            &["login", "ops"],
            &["credential-process", "ops"],
            &["explain", "ops"],
        ] {
            let refused = room.jit(line).run();
            assert_eq!(refused.code(), 2, "{refused}");
            let start = format!("error: ~/.aws/config:{place}: the profile ops cannot be used: ");
            assert!(refused.stderr.starts_with(&start) && refused.stderr.contains(what), "{refused}");
            assert!(
                refused.stderr.lines().any(|line| line.starts_with("  next: ") && line.contains(next)),
                "{refused}"
            );
        }
        let doctor = room.jit(&["doctor"]).run();
        answers.push_str(&format!("{}\n", room.told(&doctor)));
        let roles = room.jit(&["roles"]).run();
        let words = format!("warning: ~/.aws/config:{place}: the profile ops");
        assert!(roles.stdout.contains("keys") && roles.stderr.contains(&words), "{roles}");
    }
    insta::assert_snapshot!(answers, @r#"
    exit 0
    --- stdout
    ✓ config    no ~/config/jit/config.toml; jit uses the profiles of AWS's own files as roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ profiles  nothing takes precedence over jit in ~/.aws/config
    ! profiles  ~/.aws/config:4:10: the profile ops cannot be used: `"us-west-2"` is not a region
                next: such as eu-west-1; in AWS's files quotes become part of the value, so write none
    ! keys      ~/.aws/credentials:2: the profile keys has long-lived access keys
                next: sign in at an IdP instead, then delete the keys at AWS and here

    exit 0
    --- stdout
    ✓ config    no ~/config/jit/config.toml; jit uses the profiles of AWS's own files as roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ profiles  nothing takes precedence over jit in ~/.aws/config
    ! profiles  ~/.aws/config:4:20: the profile ops cannot be used: 60 s is not a duration that STS accepts
                next: from 900 (15 min) to 43200 (12 h)
    ! keys      ~/.aws/credentials:2: the profile keys has long-lived access keys
                next: sign in at an IdP instead, then delete the keys at AWS and here

    exit 0
    --- stdout
    ✓ config    no ~/config/jit/config.toml; jit uses the profiles of AWS's own files as roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ profiles  nothing takes precedence over jit in ~/.aws/config
    ! profiles  ~/.aws/config:4:21: the profile ops cannot be used: `a b` is not a valid role_session_name
                next: 2 to 64 letters, digits and _ + = , . @ -
    ! keys      ~/.aws/credentials:2: the profile keys has long-lived access keys
                next: sign in at an IdP instead, then delete the keys at AWS and here

    exit 0
    --- stdout
    ✓ config    no ~/config/jit/config.toml; jit uses the profiles of AWS's own files as roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ profiles  nothing takes precedence over jit in ~/.aws/config
    ! profiles  ~/.aws/config:4:21: the profile ops cannot be used: use_fips_endpoint: `on` is not true or false
                next: write true or false, without quotes
    ! keys      ~/.aws/credentials:2: the profile keys has long-lived access keys
                next: sign in at an IdP instead, then delete the keys at AWS and here

    exit 0
    --- stdout
    ✓ config    no ~/config/jit/config.toml; jit uses the profiles of AWS's own files as roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ profiles  nothing takes precedence over jit in ~/.aws/config
    ! profiles  ~/.aws/config:5:14: the profile ops cannot be used: `evil.example` is not a region
                next: the region of Identity Center, such as eu-west-1
    ! keys      ~/.aws/credentials:2: the profile keys has long-lived access keys
                next: sign in at an IdP instead, then delete the keys at AWS and here

    exit 0
    --- stdout
    ✓ config    no ~/config/jit/config.toml; jit uses the profiles of AWS's own files as roles
    ✓ store     kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ✓ profiles  nothing takes precedence over jit in ~/.aws/config
    ! profiles  ~/.aws/config:3:18: the profile ops cannot be used: `33333333` is not an account id (12 digits)
                next: such as 111111111111, with leading zeros
    ! keys      ~/.aws/credentials:2: the profile keys has long-lived access keys
                next: sign in at an IdP instead, then delete the keys at AWS and here
    "#);
    let calls = [Call::GetCallerIdentity, Call::AssumeRole, Call::CenterAuthorize, Call::RegisterClient];
    assert_eq!(room.counts(calls), [0; 4]);
    end(&room);
}

/// A regression: `explain` read part of `config.toml` and said that all was well.
#[test]
fn only_a_stored_session_is_answered_from_part_of_a_file() {
    let room = Room::signed_in("admin");
    let good = room.usual_config();
    let line_of_session = ["credential-process", "admin"];
    let mut answers = String::new();
    for (broken, words) in [
        (format!("{good}\n[role.late\n"), "config.toml:"),
        (
            format!(
                "{good}\n[role.late]\nidp = \"nowhere\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n"
            ),
            "config.toml:",
        ),
    ] {
        room.write_config(&broken);
        for line in [
            &["explain", "admin"][..],
            &["login", "admin"],
            &["whoami", "admin"],
            &["console", "admin", "--print"],
            &["roles"],
            &["status"],
            &["logout", "admin"],
        ] {
            let refused = room.jit(line).run();
            assert!(refused.code() == 2 && refused.stderr.contains(words), "{line:?}: {refused}");
        }
        let doctor = room.jit(&["doctor"]).run();
        answers.push_str(&format!("{}\n", room.told(&doctor)));
        assert_eq!(room.jit(&line_of_session).hands_over().run().code(), 0);
        assert_eq!(room.jit(&["exec", "-q", "admin", "--", "true"]).run().code(), 0);
        // The other role has no session, so one would be requested.
        let cold = room.jit(&["credential-process", "developer"]).run();
        assert!(cold.code() == 2 && cold.stderr.contains(words), "{cold}");
    }
    insta::assert_snapshot!(answers, @"
    exit 1
    --- stdout
    ✗ config  ~/config/jit/config.toml:HH:MM: unclosed table, expected `]`
    ✓ store   kernel in ~/state/jit/kernel: set by JIT_STORE
    --- stderr
    error: 1 of 2 checks failed

    exit 1
    --- stdout
    ✗ config  ~/config/jit/config.toml:20:7: [role.late] refers to [idp.nowhere], which does not exist
              next: valid names: demo
    ✓ store   kernel in ~/state/jit/kernel: set by JIT_STORE
    --- stderr
    error: 1 of 2 checks failed
    ");
    room.write_config(&good);
    assert_eq!(room.jit(&["explain", "admin"]).run().code(), 0);
}

/// The same for AWS's files.
#[test]
fn another_broken_profile_is_reported_unless_a_session_is_stored() {
    let good = format!("[profile ops]\nrole_arn = {OPS}\nsource_profile = keys\n\n");
    let room = room(&good);
    assert_eq!(room.jit(&["exec", "-q", "ops", "--", "true"]).run().code(), 0);
    room.write(".aws/config", &format!("{good}[profile a]\nx = 1\n[profile a]\n"));
    let mut answers = String::new();
    for line in [&["explain", "ops"][..], &["login", "ops"], &["whoami", "ops"], &["roles"]] {
        let refused = room.jit(line).run();
        answers.push_str(&format!("# {line:?}\n{}\n", room.told(&refused)));
    }
    insta::assert_snapshot!(answers, @r#"
    # ["explain", "ops"]
    exit 2
    --- stderr
    error: ~/.aws/config: line 7, column 1: this section is a duplicate of the one on line 5: [profile a]

    # ["login", "ops"]
    exit 2
    --- stderr
    error: ~/.aws/config: line 7, column 1: this section is a duplicate of the one on line 5: [profile a]

    # ["whoami", "ops"]
    exit 2
    --- stderr
    error: ~/.aws/config: line 7, column 1: this section is a duplicate of the one on line 5: [profile a]

    # ["roles"]
    exit 2
    --- stderr
    error: ~/.aws/config: line 7, column 1: this section is a duplicate of the one on line 5: [profile a]
    "#);
    assert_eq!(room.jit(&["exec", "-q", "ops", "--", "true"]).run().code(), 0);
    let cold = room.jit(&["exec", "-q", "keys", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&cold), @"
    exit 2
    --- stderr
    error: ~/.aws/config: line 7, column 1: this section is a duplicate of the one on line 5: [profile a]
    ");
    end(&room);
}
