//! `jit doctor`: finds problems on this machine and suggests fixes.

mod access;
mod finding;
mod machine;

use std::path::Path;

use clap::Args;
use clap_complete::ArgValueCompleter;
use serde_json::json;

use crate::config::aws::shadow::{self, AwsFile, Scene};
use crate::config::aws::{self, AwsProfiles, Document, Program, SIZE_LIMIT, System};
use crate::config::file::File;
use crate::config::resolve::{self, Flags};
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp;
use crate::plan::{Capture, ProofPlan};
use crate::sys::{folders, fs, process};
use crate::ui::Ui;
use crate::world::{World, clock_time};
use jit_wire::env::{AWS_CREDENTIAL_EXPIRATION, JIT_ACCOUNT_ID, JIT_ROLE};
use jit_wire::explain::{Explain, Next};
use jit_wire::http::HttpError;
use jit_wire::name;
use jit_wire::timestamp::{Timestamp, duration};
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use super::advice;
use super::completions::role_names;
use super::load::Configuration;

use finding::{Finding, Health, show};

/// Diagnose problems and suggest fixes
///
/// Checks the configuration, the store, this machine's clock, and the files and
/// variables that would make an AWS tool use other credentials. Where access on
/// request is configured, it also tries what that deployment has to refuse. Nothing
/// that it tries changes anything, even where it is allowed.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct DoctorArgs {
    /// A role that may read IAM and the ledger's bucket, to compare what AWS
    /// evaluates with what jit renders; one for each account
    #[arg(long, value_name = "ROLE", add = ArgValueCompleter::new(role_names), verbatim_doc_comment)]
    pub reader: Vec<String>,
    /// As JSON, for scripts
    #[arg(long)]
    pub json: bool,
}

/// AWS rejects signatures that are more than five minutes off; doctor reports less than that.
const CLOCK_TOLERANCE: i64 = 60;
/// AWS's Python and .NET tools renew when 15 minutes are left, so they request shorter sessions for every
/// call.
const SHORT_SESSION: u32 = 20 * 60;

