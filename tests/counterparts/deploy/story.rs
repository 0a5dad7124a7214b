//! An example that is deployed by Terraform, and then used: what it created is read back and put into the emulated AWS,
//! which evaluates it. Everything after that is what people type.

use std::path::Path;

use jit_access::policy::Policy;
use jit_emulator::{
    Account, Approval, CLIENT_ID, CloudBucket, Deployment, IamRole, Layout, Servers, Settings, User, role_id,
};
use serde_json::Value;

use super::account::{ReadAccount, ReadRole, read};
use super::checked_in;
use super::examples::{metadata, organization, rails};
use super::terraform::Terraform;
use crate::demo_room::{Output, Room as Home, Run};
use crate::support::{Moto, Room, cli2, tool};

/// An example, and what the emulated AWS and IdP need in place of the company's.
struct Example {
    name: &'static str,
    accounts: &'static [&'static str],
    /// What people ask for, and who has to agree.
    access: &'static str,
    approvers: &'static [&'static str],
}

/// The company: its AWS is what Terraform created.
struct Company {
    home: Home,
    example: &'static Example,
}

/// Where its roles on request are.
const PAYMENTS: &str = "111122223333";

impl Company {
    fn deployed(example: &'static Example) -> Self {
        let folder = format!("examples/{}", example.name);
        let text = ["policy.toml", "doors.toml"]
            .map(|name| std::fs::read_to_string(checked_in(&format!("{folder}/policy/{name}"))).unwrap())
            .concat();
        let policy = Policy::read_published("policy.toml", &text).unwrap();
        let layout = Layout::default();
        let accounts = vec![Account::new("111111111111", "tools", &["Jit", "JitPublish"])];
        let settings = Settings { approval: Approval::AtOnce, accounts, ..Settings::default() };
        let home = Home::with(Deployment::of(&policy, &layout).settings(settings));

        let room = Room::new();
        let moto = Moto::start(&room);
        let mut terraform = Terraform::new(&room, &moto);
        let tags = layout.tags.iter().map(|tag| format!("--tag {tag}")).collect::<Vec<_>>().join(" ");
        let issuer = home.servers().issuer().trim_start_matches("http://").to_owned();
        // The hub by OpenID Connect, as its README says: for SAML's sign-in page of AWS somebody has to drive a browser. There
        // are no workflows here: Pat publishes.
        let how = |door: &str| format!("--trust {door}=oidc-source-identity,{issuer},{CLIENT_ID}");
        let options = match example.name {
            "hub" => [tags, how("hub"), how("publisher")].join(" "),
            _ => tags,
        };
        terraform.values =
            vec![("ISSUER", issuer.clone()), ("CLIENT_ID", CLIENT_ID.to_owned()), ("OPTIONS", options)];
        let known = organization(&room, &moto);
        let variables = variables(&terraform, example, &known);
        let arguments: Vec<&str> =
            ["up", "-auto-approve"].into_iter().chain(variables.iter().map(String::as_str)).collect();
        let told = terraform.run(&folder, "sh", &arguments).ok();
        assert!(told.contains("Apply complete!"), "{told}");

        let folder = terraform.deploy.join(folder);
        let mut doors = std::fs::read_to_string(folder.join("policy/doors.toml")).unwrap();
        for account in example.accounts {
            let account_id = account;
            let account = read(&room, &moto, account);
            for role in install(&home, account_id, &account) {
                // The emulated AWS gives roles ids of its own, and roles of permission sets names of its own.
                doors = doors.replace(&role.0.id, &role_id(&role.1)).replace(&role.0.arn, &role.1);
            }
        }
        home.servers().cloud(|cloud| {
            cloud.organization = Some("o-a1b2c3d4e5".to_owned());
            cloud.put_bucket(CloudBucket::new("acme-refunds", PAYMENTS, "eu-west-1")).unwrap();
            let rails = rails(&room, &moto);
            if !rails.is_empty() {
                let rails: Vec<&str> = rails.iter().map(String::as_str).collect();
                cloud.set_service_control(PAYMENTS, &rails).unwrap();
            }
        });
        std::fs::create_dir(home.path("policy")).unwrap();
        std::fs::copy(folder.join("policy/policy.toml"), home.path("policy/policy.toml")).unwrap();
        home.write("policy/doors.toml", &doors);
        let config = std::fs::read_to_string(folder.join("config.toml")).unwrap();
        home.write_config(&adapted(config, &home));
        Self { home, example }
    }

