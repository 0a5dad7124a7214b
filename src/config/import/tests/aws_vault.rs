//! Imports of aws-vault's profiles: Identity Center, sources and chains in AWS's own format.

use super::*;

pub(super) const AWS_VAULT: &str = "\
[default]
region = us-east-1

[profile common]
region = eu-west-1
mfa_serial = arn:aws:iam::111111111111:mfa/me
source_profile = root

[profile root]
include_profile = common

[profile order-dev]
include_profile = common
role_arn = arn:aws:iam::111111111111:role/developers

[sso-session acme]
sso_start_url = https://acme.awsapps.com/start/#/
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile sso]
sso_session = acme
sso_account_id = 222222222222
sso_role_name = Developer
duration_seconds = 3600

[profile old-sso]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 333333333333
sso_role_name = Audit

[profile behind]
source_profile = sso
role_arn = arn:aws:iam::444444444444:role/behind
session_tags = key1=value1, key2=value2
transitive_session_tags = key1,key2
source_identity = me
duration_seconds = 900
mfa_serial = arn:aws:iam::111111111111:mfa/me

[profile tagged-badly]
source_profile = sso
role_arn = arn:aws:iam::444444444444:role/t
session_tags = nonsense

[profile process]
credential_process = aws-vault export --format=json root

[profile other-process]
credential_process = /usr/bin/other

[profile web]
role_arn = arn:aws:iam::444444444444:role/web
web_identity_token_process = oidccli raw

[profile circle]
role_arn = arn:aws:iam::444444444444:role/x
source_profile = round

[profile round]
role_arn = arn:aws:iam::444444444444:role/x
source_profile = circle
";

