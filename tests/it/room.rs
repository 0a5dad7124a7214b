//! The room itself: that it is empty, that it captures what programs do, and that nothing leaks unnoticed.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jit_emulator::Settings;

use crate::support::Room;

/// Where a client that listens on `port` sends the browser.
fn authorize(room: &Room, port: u16) -> String {
    format!(
        "{}/authorize?response_type=code&client_id=jit-demo&redirect_uri=http://127.0.0.1:{port}/callback\
         &scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        room.servers().issuer()
    )
}

#[test]
fn programs_see_only_the_rooms_environment() {
    let room = Room::new();
    let output = room.program("env", &[]).env("EXTRA", "1").without("BROWSER").run();
    let names: Vec<&str> = output.stdout.lines().filter_map(|line| line.split('=').next()).collect();
    for unknown in ["CARGO", "USER", "BROWSER", "DBUS_SESSION_BUS_ADDRESS"] {
        assert!(!names.contains(&unknown), "{output}");
    }
    for name in ["HOME", "XDG_RUNTIME_DIR", "AWS_ENDPOINT_URL_STS", "JIT_STORE", "EXTRA"] {
        assert!(names.contains(&name), "{output}");
    }
}

#[test]
fn output_exit_code_and_input_are_captured() {
    let room = Room::new();
    let output = room.program("sh", &["-c", "cat; echo out; echo err >&2; exit 7"]).stdin("in\n").run();
    assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (7, "in\nout\n", "err\n"));
    let killed = room.program("sh", &["-c", "kill -9 $$"]).run();
    assert_eq!(killed.code(), 128 + 9);
}

#[test]
fn a_test_terminal_is_a_terminal() {
    let room = Room::new();
    let script = "test -t 0 && test -t 1 && test -t 2 && read line && echo \"got it's $line\" && exit 3";
    let output = room.program("sh", &["-c", script]).on_terminal().stdin("typed\n").run();
    assert!(output.code() == 3 && output.stdout.contains("got it's typed"), "{output}");
    let plain = room.program("sh", &["-c", "test -t 0 || test -t 1 || test -t 2"]).run();
    assert_eq!(plain.code(), 1);
}

#[test]
fn many_run_at_once() {
    let room = Room::new();
    let outputs = room.at_once((0..20).map(|n| room.program("echo", &[&n.to_string()])));
    let said: Vec<String> = outputs.into_iter().map(|output| output.stdout).collect();
    assert_eq!(said, (0..20).map(|n| format!("{n}\n")).collect::<Vec<_>>());
}

#[test]
fn every_open_secret_is_found() {
    let room = Room::new();
    let address = authorize(&room, 9);
    let browser = room.program("curl", &["-s", "-o", "/dev/null", "-w", "%{redirect_url}", &address]);
    let address = browser.hands_over().run().stdout;
    let (_, rest) = address.split_once("code=").unwrap();
    let code = rest.split('&').next().unwrap();
    assert_eq!(room.leaks(), Vec::<String>::new(), "what is handed over on purpose is no leak");

    for wrapped in
        [code.to_owned(), STANDARD.encode(format!("a{code}b")), STANDARD.encode(format!("ab{code}"))]
    {
        room.write("state/entry", &format!("\u{0}{wrapped}\n"));
        let leaks = room.leaks();
        assert!(leaks.len() == 1 && leaks[0].ends_with("state/entry"), "{leaks:?}");
    }
    std::fs::remove_file(room.path("state/entry")).unwrap();
    room.write(&format!("tmp/{code}"), "");
    assert_eq!(room.leaks().len(), 1, "a name is as open as a content");
    std::fs::remove_file(room.path(format!("tmp/{code}"))).unwrap();

    room.program("echo", &[code]).run();
    let search = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(room)));
    let message = *search.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("authorization code printed by echo"), "{message}");
}

#[test]
fn the_browser_clicks_and_keeps_its_session() {
    let room = Room::with(Settings::default());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = authorize(&room, listener.local_addr().unwrap().port());
    let browser = room.program(&room.path("browser").display().to_string(), &[&address]).start();
    let mut request = [0; 512];
    let (mut stream, _) = listener.accept().unwrap();
    let length = stream.read(&mut request).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    let request = String::from_utf8_lossy(&request[..length]);
    assert!(request.starts_with("GET /callback?code="), "{request}");
    let output = browser.wait();
    assert_eq!((output.code(), room.opened()), (0, vec![address]), "{output}");
}
