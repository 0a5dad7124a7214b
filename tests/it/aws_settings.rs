//! A profile's botocore settings, their limits, and where AWS's files are searched.

mod mistakes;

use jit_emulator::{Approval, Call, KeyUser, Role, Settings};
use serde_json::Value;

use crate::support::front::{Front, reply};
use crate::support::{Output, Room};

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
const OPS: &str = "arn:aws:iam::222222222222:role/ops";
const FAR: &str = "arn:aws:iam::333333333333:role/far";
const KEYS: &str = "aws_access_key_id = AKIAALICE\naws_secret_access_key = alice+static+secret\n";

/// A home with only this `~/.aws/config`, and long-lived access keys in `[profile keys]`.
fn room(config: &str) -> Room {
    let mut settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
    settings.key_users.push(KeyUser {
        arn: ALICE.to_owned(),
        key_id: "AKIAALICE".to_owned(),
        secret_key: "alice+static+secret".to_owned(),
        mfa_code: "123456".to_owned(),
    });
    settings.roles.push(Role::spoke(OPS, ALICE, 3600));
    settings.roles.push(Role::spoke(FAR, OPS, 3600));
    let room = Room::with(settings);
    std::fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    room.write(".aws/config", config);
    room.write(".aws/credentials", &format!("[keys]\n{KEYS}"));
    room
}

fn end(room: &Room) {
    std::fs::remove_file(room.path(".aws/credentials")).unwrap();
}

fn value<'j>(explained: &'j Value, step: usize, name: &str) -> [&'j str; 2] {
    let row = &explained["steps"][step]["values"][name];
    [row["value"].as_str().unwrap_or_default(), row["origin"].as_str().unwrap_or_default()]
}