#[test]
fn aws_vault_keeps_identity_center_roles() {
    let imported = aws_vault(text(AWS_VAULT), None).unwrap();
    assert_eq!(
        toml(&imported),
        "\
[idp.acme]
type      = \"identity-center\"
start_url = \"https://acme.awsapps.com/start\"
region    = \"eu-west-1\"

[role.sso]
idp            = \"acme\"
account        = \"222222222222\"
permission_set = \"Developer\"

[role.old-sso]
idp            = \"acme\"
account        = \"333333333333\"
permission_set = \"Audit\"

[role.behind]
via             = \"sso\"
role_arn        = \"arn:aws:iam::444444444444:role/behind\"
duration        = \"15m\"
source_identity = \"me\"
tags            = { key1 = \"value1\", key2 = \"value2\" }
transitive_tags = [\"key1\", \"key2\"]

[role.tagged-badly]
via      = \"sso\"
role_arn = \"arn:aws:iam::444444444444:role/t\"
"
    );
    assert_eq!(
        not_taken(&imported),
        [
            "f:7 profile order-dev",
            "f:9 profile root",
            "f:25 `duration_seconds`",
            "f:40 `mfa_serial`",
            "f:45 `session_tags`",
            "f:48 profile process",
            "f:51 profile other-process",
            "f:55 profile web",
            "f:57 profile circle",
            "f:59 profile circle",
            "f:63 profile round",
        ]
    );
    assert!(why(&imported, "profile root").contains("long-lived access keys"));
    assert!(
        why(&imported, "profile order-dev").contains("its source_profile root has long-lived access keys")
    );
    // What a command asks aws-vault for is what its profile is, and nobody guesses more than that.
    assert_eq!(
        why(&imported, "profile process"),
        "uses the credentials of the profile root, which could not be imported"
    );
}

const PORTAL: &str = "sso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Developer\n";

/// A `credential_process` of aws-vault means the profile that it names, which may be anything.
#[test]
fn a_command_of_aws_vault_is_the_profile_that_it_asks_for() {
    for command in [
        "aws-vault exec --json sso",
        "aws-vault exec sso --json",
        "/usr/local/bin/aws-vault exec --no-session -d 1h --prompt=terminal sso --json",
        "aws-vault --debug exec sso --json",
        "aws-vault export --format json sso",
    ] {
        let file = format!(
            "[profile dev]\ncredential_process = {command}\nregion = eu-central-1\n[profile sso]\n{PORTAL}region = eu-west-1\n"
        );
        let imported = aws_vault(text(&file), None).unwrap();
        assert_eq!(not_taken(&imported), [""; 0], "{command}");
        let dev = imported.draft.roles.iter().find(|role| role.name == "dev").unwrap();
        let sso = imported.draft.roles.iter().find(|role| role.name == "sso").unwrap();
        let role = |table: &Table| {
            ["idp", "account", "permission_set"].map(|key| table.text(key).map(str::to_owned))
        };
        assert_eq!(role(dev), role(sso), "{command}");
        assert_eq!((dev.text("region"), sso.text("region")), (Some("eu-central-1"), Some("eu-west-1")));
    }
    for (command, reason) in [
        (
            "aws-vault exec --json vaulted",
            "uses the credentials of the profile vaulted, which could not be imported",
        ),
        (
            "aws-vault exec --json dev",
            "asks the tool for its own credentials, and this file does not say what they are",
        ),
        (
            "aws-vault exec --json keys",
            "uses the credentials of the profile keys, which could not be imported",
        ),
        ("other-tool sso", "gets its credentials from another program, which jit does not run"),
    ] {
        let file = format!("[profile dev]\ncredential_process = {command}\n[profile keys]\nmfa_serial = m\n");
        let imported = aws_vault(text(&file), None).unwrap();
        assert_eq!(why(&imported, "profile dev"), reason, "{command}");
    }
    // Permission sets and roles decide before a command.
    let both = format!("[profile dev]\ncredential_process = aws-vault exec --json x\n{PORTAL}");
    assert_eq!(aws_vault(text(&both), None).unwrap().draft.roles.len(), 1);
}

/// With a hub role, what only keys could reach is a spoke.
#[test]
fn roles_behind_keys_become_spokes_of_a_hub() {
    let configuration = "[idp.acme]\ntype = \"saml\"\nstart_url = \"https://idp.example/x\"\n[role.hub]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n[role.far]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/far\"\n";
    let hub = |name| Hub::of(&Draft::of(configuration), name);
    assert_eq!(hub("nobody"), None);
    for name in ["hub", "far"] {
        let imported = aws_vault(text(AWS_VAULT), hub(name)).unwrap();
        let via = |role: &str| {
            let role = imported.draft.roles.iter().find(|table| table.name == role);
            role.and_then(|role| role.text("via")).map(str::to_owned)
        };
        assert_eq!(via("order-dev").as_deref(), Some(name));
        assert_eq!(via("behind").as_deref(), Some("sso"));
        assert!(
            !not_taken(&imported).iter().any(|one| one.contains("order-dev")),
            "{:?}",
            not_taken(&imported)
        );
    }
    // A profile that is called like the hub does not take its place.
    let file = "[profile keys]\nmfa_serial = m\n[profile hub]\nsource_profile = keys\nrole_arn = arn:aws:iam::333333333333:role/x\n\
                [profile vaulted]\nsource_profile = elsewhere\nrole_arn = arn:aws:iam::333333333333:role/y\n";
    let imported = aws_vault(text(file), hub("hub")).unwrap();
    assert_eq!(
        imported.draft.to_toml().as_str(),
        "[role.hub-2]\nvia      = \"hub\"\nrole_arn = \"arn:aws:iam::333333333333:role/x\"\n\n\
         [role.vaulted]\nvia      = \"hub\"\nrole_arn = \"arn:aws:iam::333333333333:role/y\"\n"
    );
    // What AWS would refuse behind that hub is refused with the reason.
    let file = "[profile keys]\nmfa_serial = m\n[profile gov]\nsource_profile = keys\nrole_arn = nonsense\n";
    let imported = aws_vault(text(file), hub("hub")).unwrap();
    assert!(imported.draft.roles.is_empty() && why(&imported, "profile gov").contains("nonsense"));
}
