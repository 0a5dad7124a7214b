//! `jit policy render`.

use std::collections::BTreeSet;
use std::fs;

use jit_access::testing::EXAMPLE;

use super::policy::room;
use crate::support::Room;

/// Everything that the documents of the example need.
const KNOWN: [&str; 20] = [
    "--ledger",
    "acme-jit-ledger",
    "--organization",
    "o-a1b2c3d4e5",
    "--platform",
    "arn:aws:iam::444444444444:role/platform",
    "--function-role",
    "arn:aws:iam::444444444444:role/jit-function",
    "--function",
    "arn:aws:lambda:eu-west-1:444444444444:function:jit",
    "--tag",
    "team",
    "--trust",
    "hub=oidc,https://acme.okta.com,0oa1b2c3",
    "--trust",
    "contractors=saml,okta",
    "--trust",
    "platform=robot,token.actions.githubusercontent.com,sts.amazonaws.com,repo:acme/iam:ref:refs/heads/main,iam",
    "--trust",
    "glass=saml,okta",
];

fn render(room: &Room, more: &[&str]) -> crate::support::Output {
    room.jit(&[&["policy", "render", "policy"], &KNOWN[..], more].concat()).run()
}

#[test]
fn one_document_is_printed_as_it_is() {
    let room = room();
    let output = render(&room, &["--only", "role/deploy.trust"]);
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 0
    --- stdout
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "OwnName",
          "Effect": "Allow",
          "Principal": {
            "AWS": [
              "arn:aws:iam::111111111111:root"
            ]
          },
          "Action": "sts:AssumeRole",
          "Condition": {
            "ArnLike": {
              "aws:PrincipalArn": [
                "arn:aws:iam::111111111111:role/jit-contractors",
                "arn:aws:iam::111111111111:role/jit-hub"
              ]
            },
            "StringLike": {
              "aws:userid": "*:${sts:RoleSessionName}"
            }
          }
        },
        {
          "Sid": "OwnSource",
          "Effect": "Allow",
          "Principal": {
            "AWS": [
              "arn:aws:iam::111111111111:root"
            ]
          },
          "Action": "sts:SetSourceIdentity",
          "Condition": {
            "ArnLike": {
              "aws:PrincipalArn": [
                "arn:aws:iam::111111111111:role/jit-contractors",
                "arn:aws:iam::111111111111:role/jit-hub"
              ]
            },
            "StringEquals": {
              "sts:SourceIdentity": "${aws:SourceIdentity}"
            }
          }
        },
        {
          "Sid": "OwnTags",
          "Effect": "Allow",
          "Principal": {
            "AWS": [
              "arn:aws:iam::111111111111:root"
            ]
          },
          "Action": "sts:TagSession",
          "Condition": {
            "ArnLike": {
              "aws:PrincipalArn": [
                "arn:aws:iam::111111111111:role/jit-contractors",
                "arn:aws:iam::111111111111:role/jit-hub"
              ]
            },
            "ForAllValues:StringEquals": {
              "aws:TagKeys": [
                "team"
              ]
            },
            "StringEqualsIfExists": {
              "aws:RequestTag/team": "${aws:PrincipalTag/team}"
            }
          }
        }
      ]
    }
    "#);
    let grant = ["--only", "grant/deploy", "--person", "bob", "--until", "2026-11-28T12:00:00Z"];
    let output = render(&room, &grant);
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 0
    --- stdout
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": [
            "ecs:UpdateService"
          ],
          "Resource": "*",
          "Condition": {
            "StringLike": {
              "aws:userid": [
                "*:bob@corp.com"
              ]
            },
            "DateLessThan": {
              "aws:CurrentTime": "2026-11-28T12:HH:MMZ"
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn every_document_is_a_file_or_a_member_of_one_object() {
    let room = room();
    let grants = ["--person", "alice@corp.com", "--until", "2026-11-28T12:00:00Z"];
    let printed = render(&room, &grants);
    assert!(printed.code() == 0 && printed.stderr.is_empty(), "{printed}");
    let all: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&printed.stdout).unwrap();
    let written = render(&room, &[&grants[..], &["--out", "documents"]].concat());
    insta::assert_snapshot!(room.told(&written), @"
    exit 0
    --- stderr
    ✓ Wrote 26 documents to documents
    ");
    let mut names = BTreeSet::new();
    for entry in walk(&room.path("documents")) {
        let text = fs::read_to_string(&entry).unwrap();
        let name = entry.strip_prefix(room.path("documents")).unwrap().with_extension("");
        let name = name.to_str().unwrap().to_owned();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), all[&name], "{name}");
        let alone = render(&room, &[&grants[..], &["--only", &name]].concat());
        assert_eq!(alone.stdout, text, "{name}");
        names.insert(name);
    }
    assert_eq!(names, all.keys().cloned().collect());
    assert!(names.len() == 26 && names.contains("door/glass.glass"), "{names:?}");
    // The same again, over the same files.
    assert_eq!(render(&room, &[&grants[..], &["--out", "documents"]].concat()).code(), 0);
    // They are for everybody to read.
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(room.path("documents/ledger.json")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o644);
}

