//! Text from outside, as the whole program shows it on a terminal and elsewhere.

use jit_emulator::{Account, Settings};
use serde_json::{Value, json};

use crate::okta::{PASSWORD_IS, company, types, wants};
use crate::session::without_colour;
use crate::support::okta::{ANSWER, CODE, factor};
use crate::support::{Output, Room};

/// What outsiders write, what is shown of it, and what must not appear unescaped. Add a line for another way
/// to act on a terminal or to hide.
const HOSTILE: [(&str, &str, &str); 10] = [
    ("a\u{1b}[2Jb", r"a\u{1b}[2Jb", "a\u{1b}[2J"),
    ("a\u{1b}]0;owned\u{7}b", r"a\u{1b}]0;owned\u{7}b", "\u{1b}]0;"),
    ("a\u{1b}]52;c;cm0\u{1b}\\b", r"a\u{1b}]52;c;cm0\u{1b}\b", "\u{1b}]52"),
    ("a\u{9b}31mb", r"a\u{9b}31mb", "\u{9b}"),
    ("a\r\n✓ Signed in", r"a\u{d}\u{a}✓ Signed in", "a\r"),
    ("a\u{202e}txt.b", r"a\u{202e}txt.b", "\u{202e}"),
    ("a\u{2066}b\u{2069}", r"a\u{2066}b\u{2069}", "\u{2066}"),
    ("a\u{200b}b\u{3164}", r"a\u{200b}b\u{3164}", "\u{200b}"),
    ("a\u{e0041}b\u{fe0f}", r"a\u{e0041}b\u{fe0f}", "\u{e0041}"),
    ("a\u{2028}✓ Signed in", r"a\u{2028}✓ Signed in", "\u{2028}"),
];
/// Ordinary text from all over the world, which stays as it is.
const ORDINARY: [&str; 4] = ["José's Ñandú", "東京の電話", "Łódź – główny", "phone 🚀"];

/// `show` must show each text as [`HOSTILE`] says, and ordinary text unchanged.
fn is_shown(show: impl Fn(&str) -> Output) {
    for (text, shown, raw) in HOSTILE {
        let output = show(text);
        assert!(holds(&output, shown) && !holds(&output, raw), "{shown}: {output:?}");
    }
    for text in ORDINARY {
        let output = show(text);
        assert!(holds(&output, text), "{text}: {output}");
    }
}

/// `show` must show no hostile text unescaped, if it shows the text at all.
fn is_harmless(show: impl Fn(&str) -> Output) {
    for (text, _, raw) in HOSTILE {
        let output = show(text);
        assert!(!holds(&output, raw), "{text:?}: {output:?}");
    }
}

fn holds(output: &Output, text: &str) -> bool {
    output.stdout.contains(text) || output.stderr.contains(text)
}

#[test]
fn a_security_question_is_only_text() {
    is_shown(|text| {
        let (room, _okta) =
            company(wants(vec![factor("question", "OKTA", "q1", json!({ "questionText": text }))]));
        let mut login = room.jit(&["login", "admin"]).somebody_types().start();
        login.says(PASSWORD_IS.0);
        login.types_unseen(&format!("{}\n", PASSWORD_IS.1));
        login.says("[hidden]");
        login.types_unseen(&format!("{ANSWER}\n"));
        let login = login.wait();
        assert_eq!(login.code(), 0, "{login}");
        login
    });
}

#[test]
fn phone_numbers_emails_and_devices_are_only_text() {
    for (kind, field) in [("sms", "phoneNumber"), ("call", "phoneNumber"), ("email", "email")] {
        is_shown(|text| {
            let (room, _okta) = company(wants(vec![factor(kind, "OKTA", "f1", json!({ field: text }))]));
            let login = types(room.jit(&["login", "admin"]), &[PASSWORD_IS, ("Code (", CODE)]);
            assert_eq!(login.code(), 0, "{login}");
            login
        });
    }
    is_shown(|text| {
        let push = factor("push", "OKTA", "p1", json!({ "name": text }));
        let (room, okta) = company(wants(vec![push]));
        okta.script(|script| script.push = ["SUCCESS"].into());
        types(room.jit(&["login", "admin"]), &[PASSWORD_IS])
    });
}

#[test]
fn factors_that_are_listed_or_unknown_are_only_text() {
    is_shown(|text| {
        let (room, _okta) = company(wants(vec![factor(text, "OKTA", "f1", json!({}))]));
        types(room.jit(&["login", "admin"]), &[PASSWORD_IS])
    });
    is_shown(|text| {
        let token = factor("token:hardware", text, "t1", json!({}));
        let sms = factor("sms", "OKTA", "s1", json!({ "phoneNumber": "1" }));
        let (room, _okta) = company(wants(vec![token, sms]));
        let mut login = room.jit(&["login", "admin"]).somebody_types().start();
        login.says(PASSWORD_IS.0);
        login.types_unseen(&format!("{}\n", PASSWORD_IS.1));
        login.says("❯");
        login.types("\u{1b}");
        login.wait()
    });
}

/// Account names of Identity Center. Whether such a name is accepted at all is another question.
#[test]
fn account_names_are_escaped_on_a_terminal() {
    let names = HOSTILE.iter().map(|(text, ..)| *text).chain(ORDINARY);
    let accounts: Vec<Account> = names
        .enumerate()
        .map(|(number, name)| {
            Account::new(&format!("{:012}", 600_000_000_000_u64 + number as u64), name, &["Reader"])
        })
        .collect();
    let mut settings = Settings::default();
    settings.accounts.extend(accounts);
    let room = Room::by_center(settings);
    let mut said = vec![
        room.jit(&["login", "dev"]).on_terminal().run(),
        room.jit(&["roles", "--refresh"]).on_terminal().run(),
        room.jit(&["roles"]).run(),
        room.jit(&["roles", "--json"]).on_terminal().run(),
    ];
    let mut login = room.jit(&["login"]).somebody_types().start();
    login.says("❯");
    login.types("60000000\r");
    said.push(login.wait());
    for output in &said {
        for (text, _, raw) in HOSTILE {
            assert!(!holds(output, raw), "{text:?}: {:?}", output.stdout);
        }
    }
    for name in ["José's Ñandú", "東京の電話"] {
        assert!(without_colour(&said[2].stdout).contains(name), "{}", said[2]);
    }
}

