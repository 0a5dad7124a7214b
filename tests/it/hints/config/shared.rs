//! Mistakes in a shared file, as it is taken and where it stands in `config.toml`.

use super::{Bench, Row, row, told};
use crate::support::Room;

const GOOD: &str = "\
[idp.acme]
type = \"okta\"
org = \"https://acme.okta.com\"
app_url = \"https://acme.okta.com/home/amazon_aws/0oa1/272\"

[role.hub]
idp = \"acme\"
role_arn = \"arn:aws:iam::111111111111:role/hub\"

[role.far]
via = \"hub\"
role_arn = \"arn:aws:iam::222222222222:role/far\"
";

pub(super) fn benches() -> Vec<Bench> {
    let of_url = "# >>> shared by https://acme.com/jit.toml sha256:00\n";
    let end = "# <<< shared by https://acme.com/jit.toml\n";
    let own = "[idp.own]\ntype = \"oidc\"\nissuer = \"https://own.okta.com\"\nclient_id = \"x\"\n";
    let empty = Room::new();
    empty.write_config("");
    vec![
        Bench {
            room: empty,
            path: "shared.toml",
            good: GOOD.to_owned(),
            typed: &["configure", "add", "shared.toml", "--dry-run"],
            rows: taken(),
        },
        Bench {
            room: Room::new(),
            path: "config/jit/config.toml",
            good: format!("{own}\n{of_url}{GOOD}{end}"),
            typed: &["explain", "hub"],
            rows: in_place(of_url, end),
        },
    ]
}

fn taken() -> Vec<Row> {
    let refused = "delete it there; each person may set it in their own config.toml";
    let role = |name: &str| {
        format!(
            "[role.\"{name}\"]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n[role.hub]"
        )
    };
    vec![
        row(("[idp.acme]", "key_cache = \"1h\"\n[idp.acme]"), refused, ("key_cache = \"1h\"\n", "")),
        row(
            ("[idp.acme]", "default_role = \"hub\"\nauto_login = true\n[idp.acme]"),
            refused,
            ("auto_login = true\n", ""),
        ),
        row(("org =", "username = \"alice\"\norg ="), refused, ("username = \"alice\"\n", "")),
        row(("[role.hub]\n", "[role.hub]\nauto_login = true\n"), refused, ("auto_login = true\n", "")),
        row(("org =", "browser = \"/tmp/evil\"\norg ="), "one of chrome", ("/tmp/evil", "chrome")),
        row(
            ("[role.hub]", role("arn:aws:iam::111111111111:role/y")),
            "give it another name",
            ("arn:aws:iam::111111111111:role/y", "y"),
        ),
        row(("[role.hub]", role("222222222222/x")), "give it another name", ("222222222222/x", "x")),
        row(("org = \"https", "org = \"http"), "write https://acme.okta.com", ("http://", "https://")),
        row(
            ("[role.hub]", "[spokes.x]\nvia = \"hub\"\nrole_name = \"x\"\naccounts = \"a.toml\"\n[role.hub]"),
            "write the accounts into the table, or accounts = \"organization\"",
            ("\"a.toml\"", "\"organization\""),
        ),
        told(
            ("[role.hub]\n", "# <<< shared by somebody\n[role.hub]\n"),
            "marks a shared part",
            ("# <<< shared by somebody\n", ""),
        ),
        told(
            ("[role.hub]\n", format!("# {}\n[role.hub]\n", "x".repeat(5000))),
            "characters",
            ("x".repeat(5000), "x"),
        ),
    ]
}

/// In the copy, which somebody has edited. `begin` and `end` are its first and its last line.
fn in_place(begin: &str, end: &str) -> Vec<Row> {
    let again = "fetch it again: jit configure add URL";
    let whole = format!("{begin}{GOOD}{end}");
    let part = |role: &str| format!("{begin}{role}{end}");
    vec![
        row(
            (
                "org = \"https://acme.okta.com\"\napp_url = \"https://acme.okta.com/",
                "org = \"http://127.0.0.1:1\"\napp_url = \"http://127.0.0.1:1/",
            ),
            "a shared file can use only https URLs",
            (
                "org = \"http://127.0.0.1:1\"\napp_url = \"http://127.0.0.1:1/",
                "org = \"https://acme.okta.com\"\napp_url = \"https://acme.okta.com/",
            ),
        ),
        row(
            (end, format!("[access]\nledger = \"~/x\"\nregion = \"eu-west-1\"\n{end}")),
            "such as s3://acme-jit-ledger",
            ("~/x", "s3://acme-jit-ledger"),
        ),
        row((end, ""), again, (format!("{begin}{GOOD}"), whole.clone())),
        row((begin, ""), again, (format!("{GOOD}{end}"), whole.clone())),
        row(
            ("idp = \"acme\"", "idp = \"own\""),
            again,
            (format!("{begin}{}{end}", GOOD.replace("idp = \"acme\"", "idp = \"own\"")), whole.clone()),
        ),
        row(
            (format!("{GOOD}{end}"), format!("{GOOD}description = '''\n{end}'''\n")),
            "a shared part ends at its own comment; delete the part and add it again",
            (format!("{begin}{GOOD}description = '''\n{end}'''\n"), whole.clone()),
        ),
        row(
            (end, format!("{end}[role.far.tags]\nteam = \"core\"\n")),
            "only the publisher of a shared file can change its tables",
            ("[role.far.tags]\nteam = \"core\"\n", ""),
        ),
        row(
            (whole.clone(), format!("{}{}", GOOD, part("[role.far.tags]\nteam = \"core\"\n"))),
            again,
            (part("[role.far.tags]\nteam = \"core\"\n"), String::new()),
        ),
    ]
}