/// All files below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn what_is_not_known_is_left_out_and_named() {
    let room = room();
    let output = room.jit(&["policy", "render", "policy", "--out", "documents"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stderr
    ✓ Wrote 10 documents to documents
    Left out: grantor.trust
    next: add --function-role ARN
    Left out: door/contractors.entry, door/glass.glass, door/hub.entry, door/platform.publish, function.policy, ledger
    next: add --ledger BUCKET
    Left out: guardrail
    next: add --platform ARN for each role that deploys
    Left out: door/contractors.trust, door/glass.trust, door/hub.trust, door/platform.trust
    next: say how people arrive at each door: --trust DOOR=oidc,ISSUER,CLIENT_ID or --trust DOOR=saml,NAME
    ");
    let asked = room.jit(&["policy", "render", "policy", "--only", "ledger", "--only", "role/*"]).run();
    insta::assert_snapshot!(room.told(&asked), @"
    exit 2
    --- stderr
    error: cannot render ledger
      next: add --ledger BUCKET
    ");
    let nothing = room.jit(&["policy", "render", "policy", "--only", "rolle/read"]).run();
    insta::assert_snapshot!(room.told(&nothing), @"
    exit 2
    --- stderr
    error: no document matches `rolle/read`
      next: the names are ceiling/admin, ceiling/operate, ceiling/read, grantor.policy, role/deploy.trust, role/glass.standing, role/glass.trust, role/pay-admin.trust, role/prod-db.trust, role/read.trust, door/contractors.entry, door/contractors.trust, door/glass.glass, door/glass.trust, door/hub.entry, door/hub.trust, door/platform.publish, door/platform.trust, function.policy, grantor.trust, guardrail, ledger
    ");
    let door = room.jit(&["policy", "render", "policy", "--trust", "hubb=saml,okta"]).run();
    insta::assert_snapshot!(room.told(&door), @"
    exit 2
    --- stderr
    error: the policy has no door `hubb`
      next: the doors are contractors, glass, hub, platform
    ");
}

/// Where AWS would refuse a document, or a file would be another than its name says, nothing is written.
#[test]
fn documents_that_cannot_be_used_are_not_written() {
    let room = room();
    let many: Vec<String> = (0..90)
        .map(|n| format!("arn:aws:iam::444444444444:role/platform/with-a-long-path/{n:012}"))
        .collect();
    let mut arguments = vec!["policy", "render", "policy", "--out", "documents"];
    for arn in &many {
        arguments.extend(["--platform", arn]);
    }
    let output = room.jit(&arguments).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: AWS would not accept guardrail: a service control policy would have 13708 characters; AWS accepts at most 5120
      next: name fewer platform roles, or split it into two policies
    ");
    assert!(!room.path("documents").exists());

    // Names of accesses cannot have a slash; two dots are no folder in `role/...trust.json`.
    let text = EXAMPLE
        .replace("[access.read]", "[access.\"..\"]")
        .replace("\"deploy.json\"", "\"policy/deploy.json\"");
    room.write("dots.toml", &text);
    let output = room.jit(&["policy", "render", "dots.toml", "--out", "documents"]).run();
    assert_eq!(output.code(), 0, "{output}");
    let files = walk(&room.path("documents"));
    assert!(files.contains(&room.path("documents/role/...trust.json")), "{files:?}");
    assert!(!room.path("trust.json").exists() && !room.path("documents/trust.json").exists());
}

#[test]
fn what_is_typed_wrong_is_refused() {
    let room = room();
    let cases: [&[&str]; 8] = [
        &["--ledger", "s3://bucket"],
        &["--organization", "o-*"],
        &["--account", "*"],
        &["--platform", "arn:aws:iam::*:role/x"],
        &["--ceiling", "operate=admin"],
        &["--trust", "hub=oidc"],
        &["--person", "alice"],
        &["--organization", "o-a1b2c3d4e5", "--account", "111122223333"],
    ];
    for arguments in cases {
        let output = room.jit(&[&["policy", "render", "policy"], arguments].concat()).run();
        assert!(output.code() == 2 && output.stdout.is_empty(), "{output}");
    }
}
