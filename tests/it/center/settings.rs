//! What of the configuration cannot be.

use super::*;

/// What replaces what in the configuration, where the mistake is, and words of the message.
#[test]
fn mistakes_in_the_configuration() {
    let room = room();
    let cases = [
        ("permission_set = \"Developer\"", "", "[role.dev] has `account` without `permission_set`"),
        ("account = \"333333333333\"", "", "[role.dev] has `permission_set` without `account`"),
        ("\"333333333333\"", "\"333\"", "`333` is not an account id (12 digits)"),
        ("\"Developer\"", "\"a b\"", "`a b` is not a valid name of a permission set"),
        ("\"Developer\"", "\"Developer\"\nduration = \"2h\"", "a permission set cannot have `duration`"),
        (
            "\"Developer\"",
            "\"Developer\"\nrole_arn = \"arn:aws:iam::333333333333:role/x\"",
            "both `role_arn` and `permission_set`",
        ),
        (
            "account = \"333333333333\"\npermission_set = \"Developer\"",
            "role_arn = \"arn:aws:iam::333333333333:role/x\"",
            "Identity Center does not offer roles by ARN",
        ),
        ("region = \"eu-west-1\"", "region = \"Ireland\"", "`Ireland` is not a region"),
        ("region = \"eu-west-1\"\n", "", "[idp.demo] has no `region`"),
        ("start_url = \"http://127.0.0.1", "start_url = \"http://10.0.0.1", "is neither https"),
    ];
    for (from, to, words) in cases {
        let config = room.center_config("");
        assert!(config.contains(from), "{from}");
        room.write_config(&config.replacen(from, to, 1));
        let output = room.jit(&["explain", "dev"]).run();
        assert!(output.code() == 2 && output.stderr.contains(words), "{words}: {output}");
    }
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
