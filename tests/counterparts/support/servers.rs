//! Servers as children of the test: started on a free port, polled until they answer, killed when dropped.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Journal, Room, fixture, on_path, python, tool, wait_for};

/// The password of everybody at the SAML providers.
pub(crate) const PASSWORD: &str = "correct-horse-battery-7";

/// A running server.
struct Server {
    child: Child,
    port: u16,
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Starts `command`, which is told the port by `with_port`, and waits until it accepts connections.
    fn start(name: &str, room: &Room, with_port: impl FnOnce(u16) -> Command) -> Self {
        let port = free_port();
        let log = room.outside(&format!("{name}.log"));
        let output = std::fs::File::create(&log).unwrap();
        let mut command = with_port(port);
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut server = Self { child: command.spawn().unwrap(), port };
        wait_for(name, || {
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

/// `ministack`: an AWS that decides by policies. Its root user is `test`, of account 000000000000.
pub(crate) struct Ministack {
    server: Server,
}

impl Ministack {
    /// Starts it, empty.
    pub(crate) fn start(room: &Room) -> Self {
        Self::deciding(room, true)
    }

    /// Starts it, empty, and allowing everything.
    pub(crate) fn open(room: &Room) -> Self {
        Self::deciding(room, false)
    }

    fn deciding(room: &Room, decides: bool) -> Self {
        let server = Server::start("ministack", room, |port| {
            let mut command = Command::new(tool("ministack/bin/ministack"));
            command
                .env_clear()
                .env("PATH", "/usr/local/bin:/usr/bin:/bin")
                .env("HOME", room.outside("ministack"));
            command.env("AUTH", decides.to_string()).env("GATEWAY_PORT", port.to_string());
            command
        });
        Self { server }
    }

    /// Its endpoint, for every service.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }
}

/// moto as all of AWS: it keeps what is created, and authorises everything.
pub(crate) struct Moto {
    server: Server,
}

impl Moto {
    /// Starts it, empty.
    pub(crate) fn start(room: &Room) -> Self {
        let server = Server::start("moto", room, |port| {
            let mut command = Command::new(tool("venv/bin/moto_server"));
            command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", room.outside("moto"));
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        });
        Self { server }
    }

    /// Its endpoint, for every service.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }
}

/// `oidc-provider` as the company's identity provider.
pub(crate) struct OidcProvider {
    server: Server,
    /// Requests, and tokens issued.
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

/// A SAML provider: SimpleSAMLphp, or samlp.
pub(crate) struct SamlProvider {
    server: Server,
    path: &'static str,
    certificate: PathBuf,
}

impl SamlProvider {
    /// Starts SimpleSAMLphp; `settings` are the variables of its configuration.
    pub(crate) fn simplesamlphp(room: &Room, settings: &[(&str, &str)]) -> Self {
        let work = room.outside("simplesamlphp");
        let certificate = key_pair(&work);
        let folder = fixture("simplesamlphp");
        assert!(
            Path::new("/usr/share/simplesamlphp/www").is_dir(),
            "SimpleSAMLphp is missing: install simplesamlphp"
        );
        let server = Server::start("simplesamlphp", room, |port| {
            let mut php = Command::new(on_path("php", "php-cli"));
            php.env_clear().env("SIMPLESAMLPHP_CONFIG_DIR", &folder).env("WORK", &work);
            php.env("PORT", port.to_string()).env("PASSWORD", PASSWORD).envs(settings.iter().copied());
            // Its libraries are older than this PHP, which warns on every page: everything but deprecations
            // is shown.
            php.args(["-d", "error_reporting=22527", "-d", "display_errors=0"]);
            php.args(["-S", &format!("127.0.0.1:{port}"), "-t", "/usr/share/simplesamlphp/www"]);
            php.arg(folder.join("router.php"));
            php
        });
        Self { server, path: "/saml2/idp/SSOService.php", certificate }
    }

    /// Starts samlp; `settings` are the variables of `samlp.mjs`.
    pub(crate) fn samlp(room: &Room, settings: &[(&str, &str)]) -> Self {
        let work = room.outside("samlp");
        let certificate = key_pair(&work);
        let server = Server::start("samlp", room, |port| {
            let mut node = Command::new(tool("venv/bin/node"));
            node.env_clear().env("PASSWORD", PASSWORD).envs(settings.iter().copied());
            node.arg(fixture("samlp.mjs")).arg(tool("node/node_modules")).arg(port.to_string()).arg(&work);
            node
        });
        Self { server, path: "/sso", certificate }
    }

    /// Where it accepts requests.
    pub(crate) fn sso_url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.server.port, self.path)
    }

    /// The certificate for its signatures.
    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }
}

/// Makes `folder` with a key, its certificate, and the same as the certificate of AWS.
fn key_pair(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let [key, certificate] = ["idp.key", "idp.crt"].map(|name| folder.join(name));
    let mut openssl = Command::new(on_path("openssl", "openssl"));
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=idp.example.com",
    ]);
    let made = openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::copy(&certificate, folder.join("sp.crt")).unwrap();
    certificate
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
        let trust = [("OIDC_ISSUER", issuer), ("OIDC_AUDIENCE", audience)];
        Self::start_with(room, &[&trust, settings].concat())
    }

    /// Starts an STS that trusts whoever signs with the key of `certificate`.
    pub(crate) fn trusting(room: &Room, certificate: &Path, settings: &[(&str, &str)]) -> Self {
        let trust = [("SAML_CERTIFICATE", certificate.to_str().unwrap())];
        Self::start_with(room, &[&trust, settings].concat())
    }

    fn start_with(room: &Room, settings: &[(&str, &str)]) -> Self {
        let journal = room.journal("sts");
        let server = Server::start("moto", room, |port| {
            let mut command = Command::new(python());
            // For xmlsec1.
            command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").envs(settings.iter().copied());
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
