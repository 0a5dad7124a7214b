//! `jit status` and `jit explain`: what is stored and what would happen, without asking anybody.

use std::time::Duration;

use jit_emulator::Call;
use serde_json::{Value, json};

use crate::support::{Output, Room};

/// Every call that the servers support.
const EVERYTHING: [Call; 12] = [
    Call::Discovery,
    Call::Jwks,
    Call::Authorize,
    Call::DeviceStart,
    Call::CodeGrant,
    Call::RefreshGrant,
    Call::DeviceGrant,
    Call::Revoke,
    Call::EndSession,
    Call::AssumeRoleWithWebIdentity,
    Call::AssumeRole,
    Call::GetCallerIdentity,
];

/// The cells of a table: columns stand at least two spaces apart.
fn cells(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect()
}

fn json_of(output: &Output) -> Value {
    assert_eq!(output.code(), 0, "{output}");
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn an_empty_store_fails_only_with_check() {
    let room = Room::new();
    let output = room.jit(&["status"]).run();
    let expected = "no sessions\n\nstore  kernel in ~/state/jit/kernel: empty; set by JIT_STORE\n";
    assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (0, expected, ""));
    let check = room.jit(&["status", "--check"]).run();
    assert_eq!((check.code(), check.stderr.as_str()), (3, "error: no session is valid\n  next: jit login\n"));
    let json = room.jit(&["status", "--json", "--check"]).run();
    assert_eq!(json.code(), 3);
    let (said, error): (Value, Value) =
        (serde_json::from_str(&json.stdout).unwrap(), serde_json::from_str(&json.stderr).unwrap());
    assert_eq!((&said["sessions"], &error["error"]["kind"]), (&json!([]), &json!("login_needed")));
    assert_eq!(room.counts(EVERYTHING), [0; 12]);
}

#[test]
fn sessions_their_time_and_the_store_are_shown() {
    let room = Room::signed_in("developer");
    let before = room.counts(EVERYTHING);
    let output = room.jit(&["status", "--check"]).run();
    assert!(output.code() == 0 && output.stderr.is_empty(), "{output}");
    let cells = cells(&output.stdout);
    assert_eq!(cells[0], ["role", "account", "left", "until", "user"]);
    assert_eq!(cells[1][..2], ["developer", "333333333333"]);
    assert_eq!(cells[2][..2], ["hub", "111111111111"]);
    for row in &cells[1..3] {
        assert!(matches!(row[2], "1 h" | "59 min"), "{output}");
        assert_eq!(row[4], "alice@example.com");
    }
    assert!(cells[3].is_empty());
    let issuer = room.servers().issuer();
    assert_eq!(cells[4], ["login", &format!("alice@example.com at {issuer}, renews itself")]);
    assert_eq!(cells[5], ["store", "kernel in ~/state/jit/kernel: set by JIT_STORE"]);
    assert_eq!(room.counts(EVERYTHING), before, "nobody was asked");
}