pub(super) fn run(args: &DoctorArgs, world: &World, ui: &Ui) -> CommandResult {
    let mut findings = Vec::new();
    let files = match Configuration::read(world).and_then(Configuration::with_roles) {
        Ok(files) if !files.is_written() => {
            let what = format!("no {}; jit uses the profiles of AWS's own files as roles", files.file.path);
            findings.push(Finding::good("config", what));
            machine::enforced(&files, world, &mut findings);
            files
        }
        Ok(files) => {
            let file = &files.file;
            findings.push(Finding::good("config", machine::roles(&files)));
            machine::enforced(&files, world, &mut findings);
            short_sessions(file, &mut findings);
            browsers(file, world, &mut findings);
            files
        }
        Err(error) => {
            findings.push(Finding::broken("config", &error));
            Configuration::of(File::default(), world)
        }
    };
    own_session(world, &mut findings);
    store(&files, world, &mut findings);
    idps(&files.file, world, &mut findings);
    clock(&files, world, &mut findings);
    profiles(&files, world, &mut findings);
    access::check(&files, &args.reader, world, ui, &mut findings);
    if args.json {
        ui.json(&json!({ "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>() }))?;
    } else {
        show(&findings, ui)?;
    }
    match findings.iter().filter(|finding| finding.health == Health::Broken).count() {
        0 => Ok(()),
        count => Err(CommandError::new(Kind::Failed, format!("{count} of {} checks failed", findings.len()))),
    }
}

/// The session that `jit exec` or `jit env` put into this environment. It is what the person asked for, as long as it lives.
fn own_session(world: &World, findings: &mut Vec<Finding>) {
    let env = &world.env;
    if !aws::has_session_of_jit(env) {
        return;
    }
    let [role, account, until] =
        [JIT_ROLE, JIT_ACCOUNT_ID, AWS_CREDENTIAL_EXPIRATION].map(|name| env.get(name).unwrap_or_default());
    let Some(until) = Timestamp::parse_rfc3339(until) else { return };
    let session = format!("a session of {role} in account {account} from jit exec or jit env is set here");
    findings.push(if until.since(world.clock.now()).is_zero() {
        let cure = format!("leave it, or start a new one: jit exec {} -- …", name::in_command(role));
        Finding::doubtful("session", format!("{session}, and it has expired"), cure)
    } else {
        let time = clock_time(until, &*world.clock);
        Finding::good(
            "session",
            format!("{session}, valid until {time}; AWS tools use it before any profile"),
        )
    });
}

fn short_sessions(file: &File, findings: &mut Vec<Finding>) {
    for (name, role) in &file.roles {
        if role.duration.as_ref().is_some_and(|seconds| seconds.value < SHORT_SESSION) {
            let what =
                format!("sessions of {name} are so short that the AWS CLI requests a new one for every call");
            findings.push(Finding::doubtful(
                "config",
                what,
                format!("use jit exec {} -- …, or a duration of 30m", name::in_command(name)),
            ));
        }
    }
}

/// The browsers that jit controls for sign-ins.
fn browsers(file: &File, world: &World, findings: &mut Vec<Finding>) {
    for idp in file.idps.keys() {
        let Ok(ProofPlan::Saml(saml)) = resolve::proof(file, idp, &world.env) else { continue };
        if saml.capture.value == Capture::Browser {
            let named = saml.browser.as_ref().map(|browser| browser.value.as_str());
            findings.push(match idp::saml::browser(named) {
                Ok((name, program)) => {
                    Finding::good("browser", format!("{idp}: the sign-in uses {name}, {}", program.display()))
                }
                Err(error) => Finding {
                    about: "browser",
                    probe: None,
                    health: Health::Broken,
                    what: format!("{idp}: {error}"),
                    cure: advice::of(&error).into_iter().next(),
                },
            });
        }
    }
}

fn store(files: &Configuration<'_>, world: &World, findings: &mut Vec<Finding>) {
    let opened = files.open_store();
    let store = match &opened {
        Ok(store) => store,
        Err(error) => return findings.push(Finding::broken("store", error)),
    };
    let description = store.describe();
    if let Some(problem) = description.problem {
        return findings.push(Finding::broken("store", &problem.into()));
    }
    // A store may answer and still not keep what it is given.
    if let Some(Err(error)) = description.kind.map(|kind| store.try_home(kind)) {
        return findings.push(Finding::broken("store", &error.into()));
    }
    let kind = description.kind.map_or_else(|| "none".to_owned(), |kind| kind.to_string());
    let folder = folders::short(&description.folder, &world.folders.home);
    findings.push(Finding::good("store", format!("{kind} in {folder}: {}", description.why)));
    for key in store.keys().unwrap_or_default() {
        if let Err(error) = store.get(&key) {
            findings.push(Finding::broken("store", &error.into()));
        }
    }
}

/// Compares this machine's clock with the `Date` header of each STS endpoint of the configuration.
fn clock(files: &Configuration<'_>, world: &World, findings: &mut Vec<Finding>) {
    let mut asked = Vec::new();
    for name in files.file.roles.keys() {
        let plan = match files.plan(name, Flags::default()) {
            Ok(plan) => plan,
            Err(error) => return findings.push(Finding::broken("config", &error)),
        };
        let sts = &plan.target().sts;
        let url =
            sts.url.as_ref().map_or_else(|| format!("{}/", sts.resolved_url()), |url| url.value.clone());
        if asked.contains(&url) {
            continue;
        }
        findings.push(ask_time(&url, world));
        asked.push(url);
    }
}

/// A server that does not answer, with the error's own advice except `jit doctor`.
fn unreachable(what: String, error: &HttpError) -> Finding {
    let here = Next::Doctor;
    let cure = error.next().into_iter().find(|next| *next != here).map(|next| match next {
        Next::Network(_) => "check the network, HTTPS_PROXY and AWS_CA_BUNDLE".to_owned(),
        next => advice::in_words(&next),
    });
    Finding { about: "network", probe: None, health: Health::Broken, what, cure }
}

/// Whether the IdPs answer. Every HTTP response counts, whatever its status.
fn idps(file: &File, world: &World, findings: &mut Vec<Finding>) {
    for idp in file.idps.keys() {
        let Ok(proof) = resolve::proof(file, idp, &world.env) else { continue };
        let Some(url) = first_url(&proof) else { continue };
        let asked = TrustedUrl::parse(&url, Purpose::Issuer).map_err(|why| HttpError::bad_url(&url, why));
        let answer = asked.and_then(|url| process::block_on(world.http.get(&url)));
        findings.push(match answer {
            Ok(_) => Finding::good("network", format!("{idp} answers at {url}")),
            Err(error) => unreachable(format!("{idp} does not answer at {url}: {error}"), &error),
        });
    }
}

/// The first URL of an IdP that jit calls; a profile has none.
fn first_url(proof: &ProofPlan) -> Option<String> {
    match proof {
        ProofPlan::Oidc(oidc) => Some(oidc.issuer.value.clone()),
        ProofPlan::Saml(saml) => {
            saml.sso_url.as_ref().or(saml.start_url.as_ref()).map(|url| url.value.clone())
        }
        ProofPlan::Okta(okta) => Some(okta.org.value.clone()),
        ProofPlan::IdentityCenter(center) => Some(center.oidc()),
        ProofPlan::Source(_) => None,
    }
}

/// Sends an unsigned `GET`: every response has the date, even a refusal.
fn ask_time(url: &str, world: &World) -> Finding {
    let before = world.clock.now();
    let ask = async {
        let asked = TrustedUrl::parse(url, Purpose::AwsEndpoint);
        world.http.get(&asked.map_err(|why| HttpError::bad_url(url, why))?).await
    };
    let answer = process::block_on(ask);
    let now = world.clock.now();
    if let Err(error) = answer {
        return unreachable(format!("cannot reach {url}: {error}"), &error);
    }
    let Some(date) = world.http.server_date() else {
        return Finding::doubtful(
            "clock",
            format!("{url} answers, but without the time"),
            "check for a proxy in between",
        );
    };
    // The response was sent between the two readings, so only a time outside of them is a difference.
    let ahead = (before.0 - date.0).max(0) - (date.0 - now.0).max(0);
    if ahead.abs() <= CLOCK_TOLERANCE {
        return Finding::good("clock", format!("agrees with {url}"));
    }
    let far = duration(std::time::Duration::from_secs(ahead.unsigned_abs()));
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    let what =
        format!("this machine's clock is {far} {side} {url}; AWS rejects signatures that are 5 min off");
    let cure = "set the clock: timedatectl set-ntp true, or your system's settings".to_owned();
    Finding { about: "clock", probe: None, health: Health::Broken, what, cure: Some(cure) }
}

/// Settings and files that take precedence over the profiles that jit wrote.
fn profiles(files: &Configuration<'_>, world: &World, findings: &mut Vec<Finding>) {
    let home = &world.folders.home;
    let config_path = &world.folders.aws_config;
    let credentials_path = &world.folders.aws_credentials;
    let shown = folders::short(config_path, home);
    let credentials_shown = folders::short(credentials_path, home);
    let Some(config) = document(config_path, &shown, findings) else { return };
    let credentials = document(credentials_path, &credentials_shown, findings);
    let own = process::own_path().unwrap_or_default();
    let program = match Program::new(&own.to_string_lossy(), System::HERE) {
        Ok(program) => program,
        Err(error) => {
            return findings.push(Finding::doubtful(
                "profiles",
                error.to_string(),
                "install jit at a path without special characters",
            ));
        }
    };
    let scene = Scene {
        config: AwsFile { path: &shown, document: &config },
        credentials: credentials.as_ref().map(|document| AwsFile { path: &credentials_shown, document }),
        env: &world.env,
        program: &program,
        exists: &|path| Path::new(path).is_file(),
    };
    let found = shadow::findings(&scene);
    if found.is_empty() {
        findings.push(Finding::good("profiles", format!("nothing takes precedence over jit in {shown}")));
    }
    findings.extend(found.into_iter().map(from_shadow));
    let Ok(profiles) = files.profiles() else { return };
    unusable(profiles, findings);
    static_keys(profiles, findings);
}

/// Profiles that should provide credentials, but cannot.
fn unusable(profiles: &AwsProfiles, findings: &mut Vec<Finding>) {
    findings.extend(aws::mistakes(profiles).map(|mistake| {
        let cure = mistake.suggestion.clone().unwrap_or_else(|| "fix that line".to_owned());
        Finding::doubtful("profiles", mistake.to_string(), cure)
    }));
}

/// Long-lived access keys, which stay usable until somebody deletes them.
fn static_keys(profiles: &AwsProfiles, findings: &mut Vec<Finding>) {
    findings.extend(profiles.static_keys().map(|(profile, path, line)| {
        Finding::doubtful(
            "keys",
            format!("{path}:{line}: the profile {profile} has long-lived access keys"),
            "sign in at an IdP instead, then delete the keys at AWS and here",
        )
    }));
}

fn from_shadow(finding: shadow::Finding) -> Finding {
    let place = finding.place.map(|(path, line)| format!("{path}:{line}: ")).unwrap_or_default();
    Finding::doubtful("profiles", format!("{place}{}", finding.what), finding.cure)
}

/// Reads one of AWS's files; `None` if it does not exist, or cannot be used, which is a finding.
fn document(path: &Path, shown: &str, findings: &mut Vec<Finding>) -> Option<Document> {
    let content = match fs::read_limited(path, SIZE_LIMIT) {
        Ok(content) => zeroize::Zeroizing::new(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            findings.push(Finding::doubtful(
                "profiles",
                format!("cannot read {shown}: {error}"),
                "check its permissions",
            ));
            return None;
        }
    };
    match Document::parse(&content) {
        Ok(document) => Some(document),
        Err(broken) => {
            findings
                .push(Finding { health: Health::Broken, ..from_shadow(shadow::broken_file(shown, &broken)) });
            None
        }
    }
}
