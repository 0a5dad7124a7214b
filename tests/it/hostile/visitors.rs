//! Somebody else at the page of a sign-in.

use super::*;

/// Finds a loopback page in the list of processes, as every user can, requests it, and prints the answer.
const READS_THE_PROCESSES: &str = r#"
import glob, re, sys, time, urllib.request
def arguments():
    for file in glob.glob("/proc/[0-9]*/cmdline"):
        try: yield open(file, "rb").read().decode(errors="replace").replace("\0", " ")
        except OSError: pass
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
def ask(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    try: return urllib.request.build_opener(Stay).open(request).status, ""
    except urllib.error.HTTPError as refused: return refused.code, refused.headers.get("location", "")
home, until = sys.argv[1], time.time() + 50
while time.time() < until:
    seen = [line for line in arguments() if home in line and "http://" in line and "python" not in line]
    found = [page for line in seen for page in re.findall(r"http://127\.0\.0\.1:\d+/[\w-]{43}(?= |$)", line)]
    if found: break
assert not [line for line in seen if "state=" in line or "SAMLRequest" in line], seen
for host in ("127.0.0.1", "localhost"): print(*ask(found[0].replace("127.0.0.1", host)))
"#;

/// One way to sign in: its name, a room for it, and what to run there.
type WayToSignIn = (&'static str, fn() -> Room, [&'static str; 2]);

/// Every sign-in that opens a browser. If you add one, add a line.
const WAYS_TO_SIGN_IN: [WayToSignIn; 5] = [
    ("oidc", Room::new, ["login", "admin"]),
    ("saml by redirect", || Room::by_saml(Default::default()), ["login", "hub"]),
    ("saml by post", || saml_with("binding = \"post\""), ["login", "hub"]),
    ("saml at localhost", || saml_with("acs_host = \"localhost\""), ["login", "hub"]),
    ("identity center", || Room::by_center(Default::default()), ["login", "dev"]),
];

fn saml_with(more: &str) -> Room {
    let room = Room::by_saml(Default::default());
    room.write_config(&room.saml_config(more));
    room
}

/// Makes the usual browser of a room wait before its first step until the file `go` exists.
fn slow_browser(room: &Room) {
    let usual = fs::read_to_string(room.path("browser")).unwrap();
    let (first, rest) = usual.split_once('\n').unwrap();
    room.write("browser", &format!("{first}\nuntil [ -e \"$HOME/go\" ]; do sleep 0.01; done\n{rest}"));
}

#[test]
fn another_user_who_opens_the_sign_in_page_first_gets_nothing() {
    for (way, room, arguments) in WAYS_TO_SIGN_IN {
        let room = room();
        slow_browser(&room);
        let login = room.jit(&arguments).start();
        let home = room.path("browser").display().to_string();
        let thief = somebody_else(&room, "exec python3 -c \"$READS\" \"$1\"", &home);
        let thief = thief.env("READS", READS_THE_PROCESSES).run();
        assert_eq!((thief.code(), &*thief.stdout), (0, "403 \n403 \n"), "{way}: {thief}");
        room.write("go", "");
        let login = login.wait();
        assert_eq!(login.code(), 0, "{way}: {login}");
        let warning = "requested the page of your sign-in; jit refused";
        assert_eq!(login.stderr.matches(warning).count(), 1, "{way}: {login}");
        assert!(login.stderr.contains("Signed in as alice@example.com"), "{way}: {login}");
        let [given] = &*room.opened() else { panic!("{way}: {:?}", room.opened()) };
        assert_eq!(given.rsplit('/').next().unwrap().len(), 43, "{way}: {given}");
    }
}

#[test]
fn a_second_visitor_of_the_sign_in_page_ends_the_sign_in() {
    for (way, room, arguments) in WAYS_TO_SIGN_IN {
        for before_the_browser in [true, false] {
            let room = room();
            let usual = fs::read_to_string(room.path("browser")).unwrap();
            // A program of the same user, as on systems that cannot tell them apart.
            let thief = "command curl -qsL -o \"$HOME/stolen\" -w '%{http_code}' \"$1\" > \"$HOME/thief\"";
            let (first, rest) = usual.split_once('\n').unwrap();
            let script = match before_the_browser {
                true => format!("{first}\ncurl -qsL -o /dev/null \"$1\"\n{thief}\ntouch \"$HOME/shown\""),
                false => format!(
                    "{first}\npage=$1\n{}\nset -- \"$page\"\n{thief}\ntouch \"$HOME/shown\"",
                    rest.split_once("page=$(").unwrap().0
                ),
            };
            room.write("browser", &script);
            let login = room.jit(&arguments).run();
            assert_eq!(login.code(), 1, "{way}: {login}");
            let words =
                "error: the page that jit opened in your browser was opened twice, by different browsers";
            assert!(login.stderr.contains(words), "{way}: {login}");
            assert!(login.stderr.contains("jit login --no-browser"), "{way}: {login}");
            room.until("the thief's answer", |room| room.path("shown").exists());
            let page = fs::read_to_string(room.path("stolen")).unwrap();
            assert!(page.contains("Another browser opened this page before"), "{way}: {page}");
            assert_eq!(room.jit(&["status", "--check"]).run().code(), 3, "{way}");
        }
    }
}

