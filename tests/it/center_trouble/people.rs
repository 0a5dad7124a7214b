//! Two portals, two people, and names that only look alike.

use super::*;

/// `run` at another portal than the room's.
fn at<'r>(run: Run<'r>, other: &Servers) -> Run<'r> {
    run.env("AWS_ENDPOINT_URL_SSO", other.center_url())
        .env("AWS_ENDPOINT_URL_SSO_OIDC", other.center_url())
        .env("AWS_ENDPOINT_URL_STS", other.sts_url())
}

/// The same name at two companies means two different roles.
#[test]
fn two_portals_with_the_same_accounts_and_roles() {
    let here = room();
    let user = User { email: "alice@example.org".to_owned(), ..Settings::default().user };
    let there = Servers::start(Settings { approval: Approval::AtOnce, user, ..Settings::default() }).unwrap();
    let own = here.center_config("").replace("[role.audit]", "[role.unused]");
    let theirs =
        own.split("[role.unused]").next().unwrap().replace(&here.servers().start_url(), &there.start_url());
    let theirs = theirs
        .replace("idp.demo", "idp.partner")
        .replace("\"demo\"", "\"partner\"")
        .replace("role.dev", "role.their-dev");
    here.write_config(&(own + &theirs));
    let arn = |output: Output| {
        let said: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
        said["arn"].as_str().unwrap().to_owned()
    };
    assert_eq!(here.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(at(here.jit(&["login", "their-dev"]), &there).run().code(), 0);
    let ours = arn(here.jit(&["whoami", "dev", "--json"]).run());
    let others = arn(at(here.jit(&["whoami", "their-dev", "--json"]), &there).run());
    assert!(
        ours.ends_with("/alice@example.com") && others.ends_with("/alice@example.org"),
        "{ours} {others}"
    );
    // By what the portals offer, which is the same three roles.
    here.jit(&["login", "--idp", "demo"]).run();
    at(here.jit(&["login", "--idp", "partner"]), &there).run();
    for name in ["444444444444/ReadOnly", "acme-prod/ReadOnly"] {
        let process = here.jit(&["credential-process", name]).run();
        assert!(process.code() == 2 && process.stdout.is_empty(), "{process}");
        assert!(process.stderr.contains(&format!("several roles match `{name}`")), "{process}");
        let both = "444444444444/ReadOnly at demo, 444444444444/ReadOnly at partner";
        let section = "[role.ReadOnly-partner] with idp = \"partner\", account = \"444444444444\", permission_set = \"ReadOnly\"";
        assert!(process.stderr.contains(both) && process.stderr.contains(section), "{process}");
    }
    for secret in there.journal().secrets() {
        here.confide(secret.what, &secret.value);
    }
}

/// Account names may be alike, or look like numbers.
#[test]
fn accounts_with_the_same_name_are_told_apart_by_number() {
    let accounts = vec![
        Account::new("333333333333", "prod", &["Developer", "ReadOnly"]),
        Account::new("444444444444", "prod", &["ReadOnly"]),
        Account::new("666666666666", "444444444444", &["ReadOnly"]),
    ];
    let room = Room::by_center(Settings { accounts, ..Settings::default() });
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
    let taken = |name: &str| -> Value {
        let answer = room.asks_for(name);
        assert_eq!(answer.code(), 0, "{answer}");
        serde_json::from_str::<Value>(&answer.stdout).unwrap()["AccountId"].clone()
    };
    assert_eq!(taken("prod/Developer"), "333333333333", "there is but one");
    assert_eq!(taken("444444444444/ReadOnly"), "444444444444", "the number counts for more than the name");
    let process = room.jit(&["credential-process", "prod/ReadOnly"]).run();
    insta::assert_snapshot!(room.told(&process), @"
    exit 2
    --- stderr
    error: several roles match `prod/ReadOnly`
      because: 333333333333/ReadOnly at demo, 444444444444/ReadOnly at demo
      next: use one of: 333333333333/ReadOnly, 444444444444/ReadOnly
    ");
}

/// The portal does not say who signs in, so nobody is served with earlier sessions.
#[test]
fn the_next_person_gets_nothing_from_the_previous_one() {
    let room = room();
    assert_eq!(room.jit(&["login", "--all"]).run().code(), 0);
    let alices = room.asks_for("admin").stdout;
    let bob = User { email: "bob@example.com".to_owned(), ..Settings::default().user };
    room.servers().faults(|faults| {
        faults.user = Some(bob);
        faults.next(1, Call::CenterToken, refuse(400, "InvalidGrantException", "the session is over"));
    });
    // Two roles are valid for a while yet; the third needs the portal, where bob is signed in now.
    room.age_login(Duration::from_secs(2 * 3600));
    room.age_session("audit", Duration::from_secs(2 * 3600));
    let login = room.jit(&["login", "audit"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as bob@example.com at demo
      audit  account 444444444444  until HH:MM  TIME left  set by the permission set
    warning: you are now signed in at demo as bob@example.com; before, you were alice@example.com
    ");
    let mut answers = String::new();
    for role in ["dev", "admin", "audit"] {
        let whoami = room.jit(&["whoami", role]).run();
        answers.push_str(&format!("# {role}\n{}\n", room.told(&whoami)));
        assert!(!whoami.stdout.contains("alice"), "{role}: {whoami}");
    }
    insta::assert_snapshot!(answers, @"
    # dev
    exit 0
    --- stdout
    account  333333333333
    arn      arn:aws:sts::333333333333:assumed-role/RANDOM/bob@example.com
    user id  AROARIR7JMXDSTGN66QKB:bob@example.com
    idp      bob@example.com at demo
    signed in HH:MM

    # admin
    exit 0
    --- stdout
    account  555555555555
    arn      arn:aws:sts::555555555555:assumed-role/center-admin/bob@example.com
    user id  AROAQLVJNEQXAJTFD6RDZ:bob@example.com
    idp      bob@example.com at demo
    signed in HH:MM

    # audit
    exit 0
    --- stdout
    account  444444444444
    arn      arn:aws:sts::444444444444:assumed-role/RANDOM/bob@example.com
    user id  AROAHNSJFSRIGIMCOLEAQ:bob@example.com
    idp      bob@example.com at demo
    signed in HH:MM
    ");
    assert_ne!(room.asks_for("admin").stdout, alices);
}

/// Requested before the next person came, and answered after.
#[test]
fn a_late_answer_is_not_kept_for_the_next_person() {
    let room = room();
    assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    let asked = room.count(Call::GetCallerIdentity);
    let late = Trouble::Late(Duration::from_secs(3));
    room.servers().faults(|faults| faults.next(1, Call::GetCallerIdentity, late));
    let alices = room.jit(&["credential-process", "audit"]).hands_over().start();
    room.until("the question who alice is", |room| room.count(Call::GetCallerIdentity) > asked);
    let bob = User { email: "bob@example.com".to_owned(), ..Settings::default().user };
    room.servers().faults(|faults| faults.user = Some(bob));
    let login = room.jit(&["login", "dev", "--force"]).run();
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    ✓ Signed in as bob@example.com at demo
      dev  account 333333333333  until HH:MM  TIME left  set by the permission set
    warning: you are now signed in at demo as bob@example.com; before, you were alice@example.com
    ");
    let alices = alices.wait();
    assert_eq!(alices.code(), 0, "{alices}");
    let whoami = room.jit(&["whoami", "audit"]).run();
    insta::assert_snapshot!(room.told(&whoami), @"
    exit 0
    --- stdout
    account  444444444444
    arn      arn:aws:sts::444444444444:assumed-role/RANDOM/bob@example.com
    user id  AROAHNSJFSRIGIMCOLEAQ:bob@example.com
    idp      bob@example.com at demo
    signed in HH:MM
    ");
}

/// Names as an administrator, or somebody posing as one, may write them.
#[test]
fn names_from_the_portal_do_nothing_to_a_terminal() {
    const TITLE: &str = "\u{1b}]0;owned\u{7}";
    let long = "x".repeat(33);
    let sets = [
        "ReadOnly",
        "a b",
        "",
        "team/Admin",
        "$(touch owned)",
        "x\u{1b}]0;owned\u{7}",
        &long,
        "ünïcode",
        "a+b=c,d.e@f-g_h",
    ];
    let accounts = vec![
        Account::new("333333333333", &format!("evil {TITLE}\r\n\u{202e}✓ all is well"), &sets),
        Account::new("444444444444", "Team A/B — prod ✨ 🚀", &["ReadOnly"]),
        Account::new(&format!("4444{TITLE}"), "no account", &["ReadOnly"]),
        Account::new("٣٣٣٣٣٣٣٣٣٣٣٣", "other digits", &["ReadOnly"]),
    ];
    let room = Room::by_center(Settings { accounts, ..Settings::default() });
    room.write_config(room.center_config("").split("[role.dev]").next().unwrap());
    // The list that was just received is shown.
    let mut login = room.jit(&["login", "--idp", "demo"]).somebody_types().start();
    let shown = login.says("ReadOnly");
    login.says("4444444444");
    login.types("Team A/B\r");
    let login = login.wait();
    insta::assert_snapshot!(room.told_on_terminal(&login), @"
    exit 0
    --- terminal
    Opening your browser to sign in at 127.0.0.1:PORT
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    Signed in at demo; your user name comes with the first session
    ✓ Role  444444444444/ReadOnly
    ✓ Signed in as alice@example.com at demo
      444444444444/ReadOnly  account 444444444444  until HH:MM  TIME left
    ");
    let roles = room.jit(&["roles", "--refresh"]).run();
    let json = room.jit(&["roles", "--json"]).run();
    let exec = room.jit(&["exec", "Team A/B — prod ✨ 🚀/ReadOnly", "--", "true"]).run();
    let explained = room.jit(&["explain", "333333333333/ReadOnly"]).run();
    for text in [&shown, &login.stdout, &roles.stdout, &json.stdout, &exec.stderr, &explained.stdout] {
        let acts = |text: &str| text.contains(TITLE) || text.contains('\u{7}') || text.contains('\u{202e}');
        assert!(!acts(text), "{text:?}");
    }
    let names: Vec<&str> =
        roles.stdout.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["333333333333/ReadOnly", "333333333333/a+b=c,d.e@f-g_h", "444444444444/ReadOnly"]);
    insta::assert_snapshot!(room.told(&roles), @"
    exit 0
    --- stdout
    role                          account       from  about
    333333333333/ReadOnly         333333333333  demo  evil  ]0;owned    ✓ all is well
    333333333333/a+b=c,d.e@f-g_h  333333333333  demo  evil  ]0;owned    ✓ all is well
    444444444444/ReadOnly         444444444444  demo  Team A/B — prod ✨ 🚀
    ");
    for output in [&exec, &explained, &json] {
        assert_eq!(output.code(), 0, "{output}");
    }
    assert!(!room.path("owned").exists());
}
