//! Mistakes in `[idp.NAME]`, and above all tables.

mod oidc;

use jit_emulator::Settings;

use oidc::oidc_rows;

use super::{Bench, Row, roles, row, told};
use crate::support::Room;

const CONFIG: &str = "config/jit/config.toml";

pub(super) fn benches() -> Vec<Bench> {
    let bench = |room: Room, good: String, rows: [Vec<Row>; 2]| Bench {
        room,
        path: CONFIG,
        good,
        typed: &["explain", "admin"],
        rows: rows.into_iter().flatten().collect(),
    };
    let (oidc, saml) = (Room::new(), super::super::by_saml());
    let (okta, center) = (Room::new(), Room::by_center(Settings::default()));
    let usual = oidc.usual_config();
    let (_, roles_of_it) = usual.split_once("\n\n").unwrap();
    let with_access = format!("{usual}\n{ACCESS}");
    let of_okta = format!("{OKTA}\n{roles_of_it}");
    let (of_saml, of_center) = (saml.saml_config(""), center.center_config(""));
    vec![
        bench(oidc, usual, [oidc_rows(), roles::of_oidc()]),
        bench(Room::new(), with_access, [access_rows(), Vec::new()]),
        bench(saml, of_saml, [saml_rows(), roles::of_saml()]),
        bench(okta, of_okta, [okta_rows(), Vec::new()]),
        bench(center, of_center, [center_rows(), roles::of_center()]),
    ]
}

const OKTA: &str = "[idp.demo]
type = \"okta\"
org = \"https://acme.okta.com\"
app_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"
";

const ACCESS: &str = "[access]
ledger = \"s3://acme-jit-ledger\"
region = \"eu-west-2\"
entry = \"hub\"
";

fn access_rows() -> Vec<Row> {
    let ledger = "ledger = \"s3://acme-jit-ledger\"\n";
    let region = "region = \"eu-west-2\"\n";
    let another = |place: &str| ("s3://acme-jit-ledger", place.to_owned());
    vec![
        row(
            (ledger, ""),
            "add a line such as ledger = \"s3://acme-jit-ledger\"",
            ("[access]\n", format!("[access]\n{ledger}")),
        ),
        row(
            (region, ""),
            "add a line such as region = \"eu-west-1\"",
            ("[access]\n", "[access]\nregion = \"eu-west-1\"\n"),
        ),
        row(("\"eu-west-2\"", "\"Ireland\""), "such as eu-west-1", ("Ireland", "eu-west-1")),
        row(another("s3://acme/x"), "write s3://acme", ("s3://acme/x", "s3://acme")),
        row(another("s3://Acme"), "such as s3://acme-jit-ledger", ("s3://Acme", "s3://acme-jit-ledger")),
        row(
            another("https://acme"),
            "such as s3://acme-jit-ledger",
            ("https://acme", "s3://acme-jit-ledger"),
        ),
        row(another("trial"), "such as ~/jit-trial", ("\"trial", "\"~/jit-trial")),
        row(("entry = \"hub\"", "entry = \"hubb\""), "did you mean `hub`?", ("hubb", "hub")),
        row(
            ("entry = \"hub\"", "entry = \"hub\"\nissuer = \"x\""),
            "delete it: it is a key of",
            ("\nissuer = \"x\"", ""),
        ),
    ]
}

/// A parameter that `authorize` cannot have, and where it is to be written instead; nothing where it is to be deleted.
fn own_parameter(name: &str, says: &str, beside: &str) -> Row {
    let written = format!("authorize = {{ {name} = \"x\" }}\n");
    row(("client_id = ", format!("{written}client_id = ")), says, (written, beside))
}

fn saml_rows() -> Vec<Row> {
    let start = "start_url = \"https://idp.acme.com/start\" # ";
    vec![
        row(
            ("sso_url = ", "capture = \"loopback\"\nstart_url = "),
            "write capture = \"browser\", or an sso_url instead of start_url",
            ("loopback", "browser"),
        )
        .then("`acs_port`"),
        row(
            ("sso_url = \"http://127.0.0.1", "sso_url = \"http://idp.acme.com"),
            "write https://idp.acme.com",
            ("http://idp.acme.com", "https://idp.acme.com"),
        ),
        row(
            ("sso_url = \"http://127.0.0.1", "sso_url = \"ftp://x\" # "),
            "such as https://idp.acme.com/saml/sso",
            ("ftp://x", "https://idp.acme.com/saml/sso"),
        ),
        row(("acs_port = 0", "acs_prt = 0"), "did you mean `acs_port`?", ("acs_prt", "acs_port")),
        row(
            ("acs_port = 0", "binding = \"artifact\""),
            "valid values: \"redirect\" or \"post\"",
            ("artifact", "post"),
        ),
        row(
            ("acs_port = 0", "acs_port = 0\nbrowser = \"chrome\""),
            "delete it",
            ("browser = \"chrome\"\n", ""),
        ),
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
        row(
            ("sso_url = ", "# "),
            "add sso_url = \"https://idp.acme.com/saml/sso\"",
            ("# ", "sso_url = \"https://idp.acme.com/saml/sso\" # "),
        ),
        row(("sso_url = ", "ssourl = "), "did you mean `sso_url`?", ("ssourl", "sso_url")),
        row(
            ("acs_port = 0", "start_url = \"https://idp.acme.com/start\""),
            "start_url is a page of the IdP; delete one",
            ("start_url = \"https://idp.acme.com/start\"", ""),
        ),
        row(("sso_url = ", start), "delete it", ("acs_port = 0\n", "")),
        row(("sso_url = ", "start_url = \"idp.acme.com/start\" # "), "delete it", ("acs_port = 0\n", ""))
            .then("`idp.acme.com/start`"),
        row(
            ("sso_url = ", "start_url = \"ftp://idp.acme.com\"\nbinding = \"x\" # "),
            "delete it",
            ("acs_port = 0\n", ""),
        )
        .then("`binding`"),
        row(
            ("acs_port = 0", "capture = \"browser\"\nacs_host = \"0.0.0.0\""),
            "delete it",
            ("acs_host = \"0.0.0.0\"\n", ""),
        ),
        row(
            ("acs_port = 0", "acs_host = \"0.0.0.0\""),
            "valid values: \"127.0.0.1\" or \"localhost\"",
            ("0.0.0.0", "localhost"),
        ),
        row(("acs_port = 0", "acs_url = \"x\""), "delete it", ("acs_url = \"x\"", "")),
        row(
            ("acs_port = 0", "capture = \"browser\"\nacs_url = \"eu-west-1.signin.aws.amazon.com/saml\""),
            "write https://eu-west-1.signin.aws.amazon.com/saml",
            ("\"eu-west-1.signin", "\"https://eu-west-1.signin"),
        ),
        row(
            ("acs_port = 0", "authn_context = [\"a b\"]"),
            "1 to 200 letters, digits and symbols without spaces",
            ("a b", "a-b"),
        ),
        told(("acs_port = 0", "force_authn = \"yes\""), "true or false, not a string", ("\"yes\"", "true")),
    ]
}

