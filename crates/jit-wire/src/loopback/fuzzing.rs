//! Fuzz target for what arrives at a loopback port: anybody on the machine can send it.

use std::cell::RefCell;
use std::rc::Rc;

use http::{StatusCode, header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connection::{Accepts, BODY_LIMIT, Silent, attend};
use super::{Request, reply};

/// The port that `data` is sent to.
pub const PORT: u16 = 35001;
const SERVED: &str = "served";

/// The request in the bytes of a connection, if the server accepts it as one of its own.
pub fn received(data: &[u8]) -> Option<Request> {
    let taken = Rc::new(RefCell::new(Vec::new()));
    let handler = {
        let taken = Rc::clone(&taken);
        move |request: Request| {
            taken.borrow_mut().push(request);
            std::future::ready(reply(StatusCode::OK, "text/plain", SERVED))
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let answer = runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(data.len() + 64 * 1024);
        client.write_all(data).await.expect("there is room");
        client.shutdown().await.expect("it ends");
        attend(
            server,
            None,
            Accepts { port: PORT, largest_body: BODY_LIMIT, keeps_alive: false },
            Rc::new(Silent::default()),
            Rc::new(handler),
        )
        .await;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("an answer");
        answer
    });
    let mut taken = taken.take();
    assert!(taken.len() <= 1, "a connection brings one request");
    let served = answer.ends_with(SERVED.as_bytes());
    let request = taken.pop()?;
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = [format!("127.0.0.1:{PORT}"), format!("localhost:{PORT}")];
    assert!(host.is_some_and(|host| own.iter().any(|own| own == host)), "it is for another site");
    assert!(request.body.len() <= BODY_LIMIT && request.path.len() <= data.len());
    let head = answer.to_ascii_lowercase();
    let kept = head.windows(8).any(|part| part == b"no-store");
    let bodiless = [http::Method::HEAD, http::Method::CONNECT].contains(&request.method);
    assert!(head.starts_with(b"http/1.") && kept && (served || bodiless));
    Some(request)
}
