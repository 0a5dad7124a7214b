//! How messages get to a browser and back: by a pipe, or by a WebSocket on loopback.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use zeroize::Zeroizing;

use crate::sys::driven::Driven;

/// No message that is listened to is near this size.
const LARGEST: usize = 8 * 1024 * 1024;

/// A line to a browser. The program ends when it is dropped.
pub(super) enum Wire {
    /// The pipe of a program that was started with one, and what has come of the next message so far.
    #[cfg(unix)]
    Pipe(Driven, Zeroizing<Vec<u8>>),
    /// A WebSocket to what a program listens on.
    Socket(Driven, Box<WebSocketStream<TcpStream>>),
    /// What is said is written down beforehand.
    #[cfg(any(test, fuzzing))]
    Script(super::fuzzing::Script),
}

impl Wire {
    /// A WebSocket to `port` of this machine, at `path`. It sends no `Origin`, as no page could.
    ///
    /// # Errors
    /// Nobody listens there, or it is no WebSocket.
    pub(super) async fn socket(program: Driven, port: u16, path: &str) -> io::Result<Self> {
        let stream = TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, port)).await?;
        let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let url = format!("ws://127.0.0.1:{port}{path}");
        let connected = tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await;
        let (socket, _) = connected.map_err(io::Error::other)?;
        Ok(Self::Socket(program, Box::new(socket)))
    }

    /// # Errors
    /// The browser is gone.
    pub(super) async fn send(&mut self, message: String) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Pipe(program, _) => program.send(message.as_bytes()).await,
            Self::Socket(_, socket) => socket.send(Message::text(message)).await.map_err(io::Error::other),
            #[cfg(any(test, fuzzing))]
            Self::Script(script) => {
                script.hear(message);
                Ok(())
            }
        }
    }

    /// The next message; `None` once the browser is gone. May be dropped while it waits.
    ///
    /// # Errors
    /// Something that is no message.
    pub(super) async fn receive(&mut self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let socket = match self {
            #[cfg(unix)]
            Self::Pipe(program, unfinished) => return program.receive(unfinished).await,
            Self::Socket(_, socket) => socket,
            #[cfg(any(test, fuzzing))]
            Self::Script(script) => return Ok(script.say()),
        };
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Ok(Some(Zeroizing::new(text.as_bytes().to_vec())));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The program's last line, for an error.
    pub(super) fn last_words(&self) -> Option<String> {
        match self {
            #[cfg(unix)]
            Self::Pipe(program, _) => program.last_words(),
            Self::Socket(program, _) => program.last_words(),
            #[cfg(any(test, fuzzing))]
            Self::Script(_) => None,
        }
    }

    /// How the program ended, or `None` if it has not within `at_most`.
    pub(super) async fn ended(&mut self, at_most: Duration) -> Option<ExitStatus> {
        match self {
            #[cfg(unix)]
            Self::Pipe(program, _) => program.ended(at_most).await,
            Self::Socket(program, _) => program.ended(at_most).await,
            #[cfg(any(test, fuzzing))]
            Self::Script(_) => None,
        }
    }
}
