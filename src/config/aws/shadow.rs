//! What silently takes precedence over `jit`: the checks of `jit doctor` on AWS's files and variables.
//!
//! The tools disagree about precedence, so a finding says which of them are affected. The tables come from
//! the documentation of each SDK ("credential provider chain").

use super::document::{Document, Entry, Section, SectionKind};
use super::editor::managed_profiles;
use super::own_session::has_session_of_jit;
use super::profile::Program;
use super::reader::Broken;
use super::words::split_command;
use super::{CREDENTIAL_PROCESS, OVERRULING_KEYS};
use jit_wire::env::{AWS_ACCESS_KEY_ID, Env};

/// A file and its path as the user would write it.
#[derive(Clone, Copy, Debug)]
pub struct AwsFile<'a> {
    /// The path.
    pub path: &'a str,
    /// The content.
    pub document: &'a Document,
}

/// The input of the checks.
pub struct Scene<'a> {
    /// `~/.aws/config`.
    pub config: AwsFile<'a>,
    /// `~/.aws/credentials`, if there is one.
    pub credentials: Option<AwsFile<'a>>,
    /// The environment.
    pub env: &'a Env,
    /// This program, as jit would write it into a profile now.
    pub program: &'a Program,
    /// Whether a program exists at a path.
    pub exists: &'a dyn Fn(&str) -> bool,
}

/// Something that keeps a tool from asking `jit`, or gives the tool other credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The problem and its effect.
    pub what: String,
    /// The file and the line, counted from 1.
    pub place: Option<(String, usize)>,
    /// How to fix it.
    pub cure: String,
}

/// A file that AWS's tools cannot read.
pub fn broken_file(path: &str, broken: &Broken) -> Finding {
    Finding {
        what: format!("the AWS CLI and boto3 reject the whole file: {}", broken.why),
        place: Some((path.to_owned(), broken.line)),
        cure: "fix or remove that line".to_owned(),
    }
}

/// Everything that takes precedence over the profiles that jit wrote. Without such profiles there are no
/// findings.
pub fn findings(scene: &Scene<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let config = scene.config.document;
    if managed_profiles(config).next().is_none() {
        return found;
    }
    variables(scene.env, &mut found);
    python_defaults(scene.config, &mut found);
    for (name, section) in managed_profiles(config) {
        other_sections(scene.config, name, section, &mut found);
        command(scene, name, section, &mut found);
        overruling_keys(scene.config, name, section, &mut found);
        comments(scene.config, section, &mut found);
        if let Some(credentials) = scene.credentials
            && let Some(section) = credentials.document.section(name)
        {
            overruling_keys(credentials, name, section, &mut found);
            if let Some(entry) = section.entry(CREDENTIAL_PROCESS) {
                let what =
                    format!("profile {name} has another credential_process here, which takes precedence");
                found.push(at(credentials, entry, what, remove_line(CREDENTIAL_PROCESS)));
            }
        }
    }
    found
}

fn at(source: AwsFile<'_>, entry: &Entry, what: String, cure: String) -> Finding {
    Finding { what, place: Some((source.path.to_owned(), entry.line())), cure }
}

fn remove_line(key: &str) -> String {
    format!("remove the line `{key} = …`, or rename the profile")
}

fn variables(env: &Env, found: &mut Vec<Finding>) {
    let mut say = |what: &str, cure: &str| {
        found.push(Finding { what: what.to_owned(), place: None, cure: cure.to_owned() });
    };
    if env.get(AWS_ACCESS_KEY_ID).is_some() && !has_session_of_jit(env) {
        say(
            "AWS_ACCESS_KEY_ID is set: most tools use the keys in the environment, even with AWS_PROFILE",
            "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        );
    }
    if env.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() && env.get("AWS_ROLE_ARN").is_some() {
        say(
            "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are set: tools assume that role before they read \
             a profile",
            "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN",
        );
    }
    let differ = |one: &str, other: &str| match (env.get(one), env.get(other)) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    };
    if differ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") {
        say(
            "AWS_PROFILE and AWS_DEFAULT_PROFILE differ: boto3 and AWS CLI 1 use the second, all others the first",
            "unset AWS_DEFAULT_PROFILE",
        );
    }
    if differ("AWS_REGION", "AWS_DEFAULT_REGION") {
        say(
            "AWS_REGION and AWS_DEFAULT_REGION differ: boto3 and AWS CLI 1 use the second, all others the first",
            "unset AWS_REGION AWS_DEFAULT_REGION",
        );
    }
}

fn python_defaults(config: AwsFile<'_>, found: &mut Vec<Finding>) {
    let sections = config.document.sections().iter();
    for section in sections.filter(|section| section.kind == SectionKind::Defaults) {
        for entry in &section.entries {
            let what = format!(
                "[DEFAULT] in capitals: the AWS CLI, boto3 and jit copy `{}` into every profile, the other tools do not",
                entry.key
            );
            found.push(at(config, entry, what, "write [default], or remove the section".to_owned()));
        }
    }
}

