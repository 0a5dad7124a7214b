//! The suggestion beside a mistake in `config.toml` is true: each row makes one mistake, reads what is suggested, makes
//! that edit and nothing else, and the file is taken.

use super::hints;
use crate::support::Room;

/// One mistake in a good file.
struct Row {
    /// What is replaced, and by what, to make it.
    mistake: (&'static str, &'static str),
    /// What is suggested, as far as it is followed.
    says: &'static str,
    /// What is replaced, and by what, to do as suggested.
    follow: (&'static str, &'static str),
}

/// Of a file whose IdP speaks OIDC.
const OIDC: &[Row] = &[
    row(
        (
            "[role.hub]\nidp = \"demo\"\nrole_arn",
            "[role.hub]\nidp = \"demo\"\naccount = \"111111111111\"\nrole_arn",
        ),
        "delete account and permission_set",
        ("account = \"111111111111\"\n", ""),
    ),
    row(
        ("[role.admin]", "[role.x]\nvia = \"hub\"\npermission_set = \"Dev\"\n[role.admin]"),
        "write role_arn = \"arn:aws:iam::111111111111:role/NAME\" instead of",
        ("permission_set = \"Dev\"", "role_arn = \"arn:aws:iam::111111111111:role/NAME\""),
    ),
    row(
        ("[role.admin]", "[role.x]\nvia = \"hub\"\n[role.admin]"),
        "add role_arn = \"arn:aws:iam::111111111111:role/NAME\"",
        ("[role.x]", "[role.x]\nrole_arn = \"arn:aws:iam::111111111111:role/NAME\""),
    ),
    row(
        ("issuer = \"http://127.0.0.1", "issuer = \"acme.okta.com/x?y=1\" # "),
        "write https://acme.okta.com/x",
        ("acme.okta.com/x?y=1", "https://acme.okta.com/x"),
    ),
    row(("type = ", "tpye = "), "did you mean `type`?", ("tpye", "type")),
    row(("\"oidc\"", "\"odic\""), "did you mean `oidc`?", ("odic", "oidc")),
    row(("client_id = ", "client_i = "), "did you mean `client_id`?", ("client_i ", "client_id ")),
    row(
        ("[role.admin]", "[role.admin]\nregoin = \"eu-west-2\""),
        "`region` is there already; delete `regoin`",
        ("regoin = \"eu-west-2\"\n", ""),
    ),
    row(("region = ", "regoin = "), "did you mean `region`?", ("regoin", "region")),
    row(("\"eu-west-1\"", "\"Ireland\""), "such as eu-west-1", ("Ireland", "eu-west-1")),
    row(("via = \"hub\"", "via = \"hubb\""), "did you mean `hub`?", ("hubb", "hub")),
    row(
        ("via = \"hub\"", "via = \"demo\""),
        "that is an IdP: write idp = \"demo\" instead of via",
        ("via = \"demo\"", "idp = \"demo\""),
    ),
    row(
        ("[role.admin]\nvia = \"hub\"", "[role.admin]\nidp = \"hub\""),
        "that is a role: write via = \"hub\" instead of idp",
        ("idp = \"hub\"", "via = \"hub\""),
    ),
    row(("via = \"hub\"", "via = \"admn\""), "there are: developer, hub", ("admn", "hub")),
    row(
        ("via = \"hub\"", "via = \"admin\""),
        "let one of them start at an IdP: idp = \"NAME\" instead of via",
        ("via = \"admin\"", "idp = \"demo\""),
    ),
    row(
        ("via = \"hub\"", "via = \"hub\"\nidp = \"demo\""),
        "a hub role has idp, a spoke role has via; delete one",
        ("via = \"hub\"\nidp = \"demo\"", "via = \"hub\""),
    ),
    row(
        ("via = \"hub\"\n", ""),
        "a hub role has idp = \"NAME\", a spoke role has via = \"HUB\"",
        ("[role.admin]", "[role.admin]\nvia = \"hub\""),
    ),
    row(("[idp.demo]", "default_role = \"admni\"\n[idp.demo]"), "did you mean `admin`?", ("admni", "admin")),
    row(
        ("[idp.demo]", "console_browser = [\"firefox\"]\n[idp.demo]"),
        "such as [\"firefox\", \"--new-tab\", \"{url}\"]",
        ("[\"firefox\"]", "[\"firefox\", \"--new-tab\", \"{url}\"]"),
    ),
    row(("[role.admin]", "[role.admin]\nduration = \"13h\""), "it goes from 15m to 12h", ("13h", "12h")),
    row(
        ("[role.admin]", "[role.admin]\nsession_name = \"a b\""),
        "2 to 64 letters, digits and _ + = , . @ -",
        ("a b", "a.b"),
    ),
    row(
        ("[role.admin]", "[role.admin]\nexternal_id = \"a b\""),
        "2 to 1224 letters, digits and _ + = , . @ : / -",
        ("a b", "a:b"),
    ),
    row(
        ("[role.admin]", "[role.admin]\ntransitive_tags = [\"team\"]"),
        "name it in tags as well",
        ("[role.admin]", "[role.admin]\ntags = { team = \"core\" }"),
    ),
    row(
        ("[role.admin]", "[role.admin]\npolicy_arns = [\"x\"]"),
        "such as arn:aws:iam::aws:policy/ReadOnlyAccess",
        ("\"x\"", "\"arn:aws:iam::aws:policy/ReadOnlyAccess\""),
    ),
    row(
        ("[idp.demo]", "[idp.demo]\nflow = \"devise\""),
        "it is \"auto\", \"browser\" or \"device\"",
        ("devise", "device"),
    ),
    row(
        ("[idp.demo]", "[idp.demo]\nclient_auth = \"client_secret_post\""),
        "delete it",
        ("client_auth = \"client_secret_post\"\n", ""),
    ),
    row(("[idp.demo]", "[idp.demo]\nacr_values = []"), "name one or more, or delete it", ("[]", "[\"phr\"]")),
    row(
        ("[idp.demo]", "[idp.demo]\nauthorize = { prompt = \"none\" }"),
        "such as prompt = \"select_account\"",
        ("none", "select_account"),
    ),
    row(
        ("[idp.demo]", "[idp.demo]\nauthorize = { scope = \"x\" }"),
        "write scopes = [\"…\"] beside authorize",
        ("authorize = { scope = \"x\" }", "scopes = [\"x\"]"),
    ),
];

