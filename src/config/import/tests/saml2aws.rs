//! Imports of saml2aws's accounts: SAML or Okta IdPs, and their roles.

use super::*;

pub(super) const SAML2AWS: &str = "\u{feff}[default]\r
name                    = default\r
app_id                  = \r
url                     = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"\r
username                = me@example.com ; mine\r
provider                = Okta\r
mfa                     = PUSH\r
skip_verify             = true\r
timeout                 = 0\r
aws_urn                 = urn:amazon:webservices\r
aws_session_duration    = 28800\r
aws_profile             = saml\r
role_arn                = arn:aws:iam::111111111111:role/admin\r
region                  = eu-west-1\r
saml_cache              = false\r
frobnicate              = 1\r
\r
[google]\r
url         = https://accounts.google.com/o/saml2/initsso?idpid=X&spid=Y&forceauthn=false\r
provider    = GoogleApps\r
aws_profile = google\r
\r
[adfs]\r
\turl = https://fs.example.com/\r
\tprovider = ADFS\r
\taws_urn = urn:amazon:webservices:cn-north-1\r
\trole_arn = arn:aws:iam::222222222222:role/adfs\r
\taws_session_duration = 60\r
\r
[azure]\r
url = https://account.activedirectory.windowsazure.com\r
app_id = 2784b9b1-53ed-4883-95a8-56bf94ad4f5f\r
provider = AzureAD\r
\r
[onelogin]\r
url = https://api.onelogin.com\r
subdomain = acme\r
provider = OneLogin\r
";

pub(super) const AFTER_SAML2AWS: &str = "\
[profile other]
source_profile = saml
role_arn = arn:aws:iam::333333333333:role/other
role_session_name = me

[profile third]
source_profile = other
role_arn = arn:aws:iam::444444444444:role/third

[profile process]
region = eu-west-2
credential_process = saml2aws login --skip-prompt --quiet --credential-process --role arn:aws:iam::222222222222:role/p -a google --session-duration=7200

[profile gone]
credential_process = saml2aws login --credential-process --role arn:aws:iam::222222222222:role/p --idp-account onelogin

[profile picked]
source_profile = google
role_arn = arn:aws:iam::444444444444:role/x

[profile unrelated]
source_profile = somebody
role_arn = arn:aws:iam::444444444444:role/x

[profile unrelated-either]
source_profile = unrelated
role_arn = arn:aws:iam::444444444444:role/x
";

#[test]
fn saml2aws_accounts_become_idps_and_their_roles() {
    let imported = saml2aws(text(SAML2AWS), Some(text(AFTER_SAML2AWS))).unwrap();
    assert_eq!(
        toml(&imported),
        "\
[idp.acme]
type     = \"okta\"
org      = \"https://acme.okta.com\"
app_url  = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"
username = \"me@example.com\"
factor   = \"push\"

[idp.google]
type      = \"saml\"
start_url = \"https://accounts.google.com/o/saml2/initsso?idpid=X&spid=Y&forceauthn=false\"

[idp.adfs]
type      = \"saml\"
start_url = \"https://fs.example.com/adfs/ls/IdpInitiatedSignOn.aspx?loginToRp=urn:amazon:webservices:cn-north-1\"
entity_id = \"urn:amazon:webservices:cn-north-1\"

[idp.azure]
type      = \"saml\"
start_url = \"https://account.activedirectory.windowsazure.com/applications/redirecttofederatedapplication.aspx?Operation=SignIn&applicationId=2784b9b1-53ed-4883-95a8-56bf94ad4f5f\"

[role.saml]
idp      = \"acme\"
role_arn = \"arn:aws:iam::111111111111:role/admin\"
duration = \"8h\"
region   = \"eu-west-1\"

[role.adfs]
idp      = \"adfs\"
role_arn = \"arn:aws:iam::222222222222:role/adfs\"

[role.other]
via          = \"saml\"
role_arn     = \"arn:aws:iam::333333333333:role/other\"
session_name = \"me\"

[role.third]
via      = \"other\"
role_arn = \"arn:aws:iam::444444444444:role/third\"

[role.process]
idp      = \"google\"
role_arn = \"arn:aws:iam::222222222222:role/p\"
duration = \"2h\"
region   = \"eu-west-2\"
"
    );
    assert_eq!(
        not_taken(&imported),
        [
            "f:8 `skip_verify`",
            "f:15 profile gone",
            "f:16 `frobnicate`",
            "f:18 profile picked",
            "f:28 `aws_session_duration`",
            "f:38 [onelogin]",
        ]
    );
    let taken = taken(&imported);
    assert!(taken[1].ends_with("has no role; `jit login --idp google` lets you pick one"), "{taken:?}");
    assert!(taken[2].ends_with("compare it with the URL of the tile"), "{taken:?}");
    assert!(why(&imported, "[onelogin]").contains("jit does not use OneLogin's API"));
}
