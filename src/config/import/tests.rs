use super::*;

fn text(content: &str) -> Text<'_> {
    Text { path: "f", content: content.as_bytes() }
}

/// What was taken, a line each.
fn taken(imported: &Imported) -> Vec<String> {
    let line = |taken: &ImportedTable| {
        let became = match &taken.became {
            Became::Idp(name) => format!("idp {name}"),
            Became::Role(name) => format!("role {name}"),
        };
        let remark = taken.remark.as_ref().map(|remark| format!("; {remark}")).unwrap_or_default();
        format!("{} {} → {became}{remark}", taken.place, taken.what)
    };
    imported.taken.iter().map(line).collect()
}

/// What was not taken: place and thing of each line.
fn not_taken(imported: &Imported) -> Vec<String> {
    imported.no_equal.iter().map(|one| format!("{} {}", one.place, one.what)).collect()
}

/// The draft as it is written; it is one that `jit` takes.
fn toml(imported: &Imported) -> String {
    let text = imported.draft.to_toml().to_string();
    File::parse("config.toml", &text).unwrap_or_else(|mistake| panic!("{mistake}\n{text}"));
    text
}

fn why<'a>(imported: &'a Imported, what: &str) -> &'a str {
    let found = imported.no_equal.iter().find(|one| one.what == what);
    &found.unwrap_or_else(|| panic!("{what} is not in {:?}", imported.no_equal)).why
}

/// Every tool reads every text without a panic; what it makes of it is a configuration.
fn read_by_all(content: &str) -> usize {
    let (text, variables) = (text(content), [("OKTA_AWSCLI_ORG_DOMAIN".to_owned(), content.to_owned())]);
    let all = [
        aws_okta(text, Some("acme")),
        saml2aws(text, Some(text)),
        aws_vault(text),
        granted(Some(text), None),
        granted(None, Some(text)),
        okta_aws_cli(Some(text), None, &variables, None),
        okta_aws_cli(None, Some(text), &[], Some(text)),
    ];
    let read: Vec<_> = all.into_iter().flatten().collect();
    read.iter().map(toml).count()
}

const AWS_OKTA: &str = "\
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
            "f:32 the application of profile pick → idp acme-pick; profile pick names no role; `jit login --idp acme-pick` lets you pick one",
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
    // An address has the org in it.
    let own = "[okta]\naws_saml_url = https://a.example/home/amazon_aws/x/272\n[profile dev]\nrole_arn = arn:aws:iam::111111111111:role/x\n";
    let imported = aws_okta(text(own), None).unwrap();
    assert_eq!(imported.draft.idps[0].text("org"), Some("https://a.example"));
    let error = aws_okta(text("[profile x]\nregion = eu-west-1\n"), None).unwrap_err();
    assert_eq!(error.to_string(), "f: no `aws_saml_url` in it, so nothing of aws-okta's");
}

const SAML2AWS: &str = "\u{feff}[default]\r
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

const AFTER_SAML2AWS: &str = "\
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
    assert!(taken[1].ends_with("names no role; `jit login --idp google` lets you pick one"), "{taken:?}");
    assert!(taken[2].ends_with("compare it with the address behind the tile"), "{taken:?}");
    assert!(why(&imported, "[onelogin]").contains("jit does not use OneLogin's API"));
}

const AWS_VAULT: &str = "\
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
    assert!(why(&imported, "profile root").contains("static keys"));
    assert!(why(&imported, "profile order-dev").contains("its source_profile root could not be taken"));
}

const GRANTED: &str = "\
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

const GRANTED_OWN: &str = "\
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
    let imported = granted(Some(text(GRANTED)), Some(text(GRANTED_OWN))).unwrap();
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
    let error = granted(None, Some(text("a = 1\nb = [\n"))).unwrap_err();
    assert_eq!(error.to_string(), "f:2: this is not TOML");
}

const OKTA_YAML: &str = "\
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
    // Without the application there is no address.
    let imported = okta_aws_cli(None, Some(text(dotenv)), &[], None).unwrap();
    assert!(imported.taken.is_empty());
    assert!(why(&imported, "profile default").contains("OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID"));
}

#[test]
fn invalid_items_are_left_out_with_their_dependents() {
    let file = "[sso-session a]\nsso_start_url = https://a.awsapps.com/start\nsso_region = eu-west-1\n\
        [profile good]\nsso_session = a\nsso_account_id = 111111111111\nsso_role_name = Dev\n\
        [profile short]\nsso_session = a\nsso_account_id = 1111\nsso_role_name = Dev\n\
        [profile behind]\nsource_profile = short\nrole_arn = arn:aws:iam::222222222222:role/x\n\
        [profile plain]\nsource_profile = good\nrole_arn = arn:aws:iam::222222222222:role/x\nregion = nowhere\n\
        [sso-session b]\nsso_start_url = http://b.example/start\nsso_region = eu-west-1\n\
        [profile clear]\nsso_session = b\nsso_account_id = 111111111111\nsso_role_name = Dev\n";
    let imported = aws_vault(text(file)).unwrap();
    toml(&imported);
    assert_eq!(taken(&imported), ["f:2 sso-session a → idp a", "f:4 profile good → role good"]);
    assert_eq!(imported.no_equal.len(), 5, "{:?}", imported.no_equal);
    assert!(why(&imported, "profile short").contains("not the twelve digits"));
    assert_eq!(why(&imported, "profile behind"), "it is reached by short, which was not taken");
    assert!(why(&imported, "profile plain").contains("`nowhere` is not a region"));
    assert!(why(&imported, "sso-session b").contains("is not https"));
    assert_eq!(why(&imported, "profile clear"), "it is reached by b, which was not taken");
}

