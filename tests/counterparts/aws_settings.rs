//! Profiles compared with botocore: their identity, their endpoints, their refusals; every setting of its
//! configuration chain, and what a child of `exec` gets of it; the times that it reads.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jit::config::aws::settings::{SETTINGS, SettingEffect, Values};
use jit::config::aws::{AwsProfiles, Document, Setting, as_roles};
use jit::config::resolve::{self, Flags};
use jit::plan::{Origin, Plan, ProfileSource, ProofPlan, RoleId};
use jit_wire::env::Env;
use jit_wire::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::support::{fixture, python};

fn botocore(question: &Value) -> Value {
    let mut child = Command::new(python())
        .arg("-X")
        .arg("utf8")
        .arg(fixture("aws_settings.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let question = question.to_string();
    let writer = std::thread::spawn(move || input.write_all(question.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "botocore did not answer");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The plan of the profile `x`, or why there is none.
fn plan(config: &str, credentials: &str, env: &[(&str, &str)]) -> Result<Plan, String> {
    let document = |text: &str| Document::parse(text.as_bytes()).map_err(|why| why.to_string());
    let config = (document(config)?, "config".to_owned());
    let profiles = AwsProfiles::new(config, (document(credentials)?, "credentials".to_owned()));
    let file = as_roles(&profiles, "x", &[]).map_err(|why| why.to_string())?.ok_or("no such profile")?;
    resolve::plan(&file, "x", Flags::default(), &env_of(env), Vec::new).map_err(|why| why.to_string())
}

fn env_of(pairs: &[(&str, &str)]) -> Env {
    let mut all = [("", ""); 8];
    all[..pairs.len()].copy_from_slice(pairs);
    Env::of(all)
}

/// Every botocore setting has to be in the table.
#[test]
fn the_table_has_every_botocore_setting_with_its_keys_and_variables() {
    let answer = botocore(&json!({}));
    let theirs: BTreeMap<&str, (Value, Value)> = answer["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row[0].as_str().unwrap(), (row[1].clone(), row[2].clone())))
        .collect();
    assert!(theirs.len() > 40, "{theirs:?}");
    // Those of the AWS CLI are its own.
    let ours = SETTINGS.iter().filter(|setting| !setting.name.starts_with("cli."));
    let ours = ours.map(|setting| (setting.name, (json!(setting.keys), json!(setting.variables)))).collect();
    assert_eq!(theirs, ours);
}

/// The lines of a profile that set one of its keys.
fn line(key: &str, value: &str) -> String {
    match key.split_once('.') {
        Some((block, key)) => format!("{block} =\n  {key} = {value}\n"),
        None => format!("{key} = {value}\n"),
    }
}

fn samples(setting: &Setting) -> [String; 2] {
    let word = |text: &str| text.to_owned();
    match setting.values {
        Values::Switch => [word("true"), word("False")],
        Values::Number(least, most) => [least.max(2).to_string(), most.min(7).to_string()],
        Values::Word(words) => [word(words[0]), word(words[words.len() - 1])],
        Values::Any if setting.name == "region" => [word("eu-west-1"), word("us-gov-west-1")],
        // Numbers are also words, for settings that need one.
        Values::Any => [word("12345"), word("67890")],
    }
}

/// With the profile, and in a child of `exec` that no longer has one, botocore finds the same.
#[test]
fn a_child_finds_every_setting_as_the_profile_has_it() {
    const KEYS: &str = "aws_access_key_id = A\naws_secret_access_key = B\n";
    let (mut questions, mut names) = (Vec::new(), Vec::new());
    for setting in SETTINGS.iter().filter(|setting| !setting.name.starts_with("cli.")) {
        let Some(variable) = setting.variables.first().filter(|_| !setting.keys.is_empty()) else { continue };
        let [one, other] = samples(setting);
        for key in setting.keys {
            let (of_profile, of_defaults) = (line(key, &one), line(key, &other));
            let profile = format!("[profile x]\n{KEYS}region = eu-west-1\n");
            let profile = if *key == "region" { format!("[profile x]\n{KEYS}") } else { profile };
            let cases = [
                (format!("{profile}{of_profile}"), None),
                (format!("{profile}{of_profile}"), Some(other.as_str())),
                (profile.clone(), Some(other.as_str())),
                (format!("[DEFAULT]\n{of_defaults}{profile}{of_profile}"), None),
                (format!("[DEFAULT]\n{of_defaults}{profile}"), None),
                (profile.clone(), None),
            ];
            for (config, set) in cases {
                let env: Vec<(&str, &str)> = set.map(|value| (*variable, value)).into_iter().collect();
                let plan = plan(&config, "", &env).unwrap_or_else(|why| panic!("{config}: {why}"));
                let mut child: BTreeMap<&str, &str> = plan
                    .variables
                    .iter()
                    .map(|(name, at)| (name.as_str(), at.value.as_str()))
                    .chain(plan.region.as_ref().map(|region| ("AWS_DEFAULT_REGION", region.value.as_str())))
                    .collect();
                // The person's own variables override the profile.
                child.extend(env.iter().copied());
                let env: BTreeMap<_, _> = env.into_iter().collect();
                questions.push(json!({ "name": setting.name, "profile": "x", "config": config, "env": env }));
                questions.push(json!({ "name": setting.name, "env": child }));
                names.push(format!("{} by {key}, {set:?}: {config}", setting.name));
            }
        }
    }
    assert!(names.len() > 200, "{}", names.len());
    let answer = botocore(&json!({ "values": questions }));
    for (pair, name) in answer["values"].as_array().unwrap().chunks(2).zip(names) {
        assert_eq!(pair[0], pair[1], "{name}");
        assert!(!pair[0].as_str().unwrap().starts_with("refused"), "{}: {name}", pair[0]);
    }
}

/// `jit` finds the settings that it supports where botocore does.
#[test]
fn supported_settings_have_botocores_values() {
    const PROFILE: &str =
        "[profile x]\naws_access_key_id = A\naws_secret_access_key = B\nregion = eu-west-1\n";
    let (mut questions, mut ours) = (Vec::new(), Vec::new());
    for name in ["use_fips_endpoint", "use_dualstack_endpoint", "max_attempts"] {
        let setting = Setting::named(name);
        assert!(matches!(setting.decision, SettingEffect::Obeyed(_)));
        let values = samples(setting);
        let choices = [None, Some(values[0].as_str()), Some(values[1].as_str())];
        for (of_profile, set) in choices.into_iter().flat_map(|one| choices.map(|other| (one, other))) {
            let config =
                format!("{PROFILE}{}", of_profile.map(|value| line(name, value)).unwrap_or_default());
            let env: Vec<_> = set.map(|value| (setting.variables[0], value)).into_iter().collect();
            let sts = plan(&config, "", &env).unwrap().target().sts.clone();
            let switch = |on: jit::plan::Valued<bool>| match on.origin {
                Origin::Default => "None".to_owned(),
                _ => if on.value { "True" } else { "False" }.to_owned(),
            };
            ours.push(match name {
                "use_fips_endpoint" => switch(sts.fips),
                "use_dualstack_endpoint" => switch(sts.dual_stack),
                _ => sts.attempts.map_or("None".to_owned(), |number| number.to_string()),
            });
            let env: BTreeMap<_, _> = env.into_iter().collect();
            questions.push(json!({ "name": name, "profile": "x", "config": config, "env": env }));
        }
    }
    let answer = botocore(&json!({ "values": questions }));
    assert_eq!(answer["values"], json!(ours));
}

/// In the form of the oracle's answer.
fn who(config: &str, credentials: &str, env: &[(&str, &str)]) -> Value {
    let Ok(plan) = plan(config, credentials, env) else { return json!("refused") };
    let source = match &plan.proof {
        ProofPlan::IdentityCenter(center) => format!("{} {}", center.start_url.value, center.region.value),
        ProofPlan::Source(settings) => match &settings.source.value {
            ProfileSource::Keys { id, .. } => id.clone(),
            ProfileSource::Process(words) => words.join("|"),
            ProfileSource::TokenFile(path) => path.clone(),
            ProfileSource::Container { .. } => "the container".to_owned(),
            ProfileSource::Instance { .. } => "the instance".to_owned(),
        },
        other => panic!("a profile by {other:?}"),
    };
    let by_token = matches!(&plan.proof, ProofPlan::Source(settings) if matches!(settings.source.value, ProfileSource::TokenFile(_)));
    let text =
        |valued: &Option<jit::plan::Valued<String>>| valued.as_ref().map(|valued| valued.value.clone());
    let steps = plan.legs.iter().enumerate().filter_map(|(index, leg)| match &leg.role.value {
        RoleId::Arn(arn) if by_token && index == 0 => {
            Some(json!(["token", arn.as_str(), text(&leg.session_name)]))
        }
        RoleId::Arn(arn) => {
            let seconds = (leg.duration.origin != Origin::Default).then_some(leg.duration.value);
            let [name, id, serial] = [&leg.session_name, &leg.external_id, &leg.mfa_serial].map(text);
            Some(json!(["role", arn.as_str(), name, id, serial, seconds]))
        }
        RoleId::Assigned(assigned) => Some(json!(["center", assigned.account(), assigned.permission_set()])),
        RoleId::Itself(_) => None,
    });
    json!([steps.collect::<Vec<_>>(), source])
}

fn same_people(cases: &[(String, String)]) -> usize {
    let env = [
        ("AWS_ACCESS_KEY_ID", "AKIAENV"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"),
    ];
    let asked: Vec<_> = cases
        .iter()
        .map(|(config, credentials)| json!({ "profile": "x", "config": config, "credentials": credentials, "env": BTreeMap::from(env) }))
        .collect();
    let answer = botocore(&json!({ "who": asked }));
    let mut taken = 0;
    for ((config, credentials), theirs) in cases.iter().zip(answer["who"].as_array().unwrap()) {
        let refused = theirs.as_str().is_some_and(|text| text.starts_with("refused"));
        let theirs = if refused { json!("refused") } else { theirs.clone() };
        assert_eq!(
            who(config, credentials, &env),
            theirs,
            "[config]\n{config}\n[credentials]\n{credentials}"
        );
        taken += usize::from(!refused);
    }
    taken
}

const ROLE: &str = "role_arn = arn:aws:iam::222222222222:role/admin\n";
const KEYS: &str = "aws_access_key_id = AKIAX\naws_secret_access_key = y\n";
const CENTER: &str = "sso_start_url = https://acme.awsapps.com/start/#/\nsso_region = eu-west-1\n";
const ASSIGNED: &str = "sso_account_id = 333333333333\nsso_role_name = Developer\n";

/// Every documented kind of profile, and the corner cases between them.
#[test]
fn a_table_of_profiles_gives_the_same_identity_or_refusal() {
    let base = format!("[profile base]\n{KEYS}");
    let case = |config: String| (config, String::new());
    let cases = [
        case(format!("[profile x]\n{KEYS}")),
        case(format!("[profile x]\n{KEYS}aws_session_token = t\n")),
        case(format!("[profile x]\n{ROLE}source_profile = base\n{base}")),
        case(format!("[profile x]\n{ROLE}source_profile = x\n{KEYS}")),
        case(format!("[profile x]\n{ROLE}source_profile = x\n")),
        case(format!("[profile x]\n{ROLE}source_profile = gone\n")),
        case(format!("[profile x]\n{ROLE}")),
        case(format!("[profile x]\n{ROLE}{KEYS}")),
        case(format!("[profile x]\n{ROLE}credential_source = Environment\n")),
        case(format!("[profile x]\n{ROLE}credential_source = EcsContainer\n")),
        case(format!("[profile x]\n{ROLE}credential_source = Ec2InstanceMetadata\n")),
        case(format!("[profile x]\n{ROLE}credential_source = environment\n")),
        case(format!("[profile x]\n{ROLE}credential_source = Environment\nsource_profile = base\n{base}")),
        case(format!("[profile x]\n{ROLE}web_identity_token_file = /run/token\nrole_session_name = alice\n")),
        case("[profile x]\nweb_identity_token_file = /run/token\n".to_owned()),
        case(format!("[profile x]\nweb_identity_token_file = /run/token\n{KEYS}")),
        case(format!("[profile x]\n{ROLE}web_identity_token_file = /run/token\n{KEYS}")),
        case(format!(
            "[profile x]\n{ROLE}source_profile = base\n{base}{ROLE}web_identity_token_file = /run/token\n"
        )),
        case(format!(
            "[profile x]\n{ROLE}source_profile = base\n{base}{ROLE}credential_source = Environment\n"
        )),
        case(format!("[profile x]\n{CENTER}{ASSIGNED}")),
        case(format!("[profile x]\nsso_session = s\n{ASSIGNED}[sso-session s]\n{CENTER}")),
        case(format!("[profile x]\nsso_session = gone\n{ASSIGNED}[sso-session s]\n{CENTER}")),
        case(format!(
            "[profile x]\nsso_session = s\n{ASSIGNED}sso_region = eu-west-2\n[sso-session s]\n{CENTER}"
        )),
        case(format!(
            "[profile x]\nsso_session = s\n{ASSIGNED}sso_region = eu-west-1\n[sso-session s]\n{CENTER}"
        )),
        case(format!(
            "[profile x]\nsso_session = s\n{ASSIGNED}region = us-east-1\n[sso-session s]\n{CENTER}region = eu-west-1\n"
        )),
        case(format!(
            "[profile x]\nsso_session = s\n{ASSIGNED}{CENTER}[sso-session s]\nsso_region = eu-west-1\n"
        )),
        case(format!("[profile x]\nsso_session = s\n{KEYS}[sso-session s]\n{CENTER}")),
        case(format!("[profile x]\nsso_session = s\n[sso-session s]\n{CENTER}")),
        case(format!("[profile x]\n{CENTER}sso_account_id = 333333333333\n")),
        case(format!("[profile x]\n{ASSIGNED}")),
        case(format!("[profile x]\n{CENTER}{ASSIGNED}{KEYS}")),
        case(format!("[profile x]\n{CENTER}{ASSIGNED}credential_process = /bin/vault\n")),
        case(format!("[profile x]\n{ROLE}source_profile = base\n[profile base]\n{CENTER}{ASSIGNED}")),
        case("[profile x]\ncredential_process = \"/opt/a b/vault\" get 'x y'\n".to_owned()),
        case("[profile x]\ncredential_process = dgranted credential-process --profile x\n".to_owned()),
        case(format!("[profile x]\ncredential_process = /bin/vault\n{KEYS}")),
        case(format!(
            "[profile x]\n{ROLE}source_profile = base\n[profile base]\ncredential_process = /bin/vault\n"
        )),
        case("[profile x]\nregion = eu-west-1\noutput = json\n".to_owned()),
        case(format!("[DEFAULT]\n{ROLE}source_profile = base\n[profile x]\nregion = eu-west-1\n{base}")),
        case(format!(
            "[DEFAULT]\nrole_session_name = alice\nexternal_id = id-1\n[profile x]\n{ROLE}source_profile = base\n{base}"
        )),
        case(format!("[DEFAULT]\ncredential_process = /bin/vault\n[profile x]\nregion = eu-west-1\n{base}")),
        case(format!(
            "[profile x]\n{ROLE}source_profile = base\nduration_seconds = 1800\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n\
             external_id = id-1\nrole_session_name = alice\n{base}"
        )),
        (String::new(), format!("[x]\n{KEYS}")),
        (format!("[profile x]\n{ROLE}source_profile = base\n"), format!("[base]\n{KEYS}")),
        (format!("[profile x]\n{KEYS}"), format!("[x]\n{}", KEYS.replace("AKIAX", "AKIAFILE"))),
        ("[profile x]\ncredential_process = /bin/vault\n".to_owned(), format!("[x]\n{KEYS}")),
        (
            format!("[profile x]\n{ROLE}source_profile = base\nexternal_id = one\n[profile base]\n"),
            format!("[base]\n{KEYS}[x]\nexternal_id = two\n"),
        ),
        (String::new(), format!("[DEFAULT]\n{KEYS}[x]\nregion = eu-west-1\n")),
    ];
    let taken = same_people(&cases);
    assert!((20..cases.len()).contains(&taken), "both kinds are needed: {taken} of {}", cases.len());
}

/// Pseudo-random numbers, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn once_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }
}

#[test]
fn a_thousand_arbitrary_profiles_give_the_same_identity_or_refusal() {
    let mut dice = Dice(2026);
    let names = ["x", "a", "b"];
    let profile = |dice: &mut Dice, own: &str| {
        let mut text = String::new();
        let mut add = |dice: &mut Dice, sides, line: &str| {
            if dice.once_in(sides) {
                text.push_str(line);
            }
        };
        add(dice, 2, ROLE);
        let source = names[dice.below(3) as usize];
        // If a profile has Identity Center next to its keys and is its own source, jit refuses to guess.
        let center = if source == own { 1 << 30 } else { 1 };
        let source = format!("source_profile = {source}\n");
        add(dice, 2, &source);
        add(dice, 6, "credential_source = Environment\n");
        add(dice, 8, "web_identity_token_file = /run/token\n");
        add(dice, 3, KEYS);
        add(dice, 5, "credential_process = /bin/vault get x\n");
        add(dice, 6 * center, CENTER);
        add(dice, 4 * center, ASSIGNED);
        add(dice, 6, "sso_session = s\n");
        add(dice, 4, "role_session_name = alice\n");
        add(dice, 5, "external_id = id-1\n");
        add(dice, 5, "duration_seconds = 1800\n");
        text
    };
    let cases: Vec<_> = (0..1000)
        .map(|_| {
            let mut config = if dice.once_in(5) {
                "[DEFAULT]\nrole_session_name = all\n".to_owned()
            } else {
                String::new()
            };
            let mut credentials = String::new();
            for name in names {
                config.push_str(&format!("[profile {name}]\n{}", profile(&mut dice, name)));
                if dice.once_in(4) {
                    credentials.push_str(&format!("[{name}]\n{}", KEYS.replace("AKIAX", "AKIAFILE")));
                }
            }
            config.push_str(&format!("[sso-session s]\n{CENTER}"));
            (config, credentials)
        })
        .collect();
    let taken = same_people(&cases);
    assert!((200..900).contains(&taken), "both kinds are needed: {taken} of 1000 are something");
}

#[test]
fn every_service_is_called_where_botocore_calls_it() {
    let profile = |more: &str| {
        format!(
            "[profile x]\n{CENTER}{ASSIGNED}{more}[services local]\nsts =\n  endpoint_url = https://sts.example\nsso =\n  endpoint_url = https://sso.example/\ns3 =\n  endpoint_url = http://s3.example\n"
        )
    };
    let mut cases = Vec::new();
    let env = |pairs: &[(&'static str, &'static str)]| pairs.to_vec();
    for region in ["eu-west-1", "us-east-1", "cn-north-1", "eusc-de-east-1"] {
        for (fips, dual) in [(false, false), (true, false), (false, true), (true, true)] {
            let text =
                format!("region = {region}\nuse_fips_endpoint = {fips}\nuse_dualstack_endpoint = {dual}\n");
            cases.push((profile(&text), Vec::new()));
        }
    }
    let region = "region = eu-west-1\n";
    for text in [
        "services = local\n",
        "endpoint_url = https://all.example\n",
        "services = local\nendpoint_url = https://all.example\n",
        "services = local\nignore_configured_endpoint_urls = true\n",
        "services = local\nuse_fips_endpoint = true\n",
        "sts_regional_endpoints = regional\n",
        "",
    ] {
        for env in [
            env(&[]),
            env(&[("AWS_ENDPOINT_URL", "https://var.example")]),
            env(&[("AWS_ENDPOINT_URL_STS", "https://var-sts.example")]),
            env(&[
                ("AWS_ENDPOINT_URL", "https://var.example"),
                ("AWS_ENDPOINT_URL_SSO", "https://var-sso.example"),
            ]),
            env(&[
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
                ("AWS_ENDPOINT_URL", "https://var.example"),
            ]),
            env(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")]),
            env(&[("AWS_USE_FIPS_ENDPOINT", "true")]),
            env(&[("AWS_USE_DUALSTACK_ENDPOINT", "TRUE"), ("AWS_DEFAULT_REGION", "eu-north-1")]),
        ] {
            cases.push((profile(&format!("{region}{text}")), env));
        }
    }
    let asked: Vec<_> = cases
        .iter()
        .map(|(config, env)| {
            let env: BTreeMap<_, _> = env.iter().copied().collect();
            json!({ "profile": "x", "config": config, "env": env, "center": "eu-west-1" })
        })
        .collect();
    let answer = botocore(&json!({ "where": asked }));
    for ((config, env), theirs) in cases.iter().zip(answer["where"].as_array().unwrap()) {
        let plan = plan(config, "", env).unwrap_or_else(|why| panic!("{config} {env:?}: {why}"));
        let ProofPlan::IdentityCenter(center) = &plan.proof else { panic!("{config}") };
        let ours = json!([plan.target().sts.resolved_url(), center.portal(), center.oidc()]);
        assert_eq!(&ours, theirs, "{config} {env:?}");
    }
}

/// `jit` opens the same file for `AWS_CONFIG_FILE` as botocore does.
#[test]
fn a_path_in_a_variable_leads_to_the_same_file() {
    let env = [("HOME", "/home/a"), ("STAGE", "prod"), ("EMPTY", "")];
    let paths = [
        "/etc/aws",
        "~/x",
        "~",
        "/x/~/y",
        "$HOME/x",
        "${HOME}/x",
        "~/$STAGE/c",
        "/x/$STAGE.ini",
        "/x/${STAGE}s",
        "/x/$STAGES",
        "/x/$EMPTY/y",
        "/x/$/y",
        "/x/${STAGE",
        "/x/$$STAGE",
        "/x/${}/y",
        "/x/$-/y",
        "%HOME%/x",
        "/x/100%",
        "$STAGE",
        "${STAGE}$STAGE",
    ];
    let asked: Vec<_> =
        paths.iter().map(|path| json!({ "path": path, "env": BTreeMap::from(env) })).collect();
    let answer = botocore(&json!({ "paths": asked }));
    for (path, theirs) in paths.iter().zip(answer["paths"].as_array().unwrap()) {
        let ours = jit::sys::folders::expand(path, &Env::of(env), Path::new("/home/a"), false);
        assert_eq!(ours, Path::new(theirs.as_str().unwrap()), "{path}");
    }
}

/// `Expiration` and `expiresAt`: the same time, or refused by both.
#[test]
fn expiries_are_read_alike() {
    let mut texts: Vec<String> = [
        "2026-11-20T12:00:00",
        "2026-11-20",
        "2026-11-20Z",
        "soon",
        "",
        "1795176000",
        "2026-11-20T24:00:00Z",
        "2026-11-20T12:00:60Z",
        "2026-11-20T12:00:00+25:00",
        "2026-11-20T12:00:00Z[UTC]",
        "2026-11-20T12:00:00utc",
        "2026-11-20T12:00:00EST",
        "2026-11-20 12:00:00 +0000 UTC",
        "2026-324T12:00:00Z",
        "2026-W47-5T12:00:00Z",
        "2026-11-20T12:00:00+00:00:00",
        "Fri Nov 20 2026 12:00:00 GMT+0000 (Coordinated Universal Time)",
        "Fri, 20 Nov 2026 12:00:00 GMT",
        "Fri, 20 Nov 2026 12:00:00 +0100",
        "Friday, 20-Nov-26 12:00:00 GMT",
        "Fri Nov 20 12:00:00 UTC 2026",
        "20 Nov 2026 12:00:00 +0000",
        "20261120120000Z",
        "2026-11-20T12:00:00UTC+3",
        "2026-11-20T12:00:00 UTC-3",
    ]
    .map(str::to_owned)
    .into();
    for date in ["2026-11-20", "20261120", "2026/11/20", "2024-02-29", "2026-02-29", "2026-13-01"] {
        for time in [
            "T12:00:00",
            "T120000",
            " 12:00:00",
            "t00:00:01",
            "T12:00",
            "T1200",
            "T12",
            "T12:00:00.5",
            "T12:00:00,123456789",
            "T120000.25",
            "T25:00:00",
        ] {
            for zone in [
                "Z", "z", "UTC", " UTC", " GMT", "+0000", "-0000", "+00:00", "+01:00", "-0130", "+05",
                " +0200", " Z", "X1",
            ] {
                texts.push(format!("{date}{time}{zone}"));
            }
        }
    }
    let answer = botocore(&json!({ "moments": texts }));
    let read = answer["moments"].as_array().unwrap().iter().filter(|moment| moment.is_number()).count();
    assert!((300..texts.len() - 50).contains(&read), "both kinds are needed: {read} of {}", texts.len());
    let differ: Vec<_> = texts
        .iter()
        .zip(answer["moments"].as_array().unwrap())
        .filter_map(|(text, theirs)| {
            let ours = Timestamp::parse_expiration(text).ok().map(|at| at.0);
            (json!(ours) != *theirs).then(|| format!("{text}: {ours:?}, botocore {theirs}"))
        })
        .collect();
    assert!(differ.is_empty(), "{differ:#?}");
}