/// Sections that name the same profile in another spelling, such as `[default]` and `[profile default]`.
fn other_sections(config: AwsFile<'_>, name: &str, ours: &Section, found: &mut Vec<Finding>) {
    let sections = config.document.sections().iter();
    let same = sections.filter(|section| section.kind == ours.kind && section.line() != ours.line());
    found.extend(same.map(|other| Finding {
        what: format!(
            "[{}] and [{}] on line {} are the same profile, and tools disagree about which one they use",
            other.header,
            ours.header,
            ours.line()
        ),
        place: Some((config.path.to_owned(), other.line())),
        cure: format!("keep one section for the profile {name}"),
    }));
}

fn command(scene: &Scene<'_>, name: &str, section: &Section, found: &mut Vec<Finding>) {
    const REWRITE: &str = "jit configure profiles";
    let config = scene.config;
    let Some(entry) = section.entry(CREDENTIAL_PROCESS) else {
        found.push(Finding {
            what: format!("profile {name} no longer has a credential_process"),
            place: Some((config.path.to_owned(), section.line())),
            cure: REWRITE.to_owned(),
        });
        return;
    };
    let words = split_command(&config.document.value(entry), scene.program.system()).unwrap_or_default();
    let what = match words.as_slice() {
        [program, ..] if !(scene.exists)(program) => {
            format!("profile {name} starts {program}, which does not exist")
        }
        [program, ..] if program != scene.program.path() => {
            format!("profile {name} starts {program}, but this program is {}", scene.program.path())
        }
        [_, verb, role] if verb == "credential-process" && role == name => {
            let value = config.document.value(entry);
            let needs_quotes = scene.program.is_quoted();
            // The whole value is in one pair of quotes, as AWS's Go SDK sees it.
            if value.ends_with('"') {
                format!("the credential_process of profile {name} ends in a quote, which Terraform removes")
            } else if value.starts_with('"') && !needs_quotes {
                format!(
                    "the credential_process of profile {name} has quotes around the program, which makes \
                     older Go programs (rclone, the ECR credential helper) drop the arguments"
                )
            } else {
                return;
            }
        }
        [_, verb, role] if verb == "credential-process" => {
            format!("profile {name} requests the role {role}")
        }
        _ => format!("the credential_process of profile {name} is not the one that jit wrote"),
    };
    found.push(at(config, entry, what, REWRITE.to_owned()));
}

/// Keys that take precedence over jit's: in the same section, or in the credentials file.
fn overruling_keys(source: AwsFile<'_>, name: &str, section: &Section, found: &mut Vec<Finding>) {
    for entry in section.entries.iter().filter(|entry| OVERRULING_KEYS.contains(&entry.key.as_str())) {
        let key = &entry.key;
        let result = match key.as_str() {
            "aws_access_key_id" => "many tools use these long-lived access keys and never ask jit",
            "login_session" => "tools use the session of `aws login` and never ask jit",
            "role_arn" => "tools assume that role themselves, or fail because there is no source_profile",
            "source_profile" | "credential_source" => {
                "it belongs to a role_arn and has no use in a profile of jit"
            }
            "web_identity_token_file" => "tools use that token and never ask jit",
            _ => "tools use IAM Identity Center and never ask jit",
        };
        found.push(at(source, entry, format!("profile {name} has `{key}`: {result}"), remove_line(key)));
    }
}

