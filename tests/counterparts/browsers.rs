//! Chromium and Firefox as the person's own browser: on the page of Identity Center, at the loopback ACS of
//! SAML, and in the console.

use jit_emulator::{Approval, Call, Servers, Settings};

use crate::capture::{DEMO, Display, person};
use crate::support::{Room, on_path, wait_for};

fn room(approval: Approval, more: &str) -> (Room, Servers) {
    let (room, servers) =
        (Room::new(), Servers::start(Settings { approval, ..Settings::default() }).unwrap());
    let start = servers.start_url();
    let config = format!(
        "{more}[idp.acme]\ntype = \"identity-center\"\nstart_url = \"{start}\"\nregion = \"eu-west-1\"\n\
         [idp.demo]\ntype = \"oidc\"\nissuer = \"{}\"\nclient_id = \"jit-demo\"\n\
         [role.dev]\nidp = \"acme\"\naccount = \"333333333333\"\npermission_set = \"Developer\"\n\
         [role.hub]\nidp = \"demo\"\nrole_arn = \"{}\"\n\
         [role.prod]\nvia = \"hub\"\nrole_arn = \"{}\"\n",
        servers.issuer(),
        jit_emulator::HUB,
        jit_emulator::ADMIN
    );
    std::fs::write(room.home().join(".config/jit/config.toml"), config).unwrap();
    (room, servers)
}

fn jit(room: &Room, servers: &Servers, arguments: &[&str]) -> std::process::Command {
    let mut command = room.command(env!("CARGO_BIN_EXE_jit"));
    for name in ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"] {
        command.env(name, servers.center_url());
    }
    command.env("AWS_ENDPOINT_URL_STS", servers.sts_url()).env("AWS_ENDPOINT_URL_SIGNIN", servers.sts_url());
    command.args(arguments);
    command
}

#[test]
fn the_page_of_identity_center_is_answered_in_chromium() {
    let (room, servers) = room(Approval::Page, "");
    let display = Display::start();
    let chromium = on_path("chromium", "chromium");
    let browser = room.script(
        "browser",
        // Next to the home: a browser keeps writing while the room is searched.
            &format!("HOME=\"$HOME/../outside\" exec {} --no-sandbox --no-first-run --remote-debugging-port=0 --user-data-dir='{}' \"$1\" 2>/dev/null", chromium.display(), room.outside("chromium").display()),
    );
    let mut login = jit(&room, &servers, &["login", "dev"]);
    let login =
        room.start(login.env("BROWSER", format!("{} %s", browser.display())).env("DISPLAY", &display.name));
    person(&room, &room.outside("chromium"), DEMO, "agree", &login);
    let login = login.outcome();
    assert_eq!(login.code(), 0, "{}{}", login.stdout, login.stderr);
    assert!(login.stderr.contains("Signed in as alice@example.com at acme"), "{}", login.stderr);
    assert_eq!(servers.journal().count(Call::CenterAuthorize), 1);
    // The window is the person's, so jit leaves it open.
    room.run(room.command("pkill").args(["-f", room.outside("chromium").to_str().unwrap()]));
}

/// Each role in its own profile, both open at the same time, with the README's `console_browser`.
#[test]
fn the_console_is_open_in_two_accounts_at_once_in_chromium() {
    let chromium = on_path("chromium", "chromium");
    let words = format!(
        "console_browser = [\"sh\", \"-c\", \"cd ../outside; HOME=$PWD exec {} --headless --no-sandbox --user-data-dir=$PWD/chromium-$1 --dump-dom \\\"$2\\\" > page-$1 2>/dev/null\", \"sh\", \"{{role}}\", \"{{url}}\"]\n",
        chromium.display()
    );
    let (room, servers) = room(Approval::AtOnce, &words);
    let browser = "curl -sSL -b /dev/null -o /dev/null %s";
    room.run(jit(&room, &servers, &["login", "prod"]).env("BROWSER", browser)).ok();
    for role in ["prod", "hub"] {
        room.run(&mut jit(&room, &servers, &["console", role])).ok();
    }
    for (role, arn) in [("prod", ":assumed-role/admin/"), ("hub", ":assumed-role/jit-hub/")] {
        wait_for("the console", || {
            let page = std::fs::read_to_string(room.outside(&format!("page-{role}"))).unwrap_or_default();
            (page.contains("The console") && page.contains(arn)).then_some(())
        });
    }
    assert_eq!(servers.journal().count(Call::Federation), 4);
}

/// The IdP's page and the ACS are on different sites (`localhost` and `127.0.0.1`), so the browser posts the
/// response without the cookie that identifies it, and sends it with the next step.
#[test]
fn a_posted_response_is_accepted_only_from_the_browser_that_jit_opened() {
    let chromium = format!(
        "{} --headless=new --no-sandbox --no-first-run --disable-gpu --user-data-dir=",
        on_path("chromium", "chromium").display()
    );
    let firefox =
        format!("{} --headless --no-remote --profile ", on_path("firefox", "firefox-esr").display());
    for (name, browser) in [("chromium", chromium), ("firefox", firefox)] {
        for (acs_host, idp_host) in [("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")] {
            for binding in ["redirect", "post"] {
                let case = format!("{name}, ACS at {acs_host}, {binding}");
                let (room, servers) = room(Approval::AtOnce, "");
                let sso_url = servers.sso_url().replace("127.0.0.1", idp_host);
                let config = format!(
                    "[idp.demo]\ntype = \"saml\"\nsso_url = \"{sso_url}\"\nacs_host = \"{acs_host}\"\nacs_port = 0\n\
                     binding = \"{binding}\"\n[role.hub]\nidp = \"demo\"\nrole_arn = \"{}\"\n",
                    jit_emulator::HUB
                );
                std::fs::write(room.home().join(".config/jit/config.toml"), config).unwrap();
                let (profile, id) = (room.outside("profile"), room.outside("id"));
                std::fs::create_dir_all(&profile).unwrap();
                let script = format!(
                    "echo $$ > '{}'; export HOME=\"$HOME/../outside\"; exec {browser}'{}' \"$1\" > \"$HOME/log\" 2>&1",
                    id.display(),
                    profile.display()
                );
                let script = room.script("browser", &script);
                let login = room.run(jit(&room, &servers, &["login", "hub"]).env("BROWSER", script));
                let id = std::fs::read_to_string(id).unwrap();
                room.run(room.command("kill").arg(id.trim()));
                assert_eq!(login.code(), 0, "{case}: {}", login.stderr);
                assert!(login.stderr.contains("Signed in as alice@example.com at demo"), "{case}");
                assert!(!login.stderr.contains("warning"), "{case}: {}", login.stderr);
            }
        }
    }
}
