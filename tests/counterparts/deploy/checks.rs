//! `terraform fmt` and `validate`, cfn-lint and checkov. Each finds a mistake that is made on purpose.

use std::path::{Path, PathBuf};

use super::checked_in;
use super::terraform::Terraform;
use crate::support::{Moto, Outcome, Room, on_path, tool};

const EXAMPLES: [&str; 3] = ["one-account", "identity-center", "hub"];

/// Replaces text in a file of the copy.
fn change(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} has no {from}", path.display());
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn terraform_files_are_formatted() {
    let room = Room::new();
    let mut command = room.command(on_path("terraform", "https://developer.hashicorp.com/terraform/install"));
    command.args(["fmt", "-check", "-recursive", "-diff"]).arg(checked_in(""));
    room.run(&mut command).ok();
}

#[test]
fn every_resource_and_argument_is_one_of_the_aws_provider() {
    let room = Room::new();
    let moto = Moto::start(&room);
    let terraform = Terraform::new(&room, &moto);
    let validate = |example: &str| {
        let folder = format!("examples/{example}");
        terraform.run(&folder, "terraform", &["init", "-input=false", "-backend=false"]).ok();
        terraform.run(&folder, "terraform", &["validate"])
    };
    let mut used = String::new();
    for example in EXAMPLES {
        validate(example).ok();
        used += &std::fs::read_to_string(checked_in(&format!("examples/{example}/main.tf"))).unwrap();
    }
    for module in std::fs::read_dir(checked_in("modules")).unwrap() {
        let name = module.unwrap().file_name().into_string().unwrap();
        assert!(used.contains(&format!("modules/{name}\"")), "no example uses the module {name}");
    }
    // Each of these mistakes is found by the schema.
    for (file, from, to, told) in [
        ("role-on-request", "assume_role_policy ", "assume_role_polcy ", "assume_role_polcy"),
        (
            "ledger",
            "\"aws_s3_bucket_versioning\" \"ledger\"",
            "\"aws_s3_bucket_version\" \"ledger\"",
            "aws_s3_bucket_version",
        ),
        ("ledger", "default_retention {", "retention {", "Blocks of type \"retention\" are not expected"),
        ("entry", "  client_id_list = ", "  # client_id_list = ", "client_id_list"),
    ] {
        let path = terraform.deploy.join(format!("modules/{file}/main.tf"));
        let before = std::fs::read_to_string(&path).unwrap();
        change(&path, from, to);
        let outcome = validate("one-account");
        assert!(outcome.code() != 0 && outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
        std::fs::write(&path, before).unwrap();
    }
    validate("one-account").ok();
}

/// Every template that is checked in.
fn templates() -> Vec<PathBuf> {
    let kinds = ["examples", "variants"].map(checked_in);
    let folders =
        kinds.iter().flat_map(|kind| std::fs::read_dir(kind).unwrap()).map(|entry| entry.unwrap().path());
    let names = ["accounts.template.json", "ledger.template.json"];
    let all = folders.flat_map(|folder| names.map(|name| folder.join("documents").join(name)));
    let found: Vec<PathBuf> = all.filter(|path| path.exists()).collect();
    assert!(found.len() >= 14, "{found:?}");
    found
}

#[test]
fn cfn_lint_finds_nothing_in_the_templates() {
    let room = Room::new();
    let lint =
        |templates: &[PathBuf]| room.run(room.command(tool("venv/bin/cfn-lint")).arg("-t").args(templates));
    lint(&templates()).ok();
    let wrong = room.outside("wrong.template.json");
    std::fs::copy(checked_in("examples/one-account/documents/accounts.template.json"), &wrong).unwrap();
    change(&wrong, "\"PermissionsBoundary\"", "\"PermissionBoundary\"");
    let outcome = lint(&[wrong]);
    assert!(outcome.code() != 0 && outcome.stdout.contains("PermissionBoundary"), "{}", outcome.stdout);
}

#[test]
fn checkov_finds_nothing_that_is_not_explained() {
    let room = Room::new();
    let moto = Moto::start(&room);
    // A copy: checkov writes beside what it reads.
    let deploy = Terraform::new(&room, &moto).deploy;
    let check = |folder: &Path| -> Outcome {
        let mut command = room.command(tool("deploy/bin/checkov"));
        command.arg("-d").arg(folder).args(["--framework", "terraform", "cloudformation"]);
        command.args(["--compact", "--quiet", "--skip-download"]).env("BC_SKIP_MAPPING", "TRUE");
        room.run(&mut command)
    };
    let outcome = check(&deploy);
    assert_eq!(outcome.code(), 0, "{}{}", outcome.stdout, outcome.stderr);
    let ledger = deploy.join("modules/ledger");
    change(&ledger.join("main.tf"), "block_public_policy     = true", "block_public_policy     = false");
    let outcome = check(&ledger);
    assert!(outcome.code() != 0 && outcome.stdout.contains("CKV_AWS_54"), "{}", outcome.stdout);
    // An explanation has a reason behind the rule's name.
    for module in std::fs::read_dir(checked_in("modules")).unwrap() {
        let text = std::fs::read_to_string(module.unwrap().path().join("main.tf")).unwrap();
        for line in text.lines().filter(|line| line.contains("checkov:skip=")) {
            let (_, reason) = line.split_once(": ").unwrap_or_else(|| panic!("no reason: {line}"));
            assert!(reason.len() > 20, "{line}");
        }
    }
}
