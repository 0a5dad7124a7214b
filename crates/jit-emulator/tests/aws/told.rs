//! The story that every AWS must agree with, told to this one.

use std::time::Duration;

use jit_emulator::{KeyUser, ManualClock, Servers, Settings};
use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;

use crate::story::{Stage, tell};

#[test]
fn the_story_of_a_grant() {
    let arn = "arn:aws:iam::000000000000:user/admin";
    let admin = KeyUser {
        arn: arn.to_owned(),
        key_id: "AKIAADMIN".to_owned(),
        secret_key: "secret".to_owned(),
        mfa_code: String::new(),
    };
    let clock = ManualClock::at(Timestamp(1_800_000_000));
    let settings = Settings { key_users: vec![admin], ..Settings::default() };
    let servers = Servers::start_with_clock(settings, clock.clone()).unwrap();
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    servers.cloud(|cloud| cloud.put_user_policy(arn, "all", all)).unwrap();
    let (key, none) = (Secret::from("secret"), Secret::from(""));
    tell(&Stage {
        url: servers.aws_url(),
        account: "000000000000",
        admin: Credentials::new("AKIAADMIN".to_owned(), key, none, Timestamp(i64::MAX)).unwrap(),
        now: &|| servers.now(),
        wait: &|until| clock.advance(until.since(servers.now())),
        short: Duration::from_secs(900),
    });
}