#[test]
fn words_of_the_command_line_are_only_text() {
    let room = Room::new();
    is_shown(|text| room.jit(&["exec", &format!("--{text}"), "admin"]).on_terminal().run());
    is_shown(|text| room.jit(&[text]).run());
    is_shown(|text| room.jit(&["status", &format!("--{text}")]).run());
    is_shown(|text| room.jit(&["login", "--factor", text]).run());
    is_shown(|text| room.jit(&["login", "admin", "--duration", text]).run());
    is_shown(|text| room.jit(&["login", text]).run());
    is_shown(|text| room.jit(&["explain", text]).on_terminal().run());
    is_shown(|text| room.jit(&["exec", "admin", "--policy", text, "--", "true"]).run());
    is_harmless(|text| room.jit(&["configure", "add", text]).run());
    is_shown(|text| room.jit(&["configure", "import", "saml2aws", "--from", text]).run());
    // As JSON it is the same text, in other characters.
    for (text, _, raw) in HOSTILE {
        for words in [&["status", "--json", text][..], &["explain", "--json", text]] {
            let said = room.jit(words).run();
            assert!(!said.stderr.contains(raw), "{said:?}");
            let error: Value = serde_json::from_str(&said.stderr).unwrap();
            assert!(error["error"]["message"].is_string(), "{said}");
        }
    }
}

#[test]
fn variables_and_paths_are_only_text() {
    let room = Room::new();
    let prompt = |text: &str, run: crate::support::Run<'_>| {
        run.env("JIT_ROLE", text).env("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z").run()
    };
    // In the prompt of a shell, which may evaluate it, even the backslash of an escape is too much.
    is_harmless(|text| prompt(text, room.jit(&["status", "--prompt"])));
    is_harmless(|text| prompt(text, room.jit(&["status", "--prompt"]).on_terminal()));
    is_shown(|text| room.jit(&["explain"]).env("JIT_ROLE", text).run());
    is_shown(|text| {
        room.jit(&["explain", "admin"]).env("JIT_CONFIG", &format!("/nowhere/{text}.toml")).run()
    });
    is_harmless(|text| room.jit(&["login", "admin"]).env("JIT_STORE", text).run());
    is_harmless(|text| {
        room.write(&format!("shared-{text}.toml"), "[idp.x]\ntype = 1\n");
        room.jit(&["configure", "add", &format!("shared-{text}.toml")]).run()
    });
}

/// Foreign text, where it is shown before it is accepted, and in what is made from it.
#[test]
fn the_text_of_a_shared_file_is_only_text() {
    let file = |text: &str| {
        format!(
            "# {}\n[idp.acme]\ntype = \"oidc\"\nissuer = \"https://idp.example\"\nclient_id = \"x\"\n\n\
             [role.x]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\ndescription = \"{}\"\n",
            // TOML itself has no control characters.
            text.replace(|c: char| c.is_control(), ""),
            text.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect::<String>(),
        )
    };
    for text in HOSTILE.iter().map(|(text, ..)| *text).filter(|text| !text.contains(char::is_control)) {
        let room = Room::new();
        room.write("shared.toml", &file(text));
        for run in [
            room.jit(&["configure", "add", "shared.toml", "--dry-run"]).on_terminal().run(),
            room.jit(&["configure", "add", "shared.toml", "--yes"]).run(),
        ] {
            let (_, shown, raw) = HOSTILE.iter().find(|(one, ..)| *one == text).unwrap();
            assert_eq!(run.code(), 0, "{run}");
            assert!(holds(&run, shown) && !holds(&run, raw), "{shown}: {run}");
        }
    }
    is_shown(|text| {
        let room = Room::new();
        room.write_config(&(room.usual_config() + &file(text)));
        room.jit(&["explain", "x"]).on_terminal().run()
    });
    is_shown(|text| {
        let room = Room::new();
        room.write_config(&(room.usual_config() + &file(text)));
        room.jit(&["roles"]).run()
    });
}

/// AWS's own file may contain anything. Its diff is for people, who often read it through a pager, so it is
/// escaped in a pipe too.
#[test]
fn a_file_diff_is_escaped_everywhere() {
    let room = Room::new();
    room.write(".aws/config", "[profile other]\nregion = a\u{1b}]0;owned\u{7}\u{202e}b\n");
    let arguments = ["configure", "profiles", "--dry-run"];
    for seen in [room.jit(&arguments).on_terminal().run(), room.jit(&arguments).run()] {
        assert!(seen.stdout.contains(r"a\u{1b}]0;owned\u{7}\u{202e}b"), "{seen}");
        assert!(!seen.stdout.contains("\u{1b}]0;") && !seen.stdout.contains('\u{202e}'), "{seen:?}");
    }
}

#[test]
fn jit_log_output_is_only_text() {
    is_shown(|text| {
        let push = factor("push", "OKTA", "p1", json!({ "name": text }));
        let (room, okta) = company(wants(vec![push]));
        okta.script(|script| script.push = ["SUCCESS"].into());
        let run = room.jit(&["login", "admin"]).env("JIT_LOG", "debug");
        types(run, &[PASSWORD_IS])
    });
}
