use super::*;
use crate::config::aws::Document;
use crate::config::resolve::{self, Flags};
use crate::plan::{Plan, ProfileSource, ProofPlan};
use jit_wire::env::Env;

const FILE: &str = "\
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start/#/
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile dev]
sso_session = acme
sso_account_id = 333333333333
sso_role_name = Developer
region = eu-central-1

[profile old]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 333333333333
sso_role_name = Developer

[profile prod]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = dev
role_session_name = alice
external_id = x-1
duration_seconds = 1800

[profile own]
credential_process = \"/usr/bin/jit\" credential-process own

[profile circle]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = circle

[profile half]
role_arn = arn:aws:iam::222222222222:role/admin
sso_session = acme

[profile keys]
aws_access_key_id = AKIAEXAMPLE

[profile on-keys]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = keys

[profile process]
credential_process = /usr/bin/vault

[profile lost]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = nowhere

[profile empty]
output = json

[profile split]
sso_session = acme
sso_region = eu-west-2
sso_account_id = 333333333333
sso_role_name = Developer

[profile both]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = dev
credential_source = Environment

[profile typo]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = Ec2

[profile login]
login_session = arn:aws:iam::222222222222:user/alice

[profile open]
credential_process = \"x
";

pub(in crate::config::aws) fn profiles(config: &str, credentials: &str) -> AwsProfiles {
    let document = |text: &str| Document::parse(text.as_bytes()).unwrap();
    AwsProfiles::new(
        (document(config), "~/.aws/config".to_owned()),
        (document(credentials), "~/.aws/credentials".to_owned()),
    )
}

