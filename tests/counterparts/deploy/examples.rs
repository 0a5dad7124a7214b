//! Each example, deployed by Terraform as its README says, read back, and undone.

use std::collections::BTreeSet;

use serde_json::Value;

use super::account::{ReadAccount, read};
use super::documents;
use super::terraform::Terraform;
use crate::support::{Moto, Room, python};

/// Applies the example's `up`, with `more` for Terraform, and again: the second time nothing changes.
fn up(terraform: &Terraform<'_>, example: &str, more: &[&str]) {
    let folder = format!("examples/{example}");
    let arguments = [&["up", "-auto-approve"], more].concat();
    let first = terraform.run(&folder, "sh", &arguments).ok();
    assert!(first.contains("Apply complete!"), "{first}");
    let policies = terraform.run(&folder, "jit", &["policy", "check", "policy"]);
    assert_eq!(policies.code(), 0, "{}", policies.stderr);
    let again = terraform.run(&folder, "sh", &arguments).ok();
    assert!(again.contains("No changes."), "{again}");
}

/// Applies `down`: everything is gone but the ledger.
fn down(terraform: &Terraform<'_>, example: &str, more: &[&str]) {
    let arguments = [&["down", "-auto-approve"], more].concat();
    let told = terraform.run(&format!("examples/{example}"), "sh", &arguments).ok();
    assert!(told.contains("Destroy complete!"), "{told}");
    let applied = terraform.applied();
    assert!(applied.iter().all(|line| !line.starts_with("delete aws_s3")), "{applied:?}");
}

/// The documents of an example, and which of them were found in AWS.
struct Found {
    documents: std::collections::BTreeMap<String, Value>,
    names: BTreeSet<String>,
}

impl Found {
    fn new(terraform: &Terraform<'_>, example: &str) -> Self {
        let folder = terraform.deploy.join(format!("examples/{example}/documents"));
        Self { documents: documents(&folder), names: BTreeSet::new() }
    }

    fn is(&mut self, name: &str, value: &Value) {
        assert_eq!(self.documents[name], *value, "{name}");
        self.names.insert(name.to_owned());
    }

    /// A role on request, with its ceiling.
    fn role(&mut self, account: &ReadAccount, name: &str, trust: &str, ceiling: &str) {
        let role = account.role(name);
        self.is(trust, &role.trust);
        assert!(role.arn.ends_with(&format!(":role/jit/{name}")), "{}", role.arn);
        assert!(role.inline.is_empty() && role.attached.is_empty(), "{role:?}");
        let boundary = role.boundary.as_deref().unwrap();
        assert!(boundary.ends_with(&format!(":policy/jit-ceiling-{ceiling}")), "{boundary}");
        self.is(&format!("ceiling/{ceiling}"), &account.policies[boundary]);
    }

    fn grantor(&mut self, account: &ReadAccount, place: &str) {
        let role = account.role("jit-grantor");
        self.is(&format!("grantor/{place}.trust"), &role.trust);
        self.is("grantor.policy", &role.inline["jit-grantor"]);
        assert!(role.inline.len() == 1 && role.boundary.is_none(), "{role:?}");
    }

    fn ledger(&mut self, account: &ReadAccount) {
        let bucket = &account.buckets["acme-jit-ledger"];
        self.is("ledger", bucket.policy.as_ref().unwrap());
        assert_eq!(bucket.versioning.as_deref(), Some("Enabled"));
        assert_eq!(bucket.lock.as_ref().unwrap()["Rule"]["DefaultRetention"]["Mode"], "GOVERNANCE");
        assert_eq!(bucket.ownership.as_ref().unwrap()[0]["ObjectOwnership"], "BucketOwnerEnforced");
        let encryption = &bucket.encryption.as_ref().unwrap()[0]["ApplyServerSideEncryptionByDefault"];
        assert_eq!(encryption["SSEAlgorithm"], "AES256");
        let public = bucket.public.as_ref().unwrap().as_object().unwrap();
        assert!(public.len() == 4 && public.values().all(|value| value == true), "{public:?}");
        assert_eq!(bucket.region.as_deref(), Some("eu-west-1"));
    }

    /// Fails if a document is nowhere in AWS, other than `elsewhere` and what are no policies.
    fn all_but(&self, elsewhere: &[&str]) {
        let tools = ["index", "accounts.template", "ledger.template"];
        let missing: Vec<&String> = self
            .documents
            .keys()
            .filter(|name| {
                !self.names.contains(*name)
                    && !elsewhere.contains(&name.as_str())
                    && !tools.contains(&name.as_str())
            })
            .collect();
        assert!(missing.is_empty(), "rendered, and not deployed: {missing:?}");
    }
}

/// `doors.toml` has the ids that AWS gave.
fn has_ids(terraform: &Terraform<'_>, example: &str, account: &ReadAccount, roles: &[&str]) {
    let path = terraform.deploy.join(format!("examples/{example}/policy/doors.toml"));
    let doors = std::fs::read_to_string(path).unwrap();
    for name in roles {
        let role = account.roles.iter().find(|role| role.arn.contains(name)).unwrap();
        assert!(doors.contains(&format!("ids  = [\"{}\"]", role.id)), "{doors}");
        assert!(doors.contains(&format!("role = \"{}\"", role.arn)), "{doors}");
    }
}

