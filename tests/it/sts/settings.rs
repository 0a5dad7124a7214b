//! What of a role's settings reaches AWS.

use super::*;

#[test]
fn only_the_right_external_id_is_accepted() {
    let spoke = Role { external_id: Some("acme-42".to_owned()), ..Role::spoke(ADMIN, HUB, 3600) };
    let roles = vec![Role::hub(HUB, 3600), spoke];
    let room = Room::with(Settings { approval: Approval::AtOnce, roles, ..Settings::default() });
    let config = room.usual_config();
    for (id, code) in [("", 4), ("external_id = \"acme-41\"\n", 4), ("external_id = \"acme-42\"\n", 0)] {
        room.write_config(&config.replace("[role.developer]", &format!("{id}\n[role.developer]")));
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!(login.code(), code, "{id}: {login}");
    }
    assert_eq!(room.opened().len(), 1);
}

/// An STS that grants everything, to record the calls.
fn recorder() -> Front {
    Front::start(None, |request| {
        let action = if request.contains("Action=AssumeRoleWithWebIdentity") {
            "AssumeRoleWithWebIdentity"
        } else {
            "AssumeRole"
        };
        let xml = format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
             <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"
        );
        reply("200 OK", "text/xml", &xml)
    })
}

#[test]
fn every_setting_of_a_role_reaches_aws() {
    let room = Room::new();
    let front = recorder();
    let config = room.usual_config()
        + &format!(
            "\n[role.full]\nvia = \"hub\"\nrole_arn = \"{ADMIN}\"\nregion = \"eu-west-1\"\nduration = \"30m\"\n\
         session_name = \"alice-at-work\"\nsource_identity = \"alice\"\nexternal_id = \"acme-42\"\n\
         tags = {{ project = \"blue+green: 1\", team = \"platform\" }}\ntransitive_tags = [\"team\"]\n\
         policy = '{{\"Version\":\"2012-10-17\",\"Statement\":[]}}'\n\
         policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n"
        );
    room.write_config(&config);
    let url = format!("http://{}", front.address);
    let login = room.jit(&["login", "full"]).env("AWS_ENDPOINT_URL_STS", &url).run();
    assert_eq!(login.code(), 0, "{login}");

    let requests = front.requests();
    let forms: Vec<Vec<(String, String)>> = requests
        .iter()
        .map(|request| {
            let body = request.split_once("\r\n\r\n").unwrap().1;
            let mut pairs: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            pairs.retain(|(name, _)| name != "WebIdentityToken");
            pairs.sort();
            pairs
        })
        .collect();
    let expected = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(
        forms[0],
        expected(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("DurationSeconds", "3600"),
            ("RoleArn", HUB),
            ("RoleSessionName", "alice@example.com"),
            ("Version", "2011-06-15"),
        ])
    );
    assert_eq!(
        forms[1],
        expected(&[
            ("Action", "AssumeRole"),
            ("DurationSeconds", "1800"),
            ("ExternalId", "acme-42"),
            ("Policy", r#"{"Version":"2012-10-17","Statement":[]}"#),
            ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
            ("RoleArn", ADMIN),
            ("RoleSessionName", "alice-at-work"),
            ("SourceIdentity", "alice"),
            ("Tags.member.1.Key", "project"),
            ("Tags.member.1.Value", "blue+green: 1"),
            ("Tags.member.2.Key", "team"),
            ("Tags.member.2.Value", "platform"),
            ("TransitiveTagKeys.member.1", "team"),
            ("Version", "2011-06-15"),
        ])
    );
    assert_eq!(forms.len(), 2);
    assert!(requests[1].contains("/eu-west-1/sts/aws4_request"), "{}", requests[1]);
}

#[test]
fn a_session_nearly_full_of_tags_has_a_warning() {
    let room = Room::new();
    let tags: String = (0..14).map(|n| format!("tag{n} = \"{}\", ", "v".repeat(250))).collect();
    let tags = format!("tags = {{ {} }}\n", tags.trim_end_matches(", "));
    room.write_config(&room.usual_config().replace("[role.developer]", &format!("{tags}\n[role.developer]")));
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    warning: the session policy and tags of admin use 88 % of what AWS allows
    ✓ Signed in as alice@example.com at demo
      hub    account 111111111111  until HH:MM  TIME left
      admin  account 222222222222  until HH:MM  TIME left
    ");
}
