use super::*;
use crate::config::aws::as_roles;
use crate::config::aws::roles::tests::{plan, profiles};
use crate::config::resolve::{self, Flags};
use crate::plan::{ProfileSource, ProofPlan};
use jit_wire::env::Env;

#[test]
fn setting_values_are_validated() {
    let number = Number(1, 10);
    let cases = [
        (Any, "whatever \"x\"", None),
        (Switch, "TRUE", None),
        (Switch, "False", None),
        (Switch, "yes", Some("`yes` is not true or false")),
        (Switch, "\"true\"", Some("`\"true\"` is not true or false")),
        (Switch, "1", Some("`1` is not true or false")),
        (Switch, "", Some("`` is not true or false")),
        (number, "10", None),
        (number, "0", Some("`0` is not a whole number from 1 to 10")),
        (number, "-1", Some("`-1` is not")),
        (number, "1.5", Some("`1.5` is not")),
        (Word(REGIONAL), "Legacy", None),
        (Word(REGIONAL), "global", Some("`global` is not one of legacy, regional")),
    ];
    for (values, value, expected) in cases {
        let refused = values.refuse(value).map(|(what, _)| what);
        match expected {
            None => assert_eq!(refused, None, "{value}"),
            Some(words) => assert!(refused.unwrap().starts_with(words), "{value}"),
        }
    }
}

#[test]
fn setting_names_keys_and_variables_are_unique() {
    let mut seen = std::collections::BTreeSet::new();
    for setting in SETTINGS {
        for word in [&[setting.name][..], setting.variables].concat() {
            assert!(seen.insert(word), "{word} is in the table twice");
        }
        assert!(!setting.keys.is_empty() || !setting.variables.is_empty(), "{}", setting.name);
    }
}

/// Was a bug: values that AWS refuses were only found by asking it, and a region became a host name.
#[test]
fn profiles_have_the_limits_of_config_toml() {
    const CENTER: &str = "[profile x]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n\
                          sso_account_id = 333333333333\nsso_role_name = Developer\nregion = eu-west-1\n";
    const ROLE: &str = "[profile x]\nrole_arn = arn:aws:iam::222222222222:role/admin\ncredential_source = Environment\n\
                        role_session_name = alice\nexternal_id = x-1\nduration_seconds = 3600\n\
                        mfa_serial = arn:aws:iam::111111111111:mfa/alice\nregion = eu-west-1\nuse_fips_endpoint = true\n";
    for good in [CENTER, ROLE] {
        assert!(as_roles(&profiles(good, ""), "x", &[]).unwrap().is_some());
    }
    // The file, the line, the replacement, the place, the message, and the suggestion.
    let cases = [
        (CENTER, 6, "region = \"us-west-2\"", 10, "`\"us-west-2\"` is not a region", "so write none"),
        (CENTER, 6, "region = us-west-2 # mine", 10, "`us-west-2 # mine` is not a region", "its own line"),
        (CENTER, 6, "region=Ireland", 8, "`Ireland` is not a region", "such as eu-west-1"),
        (
            CENTER,
            3,
            "sso_region = evil.example/x-y-1",
            14,
            "is not a region",
            "the region of Identity Center",
        ),
        (CENTER, 3, "sso_region = eu-west-1.evil.example", 14, "is not a region", ""),
        (CENTER, 3, "sso_region = eu-west-1@evil.example", 14, "is not a region", ""),
        (CENTER, 3, "sso_region : 'eu-west-1'", 14, "is not a region", "so write none"),
        (
            CENTER,
            2,
            "sso_start_url = http://acme.awsapps.com/start",
            17,
            "is neither https",
            "write https://acme",
        ),
        (CENTER, 2, "sso_start_url = acme.awsapps.com", 17, "cannot be used: `", ""),
        (CENTER, 2, "sso_start_url = https://a@b.example/start", 17, "cannot be used: `", ""),
        (CENTER, 4, "sso_account_id = 33333333", 18, "`33333333` is not an account id", "zeros"),
        (CENTER, 4, "sso_account_id = 3333-3333-3333", 18, "is not an account id", ""),
        (CENTER, 5, "sso_role_name = Dev eloper", 17, "`Dev eloper` is not a valid sso_role_name", "1 to 32"),
        (ROLE, 2, "role_arn = arn:aws:iam::2222:role/admin", 12, "`2222` is not twelve digits", ""),
        (ROLE, 2, "role_arn = \"arn:aws:iam::222222222222:role/a\"", 12, "not an ARN", ""),
        (ROLE, 4, "role_session_name = a b", 21, "`a b` is not a valid role_session_name", "2 to 64"),
        (ROLE, 4, "role_session_name = a", 21, "`a` is not a valid role_session_name", ""),
        (ROLE, 5, "external_id = x", 15, "`x` is not a valid external_id", "2 to 1224"),
        (ROLE, 5, "external_id = \u{e9}\u{e9}", 15, "is not a valid external_id", ""),
        (ROLE, 6, "duration_seconds = 60", 20, "60 s is not a duration", "43200"),
        (ROLE, 6, "duration_seconds = 43201", 20, "43201 s is not a duration", ""),
        (ROLE, 6, "duration_seconds = 1h", 20, "duration_seconds that is not a number", ""),
        (ROLE, 7, "mfa_serial = alice", 14, "`alice` is not a valid mfa_serial", "mfa/alice"),
        (ROLE, 7, "mfa_serial = arn:aws:iam::1:mfa/a b", 14, "is not a valid mfa_serial", ""),
        (
            ROLE,
            9,
            "use_fips_endpoint = yes",
            21,
            "use_fips_endpoint: `yes` is not true or false",
            "true or false",
        ),
        (ROLE, 9, "max_attempts = 0", 16, "max_attempts: `0` is not a whole number", ""),
        (ROLE, 9, "retry_mode = often", 14, "retry_mode: `often` is not one of", ""),
        (ROLE, 9, "endpoint_url = http://elsewhere.example", 16, "which is neither https", "https"),
    ];
    for (file, line, instead, column, what, next) in cases {
        let mut lines: Vec<&str> = file.lines().collect();
        lines[line - 1] = instead;
        let mistake = as_roles(&profiles(&lines.join("\n"), ""), "x", &[]).err();
        let mistake = mistake.unwrap_or_else(|| panic!("{instead} is taken"));
        let said = mistake.to_string();
        assert!(said.starts_with(&format!("~/.aws/config:{line}:{column}: the profile x ")), "{said}");
        assert!(said.contains(what), "{said}");
        assert!(mistake.suggestion.clone().unwrap_or_default().contains(next), "{mistake:?}");
        assert_eq!(mistake.excerpt.as_deref(), Some(instead), "{mistake:?}");
    }
    // The source profile and the other file are checked too. A line with a secret is not quoted.
    let keys = "[x]\naws_access_key_id = A\naws_secret_access_key = hidden\nregion = nowhere\n";
    let said = as_roles(&profiles("", keys), "x", &[]).err().unwrap();
    assert_eq!(
        said.to_string(),
        "~/.aws/credentials:4:10: the profile x cannot be used: `nowhere` is not a region"
    );
    let half = as_roles(&profiles("", "[x]\naws_secret_access_key = hidden\n"), "x", &[]).err().unwrap();
    assert!(!format!("{half} {half:?}").contains("hidden"), "{half:?}");
}

