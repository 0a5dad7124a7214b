//! `config.toml`: mistakes in it, and which role is used if none is named.

use std::fs::{self, File};

use crate::support::Room;

/// The last lines of a configuration whose first eleven are correct.
fn after_the_hub(room: &Room, rest: &str) {
    let usual = room.usual_config();
    let (hub, _) = usual.split_once("[role.admin]").unwrap();
    room.write_config(&format!("{hub}{rest}"));
}

#[test]
fn mistakes_are_reported_with_position_and_suggestion() {
    let room = Room::new();
    let arn = "role_arn = \"arn:aws:iam::222222222222:role/x\"";
    let hub = "via = \"hub\"";
    let cases = [
        // After the hub, the lines with the mistake, and the message: the error, the excerpt, the suggestion.
        (
            format!("[role.x]\nvai = \"hub\"\n{arn}\n"),
            "11:1: unknown key `vai` in [role.x]\n    11 | vai = …\n  next: did you mean `via`?",
        ),
        (
            format!("[role.x]\n{hub}\nrole_am = \"arn:aws:iam::2:role/x\"\n"),
            "12:1: unknown key `role_am` in [role.x]\n    12 | role_am = …\n  next: did you mean `role_arn`?",
        ),
        (
            format!("[role.x]\n{hub}\n{arn}\nregoin = \"eu-west-1\"\n"),
            "13:1: unknown key `regoin` in [role.x]\n    13 | regoin = …\n  next: did you mean `region`?",
        ),
        (
            format!("[role.x]\n{arn}\n"),
            "10:7: [role.x] has neither `idp` nor `via`\n    10 | [role.x]\n  next: a hub role has idp",
        ),
        (
            format!("[role.x]\nvia = \"hbu\"\n{arn}\n"),
            "10:7: [role.x] refers to [role.hbu], which does not exist\n    10 | [role.x]\n  next: did you mean `hub`?",
        ),
        (
            format!("[role.x]\n{hub}\nrole_arn = \"arn:aws:iam::22:role/x\"\n"),
            "12:12: `arn:aws:iam::22:role/x`: ",
        ),
        (
            format!("[role.x]\nvia = \"y\"\n{arn}\n[role.y]\nvia = \"x\"\n{arn}\n"),
            "10:7: the roles form a loop: x → y → x\n    10 | [role.x]\n  next: start one of them at an IdP",
        ),
        (format!("[role.x]\nvia = \"x\"\n{arn}\n"), "10:7: the roles form a loop: x → x\n"),
        (
            "[idp.x]\ntype = \"odic\"\n".to_owned(),
            "11:8: `odic` is not a type of IdP\n    11 | type = \"odic\"\n  next: did you mean `oidc`?",
        ),
        (format!("[role.x]\n{hub}\n{arn}\nduration = \"13h\"\n"), "13:12: 46800 s is not a duration"),
        (
            format!("[role.x]\n{hub}\n{arn}\nconfirm = \"yes\"\n"),
            "13:11: `confirm` in [role.x] must be true or false",
        ),
        (format!("[role.\"x;rm -rf ~\"]\n{hub}\n{arn}\n"), "10:7: this name contains `;`\n"),
        (format!("[role.\"$(x)\"]\n{hub}\n{arn}\n"), "10:7: this name contains `$`\n"),
        (format!("[role.\"x\\ny\"]\n{hub}\n{arn}\n"), "10:7: this name contains `\\n`\n"),
        (format!("[role.\"x\\u001b[2J\"]\n{hub}\n{arn}\n"), "10:7: this name contains `\\u{1b}`\n"),
        (format!("[role.\"-x\"]\n{hub}\n{arn}\n"), "10:7: this name starts with a hyphen\n"),
        (format!("[role.\"\"]\n{hub}\n{arn}\n"), "10:7: this name is empty or longer than 128"),
        ("[role.x\n".to_owned(), "10:8: "),
        ("[role.hub]\n".to_owned(), "10:"),
    ];
    for (rest, said) in cases {
        after_the_hub(&room, &rest);
        let output = room.jit(&["credential-process", "hub"]).run();
        assert_eq!((output.code(), output.stdout.as_str()), (2, ""), "{rest}: {output}");
        let expected = format!("error: ~/config/jit/config.toml:{said}");
        assert!(output.stderr.starts_with(&expected), "wanted {expected}\n{output}");
    }
}

