//! What of the configuration cannot be.

use super::*;

/// What replaces what in the configuration.
#[test]
fn mistakes_in_the_configuration() {
    let room = room();
    let cases = [
        ("permission_set = \"Developer\"", ""),
        ("account = \"333333333333\"", ""),
        ("\"333333333333\"", "\"333\""),
        ("\"Developer\"", "\"a b\""),
        ("\"Developer\"", "\"Developer\"\nduration = \"2h\""),
        ("\"Developer\"", "\"Developer\"\nrole_arn = \"arn:aws:iam::333333333333:role/x\""),
        (
            "account = \"333333333333\"\npermission_set = \"Developer\"",
            "role_arn = \"arn:aws:iam::333333333333:role/x\"",
        ),
        ("region = \"eu-west-1\"", "region = \"Ireland\""),
        ("region = \"eu-west-1\"\n", ""),
        ("start_url = \"http://127.0.0.1", "start_url = \"http://10.0.0.1"),
    ];
    let mut answers = String::new();
    for (from, to) in cases {
        let config = room.center_config("");
        assert!(config.contains(from), "{from}");
        room.write_config(&config.replacen(from, to, 1));
        let output = room.jit(&["explain", "dev"]).run();
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @r#"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml:7:7: [role.dev] has `account` without `permission_set`
         7 | [role.dev]
      next: add permission_set = "Developer"

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:7:7: [role.dev] has `permission_set` without `account`
         7 | [role.dev]
      next: add account = "111111111111"

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:9:11: `333` is not an account id (12 digits)
         9 | account = "333"
      next: such as "111111111111", with leading zeros

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:HH:MM: `a b` is not a valid name of a permission set
        10 | permission_set = "a b"
      next: 1 to 32 letters, digits and _ + = , . @ -

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:HH:MM: a permission set cannot have `duration`: Identity Center decides that
        11 | duration = "2h"
      next: delete it, or set it on a spoke

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:HH:MM: [role.dev] has both `role_arn` and `permission_set`
        10 | permission_set = "Developer"
      next: a permission set needs only account and permission_set; delete role_arn

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:9:12: Identity Center does not offer roles by ARN
         9 | role_arn = "arn:aws:iam::333333333333:role/x"
      next: write account = "111111111111" and permission_set = "Developer" instead of role_arn

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:4:10: `Ireland` is not a region
         4 | region = "Ireland"
      next: the region of Identity Center, such as eu-west-1

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:1:6: [idp.demo] has no `region`
         1 | [idp.demo]
      next: add a line such as region = "eu-west-1"

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:3:13: `http://10.0.0.1:34505/start` is neither https nor http on this machine
         3 | start_url = "http://10.0.0.1:34505/start"
      next: write https://10.0.0.1:34505/start
    "#);
}

/// The trouble, the exit code, and words of the message.
#[test]
fn trouble_at_the_portal() {
    let refuse = |status, code, text: &str| Trouble::Refuse(Refusal::new(status, code, text));
    let cases = [
        (
            Call::RegisterClient,
            refuse(400, "InvalidClientMetadataException", "no"),
            4,
            "the portal refused: invalid_client_metadata (no)",
        ),
        (
            Call::CenterToken,
            refuse(400, "AccessDeniedException", "no"),
            4,
            "the portal refused: access_denied",
        ),
        (Call::CenterToken, Trouble::Html, 1, "a response that jit could not read"),
        (Call::RegisterClient, Trouble::Megabyte, 1, "larger than 512 KB"),
        (Call::RegisterClient, Trouble::Cut, 1, "a response that jit could not read"),
        (Call::CenterToken, Trouble::Cut, 1, "a response that jit could not read"),
        (Call::CenterToken, Trouble::ServerError, 1, "status 500"),
        (Call::GetRoleCredentials, Trouble::Cut, 1, "a response that jit could not read"),
        (Call::GetRoleCredentials, Trouble::Megabyte, 1, "larger than 512 KB"),
        (
            Call::GetRoleCredentials,
            refuse(401, "UnauthorizedException", "over"),
            4,
            "no longer accepts the token of the last sign-in (over)\n  next: jit login --force dev",
        ),
        (Call::GetRoleCredentials, Trouble::Html, 1, "a response that jit could not read"),
        (
            Call::GetRoleCredentials,
            refuse(404, "ResourceNotFoundException", "\u{1b}[2J"),
            4,
            "you are not assigned to Developer",
        ),
        (
            Call::GetRoleCredentials,
            refuse(429, "TooManyRequestsException", "slow"),
            1,
            "is rate-limiting requests",
        ),
    ];
    for (call, trouble, code, words) in cases {
        let room = room();
        room.servers().faults(|faults| faults.always(call, trouble));
        let login = room.jit(&["login", "dev"]).run();
        assert!(login.code() == code && login.stderr.contains(words), "{words}: {login}");
        assert!(!login.stderr.contains('\u{1b}'), "{login}");
    }
}
