//! Servers as children of the test: started on a free port, waited for, killed when dropped.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Journal, Room, fixture, python, tool, wait_for};

/// A running server.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts `command`, which is told the port by `with_port`, and waits until it accepts connections.
    fn start(name: &str, room: &Room, with_port: impl FnOnce(u16) -> Command) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let log = room.outside(&format!("{name}.log"));
        let output = std::fs::File::create(&log).unwrap();
        let mut command = with_port(port);
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut server = Self { child: command.spawn().unwrap(), port };
        wait_for(name, Duration::from_secs(60), || {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("{name} ended with {status}: {}", std::fs::read_to_string(&log).unwrap_or_default());
            }
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        });
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `oidc-provider` as the company's identity provider.
pub(crate) struct OidcProvider {
    server: Server,
    /// Requests, and tokens handed out.
    pub(crate) journal: Journal,
}

impl OidcProvider {
    /// Starts it; `settings` are the variables of `op.mjs`.
    pub(crate) fn start(room: &Room, settings: &[(&str, &str)]) -> Self {
        let journal = room.journal("op");
        let server = Server::start("oidc-provider", room, |port| {
            let mut node = Command::new(tool("venv/bin/node"));
            node.env_clear().envs(settings.iter().copied());
            node.arg(fixture("op.mjs")).arg(tool("node/node_modules")).arg(port.to_string()).arg(&journal.0);
            node
        });
        Self { server, journal }
    }

    /// Its issuer URL.
    pub(crate) fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// Revokes a token (RFC 7009), as an administrator would behind the user's back.
    pub(crate) fn revoke(&self, room: &Room, token: &str) {
        let program =
            "import sys, urllib.request as r; r.urlopen(sys.argv[1], sys.argv[2].encode(), timeout=10)";
        let mut python = room.command(python());
        python.args(["-c", program, &format!("{}/token/revocation", self.issuer())]);
        room.run(python.arg(format!("client_id=jit-cli&token={token}"))).ok();
    }

    /// A browser for `BROWSER`: a person who signs in as alice and agrees, or declines.
    pub(crate) fn person(&self, room: &Room, mood: &str) -> PathBuf {
        room.script(
            "browser",
            &format!(
                "exec {} {} {mood} \"$1\"",
                tool("venv/bin/node").display(),
                fixture("person.mjs").display()
            ),
        )
    }
}

/// moto's STS (and S3), made strict.
pub(crate) struct Sts {
    server: Server,
    /// Calls, and sessions issued.
    pub(crate) journal: Journal,
}

impl Sts {
    /// Starts an STS that trusts `issuer` for the client `audience`; `settings` are the variables of `strict_sts.py`.
    pub(crate) fn start(room: &Room, issuer: &str, audience: &str, settings: &[(&str, &str)]) -> Self {
        let journal = room.journal("sts");
        let server = Server::start("moto", room, |port| {
            let mut command = Command::new(python());
            command.env_clear().env("OIDC_ISSUER", issuer).env("OIDC_AUDIENCE", audience);
            command.envs(settings.iter().copied());
            command.arg(fixture("strict_sts.py")).arg(port.to_string()).arg(&journal.0);
            command
        });
        Self { server, journal }
    }

    /// Its endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// The calls that were answered, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let lines = self.journal.lines();
        lines
            .iter()
            .filter(|line| line["refused"].is_null())
            .filter_map(|line| Some(line["call"].as_str()?.to_owned()))
            .collect()
    }
}
