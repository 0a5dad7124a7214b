//! A server on loopback that answers what a test has written down, and remembers what it was asked.
#![allow(clippy::disallowed_methods, reason = "a server of a test")]

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::secret::Secret;
use jit_wire::signed::{Endpoint, Service};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use crate::calls::AwsCalls;

/// What the server's clock says: 2026-11-28T12:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_867_200);
pub(crate) const DATE: &str = "Sat, 28 Nov 2026 12:00:00 GMT";

/// What is sent for a request; nothing closes the connection without an answer.
type Scripted = Arc<Mutex<VecDeque<Vec<u8>>>>;

/// An answer for each request, one after the other.
pub(crate) struct Script {
    url: String,
    answers: Scripted,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (answers, asked) = (Scripted::default(), Arc::<Mutex<Vec<String>>>::default());
        let (scripted, kept) = (Arc::clone(&answers), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &scripted, &kept);
            }
        });
        Self { url, answers, asked }
    }

    /// Answers this next. A status of 0 closes the connection without an answer.
    pub(crate) fn then(&self, status: u16, body: impl Into<String>) -> &Self {
        if status == 0 { self.then_bytes(Vec::new()) } else { self.then_with(status, "", body) }
    }

    /// Answers this next, with more headers.
    pub(crate) fn then_with(&self, status: u16, headers: &str, body: impl Into<String>) -> &Self {
        let (body, length) = (body.into(), "Content-Length");
        let head = format!("HTTP/1.1 {status} x\r\nDate: {DATE}\r\n{length}: {}\r\n", body.len());
        self.then_bytes(format!("{head}{headers}Connection: close\r\n\r\n{body}").into_bytes())
    }

    /// Sends exactly this next.
    pub(crate) fn then_bytes(&self, bytes: Vec<u8>) -> &Self {
        self.answers.lock().unwrap().push_back(bytes);
        self
    }

    /// What was asked since the last time: the first line, the headers and the body of each request.
    pub(crate) fn asked(&self) -> Vec<String> {
        assert!(self.answers.lock().unwrap().is_empty(), "not everything was asked for");
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(crate) fn endpoint(&self, service: Service) -> Endpoint {
        let url = TrustedUrl::parse(&self.url, Purpose::AwsEndpoint).unwrap();
        Endpoint::at(service, "eu-west-1", url).unwrap()
    }
}

pub(crate) fn calls() -> Rc<AwsCalls<'static>> {
    Rc::new(AwsCalls::new(Http::new(&Env::of([])), || NOW).unwrap().hurrying())
}

pub(crate) fn credentials() -> Credentials {
    let secret = |text: &str| Secret::new(text.to_owned());
    Credentials::new("ASIAX".to_owned(), secret("k"), secret("t"), Timestamp(NOW.0 + 3600)).unwrap()
}

fn serve(mut stream: TcpStream, answers: &Scripted, kept: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut chunk) {
            Ok(read @ 1..) => request.extend(&chunk[..read]),
            _ => return,
        }
    }
    kept.lock().unwrap().push(String::from_utf8(request).unwrap());
    let Some(answer) = answers.lock().unwrap().pop_front() else { return };
    let _ = stream.write_all(&answer);
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}
