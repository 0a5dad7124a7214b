//! The program itself, on an emulated Lambda and with `--once`.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use jit_emulator::{LambdaOutcome, LambdaRuntime};
use jit_wire::credentials::Credentials;
use serde_json::json;

use crate::company::{Company, PAY_ADMIN, STORE};

/// Far more than any run takes here.
const PATIENCE: Duration = Duration::from_secs(120);

#[allow(clippy::disallowed_methods, reason = "the test starts the program")]
fn program(env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jit-function"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(env.iter().copied());
    command
}

fn session(own: &Credentials) -> [(&'static str, String); 3] {
    [
        ("AWS_ACCESS_KEY_ID", own.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", own.secret_access_key.expose().clone()),
        ("AWS_SESSION_TOKEN", own.session_token.expose().clone()),
    ]
}

/// The program on Lambda. It ends with the test.
struct OnLambda(Child);

impl OnLambda {
    fn start(company: &Company, lambda: &LambdaRuntime) -> Self {
        let own = company.function_session();
        let mut command = program(&[
            ("AWS_LAMBDA_RUNTIME_API", lambda.address()),
            ("AWS_LAMBDA_FUNCTION_NAME", "jit-function"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", company.servers.aws_url()),
            ("JIT_LEDGER", "s3://acme-jit-ledger"),
            ("JIT_IDENTITY_STORE", STORE),
        ]);
        Self(command.envs(session(&own)).spawn().unwrap())
    }

    /// What it logged.
    fn log(mut self) -> String {
        self.0.kill().unwrap();
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.0.stderr.take().unwrap(), &mut log).unwrap();
        log
    }
}

impl Drop for OnLambda {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_event_says_only_that_there_may_be_something_to_do() {
    let (company, lambda) = (Company::now_on(), LambdaRuntime::start().unwrap());
    let (asked, granted) = (company.ask("alice", "pay-admin", &[]), company.ask("bob", "pay-admin", &[]));
    company.vote("carol", granted);
    let s3 = |key: &str, more: serde_json::Value| {
        let object = json!({ "key": key, "size": 1, "body": more });
        json!({ "Records": [{ "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "mallory" }, "object": object } }] })
    };
    // Forged, of another bucket, malformed, repeated, and out of order.
    let vote = json!({ "vote": "approve", "request": asked.to_string() });
    let events = [
        s3(&format!("a/{asked}/decision.json"), json!({ "verdict": "grant" })),
        s3(&format!("f/{asked}/AROAX:bob/vote.json"), vote),
        s3("../../policy/policy.toml", json!("[access.all]")),
        s3(&format!("f/{granted}/AROAX:bob/request.json"), json!(null)),
        s3(&format!("f/{granted}/AROAX:bob/request.json"), json!(null)),
        json!({ "source": "aws.scheduler", "detail": { "revoke": granted.to_string() } }),
        json!({ "apply": asked.to_string(), "role": PAY_ADMIN, "JIT_LEDGER": "s3://mallory" }),
        json!([]),
        json!(null),
        json!("\u{1b}[31m"),
    ];
    let function = OnLambda::start(&company, &lambda);
    for event in &events {
        lambda.ring(event);
    }
    let outcomes = lambda.outcomes(events.len(), PATIENCE);
    assert_eq!(outcomes.len(), events.len(), "{}", function.log());
    for outcome in &outcomes {
        let LambdaOutcome::Answer(answer) = outcome else { panic!("{outcome:?}") };
        assert_eq!((&answer["findings"], &answer["failures"]), (&json!(0), &json!(0)), "{answer}");
    }
    assert!(company.has(PAY_ADMIN, granted) && company.is_live(granted));
    assert!(!company.has(PAY_ADMIN, asked) && company.decision(asked).is_none());
    let acts = company.records();
    assert_eq!(acts.anomalies(), []);
    let log = function.log();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["level"] == "info" && line["requestId"].is_string()), "{log}");
    assert!(!log.contains("mallory") && !log.contains("\u{1b}"), "nothing of an event is logged: {log}");
}

/// "Non-recoverable state. Runtime should exit promptly", says Lambda's description; it then starts another one.
#[test]
fn where_lambda_fails_it_ends_and_the_next_one_goes_on() {
    let (company, lambda) = (Company::now_on(), LambdaRuntime::start().unwrap());
    lambda.fail(1);
    let mut function = OnLambda::start(&company, &lambda);
    assert!(!function.0.wait().unwrap().success());
    let request = company.ask("alice", "pay-admin", &[]);
    company.vote("bob", request);
    let next = OnLambda::start(&company, &lambda);
    lambda.ring(json!({}));
    assert_eq!(lambda.outcomes(1, PATIENCE).len(), 1, "{}", next.log());
    assert!(company.is_live(request));
}

#[test]
fn lost_events_are_made_up_for_by_the_next_tick() {
    let (company, lambda) = (Company::now_on(), LambdaRuntime::start().unwrap());
    let function = OnLambda::start(&company, &lambda);
    let request = company.ask("alice", "pay-admin", &[]);
    company.vote("bob", request);
    // Neither fact rang.
    lambda.ring(json!({ "source": "aws.scheduler" }));
    assert_eq!(lambda.outcomes(1, PATIENCE).len(), 1, "{}", function.log());
    assert!(company.is_live(request));
}

#[test]
fn a_run_that_fails_is_an_error_that_lambda_repeats() {
    let (company, lambda) = (Company::now_on(), LambdaRuntime::start().unwrap());
    company.servers.cloud(|cloud| cloud.bucket_mut("acme-jit-ledger").unwrap().policy = None);
    company.servers.cloud(|cloud| cloud.remove_role("arn:aws:iam::222222222222:role/jit-grantor"));
    company.servers.cloud(|cloud| cloud.remove_role("arn:aws:iam::333333333333:role/jit-grantor"));
    let function = OnLambda::start(&company, &lambda);
    lambda.ring(json!({}));
    lambda.ring("not JSON");
    let outcomes = lambda.outcomes(2, PATIENCE);
    let [LambdaOutcome::Error(error), LambdaOutcome::Error(_)] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(error["errorType"], "JitFunction.Run", "{error}");
    assert!(error["errorMessage"].as_str().unwrap().contains("AccessDenied"), "{error}");
    let log = function.log();
    assert!(log.contains("\"level\":\"error\""), "{log}");
    for (_, secret) in session(&company.function_session()).iter().skip(1) {
        assert!(!log.contains(secret), "{log}");
    }
}

fn once(company: &Company, file: &Path, env: &[(&str, &str)]) -> Output {
    let own = company.function_session();
    let mut command = program(&[("AWS_ENDPOINT_URL", company.servers.aws_url())]);
    command.envs(session(&own)).envs(env.iter().copied()).arg("--once").arg(file);
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}\n{}", output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr))
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test writes its own file")]
fn once_runs_once_from_a_terminal() {
    let (company, folder) = (Company::now_on(), tempfile::tempdir().unwrap());
    let file = folder.path().join("function.toml");
    let text =
        format!("ledger = \"s3://acme-jit-ledger\"\nregion = \"eu-west-1\"\nidentity_store = \"{STORE}\"\n");
    std::fs::write(&file, &text).unwrap();
    let request = company.ask("alice", "pay-admin", &[]);
    company.vote("bob", request);
    let output = once(&company, &file, &[]);
    assert_eq!(
        told(&output),
        "0\ncompared the roles of 2 accounts with the decisions: 0 findings, 0 failures\n"
    );
    assert!(company.is_live(request));
    company.servers.cloud(|cloud| cloud.remove_role("arn:aws:iam::333333333333:role/jit-grantor"));
    let rogue = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    company.servers.cloud(|cloud| cloud.put_inline(PAY_ADMIN, "inline", rogue)).unwrap();
    let output = told(&once(&company, &file, &[]));
    let start = format!(
        "1\nwarn: {PAY_ADMIN}: deleted the policy inline: no decision explains it\nerror: 333333333333: "
    );
    assert!(output.starts_with(&start), "{output}");
    let end = "compared the roles of 1 account with the decisions: 1 finding, 1 failure\n";
    assert!(output.ends_with(end), "{output}");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test writes its own file")]
fn what_is_wrong_is_explained() {
    let (company, folder) = (Company::now_on(), tempfile::tempdir().unwrap());
    let file = folder.path().join("function.toml");
    std::fs::write(&file, "ledger = \"s3://acme-jit-ledger\"\nregoin = \"eu-west-1\"\n").unwrap();
    let output = told(&once(&company, &file, &[])).replace(&folder.path().display().to_string(), "…");
    let expected = "2\nerror: …/function.toml:2:1: unknown key `regoin` in the settings\n   2 | regoin = …\nhint: did you mean `region`?\n";
    assert_eq!(output, expected);
    let output = program(&[]).output().unwrap();
    let expected = "2\nerror: this program runs on AWS Lambda, or once with --once CONFIG\n\
         hint: type `jit-function --once CONFIG`, where CONFIG is a file with the settings\n";
    assert_eq!(told(&output), expected);
    let output = program(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")]).output().unwrap();
    assert_eq!(
        told(&output),
        "2\nerror: JIT_LEDGER is not set\nhint: set JIT_LEDGER to a value such as `s3://acme-jit-ledger`\n"
    );
    let output = program(&[]).arg("--version").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("jit-function 0."), "{output:?}");
    let output = program(&[]).arg("--help").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("--once CONFIG"), "{output:?}");
}