    /// A program as this person runs it: signed in under their own name, with a state folder of their own.
    fn runs(&self, person: &str, program: &Path, arguments: &[&str]) -> Run<'_> {
        let user = User {
            subject: format!("00u-{person}"),
            email: format!("{person}@example.com"),
            name: person.to_owned(),
            ..Settings::default().user
        };
        self.home.servers().faults(|faults| faults.user = Some(user));
        let state = self.home.path(format!("state/{person}")).display().to_string();
        std::fs::create_dir_all(&state).unwrap();
        let run = self.home.program(program.to_str().unwrap(), arguments).env("XDG_STATE_HOME", &state);
        self.home.servers().endpoints().into_iter().fold(run, |run, (name, url)| run.env(name, url))
    }

    fn jit(&self, person: &str, arguments: &[&str]) -> Output {
        self.runs(person, Path::new(env!("CARGO_BIN_EXE_jit")), arguments).run()
    }

    fn ok(&self, person: &str, arguments: &[&str]) -> Output {
        let output = self.jit(person, arguments);
        assert_eq!(output.code(), 0, "{arguments:?}: {output}");
        output
    }

    fn json(&self, person: &str, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(person, &[arguments, &["--json"]].concat()).stdout).unwrap()
    }

    /// `aws s3 ls --profile ACCESS`, with both versions of the AWS CLI.
    fn lists(&self, person: &str) -> [Output; 2] {
        [tool("venv/bin/aws"), cli2()].map(|aws| {
            let url = self.home.servers().aws_url().to_owned();
            let arguments = ["s3", "ls", "--profile", self.example.access, "--endpoint-url", &url];
            let run = self.runs(person, &aws, &arguments).env("AWS_EC2_METADATA_DISABLED", "true");
            run.env("AWS_PAGER", "").run()
        })
    }

    /// Alice asks for the access, and everybody who has to approves what they were shown. Until the last one does, it is
    /// not granted.
    fn granted(&self, duration: &str, reason: &str) -> String {
        let asked = self.json("alice", &["request", self.example.access, "-d", duration, "-m", reason]);
        let (id, hash) = (asked["short"].as_str().unwrap(), asked["sha256"].as_str().unwrap());
        for approver in self.example.approvers {
            assert_ne!(self.json("alice", &["requests", id])["state"]["name"], "live");
            self.ok(approver, &["approve", id, "--yes", "--sha256", &hash[..12]]);
        }
        assert_eq!(self.json("alice", &["requests", id])["state"]["name"], "live");
        id.to_owned()
    }
}

/// The configuration of the example with the emulated IdP in place of the company's.
fn adapted(config: String, home: &Home) -> String {
    let servers = home.servers();
    let publisher = "[role.publisher]\nidp = \"okta\"\nrole_arn = \"arn:aws:iam::111111111111:role/jit-publisher\"\n\n[access]\npublisher = \"publisher\"\n";
    let saml = "type      = \"saml\"\nstart_url = \"https://acme.okta.com/app/amazon_aws/exk1/sso/saml\"";
    let oidc = format!("type = \"oidc\"\nissuer = \"{}\"\nclient_id = \"{CLIENT_ID}\"", servers.issuer());
    let there = [
        ("https://acme.okta.com/oauth2/default", servers.issuer()),
        ("0oa1b2c3d4", CLIENT_ID),
        ("https://acme.awsapps.com/start", &servers.start_url()),
        (saml, oidc.as_str()),
    ];
    let mut adapted = config.clone();
    for (from, to) in there {
        adapted = adapted.replace(from, to);
    }
    assert_ne!(adapted, config);
    if adapted.contains("[role.publisher]") { adapted } else { adapted.replace("[access]\n", publisher) }
}

/// What Terraform asks for, and what it reads beside it.
fn variables(terraform: &Terraform<'_>, example: &Example, known: &Value) -> Vec<String> {
    let folder = terraform.deploy.join(format!("examples/{}", example.name));
    let pairs = match example.name {
        "identity-center" => vec![
            format!("instance_arn={}", known["instance"].as_str().unwrap()),
            "group_ids={people=[\"906a-people\"],publishers=[\"906a-publishers\"]}".to_owned(),
        ],
        "hub" => {
            std::fs::write(folder.join("metadata.xml"), metadata()).unwrap();
            let main = std::fs::read_to_string(folder.join("main.tf")).unwrap();
            let mut changed = main.clone();
            for (from, to) in [
                ("kind          = \"saml\"", "kind          = \"oidc\""),
                ("  door      = \"publisher\"\n", "  door      = \"publisher\"\n  create_provider = false\n"),
            ] {
                assert!(main.contains(from), "{from}: {main}");
                changed = changed.replace(from, to);
            }
            std::fs::write(folder.join("main.tf"), changed).unwrap();
            vec![format!("guarded=[{}]", known["root"])]
        }
        _ => Vec::new(),
    };
    pairs.into_iter().flat_map(|pair| ["-var".to_owned(), pair]).collect()
}

