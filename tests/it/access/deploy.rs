//! What `deploy/` contains is what this program renders, and `jit policy render --deploy`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jit_access::testing::EXAMPLE;

use super::policy::room;
use crate::support::Room;

fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The files below a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            match path.is_dir() {
                true => walk(&path, &format!("{name}/"), found),
                false => drop(found.insert(name, fs::read_to_string(&path).unwrap())),
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found);
    found
}

/// Every folder of `deploy/` that has a script `render`.
fn rendered() -> Vec<PathBuf> {
    let kinds = ["deploy/examples", "deploy/variants"].map(repository);
    let folders =
        kinds.iter().flat_map(|kind| fs::read_dir(kind).unwrap()).map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = folders.filter(|folder| folder.join("render").exists()).collect();
    folders.sort();
    folders
}

/// Runs the script `render` of a copy of `folder`, with this program as `jit`.
fn render(room: &Room, folder: &Path, policies: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let copy = room.path(folder.file_name().unwrap());
    for (name, text) in policies {
        let path = copy.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::copy(folder.join("render"), copy.join("render")).unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_jit")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let script = copy.join("render");
    let output = room.program("/bin/sh", &[script.to_str().unwrap()]).env("PATH", &path).run();
    assert_eq!(output.code(), 0, "{output}");
    files(&copy.join("documents"))
}

/// The policy of an example: everything but what is rendered.
fn policies(folder: &Path) -> BTreeMap<String, String> {
    let all = files(folder).into_iter();
    all.filter(|(name, _)| name.ends_with(".toml") && !name.starts_with("documents/")).collect()
}

#[test]
fn what_is_checked_in_is_what_is_rendered() {
    let folders = rendered();
    assert!(folders.len() >= 7, "{folders:?}");
    for folder in folders {
        let room = Room::new();
        let fresh = render(&room, &folder, &policies(&folder));
        let kept = files(&folder.join("documents"));
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&fresh), names(&kept), "{}: run scripts/generate", folder.display());
        for (name, text) in &fresh {
            assert_eq!(*text, kept[name], "{}/documents/{name}: run scripts/generate", folder.display());
        }
    }
}

/// The comparison above would notice a document that is not what the policy says.
#[test]
fn another_policy_gives_other_documents() {
    let folder = repository("deploy/examples/one-account");
    let mut policies = policies(&folder);
    let text = policies.get_mut("policy/policy.toml").unwrap();
    *text = text.replace("\"bob@example.com\", ", "");
    let fresh = render(&Room::new(), &folder, &policies);
    let kept = files(&folder.join("documents"));
    let changed: Vec<&str> =
        fresh.iter().filter(|(name, text)| kept[*name] != **text).map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        changed,
        [
            "accounts.template.json",
            "grantor/111122223333.trust.json",
            "role/operate.trust.json",
            "role/read.trust.json"
        ]
    );
}

/// No policy document is written in `deploy/` by hand: modules read files, and templates are rendered.
#[test]
fn no_policy_is_written_by_hand() {
    for (name, text) in files(&repository("deploy/modules")) {
        for word in ["\"Effect\"", "Effect =", "aws_iam_policy_document", "sts:Assume", "\"2012-10-17\""] {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}

/// People copy these files as they are.
#[test]
fn the_configuration_of_each_example_is_valid() {
    for example in fs::read_dir(repository("deploy/examples")).unwrap() {
        let folder = example.unwrap().path();
        let room = Room::new();
        room.write_config(&fs::read_to_string(folder.join("config.toml")).unwrap());
        let output = room.jit(&["roles"]).run();
        assert!(output.code() == 0 && output.stdout.contains("hub "), "{}: {output}", folder.display());
        let checked = room.jit(&["policy", "check", folder.join("policy").to_str().unwrap()]).run();
        assert_eq!(checked.code(), 0, "{}: {checked}", folder.display());
    }
}

const KNOWN: [&str; 14] = [
    "--ledger",
    "acme-jit-ledger",
    "--platform",
    "arn:aws:iam::444444444444:role/platform",
    "--function-role",
    "arn:aws:iam::444444444444:role/jit-function",
    "--trust",
    "hub=saml,okta",
    "--trust",
    "contractors=saml,okta",
    "--trust",
    "platform=saml,okta",
    "--trust",
    "glass=saml,okta",
];

#[test]
fn a_deployment_is_written_whole_or_not_at_all() {
    let room = room();
    let half = room.jit(&[&["policy", "render", "policy", "--deploy", "out"], &KNOWN[..]].concat()).run();
    insta::assert_snapshot!(room.told(&half), @"
    exit 2
    --- stderr
    error: cannot render door/contractors.entry, door/glass.glass, door/hub.entry, function.policy
      next: add --organization o-…, or --account for each account
    ");
    assert!(!room.path("out").exists());
    let organization = ["--organization", "o-a1b2c3d4e5"];
    let arguments = [&["policy", "render", "policy", "--deploy", "out"], &KNOWN[..], &organization].concat();
    let whole = room.jit(&arguments).run();
    insta::assert_snapshot!(room.told(&whole), @"
    exit 0
    --- stderr
    warning: accounts.template has 49999 of 51200 characters (98 %): upload it to a bucket and pass --template-url in place of --template-body
    ✓ Wrote 24 documents to out
    ");
    let files = files(&room.path("out"));
    let index: serde_json::Value = serde_json::from_str(&files["index.json"]).unwrap();
    let roles = index["roles"].as_array().unwrap();
    // The roles of the contract's example, with what each needs.
    let told: Vec<String> = roles
        .iter()
        .map(|role| {
            format!("{}{} {} {}", role["path"], role["name"], role["ceiling"], role["places"])
                .replace('"', "")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    /jit/engineer operate [111122223333]
    /jit-glass/admin admin [ou-root]
    /jit/pay-admin operate [111122223333]
    /jit/db operate [111122223333]
    /jit/read read [111122223333,ou-prod]
    ");
    for role in roles {
        for name in [&role["trust"], &role["standing"]].iter().filter_map(|name| name.as_str()) {
            assert!(files.contains_key(&format!("{name}.json")), "{name}");
        }
    }
    assert_eq!(index["grantors"], serde_json::json!([{ "places": [], "trust": "grantor.trust" }]));
}

#[test]
fn accesses_that_contradict_each_other_about_a_role_are_refused() {
    let room = room();
    let text = EXAMPLE.replace("\"deploy.json\"", "\"policy/deploy.json\"");
    let same = text.replace("role/jit/db", "role/jit/engineer");
    let organization = ["--organization", "o-a1b2c3d4e5"];
    let arguments = [&["policy", "render", "p.toml", "--deploy", "out"], &KNOWN[..], &organization].concat();
    // Two accesses on one role are meant to be possible.
    room.write("p.toml", &same);
    let output = room.jit(&arguments).run();
    assert_eq!(output.code(), 0, "{output}");
    let access = same.split("[access.prod-db]").nth(1).unwrap();
    room.write("p.toml", &same.replace(access, &access.replacen("\"operate\"", "\"read\"", 1)));
    let output = room.jit(&arguments).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: [access.deploy] and [access.prod-db] name one role, with different ceilings or different doors
      next: give each access a role of its own, or both the same ceiling
    ");
}
