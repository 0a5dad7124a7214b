//! A server made by the test, in front of nothing or of the demo's servers: it records requests.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Answer = dyn Fn(&str) -> String + Send + Sync;

/// Listens on a port of 127.0.0.1 until the tests end.
pub(crate) struct Front {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Front {
    /// A server that answers each request, head and body, with the whole text returned by `answer`; over TLS
    /// with `tls`.
    pub(crate) fn start(
        tls: Option<Arc<rustls::ServerConfig>>,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer): (_, Arc<Answer>) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer, tls) = (Arc::clone(&kept), Arc::clone(&answer), tls.clone());
                std::thread::spawn(move || match tls {
                    None => serve(stream, &kept, &*answer),
                    Some(tls) => {
                        let connection = rustls::ServerConnection::new(tls).unwrap();
                        serve(rustls::StreamOwned::new(connection, stream), &kept, &*answer);
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// Everything that was requested so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// It is fine if a client gives up.
fn serve(mut stream: impl Read + Write, kept: &Mutex<Vec<String>>, answer: &Answer) {
    let mut request = String::new();
    let mut chunk = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut chunk) {
            Ok(1..) => request.push_str(&String::from_utf8_lossy(&chunk)),
            _ => return,
        }
        request = request.trim_end_matches('\0').to_owned();
        chunk = [0; 4096];
    }
    kept.lock().unwrap().push(request.clone());
    let _ = stream.write_all(answer(&request).as_bytes()).and_then(|()| stream.flush());
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}

/// A complete answer.
pub(crate) fn reply(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The answer of the server at `upstream` (`127.0.0.1:PORT`), called under its own name.
pub(crate) fn pass_on(upstream: &str, request: &str) -> String {
    let lines = request.split_inclusive("\r\n");
    let renamed: String = lines
        .map(|line| match line.to_lowercase().starts_with("host:") {
            true => format!("Host: {upstream}\r\n"),
            false => line.to_owned(),
        })
        .collect();
    let mut stream = TcpStream::connect(upstream).unwrap();
    stream.write_all(renamed.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
