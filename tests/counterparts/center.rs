//! The embedded Identity Center, seen by AWS's own client: what `jit` is tested against speaks the protocol, and not only
//! `jit`'s reading of it.

use std::time::Duration;

use jit::demo::{Approval, Role, Servers, Settings};
use serde_json::{Value, json};

use crate::support::{Room, fixture, python};

#[test]
fn boto3_signs_in_lists_takes_a_role_and_is_refused() {
    let settings = Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    };
    let (room, servers) = (Room::new(), Servers::start(settings).unwrap());
    let mut boto3 = room.command(python());
    boto3.arg(fixture("portal.py")).args([servers.center_url(), servers.sts_url(), &servers.start_url()]);
    let found: Value = serde_json::from_str(&room.run(&mut boto3).ok()).unwrap();
    assert_eq!(found["accounts"], json!(["acme-dev", "acme-prod"]));
    assert_eq!(found["roles"], json!(["Developer", "ReadOnly"]));
    let role = Servers::assigned_role("333333333333", "Developer");
    let role = role.rsplit('/').next().unwrap();
    let arn = format!("arn:aws:sts::333333333333:assumed-role/{role}/alice@example.com");
    assert_eq!(found["arn"], arn.as_str());
    assert!((3500.0..=3600.0).contains(&found["lives"].as_f64().unwrap()), "{found}");
    let refused = json!(["ForbiddenException", "", "UnauthorizedException", "InvalidGrantException"]);
    assert_eq!(found["refused"], refused);
}

/// botocore and `jit` read the same `~/.aws/config`, and become the same.
#[test]
fn botocore_is_the_same_by_every_profile() {
    const ADMIN: &str = "arn:aws:iam::555555555555:role/center-admin";
    let via = Servers::assigned_role("333333333333", "Developer");
    let mut settings = Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    };
    settings.roles.push(Role::spoke(ADMIN, &via, 3600));
    let (room, servers) = (Room::new(), Servers::start(settings).unwrap());
    let start = servers.start_url();
    let config = format!(
        "[sso-session acme]\nsso_start_url={start}\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n\
         \n[profile dev]\nsso_session = acme\nsso_account_id = 333333333333\nsso_role_name = Developer\n\
         # a comment\n[profile admin]\nROLE_ARN = {ADMIN}\nsource_profile = dev\nrole_session_name=on-call\nduration_seconds = 900\n\
         [profile audit]\nsso_session = acme\nsso_account_id = 444444444444\nsso_role_name = ReadOnly\nregion = eu-west-1\n"
    );
    std::fs::write(room.home().join(".aws/config"), config).unwrap();
    let endpoints = |command: &mut std::process::Command| {
        for name in ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"] {
            command.env(name, servers.center_url());
        }
        command.env("AWS_ENDPOINT_URL_STS", servers.sts_url());
    };
    let profiles = ["dev", "admin", "audit"];
    let mut boto3 = room.command(python());
    boto3.arg(fixture("profiles.py")).args([servers.center_url(), &start]).args(profiles);
    endpoints(&mut boto3);
    let theirs = room.run(&mut boto3).ok();
    let ours = profiles.map(|profile| {
        let mut jit = room.command(env!("CARGO_BIN_EXE_jit"));
        endpoints(&mut jit);
        // A person would sign in in the browser; the provider asks nobody here.
        let mut login = room.command(env!("CARGO_BIN_EXE_jit"));
        endpoints(&mut login);
        room.run(login.args(["login", profile]).env("BROWSER", "curl -sSL -o /dev/null %s")).ok();
        let said: Value =
            serde_json::from_str(&room.run(jit.args(["whoami", profile, "--json"])).ok()).unwrap();
        format!("{}\n", said["arn"].as_str().unwrap())
    });
    assert_eq!(ours.concat(), theirs);
}
