//! What roles are called, and what happens to a name that means none: the account's name first, typos that are looked
//! for everywhere, and names that AWS's files and variables give.

use jit_emulator::{Account, Settings};

use crate::session::without_colour;
use crate::support::Room;

const ACCOUNTS: [(&str, &str, &[&str]); 4] = [
    ("333333333333", "acme-dev", &["Developer", "ReadOnly"]),
    ("444444444444", "acme-payments-prod", &["ReadOnly", "Operator"]),
    ("666666666666", "twin", &["Viewer"]),
    ("777777777777", "twin", &["Viewer"]),
];

/// A room where the portal has said which roles it offers.
fn room() -> Room {
    let accounts = ACCOUNTS.map(|(id, name, roles)| Account::new(id, name, roles));
    let room = Room::by_center(Settings { accounts: accounts.into(), ..Settings::default() });
    assert_eq!(room.jit(&["login", "audit"]).run().code(), 0);
    assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
    room
}

fn profiles(room: &Room) {
    room.write(
        ".aws/config",
        "[profile ops]\nrole_arn = arn:aws:iam::555555555555:role/center-admin\nsource_profile = start\n\
         [profile start]\nsso_session = s\nsso_account_id = 333333333333\nsso_role_name = Developer\n\
         [sso-session s]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n\
         [profile mine]\ncredential_process = /usr/bin/jit credential-process dev\n",
    );
}

