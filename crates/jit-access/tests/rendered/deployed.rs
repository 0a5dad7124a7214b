//! The scenarios of `main.rs`, answered by others: with the documents as CloudFormation deploys them and boto3 reads them
//! back, and by the third-party `@cloud-copilot/iam-simulate`. What is needed is in the folder that `JIT_TEST_TOOLS` names
//! (`scripts/lib/install-tools`); without it the tests fail.
#![allow(
    clippy::disallowed_methods,
    reason = "starts other programs, and is told by the environment where they are"
)]
#![allow(dead_code, reason = "some of what the scenarios bring is for the mutation test")]

mod case;
mod judge;
mod scenarios;
mod simulator;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jit_access::policy::Apply;
use jit_access::render::{
    DeploymentIndex, Document, IndexedGrantor, IndexedRole, Limit, Rendered, Rendering, account_template,
    ledger_template,
};
use judge::Court;
use serde_json::Value;
use world::World;

const ACCOUNT: &str = "111122223333";

/// A file below the folder with the tools.
pub(crate) fn tool(name: &str) -> PathBuf {
    let tools =
        std::env::var("JIT_TEST_TOOLS").expect("JIT_TEST_TOOLS: run scripts/lib/install-tools FOLDER");
    let tool = Path::new(&tools).join(name);
    assert!(tool.exists(), "{} is missing: run scripts/lib/install-tools {tools}", tool.display());
    tool
}

/// A file of the project.
pub(crate) fn project(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below)
}

/// How a document of the world is deployed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Trust,
    Inline,
    Ceiling,
    Bucket,
    /// CloudFormation does not deploy it: service control policies are Terraform's, and parts exist only in the tests.
    None,
}

fn carrier(name: &str) -> Carrier {
    match name {
        "ledger" => Carrier::Bucket,
        "guardrail" => Carrier::None,
        name if name.ends_with(')') => Carrier::None,
        name if name.starts_with("ceiling-") => Carrier::Ceiling,
        name if name.starts_with("trust") || name.starts_with("arrive-") => Carrier::Trust,
        "grantor-function" | "grantor-approvers" => Carrier::Trust,
        _ => Carrier::Inline,
    }
}

/// A deployment that has every document of `world` somewhere: a role for each, and the bucket.
fn deployment(world: &World) -> (DeploymentIndex, Rendering) {
    let mut rendering = Rendering::default();
    let mut put = |name: String, value: &Value| {
        rendering.documents.push(Rendered {
            name,
            limit: Limit::Inline,
            document: Document::of_value(value),
        });
    };
    let mut roles = Vec::new();
    for (name, value) in world {
        put(
            name.strip_prefix("ceiling-")
                .map_or_else(|| (*name).to_owned(), |level| format!("ceiling/{level}")),
            value,
        );
        let (trust, standing) = match carrier(name) {
            Carrier::Trust => (*name, None),
            Carrier::Inline => ("trust", Some((*name).to_owned())),
            _ => continue,
        };
        roles.push(IndexedRole {
            access: vec![(*name).to_owned()],
            path: "/jit/".to_owned(),
            name: (*name).to_owned(),
            ceiling: ["read", "operate", "admin"][roles.len() % 3].to_owned(),
            trust: trust.to_owned(),
            standing,
            places: BTreeSet::new(),
        });
    }
    put("grantor.policy".to_owned(), &world["grantor"]);
    let index = DeploymentIndex {
        partition: "aws",
        apply: Apply::Function,
        ledger: Some("acme-jit-ledger".to_owned()),
        doors: BTreeMap::new(),
        ceilings: ["read", "operate", "admin"].map(str::to_owned).into(),
        grantors: vec![IndexedGrantor { places: BTreeSet::new(), trust: "grantor-function".to_owned() }],
        roles,
    };
    (index, rendering)
}

/// An AWS with CloudFormation: moto, or ministack, which knows the policies of buckets.
struct Emulated {
    child: Child,
    url: String,
}

impl Emulated {
    fn moto() -> Self {
        Self::start("venv/bin/moto_server", |command, port| {
            command.args(["-H", "127.0.0.1", "-p", port]);
        })
    }

    fn ministack() -> Self {
        Self::start("ministack/bin/ministack", |command, port| {
            command.env("GATEWAY_PORT", port);
        })
    }

    fn start(program: &str, with_port: impl FnOnce(&mut Command, &str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut command = Command::new(tool(program));
        with_port(&mut command, &port.to_string());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it starts");
        let deadline = Instant::now() + Duration::from_secs(300);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{program} does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    /// Deploys a template as a stack, and returns what exists in the account then.
    fn deploy(&self, template: &Rendered) -> Value {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.json", template.name));
        std::fs::write(&path, template.document.pretty()).expect("a file");
        let mut command = Command::new(tool("venv/bin/python"));
        command.arg(project("tests/counterparts/fixtures/deploy/read_back.py")).arg("deploy").arg(path);
        let output = command.arg(ACCOUNT).env("AWS_ENDPOINT_URL", &self.url).output().expect("Python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut read: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        read[ACCOUNT].take()
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every document as it exists after CloudFormation has deployed the templates, and every scenario with those.
#[test]
fn every_scenario_holds_for_what_cloudformation_deploys() {
    let rendered = world::world();
    let (index, rendering) = deployment(&rendered);
    let (moto, ministack) = (Emulated::moto(), Emulated::ministack());
    let account = moto.deploy(&account_template(&index, &rendering));
    let ledger = ministack.deploy(&ledger_template("acme-jit-ledger", &rendering));
    let role = |name: &str| {
        let roles = account["roles"].as_array().expect("roles");
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/jit/{name}");
        roles.iter().find(|role| role["arn"] == arn).unwrap_or_else(|| panic!("no role {name}"))
    };
    let mut deployed = rendered.clone();
    for (name, value) in &mut deployed {
        *value = match carrier(name) {
            Carrier::Trust => role(name)["trust"].clone(),
            Carrier::Inline => role(name)["inline"]["standing"].clone(),
            Carrier::Ceiling => {
                account["policies"][format!("arn:aws:iam::{ACCOUNT}:policy/jit-{name}")].clone()
            }
            Carrier::Bucket => ledger["buckets"]["acme-jit-ledger"]["policy"].clone(),
            Carrier::None => continue,
        };
        assert_eq!(*value, rendered[name], "{name} is not deployed as it is rendered");
    }
    // Each role has the boundary that the index names.
    for one in &index.roles {
        let boundary = format!("arn:aws:iam::{ACCOUNT}:policy/jit-ceiling-{}", one.ceiling);
        assert_eq!(role(&one.name)["boundary"], boundary, "{}", one.name);
    }
    let cases = scenarios::all();
    let wrong = Court::of(&cases).all_unexpected(&deployed);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let through = |wanted: Carrier| {
        let own: Vec<&&str> = rendered.keys().filter(|name| carrier(name) == wanted).collect();
        let is_used = own.iter().any(|name| cases.iter().any(|case| case.uses(name)));
        assert!(is_used, "no scenario uses {own:?}");
    };
    for kind in [Carrier::Trust, Carrier::Inline, Carrier::Ceiling, Carrier::Bucket] {
        through(kind);
    }
}