#[test]
fn broken_files_are_refused_with_their_line() {
    for (content, words) in [
        ("[a]\nx\n", "line 2, column 1: this line has no `=`: x"),
        ("[profile a]\nregion = x\n[profile a]\n", "duplicate of the one on line 1"),
        ("[a]\nx = 1\nX = 2\n", "this key is a duplicate of the one on line 2"),
        ("region = x\n", "a key stands before the first section"),
    ] {
        for error in [aws_vault(text(content)).unwrap_err(), saml2aws(text(content), None).unwrap_err()] {
            assert!(error.to_string().contains(words), "{content:?}: {error}");
        }
    }
    let latin = Text { path: "f", content: b"[a]\nx = \xe9\n" };
    assert!(aws_okta(latin, None).unwrap_err().to_string().contains("line 2, column 5"));
    assert!(okta_aws_cli(None, Some(latin), &[], None).unwrap_err().to_string().contains("not UTF-8"));
    let marked = "\u{feff}[profile a]\nregion = x\n";
    assert!(aws_vault(text(marked)).unwrap_err().to_string().contains("byte order mark"));
}

#[test]
fn any_imported_file_gives_a_valid_configuration() {
    let hostile = [
        "",
        "\u{feff}",
        "[]\n",
        "[profile \u{1b}[2Jx\u{202e}]\naws_saml_url = home/\u{1b}x\nrole_arn = arn:aws:iam::111111111111:role/x\nregion = \"\n",
        "[profile a\u{0}b]\nsso_start_url = https://x.example/\u{7}\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = x\"\n",
        "[okta]\naws_saml_url = //evil.example/x\n[profile x]\nrole_arn = arn:aws:iam::111111111111:role/x\"\\\n",
        "[okta]\naws_saml_url = https://user:pw@evil.example/x\n[profile x]\nrole_arn = arn:aws:iam::111111111111:role/x\n",
        "[x]\nurl = ://\nprovider = Okta\nrole_arn = x\n[y]\nurl = https://\nprovider = \n",
        "[x]\nurl = https://a.example/é\nprovider = Browser\nrole_arn = arn:aws:iam::111111111111:role/x\naws_profile = [idp.x]\n",
        "[profile a]\nsource_profile = a\nrole_arn = a\ninclude_profile = a\n",
        "[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a\nrole_arn = x\nsource_profile = a\n",
        "[profile a]\ncredential_process = \"unclosed\n[profile b]\ncredential_process = saml2aws --role --role\n",
        "awscli:\n  profiles:\n    \"\\n[role.x]\":\n      org-domain: \"x\\n\"\n      aws-acct-fed-app-id: \"\\\"\"\n      aws-iam-role: arn\n",
        "SSO = 3\n[ProfileRegistry]\n",
        "[SSO.x]\nStartURL = \"\\u001b\"\nSSORegion = \"]\"\n",
        "OKTA_AWSCLI_ORG_DOMAIN==\nOKTA_AWSCLI_=x\n=\n",
        AWS_OKTA,
        SAML2AWS,
        AWS_VAULT,
        GRANTED,
        GRANTED_OWN,
        OKTA_YAML,
    ];
    let read: usize = hostile.into_iter().map(read_by_all).sum();
    assert!(read > 50, "{read}");
}

/// Bytes changed, lines left out or twice: whatever comes of it, nobody panics and the draft is a configuration.
#[test]
fn damaged_files_are_read_or_refused() {
    let mut seed = 7u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below.max(1)
    };
    let odd = ["\"", "\\", "=", "[", "]", "\n", "\t", "\u{1b}", "\u{202e}", "é", "#", ":", " ", "'", "{", ""];
    let mut read = 0;
    for file in [AWS_OKTA, SAML2AWS, AFTER_SAML2AWS, AWS_VAULT, GRANTED, GRANTED_OWN, OKTA_YAML] {
        for _ in 0..60 {
            let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
            for _ in 0..=random(3) {
                let at = random(lines.len());
                match random(4) {
                    0 => drop(lines.remove(at)),
                    1 => lines.insert(at, lines[random(lines.len())].clone()),
                    _ => {
                        let (line, odd) = (&mut lines[at], odd[random(odd.len())]);
                        let place = line.char_indices().map(|(at, _)| at).nth(random(line.chars().count()));
                        line.insert_str(place.unwrap_or(0), odd);
                    }
                }
            }
            read += read_by_all(&lines.join("\n"));
        }
    }
    assert!(read > 500, "{read}");
}

#[test]
fn long_lived_access_keys_are_found_and_temporary_ones_are_not() {
    let file = "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = s3cr3t\n\
        [saml]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = s3cr3t\naws_session_token = t\n\
        [temporary]\naws_access_key_id = ASIAEXAMPLE\n[empty]\naws_access_key_id =\n\
        [profile x]\nAWS_ACCESS_KEY_ID = AKIAOTHER\n";
    let keys = static_keys(text(file)).unwrap();
    let found: Vec<_> = keys.iter().map(|key| format!("{} [{}]", key.place, key.section)).collect();
    assert_eq!(found, ["f:2 [default]", "f:13 [profile x]"]);
    assert!(!format!("{keys:?}").contains("AKIA"), "not even the id, which nobody needs here");
}

#[test]
fn hosts_have_names() {
    for (address, name) in [
        ("https://acme.okta.com/home", "acme"),
        ("https://sso.acme.com/x", "acme"),
        ("https://fs.example.com", "example"),
        ("https://accounts.google.com/o/saml2", "google"),
        ("localhost", "localhost"),
        ("https://acme.com", "acme"),
        ("", "imported"),
    ] {
        assert_eq!(name_of_host(address), name, "{address}");
    }
}
