//! Imports from aws-okta: an org with hubs and spokes.

use super::*;

pub(super) const AWS_OKTA: &str = "\
[okta]
# the default application
aws_saml_url = home/amazon_aws/cuZGoka9dAIFcyG0UllG/214
mfa_provider = OKTA
mfa_factor_type = token:software:totp
assume_role_ttl = 1h
okta_session_cookie_key = x

[default]
region = us-east-1
output = json

[profile dev]
role_arn = arn:aws:iam::111111111111:role/okta-dev
region = eu-west-1
session_ttl = 8h

[profile integrations-auth]
aws_saml_url = home/amazon_aws/woezQTbGWUaLSrYDvINU/214
role_arn = arn:aws:iam::222222222222:role/okta
role_session_name = me
mfa_provider = DUO
okta_account_name = other

[profile vendor]
source_profile = integrations-auth
role_arn = arn:aws:iam::333333333333:role/secondary
assume_role_ttl = 15m
external_id = x-1

[profile pick]
aws_saml_url = https://acme.okta.com/home/amazon_aws/pick/272

[profile keys]
aws_access_key_id = AKIAEXAMPLE
role_arn = arn:aws:iam::333333333333:role/of-keys
";

#[test]
fn aws_okta_becomes_an_org_with_hubs_and_spokes() {
    let imported = aws_okta(text(AWS_OKTA), Some("acme")).unwrap();
    assert_eq!(
        toml(&imported),
        "\
[idp.acme]
type    = \"okta\"
org     = \"https://acme.okta.com\"
app_url = \"https://acme.okta.com/home/amazon_aws/cuZGoka9dAIFcyG0UllG/214\"
factor  = \"totp\"

[idp.acme-integrations-auth]
type    = \"okta\"
org     = \"https://acme.okta.com\"
app_url = \"https://acme.okta.com/home/amazon_aws/woezQTbGWUaLSrYDvINU/214\"
factor  = \"duo\"

[idp.acme-pick]
type    = \"okta\"
org     = \"https://acme.okta.com\"
app_url = \"https://acme.okta.com/home/amazon_aws/pick/272\"
factor  = \"totp\"

[role.dev]
idp      = \"acme\"
role_arn = \"arn:aws:iam::111111111111:role/okta-dev\"
duration = \"8h\"
region   = \"eu-west-1\"

[role.integrations-auth]
idp      = \"acme-integrations-auth\"
role_arn = \"arn:aws:iam::222222222222:role/okta\"
duration = \"1h\"

[role.vendor]
via         = \"integrations-auth\"
role_arn    = \"arn:aws:iam::333333333333:role/secondary\"
duration    = \"15m\"
external_id = \"x-1\"
"
    );
    assert_eq!(
        taken(&imported),
        [
            "f:3 [okta] → idp acme",
            "f:19 the application of profile integrations-auth → idp acme-integrations-auth",
            "f:32 the application of profile pick → idp acme-pick; profile pick has no role; `jit login --idp acme-pick` lets you pick one",
            "f:13 profile dev → role dev",
            "f:18 profile integrations-auth → role integrations-auth",
            "f:25 profile vendor → role vendor",
        ]
    );
    assert_eq!(
        not_taken(&imported),
        ["f:7 `okta_session_cookie_key`", "f:21 `role_session_name`", "f:23 `okta_account_name`"]
    );
    for org in ["acme.okta.com", "https://acme.okta.com/", " acme "] {
        assert_eq!(aws_okta(text(AWS_OKTA), Some(org)).unwrap(), imported);
    }
}

#[test]
fn aws_okta_says_what_it_lacks() {
    let error = aws_okta(text(AWS_OKTA), None).unwrap_err();
    assert!(matches!(error, ImportError::NeedsOrg { .. }), "{error}");
    // This URL contains the org.
    let own = "[okta]\naws_saml_url = https://a.example/home/amazon_aws/x/272\n[profile dev]\nrole_arn = arn:aws:iam::111111111111:role/x\n";
    let imported = aws_okta(text(own), None).unwrap();
    assert_eq!(imported.draft.idps[0].text("org"), Some("https://a.example"));
    let error = aws_okta(text("[profile x]\nregion = eu-west-1\n"), None).unwrap_err();
    assert_eq!(error.to_string(), "f: not a profile of aws-okta's: it has no `aws_saml_url`");
}
