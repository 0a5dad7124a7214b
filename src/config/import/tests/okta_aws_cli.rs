//! Imports from okta-aws-cli, which is configured in YAML, a dotenv file, variables or commands: an org and
//! its roles.

use super::*;

pub(super) const OKTA_YAML: &str = "\
---
okta:
  client:
    scopes: [a]
awscli:
  idps:
    \"arn:aws:iam::111111111111:saml-provider/acme\": \"Data Production\"
  roles:
    \"arn:aws:iam::.*:role/S3_Read\": \"Reader\"
    \"arn:aws:iam::111111111111:role/admin\": \"Prod Admin\"
    \"arn:aws:iam::.*:role/operator\": \"Operator\"
  profiles:
    staging:
      oidc-client-id: \"0oabc\"
      org-domain: \"acme.okta.com\"
      aws-acct-fed-app-id: 0oaxy
      aws-iam-idp: \"arn:aws:iam::111111111111:saml-provider/acme\"
      aws-iam-role: \"arn:aws:iam::111111111111:role/S3_Read\"
      aws-session-duration: 7200
      write-aws-credentials: true
      open-browser: true
    lost:
      oidc-client-id: \"0oabc\"
";

#[test]
fn okta_aws_cli_profiles_become_roles_of_the_org() {
    let imported = okta_aws_cli(Some(text(OKTA_YAML)), None, &[], None).unwrap();
    assert_eq!(
        toml(&imported),
        "\
[idp.acme]
type      = \"okta\"
org       = \"https://acme.okta.com\"
app_url   = \"https://acme.okta.com/home/amazon_aws/0oaxy/272\"
client_id = \"0oabc\"

[role.staging]
idp          = \"acme\"
role_arn     = \"arn:aws:iam::111111111111:role/S3_Read\"
provider_arn = \"arn:aws:iam::111111111111:saml-provider/acme\"
duration     = \"2h\"
description  = \"Reader\"

[role.Prod-Admin]
idp         = \"acme\"
role_arn    = \"arn:aws:iam::111111111111:role/admin\"
description = \"Prod Admin\"
"
    );
    assert_eq!(
        not_taken(&imported),
        ["f:11 role Operator", "f:20 `write-aws-credentials`", "f:23 profile lost"]
    );
    let error = okta_aws_cli(Some(text("awscli:\n  roles: [a]\n")), None, &[], None).unwrap_err();
    assert!(error.to_string().starts_with("f:2: a map or list in brackets"), "{error}");
}

#[test]
fn okta_aws_cli_reads_variables_and_commands_too() {
    let dotenv = "# mine\nOKTA_AWSCLI_ORG_DOMAIN=\"acme.okta.com\"\nexport OKTA_AWSCLI_OIDC_CLIENT_ID=0oabc\r\nOKTA_AWSCLI_PRIVATE_KEY=s3cr3t\nOTHER=s3cr3t\nOKTA_AWSCLI_DEBUG=true\n";
    let variables = [
        ("OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID".to_owned(), "0oaxy".to_owned()),
        ("OKTA_AWSCLI_OIDC_CLIENT_ID".to_owned(), "0oenv".to_owned()),
    ];
    let profiles = "[profile s3]\nregion = eu-west-1\ncredential_process = okta-aws-cli web --format process-credentials --aws-iam-role arn:aws:iam::222222222222:role/s3 --open-browser\n\
        [profile behind]\nsource_profile = s3\nrole_arn = arn:aws:iam::333333333333:role/x\n\
        [profile machine]\ncredential_process = okta-aws-cli m2m --oidc-client-id 0oabc\n";
    let imported = okta_aws_cli(None, Some(text(dotenv)), &variables, Some(text(profiles))).unwrap();
    assert_eq!(
        toml(&imported),
        "\
[idp.acme]
type      = \"okta\"
org       = \"https://acme.okta.com\"
app_url   = \"https://acme.okta.com/home/amazon_aws/0oaxy/272\"
client_id = \"0oenv\"

[role.s3]
idp      = \"acme\"
role_arn = \"arn:aws:iam::222222222222:role/s3\"
region   = \"eu-west-1\"

[role.behind]
via      = \"s3\"
role_arn = \"arn:aws:iam::333333333333:role/x\"
"
    );
    assert_eq!(not_taken(&imported), ["f:4 `private-key`", "f:8 profile machine"]);
    assert!(!format!("{imported:?}").contains("s3cr3t"));
    // Without the application there is no URL.
    let imported = okta_aws_cli(None, Some(text(dotenv)), &[], None).unwrap();
    assert!(imported.taken.is_empty());
    assert!(why(&imported, "profile default").contains("OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID"));
}
