//! The server, with requests of honest and other programs.

use std::io::{Read as _, Write as _};

use http::StatusCode;

use super::connection::{BODY_LIMIT, HEAD_LIMIT, MOST_SILENT};
use super::*;

/// Sends raw bytes to an echoing server and returns the whole answer.
fn exchange(request: impl Fn(u16) -> String) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Loopback::bind(0).await.unwrap();
        let text = request(server.port());
        let port = server.port();
        let client = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            answer
        });
        let echo = |request: Request| async move {
            let text =
                format!("{} {} {:?} {:?}", request.method, request.path, request.query, request.form());
            reply(StatusCode::OK, "text/plain", text)
        };
        tokio::select! {
            () = server.serve(echo) => unreachable!("it serves until dropped"),
            answer = client => answer.unwrap(),
        }
    })
}

#[test]
fn answers_its_own_name_and_refuses_foreign_ones() {
    let own = exchange(|port| format!("GET /a?b=c%20d HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));
    assert!(own.starts_with("HTTP/1.1 200") && own.contains(r#"GET /a [("b", "c d")] []"#), "{own}");
    assert!(own.to_lowercase().contains("cache-control: no-store"));
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", ""] {
        let foreign = exchange(|_| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert!(foreign.starts_with("HTTP/1.1 421"), "{host}: {foreign}");
    }
}

#[test]
fn silent_connections_keep_nobody_out() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Loopback::bind(0).await.unwrap();
        let port = server.port();
        let client = tokio::task::spawn_blocking(move || {
            let connect = || std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mut silent: Vec<_> = (0..MOST_SILENT).map(|_| connect()).collect();
            let mut visit = connect();
            visit.write_all(format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes()).unwrap();
            let mut answer = String::new();
            visit.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            // Only the oldest connection was closed.
            assert_eq!(silent[0].read(&mut [0; 1]).unwrap_or(0), 0);
            silent[1].set_nonblocking(true).unwrap();
            assert_eq!(silent[1].read(&mut [0; 1]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        });
        let hello = |_| async { reply(StatusCode::OK, "text/plain", "hello") };
        tokio::select! {
            () = server.serve(hello) => unreachable!("it serves until dropped"),
            outcome = client => outcome.unwrap(),
        }
    });
}

#[test]
fn localhost_binds_both_addresses_or_fails() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let Ok(taken) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
            // Without IPv6 nobody can listen there, and it is not required.
            assert!(Loopback::bind_localhost(0).await.unwrap().second.is_none());
            return;
        };
        let port = taken.local_addr().unwrap().port();
        assert_eq!(Loopback::bind_localhost(port).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(taken);
        let server = Loopback::bind_localhost(0).await.unwrap();
        let port = server.port();
        let client = tokio::task::spawn_blocking(move || {
            for address in ["127.0.0.1", "::1"] {
                let mut stream = std::net::TcpStream::connect((address, port)).unwrap();
                let request = format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
                stream.write_all(request.as_bytes()).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                assert!(answer.starts_with("HTTP/1.1 200"), "{address}: {answer}");
            }
        });
        let hello = |_| async { reply(StatusCode::OK, "text/plain", "hello") };
        tokio::select! {
            () = server.serve(hello) => unreachable!("it serves until dropped"),
            outcome = client => outcome.unwrap(),
        }
    });
}

#[test]
fn bytes_that_are_not_http_do_not_stop_the_server() {
    let garbage =
        ["GET /\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}", "\0\0\0\0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"];
    for text in garbage {
        let answer = exchange(|_| format!("{text}\r\n\r\n"));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{text:?}: {answer}");
    }
    let long = exchange(|port| {
        format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: {}\r\n\r\n", "x".repeat(4 * HEAD_LIMIT))
    });
    assert!(long.starts_with("HTTP/1.1 431") || long.is_empty(), "{long}");
    let smuggled = exchange(|port| {
        format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        )
    });
    assert!(!smuggled.contains("/second"), "{smuggled}");
}

#[test]
fn reads_forms_and_refuses_large_bodies() {
    let form = exchange(|port| {
        format!("POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 7\r\n\r\na=1&b=2")
    });
    assert!(form.contains(r#"[("a", "1"), ("b", "2")]"#), "{form}");
    let size = BODY_LIMIT + 1;
    let large = exchange(|port| {
        format!(
            "POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {size}\r\n\r\n{}",
            "x".repeat(size)
        )
    });
    assert!(large.starts_with("HTTP/1.1 413"), "{}", &large[..60.min(large.len())]);
}
