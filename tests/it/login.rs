//! Signing in: the browser, the device code, the pasted URL, and what else reaches the listener in the
//! meantime.

use std::time::Duration;

use jit_emulator::{Approval, Call, Flaw, Refusal, Settings, Trouble, User};

use crate::support::{Room, Signal};

const WHOLE_CHAIN: [Call; 6] = [
    Call::Discovery,
    Call::Jwks,
    Call::Authorize,
    Call::CodeGrant,
    Call::AssumeRoleWithWebIdentity,
    Call::AssumeRole,
];

#[test]
fn a_login_shows_person_and_expiry_and_is_not_repeated() {
    let room = Room::new();
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    assert_eq!(login.stdout, "");
    assert_eq!(
        room.plain(&login.stderr),
        "Opening your browser to sign in at IDP\n\
         If it does not open, visit:\n\
         http://127.0.0.1:PORT/…\n\
         ✓ Signed in as alice@example.com at demo\n\
         \x20 hub    account 111111111111  until HH:MM  TIME left\n\
         \x20 admin  account 222222222222  until HH:MM  TIME left\n"
    );
    assert_eq!(room.counts(WHOLE_CHAIN), [1; 6]);

    let again = room.jit(&["login", "admin"]).run();
    assert_eq!((again.code(), again.stdout.as_str()), (0, ""), "{again}");
    assert_eq!(
        room.plain(&again.stderr),
        "✓ Still valid: admin as alice@example.com, until HH:MM, TIME left\n"
    );
    assert_eq!((room.counts(WHOLE_CHAIN), room.opened().len()), ([1; 6], 1));
    room.is_tidy();
}

#[test]
fn force_starts_over_at_the_idp() {
    let room = Room::new();
    for round in 1..=2 {
        let login = room.jit(&["login", "admin", "--force"]).run();
        assert_eq!(login.code(), 0, "{login}");
        assert_eq!((room.opened().len(), room.count(Call::CodeGrant)), (round, round));
    }
    assert!(room.sent_to()[1].contains("prompt=login+consent&max_age=0"), "{:?}", room.sent_to());
}

#[test]
fn a_device_code_is_shown_large_and_polled() {
    let room = Room::with(Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    });
    let login = room.jit(&["login", "admin", "--device"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let said = room.plain(&login.stderr);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "On any device, open  http://IDP/device",
            "and enter this code, or check that the page shows the same:",
            ""
        ]
    );
    let code = lines[3].trim();
    assert!(code.len() == 17 && code.contains(" - ") && code.split(' ').all(|one| one.len() == 1), "{code}");
    assert_eq!(
        lines[4..],
        [
            "",
            "Waiting for you, at most 5 min",
            "✓ Signed in as alice@example.com at demo",
            "  hub    account 111111111111  until HH:MM  TIME left",
            "  admin  account 222222222222  until HH:MM  TIME left",
        ]
    );
    assert_eq!((room.opened(), room.count(Call::DeviceGrant)), (vec![], 1));
    room.is_tidy();
}

#[test]
fn polling_continues_after_slow_down_or_a_brief_failure() {
    let room = Room::with(Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    });
    room.servers().faults(|faults| {
        faults.next(1, Call::DeviceGrant, Trouble::ServerError);
        faults.next(1, Call::DeviceGrant, Trouble::Refuse(Refusal::new(400, "slow_down", "not so fast")));
    });
    let login = room.jit(&["login", "hub", "--device"]).run();
    assert_eq!((login.code(), room.count(Call::DeviceGrant)), (0, 3), "{login}");
}

#[test]
fn a_pasted_url_works() {
    let room = Room::new();
    let login = room.jit(&["login", "hub"]).env("BROWSER", "/no/such/browser").env("NO_COLOR", "1");
    // The terminal echoes what is typed; the code in it is used up a moment later.
    let mut login = login.somebody_types().hands_over().start();
    let said = login.says("that page here:");
    assert!(
        said.contains(
            "Could not open a browser: could not start `/no/such/browser`: No such file or directory"
        ),
        "{said}"
    );
    let address = said.split_whitespace().rfind(|word| word.contains("/authorize?")).unwrap();
    let browser = room.program("curl", &["-s", "-o", "/dev/null", "-w", "%{redirect_url}", address]);
    let redirect = browser.hands_over().run().stdout;

    login.types("https://idp.example/somewhere\n");
    login.says("warning: that is not the URL of the page that the browser ended on; it starts with http://127.0.0.1:");
    let (start, _) = redirect.split_once("code=").unwrap();
    login.types(&format!("{start}code=stolen&state=of-another-login\n"));
    login.says("warning: that URL belongs to another sign-in (its state is not the one that jit sent)");
    let (_, state) = redirect.split_once("state=").unwrap();
    login.types(&format!("{start}state={state}\n"));
    login.says("warning: that URL is incomplete: it contains no code");
    login.types(&format!("\n  '{redirect}'\n"));
    let login = login.wait();
    assert_eq!(login.code(), 0, "{login}");
    assert!(login.stdout.contains("Signed in as alice@example.com at demo"), "{login}");
    room.is_tidy();
}

#[test]
fn no_browser_shows_the_url_and_listens() {
    let room = Room::new();
    let login = room.jit(&["login", "hub", "--no-browser"]).start();
    let said = login.says("S256&prompt=consent\n");
    let address = said.split_whitespace().find(|word| word.contains("/authorize?")).unwrap();
    assert!(
        room.plain(&said).starts_with("To sign in, open this URL:\n\nhttp://IDP/authorize?…\n"),
        "{said}"
    );
    let browser = room.path("browser").display().to_string();
    assert_eq!(room.program(&browser, &[address]).run().code(), 0);
    let login = login.wait();
    assert_eq!(login.code(), 0, "{login}");
}