/// `[DEFAULT]`, which Python's parser copies into every section, counts: a switch that a company sets there
/// is on here too.
#[test]
fn the_default_section_applies_to_every_profile_as_in_botocore() {
    let profiles = profiles(
        "[DEFAULT]\nregion = eu-west-2\nuse_fips_endpoint = true\n[profile a]\naws_access_key_id = A\n\
         aws_secret_access_key = B\n[profile b]\nregion = eu-central-1\nuse_fips_endpoint = FALSE\n\
         aws_access_key_id = A\naws_secret_access_key = B\n[DEFAULT]\nmax_attempts = 2\n[ DEFAULT ]\nca_bundle = /x\n",
        "[DEFAULT]\nrole_session_name = alice\n[c]\naws_access_key_id = A\naws_secret_access_key = B\n",
    );
    let sts = |name| {
        let sts = plan(&profiles, name).target().sts.clone();
        (sts.region.value, sts.fips.value, sts.fips.origin.to_string(), sts.attempts)
    };
    let at = |line| format!("~/.aws/config:{line}");
    assert_eq!(sts("a"), ("eu-west-2".to_owned(), true, at(3), Some(2)));
    assert_eq!(sts("b"), ("eu-central-1".to_owned(), false, at(9), Some(2)));
    let c = plan(&profiles, "c");
    assert_eq!(c.target().session_name.as_ref().map(|name| name.value.as_str()), Some("alice"));
    // The profile is not in the configuration, so `[DEFAULT]` there does not apply to it.
    assert_eq!((c.region, c.ca_bundle), (None, None));
}

