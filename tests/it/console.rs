//! `jit console`: the URL that signs in, how it gets to the browser, and what is not opened.

use jit_emulator::{Call, Refusal, Settings, Trouble};

use crate::support::Room;

fn room() -> Room {
    Room::signed_in("admin")
}

/// What the printed URL shows.
fn visited(room: &Room, url: &str) -> String {
    room.program("curl", &["-s", url.trim()]).run().stdout
}

#[test]
fn the_console_url_is_signed_in_as_the_role() {
    let room = room();
    for (role, arn, page) in [
        (
            "hub",
            "111111111111:assumed-role/jit-hub/",
            "https://us-east-1.console.aws.amazon.com/console/home?region=us-east-1",
        ),
        (
            "admin",
            "222222222222:assumed-role/admin/",
            "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1",
        ),
    ] {
        let printed = room.jit(&["console", role, "--print"]).hands_over().run();
        assert_eq!((printed.code(), printed.stderr.as_str()), (0, ""), "{printed}");
        let shown = visited(&room, &printed.stdout);
        assert!(shown.contains(arn) && shown.contains(&page.replace('&', "&amp;")), "{role}: {shown}");
    }
    // A spoke's session allows no duration, and none is sent; so nothing is requested twice.
    assert_eq!(room.count(Call::Federation), 4);
    let s3 = room
        .jit(&["console", "admin", "--service", "s3", "--region", "eu-central-1", "--print"])
        .hands_over()
        .run();
    insta::assert_snapshot!(room.told(&s3), @"
    exit 0
    --- stdout
    http://STS/federation?Action=login&Issuer=&Destination=https%3A%2F%2Feu-central-1.console.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Deu-central-1&SigninToken=RANDOM
    ");
}

#[test]
fn the_browser_gets_a_url_without_secrets() {
    let room = room();
    let before = room.opened().len();
    let opened = room.jit(&["console", "admin"]).run();
    assert_eq!((opened.code(), opened.stdout.as_str()), (0, ""), "{opened}");
    assert_eq!(opened.stderr, "admin  account 222222222222  opens in the console\n");
    let address = room.opened()[before].clone();
    assert!(address.starts_with("http://127.0.0.1:") && !address.contains("SigninToken"), "{address}");
    room.until("the browser's visit", |room| room.count(Call::Federation) == 2);
    assert_eq!(visited(&room, &address), "", "it is gone");
}

#[test]
fn the_console_page_redirects_once_and_not_for_other_sites() {
    let room = room();
    room.write_program_for_urls(
        r#"ask() { curl -s -o /dev/null -w "%{http_code}\n" "$@" >> "$HOME/answers"; }
ask -H 'Host: evil.example' "$1"
ask -H 'Origin: https://evil.example' "$1"
ask -X POST "$1"
ask -I "$1"
ask "${1%??????????}"
curl -s -o /dev/null -o /dev/null -w "%{http_code}\n" "$1" "$1" > "$HOME/twice"
touch "$HOME/shown""#,
    );
    let opened = room.jit(&["console", "admin"]).run();
    assert_eq!(opened.code(), 0, "{opened}");
    room.until("the browser's end", |room| room.path("shown").exists());
    let read = |name: &str| std::fs::read_to_string(room.path(name)).unwrap();
    assert_eq!(read("answers").lines().collect::<Vec<_>>(), ["421", "404", "404", "404", "404"]);
    // By the second request the page may already be gone.
    assert!(["303\n404\n", "303\n000\n"].contains(&&*read("twice")), "{}", read("twice"));
}

#[test]
fn the_session_is_not_sent_over_plain_http() {
    let room = room();
    for address in
        ["http://signin.example", "http://127.0.0.1@evil.example", "javascript:alert(1)", "file:///etc"]
    {
        let refused =
            room.jit(&["console", "admin", "--print"]).env("AWS_ENDPOINT_URL_SIGNIN", address).run();
        let words = format!(
            "AWS_ENDPOINT_URL_SIGNIN is `{address}`, which is neither https nor http on this machine"
        );
        assert!(refused.code() == 2 && refused.stderr.contains(&words), "{refused}");
    }
    assert_eq!(room.count(Call::Federation), 0);
}

#[test]
fn a_configured_command_opens_the_console() {
    let room = room();
    let words = "console_browser = [\"sh\", \"-c\", \"printf '%s %s' \\\"$1\\\" \\\"$2\\\" > container; curl -sL \\\"$3\\\" > page\", \"sh\", \"{role}\", \"{account}\", \"{url}\"]\n";
    room.write_config(&format!("{words}{}", room.usual_config()));
    let opened = room.jit(&["console", "admin"]).run();
    assert_eq!(opened.code(), 0, "{opened}");
    let read = |name: &str| std::fs::read_to_string(room.path(name)).unwrap_or_default();
    room.until("the page", |_| read("page").contains("assumed-role/admin/"));
    assert_eq!(read("container"), "admin 222222222222");
    room.write_config(&format!("console_browser = [\"firefox\"]\n{}", room.usual_config()));
    let unfit = room.jit(&["console", "admin"]).run();
    insta::assert_snapshot!(room.told(&unfit), @r#"
    exit 2
    --- stderr
    error: ~/config/jit/config.toml:1:19: console_browser does not say where the URL goes
         1 | console_browser = ["firefox"]
      next: such as ["firefox", "--new-tab", "{url}"]
    "#);
}

#[test]
fn identity_center_opens_with_its_own_link() {
    let room = Room::by_center(Settings::default());
    let link = room.jit(&["console", "dev", "--service", "s3", "--region", "eu-west-1", "--print"]).run();
    let expected = format!(
        "{}/#/console?account_id=333333333333&role_name=Developer&destination=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Deu-west-1\n",
        room.servers().start_url()
    );
    assert_eq!((link.code(), link.stdout), (0, expected));
    assert_eq!(room.counts([Call::CenterToken, Call::Federation]), [0, 0]);
    // A role behind a permission set has its own session.
    assert_eq!(room.jit(&["login", "admin"]).run().code(), 0);
    let spoke = room.jit(&["console", "admin", "--print"]).hands_over().run();
    insta::assert_snapshot!(room.told(&spoke), @"
    exit 0
    --- stdout
    http://STS/federation?Action=login&Issuer=&Destination=https%3A%2F%2Fus-east-1.console.aws.amazon.com%2Fconsole%2Fhome%3Fregion%3Dus-east-1&SigninToken=RANDOM
    ");
}

/// The arguments, the exit code, and words of the message.
#[test]
fn pages_that_are_not_opened() {
    let room = room();
    let cases: [(&[&str], i32, &str); 8] = [
        (&["--region", "evil.example/"], 2, "`evil.example/` is not a region"),
        (&["--region", "cn-north-1"], 2, "cn-north-1 is not a region of aws, the role's partition"),
        (
            &["--url", "https://evil.example/console"],
            2,
            "is not a page of AWS's consoles, whose hosts end in",
        ),
        (&["--url", "https://console.aws.amazon.com.evil.example/"], 2, "is not a page of AWS's consoles"),
        (&["--url", r"https://evil.example\.console.aws.amazon.com/"], 2, "it contains a backslash"),
        (&["--url", "https://x@console.aws.amazon.com/"], 2, "a name before the host"),
        (&["--url", "http://console.aws.amazon.com/"], 2, "is neither https"),
        (&["--url", "https://x", "--service", "s3"], 2, "cannot be used with"),
    ];
    for (arguments, code, words) in cases {
        let output = room.jit(&[&["console", "admin", "--print"], arguments].concat()).run();
        assert!(output.code() == code && output.stderr.contains(words), "{words}: {output}");
    }
    room.servers().faults(|faults| {
        faults.always(Call::Federation, Trouble::Refuse(Refusal::new(400, "x", "y")));
    });
    let refused = room.jit(&["console", "admin", "--print"]).run();
    insta::assert_snapshot!(room.told(&refused), @"
    exit 1
    --- stderr
    error: AWS's sign-in page does not accept the session (status 400)
      next: jit login --force admin
    ");
    let nowhere = room.jit(&["console", "admin"]).env("BROWSER", "/nowhere/browser").run();
    assert_eq!(nowhere.code(), 1, "{nowhere}");
}

#[test]
fn every_page_of_the_consoles_is_opened() {
    let room = room();
    for (typed, opened) in [
        ("https://health.aws.amazon.com/health/home", "https%3A%2F%2Fhealth.aws.amazon.com%2Fhealth%2Fhome"),
        ("https://lightsail.aws.amazon.com/ls/", "https%3A%2F%2Flightsail.aws.amazon.com%2Fls%2F"),
        (
            "HTTPS://EU-WEST-1.Quicksight.AWS.amazon.com:443/sn/start",
            "https%3A%2F%2Feu-west-1.quicksight.aws.amazon.com%2Fsn%2Fstart&",
        ),
    ] {
        let printed = room.jit(&["console", "admin", "--print", "--url", typed]).hands_over().run();
        assert!(printed.code() == 0 && printed.stdout.contains(opened), "{typed}: {printed}");
    }
}

#[test]
fn a_missing_browser_is_reported_before_any_call() {
    let room = room();
    let here = |arguments: &[&str]| {
        room.jit(arguments).without("BROWSER").without("DISPLAY").without("WAYLAND_DISPLAY")
    };
    let refused = here(&["console", "admin"]).run();
    assert_eq!(
        (refused.code(), refused.stderr.as_str()),
        (
            1,
            "error: there is no browser here to open the console in\n  \
             next: jit console --print admin  prints a URL; anyone who opens it within 15 min is signed in\n"
        )
    );
    assert_eq!(room.count(Call::Federation), 0);
    assert_eq!(here(&["console", "admin", "--print"]).hands_over().run().code(), 0, "and that works");

    let room = Room::by_center(Settings::default());
    let link =
        room.jit(&["console", "dev"]).without("BROWSER").without("DISPLAY").without("WAYLAND_DISPLAY").run();
    assert_eq!(
        (link.code(), link.stderr.as_str()),
        (0, "There is no browser here. Open this URL where you can sign in to the portal:\n")
    );
    assert!(
        link.stdout.starts_with(&format!("{}/#/console?account_id=333333333333", room.servers().start_url())),
        "{link}"
    );
}

#[test]
fn an_unreachable_sign_in_page_is_not_a_sign_in_problem() {
    let room = room();
    let refused =
        room.jit(&["console", "admin", "--print"]).env("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:1").run();
    assert_eq!(refused.code(), 1, "{refused}");
    insta::assert_snapshot!(room.told(&refused), @"
    exit 1
    --- stderr
    error: cannot reach 127.0.0.1:PORT: Connection refused (os error 111)
      next: check the network, HTTPS_PROXY and AWS_CA_BUNDLE
    ");
    assert!(!refused.stderr.contains("--force"), "{refused}");
}

/// AWS does not document the console host names of its closed partitions.
#[test]
fn a_partition_without_a_known_console_accepts_a_url() {
    let room = Room::new();
    let iso = "\n[role.iso]\nidp = \"demo\"\nrole_arn = \"arn:aws-iso:iam::222222222222:role/admin\"\n";
    room.write_config(&(room.usual_config() + iso));
    let unknown = room.jit(&["console", "iso", "--print"]).run();
    insta::assert_snapshot!(room.told(&unknown), @"
    exit 2
    --- stderr
    error: AWS does not publish the URL of the console of aws-iso
      next: give the URL of the page: jit console iso --url https://HOST.c2shome.ic.gov/
      next: if the sign-in page is elsewhere, set AWS_ENDPOINT_URL_SIGNIN too
    ");
    // With a page it continues to the session, which needs a sign-in.
    let named = room
        .jit(&["console", "iso", "--print", "--url", "https://console.c2shome.ic.gov/"])
        .without("BROWSER")
        .run();
    assert!(!named.stderr.contains("does not publish") && named.code() != 2, "{named}");
    let elsewhere =
        room.jit(&["console", "iso", "--print", "--url", "https://console.aws.amazon.com/"]).run();
    insta::assert_snapshot!(room.told(&elsewhere), @"
    exit 2
    --- stderr
    error: `https://console.aws.amazon.com/` is not a page of AWS's consoles, whose hosts end in c2shome.ic.gov
      next: copy the URL of a page from the console itself
    ");
}