fn okta_rows() -> Vec<Row> {
    vec![
        row(
            ("org = \"https", "org = \"http"),
            "write https://acme.okta.com",
            ("http://acme", "https://acme"),
        ),
        row(
            ("okta.com\"\n", "okta.com/app/UserHome\"\n"),
            "write https://acme.okta.com",
            ("/app/UserHome", ""),
        ),
        row(
            ("org = \"https://acme.okta.com\"", "org = \"acme\""),
            "such as https://acme.okta.com",
            ("\"acme\"", "\"https://acme.okta.com\""),
        ),
        row(
            ("org = \"https://acme.okta.com\"\n", ""),
            "add a line such as org = \"https://acme.okta.com\"",
            ("[idp.demo]\n", "[idp.demo]\norg = \"https://acme.okta.com\"\n"),
        ),
        row(
            ("app_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"\n", ""),
            "add a line such as app_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"",
            ("[idp.demo]\n", "[idp.demo]\napp_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"\n"),
        ),
        row(
            ("https://acme.okta.com/home", "http://acme.okta.com/home"),
            "write https://acme.okta.com/home",
            ("http://", "https://"),
        ),
        row(
            ("app_url = \"https://acme.okta.com/", "app_url = \"https://other.okta.com/"),
            "such as https://acme.okta.com/home/amazon_aws/0oa1/272",
            ("https://other.okta.com/", "https://acme.okta.com/"),
        ),
        row(
            (
                "org = \"https://acme.okta.com\"\napp_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"",
                "org = \"https://b.okta.com\"\napp_url = \"a tile\"",
            ),
            "such as https://b.okta.com/home/amazon_aws/0oa1/272",
            ("a tile", "https://b.okta.com/home/amazon_aws/0oa1/272"),
        ),
        row(
            ("app_url", "flow = \"device\"\napp_url"),
            "add a line such as client_id = \"0oa1b2c3\"",
            ("app_url", "client_id = \"0oa1b2c3\"\napp_url"),
        ),
        row(
            ("app_url", "flow = \"devise\"\napp_url"),
            "valid values: \"auto\", \"classic\" or \"device\"",
            ("devise", "auto"),
        ),
        row(("app_url", "factor = \"puhs\"\napp_url"), "\"push\"", ("puhs", "push")),
        row(
            ("app_url", "acr_values = []\napp_url"),
            "delete it, or add the client_id of the org's OIDC native application",
            ("acr_values = []\n", ""),
        ),
        row(
            ("app_url", "max_age = \"1h\"\napp_url"),
            "delete it, or add the client_id of the org's OIDC native application",
            ("app_url", "client_id = \"0oa1b2c3\"\napp_url"),
        ),
        row(
            ("app_url", "password = \"x\"\napp_url"),
            "valid keys are type, auto_login, org",
            ("password = \"x\"\n", ""),
        ),
    ]
}

fn center_rows() -> Vec<Row> {
    vec![
        row(
            ("start_url = \"http://127.0.0.1", "start_url = \"acme://x"),
            "such as https://acme.awsapps.com/start",
            ("acme://x", "https://acme.awsapps.com/start"),
        ),
        row(
            ("region = \"eu-west-1\"", "region = \"Ireland\""),
            "the region of Identity Center, such as eu-west-1",
            ("Ireland", "eu-west-1"),
        ),
        row(
            ("start_url = ", "# "),
            "add a line such as start_url = \"https://acme.awsapps.com/start\"",
            ("# ", "start_url = \"https://acme.awsapps.com/start\" # "),
        ),
        row(
            ("start_url = \"http://127.0.0.1", "start_url = \"acme.awsapps.com/start\" # "),
            "write https://acme.awsapps.com/start",
            ("\"acme", "\"https://acme"),
        ),
        row(
            ("region = \"eu-west-1\"\n", ""),
            "add a line such as region = \"eu-west-1\"",
            ("[idp.demo]\n", "[idp.demo]\nregion = \"eu-west-1\"\n"),
        ),
    ]
}
