//! Profiles compared with botocore: their identity, their endpoints, their refusals; every setting of its
//! configuration chain, and what a child of `exec` gets of it; the times that it reads.

mod identities;

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

use self::identities::{ASSIGNED, CENTER};
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
    // The AWS CLI reads its own settings.
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