/// Of a file whose IdP speaks SAML.
const SAML: &[Row] = &[
    row(
        ("[role.hub]", "[role.hub]\namr = [\"mfa\"]"),
        "demand acr = [\"…\"] instead: the AuthnContextClassRef that the IdP writes",
        ("amr = [\"mfa\"]", "acr = [\"mfa\"]"),
    ),
    row(
        ("[role.hub]", "[role.hub]\nsession_name = \"alice\""),
        "delete it, and let the IdP set the attribute RoleSessionName, or set it on a spoke",
        ("session_name = \"alice\"\n", ""),
    ),
    row(
        ("[role.hub]", "[role.hub]\nprovider_arn = \"x\""),
        "such as arn:aws:iam::111111111111:saml-provider/NAME",
        ("\"x\"", "\"arn:aws:iam::111111111111:saml-provider/NAME\""),
    ),
    row(
        ("sso_url = \"http://127.0.0.1", "sso_url = \"http://idp.acme.com"),
        "write https://idp.acme.com",
        ("http://idp.acme.com", "https://idp.acme.com"),
    ),
    row(
        ("sso_url = \"http://127.0.0.1", "sso_url = \"ftp://idp.acme.com"),
        "such as https://idp.acme.com/saml/sso",
        ("ftp://idp.acme.com", "https://idp.acme.com"),
    ),
    row(("acs_port = 0", "acs_prt = 0"), "did you mean `acs_port`?", ("acs_prt", "acs_port")),
    row(("acs_port = 0", "binding = \"artifact\""), "it is \"redirect\" or \"post\"", ("artifact", "post")),
    row(("acs_port = 0", "acs_port = 0\nbrowser = \"chrome\""), "delete it", ("browser = \"chrome\"\n", "")),
    row(
        ("acs_port = 0", "capture = \"browser\"\nacs_url = \"https://idp.acme.com/saml\""),
        "such as https://eu-west-1.signin.aws.amazon.com/saml",
        ("https://idp.acme.com/saml", "https://eu-west-1.signin.aws.amazon.com/saml"),
    ),
    row(
        ("sso_url = ", "capture = \"loopback\"\nstart_url = "),
        "write capture = \"browser\", or an sso_url instead of start_url",
        ("start_url", "sso_url"),
    ),
];