#[test]
fn a_mistake_in_another_role_is_reported_except_on_the_warm_path() {
    let room = Room::signed_in("admin");
    let (usual, opened) = (room.usual_config(), room.opened().len());
    room.write_config(&format!("{usual}\n[role.x]\nvai = \"hub\"\n"));
    assert_eq!(room.asks_for("admin").code(), 0);
    let mut answers = String::new();
    for line in [&["credential-process", "developer"][..], &["login", "admin", "--force"]] {
        let output = room.jit(line).run();
        assert_eq!((output.code(), output.stdout.as_str()), (2, ""), "{output}");
        answers.push_str(&format!("{}\n", room.told(&output)));
    }
    insta::assert_snapshot!(answers, @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml:21:1: unknown key `vai` in [role.x]
        21 | vai = …
      next: did you mean `via`?

    exit 2
    --- stderr
    error: ~/config/jit/config.toml:21:1: unknown key `vai` in [role.x]
        21 | vai = …
      next: did you mean `via`?
    ");
    assert_eq!(room.opened().len(), opened);
}

#[test]
fn a_missing_default_role_is_refused() {
    let room = Room::new();
    room.write_config(&format!("default_role = \"amdin\"\n{}", room.usual_config()));
    let output = room.jit(&["status"]).run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml:1:16: there is no [role.amdin]
         1 | default_role = "amdin"
      next: did you mean `admin`?
    "#);
}

#[test]
fn a_secret_is_not_quoted_in_an_error() {
    let room = Room::new();
    after_the_hub(&room, "[idp.x]\ntype = \"oidc\"\nclient_secret = 's3cr3t\n");
    let output = room.jit(&["status"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml:HH:MM: invalid literal string, expected `'`
    ");
    assert!(!output.stderr.contains("s3cr3t"), "{output}");
}

#[test]
fn an_unreadable_file_differs_from_a_missing_one() {
    let room = Room::new();
    let path = room.path("config/jit/config.toml");
    let asked = || room.jit(&["credential-process", "hub"]).run();

    fs::remove_file(&path).unwrap();
    let missing = asked();
    insta::assert_snapshot!(room.told(&missing), @"
    exit 2
    --- stderr
    error: there is no configuration at ~/config/jit/config.toml
      next: jit configure  asks the questions and writes it
      next: jit configure add URL  adds your company's shared file
    ");
    let status = room.jit(&["status"]).run();
    insta::assert_snapshot!(room.told(&status), @"
    exit 0
    --- stdout
    no sessions

    store  kernel in ~/state/jit/kernel: empty; set by JIT_STORE
    ");

    fs::create_dir(&path).unwrap();
    let folder = asked();
    insta::assert_snapshot!(room.told(&folder), @"
    exit 2
    --- stderr
    error: the configuration at ~/config/jit/config.toml cannot be read
      because: Is a directory (os error 21)
    ");
    fs::remove_dir(&path).unwrap();

    fs::write(&path, b"default_role = \"\xff\"\n").unwrap();
    let bytes = asked();
    insta::assert_snapshot!(room.told(&bytes), @"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml is not UTF-8 text
    ");

    File::create(&path).unwrap().set_len(17 << 20).unwrap();
    let large = asked();
    insta::assert_snapshot!(room.told(&large), @"
    exit 2
    --- stderr
    error: the configuration at ~/config/jit/config.toml cannot be read
      because: 17825792 bytes, more than 16777216
    ");
}

#[test]
fn jit_config_names_another_file() {
    let room = Room::new();
    room.write("other.toml", &room.usual_config().replace("role.admin", "role.other"));
    let other = room.path("other.toml").display().to_string();
    let output = room.jit(&["explain", "other"]).env("JIT_CONFIG", &other).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stdout
    other (from the command line)

    1. idp demo
      issuer         http://IDP                  ~/other.toml:3
      client_id      jit-demo                                ~/other.toml:4
      flow           auto                                    default
      redirect_port  any free port                           default
      stored         nothing
      would call     sign in at http://IDP

    2. hub hub
      role_arn       arn:aws:iam::111111111111:role/jit-hub  ~/other.toml:8
      duration       1 h                                     default
      session_name   the IdP's user                          default
      sts_region     us-east-1                               the partition's first region
      sts_endpoint   http://STS                  AWS_ENDPOINT_URL_STS
      stored         nothing
      would call     AssumeRoleWithWebIdentity at http://STS

    3. spoke other
      role_arn       arn:aws:iam::222222222222:role/admin    ~/other.toml:12
      duration       1 h                                     default
      session_name   the IdP's user                          default
      sts_region     eu-west-1                               ~/other.toml:13
      sts_endpoint   http://STS                  AWS_ENDPOINT_URL_STS
      region         eu-west-1                               ~/other.toml:13
      stored         nothing
      would call     AssumeRole at http://STS
    ");
    let usual = room.jit(&["explain", "other"]).env("JIT_CONFIG", "").run();
    assert_eq!(usual.code(), 2, "empty is unset: {usual}");
}

#[test]
fn an_endpoint_that_is_neither_https_nor_local_is_refused() {
    let room = Room::new();
    for (name, value) in
        [("AWS_ENDPOINT_URL_STS", "http://sts.example"), ("AWS_ENDPOINT_URL", "ftp://127.0.0.1")]
    {
        let run = room.jit(&["login", "admin"]).without("AWS_ENDPOINT_URL_STS");
        let output = run.env(name, value).run();
        assert_eq!(output.code(), 2, "{output}");
        let said = format!("{name} is `{value}`, which is neither https nor http on this machine");
        assert!(
            output.stderr.contains(&said) && output.stderr.contains(&format!("unset {name}")),
            "{output}"
        );
    }
}

/// Which role `jit explain` uses, and which setting it says named it.
fn meant(output: &crate::support::Output) -> &str {
    assert_eq!(output.code(), 0, "{output}");
    output.stdout.lines().next().unwrap().trim_end()
}

#[test]
fn without_a_named_role_the_closest_setting_decides() {
    let room = Room::new();
    room.write_config(&format!("default_role = \"hub\"\n{}", room.usual_config()));
    let explain = |words: &[&str]| room.jit(&[&["explain"], words].concat());
    let variable = |words| explain(words).env("JIT_ROLE", "developer").run();
    assert_eq!(meant(&variable(&["admin"])), "admin (from the command line)");
    assert_eq!(meant(&variable(&["--role", "admin"])), "admin (from the command line)");
    assert_eq!(meant(&variable(&[])), "developer (from JIT_ROLE)");
    assert_eq!(meant(&explain(&[]).run()), "hub (from ~/config/jit/config.toml:1)");

    room.write_config(&room.usual_config());
    for words in
        [&["explain"][..], &["exec", "--", "true"], &["env", "--shell", "bash"], &["whoami"], &["logout"]]
    {
        let nobody = room.jit(words).run();
        let said =
            "error: no role was given\n  next: the roles are: admin, developer, hub\n  next: give a role";
        assert!(nobody.code() == 2 && nobody.stderr.starts_with(said), "{nobody}");
    }
    room.write_config("");
    let none = room.jit(&["explain"]).run();
    insta::assert_snapshot!(room.told(&none), @"
    exit 2
    --- stderr
    error: no role was given
      next: add a [role.NAME] to the configuration
    ");
}

#[test]
fn a_terminal_remembers_its_role_and_no_other_terminal_does() {
    let room = Room::new();
    room.write_config(&format!("default_role = \"hub\"\n{}", room.usual_config()));
    let jit = env!("CARGO_BIN_EXE_jit");
    let here = "\"$0\" login developer && \"$0\" explain | cat && \"$0\" exec -- printenv JIT_ROLE";
    let here = room.program("sh", &["-c", here, jit]).on_terminal().run();
    assert_eq!(here.code(), 0, "{here}");
    assert!(here.stdout.contains("developer (from the last role used in this terminal)"), "{here}");
    assert!(here.stdout.trim_end().ends_with("\ndeveloper"), "{here}");

    let elsewhere = room.program("sh", &["-c", "\"$0\" explain | cat", jit]).on_terminal().run();
    assert!(elsewhere.stdout.starts_with("hub (from ~/config/jit/config.toml:1)"), "{elsewhere}");
    assert_eq!(meant(&room.jit(&["explain"]).run()), "hub (from ~/config/jit/config.toml:1)");
    let overruled = room.program("sh", &["-c", "\"$0\" login developer; \"$0\" explain | cat", jit]);
    let overruled = overruled.env("JIT_ROLE", "admin").on_terminal().run();
    assert!(overruled.stdout.contains("admin (from JIT_ROLE)"), "{overruled}");
}
