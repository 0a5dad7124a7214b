//! Hostile pages, IdPs and neighbours, against the whole program. The table in SECURITY.md names these tests
//! and those elsewhere.

mod visitors;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use jit_emulator::Call;
use serde_json::{Value, json};

use crate::support::front::{Front, pass_on, reply};
use crate::support::{Output, Room, Run};

/// Text that clears a screen, sets a window title, reverses the direction of a line, and imitates one of our
/// lines.
const WORDS: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\r\n✓ Signed in";
/// What a terminal would act on.
const ACTS: [char; 5] = ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\r'];

fn is_harmless(output: &Output) -> bool {
    let lines = || output.stdout.lines().chain(output.stderr.lines());
    !lines().any(|line| line.contains(ACTS) || line.starts_with("✓ Signed in"))
}

/// An IdP that answers each path with an object, which `edit` may change, and a room that signs in there.
fn provider(edit: impl Fn(&str, &mut Value) + Send + Sync + 'static) -> (Room, Front) {
    let front = Front::start(None, move |request| {
        let path = request.split(' ').nth(1).unwrap().to_owned();
        let host =
            request.lines().find_map(|line| line.to_lowercase().strip_prefix("host: ").map(str::to_owned));
        let at = |path: &str| format!("http://{}{path}", host.as_deref().unwrap().trim());
        let (status, mut answer) = match path.as_str() {
            "/.well-known/openid-configuration" => (
                "200 OK",
                json!({
                    "issuer": at(""), "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
                    "jwks_uri": at("/jwks"), "device_authorization_endpoint": at("/device"),
                    "revocation_endpoint": at("/revoke"), "end_session_endpoint": at("/logout"),
                    "response_types_supported": ["code"], "id_token_signing_alg_values_supported": ["RS256"],
                }),
            ),
            "/jwks" => ("200 OK", json!({ "keys": [] })),
            "/device" => (
                "200 OK",
                json!({
                    "device_code": "d", "user_code": "WDJB-MJHT", "verification_uri": at("/go"), "expires_in": 60,
                    "interval": 1,
                }),
            ),
            _ => ("400 Bad Request", json!({ "error": "access_denied", "error_description": "no" })),
        };
        edit(&path, &mut answer);
        reply(status, "application/json", &answer.to_string())
    });
    let room = Room::new();
    let issuer = format!("http://{}", front.address);
    room.write_config(&room.usual_config().replace(room.servers().issuer(), &issuer));
    (room, front)
}

/// URLs that a browser must not be sent to, nor any secret.
const BAD: [&str; 6] = [
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/html,x",
    "http://idp.example/authorize",
    "http://127.0.0.1:9@evil.example/",
    "https://idp.example/\u{1b}]0;owned\u{7}",
];

#[test]
fn unsafe_urls_are_never_opened() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "end_session_endpoint",
        "revocation_endpoint",
    ] {
        for bad in BAD {
            let (room, _front) = provider(move |path, answer| {
                if path == "/.well-known/openid-configuration" {
                    answer[name] = bad.into();
                }
            });
            let login = room.jit(&["login", "admin"]).run();
            assert!(login.code() == 1 && login.stderr.starts_with("error: "), "{name} {bad}: {login}");
            assert!(login.stderr.contains(name) && is_harmless(&login), "{name} {bad}: {login}");
            assert!(room.opened().is_empty() && room.entries("").is_empty(), "{name} {bad}: {login}");
        }
    }
    for bad in BAD {
        let (room, _front) = provider(move |path, answer| {
            if path == "/device" {
                answer["verification_uri"] = bad.into();
            }
        });
        let login = room.jit(&["login", "admin", "--device"]).run();
        assert!(login.code() == 1 && login.stderr.contains("verification_uri"), "{bad}: {login}");
        assert!(is_harmless(&login) && !login.stderr.contains("open  "), "{bad}: {login}");
        // In the configuration it is a mistake with its position.
        let room = Room::new();
        let issuer = bad.replace(['\u{1b}', '\u{7}'], "#");
        room.write_config(&room.usual_config().replace(room.servers().issuer(), &issuer));
        let login = room.jit(&["login", "admin"]).run();
        assert!(login.code() == 2 && login.stderr.contains("config.toml:3:"), "{bad}: {login}");
        assert!(room.opened().is_empty(), "{bad}: {login}");
    }
}

