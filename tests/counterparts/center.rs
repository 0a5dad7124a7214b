//! The embedded Identity Center, seen by AWS's own client: what `jit` is tested against speaks the protocol, and not only
//! `jit`'s reading of it.

use std::time::Duration;

use jit::demo::{Approval, Servers, Settings};
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
