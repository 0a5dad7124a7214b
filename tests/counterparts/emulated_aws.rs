//! AWS's own clients against the emulated AWS of `jit demo`: boto3, and the AWS CLI in both versions. What they accept as
//! AWS, `jit` can be tried with.

use std::process::Command;
use std::time::Duration;

use jit_access::policy::Policy;
use jit_emulator::{Deployment, KeyUser, Layout, Servers, Settings, role_id};
use serde_json::{Value, json};

use crate::support::{Room, cli2, fixture, python, tool};

const ADMIN: &str = "arn:aws:iam::222222222222:user/admin";
const PUBLISHER: &str = "arn:aws:iam::111111111111:role/jit-publisher";
const HUB: &str = "arn:aws:iam::111111111111:role/jit-hub";

/// A company with access on request, and somebody who may do everything in the account of its roles.
fn company() -> Servers {
    let text = format!(
        r#"
[deployment]
apply = "function"
security = ["owners"]
accounts = ["222222222222"]

[door.hub]
role = "{HUB}"
ids = ["{}"]
may = ["request", "vote"]

[door.publisher]
role = "{PUBLISHER}"
ids = ["{}"]
may = ["publish"]

[group]
eng = ["alice@example.com"]
owners = ["bob@example.com"]

[access.pay-admin]
role = "arn:aws:iam::222222222222:role/jit/pay-admin"
ceiling = "operate"
who = ["eng"]
approve = [{{ group = "owners" }}]
max = "1h"
"#,
        role_id(HUB),
        role_id(PUBLISHER),
    );
    let policy = Policy::read_published("policy.toml", &text).unwrap();
    let (layout, key) = (Layout::default(), ("AKIAADMIN", "secret"));
    let admin = KeyUser {
        arn: ADMIN.to_owned(),
        key_id: key.0.to_owned(),
        secret_key: key.1.to_owned(),
        mfa_code: String::new(),
    };
    let deployment = Deployment::of(&policy, &layout);
    let settings = Settings { key_users: vec![admin], trail_delay: Duration::ZERO, ..Settings::default() };
    let servers = Servers::start(deployment.settings(settings)).unwrap();
    deployment.install(&servers).unwrap();
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    servers.cloud(|cloud| {
        cloud.put_user_policy(ADMIN, "all", all).unwrap();
        cloud.set_alias("222222222222", "acme-payments");
    });
    servers
}

fn as_admin(command: &mut Command, servers: &Servers, room: &Room) {
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", room.outside("admin"));
    command.env("AWS_ACCESS_KEY_ID", "AKIAADMIN").env("AWS_SECRET_ACCESS_KEY", "secret");
    command
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PAGER", "");
    command.envs(servers.endpoints());
}

#[test]
fn boto3_takes_it_for_aws() {
    let (room, servers) = (Room::new(), company());
    let mut command = Command::new(python());
    as_admin(&mut command, &servers, &room);
    let output = command.args(["-X", "utf8"]).arg(fixture("emulated_aws.py")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let boundary = "arn:aws:iam::222222222222:policy/jit-ceiling-operate";
    let in_the_ledger = |resource: &str| {
        let text = format!(
            "User: {ADMIN} is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::acme-jit-ledger/{resource}\" with an explicit deny in a resource-based policy"
        );
        json!([403, "AccessDenied", text])
    };
    let expected = json!({
        "role": ["/jit/", boundary, "2012-10-17"],
        "roles": ["admin", "jit-grantor", "pay-admin"],
        "policy": true, "policies": ["jit-1"], "attached": [],
        "none": [404, "NoSuchEntity", "The role policy with name none cannot be found."],
        "tags": [{ "Key": "a", "Value": "b" }],
        "summary": 10_240, "aliases": ["acme-payments"], "ceiling": "List",
        "ledger": in_the_ledger("x"),
        "put": 200,
        "again": [412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"],
        "listed": ["a b/é+", "list/0", "list/1", "list/2", "list/3", "list/4"],
        "got": "one",
        "head": [1, told["head"][1]],
        "versions": 6,
        "buckets": ["shop"],
        "missing": [404, "404"],
        "multipart": "part",
        "multipart, in the ledger": in_the_ledger("x"),
        "regions": true, "caller": ADMIN,
        "event": ["admin", "other"],
    });
    for (what, expected) in expected.as_object().unwrap() {
        assert_eq!(told[what], *expected, "{what}");
    }
}

#[test]
fn the_aws_cli_takes_it_for_aws() {
    let (room, servers) = (Room::new(), company());
    let file = room.outside("file.txt");
    std::fs::write(&file, "hello").unwrap();
    let run = |program: &mut Command, arguments: &[&str]| -> String {
        as_admin(program, &servers, &room);
        let output = program.args(arguments).args(["--endpoint-url", servers.aws_url()]).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        format!("{out}{err}")
    };
    for (version, program) in [("1", tool("venv/bin/aws")), ("2", cli2())] {
        let aws = |arguments: &[&str]| run(&mut Command::new(&program), arguments);
        let bucket = format!("s3://shop{version}");
        let made = aws(&["s3", "mb", &bucket]);
        assert_eq!(made, format!("make_bucket: shop{version}\n"));
        let copied =
            aws(&["s3", "cp", file.to_str().unwrap(), &format!("{bucket}/a/b.txt"), "--no-progress"]);
        assert!(copied.starts_with("upload: "), "{copied}");
        let listed = aws(&["s3", "ls", &format!("{bucket}/"), "--recursive"]);
        assert!(listed.ends_with("          5 a/b.txt\n"), "{listed}");
        let back = aws(&["s3", "cp", &format!("{bucket}/a/b.txt"), "-"]);
        assert_eq!(back, "hello");
        let refused = aws(&["s3", "cp", file.to_str().unwrap(), "s3://acme-jit-ledger/x", "--no-progress"]);
        assert!(refused.contains("with an explicit deny in a resource-based policy"), "{refused}");
        let role =
            aws(&["iam", "get-role", "--role-name", "pay-admin", "--query", "Role.Path", "--output", "text"]);
        assert_eq!(role, "/jit/\n");
        let events = aws(&[
            "cloudtrail",
            "lookup-events",
            "--max-items",
            "1",
            "--query",
            "Events[0].EventName",
            "--output",
            "text",
        ]);
        assert!(events.starts_with("GetRole"), "{events}");
    }
}