/// Comments after a value: botocore reads them as part of it, other tools do not.
fn comments(config: AwsFile<'_>, section: &Section, found: &mut Vec<Finding>) {
    for entry in &section.entries {
        let value = config.document.value(entry);
        if [" #", " ;", "\t#", "\t;"].iter().any(|comment| value.contains(comment)) {
            let what = format!(
                "the comment after the value of `{}` becomes part of the value in the AWS CLI and boto3",
                entry.key
            );
            found.push(at(config, entry, what, "put the comment on its own line".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SectionKind, System};
    use super::*;

    const OURS: &str =
        "# managed by jit: dev\n[profile dev]\ncredential_process = /bin/jit credential-process dev\n";

    /// The findings as `file:line what`.
    fn found(config: &str, credentials: &str, env: &Env) -> Vec<String> {
        let parse = |text: &str| Document::parse(text.as_bytes()).unwrap();
        let (config, credentials) = (parse(config), parse(credentials));
        let scene = Scene {
            config: AwsFile { path: "config", document: &config },
            credentials: Some(AwsFile { path: "credentials", document: &credentials }),
            env,
            program: &Program::new("/bin/jit", System::Unix).unwrap(),
            exists: &|path| path == "/bin/jit" || path == "/old/jit",
        };
        let line = |finding: Finding| {
            assert!(!finding.cure.is_empty());
            let place = finding.place.map(|(path, line)| format!("{path}:{line} ")).unwrap_or_default();
            place + &finding.what
        };
        findings(&scene).into_iter().map(line).collect()
    }

    fn one(config: &str, credentials: &str, env: &Env, expected: &str) {
        let found = found(config, credentials, env);
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "wanted {expected:?} from {config:?}: {found:?}"
        );
    }

    #[test]
    fn a_clean_machine_and_one_without_our_profiles_have_no_findings() {
        let keys = "[other]\naws_access_key_id = AKIA\n";
        assert_eq!(found(OURS, keys, &Env::default()), [""; 0]);
        let env = Env::of([("AWS_ACCESS_KEY_ID", "AKIA")]);
        let foreign = "[profile dev]\nrole_arn = x\n[DEFAULT]\na = b\n";
        assert_eq!(found(foreign, "[dev]\naws_access_key_id = AKIA\n", &env), [""; 0]);
    }

    #[test]
    fn each_overriding_key_is_named_with_its_line() {
        for key in OVERRULING_KEYS {
            one(
                &format!("{OURS}# note\n{key} = x\n"),
                "",
                &Env::default(),
                &format!("config:5 profile dev has `{key}`"),
            );
            let credentials = format!("[other]\na = b\n[dev]\n{key} = x\n");
            one(OURS, &credentials, &Env::default(), &format!("credentials:4 profile dev has `{key}`"));
        }
        one(
            OURS,
            "[dev]\ncredential_process = x\n",
            &Env::default(),
            "credentials:2 profile dev has another",
        );
    }

    #[test]
    fn sections_of_the_same_profile_and_pythons_defaults_are_named() {
        let default = OURS.replace("[profile dev]", "[default]").replace("dev", "default");
        let both = format!("[profile default]\nregion = x\n{default}");
        one(&both, "", &Env::default(), "config:1 [profile default] and [default] on line 4");
        one(&format!("{OURS}[profile 'dev']\n"), "", &Env::default(), "config:4 [profile 'dev'] and");
        one(&format!("{OURS}[DEFAULT]\nregion = x\n"), "", &Env::default(), "config:5 [DEFAULT] in capitals");
        let config = Document::parse(both.as_bytes()).unwrap();
        assert_eq!(config.named(&SectionKind::Profile("default".into())).unwrap().line(), 4);
    }

    #[test]
    fn a_command_that_is_no_longer_ours_is_named() {
        let cases = [
            (
                "\"/gone/jit\" credential-process dev",
                "config:3 profile dev starts /gone/jit, which does not exist",
            ),
            (
                "\"/old/jit\" credential-process dev",
                "config:3 profile dev starts /old/jit, but this program is /bin/jit",
            ),
            ("\"/bin/jit\" credential-process \"dev\"", "ends in a quote, which Terraform removes"),
            (
                "\"/bin/jit\" credential-process dev",
                "config:3 the credential_process of profile dev has quotes around",
            ),
            ("\"/bin/jit\" credential-process prod", "requests the role prod"),
            ("\"/bin/jit\" status", "is not the one that jit wrote"),
            ("\"/bin/jit\" credential-process \"dev", "is not the one that jit wrote"),
            ("", "is not the one that jit wrote"),
        ];
        let (head, _) = OURS.split_once("credential_process").unwrap();
        for (command, expected) in cases {
            one(&format!("{head}credential_process = {command}\n"), "", &Env::default(), expected);
        }
        one(head, "", &Env::default(), "config:2 profile dev no longer has a credential_process");
        one(
            &format!("{OURS}region = eu-west-1 # home\n"),
            "",
            &Env::default(),
            "config:4 the comment after the value",
        );
        one(
            &format!("{OURS}output = json\t; x\n"),
            "",
            &Env::default(),
            "config:4 the comment after the value",
        );
        assert_eq!(found(&format!("{OURS}output = a#b;c\n"), "", &Env::default()), [""; 0]);
    }

    #[test]
    fn overriding_variables_are_named() {
        let cases = [
            (Env::of([("AWS_ACCESS_KEY_ID", "AKIA")]), "AWS_ACCESS_KEY_ID is set"),
            (
                Env::of([("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "a")]),
                "AWS_WEB_IDENTITY_TOKEN_FILE and",
            ),
            (
                Env::of([("AWS_PROFILE", "a"), ("AWS_DEFAULT_PROFILE", "b")]),
                "AWS_PROFILE and AWS_DEFAULT_PROFILE",
            ),
            (
                Env::of([("AWS_REGION", "a"), ("AWS_DEFAULT_REGION", "b")]),
                "AWS_REGION and AWS_DEFAULT_REGION",
            ),
        ];
        for (env, expected) in cases {
            one(OURS, "", &env, expected);
        }
        let same = Env::of([
            ("AWS_PROFILE", "a"),
            ("AWS_DEFAULT_PROFILE", "a"),
            ("AWS_REGION", "a"),
            ("AWS_ROLE_ARN", "a"),
        ]);
        assert_eq!(found(OURS, "", &same), [""; 0]);
    }

    #[test]
    fn a_broken_file_is_a_finding_too() {
        let broken = Document::parse(b"[a]\n[a]\n").unwrap_err();
        let finding = broken_file("config", &broken);
        assert_eq!(finding.place, Some(("config".to_owned(), 2)));
        assert!(finding.what.contains("duplicate of the one on line 1"));
    }
}