pub(in crate::config::aws) fn plan(profiles: &AwsProfiles, name: &str) -> Plan {
    let env = Env::of([
        ("AWS_ACCESS_KEY_ID", "AKIAENV"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"),
    ]);
    let file = as_roles(profiles, name, &[]).unwrap().unwrap();
    resolve::plan(&file, name, Flags::default(), &env, Vec::new).unwrap()
}

#[test]
fn profiles_become_roles_with_the_line_of_each_value() {
    let profiles = profiles(FILE, "");
    let prod = plan(&profiles, "prod");
    assert_eq!(
        prod.legs.iter().map(|leg| leg.role.value.as_str()).collect::<Vec<_>>(),
        ["333333333333/Developer", "arn:aws:iam::222222222222:role/admin"]
    );
    let last = prod.target();
    assert_eq!(last.duration.value, 1800);
    assert_eq!(last.external_id.as_ref().unwrap().origin.to_string(), "~/.aws/config:22");
    assert_eq!(plan(&profiles, "dev").region.unwrap().value, "eu-central-1");
    // The old form and the new one lead to the same sign-in.
    let key = |name| plan(&profiles, name).proof.login_key();
    assert_eq!(key("old"), key("dev"));
    let names: Vec<&str> = usable(&profiles).map(|(name, _)| name).collect();
    assert_eq!(names, ["dev", "old", "prod", "process"]);
    assert!(as_roles(&profiles, "nowhere", &[]).unwrap().is_none());
    assert!(as_roles(&profiles, "own", &[]).unwrap().is_none());
}

/// For each profile: its source as it would be asked, the place that sets it, and the steps.
#[test]
fn credentials_have_botocores_precedence() {
    const CONFIG: &str = "\
[profile keys]
aws_access_key_id = AKIACONFIG
aws_secret_access_key = y
mfa_serial = arn:aws:iam::111111111111:mfa/alice

[profile role]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = keys

[profile own]
role_arn = arn:aws:iam::222222222222:role/admin
source_profile = own
aws_access_key_id = AKIAOWN
aws_secret_access_key = y

[profile behind]
role_arn = arn:aws:iam::333333333333:role/far
source_profile = own

[profile env]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = Environment

[profile box]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = EcsContainer

[profile instance]
role_arn = arn:aws:iam::222222222222:role/admin
credential_source = Ec2InstanceMetadata

[profile token]
role_arn = arn:aws:iam::222222222222:role/admin
web_identity_token_file = /run/token

[profile process]
credential_process = \"/opt/a b/vault\" get x
aws_access_key_id = AKIAIGNORED
aws_secret_access_key = y

[profile far]
role_arn = arn:aws:iam::333333333333:role/far
source_profile = process
";
    let profiles = profiles(
        CONFIG,
        "[keys]\naws_access_key_id = AKIAFILE\naws_secret_access_key = x\n[only]\n\
             aws_access_key_id = AKIAONLY\naws_secret_access_key = z\naws_session_token = t\n",
    );
    let credentials = |line| format!("~/.aws/credentials:{line}");
    let config = |line| format!("~/.aws/config:{line}");
    let (itself, admin, far) =
        ("its own credentials", "arn:aws:iam::222222222222:role/admin", "arn:aws:iam::333333333333:role/far");
    for (name, source, origin, legs) in [
        ("keys", "AKIAFILE", credentials(2), vec![itself]),
        ("only", "AKIAONLY with a token", credentials(5), vec![itself]),
        ("role", "AKIAFILE", credentials(2), vec![admin]),
        ("own", "AKIAOWN", config(13), vec![admin]),
        // The access keys of a source take precedence over its role.
        ("behind", "AKIAOWN", config(13), vec![far]),
        ("env", "AKIAENV", config(22), vec![admin]),
        ("box", "http://169.254.170.2/v2/x", config(26), vec![admin]),
        ("instance", "http://169.254.169.254", config(30), vec![admin]),
        ("token", "/run/token", config(34), vec![admin]),
        ("process", "/opt/a b/vault|get|x", config(37), vec![itself]),
        ("far", "/opt/a b/vault|get|x", config(37), vec![far]),
    ] {
        let plan = plan(&profiles, name);
        let ProofPlan::Source(settings) = &plan.proof else { panic!("{name} starts from no source") };
        let shown = match &settings.source.value {
            ProfileSource::Keys { id, token: None, .. } => id.clone(),
            ProfileSource::Keys { id, .. } => format!("{id} with a token"),
            ProfileSource::Process(words) => words.join("|"),
            ProfileSource::TokenFile(path) => path.clone(),
            ProfileSource::Container { url, .. } | ProfileSource::Instance { url, .. } => url.clone(),
        };
        let origin_shown = settings.source.origin.to_string();
        assert_eq!((shown.as_str(), origin_shown), (source, origin), "{name}");
        let roles: Vec<_> = plan.legs.iter().map(|leg| leg.role.value.as_str()).collect();
        assert_eq!(roles, legs, "{name}");
    }
    assert!(plan(&profiles, "keys").target().mfa_serial.is_some());
    assert!(plan(&profiles, "role").target().mfa_serial.is_none());
    // A command that leads back to itself is an error.
    let circle = as_roles(&profiles, "process", &["far", "process"]).err().unwrap().to_string();
    assert!(circle.ends_with("is used by its own credential_process: far → process → process"), "{circle}");
    assert!(as_roles(&profiles, "process", &["a", "b", "c", "d"]).is_err());
}

#[test]
fn endpoints_are_those_of_the_profile_that_was_named() {
    let profiles = profiles(
        "[services local]\nsts =\n  endpoint_url = http://127.0.0.1:4566\ns3 =\n  endpoint_url = http://127.0.0.1:1\n\
             [profile base]\naws_access_key_id = a\naws_secret_access_key = b\nendpoint_url = https://other.example\n\
             [profile role]\nrole_arn = arn:aws:iam::222222222222:role/admin\nsource_profile = base\nservices = local\n\
             [profile off]\naws_access_key_id = a\naws_secret_access_key = b\nservices = local\nignore_configured_endpoint_urls = true\n\
             [profile plain]\naws_access_key_id = a\naws_secret_access_key = b\nendpoint_url = http://elsewhere.example\n\
             [profile lost]\naws_access_key_id = a\naws_secret_access_key = b\nservices = gone\n",
        "",
    );
    let url = |name| {
        plan(&profiles, name).target().sts.url.as_ref().map(|url| (url.value.clone(), url.origin.to_string()))
    };
    let said = |url: &str, line| Some((url.to_owned(), format!("~/.aws/config:{line}")));
    assert_eq!(url("role"), said("http://127.0.0.1:4566", 3));
    assert_eq!(url("base"), said("https://other.example", 9));
    assert_eq!(url("off"), None);
    for (name, words) in [
        ("plain", "sets the endpoint of sts to http://elsewhere.example, which is neither https"),
        ("lost", "refers to [services gone], which does not exist"),
    ] {
        let error = as_roles(&profiles, name, &[]).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// Was a bug: any command that contained the word was treated as jit's own (granted's does), and its profile
/// was not found.
#[test]
fn our_own_command_is_recognized_by_program_and_argument_position() {
    use System::{Unix, Windows};
    let own = || Some("/opt/tools/jit-1.2".to_owned());
    let cases = [
        (Unix, "jit credential-process dev", true),
        (Unix, "/usr/local/bin/jit credential-process dev", true),
        (Unix, "\"/opt/my tools/jit\" credential-process dev", true),
        (Unix, "'/opt/my tools/jit' 'credential-process' dev", true),
        (Unix, "/usr/bin/jit credential-process --auto-login dev", true),
        (Unix, "/usr/bin/jit credential-process dev --auto-login=yes", true),
        (Unix, "/usr/bin/jit.exe credential-process dev", true),
        // Under another name, but by the path that this program was started by.
        (Unix, "/opt/tools/jit-1.2 credential-process dev", true),
        (Unix, "/opt/tools/jit-1.1 credential-process dev", false),
        (Windows, r"C:\tools\jit.exe credential-process dev", true),
        (Windows, r#""C:\Program Files\jit\JIT.EXE" credential-process dev"#, true),
        (Windows, "C:/tools/jit credential-process dev", true),
        (Windows, r"C:\tools\granted.exe credential-process --profile dev", false),
        (Unix, "dgranted credential-process --profile dev", false),
        (Unix, "granted credential-process --profile dev", false),
        (Unix, "/usr/bin/granted credential-process dev", false),
        (Unix, "/usr/bin/credential-process", false),
        (Unix, "vault get credential-process", false),
        (Unix, "/usr/bin/fidget credential-process dev", false),
        (Unix, "/opt/jit/bin/vault credential-process dev", false),
        (Unix, "env AWS_PROFILE=x jit credential-process dev", false),
        (Unix, "sh -c 'jit credential-process dev'", false),
        (Unix, "jit exec -q dev -- credential-process dev", false),
        (Unix, "jit credential-process", false),
        (Unix, "jit credential-process a b", false),
        (Unix, "'jit credential-process dev'", false),
        (Unix, "'jit credential-process dev", false),
        (Unix, "", false),
    ];
    for (system, command, ours) in cases {
        assert_eq!(asks_jit(command, system, own), ours, "{command} on {system:?}");
    }
    let text = "[profile g]\ncredential_process = dgranted credential-process --profile g\n";
    assert!(as_roles(&profiles(text, ""), "g", &[]).unwrap().is_some());
}

/// A command is started without a shell, so `~` is not expanded.
#[test]
fn a_program_that_only_a_shell_would_find_is_refused_with_a_hint() {
    for program in ["~/bin/vault", "$HOME/bin/vault", "${HOME}/bin/vault"] {
        let text = format!("[profile x]\ncredential_process = {program} get '~/x'\n");
        let mistake = as_roles(&profiles(&text, ""), "x", &[]).err().unwrap();
        let said = format!(
            "~/.aws/config:2:22: the profile x cannot start `{program}` (a credential_process runs without \
             a shell)"
        );
        assert_eq!(mistake.to_string(), said);
        assert!(mistake.suggestion.unwrap().starts_with("write the absolute path"));
    }
    let text = "[profile x]\ncredential_process = /bin/vault get ~/x $Y\n";
    let plan = plan(&profiles(text, ""), "x");
    let ProofPlan::Source(settings) = &plan.proof else { panic!("it starts from a command") };
    let words = ["/bin/vault", "get", "~/x", "$Y"].map(str::to_owned).to_vec();
    assert_eq!(settings.source.value, ProfileSource::Process(words));
}

#[test]
fn unusable_profiles_say_why_and_where() {
    let profiles = profiles(FILE, "");
    for (name, words) in [
        ("circle", ":30:18: the profile circle is in a loop of source profiles: circle → circle"),
        ("half", ": the profile half has a role_arn without a source_profile or a credential_source"),
        ("keys", "has an aws_access_key_id without an aws_secret_access_key"),
        ("on-keys", "the profile keys has an aws_access_key_id without an aws_secret_access_key"),
        ("lost", "the profile lost has the source_profile nowhere, which does not exist"),
        ("empty", "has no role, Identity Center settings, keys or credential_process"),
        ("split", "and its sso-session have different values of `sso_region`"),
        ("both", "has both a source_profile and a credential_source"),
        ("typo", "has the credential_source Ec2, which does not exist"),
        ("login", "gets its credentials from `aws login`"),
        ("open", "has a credential_process that is empty or has an unclosed quote"),
    ] {
        let error = as_roles(&profiles, name, &[]).err().unwrap().to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
}