#[test]
fn one_account() {
    let room = Room::new();
    let moto = Moto::start(&room);
    let terraform = Terraform::new(&room, &moto);
    up(&terraform, "one-account", &[]);
    let account = read(&room, &moto, "111122223333");
    let mut found = Found::new(&terraform, "one-account");
    found.ledger(&account);
    found.role(&account, "read", "role/read.trust", "read");
    found.role(&account, "operate", "role/operate.trust", "operate");
    found.grantor(&account, "111122223333");
    let (hub, publisher) = (account.role("jit-hub"), account.role("jit-publisher"));
    found.is("door/hub.trust", &hub.trust);
    found.is("door/hub.entry", &hub.inline["jit-entry"]);
    found.is("door/hub.apply", &hub.inline["jit-apply"]);
    found.is("door/publisher.trust", &publisher.trust);
    found.is("door/publisher.publish", &publisher.inline["jit-publish"]);
    assert_eq!((hub.session, publisher.inline.len()), (28_800, 1));
    assert_eq!(account.providers, ["arn:aws:iam::111122223333:oidc-provider/acme.okta.com/oauth2/default"]);
    // One account has no organization, and the ceiling that no access uses is not deployed.
    found.all_but(&["guardrail", "ceiling/admin"]);
    has_ids(&terraform, "one-account", &account, &["role/jit-hub", "role/jit-publisher"]);
    down(&terraform, "one-account", &[]);
    let after = read(&room, &moto, "111122223333");
    assert_eq!((after.arns(), after.policies.len(), after.providers.len()), (Vec::new(), 0, 0));
    found.ledger(&after);
}

/// An organization in moto, as the account 999988887777 manages it.
const ORGANIZATION: &str = r#"
import boto3, json, sys
sts = boto3.client("sts", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
keys = sts.assume_role(RoleArn="arn:aws:iam::999988887777:role/x", RoleSessionName="seed")["Credentials"]
here = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "eu-west-1")
organizations = here.client("organizations", region_name="us-east-1")
organizations.create_organization(FeatureSet="ALL")
root = organizations.list_roots()["Roots"][0]["Id"]
if len(sys.argv) > 1:
    policies = organizations.list_policies_for_target(TargetId=root, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    own = [one["Id"] for one in policies if not one["AwsManaged"]]
    print(json.dumps([organizations.describe_policy(PolicyId=one)["Policy"]["Content"] for one in own]))
else:
    print(json.dumps({"root": root, "instance": here.client("sso-admin").list_instances()["Instances"][0]["InstanceArn"]}))
"#;

fn ask(room: &Room, moto: &Moto, program: &str, arguments: &[&str]) -> Value {
    let mut command = room.command(python());
    command.args(["-c", program]).args(arguments).env("AWS_ENDPOINT_URL", moto.url());
    serde_json::from_str(&room.run(&mut command).ok()).unwrap()
}

/// Creates the organization. Returns its root and the instance of Identity Center.
pub(super) fn organization(room: &Room, moto: &Moto) -> Value {
    ask(room, moto, ORGANIZATION, &[])
}

/// The service control policies of the organization's root, other than AWS's own.
pub(super) fn rails(room: &Room, moto: &Moto) -> Vec<String> {
    let program = ORGANIZATION.replace("organizations.create_organization(FeatureSet=\"ALL\")", "pass");
    serde_json::from_value(ask(room, moto, &program, &["rails"])).unwrap()
}

#[test]
fn identity_center() {
    let room = Room::new();
    let moto = Moto::start(&room);
    let terraform = Terraform::new(&room, &moto);
    let known = organization(&room, &moto);
    let instance = format!("instance_arn={}", known["instance"].as_str().unwrap());
    let more =
        ["-var", &instance, "-var", "group_ids={people=[\"906a-people\"],publishers=[\"906a-publishers\"]}"];
    up(&terraform, "identity-center", &more);
    let mut found = Found::new(&terraform, "identity-center");
    let (entry, payments) = (read(&room, &moto, "111111111111"), read(&room, &moto, "111122223333"));
    found.ledger(&read(&room, &moto, "444444444444"));
    found.role(&payments, "read", "role/read.trust", "read");
    found.role(&payments, "operate", "role/operate.trust", "operate");
    found.grantor(&payments, "111122223333");
    for (set, door) in [("Jit", "hub"), ("JitPublish", "publisher")] {
        let role =
            entry.roles.iter().find(|role| role.arn.contains(&format!("/AWSReservedSSO_{set}_"))).unwrap();
        found.is(&format!("door/{door}.permission-set"), &role.inline["AwsSSOInlinePolicy"]);
    }
    // A permission set has one policy: each right by itself is part of it.
    found.all_but(&[
        "guardrail",
        "ceiling/admin",
        "door/hub.apply",
        "door/hub.entry",
        "door/publisher.publish",
    ]);
    has_ids(&terraform, "identity-center", &entry, &["/AWSReservedSSO_Jit_", "/AWSReservedSSO_JitPublish_"]);
    // The suffix that Identity Center chose is in no document.
    let before = documents(&super::checked_in("examples/identity-center/documents"));
    let after = documents(&terraform.deploy.join("examples/identity-center/documents"));
    let changed: Vec<&String> = before.keys().filter(|name| before[*name] != after[*name]).collect();
    assert_eq!(changed, ["index"]);
    down(&terraform, "identity-center", &more);
    assert_eq!(read(&room, &moto, "111122223333").arns(), Vec::<&str>::new());
    assert_eq!(read(&room, &moto, "111111111111").arns(), Vec::<&str>::new());
}

/// Metadata as long as AWS wants it.
pub(super) fn metadata() -> String {
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\"><!-- {} --></EntityDescriptor>",
        "x".repeat(1_000)
    )
}

