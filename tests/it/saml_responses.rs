//! Every response that a SAML sign-in does not accept, what may be posted to the loopback ACS instead of one, and assertions that
//! come again or are encrypted.

use jit_emulator::{Edit, HUB, Settings};

use crate::saml::room;
use crate::support::Room;

/// What is changed in the response, the exit code, and words of the message.
#[test]
fn responses_that_are_refused() {
    let replace = Edit::replacing;
    let by = |edit: fn(String) -> String| Edit::by(edit);
    let attributes = "https://aws.amazon.com/SAML/Attributes/";
    let cases: Vec<(Edit, i32, &str)> = vec![
        (by(|xml| xml.replace("NotOnOrAfter=\"20", "NotOnOrAfter=\"19")), 4, "the assertion expired at 19"),
        (by(|xml| xml.replace("NotBefore=\"20", "NotBefore=\"21")), 4, "the assertion is valid from 21"),
        (
            replace("<saml:Audience>urn:amazon:webservices<", "<saml:Audience>urn:other<"),
            4,
            "audience is `urn:other`",
        ),
        (
            by(|xml| xml.replace(" Recipient=\"http://127", " Recipient=\"http://128")),
            4,
            "is addressed to `http://128",
        ),
        (
            by(|xml| xml.replace("Destination=\"http://127", "Destination=\"http://128")),
            4,
            "is addressed to `http://128",
        ),
        (by(|xml| without_attribute(&xml, "InResponseTo")), 4, "does not refer to the request"),
        (
            replace("SAML/Attributes/Role\"", "SAML/Attributes/role\""),
            4,
            "is almost, but not exactly, https://aws.amazon.com/SAML/Attributes/Role",
        ),
        (
            replace("SAML/Attributes/RoleSessionName", "SAML/Attributes/Name"),
            4,
            "no attribute https://aws.amazon.com/SAML/Attributes/RoleSessionName",
        ),
        (
            replace("<samlp:Response ", "<!DOCTYPE x [<!ENTITY a \"b\">]><samlp:Response "),
            4,
            "declares a document type",
        ),
        (replace("</samlp:Response>", ""), 4, "is not XML"),
        (
            replace(":status:Success", ":status:Requester"),
            4,
            "the IdP says that the request is wrong (Requester)",
        ),
        (replace("platform", "tampered"), 4, "Response signature invalid"),
        (
            Edit::by(move |xml| {
                xml.replace("</saml:AttributeStatement>", &format!("<saml:Attribute Name=\"{attributes}RoleSessionName\"><saml:AttributeValue>bob</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"))
            }),
            4,
            "RoleSessionName appears twice",
        ),
    ];
    for (edit, code, words) in cases {
        let room = room();
        room.servers().faults(|faults| faults.edit_response = Some(edit));
        let login = room.jit(&["login", "hub"]).run();
        assert_eq!(login.code(), code, "{words}: {login}");
        assert!(login.stderr.contains(words), "{words}: {login}");
        assert!(login.stderr.lines().any(|line| line.starts_with("  next: ")), "{words}: {login}");
    }
}

fn without_attribute(xml: &str, name: &str) -> String {
    let start = format!(" {name}=\"");
    let mut parts = xml.split(&start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |xml, part| xml + part.split_once('"').map_or("", |(_, rest)| rest))
}

#[test]
fn what_is_posted_may_be_no_response_at_all() {
    let cases: Vec<(Edit, &str)> = vec![
        (Edit::by(|_| "%%%not base64".to_owned()), "is not base64"),
        (Edit::by(|_| "/w==".to_owned()), "is not UTF-8"),
        (Edit::by(|_| "A".repeat(100_001)), "has 100001 characters; AWS accepts at most 100000"),
    ];
    for (edit, words) in cases {
        let room = room();
        room.servers().faults(|faults| faults.edit_posted = Some(edit));
        let login = room.jit(&["login", "hub"]).run();
        assert!(login.code() == 4 && login.stderr.contains(words), "{words}: {login}");
        let page = std::fs::read_to_string(room.path("shown")).unwrap();
        assert!(page.contains("Sign-in failed"), "{page}");
    }
}

