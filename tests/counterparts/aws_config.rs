//! Our reader of `~/.aws/config` compared with botocore, which the AWS CLI and boto3 use: we refuse what it
//! rejects, read what it reads in the same way, and it understands what we write.
#![allow(clippy::disallowed_methods, reason = "the counterpart is a program that is started")]
#![allow(clippy::unwrap_used, reason = "what is missing here fails the test")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jit::config::aws::{Document, Program, SectionKind, System, plan_profiles, split_command};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Asks botocore. Without it there is nothing to compare with, and the test fails.
fn botocore(question: &Value) -> Value {
    let mut python = Command::new("python3")
        .args(["-X", "utf8", "-c", include_str!("aws_config.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 with botocore is needed here");
    let mut input = python.stdin.take().unwrap();
    let question = question.to_string();
    let writer = std::thread::spawn(move || input.write_all(question.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "python3 with botocore is needed here");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn encoded(files: &[Vec<u8>]) -> Vec<String> {
    files.iter().map(|file| STANDARD.encode(file)).collect()
}

/// What we read, in the form of the oracle's answer.
fn ours(file: &[u8]) -> Value {
    let Ok(document) = Document::parse(file) else { return Value::Null };
    let mut sections: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for section in document.sections().iter().filter(|section| section.kind != SectionKind::Defaults) {
        let keys = section.entries.iter().map(|entry| (entry.key.as_str(), document.value(entry)));
        sections.entry(&section.header).or_default().extend(keys);
    }
    let profile = |kind: &SectionKind| match kind {
        SectionKind::Profile(name) => Some(name.clone()),
        _ => None,
    };
    let mut profiles: Vec<_> =
        document.sections().iter().filter_map(|section| profile(&section.kind)).collect();
    profiles.sort();
    profiles.dedup();
    json!({ "sections": sections, "profiles": profiles })
}

fn compare(files: &[Vec<u8>]) {
    let answer = botocore(&json!({ "files": encoded(files), "commands": [], "processes": [] }));
    for (file, theirs) in files.iter().zip(answer["files"].as_array().unwrap()) {
        assert_eq!(&ours(file), theirs, "{:?}", String::from_utf8_lossy(file));
    }
}

#[test]
fn a_table_of_files_is_read_and_rejected_alike() {
    let cases: [&[u8]; 60] = [
        b"",
        b"\n\n",
        b"# only\n; comments\n",
        b"[default]\nregion = x\n",
        b"[default]\r\nregion = x\r\n",
        b"[default]\rregion = x\r[profile a]\rb = c",
        b"[default]\nregion = x",
        b"\xef\xbb\xbf[default]\nregion = x\n",
        b"\xef\xbb\xbf# comment\n[default]\n",
        b"[a]\nx = \xff\n",
        b"[a]\nx = \xc3\xa9\n",
        b"[a]\nx = \0\n",
        b"x = 1\n[a]\n",
        b"  x = 1\n[a]\n",
        b"junk\n",
        b"[a]\njunk\n",
        b"[a]\n = 1\n",
        b"[a]\n: 1\n",
        b"[a]\nx : 1\n",
        b"[a]\nx:y = 1\n",
        b"[a]\nx = 1 # kept\n",
        b"[a]\nx = 1# kept\n",
        b"[a]\nX = 1\nx = 2\n",
        b"[a]\nx = 1\n[b]\nx = 1\n",
        b"[a]\n[b]\n[a]\n",
        b"[profile a]\n[profile  a]\n",
        b"[profile a]\nx = 1\n[profile 'a']\ny = 2\n",
        b"[default]\nx = 1\n[profile default]\ny = 2\n",
        b"[DEFAULT]\nx = 1\n[DEFAULT]\ny = 2\n[a]\n",
        b"[DEFAULT]\nx = 1\n[DEFAULT]\nx = 2\n[a]\n",
        b"[a\n",
        b"[a]\n[b\n",
        b"[a]\n[b = c\n",
        b"[]\n",
        b"[a]\n[]\n",
        b"[]]\n",
        b"[a]b]\nx = 1\n",
        b"[a] # note\nx = 1\n",
        b"[a] # see [b]\nx = 1\n",
        b"[ a ]\nx = 1\n",
        b"[profile a b]\nx = 1\n",
        b"[profile \"a b\"]\nx = 1\n",
        b"[profile \"a]\nx = 1\n",
        b"[profile]\nx = 1\n",
        b"[profiles a]\nx = 1\n",
        b"[sso-session a]\nx = 1\n[services a]\ny = 1\n",
        b"  [a]\nx = 1\n",
        b"[a]\n  x = 1\n  y = 2\n z = 3\n",
        b"[a]\nx = 1\n  [b]\n  y = 2\n",
        b"[a]\n  [b]\nx = 1\n",
        b"[a]\nx = 1\n  2\n\n # c\n\t3\n\ny = 4\n",
        b"[a]\n\tx\t=\t1\t\n",
        b"[a]\ns3 =\n  p = 1\n  q = 2\nx = 3\n",
        b"[a]\ns3 =\n  p\n",
        b"[a]\ns3 =\n  p = 1\n  # c\n\n  q\n",
        b"[a]\ns3 = \t\n  = 1\n",
        b"[a]\ns3 =\n  p = 1\x0cq\n",
        b"[a]\ns3 = 1\n  p\n",
        b"[a]\n\x1cx = 1\x1f\n\x0b\n",
        b"[a]\n\xc2\xa0x = 1\n\xe3\x80\x80y = 2\n",
    ];
    compare(&cases.map(<[u8]>::to_vec));
}

#[test]
fn a_thousand_arbitrary_files_are_read_and_rejected_alike() {
    let line = "(\\[(profile |profile \"|sso-session |)[ab]{1,2}\"?\\](#x)?|[ \t]{0,3}[a-dA=:\\[\\]#;]{1,4}( ?[=:] ?[a-c#]{0,3})?|[ \t]{0,2}|[ab] =|  [ab] ?= ?1)";
    let file = format!("\\[a?[a-z]\\](\r?\n{line}){{0,9}}(\r|\n)?");
    let strategy = proptest::string::string_regex(&file).unwrap();
    let mut runner = TestRunner::deterministic();
    let files: Vec<_> =
        (0..1000).map(|_| strategy.new_tree(&mut runner).unwrap().current().into_bytes()).collect();
    let taken = files.iter().filter(|file| Document::parse(file).is_ok()).count();
    assert!((200..800).contains(&taken), "both kinds are needed: {taken} of 1000 are well-formed");
    compare(&files);
}

#[test]
fn commands_are_split_alike() {
    let mut commands: Vec<String> = [
        "",
        "a  b\tc ",
        r#""/opt/a b/jit" x "y""#,
        "x'y z'w",
        r"a\ b",
        r#""C:\x\y.exe" z"#,
        r"C:\x z",
        r#""a\"b""#,
        r#"a\\"b c""#,
        r#""" ''"#,
        r#""open"#,
        "end\\",
        "'open",
        "# a",
        "\"a\\x\"",
    ]
    .map(str::to_owned)
    .into();
    let programs = [("/usr/local/bin/jit", System::Unix), ("/home/jürgen/it's here/jit", System::Unix)];
    let windows =
        [(r"C:\Program Files\jit\jit.exe", System::Windows), (r"\\srv\share\jit.exe", System::Windows)];
    for (path, system) in programs.into_iter().chain(windows) {
        commands.push(Program::new(path, system).unwrap().profile("Az/prod-1", None).unwrap().command);
    }
    let answer = botocore(&json!({ "files": [], "commands": commands, "processes": [] }));
    for (command, theirs) in commands.iter().zip(answer["commands"].as_array().unwrap()) {
        let ours = [System::Unix, System::Windows].map(|system| split_command(command, system));
        assert_eq!(&json!(ours), theirs, "{command:?}");
    }
}

#[test]
fn botocore_runs_the_command_that_jit_writes() {
    let program = Program::new("/opt/my tools/jit", System::Unix).unwrap();
    let wanted = [
        program.profile("Az09._/%@:+-", Some("eu-west-1")).unwrap(),
        program.profile("default", None).unwrap(),
    ];
    let befores = ["", "[profile a]\nregion = us-east-1\n", "[a]\r\ns3 =\r\n  x = 1"];
    let files: Vec<_> = befores
        .iter()
        .map(|before| {
            let document = Document::parse(before.as_bytes()).unwrap();
            let after = plan_profiles(&document, &wanted, &|_| false).apply(&document, false).unwrap();
            after.text().as_bytes().to_vec()
        })
        .collect();
    let answer = botocore(&json!({ "files": [], "commands": [], "processes": encoded(&files) }));
    for profiles in answer["processes"].as_array().unwrap() {
        let starts = |role: &str| json!(["/opt/my tools/jit", "credential-process", role]);
        assert_eq!(profiles["Az09._/%@:+-"], json!([starts("Az09._/%@:+-"), "eu-west-1"]));
        assert_eq!(profiles["default"], json!([starts("default"), null]));
    }
}