#[test]
fn hub() {
    let room = Room::new();
    let moto = Moto::start(&room);
    let terraform = Terraform::new(&room, &moto);
    let known = organization(&room, &moto);
    std::fs::write(terraform.deploy.join("examples/hub/metadata.xml"), metadata()).unwrap();
    let guarded = format!("guarded=[{}]", known["root"]);
    let more = ["-var", &guarded];
    up(&terraform, "hub", &more);
    let mut found = Found::new(&terraform, "hub");
    let (entry, payments) = (read(&room, &moto, "111111111111"), read(&room, &moto, "111122223333"));
    found.ledger(&read(&room, &moto, "444444444444"));
    found.role(&payments, "operate", "role/pay-operate.trust", "operate");
    found.grantor(&payments, "111122223333");
    let (hub, publisher) = (entry.role("jit-hub"), entry.role("jit-publisher"));
    found.is("door/hub.trust", &hub.trust);
    found.is("door/hub.entry", &hub.inline["jit-entry"]);
    found.is("door/hub.apply", &hub.inline["jit-apply"]);
    found.is("door/publisher.trust", &publisher.trust);
    found.is("door/publisher.publish", &publisher.inline["jit-publish"]);
    assert_eq!(entry.providers.len(), 2, "{:?}", entry.providers);
    let rails = rails(&room, &moto);
    found.is("guardrail", &serde_json::from_str(&rails[0]).unwrap());
    // The unit's accounts have a stack set (`stack`).
    found.all_but(&["ceiling/admin", "ceiling/read", "role/read.trust", "grantor/ou-a1b2-prod.trust"]);
    has_ids(&terraform, "hub", &entry, &["role/jit-hub", "role/jit-publisher"]);
    down(&terraform, "hub", &more);
    assert_eq!(payments.arns().len(), 2);
    assert_eq!(read(&room, &moto, "111122223333").arns(), Vec::<&str>::new());
}

/// `variants/existing-state`: what exists is taken over and not created a second time.
#[test]
fn what_exists_is_imported() {
    let room = Room::new();
    let moto = Moto::start(&room);
    let terraform = Terraform::new(&room, &moto);
    let mut python = room.command(python());
    python.env("AWS_ENDPOINT_URL", moto.url()).args([
        "-c",
        r#"
import boto3
sts = boto3.client("sts", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
keys = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/x", RoleSessionName="seed")["Credentials"]
here = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "eu-west-1")
here.client("iam").create_role(RoleName="jit-hub", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
here.client("s3").create_bucket(
    Bucket="acme-jit-ledger", ObjectLockEnabledForBucket=True, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
)
"#,
    ]);
    room.run(&mut python).ok();
    // Without the file, Terraform tries to create what is there.
    let clash = terraform.run("examples/one-account", "sh", &["up", "-auto-approve"]);
    assert!(clash.code() != 0 && clash.stderr.contains("EntityAlreadyExists"), "{}", clash.stderr);
    let adopt = terraform.deploy.join("variants/existing-state/adopt.tf");
    std::fs::copy(adopt, terraform.deploy.join("examples/one-account/adopt.tf")).unwrap();
    terraform.applied();
    let told = terraform.run("examples/one-account", "sh", &["up", "-auto-approve"]).ok();
    assert!(told.contains("2 imported"), "{told}");
    let applied = terraform.applied();
    for (kind, name) in [("aws_iam_role", "jit-hub"), ("aws_s3_bucket", "acme-jit-ledger")] {
        assert!(applied.contains(&format!("import {kind} {name}")), "{applied:?}");
        assert!(!applied.contains(&format!("create {kind} {name}")), "{applied:?}");
    }
    // What was different is now as rendered.
    let account = read(&room, &moto, "111122223333");
    let documents = documents(&terraform.deploy.join("examples/one-account/documents"));
    assert_eq!(account.role("jit-hub").trust, documents["door/hub.trust"]);
}