#[test]
fn a_second_tab_is_told_that_there_is_nothing_left_to_do() {
    let room = Room::new();
    // Both tabs come during the sign-in.
    room.servers().faults(|faults| faults.next(1, Call::CodeGrant, Trouble::Late(Duration::from_secs(2))));
    room.write_browser(
        r#"at=$(curl -s -o /dev/null -w '%{redirect_url}' "$1")
for tab in 1 2; do curl -sL -o "$HOME/tab$tab" "$at" & done
wait; touch "$HOME/shown""#,
    );
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    room.until("the tabs", |room| room.path("shown").exists());
    let mut titles = [1, 2].map(|tab| {
        let page = std::fs::read_to_string(room.path(format!("tab{tab}"))).unwrap();
        page.split_once("<title>").unwrap().1.split(['<', '–']).next().unwrap().trim().to_owned()
    });
    titles.sort();
    assert_eq!(titles, ["Already signed in", "Signed in"]);
    assert_eq!(room.count(Call::CodeGrant), 1);
}

#[test]
fn other_requests_do_not_affect_the_sign_in() {
    let room = Room::new();
    room.write_browser(
        r#"at=$(curl -s -o /dev/null -w '%{redirect_url}' "$1")
port=${at#http://127.0.0.1:}; port=${port%%/*}
ask() { curl -s -o /dev/null -w "%{http_code}\n" "$@" >> "$HOME/answers"; }
ask -H 'Host: evil.example' "$at"
ask -H "Host: evil.example:$port" "$at"
ask -H 'Origin: https://evil.example' "$at"
ask -H 'Origin: null' "$at"
ask -X POST "$at"
ask "http://127.0.0.1:$port/callback?code=stolen&state=guessed"
ask "$at&state=twice"
ask "http://127.0.0.1:$port/callback"
ask "http://127.0.0.1:$port/"
curl -sSL -o "$HOME/page" "$at"; touch "$HOME/shown""#,
    );
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!(login.code(), 0, "{login}");
    room.until("the page", |room| room.path("shown").exists());
    let answers = std::fs::read_to_string(room.path("answers")).unwrap();
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers, ["421", "421", "400", "400", "400", "400", "400", "400", "404"]);
    let page = std::fs::read_to_string(room.path("page")).unwrap();
    assert!(page.contains("You are signed in as alice@example.com."), "{page}");
}

#[test]
fn a_redirect_with_another_state_is_refused_and_the_wait_can_be_cancelled() {
    let room = Room::new();
    room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::CallbackState));
    room.write_browser(r#"curl -sSL -o "$HOME/page" "$1"; touch "$HOME/shown""#);
    let login = room.jit(&["login", "admin"]).start();
    room.until("the page", |room| room.path("shown").exists());
    let page = std::fs::read_to_string(room.path("page")).unwrap();
    assert!(page.contains("This page does not belong to the sign-in that jit is waiting for."), "{page}");
    login.signal(Signal::INT);
    let login = login.wait();
    assert_eq!((login.code(), room.count(Call::CodeGrant)), (130, 0), "{login}");
    room.is_tidy();
    assert_eq!(room.entries("").len(), 0, "nothing was stored");
}

#[test]
fn a_rotated_key_is_fetched_once() {
    let room = Room::new();
    room.servers().faults(|faults| _ = faults.flaws.insert(Flaw::LateKey));
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!((login.code(), room.counts(WHOLE_CHAIN)), (0, [2, 2, 1, 1, 1, 1]), "{login}");
}

#[test]
fn a_client_that_has_a_secret_sends_it() {
    let settings = Settings {
        approval: Approval::AtOnce,
        client_secret: Some("hunter2-of-the-client".to_owned()),
        ..Settings::default()
    };
    let room = Room::with(settings);
    let without = room.jit(&["login", "hub"]).run();
    assert_eq!(without.code(), 4, "{without}");
    let config = room.usual_config();
    room.write_config(&config.replacen("\n\n", "\nclient_secret = \"hunter2-of-the-client\"\n\n", 1));
    let with = room.jit(&["login", "hub"]).run();
    assert_eq!(with.code(), 0, "{with}");
    for output in [without, with] {
        assert!(!output.stderr.contains("hunter2"), "{output}");
    }
}

#[test]
fn another_person_does_not_get_the_previous_ones_sessions() {
    let room = Room::new();
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    assert_eq!(room.jit(&["login", "developer"]).run().code(), 0);
    assert_eq!(room.entries("session-").len(), 3);

    let bob = User {
        subject: "00u2bob".to_owned(),
        email: "bob@example.com".to_owned(),
        ..Settings::default().user
    };
    room.servers().faults(|faults| faults.user = Some(bob));
    let bob = room.jit(&["login", "hub", "--force"]).run();
    insta::assert_snapshot!(room.told(&bob), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as bob@example.com at demo
      hub  account 111111111111  until HH:MM  TIME left
    warning: you are now signed in at demo as bob@example.com; before, you were alice@example.com
    ");
    let again = room.jit(&["login", "hub", "--force"]).run();
    assert!(again.code() == 0 && !again.stderr.contains("warning"), "{again}");
    assert_eq!(room.entries("session-").len(), 1, "alice's sessions are gone");
    let served = room.jit(&["whoami", "admin"]).run();
    insta::assert_snapshot!(room.told(&served), @"
    exit 0
    --- stdout
    account  222222222222
    arn      arn:aws:sts::222222222222:assumed-role/admin/bob@example.com
    user id  AROATM4BUH3UM2K2EVKA6:bob@example.com
    idp      bob@example.com at demo
    signed in HH:MM (pwd)
    ");
    assert_eq!(room.opened().len(), 3);
}