#[test]
fn json_has_the_facts_and_no_secret() {
    let room = Room::signed_in("developer");
    let status = json_of(&room.jit(&["status", "--json"]).run());
    let session = &status["sessions"][0];
    let facts =
        ["role", "role_arn", "arn", "account", "idp", "user"].map(|key| session[key].as_str().unwrap());
    let expected = [
        "developer",
        "arn:aws:iam::333333333333:role/developer",
        "arn:aws:sts::333333333333:assumed-role/developer/alice@example.com",
        "333333333333",
        "demo",
        "alice@example.com",
    ];
    assert_eq!(facts, expected);
    assert!(session["seconds_left"].as_u64().is_some_and(|left| (3500..=3600).contains(&left)), "{status}");
    assert!(session["expires_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{status}");
    assert_eq!(status["logins"][0]["renewable"], json!(true));
    assert_eq!(status["store"]["kind"], json!("kernel"));
    assert_eq!(status["unreadable_entries"], json!(0));
    let text = status.to_string();
    assert!(!text.contains("secret") && !text.contains("token"), "{text}");
}

#[test]
fn an_ended_session_is_shown_and_does_not_count() {
    let room = Room::new();
    room.servers().faults(|faults| faults.hub_lifetime = Some(Duration::ZERO));
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    let output = room.jit(&["status", "--check"]).run();
    assert_eq!((output.code(), cells(&output.stdout)[1][2]), (3, "ended"), "{output}");
}

#[test]
fn an_entry_that_cannot_be_read_is_counted_and_the_rest_is_shown() {
    let room = Room::signed_in("developer");
    let folder = room.path("state/jit/kernel");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_session =
        |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("session-");
    let entry = entries.into_iter().find(is_session).unwrap();
    std::fs::write(entry, "nonsense").unwrap();
    let output = room.jit(&["status"]).run();
    assert_eq!(output.code(), 0, "{output}");
    assert_eq!(output.stderr, "warning: one entry cannot be read; run `jit doctor` for details\n");
    assert_eq!(cells(&output.stdout).iter().filter(|row| row.len() == 5).count(), 2, "{output}");
    let json = room.jit(&["status", "--json"]).run();
    assert_eq!(json_of(&json)["unreadable_entries"], json!(1));
}

/// Every value with the file and line, the variable, the option or the rule that decided it.
const ADMIN_EXPLAINED: &str = r#"admin (from the command line): Production
jit asks for confirmation before it uses this role

1. idp demo
issuer | ISSUER | ~/config/jit/config.toml:3
client_id | jit-demo | ~/config/jit/config.toml:4
client_secret | (set, not shown) | ~/config/jit/config.toml:5
scopes | openid email | ~/config/jit/config.toml:6
flow | browser | ~/config/jit/config.toml:7
redirect_port | any free port | default
stored | nothing
would call | sign in at ISSUER

2. hub hub
role_arn | arn:aws:iam::111111111111:role/jit-hub | ~/config/jit/config.toml:11
duration | 8 h | ~/config/jit/config.toml:12
session_name | the IdP's user | default
sts_region | eu-north-1 | AWS_REGION
sts_endpoint | STS | AWS_ENDPOINT_URL_STS
sts_fips | yes | AWS_USE_FIPS_ENDPOINT
stored | nothing
would call | AssumeRoleWithWebIdentity at STS

3. spoke admin
role_arn | arn:aws:iam::222222222222:role/admin | ~/config/jit/config.toml:16
duration | 1 h | AWS's limit for chained roles
session_name | alice | ~/config/jit/config.toml:19
source_identity | alice2 | ~/config/jit/config.toml:20
external_id | id-1 | ~/config/jit/config.toml:21
tags | team=core | ~/config/jit/config.toml:22
transitive_tags | team | ~/config/jit/config.toml:23
policy | {} | ~/config/jit/config.toml:24
policy_arns | arn:aws:iam::aws:policy/ReadOnlyAccess | ~/config/jit/config.toml:25
sts_region | eu-west-1 | ~/config/jit/config.toml:17
sts_endpoint | STS | AWS_ENDPOINT_URL_STS
sts_fips | yes | AWS_USE_FIPS_ENDPOINT
region | eu-west-1 | ~/config/jit/config.toml:17
stored | nothing
would call | AssumeRole at STS
"#;

fn explained_config(room: &Room) -> String {
    format!(
        "[idp.demo]\ntype = \"oidc\"\nissuer = \"{}\"\nclient_id = \"jit-demo\"\nclient_secret = \"not-shown\"\n\
         scopes = [\"openid\", \"email\"]\nflow = \"browser\"\n\n\
         [role.hub]\nidp = \"demo\"\nrole_arn = \"arn:aws:iam::111111111111:role/jit-hub\"\nduration = \"8h\"\n\n\
         [role.admin]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/admin\"\nregion = \"eu-west-1\"\n\
         duration = \"2h\"\nsession_name = \"alice\"\nsource_identity = \"alice2\"\nexternal_id = \"id-1\"\n\
         tags = {{ team = \"core\" }}\ntransitive_tags = [\"team\"]\npolicy = \"{{}}\"\n\
         policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\nconfirm = true\ndescription = \"Production\"\n",
        room.servers().issuer()
    )
}

#[test]
fn each_value_is_explained_with_its_origin_and_nothing_is_called() {
    let room = Room::new();
    room.write_config(&explained_config(&room));
    let explain = |words: &[&str]| {
        let run = room.jit(&[&["explain", "admin"], words].concat());
        run.env("AWS_REGION", "eu-north-1").env("AWS_USE_FIPS_ENDPOINT", "true").run()
    };
    let text = explain(&[]);
    assert!(text.code() == 0 && text.stderr.is_empty(), "{text}");
    let plain =
        text.stdout.replace(room.servers().issuer(), "ISSUER").replace(room.servers().sts_url(), "STS");
    let shown: String = cells(&plain).iter().map(|row| row.join(" | ") + "\n").collect();
    assert_eq!(shown, ADMIN_EXPLAINED);

    let json = json_of(&explain(&["--json"]));
    assert_eq!(
        (&json["role"], &json["named_by"], &json["confirm"]),
        (&json!("admin"), &json!("the command line"), &json!(true))
    );
    let steps = json["steps"].as_array().unwrap();
    let kinds: Vec<_> = steps.iter().map(|step| (step["kind"].as_str(), step["name"].as_str())).collect();
    assert_eq!(
        kinds,
        [("idp", "demo"), ("hub", "hub"), ("spoke", "admin")].map(|(kind, name)| (Some(kind), Some(name)))
    );
    assert_eq!(
        steps[2]["values"]["tags"],
        json!({ "value": "team=core", "origin": "~/config/jit/config.toml:22" })
    );
    assert!(steps.iter().all(|step| step["stored"].is_null() && step["would_call"] == json!(true)), "{json}");
    assert!(!json.to_string().contains("not-shown"));
    assert_eq!(room.counts(EVERYTHING), [0; 12]);
    assert!(!room.path("state/jit").exists(), "not even a file is made");
}

#[test]
fn columns_are_aligned_across_all_steps() {
    let room = Room::new();
    let output = room.jit(&["explain", "admin"]).run();
    let of_file = |line: &&str| line.contains("~/config/") && line.starts_with("  ");
    let columns: Vec<_> = output.stdout.lines().filter(of_file).map(|line| line.find("~/config/")).collect();
    assert!(columns.len() >= 5 && columns.iter().all(|column| *column == columns[0]), "{output}");
}

#[test]
fn stored_steps_are_not_called_again() {
    let room = Room::signed_in("developer");
    let before = room.counts(EVERYTHING);
    let explained = |role| {
        let json = json_of(&room.jit(&["explain", role, "--json"]).run());
        let steps = json["steps"].as_array().unwrap().clone();
        steps
            .iter()
            .map(|step| {
                (step["stored"]["what"].as_str().map(str::to_owned), step["would_call"].as_bool().unwrap())
            })
            .collect::<Vec<_>>()
    };
    let (token, session) = (Some("ID token of alice@example.com".to_owned()), Some("session".to_owned()));
    assert_eq!(
        explained("developer"),
        [(token.clone(), false), (session.clone(), false), (session.clone(), false)]
    );
    assert_eq!(explained("admin"), [(token, false), (session, false), (None, true)]);
    assert_eq!(room.counts(EVERYTHING), before);
    let text = room.jit(&["explain", "developer"]).run().stdout;
    let stored = cells(&text).into_iter().find(|row| row.first() == Some(&"stored")).unwrap().join(" ");
    assert!(
        stored.starts_with("stored ID token of alice@example.com until ") && stored.ends_with(" left"),
        "{stored}"
    );
}
