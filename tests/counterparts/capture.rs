//! SAML responses intercepted in a real browser, Chromium, with the DevTools protocol. The page that posts
//! them to AWS is the built-in IdP's; the window is on a display of the test's own. Firefox is not started:
//! it has no pipe.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jit_emulator::{Approval, Call, Edit, HUB, Servers, Settings};
use serde_json::json;

use crate::support::{PASSWORD, Room, Running, SamlProvider, Sts, fixture, on_path, tool, wait_for};

/// The title of the built-in IdP's page.
pub(crate) const DEMO: &str = "Sign in";

/// An X display that nobody looks at.
pub(crate) struct Display {
    server: Child,
    pub(crate) name: String,
}

impl Display {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(on_path("Xvfb", "xvfb"));
        command.args(["-displayfd", "1", "-screen", "0", "1200x900x24", "-nolisten", "tcp"]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { server, name: format!(":{}", line.trim()) }
    }
}

/// Chromium as `jit` starts it, but also with a port, through which the test acts as the person.
fn chromium(room: &Room) -> PathBuf {
    let program = on_path("chromium", "chromium");
    room.script("chromium", &format!("exec {} --remote-debugging-port=0 \"$@\"", program.display()))
}

/// The profile of the browser that `jit` drives.
fn driven_profile(room: &Room) -> PathBuf {
    room.home().join(".local/state/jit/browser/acme")
}

