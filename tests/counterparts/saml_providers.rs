//! Sign-ins at third-party SAML IdPs: SimpleSAMLphp with its sign-in form, and samlp for its peculiarities. The
//! STS has every signature checked by xmlsec1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jit_emulator::{Approval, Servers, Settings};
use serde_json::Value;

use crate::support::{Outcome, PASSWORD, Room, SamlProvider, Sts, fixture, free_port, on_path, python, tool};

/// A room in whose configuration alice signs in at `idp` with the loopback ACS; the password is a secret.
fn room_at(idp: &SamlProvider, room: Room, more: &str) -> Room {
    let config = format!(
        r#"
        [idp.acme]
        type      = "saml"
        sso_url   = "{}"
        {more}

        [role.hub]
        idp      = "acme"
        role_arn = "arn:aws:iam::111111111111:role/jit-hub"

        [role.prod-admin]
        via      = "hub"
        role_arn = "arn:aws:iam::222222222222:role/admin"
        "#,
        idp.sso_url()
    );
    std::fs::write(room.home().join(".config/jit/config.toml"), config).unwrap();
    let secrets = room.journal("people");
    std::fs::write(secrets.0, format!("{}\n", serde_json::json!({ "password": PASSWORD }))).unwrap();
    room
}

fn acs(port: u16) -> String {
    format!("http://127.0.0.1:{port}/saml")
}

/// A browser for `BROWSER`: a person who signs in as alice with `password`.
fn person(room: &Room, password: &str) -> std::path::PathBuf {
    let (node, script) = (tool("venv/bin/node"), fixture("person.mjs"));
    let page = room.outside("page");
    let (node, script, page) = (node.display(), script.display(), page.display());
    room.script("browser", &format!("PASSWORD={password} exec {node} {script} agree \"$1\" > {page}"))
}

fn sign_in(room: &Room, sts: &Sts, arguments: &[&str]) -> Outcome {
    room.run(room.jit(sts, arguments).env("BROWSER", person(room, PASSWORD)))
}

#[test]
fn simplesamlphp_answers_at_the_loopback_acs() {
    let room = Room::new();
    let port = free_port();
    let idp = SamlProvider::simplesamlphp(&room, &[("ACS", &acs(port))]);
    let sts = Sts::trusting(&room, idp.certificate(), &[]);
    for binding in ["redirect", "post"] {
        let room = room_at(&idp, Room::new(), &format!("binding = \"{binding}\"\nacs_port = {port}"));
        let login = sign_in(&room, &sts, &["login", "prod-admin"]);
        assert_eq!(login.code(), 0, "{binding}: {}", login.stderr);
        assert!(login.stderr.contains("Signed in as alice@example.com at acme"), "{}", login.stderr);
        let page = std::fs::read_to_string(room.outside("page")).unwrap();
        assert!(page.to_lowercase().contains("close this"), "{page}");
        let tags = room.run(&mut room.jit(&sts, &["whoami", "hub", "--tags"])).ok();
        assert!(tags.contains("payments"), "{tags}");
        let said = room.run(&mut room.jit(&sts, &["whoami", "prod-admin", "--json"])).ok();
        let said: Value = serde_json::from_str(&said).unwrap();
        assert!(said.to_string().contains("assumed-role/admin/alice@example.com"), "{said}");
    }
    assert_eq!(sts.journal.all("refused"), Vec::<String>::new());
}