#[test]
fn identity_center_cannot_open_unsafe_urls() {
    for bad in BAD {
        let room = Room::by_center(jit_emulator::Settings::default());
        let upstream = room.servers().center_url().trim_start_matches("http://").to_owned();
        let front = Front::start(None, move |request| {
            let answer = pass_on(&upstream, request);
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let mut body: Value = serde_json::from_str(body).unwrap();
            if body.get("verificationUri").is_some() {
                body["verificationUri"] = bad.into();
            }
            let (_, status) = head.lines().next().unwrap().split_once(' ').unwrap();
            reply(status, "application/json", &body.to_string())
        });
        let url = format!("http://{}", front.address);
        let login = room.jit(&["login", "dev", "--device"]).env("AWS_ENDPOINT_URL_SSO_OIDC", &url).run();
        assert!(login.code() == 1 && login.stderr.starts_with("error: "), "{bad}: {login}");
        assert!(is_harmless(&login) && !login.stderr.contains("evil.example"), "{bad}: {login}");
        assert_eq!(room.count(Call::CenterToken), 0, "{bad}: nobody waits for an approval");
    }
}

#[test]
fn device_codes_and_refusals_are_only_text() {
    let (room, _front) = provider(|path, answer| match path {
        "/device" => answer["user_code"] = WORDS.into(),
        "/token" => answer["error_description"] = WORDS.into(),
        _ => {}
    });
    let denied = room.jit(&["login", "admin", "--device"]).run();
    assert!(denied.code() == 4 && is_harmless(&denied), "{denied}");
    insta::assert_snapshot!(room.told(&denied), @r"
    exit 4
    --- stderr
    On any device, open  http://127.0.0.1:PORT/go
    and enter this code, or check that the page shows the same:

        \u{1b} [ 2 J \u{1b} ] 0 ; o w n e d \u{7} \u{9b} 3 1 m \u{202e} \u{d} \u{a} ✓   S i g n e d   i n

    Waiting for you, at most 1 min
    error: the device code was refused: access_***enie*** (\u{1b}[2J\u{1b}]0;owne***\u{7}\u{9b}31m\u{202e}\u{d}\u{a}✓ Signe*** in)
      next: show this to the administrator of the identity provider
    ");
    let (room, _front) = provider(|path, answer| {
        if path == "/.well-known/openid-configuration" {
            answer["issuer"] = WORDS.into();
        }
    });
    let other = room.jit(&["login", "admin"]).run();
    insta::assert_snapshot!(room.told(&other), @r"
    exit 1
    --- stderr
    error: the IdP calls itself `\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{d}\u{a}✓ Signed in`, but the configuration says `http://127.0.0.1:PORT`
      next: compare `issuer` with the issuer that the IdP announces: case and a trailing slash matter
    ");
}

/// A room in which a login waits until the file `go` exists, and the port that it listens on.
fn waiting_login(room: &Room) -> (crate::support::Started<'_>, String) {
    room.write_browser(
        "until [ -e \"$HOME/go\" ]; do sleep 0.01; done; exec curl -sSL -o \"$HOME/page\" \"$1\"",
    );
    let login = room.jit(&["login", "admin"]).start();
    room.until("the browser", |room| !room.opened().is_empty());
    let address = room.opened().remove(0);
    let (_, rest) = address.split_once("127.0.0.1:").unwrap();
    (login, rest.split('/').next().unwrap().to_owned())
}

/// Another user of the machine, who can read the list of processes and connect to every port.
fn somebody_else<'r>(room: &'r Room, script: &str, argument: &str) -> Run<'r> {
    room.program("sh", &["-c", script, "sh", argument]).by_somebody_else()
}

