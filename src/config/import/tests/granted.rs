//! Imports of Granted's profiles and portals: permission sets of Identity Center.

use super::*;

pub(super) const GRANTED: &str = "\
[profile tax-api-prod/ViewOnlyAccess]
granted_sso_start_url      = https://d-976708da7d.awsapps.com/start
granted_sso_region         = ap-southeast-2
granted_sso_account_id     = 111111111111
granted_sso_role_name      = ViewOnlyAccess
common_fate_generated_from = aws-sso
credential_process         = granted credential-process --profile tax-api-prod/ViewOnlyAccess

[profile half]
granted_sso_start_url = https://d-976708da7d.awsapps.com/start

[profile behind]
source_profile = tax-api-prod/ViewOnlyAccess
role_arn = arn:aws:iam::222222222222:role/x
granted_color = red
output = json

[profile foreign]
credential_process = /usr/local/bin/other --x
";

pub(super) const GRANTED_OWN: &str = "\
DefaultBrowser = \"FIREFOX\"
CustomBrowserPath = \"\"
Ordering = \"Alphabetical\"
ExportSSOToken = true
CredentialProcessAutoLogin = true
NewThing = 3

[Keyring]
Backend = \"keychain\"

[ProfileRegistry]
PrefixAllProfiles = false

[[ProfileRegistry.Registries]]
name = \"acme\"
url = \"https://git.example.com/registry.git\"

[SSO.acme]
StartURL = \"https://acme.awsapps.com/start\"
SSORegion = \"eu-west-1\"

[SSO.again]
StartURL = \"https://d-976708da7d.awsapps.com/start#/\"
SSORegion = \"ap-southeast-2\"
";

#[test]
fn granted_profiles_and_portals_become_identity_center() {
    let imported = granted(Some(text(GRANTED)), Some(text(GRANTED_OWN)), None).unwrap();
    assert_eq!(
        toml(&imported),
        "\
[idp.d-976708da7d]
type       = \"identity-center\"
start_url  = \"https://d-976708da7d.awsapps.com/start\"
region     = \"ap-southeast-2\"
auto_login = true

[idp.acme]
type       = \"identity-center\"
start_url  = \"https://acme.awsapps.com/start\"
region     = \"eu-west-1\"
auto_login = true

[role.\"tax-api-prod/ViewOnlyAccess\"]
idp            = \"d-976708da7d\"
account        = \"111111111111\"
permission_set = \"ViewOnlyAccess\"

[role.behind]
via      = \"tax-api-prod/ViewOnlyAccess\"
role_arn = \"arn:aws:iam::222222222222:role/x\"
"
    );
    assert_eq!(
        not_taken(&imported),
        [
            "f:1 `DefaultBrowser`",
            "f:4 `ExportSSOToken`",
            "f:6 `NewThing`",
            "f:8 `Keyring`",
            "f:9 profile half",
            "f:11 `ProfileRegistry`",
            "f:15 `granted_color`",
        ]
    );
    let error = granted(None, Some(text("a = 1\nb = [\n")), None).unwrap_err();
    assert_eq!(error.to_string(), "f:2: this is not TOML");
}