/// Puts what was read into the emulated AWS, as it is. Returns each role with the ARN that it has there.
fn install<'r>(home: &Home, id: &str, account: &'r ReadAccount) -> Vec<(&'r ReadRole, String)> {
    home.servers().cloud(|cloud| {
        for (arn, document) in &account.policies {
            cloud.put_policy(arn, &document.to_string()).unwrap();
        }
        let mut installed = Vec::new();
        for read in &account.roles {
            let set = read.arn.split("AWSReservedSSO_").nth(1).and_then(|name| name.rsplit_once('_'));
            let arn = set.map_or_else(|| read.arn.clone(), |(set, _)| Servers::assigned_role(id, set));
            let mut role = IamRole::new(&arn, &read.trust.to_string()).lasting(read.session);
            if let Some(boundary) = &read.boundary {
                role = role.bounded_by(boundary);
            }
            for (name, document) in &read.inline {
                role = role.with(name, &document.to_string());
            }
            assert!(read.attached.is_empty(), "{read:?}");
            cloud.put_role(role).unwrap();
            installed.push((read, arn));
        }
        for (name, read) in &account.buckets {
            let mut bucket = CloudBucket::new(name, id, read.region.as_deref().unwrap());
            bucket.locked = read.lock.is_some();
            bucket.versioned = read.versioning.as_deref() == Some("Enabled");
            bucket.policy = read.policy.as_ref().map(Value::to_string);
            cloud.put_bucket(bucket).unwrap();
        }
        installed
    })
}

const ONE_ACCOUNT: Example =
    Example { name: "one-account", accounts: &[PAYMENTS], access: "read", approvers: &["bob"] };
const IDENTITY_CENTER: Example = Example {
    name: "identity-center",
    accounts: &["111111111111", "444444444444", PAYMENTS],
    access: "read",
    approvers: &["carol"],
};
const HUB: Example = Example {
    name: "hub",
    accounts: &["111111111111", "444444444444", PAYMENTS],
    access: "pay-operate",
    approvers: &["bob", "erin"],
};

/// Publishes, asks, approves, uses, extends and revokes, in an example as it was deployed.
fn tell(example: &'static Example) {
    let company = Company::deployed(example);
    let access = example.access;
    let listed = |outputs: [Output; 2]| {
        for output in outputs {
            assert!(output.code() == 0 && output.stdout.contains(" acme-refunds"), "{output}");
        }
    };
    let refused = |outputs: [Output; 2], why: &str| {
        for output in outputs {
            assert!(output.code() != 0 && output.stderr.contains(why), "{why}: {output}");
            assert!(!output.stdout.contains("acme-refunds"), "{output}");
        }
    };
    for person in ["pat", "alice", "bob", "carol", "erin"] {
        company.ok(person, &["login", "hub"]);
    }

    let dry = company.ok("pat", &["policy", "publish", "policy", "--dry-run"]);
    let (_, hash) = dry.stderr.split_once("SHA-256 ").unwrap_or_else(|| panic!("{dry}"));
    let hash = hash.lines().next().unwrap();
    company.ok("pat", &["policy", "publish", "policy", "--yes", "--sha256", hash]);

    let jit = env!("CARGO_BIN_EXE_jit");
    std::fs::create_dir_all(company.home.path(".aws")).unwrap();
    company.home.write(
        ".aws/config",
        &format!(
            "[profile {access}]\nregion = eu-west-1\ncredential_process = \"{jit}\" credential-process {access}\n"
        ),
    );
    company.ok("alice", &["requests"]);
    refused(company.lists("alice"), &format!("jit request {access}"));

    let first = company.granted("30m", "look at the refunds");
    listed(company.lists("alice"));
    // Nobody but her: the approver may not even become the role.
    company.ok(example.approvers[0], &["requests"]);
    refused(company.lists(example.approvers[0]), "");

    // Extended, it goes on in the session that is open, also when the first grant is taken away.
    let second = company.granted("2h", "it takes longer");
    assert_ne!(first, second);
    company.ok(example.approvers[0], &["revoke", &first, "-m", "the second one is enough"]);
    listed(company.lists("alice"));

    company.ok(example.approvers[0], &["revoke", &second, "-m", "enough"]);
    refused(company.lists("alice"), "");
}

#[test]
fn one_account_is_used_from_publishing_to_revoking() {
    tell(&ONE_ACCOUNT);
}

#[test]
fn identity_center_is_used_from_publishing_to_revoking() {
    tell(&IDENTITY_CENTER);
}

#[test]
fn a_hub_is_used_from_publishing_to_revoking() {
    tell(&HUB);
}
