//! How long the function takes to read the roles of 600 accounts, from an IAM that answers after a tenth of a second, and to
//! start. Prints a table, and exits with 1 if a limit is exceeded.
#![allow(clippy::print_stdout, reason = "the table is the product")]
#![allow(clippy::disallowed_methods, reason = "it starts the program that it measures")]
#![allow(clippy::exit, reason = "its result is its exit code")]

mod iam;

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jit_apply::assume::AssumedRoles;
use jit_apply::fleet::{Fleet, FleetAccess};
use jit_apply::iam::Iam as _;
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::secret::Secret;
use jit_wire::signed::{Endpoint, Service};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

const ACCOUNTS: u64 = 600;
const ROLES: usize = 3;
const LATENCY: Duration = Duration::from_millis(100);
const SWEEP_LIMIT: Duration = Duration::from_secs(60);
const START_LIMIT: Duration = Duration::from_millis(20);
const STARTS: usize = 21;

fn main() {
    let mut rows = Vec::new();
    for (what, throttled) in [("", None), (", every 40th call throttled", Some(40))] {
        let (took, calls) = sweep(throttled);
        let name = format!("roles of {ACCOUNTS} accounts × {ROLES}, {calls} calls of 100 ms{what}");
        rows.push((name, took, SWEEP_LIMIT));
    }
    rows.push((format!("start until the first poll, median of {STARTS}"), start(), START_LIMIT));
    println!("| what | took | limit |\n| --- | ---: | ---: |");
    for (name, took, limit) in &rows {
        println!("| {name} | {} | {} |", shown(*took), shown(*limit));
    }
    if rows.iter().any(|(_, took, limit)| took > limit) {
        std::process::exit(1);
    }
}

fn shown(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.1} ms", time.as_secs_f64() * 1000.0)
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// Reads all roles once, from nothing: no session is kept.
fn sweep(throttled: Option<usize>) -> (Duration, usize) {
    let server = iam::Server::start(LATENCY, ROLES, throttled);
    let now = || Timestamp(1_795_867_200);
    let at = |service| {
        let url = TrustedUrl::parse(&server.url, Purpose::AwsEndpoint).expect("a URL");
        Endpoint::at(service, "eu-west-1", url).expect("an endpoint")
    };
    let secret = |text: &str| Secret::new(text.to_owned());
    let own = Credentials::new("ASIAX".to_owned(), secret("k"), secret("t"), Timestamp(i64::MAX));
    let roles = AssumedRoles::new(own.expect("credentials"), at(Service::Sts), "jit-function");
    let (env, iam) = (Env::of([]), at(Service::Iam));
    let access = FleetAccess {
        env: &env,
        iam: &iam,
        roles: &roles,
        grantor: &|account: &str| format!("arn:aws:iam::{account}:role/jit-grantor"),
        clock: &now,
        is_late: &|| false,
        width: 32,
    };
    let accounts = (0..ACCOUNTS).map(|number| format!("{:012}", 100_000_000_000 + number)).collect();
    let fleet = Fleet::new(access, accounts).expect("a fleet");
    let began = Instant::now();
    let found = fleet.roles().expect("roles");
    let took = began.elapsed();
    assert_eq!(fleet.unlisted().len(), 0, "{:?}", fleet.unlisted());
    assert_eq!(found.len(), usize::try_from(ACCOUNTS).expect("a number") * ROLES);
    assert!(found.iter().all(|role| role.policies.len() == 1 && role.differences.is_empty()));
    (took, server.calls())
}

/// From the start of the program until it asks Lambda for its first event.
fn start() -> Duration {
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let lambda = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = lambda.local_addr().expect("an address").to_string();
            let began = Instant::now();
            let mut program = Command::new(env!("CARGO_BIN_EXE_jit-function"))
                .env_clear()
                .envs([
                    ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                    ("AWS_LAMBDA_FUNCTION_NAME", "jit-function"),
                    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
                    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                    ("AWS_REGION", "eu-west-1"),
                    ("AWS_ACCESS_KEY_ID", "ASIAX"),
                    ("AWS_SECRET_ACCESS_KEY", "k"),
                    ("AWS_SESSION_TOKEN", "t"),
                    ("JIT_LEDGER", "s3://acme-jit-ledger"),
                ])
                .stderr(Stdio::null())
                .spawn()
                .expect("the program");
            let (mut poll, _) = lambda.accept().expect("a connection");
            let mut first = [0; 16];
            poll.read_exact(&mut first).expect("a request");
            let took = began.elapsed();
            assert_eq!(&first[..5], b"GET /");
            let _ = program.kill();
            let _ = program.wait();
            took
        })
        .collect();
    times.sort();
    times[STARTS / 2]
}