#[test]
fn five_hundred_roles_work() {
    let offered = (0..500).map(|n| format!("arn:aws:iam::{n:012}:role/r"));
    let offered = offered.chain([HUB.to_owned()]).collect();
    let room = Room::by_saml(Settings { offered, ..Settings::default() });
    let login = room.jit(&["login", "hub"]).run();
    assert_eq!(login.code(), 0, "{login}");
    let missing = room.jit(&["login", "000000000007/r"]).run();
    insta::assert_snapshot!(room.told(&missing), @r#"
    exit 4
    --- stderr
    error: arn:aws:iam::000000000007:role/r cannot be assumed with the SAML assertion of your sign-in: it does not exist, does not trust the caller, or a condition of its trust policy failed; AWS does not say which
      next: check the ARN, including upper and lower case: arn:aws:iam::000000000007:role/r
      next: have the trust policy name the SAML provider of this IdP
      next: compare its condition SAML:aud with the assertion's Recipient, which is jit's own URL with capture = "loopback"
      next: have it allow sts:TagSession and sts:SetSourceIdentity if the IdP sends tags or a source identity
      next: jit explain 000000000007/r  shows every value of the request
    "#);
}

#[test]
fn a_response_to_another_request_ends_nothing() {
    let room = room();
    // A page of another site posts its own response first; then the person comes back.
    room.write_browser(
        r#"page=$(curl -sSL "$1")
in_page() { printf '%s' "$page" | sed -n "s/.*$1.*/\\1/p"; }
action=$(in_page '<form method="post" action="\([^"]*\)"')
response=$(in_page 'name="SAMLResponse" value="\([^"]*\)"')
state=$(in_page 'name="RelayState" value="\([^"]*\)"')
other=$(printf '%s' "$response" | base64 -d | sed 's/InResponseTo="_/InResponseTo="_f/g' | base64 -w0)
curl -s -o "$HOME/stray" --data-urlencode "SAMLResponse=$other" --data-urlencode "RelayState=$state" "$action"
curl -s -o "$HOME/stray2" --data-urlencode "SAMLResponse=$response" --data-urlencode "RelayState=other" "$action"
curl -s -o "$HOME/stray3" "$action?SAMLResponse=x"
curl -sL -o "$HOME/shown" --data-urlencode "SAMLResponse=$response" --data-urlencode "RelayState=$state" "$action"
curl -s -o "$HOME/late" --data-urlencode "SAMLResponse=$response" --data-urlencode "RelayState=$state" "$action""#,
    );
    let login = room.jit(&["login", "hub"]).run();
    assert_eq!(login.code(), 0, "{login}");
    for file in ["stray", "stray2", "stray3"] {
        let page = std::fs::read_to_string(room.path(file)).unwrap();
        assert!(page.contains("Another sign-in"), "{file}: {page}");
    }
}

#[test]
fn a_replayed_assertion_is_refused() {
    let room = room();
    let first = std::sync::Mutex::new(None::<String>);
    // The IdP repeats the first assertion in its second answer.
    room.servers().faults(|faults| {
        faults.edit_assertion = Some(Edit::by(move |xml| {
            let id = xml
                .split(" ID=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_default()
                .to_owned();
            let mut first = first.lock().unwrap();
            let old = first.get_or_insert_with(|| id.clone()).clone();
            xml.replace(&id, &old)
        }));
    });
    assert_eq!(room.jit(&["login", "hub"]).run().code(), 0);
    let again = room.jit(&["login", "--force", "hub"]).run();
    insta::assert_snapshot!(room.told(&again), @"
    exit 4
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: this assertion was already used for the last sign-in
      next: run `jit login hub` again
    ");
}

#[test]
fn an_encrypted_assertion_is_passed_on_if_the_saml_provider_is_known() {
    let room = room();
    room.servers().faults(|faults| faults.encrypted = true);
    let unknown = room.jit(&["login", "hub"]).run();
    insta::assert_snapshot!(room.told(&unknown), @r#"
    exit 2
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: the assertion of demo is encrypted, so jit cannot tell which SAML provider hub uses
      next: add to [role.hub] the SAML provider of this IdP in the role's account: provider_arn = "arn:aws:iam::111111111111:saml-provider/NAME"
    "#);
    let arn = format!("role_arn = \"{HUB}\"");
    let provider = "provider_arn = \"arn:aws:iam::111111111111:saml-provider/demo\"";
    room.write_config(&room.saml_config("").replace(&arn, &format!("{arn}\n{provider}")));
    let known = room.jit(&["login", "hub"]).run();
    assert_eq!(known.code(), 0, "{known}");
    // Only AWS tells who it was.
    insta::assert_snapshot!(room.told(&known), @"
    exit 0
    --- stderr
    ✓ Signed in as alice@example.com at demo
      hub  account 111111111111  until HH:MM  TIME left
    ");
}