/// Of a file whose IdP is Identity Center.
const CENTER: &[Row] = &[
    row(
        ("account = \"333333333333\"\npermission_set = \"Developer\"", ""),
        "add account = \"111111111111\" and permission_set = \"Developer\"",
        ("[role.dev]", "[role.dev]\naccount = \"111111111111\"\npermission_set = \"Developer\""),
    ),
    row(
        (
            "account = \"333333333333\"\npermission_set = \"Developer\"",
            "role_arn = \"arn:aws:iam::333333333333:role/x\"",
        ),
        "write account = \"111111111111\" and permission_set = \"Developer\" instead of role_arn",
        (
            "role_arn = \"arn:aws:iam::333333333333:role/x\"",
            "account = \"111111111111\"\npermission_set = \"Developer\"",
        ),
    ),
    row(
        ("start_url = \"http://127.0.0.1", "start_url = \"acme://x"),
        "such as https://acme.awsapps.com/start",
        ("acme://x", "https://acme.awsapps.com/start"),
    ),
    row(
        ("[role.dev]", "[role.dev]\nexternal_id = \"a b\""),
        "delete it, or set it on a spoke",
        ("external_id = \"a b\"\n", ""),
    ),
    row(
        ("[role.dev]", "[role.dev]\nduration = \"13h\""),
        "delete it, or set it on a spoke",
        ("duration = \"13h\"\n", ""),
    ),
    row(
        ("[role.dev]", "[role.dev]\nduration = \"1h\""),
        "delete it, or set it on a spoke",
        ("duration = \"1h\"\n", ""),
    ),
    row(
        ("[role.dev]", "[role.dev]\nrole_arn = \"arn:aws:iam::333333333333:role/x\""),
        "a permission set is named by account and permission_set alone; delete role_arn",
        ("role_arn = \"arn:aws:iam::333333333333:role/x\"\n", ""),
    ),
    row(
        ("\"333333333333\"", "\"3333\""),
        "such as \"111111111111\", with the zeros that it may begin with",
        ("\"3333\"", "\"000000003333\""),
    ),
    row(
        ("account = \"333333333333\"\n", ""),
        "add account = \"111111111111\"",
        ("[role.dev]", "[role.dev]\naccount = \"111111111111\""),
    ),
    row(("\"Developer\"", "\"a b\""), "1 to 32 letters, digits and _ + = , . @ -", ("a b", "a-b")),
    row(
        ("region = \"eu-west-1\"", "region = \"Ireland\""),
        "the region that Identity Center is in, such as eu-west-1",
        ("Ireland", "eu-west-1"),
    ),
];

const fn row(
    mistake: (&'static str, &'static str),
    says: &'static str,
    follow: (&'static str, &'static str),
) -> Row {
    Row { mistake, says, follow }
}

fn replaced(text: &str, (from, to): (&str, &str)) -> String {
    assert!(text.contains(from), "{from:?} is not in\n{text}");
    text.replacen(from, to, 1)
}

#[test]
fn following_a_suggestion_fixes_the_file() {
    let oidc = Room::new();
    let saml = super::by_saml();
    let center = Room::by_center(jit_emulator::Settings::default());
    let files = [
        (&oidc, oidc.usual_config(), OIDC),
        (&saml, saml.saml_config(""), SAML),
        (&center, center.center_config(""), CENTER),
    ];
    let mut wrong = Vec::new();
    for (room, good, rows) in &files {
        for row in *rows {
            let bad = replaced(good, row.mistake);
            room.write_config(&bad);
            let refused = room.jit(&["explain", "admin"]).run();
            if refused.code() == 0 || !hints(&refused).concat().contains(row.says) {
                wrong.push(format!("{:?} should say {:?}: {refused}", row.mistake, row.says));
                continue;
            }
            room.write_config(&replaced(&bad, row.follow));
            let mended = room.jit(&["explain", "admin"]).run();
            if mended.code() != 0 {
                wrong.push(format!("{:?} leads nowhere: {mended}", row.says));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
