//! Tools that sign in at Okta.

use super::*;

#[test]
fn aws_okta() {
    let room = room();
    room.write(
        ".aws/config",
        "[okta]\naws_saml_url = home/amazon_aws/0oa1/272\nmfa_factor_type = push\n\n\
         [profile dev]\nrole_arn = arn:aws:iam::111111111111:role/okta-dev\nsession_ttl = 8h\n\n\
         [profile prod]\nsource_profile = dev\nrole_arn = arn:aws:iam::222222222222:role/admin\nmfa_serial = x\nregion = eu-west-1\n",
    );
    let report = format!(
        "\
Taken:
  ~/.aws/config:2  [okta]        → idp acme
  ~/.aws/config:5  profile dev   → role dev
  ~/.aws/config:9  profile prod  → role prod
No equivalent in jit:
  ~/.aws/config:12  `mfa_serial`  jit sends AWS no MFA code; the IdP asks for the second factor
{STATIC_KEY}"
    );
    let written = "\
[idp.acme]
type    = \"okta\"
org     = \"https://acme.okta.com\"
app_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"
factor  = \"push\"

[role.dev]
idp      = \"acme\"
role_arn = \"arn:aws:iam::111111111111:role/okta-dev\"
duration = \"8h\"

[role.prod]
via      = \"dev\"
role_arn = \"arn:aws:iam::222222222222:role/admin\"
region   = \"eu-west-1\"
";
    let next = " Added to ~/config/jit/config.toml: idp acme, role dev, role prod
next: jit login dev
next: jit configure profiles --replace  lets every AWS tool use jit, in place of the profiles of aws-okta for dev, prod
";
    whole_story(&room, &["aws-okta", "--org", "acme.okta.com"], &report, written, next, "prod");
    // The org's URL is in its keychain.
    let output = import(&room, &["aws-okta"]);
    let said = "error: ~/.aws/config does not contain the Okta org: aws-okta stores it in its keychain\n  \
                next: jit configure import aws-okta --org acme.okta.com\n";
    assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (2, "", said));
    // The file of AWS's tools is only read.
    assert_eq!(fs::read_dir(room.path(".aws")).unwrap().count(), 2);
}

#[test]
fn okta_aws_cli() {
    let room = room();
    fs::create_dir(room.path(".okta")).unwrap();
    room.write(
        ".okta/okta.yaml",
        "---\nawscli:\n  roles:\n    \"arn:aws:iam::.*:role/S3_Read\": \"Reader\"\n  profiles:\n    staging:\n      \
         oidc-client-id: \"0oabc\"\n      org-domain: \"acme.okta.com\"\n      aws-acct-fed-app-id: \"0oaxy\"\n      \
         aws-iam-idp: \"arn:aws:iam::111111111111:saml-provider/Okta\"\n      aws-iam-role: \"arn:aws:iam::111111111111:role/S3_Read\"\n      \
         open-browser: true\n",
    );
    room.write(".env", "OKTA_AWSCLI_PRIVATE_KEY=s3cr3t\n");
    let report = format!(
        "\
Taken:
  ~/.okta/okta.yaml:7  the org acme.okta.com  → idp acme
  ~/.okta/okta.yaml:7  profile staging        → role staging
No equivalent in jit:
  .env:1  `private-key`  jit signs in people, not machines; remove the key from this file
{STATIC_KEY}"
    );
    let written = "\
[idp.acme]
type      = \"okta\"
org       = \"https://acme.okta.com\"
app_url   = \"https://acme.okta.com/home/amazon_aws/0oaxy/272\"
client_id = \"0oabc\"

[role.staging]
idp          = \"acme\"
role_arn     = \"arn:aws:iam::111111111111:role/S3_Read\"
provider_arn = \"arn:aws:iam::111111111111:saml-provider/Okta\"
description  = \"Reader\"
";
    let next = " Added to ~/config/jit/config.toml: idp acme, role staging
next: jit login staging
next: jit configure profiles  lets every AWS tool use jit
";
    whole_story(&room, &["okta-aws-cli"], &report, written, next, "staging");

    // Variables apply as well, for what the file leaves out.
    room.write(".okta/okta.yaml", "awscli:\n  profiles:\n    other:\n      org-domain: acme.okta.com\n      aws-iam-role: arn:aws:iam::222222222222:role/o\n      oidc-client-id: 0oabc\n");
    let run = room.jit(&["configure", "import", "okta-aws-cli", "--yes"]);
    let output = run.env("OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID", "0oaxy").run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 0
    --- stderr
    Taken:
      ~/.okta/okta.yaml:4  the org acme.okta.com  → idp acme, which already exists
      ~/.okta/okta.yaml:4  profile other          → role other
    No equivalent in jit:
      .env:1  `private-key`  jit signs in people, not machines; remove the key from this file
    Long-lived access keys, which jit neither imports nor needs:
      ~/.aws/credentials:2  [default]
      Once jit works, delete them there and deactivate them in IAM
    --- ~/config/jit/config.toml
    +++ ~/config/jit/config.toml
    @@ -9,3 +9,7 @@
     role_arn     = "arn:aws:iam::111111111111:role/S3_Read"
     provider_arn = "arn:aws:iam::111111111111:saml-provider/Okta"
     description  = "Reader"
    +
    +[role.other]
    +idp      = "acme"
    +role_arn = "arn:aws:iam::222222222222:role/o"
    ✓ Added to ~/config/jit/config.toml: role other
    Backup of the previous file: ~/config/jit/config.toml.jit-backup
    next: jit login other
    next: jit configure profiles  lets every AWS tool use jit
    "#);
    assert!(
        config(&room).ends_with(
            "\n[role.other]\nidp      = \"acme\"\nrole_arn = \"arn:aws:iam::222222222222:role/o\"\n"
        )
    );
}

#[test]
fn saml2aws() {
    let room = room();
    room.write(
        ".saml2aws",
        "[default]\nname = default\nurl = https://sso.example.com/realms/acme/protocol/saml/clients/aws\nusername = me\nprovider = KeyCloak\nmfa = Auto\n\
         skip_verify = true\naws_urn = urn:amazon:webservices\naws_session_duration = 3600\naws_profile = saml\n\
         role_arn = arn:aws:iam::111111111111:role/hub\nregion =\n",
    );
    room.write(
        ".aws/config",
        "[profile spoke]\nsource_profile = saml\nrole_arn = arn:aws:iam::222222222222:role/x\n",
    );
    let report = format!(
        "\
Taken:
  ~/.saml2aws:1    [default]              → idp example
  ~/.saml2aws:11   the role of [default]  → role saml
  ~/.aws/config:1  profile spoke          → role spoke
No equivalent in jit:
  ~/.saml2aws:7  `skip_verify`  jit verifies every certificate; set AWS_CA_BUNDLE to your company's certificates
{STATIC_KEY}"
    );
    let written = "\
[idp.example]
type      = \"saml\"
start_url = \"https://sso.example.com/realms/acme/protocol/saml/clients/aws\"

[role.saml]
idp      = \"example\"
role_arn = \"arn:aws:iam::111111111111:role/hub\"
duration = \"1h\"

[role.spoke]
via      = \"saml\"
role_arn = \"arn:aws:iam::222222222222:role/x\"
";
    let next = " Added to ~/config/jit/config.toml: idp example, role saml, role spoke
next: jit login saml
next: jit configure profiles --replace  lets every AWS tool use jit, in place of the profiles of saml2aws for spoke
";
    whole_story(&room, &["saml2aws"], &report, written, next, "spoke");
}
