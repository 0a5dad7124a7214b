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
    let imported = aws_vault(text(AWS_VAULT)).unwrap();
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
    assert!(why(&imported, "profile order-dev").contains("its source_profile root could not be imported"));
}
