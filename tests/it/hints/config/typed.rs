//! What is wrong with a command line or the environment beside good files, and how the advice goes on.

use jit_emulator::Settings;

use super::{Tried, hints};
use crate::support::{Output, Room};

/// What is typed, and the variables beside it.
#[derive(Clone, Copy)]
struct Typed {
    words: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
}

const fn typed(words: &'static [&'static str], env: &'static [(&'static str, &'static str)]) -> Typed {
    Typed { words, env }
}

struct Case {
    wrong: Typed,
    /// What is suggested, piece by piece.
    says: &'static [&'static str],
    /// The same as the advice has it.
    right: Typed,
}

const fn case(wrong: Typed, says: &'static [&'static str], right: Typed) -> Case {
    Case { wrong, says, right }
}

const FULL: &[Case] = &[
    case(typed(&["explain", "admni"], &[]), &["did you mean `admin`?"], typed(&["explain", "admin"], &[])),
    case(typed(&["explain", "zzz"], &[]), &["the roles are: admin"], typed(&["explain", "admin"], &[])),
    case(
        typed(&["explain"], &[]),
        &["the roles are: admin", "give a role, or set default_role in the configuration"],
        typed(&["explain", "admin"], &[]),
    ),
    case(typed(&["login", "--idp", "zzz"], &[]), &["the IdPs are: demo"], typed(&["login", "hub"], &[])),
    case(
        typed(&["login", "admin", "--duration", "60"], &[]),
        &["such as --duration 1h"],
        typed(&["login", "admin", "--duration", "1h"], &[]),
    ),
    case(
        typed(&["explain", "hub"], &[("AWS_REGION", "Ireland")]),
        &["unset AWS_REGION, or set it to a region such as eu-west-1"],
        typed(&["explain", "hub"], &[("AWS_REGION", "eu-west-1")]),
    ),
    case(
        typed(&["explain", "hub"], &[("AWS_USE_FIPS_ENDPOINT", "yes")]),
        &["write true or false, without quotes"],
        typed(&["explain", "hub"], &[("AWS_USE_FIPS_ENDPOINT", "true")]),
    ),
    case(
        typed(&["explain", "hub"], &[("AWS_ENDPOINT_URL_STS", "http://sts.example")]),
        &["unset AWS_ENDPOINT_URL_STS, or set it to an https URL"],
        typed(&["explain", "hub"], &[("AWS_ENDPOINT_URL_STS", "https://sts.example")]),
    ),
    case(
        typed(&["explain", "environment"], &[]),
        &["set AWS_ACCESS_KEY_ID, or use another profile"],
        typed(&["explain", "environment"], &[("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "x")]),
    ),
    case(
        typed(&["explain", "instance"], &[("AWS_EC2_METADATA_DISABLED", "true")]),
        &["unset AWS_EC2_METADATA_DISABLED, or use another profile"],
        typed(&["explain", "instance"], &[]),
    ),
    case(
        typed(&["explain", "instance"], &[("AWS_EC2_METADATA_DISABLED", "1")]),
        &["write true or false, without quotes"],
        typed(&["explain", "instance"], &[("AWS_EC2_METADATA_DISABLED", "false")]),
    ),
    case(
        typed(
            &["explain", "endpoint"],
            &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"), ("AWS_ENDPOINT_URL_STS", "")],
        ),
        &["write an https URL there, or http on this machine"],
        typed(&["explain", "endpoint"], &[("AWS_ENDPOINT_URL_STS", "")]),
    ),
    case(
        typed(&["explain", "policied", "--policy", "policy.json"], &[]),
        &["leave out --policy FILE; --policy ARN also works"],
        typed(&["explain", "policied", "--policy", "arn:aws:iam::aws:policy/ReadOnlyAccess"], &[]),
    ),
    case(
        typed(&["explain", "ten", "--read-only"], &[]),
        &["leave some out, here or in `policy_arns`"],
        typed(&["explain", "ten"], &[]),
    ),
    case(
        typed(&["explain", "admin", "--policy", "long.json"], &[]),
        &["shorten it, or make it a managed policy: --policy ARN"],
        typed(&["explain", "admin", "--policy", "policy.json"], &[]),
    ),
    case(
        typed(&["explain", "admin", "--policy", "broken.json"], &[]),
        &["fix the file"],
        typed(&["explain", "admin", "--policy", "policy.json"], &[]),
    ),
    case(
        typed(&["explain", "gov", "--policy", "arn:aws-us-gov:iam::aws:role/x"], &[]),
        &["such as arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"],
        typed(&["explain", "gov", "--policy", "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"], &[]),
    ),
    case(
        typed(&["explain", "admin", "--max", "1m"], &[]),
        &["such as --max 15m"],
        typed(&["explain", "admin", "--max", "15m"], &[]),
    ),
];

const CENTER: &[Case] = &[case(
    typed(&["explain", "dev", "--read-only"], &[]),
    &["leave out --read-only, --policy and --max"],
    typed(&["explain", "dev"], &[]),
)];

const PROFILES: &str = "\
[profile environment]
role_arn = arn:aws:iam::444444444444:role/ops
credential_source = Environment

[profile instance]
role_arn = arn:aws:iam::444444444444:role/ops
credential_source = Ec2InstanceMetadata

[profile endpoint]
role_arn = arn:aws:iam::444444444444:role/ops
source_profile = command
endpoint_url = http://sts.example
ignore_configured_endpoint_urls = true

[profile command]
credential_process = /bin/true x
";

fn full() -> Room {
    let room = Room::new();
    let arns: Vec<String> = (0..10).map(|n| format!("\"arn:aws:iam::aws:policy/P{n}\"")).collect();
    let role = |name: &str, partition: &str, more: &str| {
        format!(
            "[role.{name}]\nvia = \"hub\"\nrole_arn = \"arn:{partition}:iam::222222222222:role/x\"\n{more}\n"
        )
    };
    let roles = [
        role("policied", "aws", "policy = \"{}\""),
        role("ten", "aws", &format!("policy_arns = [{}]", arns.join(", "))),
        role("gov", "aws-us-gov", ""),
    ];
    room.write_config(&format!("{}\n{}", room.usual_config(), roles.concat()));
    room.write(".aws/config", PROFILES);
    room.write("policy.json", "{}");
    room.write("broken.json", "{");
    room.write("long.json", &format!("{{ \"Id\": \"{}\" }}", "x".repeat(3000)));
    room
}

fn run(room: &Room, Typed { words, env }: Typed) -> Output {
    env.iter().fold(room.jit(words), |run, (name, value)| run.env(name, value)).run()
}

/// What is wrong with the advice of `case`.
fn fault(room: &Room, case: &Case, said: &mut String) -> Option<String> {
    let refused = run(room, case.wrong);
    said.push_str(&refused.stderr);
    let told = hints(&refused);
    let is_said =
        told.len() == case.says.len() && told.iter().zip(case.says).all(|(hint, says)| hint.contains(says));
    if refused.code() == 0 || !is_said {
        return Some(format!("{:?} should say {:?}: {refused}", case.wrong.words, case.says));
    }
    let next = run(room, case.right);
    said.push_str(&next.stdout);
    (next.code() != 0).then(|| format!("{:?} leads nowhere: {next}", case.says))
}

/// A configuration that lacks what is asked for, and what the advice adds to it.
fn bare(said: &mut String) -> Vec<String> {
    let room = Room::new();
    let good = room.usual_config();
    let (idp, _) = good.split_once("\n\n").unwrap();
    let mut faults = Vec::new();
    for (typed, says) in [
        (&["explain", "hub"][..], "add a [role.NAME] to the configuration"),
        (&["login", "--idp", "demo"], "add an [idp.NAME] to the configuration"),
    ] {
        room.write_config(if says.contains("idp") { "" } else { idp });
        let refused = room.jit(typed).run();
        said.push_str(&refused.stderr);
        room.write_config(&good);
        let right = room.jit(&["explain", "hub"]).run();
        if !hints(&refused).concat().contains(says) || right.code() != 0 {
            faults.push(format!("{typed:?} should say {says:?}: {refused}{right}"));
        }
    }
    faults
}

/// Tries every command line.
pub(super) fn tried() -> Tried {
    let mut said = String::new();
    let mut faults = bare(&mut said);
    let rooms = [(full(), FULL), (Room::by_center(Settings::default()), CENTER)];
    for (room, cases) in &rooms {
        faults.extend(cases.iter().filter_map(|case| fault(room, case, &mut said)));
    }
    Tried { faults, said }
}
