//! Certificates: whom the program trusts, what it says about others, and `AWS_CA_BUNDLE`.

use std::path::Path;
use std::sync::Arc;

use jit_emulator::{KeyUser, Settings};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::front::{Front, pass_on, reply};
use crate::support::{Output, Room, Signal};

/// An unknown certificate authority, and its certificate for 127.0.0.1, made with openssl in the room.
fn certificates(room: &Room) -> Arc<rustls::ServerConfig> {
    let script = r#"set -e; cd "$HOME"
new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "$@" 2>/dev/null; }
new -keyout ca.key -out ca.pem -subj '/CN=Nobody'
new -keyout leaf.key -out leaf.pem -subj '/CN=leaf' -CA ca.pem -CAkey ca.key \
  -addext 'subjectAltName=IP:127.0.0.1' -addext 'basicConstraints=critical,CA:FALSE'"#;
    let made = room.program("sh", &["-c", script]).run();
    assert_eq!(made.code(), 0, "{made}");
    let chain = vec![CertificateDer::from_pem_file(room.path("leaf.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(room.path("leaf.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Arc::new(config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// What is behind `address`, over TLS.
fn secure(room: &Room, address: &str) -> Front {
    let upstream = address.trim_start_matches("http://").to_owned();
    Front::start(Some(certificates(room)), move |request| pass_on(&upstream, request))
}

fn bundle(room: &Room, file: impl AsRef<Path>) -> String {
    room.path(file).display().to_string()
}

fn failed(room: &Room, login: &Output, what: &str, next: &str) {
    let expected = format!("error: {what}\n  next: {next}\n");
    assert_eq!((login.code(), room.plain(&login.stderr)), (1, expected));
    assert_eq!((login.stdout.as_str(), room.entries("").len()), ("", 0), "{login}");
}

const TRUST: &str =
    "if your company has its own certificate authority, set AWS_CA_BUNDLE to the file of its certificates";

#[test]
fn an_idp_with_an_unknown_certificate_is_not_called() {
    let room = Room::new();
    let front = secure(&room, room.servers().issuer());
    let issuer = format!("https://{}", front.address);
    room.write_config(&room.usual_config().replace(room.servers().issuer(), &issuer));

    let unknown = room.jit(&["login", "admin"]).run();
    let what = "no secure connection to 127.0.0.1:PORT: its certificate is not signed by an authority that this machine trusts";
    failed(&room, &unknown, what, TRUST);
    assert_eq!(front.requests().len(), 0, "nothing was sent");

    // If trusted, it answers; its different issuer is the next problem.
    let trusted = room.jit(&["login", "admin"]).env("AWS_CA_BUNDLE", &bundle(&room, "ca.pem")).run();
    let what = "the IdP calls itself `http://IDP`, but the configuration says `https://127.0.0.1:PORT`";
    let next = "compare `issuer` with the issuer that the IdP announces: case and a trailing slash matter";
    failed(&room, &trusted, what, next);
    assert_eq!(front.requests().len(), 1);
}

/// A regression: nothing read `ca_bundle`.
#[test]
fn a_profiles_certificates_apply_to_its_connections() {
    const KEYS: &str = "aws_access_key_id = AKIAALICE\naws_secret_access_key = alice+static+secret\n";
    let mut settings = Settings::default();
    settings.key_users.push(KeyUser {
        arn: "arn:aws:iam::111111111111:user/alice".to_owned(),
        key_id: "AKIAALICE".to_owned(),
        secret_key: "alice+static+secret".to_owned(),
        mfa_code: "123456".to_owned(),
    });
    let room = Room::with(settings);
    let front = secure(&room, room.servers().sts_url());
    let (ca, sts) = (bundle(&room, "ca.pem"), format!("https://{}", front.address));
    room.write(
        ".aws/config",
        &format!("[profile a]\n{KEYS}ca_bundle = {ca}\n[profile b]\n{KEYS}[profile c]\n{KEYS}ca_bundle = /nowhere\n"),
    );
    let exec = |profile| room.jit(&["exec", "-q", profile, "--", "true"]).env("AWS_ENDPOINT_URL_STS", &sts);
    // The STS behind it refuses a signature for another host; but it was called.
    let reached = |run: crate::support::Run<'_>| {
        let before = front.requests().len();
        let refused = run.run();
        assert!(refused.code() == 4 && front.requests().len() > before, "{refused}");
    };
    reached(exec("a"));
    let unknown = exec("b").run();
    insta::assert_snapshot!(room.told(&unknown), @"
    exit 1
    --- stderr
    warning: the profile b has long-lived access keys (~/.aws/config:6); sign in at an IdP instead where you can
    error: STS in us-east-1 did not answer: no secure connection to 127.0.0.1:PORT: its certificate is not signed by an authority that this machine trusts
      next: if your company has its own certificate authority, set AWS_CA_BUNDLE to the file of its certificates
    ");
    let gone = exec("c").run();
    insta::assert_snapshot!(room.told(&gone), @"
    exit 1
    --- stderr
    warning: the profile c has long-lived access keys (~/.aws/config:9); sign in at an IdP instead where you can
    error: STS in us-east-1 did not answer: `ca_bundle` (~/.aws/config:11) points to `/nowhere`, which jit cannot use: No such file or directory (os error 2)
      next: set it to the absolute path of a file of PEM certificates
    ");
    // The variable takes precedence.
    reached(exec("c").env("AWS_CA_BUNDLE", &ca));
    std::fs::remove_file(room.path(".aws/config")).unwrap();
}

#[test]
fn a_port_without_tls_is_reported() {
    let room = Room::new();
    let issuer = room.servers().issuer().replace("http:", "https:");
    room.write_config(&room.usual_config().replace(room.servers().issuer(), &issuer));
    let login = room.jit(&["login", "admin"]).run();
    let what = "cannot reach IDP: the server does not use TLS";
    failed(&room, &login, what, "check `issuer`, the network and the proxy\n  next: run `jit doctor`");
}

/// An openssl server, started with `options`, and what `jit login` says about it as the IdP.
fn login_at(room: &Room, options: &str) -> Output {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let line = format!("cd \"$HOME\"; exec openssl s_server -quiet -www -accept 127.0.0.1:{port} {options}");
    let server = room.program("sh", &["-c", &line]).start();
    room.until("the server", |_| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    room.write_config(
        &room.usual_config().replace(room.servers().issuer(), &format!("https://127.0.0.1:{port}")),
    );
    let login = room.jit(&["login", "admin"]).env("AWS_CA_BUNDLE", &bundle(room, "ca.pem")).run();
    server.signal(Signal::TERM);
    server.wait();
    login
}

#[test]
fn old_tls_versions_and_wrong_certificates_are_refused() {
    let room = Room::new();
    certificates(&room);
    let script = r#"set -e; cd "$HOME"
openssl req -new -key leaf.key -subj '/CN=leaf' -out leaf.csr
sign() { printf 'basicConstraints=critical,CA:FALSE\nsubjectAltName=%s\n' "$2" > ext
  openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -out "$1" $3; }
sign old.pem IP:127.0.0.1 '-days -1'
sign other.pem DNS:idp.example '-days 2'
openssl req -x509 -key leaf.key -subj '/CN=127.0.0.1' -days 2 -addext 'subjectAltName=IP:127.0.0.1' -out own.pem
openssl req -x509 -key leaf.key -subj '/CN=127.0.0.1' -days 2 -addext 'subjectAltName=IP:127.0.0.1' \
  -addext 'basicConstraints=critical,CA:FALSE' -out plain.pem"#;
    let made = room.program("sh", &["-c", script]).run();
    assert_eq!(made.code(), 0, "{made}");
    let old = "ask the administrator of that server to enable TLS 1.2 or 1.3";
    let cases = [
        // Valid, so that the others fail for the intended reason.
        ("-cert leaf.pem -tls1_2", None, TRUST),
        ("-cert leaf.pem -tls1_1 -cipher ALL:@SECLEVEL=0", Some("it supports no secure version of TLS"), old),
        ("-cert leaf.pem -tls1 -cipher ALL:@SECLEVEL=0", Some("it supports no secure version of TLS"), old),
        (
            "-cert own.pem",
            Some(
                "its certificate belongs to a certificate authority or is self-signed; it is not a server certificate",
            ),
            TRUST,
        ),
        (
            "-cert plain.pem",
            Some("its certificate is not signed by an authority that this machine trusts"),
            TRUST,
        ),
        ("-cert old.pem", Some("its certificate has expired"), TRUST),
        ("-cert other.pem", Some("its certificate is for another name"), TRUST),
    ];
    for (options, why, next) in cases {
        let login = login_at(&room, &format!("-key leaf.key {options}"));
        match why {
            Some(why) => {
                failed(&room, &login, &format!("no secure connection to 127.0.0.1:PORT: {why}"), next)
            }
            None => {
                assert!(login.code() == 1 && login.stderr.contains("a web page instead of JSON"), "{login}")
            }
        }
    }
}

#[test]
fn a_proxy_that_answers_with_a_page_is_named_and_gets_nothing() {
    let room = Room::new();
    room.write_config(&room.usual_config().replace(room.servers().issuer(), "https://idp.example"));
    let mut answers = String::new();
    for (status, why) in [
        ("200 OK", "cannot reach idp.example: "),
        (
            "302 Found\r\nLocation: http://portal.example/",
            "cannot reach idp.example: the proxy does not connect to that host\n",
        ),
        (
            "407 Proxy Authentication Required",
            "cannot reach idp.example: the proxy requires authentication (status 407)\n",
        ),
        ("403 Forbidden", "cannot reach idp.example: the proxy does not connect to that host\n"),
    ] {
        let page = "<html>\u{1b}]0;owned\u{7}Please sign in to this network</html>";
        let proxy = Front::start(None, move |_| reply(status, "text/html", page));
        let login =
            room.jit(&["login", "admin"]).env("HTTPS_PROXY", &format!("http://{}", proxy.address)).run();
        assert_eq!((login.code(), login.stdout.as_str()), (1, ""), "{status}: {login}");
        assert!(login.stderr.starts_with(&format!("error: {why}")), "{status}: {login}");
        answers.push_str(&format!("# {status}\n{}\n", room.told(&login)));
        assert!(!login.stderr.contains(['\u{1b}', '\u{7}']), "{status}: {login}");
        let asked = proxy.requests();
        assert!(
            !asked.is_empty() && asked.iter().all(|asked| asked.starts_with("CONNECT idp.example:443 ")),
            "{asked:?}"
        );
    }
    insta::assert_snapshot!(answers, @"
    # 200 OK
    exit 1
    --- stderr
    error: cannot reach idp.example: tls handshake eof
      next: check `issuer`, the network and the proxy
      next: run `jit doctor`

    # 302 Found
    Location: http://portal.example/
    exit 1
    --- stderr
    error: cannot reach idp.example: the proxy does not connect to that host
      next: check `issuer`, the network and the proxy
      next: run `jit doctor`

    # 407 Proxy Authentication Required
    exit 1
    --- stderr
    error: cannot reach idp.example: the proxy requires authentication (status 407)
      next: check `issuer`, the network and the proxy
      next: run `jit doctor`

    # 403 Forbidden
    exit 1
    --- stderr
    error: cannot reach idp.example: the proxy does not connect to that host
      next: check `issuer`, the network and the proxy
      next: run `jit doctor`
    ");
}

#[test]
fn aws_is_called_over_tls_with_the_configured_bundle() {
    let room = Room::new();
    let front = secure(&room, room.servers().sts_url());
    let sts = format!("https://{}", front.address);
    let login = |file: &str| {
        room.jit(&["login", "hub"])
            .env("AWS_ENDPOINT_URL_STS", &sts)
            .env("AWS_CA_BUNDLE", &bundle(&room, file))
    };

    let unknown = login("").without("AWS_CA_BUNDLE").run();
    assert_eq!(unknown.code(), 1, "{unknown}");
    let what = "error: STS in us-east-1 did not answer: no secure connection to 127.0.0.1:PORT: its certificate is not signed by an authority that this machine trusts\n  next: if your company";
    assert!(room.plain(&unknown.stderr).contains(what), "{unknown}");
    assert_eq!(front.requests().len(), 0, "no token was sent");

    let known = login("ca.pem").run();
    assert_eq!((known.code(), front.requests().len()), (0, 1), "{known}");
}

#[test]
fn unusable_ca_bundles_are_named() {
    let room = Room::new();
    let front = secure(&room, room.servers().issuer());
    let issuer = format!("https://{}", front.address);
    room.write_config(&room.usual_config().replace(room.servers().issuer(), &issuer));
    room.write("empty.pem", "");
    room.write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    room.write("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB");
    let cases = [
        ("missing.pem", "No such file or directory (os error 2)"),
        ("empty.pem", "it contains no certificate"),
        ("leaf.key", "it contains no certificate"),
        ("garbage.pem", "a certificate in it is broken (invalid peer certificate: BadEncoding)"),
        ("cut.pem", "it is not a complete PEM file"),
    ];
    for (file, why) in cases {
        let login = room.jit(&["login", "admin"]).env("AWS_CA_BUNDLE", &bundle(&room, file)).run();
        let what = format!("AWS_CA_BUNDLE points to `~/{file}`, which jit cannot use: {why}");
        failed(&room, &login, &what, "unset AWS_CA_BUNDLE, or set it to a file of PEM certificates");
    }
    assert_eq!(front.requests().len(), 0);
}