#[test]
fn an_assertion_encrypted_for_aws_is_passed_on() {
    let room = Room::new();
    let port = free_port();
    let idp = SamlProvider::simplesamlphp(&room, &[("ACS", &acs(port)), ("ENCRYPT", "yes")]);
    // moto has no key to open it with: the test can see only that it arrives unchanged.
    let sts = Sts::trusting(&room, idp.certificate(), &[]);
    let room = room_at(&idp, room, &format!("acs_port = {port}"));
    let unknown = sign_in(&room, &sts, &["login", "hub"]);
    assert_eq!(unknown.code(), 2, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("provider_arn"), "{}", unknown.stderr);
    let file = room.home().join(".config/jit/config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let provider = "[role.hub]\nprovider_arn = \"arn:aws:iam::111111111111:saml-provider/acme\"";
    std::fs::write(&file, config.replace("[role.hub]", provider)).unwrap();
    let passed_on = sign_in(&room, &sts, &["login", "hub"]);
    assert_eq!(
        sts.journal.all("refused"),
        ["InvalidIdentityToken: Invalid base64 SAMLResponse"],
        "{}",
        passed_on.stderr
    );
}

#[test]
fn a_wrong_password_is_handled_on_the_idps_page() {
    let room = Room::new();
    let port = free_port();
    let idp = SamlProvider::simplesamlphp(&room, &[("ACS", &acs(port))]);
    let sts = Sts::trusting(&room, idp.certificate(), &[]);
    let room = room_at(&idp, room, &format!("acs_port = {port}"));
    let mut login = room.jit(&sts, &["login", "hub"]);
    let login = room.start(login.env("BROWSER", person(&room, "wrong")));
    crate::support::wait_for("the provider's no", || {
        let page = std::fs::read_to_string(room.outside("page")).unwrap_or_default();
        page.contains("Incorrect username or password").then_some(())
    });
    drop(login);
    assert_eq!(sts.calls(), Vec::<String>::new());
}

/// What is peculiar about the IdP, the exit code, and the message.
#[test]
fn samlp_signs_in_with_its_peculiarities() {
    let cases: [(&[(&str, &str)], i32, &str); 7] = [
        (&[], 0, "Signed in as alice at acme"),
        (&[("SIGNED", "response")], 0, "Signed in as alice at acme"),
        (&[("ROLES", "400")], 0, "Signed in as alice at acme"),
        (&[("ROLES", "600")], 4, "AWS accepts at most 100000"),
        (&[("AUDIENCE", "urn:example:other")], 4, "urn:example:other"),
        (&[("LIFETIME", "-60")], 4, "the assertion expired at"),
        (&[("FAIL", "Responder")], 4, "did not sign you in: the IdP failed"),
    ];
    for (odd, code, words) in cases {
        let (room, port) = (Room::new(), free_port());
        let acs = acs(port);
        let idp = SamlProvider::samlp(&room, &[odd, &[("ACS", &acs)]].concat());
        let sts = Sts::trusting(&room, idp.certificate(), &[]);
        let room = room_at(&idp, room, &format!("acs_port = {port}"));
        let login = sign_in(&room, &sts, &["login", "hub"]);
        assert!(login.code() == code && login.stderr.contains(words), "{odd:?}: {}", login.stderr);
        assert_eq!(
            sts.calls().len(),
            usize::from(code == 0),
            "{odd:?}: nothing goes to AWS that is not right"
        );
        assert_eq!(sts.journal.all("refused"), Vec::<String>::new());
    }
}

/// If roles are listed, the account's alias is requested.
#[test]
fn accounts_are_named_by_alias() {
    let (room, port) = (Room::new(), free_port());
    let acs = acs(port);
    let idp = SamlProvider::samlp(&room, &[("ACS", &acs)]);
    let sts = Sts::trusting(&room, idp.certificate(), &[]);
    let room = room_at(&idp, room, &format!("acs_port = {port}"));
    assert_eq!(sign_in(&room, &sts, &["login", "hub"]).code(), 0);
    let mut aws = room.client(python(), &sts);
    let alias = "import boto3; boto3.client('iam').create_account_alias(AccountAlias='acme-hub')";
    room.run(aws.args(["-c", alias]).env("AWS_CONFIG_FILE", profile(&room)).env("AWS_PROFILE", "hub")).ok();
    // An account is asked once, so only a new room shows it.
    let room = room_at(&idp, Room::new(), &format!("acs_port = {port}"));
    assert_eq!(sign_in(&room, &sts, &["login", "hub"]).code(), 0);
    let explained = room.run(&mut room.jit(&sts, &["explain", "acme-hub/jit-hub"])).ok();
    assert!(explained.contains("arn:aws:iam::111111111111:role/jit-hub"), "{explained}");
}

/// A configuration for AWS's clients, whose one profile is the role `hub`.
fn profile(room: &Room) -> std::path::PathBuf {
    let file = room.outside("aws-config");
    let jit = env!("CARGO_BIN_EXE_jit");
    let text = format!("[profile hub]\ncredential_process = \"{jit}\" credential-process hub\n");
    std::fs::write(&file, text).unwrap();
    file
}

/// The built-in IdP, which approves without asking.
fn signed_in_at_once() -> Servers {
    Servers::start(Settings { approval: Approval::AtOnce, ..Settings::default() }).unwrap()
}

/// The built-in IdP's own signature, checked by an independent program.
#[test]
fn xmlsec1_accepts_the_demos_signature_only_over_its_own_content() {
    let (room, servers) = (Room::new(), signed_in_at_once());
    let key = room.outside("key.pem");
    std::fs::write(&key, servers.signing_key()).unwrap();
    let mut curl = room.command(on_path("curl", "curl"));
    let page = room.run_for_credentials(curl.args(["-s", &format!("{}/saml/start", servers.issuer())])).ok();
    let response = page.split("name=\"SAMLResponse\" value=\"").nth(1).unwrap();
    let response = STANDARD.decode(response.split('"').next().unwrap()).unwrap();
    let response = String::from_utf8(response).unwrap();
    // Both are signed, and each signature is checked separately.
    let verify = |xml: &str, signed: &str| {
        let file = room.outside("response.xml");
        std::fs::write(&file, xml).unwrap();
        let mut xmlsec1 = room.command(on_path("xmlsec1", "xmlsec1"));
        xmlsec1.args(["--verify", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"]);
        xmlsec1.args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response"]);
        let signature = format!("//*[local-name()='{signed}']/*[local-name()='Signature']");
        xmlsec1.args(["--node-xpath", &signature]).arg("--pubkey-pem").arg(&key).arg(file);
        room.run(&mut xmlsec1).code()
    };
    let tampered = response.replacen("alice@example.com", "mallory@example.com", 1);
    assert_ne!(tampered, response);
    for signed in ["Response", "Assertion"] {
        assert_eq!((verify(&response, signed), verify(&tampered, signed)), (0, 1), "{signed}");
    }
}
