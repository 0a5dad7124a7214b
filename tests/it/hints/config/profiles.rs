//! Mistakes in `~/.aws/config`: profiles, sso-sessions and services.

use std::fs;

use super::{Bench, Row, row, told};
use crate::support::Room;

const GOOD: &str = "\
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1

[services local]
sts =
  endpoint_url = http://127.0.0.1:1

[profile dev]
sso_session = acme
sso_account_id = 333333333333
sso_role_name = Developer

[profile ops]
region = eu-central-1
role_arn = arn:aws:iam::444444444444:role/ops
source_profile = dev
services = local

[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = nothing+to+hide

[profile command]
credential_process = /bin/true x
";

pub(super) fn benches() -> Vec<Bench> {
    let bench = |typed, rows| {
        let room = Room::new();
        fs::remove_file(room.path("config/jit/config.toml")).unwrap();
        Bench { room, path: ".aws/config", good: GOOD.to_owned(), typed, rows }
    };
    vec![
        bench(&["explain", "ops"], roles()),
        bench(&["explain", "dev"], centers()),
        bench(&["explain", "keys"], keys()),
        bench(&["explain", "command"], commands()),
        bench(&["explain", "ops"], broken()),
    ]
}

/// What is added to the profile `ops`.
fn ops(line: &str) -> (&'static str, String) {
    ("services = local\n", format!("services = local\n{line}\n"))
}

fn roles() -> Vec<Row> {
    let source = "source_profile = dev\n";
    vec![
        row(
            ("region = eu-central-1", "region = \"eu-central-1\""),
            "in AWS's files quotes become part of the value, so write none",
            ("\"eu-central-1\"", "eu-central-1"),
        ),
        row(
            ("region = eu-central-1", "region = eu-central-1 # home"),
            "in AWS's files a comment needs its own line",
            ("region = eu-central-1 # home", "# home\nregion = eu-central-1"),
        ),
        row(("region = eu-central-1", "region = Frankfurt"), "such as eu-west-1", ("Frankfurt", "eu-west-1")),
        row(ops("duration_seconds = 60"), "from 900 (15 min) to 43200 (12 h)", ("60", "900")),
        told(ops("duration_seconds = 1h"), "duration_seconds", ("1h", "3600")),
        row(ops("role_session_name = a b"), "2 to 64 letters, digits and _ + = , . @ -", ("a b", "a.b")),
        row(ops("external_id = a b"), "2 to 1224 letters, digits and _ + = , . @ : / -", ("a b", "a:b")),
        row(
            ops("mfa_serial = x"),
            "such as arn:aws:iam::111111111111:mfa/alice, or the serial number on the device",
            ("mfa_serial = x", "mfa_serial = arn:aws:iam::111111111111:mfa/alice"),
        ),
        told(
            ("role_arn = arn:aws:iam::444444444444:role/ops", "role_arn = ops"),
            "an ARN looks like arn:aws:iam::111111111111:role/NAME",
            ("role_arn = ops", "role_arn = arn:aws:iam::111111111111:role/NAME"),
        ),
        told((source, "source_profile = dve\n"), "dve", ("dve", "dev")),
        told(
            (source, "source_profile = dev\ncredential_source = Environment\n"),
            "both a source_profile and a credential_source",
            ("credential_source = Environment\n", ""),
        ),
        told(
            (source, ""),
            "without a source_profile or a credential_source",
            ("services = local\n", "services = local\nsource_profile = dev\n"),
        ),
        told((source, "credential_source = Moon\n"), "Moon", ("Moon", "EcsContainer"))
            .then("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        told(
            (source, "source_profile = ops\n"),
            "ops → ops",
            ("source_profile = ops", "source_profile = dev"),
        ),
        told(
            (
                source,
                "source_profile = ops\naws_access_key_id = AKIA\naws_secret_access_key = x\nsso_account_id = 333333333333\n",
            ),
            "its own source_profile",
            ("sso_account_id = 333333333333\nservices", "services"),
        ),
        told(
            ("role_arn = arn:aws:iam::444444444444:role/ops\n", "web_identity_token_file = /token\n"),
            "web_identity_token_file without a role_arn",
            ("web_identity_token_file = /token\n", "role_arn = arn:aws:iam::444444444444:role/ops\n"),
        ),
        row(ops("use_fips_endpoint = yes"), "write true or false, without quotes", ("yes", "true")),
        row(ops("max_attempts = many"), "write a whole number from 1 to 1000, without quotes", ("many", "3")),
        row(
            ops("retry_mode = hard"),
            "write one of legacy, standard, adaptive, without quotes",
            ("hard", "standard"),
        ),
        told(("services = local", "services = lokal"), "[services lokal]", ("lokal", "local")),
        row(
            ("endpoint_url = http://127.0.0.1:1", "endpoint_url = http://sts.example"),
            "or http on this machine",
            ("http://sts.example", "https://sts.example"),
        ),
        told(("sts =\n", "s-ts =\n"), "`s-ts`", ("s-ts =\n", "sts =\n")),
    ]
}

fn centers() -> Vec<Row> {
    vec![
        row(
            ("https://acme.awsapps.com/start", "http://acme.awsapps.com/start"),
            "write https://acme.awsapps.com/start",
            ("http://acme", "https://acme"),
        ),
        row(
            ("https://acme.awsapps.com/start", "acme"),
            "such as https://acme.awsapps.com/start",
            ("sso_start_url = acme", "sso_start_url = https://acme.awsapps.com/start"),
        ),
        row(
            ("sso_region = eu-west-1", "sso_region = Ireland"),
            "the region of Identity Center, such as eu-west-1",
            ("Ireland", "eu-west-1"),
        ),
        told(
            ("sso_region = eu-west-1\n", ""),
            "`sso_region`",
            ("[sso-session acme]\n", "[sso-session acme]\nsso_region = eu-west-1\n"),
        ),
        told(("sso_session = acme", "sso_session = acne"), "[sso-session acne]", ("acne", "acme")),
        told(
            ("sso_session = acme\n", "sso_session = acme\nsso_region = eu-west-2\n"),
            "different values of `sso_region`",
            ("sso_region = eu-west-2\n", ""),
        ),
        row(
            ("333333333333", "3333"),
            "such as 111111111111, with leading zeros",
            ("sso_account_id = 3333\n", "sso_account_id = 111111111111\n"),
        ),
        row(("= Developer", "= a b"), "1 to 32 letters, digits and _ + = , . @ -", ("a b", "a-b")),
        told(
            ("sso_role_name = Developer\n", ""),
            "no `sso_role_name`",
            ("[profile dev]\n", "[profile dev]\nsso_role_name = Developer\n"),
        ),
    ]
}

fn keys() -> Vec<Row> {
    vec![
        told(
            ("aws_secret_access_key = nothing+to+hide\n", ""),
            "aws_access_key_id without",
            ("aws_access_key_id = AKIAKEYS\n", "aws_access_key_id = AKIAKEYS\naws_secret_access_key = x\n"),
        ),
        told(
            ("aws_access_key_id = AKIAKEYS\n", ""),
            "aws_secret_access_key without",
            ("[profile keys]\n", "[profile keys]\naws_access_key_id = AKIAKEYS\n"),
        ),
        told(
            ("aws_access_key_id = AKIAKEYS\naws_secret_access_key = nothing+to+hide\n", "output = json\n"),
            "the profile keys",
            ("output = json\n", "credential_process = /bin/true x\n"),
        ),
    ]
}

fn commands() -> Vec<Row> {
    let command = "credential_process = /bin/true x";
    vec![
        row(
            (command, "credential_process = ~/bin/keys x"),
            "write the absolute path, which the AWS CLI and boto3 need too",
            ("~/bin/keys", "/home/alice/bin/keys"),
        ),
        told(
            (command, "credential_process = \"/bin/true x"),
            "credential_process",
            ("\"/bin/true", "/bin/true"),
        ),
        told(
            (command, "login_session = arn:aws:iam::111111111111:user/alice"),
            "`login_session`",
            ("login_session = arn:aws:iam::111111111111:user/alice", command),
        ),
    ]
}

/// What no tool of AWS's reads either.
fn broken() -> Vec<Row> {
    vec![
        told(
            ("[sso-session acme]", "\u{feff}[sso-session acme]"),
            "save it as UTF-8 without one",
            ("\u{feff}", ""),
        ),
        told(
            ("[sso-session acme]", "region = x\n[sso-session acme]"),
            "before the first section",
            ("region = x\n", ""),
        ),
        told(("[profile keys]", "[profile dev]"), "on line", ("[profile dev]\naws", "[profile keys]\naws")),
        told(ops("source_profile = keys"), "on line", ("source_profile = keys\n", "")),
        told(("[profile keys]", "[profile keys"), "closing bracket", ("[profile keys", "[profile keys]")),
        told(ops("nonsense"), "no `=`", ("nonsense\n", "")),
        told(ops("= x"), "a value without a key", ("= x\n", "")),
    ]
}
