//! Profiles lead to the same identity in jit as in botocore.

use super::*;

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

pub(super) const CENTER: &str = "sso_start_url = https://acme.awsapps.com/start/#/\nsso_region = eu-west-1\n";

pub(super) const ASSIGNED: &str = "sso_account_id = 333333333333\nsso_role_name = Developer\n";

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