#[test]
fn an_account_goes_by_its_name_with_the_number_beside_it() {
    let room = room();
    let roles = room.jit(&["roles"]).run();
    insta::assert_snapshot!(room.told(&roles), @"
    exit 0
    --- stdout
    role                         account                            from         about
    admin                        555555555555                       config.toml  via dev
    audit                        acme-payments-prod (444444444444)  config.toml  at demo
    dev                          acme-dev (333333333333)            config.toml  at demo
    acme-dev/ReadOnly            333333333333                       demo
    acme-payments-prod/Operator  444444444444                       demo
    666666666666/Viewer          666666666666                       demo         twin
    777777777777/Viewer          777777777777                       demo         twin
    ");
    assert_eq!(room.asks_for("acme-payments-prod/Operator").code(), 0);
    assert_eq!(room.asks_for("444444444444/Operator").code(), 0, "the number means it as well");
    let status = room.jit(&["status"]).run();
    insta::assert_snapshot!(room.told(&status), @"
    exit 0
    --- stdout
    role                         account                            left  until  user
    acme-payments-prod/Operator  444444444444                       TIME  HH:MM  alice@example.com
    audit                        acme-payments-prod (444444444444)  TIME  HH:MM  alice@example.com

    login  signed in at http://127.0.0.1:PORT/start, renews itself, signed in HH:MM
    store  kernel in ~/state/jit/kernel: set by JIT_STORE
    ");
    let exec = room.jit(&["exec", "444444444444/Operator", "--", "sh", "-c", "echo $JIT_ROLE"]).run();
    assert_eq!(exec.stdout, "acme-payments-prod/Operator\n", "{exec}");
    assert!(exec.stderr.starts_with("acme-payments-prod/Operator  account 444444444444  "), "{exec}");
    let twins = room.jit(&["exec", "twin/Viewer", "--", "true"]).run();
    insta::assert_snapshot!(room.told(&twins), @"
    exit 2
    --- stderr
    error: several roles match `twin/Viewer`
      because: 666666666666/Viewer at demo, 777777777777/Viewer at demo
      next: use one of: 666666666666/Viewer, 777777777777/Viewer
    ");
    let refreshed = room.jit(&["roles", "viewer"]).run();
    insta::assert_snapshot!(room.told(&refreshed), @"
    exit 0
    --- stdout
    role                 account       from  about
    666666666666/Viewer  666666666666  demo  twin
    777777777777/Viewer  777777777777  demo  twin
    ");
}

#[test]
fn profiles_get_the_names_of_accounts_and_ask_by_number() {
    let room = room();
    let written = room.jit(&["configure", "profiles", "acme-*/Read*"]).run();
    assert_eq!(written.code(), 0, "{written}");
    let text = std::fs::read_to_string(room.path(".aws/config")).unwrap();
    assert!(text.contains("[profile acme-dev/ReadOnly]\n"), "{text}");
    assert!(text.contains("credential-process 333333333333/ReadOnly\n"), "{text}");
    // Profiles that an older version wrote, by the number, are still of roles that are there.
    let by_number = text.replace("acme-dev/ReadOnly", "333333333333/ReadOnly");
    room.write(".aws/config", &by_number);
    let again = room.jit(&["configure", "profiles", "--prune", "acme-pay*/Read*"]).run();
    assert!(again.code() == 0 && !again.stderr.contains("Removed"), "{again}");
}

#[test]
fn a_typo_is_looked_for_everywhere_and_never_in_another_account() {
    let room = room();
    profiles(&room);
    let cases = [
        ("adimn", "did you mean `admin`?"),
        ("opps", "did you mean `ops`?"),
        ("acme-paymnets-prod/Operator", "did you mean `acme-payments-prod/Operator`?"),
        ("444444444444/Oprator", "did you mean `acme-payments-prod/Operator`?"),
        ("Acme-Payments-Prod/operator", "did you mean `acme-payments-prod/Operator`?"),
        ("operator", "roles like that: acme-payments-prod/Operator"),
        ("twin/Viewr", "did you mean `666666666666/Viewer` or `777777777777/Viewer`?"),
        ("acme-dev/ReadOnlz", "did you mean `acme-dev/ReadOnly`?"),
        // Nothing of that kind in that account, although another one has it, or is called almost the same.
        ("acme-payments-stage/Operator", "the roles are: "),
        ("444444444445/Operator", "the roles are: "),
        ("acme-qa/ReadOnly", "the roles are: "),
        ("acme-prod/Operator", "roles like that: acme-payments-prod/Operator"),
        ("arn:aws:iam::888888888888:role/Operator", "the roles are: "),
    ];
    for (typed, said) in cases {
        let refused = room.jit(&["credential-process", typed]).run();
        assert_eq!((refused.code(), refused.stdout.as_str()), (2, ""), "{typed}: {refused}");
        let expected = format!("error: no role matches `{typed}`\n  next: {said}");
        assert!(refused.stderr.starts_with(&expected), "{typed}: {refused}");
    }
}

#[test]
fn the_list_opens_with_a_typo_in_it() {
    let room = room();
    let mut exec = room.jit(&["exec", "acme-payments-prod/Oprator", "--", "sh", "-c", "echo as $JIT_ROLE"]);
    exec = exec.somebody_types();
    let mut exec = exec.start();
    exec.says("Role: acme-payments-prod/Oprator");
    exec.types("\r");
    let exec = exec.wait();
    let shown = without_colour(&exec.stdout);
    assert_eq!(exec.code(), 0, "{shown}");
    assert!(
        shown.contains("no role matches `acme-payments-prod/Oprator`; did you mean one of these?"),
        "{shown}"
    );
    assert!(
        shown.contains("❯ acme-payments-prod/Operator") && shown.contains("as acme-payments-prod/Operator"),
        "{shown}"
    );
    // Whoever picks nothing is told what may have been meant.
    let mut login = room.jit(&["login", "adimn"]).somebody_types().start();
    login.says("❯");
    login.types("\x1b");
    let login = login.wait();
    assert_eq!(login.code(), 2, "{login}");
    assert!(login.stdout.contains("did you mean `admin`?"), "{login}");
    // Nothing in the list is like it.
    let nothing = room.jit(&["exec", "zzz", "--", "true"]).on_terminal().run();
    assert!(nothing.code() == 2 && !nothing.stdout.contains("❯"), "{nothing}");
}

#[test]
fn an_arn_names_a_role_whatever_else_names_it() {
    let room = room();
    profiles(&room);
    let set = jit_emulator::Servers::assigned_role("444444444444", "Operator");
    let session = set
        .replace("arn:aws:iam::", "arn:aws:sts::")
        .replace("role/aws-reserved/sso.amazonaws.com/", "assumed-role/")
        + "/alice@example.com";
    for (arn, role) in [
        ("arn:aws:iam::555555555555:role/center-admin", "admin"),
        ("arn:aws:sts::555555555555:assumed-role/center-admin/me", "admin"),
        (&set, "acme-payments-prod/Operator"),
        (&session, "acme-payments-prod/Operator"),
    ] {
        let explained = room.jit(&["explain", arn]).run();
        assert!(
            explained.stdout.starts_with(&format!("{role} (from the command line)\n")),
            "{arn}: {explained}"
        );
    }
    // Without the configuration's role of that ARN it is the profile's.
    room.write_config(room.center_config("").split("[role.admin]").next().unwrap());
    let explained = room.jit(&["explain", "arn:aws:iam::555555555555:role/center-admin"]).run();
    assert!(explained.stdout.starts_with("ops (from the command line)\n"), "{explained}");
    // A role of IAM is not the permission set of the same name.
    let other = room.jit(&["explain", "arn:aws:iam::444444444444:role/Operator"]).run();
    assert_eq!(other.code(), 2, "{other}");
}

#[test]
fn aws_profile_names_a_role_where_nothing_else_does() {
    let room = room();
    profiles(&room);
    let named = |env: &[(&str, &str)], arguments: &[&str]| {
        let words = [&["explain"], arguments].concat();
        let run = env.iter().fold(room.jit(&words), |run, (name, value)| run.env(name, value)).run();
        run.stdout.lines().next().unwrap_or(run.stderr.trim_end()).to_owned()
    };
    let profile = ("AWS_PROFILE", "ops");
    assert_eq!(named(&[profile], &[]), "ops (from AWS_PROFILE)");
    assert_eq!(named(&[profile, ("JIT_ROLE", "dev")], &[]), "dev (from JIT_ROLE)");
    assert_eq!(named(&[profile], &["audit"]), "audit (from the command line)");
    // A role of the configuration, and a profile that asks jit for one.
    assert_eq!(named(&[("AWS_PROFILE", "admin")], &[]), "admin (from AWS_PROFILE)");
    assert_eq!(named(&[("AWS_PROFILE", "mine")], &[]), "dev (from AWS_PROFILE)");
    // One that means none is named, and nothing else is used instead.
    room.write_config(&format!("default_role = \"dev\"\n{}", room.center_config("")));
    let unknown = room.jit(&["exec", "--", "true"]).env("AWS_PROFILE", "opps").run();
    insta::assert_snapshot!(room.told(&unknown), @"
    exit 2
    --- stderr
    error: no role matches `opps` (from AWS_PROFILE)
      next: did you mean `ops`?
    ");
    let listed = room.jit(&["roles"]).env("AWS_PROFILE", "opps").run();
    assert_eq!(listed.code(), 0, "{listed}");
}

#[test]
fn sessions_that_are_restricted_are_told_apart() {
    let room = Room::signed_in("developer");
    let exec = |more: &[&str], command: &[&str]| {
        let words = [&["exec", "developer"], more, &["--"], command].concat();
        room.jit(&words).run()
    };
    let read_only = exec(&["--read-only"], &["sh", "-c", "echo $JIT_ROLE by $JIT_RESTRICTED_BY"]);
    assert_eq!(read_only.stdout, "developer by read-only\n", "{read_only}");
    assert!(read_only.stderr.starts_with("developer (read-only)  account 333333333333  "), "{read_only}");
    let short = exec(&["--max", "20m"], &["true"]);
    assert!(short.stderr.starts_with("developer (max 20 min)  account"), "{short}");
    let policy = exec(&["--policy", "arn:aws:iam::aws:policy/job-function/Billing"], &["true"]);
    assert!(policy.stderr.starts_with("developer (policy Billing)  account"), "{policy}");
    // The role's own session has nothing beside its name, inside a restricted one too.
    let jit = env!("CARGO_BIN_EXE_jit");
    let inner = [jit, "exec", "-q", "developer", "--", "sh", "-c", "echo ${JIT_RESTRICTED_BY-nothing}"];
    assert_eq!(exec(&["--read-only"], &inner).stdout, "nothing\n");
    let prompt = exec(&["--read-only"], &[jit, "status", "--prompt"]);
    assert!(prompt.stdout.starts_with("developer (read-only) "), "{prompt}");
    let status = room.jit(&["status"]).run();
    for row in
        ["developer ", "developer (read-only) ", "developer (max 20 min) ", "developer (policy Billing) "]
    {
        assert!(status.stdout.lines().any(|line| line.starts_with(row)), "{row}: {status}");
    }
    let json = room.jit(&["status", "--json"]).run();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let sessions = json["sessions"].as_array().unwrap();
    let of_developer = sessions.iter().filter(|session| session["role"] == "developer");
    let mut by: Vec<String> = of_developer.map(|session| session["restricted_by"].to_string()).collect();
    by.sort();
    assert_eq!(by, ["[\"max 20 min\"]", "[\"policy Billing\"]", "[\"read-only\"]", "[]"]);
    let explained = room.jit(&["explain", "developer", "--read-only", "--json"]).run();
    let explained: serde_json::Value = serde_json::from_str(&explained.stdout).unwrap();
    assert_eq!(
        (&explained["role"], &explained["restricted_by"][0]),
        (&"developer".into(), &"read-only".into())
    );
    let explained = room.jit(&["explain", "developer", "--read-only"]).run();
    assert!(explained.stdout.starts_with("developer (read-only) (from the command line)\n"), "{explained}");
}