/// A regression: nothing read the profile's setting, so a company's rule had no effect.
#[test]
fn a_profiles_fips_and_dual_stack_endpoints_are_called() {
    let ops = format!("[profile ops]\nrole_arn = {OPS}\nsource_profile = keys\nregion = eu-west-1\n");
    let room = room(&format!("{ops}use_fips_endpoint = true\nuse_dualstack_endpoint = true\n"));
    let explain = |more: &[(&str, &str)]| {
        let run = room.jit(&["explain", "ops", "--json"]).without("AWS_ENDPOINT_URL_STS");
        more.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
    };
    let read = |output: &Output| -> Value { serde_json::from_str(&output.stdout).unwrap() };
    let both = read(&explain(&[]));
    assert_eq!(value(&both, 1, "sts_fips"), ["yes", "~/.aws/config:5"], "{both}");
    assert_eq!(value(&both, 1, "sts_dual_stack"), ["yes", "~/.aws/config:6"]);
    assert_eq!(both["steps"][1]["call"], "AssumeRole at https://sts-fips.eu-west-1.api.aws");
    // The variable takes precedence, including the region.
    let plain = read(&explain(&[
        ("AWS_USE_FIPS_ENDPOINT", "false"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "false"),
        ("AWS_REGION", "eu-north-1"),
    ]));
    assert_eq!(plain["steps"][1]["call"], "AssumeRole at https://sts.eu-north-1.amazonaws.com");
    let unclear = explain(&[("AWS_USE_FIPS_ENDPOINT", "yes")]);
    insta::assert_snapshot!(room.told(&unclear), @r#"
    exit 2
    --- stderr
    {"version":1,"error":{"causes":[],"excerpt":null,"hints":["write true or false, without quotes"],"kind":"usage","message":"AWS_USE_FIPS_ENDPOINT: `yes` is not true or false"}}
    "#);
    // The child gets both; a configured URL is called as it is.
    assert_eq!(room.counts([Call::GetCallerIdentity, Call::AssumeRole]), [0, 0]);
    let script = "echo $AWS_USE_FIPS_ENDPOINT $AWS_USE_DUALSTACK_ENDPOINT";
    let child = room.jit(&["exec", "-q", "ops", "--", "sh", "-c", script]).run();
    assert_eq!(child.stdout, "true true\n", "{child}");
    end(&room);
}

/// A regression: the child, which no longer has a profile, got only the region and the endpoints.
#[test]
fn the_child_gets_the_profiles_settings() {
    let room = room(&format!(
        "[DEFAULT]\nsdk_ua_app_id = acme\n[profile ops]\nrole_arn = {OPS}\nsource_profile = keys\nretry_mode = adaptive\nmax_attempts = 4\n\
         ca_bundle = /etc/ca.pem\noutput = yaml\ns3 =\n  use_arn_region = true\nignore_configured_endpoint_urls = false\n\
         account_id_endpoint_mode = required\n"
    ));
    let script = "echo $AWS_RETRY_MODE $AWS_MAX_ATTEMPTS $AWS_CA_BUNDLE $AWS_DEFAULT_OUTPUT $AWS_S3_USE_ARN_REGION \
                  $AWS_SDK_UA_APP_ID $AWS_ACCOUNT_ID_ENDPOINT_MODE";
    let line = ["exec", "-q", "ops", "--", "sh", "-c", script];
    let told = "adaptive 4 /etc/ca.pem yaml true acme required\n";
    let child = room.jit(&line).run();
    assert_eq!(child.stdout, told, "{child}");
    // With a stored session it is the same, and the person's own settings take precedence.
    let set = room.jit(&line).env("AWS_RETRY_MODE", "standard").run();
    assert_eq!(set.stdout, told.replace("adaptive", "standard"), "{set}");
    let printed = room.jit(&["env", "ops", "--shell", "json"]).hands_over().run();
    let given: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(given["AWS_RETRY_MODE"], "adaptive", "{printed}");
    end(&room);
}

/// A regression: nothing read the variable.
#[test]
fn the_metadata_service_can_be_disabled_and_version_1_is_never_used() {
    let instance = format!("[profile box]\nrole_arn = {OPS}\ncredential_source = Ec2InstanceMetadata\n");
    // A service with only version 1, as before 2019.
    let old = Front::start(None, |request| match request.starts_with("PUT") {
        true => reply("404 Not Found", "text/plain", ""),
        false => reply("200 OK", "text/plain", "the-role"),
    });
    let room = room(&format!("{instance}ec2_metadata_service_endpoint = http://{}/\n", old.address));
    let disabled = room.jit(&["exec", "box", "--", "true"]).env("AWS_EC2_METADATA_DISABLED", "true").run();
    insta::assert_snapshot!(room.told(&disabled), @"
    exit 2
    --- stderr
    error: the profile box uses the credentials of this instance, and AWS_EC2_METADATA_DISABLED forbids that
      next: unset AWS_EC2_METADATA_DISABLED, or use another profile
    ");
    assert_eq!(old.requests().len(), 0);
    let refused = room.jit(&["exec", "box", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&refused), @"
    exit 1
    --- stderr
    error: the profile box uses the credentials of this machine, but the metadata service at 127.0.0.1:PORT issues no token, and jit does not use version 1 of the service, which works without one
      next: in a container, set the instance's metadata option HttpPutResponseHopLimit to 2
      next: elsewhere, use a metadata service that supports version 2 (IMDSv2)
    ");
    assert_eq!(old.requests().len(), 1, "version 1 is not asked");
    // A busy one is called as often as the profile says.
    let busy = Front::start(None, |_| reply("503 Service Unavailable", "text/plain", ""));
    let settings = format!(
        "ec2_metadata_service_endpoint = http://{}\nmetadata_service_num_attempts = 3\n",
        busy.address
    );
    room.write(".aws/config", &format!("{instance}{settings}"));
    assert_eq!(room.jit(&["exec", "box", "--", "true"]).run().code(), 1);
    assert_eq!(busy.requests().len(), 3);
    // Credentials come from this machine or over TLS.
    room.write(
        ".aws/config",
        &format!("{instance}ec2_metadata_service_endpoint = http://metadata.example\n"),
    );
    let elsewhere = room.jit(&["exec", "box", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&elsewhere), @"
    exit 1
    --- stderr
    error: the profile box uses the credentials of this machine, but `http://metadata.example` is neither https nor http on this machine
      next: use a URL of this machine, or an https URL
    ");
    end(&room);
}

/// A regression: only RFC 3339 was accepted as an expiry.
#[test]
fn other_forms_of_expiration_work_and_a_missing_one_has_a_hint() {
    let room = room("");
    let session = |expiration: &str, more: &str| {
        let answer = format!(
            r#"{{"Version":1,"AccessKeyId":"AKIAALICE","SecretAccessKey":"alice+static+secret","SessionToken":"t"{expiration}}}"#
        );
        room.write(".aws/config", &format!("[profile x]\ncredential_process = echo '{answer}'\n{more}"));
        room.jit(&["exec", "-q", "x", "--", "true"]).run()
    };
    // The token is not valid, so AWS's refusal shows that the expiry was read.
    for end in [
        "2126-11-20T12:00:00+0000",
        "21261120T120000Z",
        "2126-11-20T12:00:00UTC",
        "Wed, 20 Nov 2126 12:00:00 GMT",
    ] {
        let asked = session(&format!(r#","Expiration":"{end}""#), "");
        assert!(asked.code() == 4 || asked.code() == 1, "{end}: {asked}");
        assert!(!asked.stderr.contains("Expiration"), "{end}: {asked}");
    }
    let mut answers = String::new();
    for end in ["2126-11-20T12:00:00", "soon"] {
        let refused = session(&format!(r#","Expiration":"{end}""#), "");
        answers.push_str(&format!("# {end}\n{}\n", room.told(&refused)));
    }
    insta::assert_snapshot!(answers, @"
    # 2126-11-20T12:00:00
    exit 1
    --- stderr
    error: the credential_process of the profile x (echo) printed no credentials: its Expiration has no time zone
      next: run that command by itself to see what is wrong

    # soon
    exit 1
    --- stderr
    error: the credential_process of the profile x (echo) printed no credentials: its Expiration is not a date and time
      next: run that command by itself to see what is wrong
    ");
    let endless = session("", "");
    insta::assert_snapshot!(room.told(&endless), @"
    exit 1
    --- stderr
    error: the profile x has a session from another program, and its expiry is unknown
      next: use the profile directly in AWS's tools: AWS_PROFILE=x
      next: or use it as the source_profile of a role: that session has an expiry
    ");
    // Following the hint works: a session of `ops` without its expiry is used to assume another role.
    let ops = format!("[profile ops]\nrole_arn = {OPS}\nsource_profile = keys\n");
    let far = format!("[profile far]\nrole_arn = {FAR}\nsource_profile = session\n");
    room.write(".aws/config", &format!("{ops}{far}"));
    let printed = room.jit(&["env", "ops", "--shell", "json"]).hands_over().run();
    let given: Value = serde_json::from_str(&printed.stdout).unwrap();
    let given = |name: &str| given[name].as_str().unwrap().to_owned();
    room.write(
        ".aws/credentials",
        &format!(
            "[session]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
            given("AWS_ACCESS_KEY_ID"),
            given("AWS_SECRET_ACCESS_KEY"),
            given("AWS_SESSION_TOKEN")
        ),
    );
    let alone = room.jit(&["exec", "-q", "session", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&alone), @"
    exit 1
    --- stderr
    error: the profile session has a session from another program, and its expiry is unknown
      next: use the profile directly in AWS's tools: AWS_PROFILE=session
      next: or use it as the source_profile of a role: that session has an expiry
    ");
    let far = room.jit(&["exec", "-q", "far", "--", "true"]).run();
    assert_eq!(far.code(), 0, "{far}");
    end(&room);
}

#[test]
fn aws_files_are_found_where_botocore_finds_them() {
    let room = room("");
    std::fs::create_dir(room.path("stage")).unwrap();
    room.write("stage/prod.ini", &format!("[profile there]\nrole_arn = {OPS}\nsource_profile = keys\n"));
    for path in
        ["$HOME/stage/prod.ini", "${HOME}/stage/$STAGE.ini", "~/stage/prod.ini", "~/stage/${STAGE}.ini"]
    {
        let listed = room.jit(&["roles"]).env("AWS_CONFIG_FILE", path).env("STAGE", "prod").run();
        assert!(listed.code() == 0 && listed.stdout.contains("there"), "{path}: {listed}");
    }
    let unset = room.jit(&["roles"]).env("AWS_CONFIG_FILE", "$NOWHERE/config").run();
    assert!(!unset.stdout.contains("there"), "{unset}");
    end(&room);
}

/// A regression: the quotes became part of the name.
#[test]
fn a_quoted_browser_path_works() {
    let room = Room::new();
    let script = std::fs::read_to_string(room.path("browser")).unwrap();
    std::fs::create_dir(room.path("my browser")).unwrap();
    room.write("my browser/b", &script);
    let made = room.program("chmod", &["700", room.path("my browser/b").to_str().unwrap()]).run();
    assert_eq!(made.code(), 0, "{made}");
    let path = room.path("my browser/b").display().to_string();
    for named in [format!("\"{path}\""), format!("'{path}' %s"), path] {
        let login = room.jit(&["login", "admin", "--force"]).env("BROWSER", &named).run();
        assert_eq!(login.code(), 0, "{named}: {login}");
    }
}

/// A regression: STS was asked for a duration that it does not accept.
#[test]
fn a_short_session_duration_is_left_to_sts() {
    let room = Room::by_saml(Settings { session_duration: Some(600), ..Settings::default() });
    let login = room.jit(&["login", "hub"]).run();
    assert_eq!(login.code(), 0, "{login}");
    assert!(login.stderr.contains("10 min left") || login.stderr.contains("9 min"), "{login}");
}