/// Every setting that `jit` obeys is read from the variable, then from the profile.
#[test]
fn a_variable_overrides_the_profile() {
    let text = "[profile x]\naws_access_key_id = A\naws_secret_access_key = B\nregion = eu-west-1\nuse_fips_endpoint = true\n\
                use_dualstack_endpoint = true\nmax_attempts = 7\nca_bundle = /etc/ca.pem\nendpoint_url = https://a.example\n\
                ignore_configured_endpoint_urls = true\nretry_mode = adaptive\nsdk_ua_app_id = mine\ns3 =\n  use_arn_region = true\n";
    let profiles = profiles(text, "");
    let file = || as_roles(&profiles, "x", &[]).unwrap().unwrap();
    let plan = |env: &Env| resolve::plan(&file(), "x", Flags::default(), env, Vec::new);
    let alone = plan(&Env::of([])).unwrap();
    let sts = &alone.target().sts;
    assert_eq!((sts.fips.value, sts.dual_stack.value, sts.attempts, &sts.url), (true, true, Some(7), &None));
    assert_eq!(alone.ca_bundle.as_ref().map(|at| at.value.as_str()), Some("/etc/ca.pem"));
    let handed_on: Vec<_> =
        alone.variables.iter().map(|(name, at)| (name.as_str(), at.value.as_str())).collect();
    assert_eq!(
        handed_on,
        [
            ("AWS_CA_BUNDLE", "/etc/ca.pem"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
            ("AWS_MAX_ATTEMPTS", "7"),
            ("AWS_RETRY_MODE", "adaptive"),
            ("AWS_S3_USE_ARN_REGION", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_SDK_UA_APP_ID", "mine"),
        ]
    );
    let overruled = plan(&Env::of([
        ("AWS_REGION", "eu-north-1"),
        ("AWS_USE_FIPS_ENDPOINT", "False"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "false"),
        ("AWS_MAX_ATTEMPTS", "2"),
        ("AWS_CA_BUNDLE", "/etc/other.pem"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"),
    ]))
    .unwrap();
    let sts = &overruled.target().sts;
    assert_eq!((sts.fips.value, sts.dual_stack.value, sts.attempts), (false, false, Some(2)));
    assert_eq!(
        (sts.region.value.as_str(), overruled.region.as_ref().unwrap().value.as_str()),
        ("eu-north-1", "eu-north-1")
    );
    // The client reads that variable itself.
    assert_eq!(overruled.ca_bundle, None);
    assert_eq!(sts.url.as_ref().map(|url| url.value.as_str()), Some("https://a.example"));
    assert!(overruled.variables.iter().any(|(name, _)| name.as_str() == "AWS_ENDPOINT_URL"));
    for (variable, value, words) in [
        ("AWS_USE_FIPS_ENDPOINT", "1", "AWS_USE_FIPS_ENDPOINT: `1` is not true or false"),
        ("AWS_MAX_ATTEMPTS", "many", "AWS_MAX_ATTEMPTS: `many` is not a whole number"),
    ] {
        let error = plan(&Env::of([(variable, value)])).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn the_metadata_service_follows_its_settings() {
    let with = |more: &str| {
        let text = format!(
            "[profile x]\nrole_arn = arn:aws:iam::222222222222:role/admin\ncredential_source = Ec2InstanceMetadata\n{more}\n"
        );
        as_roles(&profiles(&text, ""), "x", &[]).unwrap().unwrap()
    };
    let source = |more: &str, env: &Env| {
        let plan = resolve::plan(&with(more), "x", Flags::default(), env, Vec::new)
            .map_err(|why| why.to_string())?;
        let ProofPlan::Source(settings) = plan.proof else { panic!("it starts from the instance") };
        let ProfileSource::Instance { url, seconds, attempts } = settings.source.value else {
            panic!("no instance")
        };
        Ok::<_, String>((url, seconds, attempts))
    };
    let at = |url: &str, seconds, attempts| Ok((url.to_owned(), seconds, attempts));
    let (four, six) = ("http://169.254.169.254", "http://[fd00:ec2::254]");
    let none = Env::of([]);
    assert_eq!(source("", &none), at(four, 1, 1));
    assert_eq!(
        source("metadata_service_timeout = 5\nmetadata_service_num_attempts = 3", &none),
        at(four, 5, 3)
    );
    assert_eq!(source("ec2_metadata_service_endpoint_mode = IPv6", &none), at(six, 1, 1));
    assert_eq!(source("imds_use_ipv6 = true", &none), at(six, 1, 1));
    assert_eq!(
        source("imds_use_ipv6 = true\nec2_metadata_service_endpoint_mode = ipv4", &none),
        at(four, 1, 1)
    );
    let own = "ec2_metadata_service_endpoint = http://127.0.0.1:1338/\nimds_use_ipv6 = true";
    assert_eq!(source(own, &none), at("http://127.0.0.1:1338", 1, 1));
    let env =
        Env::of([("AWS_METADATA_SERVICE_TIMEOUT", "9"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6")]);
    assert_eq!(source("metadata_service_timeout = 5", &env), at(six, 9, 1));
    assert_eq!(source("", &Env::of([("AWS_IMDS_USE_IPV6", "true")])), at(six, 1, 1));
    for value in ["true", "True", "TRUE"] {
        let refused = source("", &Env::of([("AWS_EC2_METADATA_DISABLED", value)])).unwrap_err();
        assert!(refused.contains("AWS_EC2_METADATA_DISABLED forbids that"), "{refused}");
    }
    assert_eq!(source("", &Env::of([("AWS_EC2_METADATA_DISABLED", "false")])), at(four, 1, 1));
    let unclear = source("", &Env::of([("AWS_EC2_METADATA_DISABLED", "1")])).unwrap_err();
    assert!(unclear.starts_with("AWS_EC2_METADATA_DISABLED: `1` is not true or false"), "{unclear}");
}
