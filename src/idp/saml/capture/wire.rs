//! How messages get to a browser and back: by a pipe, or by a WebSocket on loopback.

use std::io;

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
pub(super) struct Wire {
    pub(super) program: Driven,
    /// `None` where the pipe is the line.
    socket: Option<WebSocketStream<TcpStream>>,
    /// What has come of the next message so far.
    unfinished: Zeroizing<Vec<u8>>,
}

impl Wire {
    /// The pipe of a program that was started with one.
    #[cfg(unix)]
    pub(super) fn pipe(program: Driven) -> Self {
        Self { program, socket: None, unfinished: Zeroizing::default() }
    }

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
        Ok(Self { program, socket: Some(socket), unfinished: Zeroizing::default() })
    }

    /// # Errors
    /// The browser is gone.
    pub(super) async fn send(&mut self, message: String) -> io::Result<()> {
        match &mut self.socket {
            None => self.program.send(message.as_bytes()).await,
            Some(socket) => socket.send(Message::text(message)).await.map_err(io::Error::other),
        }
    }

    /// The next message; `None` once the browser is gone. May be dropped while it waits.
    ///
    /// # Errors
    /// Something that is no message.
    pub(super) async fn receive(&mut self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(socket) = &mut self.socket else { return self.program.receive(&mut self.unfinished).await };
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
}