#[test]
fn another_user_cannot_use_folders_locks_or_keys() {
    let room = Room::signed_in("admin");
    room.write(
        "shared.toml",
        "[idp.x]\ntype = \"oidc\"\nissuer = \"https://idp.example\"\nclient_id = \"x\"\n",
    );
    assert_eq!(room.jit(&["configure", "add", "shared.toml", "--yes"]).run().code(), 0);
    assert_eq!(room.jit(&["configure", "profiles"]).run().code(), 0);
    // As open as homes were for decades; what jit itself made must still be closed.
    for folder in ["", "state", "config", "config/jit", ".aws"] {
        fs::set_permissions(room.path(folder), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let script = r#"cd "$1" || exit 9
ls . >/dev/null || exit 8
for path in state/jit state/jit/locks state/jit/kernel; do ls $path 2>/dev/null && exit 1; done
for path in state/jit/store.json state/jit/kernel/key.json state/jit/config.lock .aws/config config/jit/config.toml.jit-backup; do
  cat $path 2>/dev/null && exit 2; done
touch state/jit/planted state/jit/locks/planted .aws/planted 2>/dev/null && exit 3
flock -n state/jit/config.lock true 2>/dev/null && exit 4
exit 0"#;
    let home = room.path("").display().to_string();
    let tried = somebody_else(&room, script, &home).run();
    assert_eq!(tried.code(), 0, "{tried}");
    let key = room.key_in_kernel().get_id().0.to_string();
    let tried = somebody_else(&room, "keyctl print $1 || keyctl describe $1 || keyctl revoke $1", &key).run();
    insta::assert_snapshot!(room.told(&tried), @"
    exit 1
    --- stderr
    keyctl_read_alloc: Permission denied
    keyctl_describe_alloc: Permission denied
    keyctl_revoke: Permission denied
    ");
    assert!(tried.code() != 0, "{tried}");
    assert_eq!(room.asks_for("admin").code(), 0);
}

#[test]
fn another_user_cannot_disturb_or_take_the_port() {
    let room = Room::new();
    let (login, port) = waiting_login(&room);
    let script = r#"
import socket, sys, time, urllib.request
port = int(sys.argv[1])
for host in ("127.0.0.1", "0.0.0.0"):
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        taker = socket.socket()
        taker.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            taker.bind((host, port)); taker.listen()
        except OSError: pass
        else: sys.exit(f"{host} was taken")
        taker.close()
for path in ("/callback?code=mine&state=guessed", "/callback?error=access_denied", "/saml", "/", "/done"):
    try: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}"); sys.exit(f"{path} was answered")
    except urllib.error.HTTPError as refused: assert refused.code in (400, 404), refused
crowd = []
for n in range(200):
    one = socket.create_connection(("127.0.0.1", port)); one.sendall(b"GET /callback HTTP/1.1\r\nX: "); crowd.append(one)
print("crowded", flush=True)
while crowd:
    for one in list(crowd):
        try: one.sendall(b"x")
        except OSError: crowd.remove(one)
    time.sleep(0.05)
"#;
    let crowd = room.program("python3", &["-c", script, &port]).by_somebody_else().start();
    crowd.says("crowded");
    room.write("go", "");
    let login = login.wait();
    assert_eq!((login.code(), room.count(Call::CodeGrant)), (0, 1), "{login}");
    assert!(login.stderr.contains("Signed in as alice@example.com"), "{login}");
    // It ends with the last of its connections, and so with the login.
    assert_eq!(crowd.wait().code(), 0);
}

#[test]
fn another_user_cannot_use_a_childs_endpoint_or_process() {
    let room = Room::signed_in("admin");
    let script = "echo at $AWS_CONTAINER_CREDENTIALS_FULL_URI; until [ -e go ]; do sleep 0.01; done";
    let child = room.jit(&["exec", "admin", "--refresh", "--", "sh", "-c", script]).start();
    child.says("at ");
    let said = child.says("\n");
    let address = said.lines().next().unwrap();
    let [companion] = child.companions()[..] else { panic!("who serves it?") };
    let asked = "curl -s -o /dev/null -w '%{http_code}' \"$1\"; curl -s -o /dev/null -w ' %{http_code}' -H 'Authorization: x' \"$1\"";
    assert_eq!(somebody_else(&room, asked, address).run().stdout, "401 401");
    let read = "cat /proc/$1/environ || cat /proc/$1/mem || ls /proc/$1/fd";
    let read = somebody_else(&room, read, &companion.to_string()).run();
    assert!(read.code() != 0 && read.stdout.is_empty(), "{read}");
    room.write("go", "");
    assert_eq!(child.wait().code(), 0);
}

/// An account's alias is requested with the session's token: from this machine, and not from another one over
/// plain http.
#[test]
fn account_aliases_are_not_requested_over_plain_http() {
    for (address, asked) in [("127.0.0.1", true), ("127.0.0.2", false)] {
        let iam = std::net::TcpListener::bind((address, 0)).unwrap();
        let url = format!("http://{}", iam.local_addr().unwrap());
        let room = Room::by_saml(jit_emulator::Settings::default());
        let login = room.jit(&["login", "hub"]).env("AWS_ENDPOINT_URL_IAM", &url).run();
        assert_eq!(login.code(), 0, "{login}");
        iam.set_nonblocking(true).unwrap();
        assert_eq!(iam.accept().is_ok(), asked, "{address}");
    }
}

#[test]
fn the_demo_servers_do_not_answer_other_sites() {
    let room = Room::new();
    let servers = room.servers();
    for address in [servers.issuer(), servers.sts_url(), servers.center_url()] {
        let port = address.rsplit(':').next().unwrap();
        for host in [
            "evil.example".to_owned(),
            format!("evil.example:{port}"),
            format!("127.0.0.1.evil.example:{port}"),
        ] {
            let asked =
                ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", &format!("Host: {host}"), address];
            assert_eq!(room.program("curl", &asked).run().stdout, "421", "{address} {host}");
        }
    }
    // A page of another site can send a browser to the sign-in page, but not press its button.
    let client =
        "response_type=code&client_id=jit-demo&redirect_uri=http://127.0.0.1:1/callback&scope=openid&state=s";
    let forged = format!("{}/authorize", servers.issuer());
    let asked =
        ["-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", "Origin: https://evil.example"];
    let pressed = ["-d", "decision=allow", "-d", "request=guessed", "-d", client, &forged];
    let pressed = room.program("curl", &[&asked[..], &pressed].concat()).run();
    insta::assert_snapshot!(room.told(&pressed), @"
    exit 0
    --- stdout
    400
    ");
}

#[test]
fn the_acs_answers_only_its_own_host_name() {
    let room = Room::by_saml(jit_emulator::Settings::default());
    room.write_browser(
        r#"page=$(curl -sSL "$1")
in_page() { printf '%s' "$page" | sed -n "s/.*$1.*/\1/p"; }
action=$(in_page '<form method="post" action="\([^"]*\)"'); port=${action#http://127.0.0.1:}; port=${port%%/*}
in_page 'name="SAMLResponse" value="\([^"]*\)"' > response
state=$(in_page 'name="RelayState" value="\([^"]*\)"')
post() { curl -s -o "$HOME/shown" -w "%{http_code}\n" --data-urlencode SAMLResponse@- "$@" < response >> "$HOME/answers"; }
post -H 'Host: evil.example' --data-urlencode "RelayState=$state" "$action"
post -H "Host: evil.example:$port" --data-urlencode "RelayState=$state" "$action"
post -H 'Origin: https://evil.example' --data-urlencode RelayState=guessed "$action"
post --data-urlencode "RelayState=$state" --data-urlencode SAMLResponse=again "$action"
post -L --data-urlencode "RelayState=$state" "$action""#,
    );
    let login = room.jit(&["login", "hub"]).run();
    assert_eq!(login.code(), 0, "{login}");
    room.until("the last answer", |room| {
        fs::read_to_string(room.path("answers")).is_ok_and(|answers| answers.lines().count() == 5)
    });
    let answers = fs::read_to_string(room.path("answers")).unwrap();
    assert_eq!(answers.lines().collect::<Vec<_>>(), ["421", "421", "400", "400", "200"]);
    fs::remove_file(room.path("response")).unwrap();
}
