//! Where the credentials of a profile come from.

use super::*;

#[test]
fn commands_variables_and_token_files_are_sources() {
    let room = room_with_keys();
    let ops = "arn:aws:sts::222222222222:assumed-role/ops/alice";
    assert_eq!(arn(&room, "by-vault"), ops);
    assert_eq!(arn(&room, "vault"), ALICE);
    assert_eq!(arn(&room, "vault"), ALICE);
    assert_eq!(std::fs::read_to_string(room.path("asked")).unwrap(), "xx", "a session is kept");
    let by_env = |secret: &str| {
        let whoami = room.jit(&["whoami", "by-env"]);
        whoami.env("AWS_ACCESS_KEY_ID", "AKIAALICE").env("AWS_SECRET_ACCESS_KEY", secret).run()
    };
    assert!(by_env("wrong").code() == 4);
    assert!(by_env("alice+static+secret").stdout.contains(ops));
    let unset = room.jit(&["whoami", "by-env"]).run();
    insta::assert_snapshot!(room.told(&unset), @"
    exit 2
    --- stderr
    error: the profile by-env gets its credentials from AWS_ACCESS_KEY_ID, which is not set
      next: set AWS_ACCESS_KEY_ID, or use another profile
    ");

    let missing = room.jit(&["whoami", "by-token"]).run();
    insta::assert_snapshot!(room.told(&missing), @"
    exit 1
    --- stderr
    error: cannot read the token file ~/token of the profile by-token: No such file or directory (os error 2)
      next: run the program that writes that file again
    ");
    // Any ID token that the IdP made for the hub works.
    room.write_config(&room.usual_config());
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    let journal = room.servers().journal();
    let token = journal.secrets().iter().find(|issued| issued.what == "ID token").unwrap();
    room.write("token", &token.value);
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    assert_eq!(arn(&room, "by-token"), "arn:aws:sts::111111111111:assumed-role/jit-hub/by-token");

    for file in ["token", ".aws/credentials"] {
        std::fs::remove_file(room.path(file)).unwrap();
    }
}

#[test]
fn a_failing_command_is_reported_and_a_loop_ends() {
    let room = room_with_keys();
    let round = room.jit(&["exec", "round", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&round), @"
    exit 1
    --- stderr
    error: ~/.aws/config:26:1: the profile round is used by its own credential_process: round → round
        26 | [profile round]
    error: the credential_process of the profile round (JIT) failed (exit status: 2)
      next: run that command by itself to see what is wrong
    ");
    let with = |command: &str| {
        room.write(".aws/config", &format!("[profile x]\ncredential_process = {command}\n"));
        room.jit(&["exec", "x", "--", "true"]).run()
    };
    for (command, words) in [
        ("/nowhere/vault", "the credential_process of the profile x (/nowhere/vault) cannot be started: "),
        ("false", "the credential_process of the profile x (false) failed (exit status: 1"),
        ("echo hello", "(echo) printed no credentials: it is not the JSON that AWS's tools expect"),
        ("yes", "(yes) prints more than 262144 bytes"),
        (r#"echo '{"Version":2,"AccessKeyId":"a","SecretAccessKey":"b"}'"#, "its Version is 2, not 1"),
        (
            r#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"2020-01-01T00:00:00Z"}'"#,
            "the credentials that the profile x gets have already expired",
        ),
        (
            r#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c"}'"#,
            "the profile x has a session from another program, and its expiry is unknown",
        ),
    ] {
        let failed = with(command);
        assert!(failed.code() == 1 && failed.stderr.contains(words), "{command}: {failed}");
    }
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

#[test]
fn the_child_gets_the_profiles_service_endpoints() {
    let room = room_with_keys();
    let sts = room.servers().sts_url().to_owned();
    let mut text = std::fs::read_to_string(room.path(".aws/config")).unwrap();
    text.push_str(&format!(
        "\n[services local]\nsts =\n  endpoint_url = {sts}\ns3 =\n  endpoint_url = http://127.0.0.1:9000\nelastic_beanstalk =\n  endpoint_url = https://eb.example\n\
         \n[profile local]\nrole_arn = {OPS}\nsource_profile = keys\nservices = local\n"
    ));
    room.write(".aws/config", &text);
    let shown = |run: crate::support::Run<'_>| run.without("AWS_ENDPOINT_URL_STS").run();
    let script = "echo $AWS_ENDPOINT_URL_STS $AWS_ENDPOINT_URL_S3 $AWS_ENDPOINT_URL_ELASTIC_BEANSTALK";
    let child = shown(room.jit(&["exec", "-q", "local", "--", "sh", "-c", script]));
    assert_eq!(child.stdout, format!("{sts} http://127.0.0.1:9000 https://eb.example\n"), "{child}");
    // The person's own variable overrides the profile.
    let set = room.jit(&["exec", "-q", "local", "--", "sh", "-c", "echo $AWS_ENDPOINT_URL_S3"]);
    let set = shown(set.env("AWS_ENDPOINT_URL_S3", "https://mine.example"));
    assert_eq!(set.stdout, "https://mine.example\n", "{set}");
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

/// Keys of `[services]` become variable names, which a shell evaluates. Add anything else that could be one.
#[test]
fn an_invalid_service_becomes_no_variable() {
    let room = room_with_keys();
    let before = std::fs::read_to_string(room.path(".aws/config")).unwrap();
    for key in ["x$(touch pwned)", "x;touch pwned;y", "x`touch pwned`", "a-b", "a b", "3s", "é", "a.b"] {
        let services = format!(
            "{before}\n[services local]\n{key} =\n  endpoint_url = https://a.example\n\
             \n[profile local]\nrole_arn = {OPS}\nsource_profile = keys\nservices = local\n"
        );
        room.write(".aws/config", &services);
        for command in [&["env", "local", "--shell", "bash"][..], &["exec", "local", "--", "env"]] {
            let refused = room.jit(command).run();
            assert!(refused.code() == 2 && refused.stdout.is_empty(), "{key}: {refused}");
            assert!(refused.stderr.contains("is not a service id"), "{key}: {refused}");
        }
    }
    assert!(!room.path("pwned").exists());
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

/// What a command prints becomes a child's variables and shell statements.
#[test]
fn credentials_with_active_characters_are_refused_and_not_shown() {
    let room = room_with_keys();
    let names: Value = serde_json::from_str(include_str!("../../names.json")).unwrap();
    let part = |text: &str| text.contains(|c: char| !c.is_ascii_alphanumeric() && !"+/=_.-".contains(c));
    let hostile = names["hostile"].as_array().unwrap().iter().map(|text| text.as_str().unwrap());
    for value in hostile.filter(|text| part(text)).step_by(4) {
        for key in ["AccessKeyId", "SecretAccessKey", "SessionToken"] {
            let mut answer = serde_json::json!({
                "Version": 1, "AccessKeyId": "AKIAX", "SecretAccessKey": "s", "SessionToken": "t",
                "Expiration": "2099-01-01T00:00:00Z",
            });
            answer[key] = format!("zzz{value}").into();
            room.write("answer.json", &answer.to_string());
            let file = room.path("answer.json");
            room.write(".aws/config", &format!("[profile x]\ncredential_process = cat {}\n", file.display()));
            let refused = room.jit(&["env", "x", "--shell", "bash"]).run();
            assert!(refused.code() == 1 && refused.stdout.is_empty(), "{key} {value:?}: {refused}");
            assert!(refused.stderr.contains("printed no credentials: the "), "{key} {value:?}: {refused}");
            assert!(!refused.stderr.contains("zzz"), "{key} {value:?}: {refused}");
        }
    }
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

#[test]
fn a_dotenv_file_gets_no_value_that_would_need_quotes() {
    let room = room_with_keys();
    let config = format!("[profile \"my dev\"]\nrole_arn = {OPS}\nsource_profile = keys\n");
    room.write(".aws/config", &config);
    let env = |shell: &str| room.jit(&["env", "my dev", "--shell", shell]).hands_over().run();
    let refused = env("dotenv");
    assert!(refused.code() == 2 && refused.stdout.is_empty(), "{refused}");
    insta::assert_snapshot!(room.told(&refused), @r#"
    exit 2
    --- stderr
    warning: the profile keys has long-lived access keys (~/.aws/credentials:2); sign in at an IdP instead where you can
    error: the value of JIT_ROLE needs quotes in a dotenv file
      because: programs disagree on quotes in such files: docker run --env-file treats them as part of the value
      next: jit env "my dev" --shell json
    "#);
    assert!(env("bash").stdout.contains("export JIT_ROLE='my dev'\n"));
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}