/// If the URL is only on the terminal: this user's browsers are accepted, another user's are not, whatever
/// they know.
#[test]
fn another_user_cannot_finish_a_sign_in_whose_url_they_have() {
    let room = Room::new();
    let login = room.jit(&["login", "hub", "--no-browser"]).start();
    let said = login.says("S256&prompt=consent\n");
    let address = said.split_whitespace().find(|word| word.contains("/authorize?")).unwrap().to_owned();
    let attack = "curl -sSL -o /dev/null -w '%{http_code} %{num_redirects}' \"$1\"";
    assert_eq!(somebody_else(&room, attack, &address).run().stdout, "403 1");
    assert_eq!(room.count(Call::CodeGrant), 0);
    let browser = room.path("browser").display().to_string();
    assert_eq!(room.program(&browser, &[&address]).run().code(), 0);
    let login = login.wait();
    assert_eq!((login.code(), room.count(Call::CodeGrant)), (0, 1), "{login}");
    insta::assert_snapshot!(room.told(&login), @"
    exit 0
    --- stderr
    To sign in, open this URL:

    http://IDP/authorize?…

    warning: another user of this machine (user id 65534) requested the page of your sign-in; jit refused
    ✓ Signed in as alice@example.com at demo
      hub  account 111111111111  until HH:MM  TIME left
    ");
}

/// With everything except the cookie: the redirect with its code, and the response with its relay state.
#[test]
fn a_browser_without_the_cookie_is_refused() {
    let room = Room::new();
    room.write_browser(
        r#"at=$(curl -s -o /dev/null -w '%{redirect_url}' "$1")
for n in 1 2; do command curl -qs -o "$HOME/refused" -w "%{http_code}\n" "$at" >> "$HOME/answers"; done
exec curl -sSL -o /dev/null "$at""#,
    );
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!((login.code(), room.count(Call::CodeGrant)), (0, 1), "{login}");
    assert_eq!(fs::read_to_string(room.path("answers")).unwrap(), "403\n403\n");
    assert_eq!(login.stderr.matches("returned from it; jit refused").count(), 1, "{login}");
    assert!(fs::read_to_string(room.path("refused")).unwrap().contains("This is not the browser"));
    for host in ["127.0.0.1", "localhost"] {
        let room = saml_with(&format!("acs_host = \"{host}\""));
        room.write_browser(
            r#"page=$(curl -sSL "$1")
in_page() { printf '%s' "$page" | sed -n "s/.*$1.*/\1/p"; }
action=$(in_page '<form method="post" action="\([^"]*\)"'); echo "$action" > "$HOME/action"
state=$(in_page 'name="RelayState" value="\([^"]*\)"')
post() { in_page 'name="SAMLResponse" value="\([^"]*\)"' | curl "$@" --data-urlencode SAMLResponse@- --data-urlencode "RelayState=$state" "$action"; }
for n in 1 2 3 4 5 6 7 8 9 10; do post -qsL -o "$HOME/refused" -w "%{http_code}\n" >> "$HOME/answers"; done
curl -s -o /dev/null -w "%{http_code}\n" "$action/guessed" >> "$HOME/answers"
post -sSL -o "$HOME/shown""#,
        );
        let login = room.jit(&["login", "hub"]).run();
        assert_eq!(login.code(), 0, "{login}");
        let answers = fs::read_to_string(room.path("answers")).unwrap();
        assert_eq!(answers, format!("{}400\n", "403\n".repeat(10)));
        let action = fs::read_to_string(room.path("action")).unwrap();
        assert!(action.starts_with(&format!("http://{host}:")), "{action}");
        assert!(fs::read_to_string(room.path("refused")).unwrap().contains("This is not the browser"));
    }
}