/// What a person does on the page titled `title`, in the browser with this `profile` that `login` has opened:
/// `look` at it, `agree`, `sign-in`, or `close` the window.
pub(crate) fn person(room: &Room, profile: &Path, title: &str, action: &str, login: &Running) {
    let mut node = room.command(tool("venv/bin/node"));
    node.arg(fixture("person_at.mjs")).arg(profile).args([title, action]).env("PASSWORD", PASSWORD);
    let done = node.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{action} at {title}: {said}\n{}", login.stderr_so_far());
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A room whose IdP starts the sign-in, and whose sessions end at once.
fn room(browser: &str, approval: Approval) -> (Room, Servers) {
    let (room, servers) =
        (Room::new(), Servers::start(Settings { approval, ..Settings::default() }).unwrap());
    configure_start(&room, &servers, browser);
    (room, servers)
}

/// The same in a Chromium with a person.
fn room_with_a_person() -> (Room, Servers) {
    let (room, servers) = room("chromium", Approval::Page);
    configure_start(&room, &servers, &chromium(&room).display().to_string());
    (room, servers)
}

fn configure_start(room: &Room, servers: &Servers, browser: &str) {
    configure(room, &format!("start_url = \"{}/saml/start\"\nbrowser = \"{browser}\"", servers.issuer()));
}

/// Searches the room for everything that the servers issued.
fn search_for_secrets(room: &Room, servers: &Servers) {
    let lines = servers
        .journal()
        .secrets()
        .iter()
        .map(|issued| json!({ "secret": issued.value }).to_string())
        .collect::<Vec<_>>();
    assert!(!lines.is_empty());
    std::fs::write(room.journal("demo").0, lines.join("\n")).unwrap();
}

fn jit(room: &Room, servers: &Servers, display: Option<&Display>, arguments: &[&str]) -> Command {
    let mut command = room.command(env!("CARGO_BIN_EXE_jit"));
    command.args(arguments).env("AWS_ENDPOINT_URL_STS", servers.sts_url());
    display.map(|display| command.env("DISPLAY", &display.name));
    command
}

/// How long an assertion can be used here: long enough for a browser on a busy machine.
const ASSERTED_FOR: Duration = Duration::from_secs(30);

/// Makes assertions and hub sessions expire soon, so that the next login is due. An assertion with ten
/// seconds left is no longer sent to AWS.
fn short_lived(servers: &Servers) {
    servers.faults(|faults| {
        faults.hub_lifetime = Some(Duration::from_secs(1));
        faults.edit_assertion = Some(Edit::ending_in(ASSERTED_FOR + Duration::from_secs(10)));
    });
}

/// How many processes use the browser's profile.
fn processes(room: &Room) -> usize {
    let profile = room.home().join(".local/state/jit/browser").display().to_string();
    let pgrep = Command::new(on_path("pgrep", "procps")).args(["-f", "-c", &profile]).output().unwrap();
    String::from_utf8_lossy(&pgrep.stdout).trim().parse().unwrap_or(0)
}

/// What would redirect the sign-in, by the path in a profile.
const PLANTS: [(&str, &str); 6] = [
    (
        "Default/Preferences",
        r#"{"proxy":{"mode":"fixed_servers","server":"127.0.0.1:9","bypass_list":"<-loopback>"}}"#,
    ),
    ("Default/Extensions/planted/1.0/manifest.json", "{}"),
    (
        "prefs.js",
        "user_pref(\"network.proxy.type\", 1);\nuser_pref(\"network.proxy.http\", \"127.0.0.1\");\n\
     user_pref(\"network.proxy.http_port\", 9);\nuser_pref(\"network.proxy.allow_hijacking_localhost\", true);\n",
    ),
    ("cert9.db", "planted"),
    ("extensions/planted@example.com.xpi", "planted"),
    ("chrome/userChrome.css", "planted"),
];

fn plant(room: &Room) {
    for (path, content) in PLANTS {
        let path = room.home().join(".local/state/jit/browser/acme").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// The browser itself created what is there again.
fn assert_no_plant(room: &Room) {
    for (path, content) in PLANTS {
        let path = room.home().join(".local/state/jit/browser/acme").join(path);
        assert!(std::fs::read(&path).map_or(true, |now| now != content.as_bytes()), "{}", path.display());
    }
}

#[test]
fn chromium_signs_in_once_and_then_needs_no_window() {
    let (room, servers) = room_with_a_person();
    let display = Display::start();
    short_lived(&servers);
    let login = room.start(&mut jit(&room, &servers, Some(&display), &["login", "hub"]));
    person(&room, &driven_profile(&room), DEMO, "agree", &login);
    let login = login.outcome();
    assert_eq!(login.code(), 0, "{}", login.stderr);
    assert!(login.stderr.contains("window that has opened"), "{}", login.stderr);
    assert_eq!(processes(&room), 0, "the browser is gone with the login");
    std::thread::sleep(ASSERTED_FOR);

    plant(&room);
    // The IdP's session still lasts, and nobody has to look at it. What was planted in the profile is gone:
    // through a proxy that nobody listens on, nothing would arrive.
    let again = room.run(&mut jit(&room, &servers, None, &["login", "hub"]));
    assert_eq!(again.code(), 0, "{}", again.stderr);
    assert!(!again.stderr.contains("window"), "{}", again.stderr);
    assert_eq!(servers.journal().count(Call::AssumeRoleWithSaml), 2);
    std::thread::sleep(ASSERTED_FOR);
    assert_no_plant(&room);
    // Starting over needs the person, and so a window.
    let forced = room.run(&mut jit(&room, &servers, None, &["login", "--force", "hub"]));
    assert_eq!(forced.code(), 1, "{}", forced.stderr);
    assert!(
        forced.stderr.contains("the sign-in needs a browser window, and there is no desktop"),
        "{}",
        forced.stderr
    );
    assert_eq!(processes(&room), 0);
    search_for_secrets(&room, &servers);
}

/// It can be driven only through a port, which every user of the machine may open.
#[test]
fn firefox_is_refused_and_not_started() {
    let path = on_path("firefox", "firefox-esr").display().to_string();
    for browser in ["firefox", "firefox-esr", &path] {
        let (room, servers) = room(browser, Approval::Page);
        let display = Display::start();
        let login = room.run(&mut jit(&room, &servers, Some(&display), &["login", "hub"]));
        assert_eq!(login.code(), 1, "{browser}: {}", login.stderr);
        assert!(
            login.stderr.contains("safely: its only control channel is a local port"),
            "{browser}: {}",
            login.stderr
        );
        assert!(login.stderr.contains("capture = \"loopback\""), "{browser}: {}", login.stderr);
        assert_eq!(processes(&room), 0);
    }
}

/// There is no port for another user of the machine to open.
#[test]
fn a_driven_browser_listens_on_no_port() {
    let (room, servers) = room("chromium", Approval::Page);
    let display = Display::start();
    let login = room.start(&mut jit(&room, &servers, Some(&display), &["login", "hub"]));
    // Its page has been requested, so whatever it listens on is open.
    wait_for("the page in the browser", || (servers.journal().count(Call::SamlSso) > 0).then_some(()));
    let profile = room.home().join(".local/state/jit/browser").display().to_string();
    let script = "for id in $(pgrep -f \"$1\"); do readlink /proc/$id/fd/* 2>/dev/null; done | sed -n 's/^socket:.\\([0-9]*\\).$/\\1/p' | \
                  sort -u > inodes; awk '$4 == \"0A\" { print $10 }' /proc/net/tcp /proc/net/tcp6 | grep -Fxf inodes; wc -l < inodes";
    let found = room.run(room.command("sh").args(["-c", script, "sh", &profile]));
    let lines: Vec<&str> = found.stdout.lines().collect();
    let [sockets] = *lines else { panic!("it listens: {lines:?}") };
    assert!(sockets.trim().parse::<usize>().unwrap() > 0, "its sockets were found");
    drop(login);
}

#[test]
fn closing_the_window_ends_the_sign_in_at_once() {
    let (room, servers) = room_with_a_person();
    let display = Display::start();
    let login = room.start(&mut jit(&room, &servers, Some(&display), &["login", "hub"]));
    person(&room, &driven_profile(&room), DEMO, "close", &login);
    let login = login.outcome();
    assert_eq!(login.code(), 4, "{}", login.stderr);
    assert!(
        login.stderr.contains("the browser window was closed before the sign-in was complete"),
        "{}",
        login.stderr
    );
    wait_for("the browser's end", || (processes(&room) == 0).then_some(()));
}

#[test]
fn the_browser_exits_with_the_program_even_if_killed() {
    let (room, servers) = room_with_a_person();
    let display = Display::start();
    let login = room.start(&mut jit(&room, &servers, Some(&display), &["login", "hub"]));
    person(&room, &driven_profile(&room), DEMO, "look", &login);
    assert!(processes(&room) > 0);
    drop(login);
    wait_for("the browser's end", || (processes(&room) == 0).then_some(()));
}

/// A third-party login form, filled in by a person, once started by the IdP and once by `jit`.
#[test]
fn a_real_login_form_in_chromium_and_no_window_the_second_time() {
    for (begun_by, key) in
        [("start_url", "?spentityid=urn:amazon:webservices"), ("capture = \"browser\"\nsso_url", "")]
    {
        let room = Room::new();
        let idp = SamlProvider::simplesamlphp(&room, &[("LIFETIME", "40")]);
        let sts = Sts::trusting(&room, idp.certificate(), &[("SESSION_SECONDS", "3")]);
        configure(
            &room,
            &format!("{begun_by} = \"{}{key}\"\nbrowser = \"{}\"", idp.sso_url(), chromium(&room).display()),
        );
        let display = Display::start();
        let mut login = room.jit(&sts, &["login", "hub"]);
        let login = room.start(login.env("DISPLAY", &display.name));
        person(&room, &driven_profile(&room), "Enter your username and password", "sign-in", &login);
        let login = login.outcome();
        assert_eq!(login.code(), 0, "{begun_by}: {}", login.stderr);
        assert_eq!(processes(&room), 0, "the browser is gone with the login");
        std::thread::sleep(Duration::from_secs(32));
        // No display, and nobody at it: the IdP's session is enough.
        let again = room.run(&mut room.jit(&sts, &["login", "hub"]));
        assert_eq!(again.code(), 0, "{begun_by}: {}", again.stderr);
        assert!(!again.stderr.contains("window"), "{}", again.stderr);
        assert_eq!(sts.calls(), ["AssumeRoleWithSAML"; 2]);
    }
}

#[test]
fn a_login_form_of_another_idp() {
    let room = Room::new();
    let idp = SamlProvider::samlp(&room, &[]);
    let sts = Sts::trusting(&room, idp.certificate(), &[]);
    configure(
        &room,
        &format!(
            "capture = \"browser\"\nsso_url = \"{}\"\nbrowser = \"{}\"",
            idp.sso_url(),
            chromium(&room).display()
        ),
    );
    let display = Display::start();
    let mut login = room.jit(&sts, &["login", "hub"]);
    let login = room.start(login.env("DISPLAY", &display.name));
    person(&room, &driven_profile(&room), "Sign in to Acme", "sign-in", &login);
    let login = login.outcome();
    assert_eq!(login.code(), 0, "{}", login.stderr);
    assert_eq!(sts.calls(), ["AssumeRoleWithSAML"]);
    assert_eq!(processes(&room), 0, "the browser is gone with the login");
}

/// Writes the configuration: the role `hub` behind an IdP of `keys`. The password is one of the room's
/// secrets.
fn configure(room: &Room, keys: &str) {
    let config =
        format!("[idp.acme]\ntype = \"saml\"\n{keys}\n\n[role.hub]\nidp = \"acme\"\nrole_arn = \"{HUB}\"\n");
    std::fs::write(room.home().join(".config/jit/config.toml"), config).unwrap();
    let secrets = room.journal("people");
    std::fs::write(secrets.0, format!("{}\n", json!({ "password": PASSWORD }))).unwrap();
}
