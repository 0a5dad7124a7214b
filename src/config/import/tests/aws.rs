//! What becomes of profiles that AWS's own tools use.

use super::aws_vault::AWS_VAULT;
use super::*;

const PROFILES: &str = "\
[default]
region = us-east-1

[sso-session acme]
sso_start_url = https://acme.awsapps.com/start/#/
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile dev]
sso_session = acme
sso_account_id = 222222222222
sso_role_name = Developer
region = eu-west-1
output = json

[profile behind]
source_profile = dev
role_arn = arn:aws:iam::333333333333:role/behind
external_id = abc

[profile keys]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = hidden

[profile behind-keys]
source_profile = keys
role_arn = arn:aws:iam::333333333333:role/admin

[profile behind-credentials]
source_profile = elsewhere
role_arn = arn:aws:iam::333333333333:role/audit

[profile alone]
role_arn = arn:aws:iam::333333333333:role/x

[profile process]
credential_process = aws-vault exec --json dev

[sso-session unused]
sso_start_url = https://other.awsapps.com/start
sso_region = us-east-1
";

const TAKEN: &str = "\
[idp.acme]
type      = \"identity-center\"
start_url = \"https://acme.awsapps.com/start\"
region    = \"eu-west-1\"

[idp.unused]
type      = \"identity-center\"
start_url = \"https://other.awsapps.com/start\"
region    = \"us-east-1\"

[role.dev]
idp            = \"acme\"
account        = \"222222222222\"
permission_set = \"Developer\"
region         = \"eu-west-1\"

[role.behind]
via         = \"dev\"
role_arn    = \"arn:aws:iam::333333333333:role/behind\"
external_id = \"abc\"
";

#[test]
fn permission_sets_and_what_is_behind_them_are_taken() {
    let imported = aws(text(PROFILES), None).unwrap();
    assert_eq!(toml(&imported), TAKEN);
    assert_eq!(
        not_taken(&imported),
        [
            "f:22 profile keys",
            "f:26 profile behind-keys",
            "f:30 profile behind-credentials",
            "f:34 profile alone",
            "f:37 profile process",
        ]
    );
    assert_eq!(why(&imported, "profile alone"), "has a role_arn without a source_profile");
    assert!(why(&imported, "profile behind-keys").contains("import with --hub ROLE"));
}

#[test]
fn roles_behind_keys_become_spokes_of_a_hub() {
    let configuration = Draft::of(
        "[idp.x]\ntype = \"saml\"\nstart_url = \"https://idp.example/x\"\n[role.hub]\nidp = \"x\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n",
    );
    let imported = aws(text(PROFILES), Hub::of(&configuration, "hub")).unwrap();
    let spokes = "\n[role.behind-keys]\nvia      = \"hub\"\nrole_arn = \"arn:aws:iam::333333333333:role/admin\"\n\n\
                  [role.behind-credentials]\nvia      = \"hub\"\nrole_arn = \"arn:aws:iam::333333333333:role/audit\"\n";
    assert_eq!(*imported.draft.to_toml(), format!("{TAKEN}{spokes}"));
    assert_eq!(not_taken(&imported), ["f:22 profile keys", "f:34 profile alone", "f:37 profile process"]);
    // aws-vault's own keys mean nothing here.
    assert!(aws(text(AWS_VAULT), None).is_ok());
}
