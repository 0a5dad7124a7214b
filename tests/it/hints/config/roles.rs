//! Mistakes in `[role.NAME]`, by the kind of IdP that the role is reached by.

use super::{Row, row, told};

/// A role of its own, so that nothing else in the file depends on it.
fn another(keys: &str) -> (&'static str, String) {
    ("[role.admin]", format!("[role.x]\n{keys}\n[role.admin]"))
}

const SPOKE: &str = "via = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/x\"";
const GOV: &str = "via = \"hub\"\nrole_arn = \"arn:aws-us-gov:iam::222222222222:role/x\"";

pub(super) fn of_oidc() -> Vec<Row> {
    let tags = |count: usize| (0..count).map(|n| format!("t{n} = \"x\"")).collect::<Vec<_>>().join(", ");
    let arns = |count: usize| {
        (0..count).map(|n| format!("\"arn:aws:iam::aws:policy/P{n}\"")).collect::<Vec<_>>().join(", ")
    };
    let contexts = |count: usize| (0..count).map(|n| format!("\"c{n}\"")).collect::<Vec<_>>().join(", ");
    let spokes = |keys: &str| ("[role.admin]", format!("[spokes.x]\n{keys}\n[role.admin]"));
    let in_accounts =
        |accounts: &str| spokes(&format!("via = \"hub\"\nrole_name = \"x\"\naccounts = {accounts}"));
    let listed = "accounts = { payments-prod = \"222222222222\" }";
    vec![
        row(
            spokes("via = \"hub\"\nrole_name = \"x\""),
            "add accounts = { payments-prod = \"222222222222\" }",
            ("[spokes.x]", format!("[spokes.x]\n{listed}")),
        ),
        row(
            spokes(&format!("via = \"hub\"\nrole_name = \"a b\"\n{listed}")),
            "1 to 64 letters, digits and _ + = , . @ -",
            ("a b", "a.b"),
        ),
        row(in_accounts("{}"), "such as { payments-prod", ("{}", "{ payments-prod = \"222222222222\" }")),
        told(
            in_accounts("[]"),
            "must be a table of accounts such as { payments-prod = \"222222222222\" }, not a list",
            ("[]", "{ payments-prod = \"222222222222\" }"),
        ),
        row(
            in_accounts("\"all\""),
            "write accounts = \"organization\", or the path of a file whose name ends in .toml",
            ("\"all\"", "\"organization\""),
        ),
        told(in_accounts("\"none.toml\""), "cannot read none.toml: ", ("\"none.toml\"", "\"organization\"")),
        row(in_accounts("{ a = \"2\" }"), "such as \"111111111111\", with leading zeros", ("\"2\"", "\"111111111111\"")),
        row(in_accounts("{ \"a/b\" = \"222222222222\" }"), "write - instead of /", ("a/b", "a-b")),
        row(in_accounts("{ \"a b\" = \"222222222222\" }"), "use letters, digits and - _ . / % @ : +", ("a b", "a-b")),
        row(
            in_accounts("{ 333333333333 = \"222222222222\" }"),
            "give the account another name",
            ("333333333333", "other"),
        ),
        row(
            (
                "[role.admin]",
                format!("[spokes.x]\nvia = \"hub\"\nrole_name = \"x\"\n{listed}\n[role.\"payments-prod/x\"]\n{SPOKE}\n[role.admin]"),
            ),
            "delete one of them",
            (format!("[role.\"payments-prod/x\"]\n{SPOKE}\n"), ""),
        ),
        row(
            ("[idp.demo]", "audit_log = \"jit.log\"\n[idp.demo]"),
            "such as \"~/jit-audit.log\", or \"syslog\", \"journald\" or \"off\"",
            ("\"jit.log\"", "\"~/jit-audit.log\""),
        ),
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
        ("[role.admin]", "[role.admin]\nregoin = \"eu-west-2\""),
        "`region` is already set; delete `regoin`",
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
        row(("via = \"hub\"", "via = \"admn\""), "valid names: developer, hub", ("admn", "hub")),
        row(
        ("via = \"hub\"", "via = \"admin\""),
        "start one of them at an IdP: idp = \"NAME\" instead of via",
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
        row(("[role.admin]", "[role.admin]\nduration = \"13h\""), "durations are from 15m to 12h", ("13h", "12h")),
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
        "add it to tags as well",
        ("[role.admin]", "[role.admin]\ntags = { team = \"core\" }"),
    ),
        row(
        ("[role.admin]", "[role.admin]\npolicy_arns = [\"x\"]"),
        "such as arn:aws:iam::aws:policy/ReadOnlyAccess",
        ("\"x\"", "\"arn:aws:iam::aws:policy/ReadOnlyAccess\""),
    ),
        row(another("idp = \"dmeo\"\nrole_arn = \"arn:aws:iam::222222222222:role/x\""), "did you mean `demo`?", ("dmeo", "demo")),
        row(
            another("idp = \"nowhere\""),
            "add role_arn = \"arn:aws:iam::111111111111:role/NAME\", or at Identity Center account = \"111111111111\" and permission_set",
            ("[role.x]", "[role.x]\nrole_arn = \"arn:aws:iam::111111111111:role/NAME\""),
        )
        .then("[idp.nowhere]"),
        row(another("via = \"hub\"\nrolearn = \"x\""), "did you mean `role_arn`?", ("rolearn", "role_arn")).then("`x`"),
        told(
            another("via = \"hub\"\nrole_arn = \"x\""),
            "an ARN looks like arn:aws:iam::111111111111:role/NAME",
            ("\"x\"", "\"arn:aws:iam::111111111111:role/NAME\""),
        ),
        row(("[role.admin]", format!("[role.\"a b\"]\n{SPOKE}\n[role.admin]")), "use letters, digits and - _ . / % @ : +", ("a b", "a-b")),
        row(("[role.admin]", format!("[role.-a]\n{SPOKE}\n[role.admin]")), "begin it with a letter or a digit", ("-a", "a")),
        row(("[role.admin]", format!("[role.{}]\n{SPOKE}\n[role.admin]", "a".repeat(129))), "use 1 to 128 characters", ("aa", "a")),
        row(
            another(&format!("{SPOKE}\ntransitive_tags = [\"\"]")),
            "delete it: ",
            ("transitive_tags = [\"\"]\n", ""),
        ),
        row(another(&format!("{SPOKE}\nissuer = \"x\"")), "delete it: it is a key of ", ("issuer = \"x\"\n", "")),
        row(another(&format!("{SPOKE}\ncolor = \"pink\"")), "valid names: ", ("pink", "red")),
        row(another(&format!("{SPOKE}\nzzz = 1")), "valid keys are idp, via, account", ("zzz = 1\n", "")),
        row(another(&format!("{SPOKE}\nsource_identity = \"a b\"")), "2 to 64 letters, digits and _ + = , . @ -", ("a b", "a.b")),
        row(
            another(&format!("{SPOKE}\ntags = {{ \"aws:x\" = \"y\" }}")),
            "a name of 1 to 128 and a value of up to 256 letters, digits, spaces and _ . : / = + - @, not starting with aws:",
            ("aws:x", "x"),
        ),
        row(another(&format!("{SPOKE}\ntags = {{ {} }}", tags(51))), "STS accepts at most 50", (tags(51), tags(50))),
        row(another(&format!("{SPOKE}\npolicy = \"{{\"")), "an IAM policy document, as a string", ("\"{\"", "\"{}\"")),
        row(
            another(&format!("{SPOKE}\npolicy = '{{ \"Id\": \"{}\" }}'", "x".repeat(2100))),
            "STS accepts at most 2048",
            ("x".repeat(2100), "x".repeat(2000)),
        ),
        row(another(&format!("{SPOKE}\npolicy_arns = [{}]", arns(11))), "STS accepts at most 10", (arns(11), arns(10))),
        row(
            another(&format!("{GOV}\npolicy_arns = [\"x\"]")),
            "such as arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess",
            ("[\"x\"]", "[\"arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess\"]"),
        ),
        row(another(&format!("{SPOKE}\nsign_in_age = \"59s\"")), "sign_in_age must be at least 1m, such as \"15m\"", ("\"59s\"", "\"15m\"")),
        told(another(&format!("{SPOKE}\nsign_in_age = \"soon\"")), "write 8h, 90m, 1h30m or 3600s", ("soon", "90m")),
        row(another(&format!("{SPOKE}\nacr = []")), "add a value, or delete it", ("[]", "[\"phr\"]")),
        row(another(&format!("{SPOKE}\namr = [\"\"]")), "1 to 200 letters, digits and symbols without spaces", ("\"\"", "\"mfa\"")),
        row(another(&format!("{SPOKE}\nacr = [{}]", contexts(21))), "the maximum is 20", (contexts(21), contexts(20))),
        row(
            another(&format!("{SPOKE}\nprovider_arn = \"x\"")),
            "delete it: it belongs to the hub role",
            ("provider_arn = \"x\"\n", ""),
        ),
        row(
            ("[role.hub]", "[role.hub]\nprovider_arn = \"x\""),
            "delete it: an ID token identifies its provider itself",
            ("provider_arn = \"x\"\n", ""),
        ),
        row(
            ("[role.hub]", "[role.hub]\ntags = { \"aws:x\" = \"y\" }"),
            "delete it, and let the IdP put it into the ID token's https://aws.amazon.com/ claims, or set it on a spoke",
            ("tags = { \"aws:x\" = \"y\" }\n", ""),
        ),
        row(
            ("[role.hub]", "[role.hub]\ntransitive_tags = [\"x\"]"),
            "or set it on a spoke",
            ("transitive_tags = [\"x\"]\n", ""),
        ),
        row(("[role.hub]", "[role.hub]\nexternal_id = \"x\""), "delete it, or set it on a spoke", ("external_id = \"x\"\n", "")),
        row(
            another("idp = \"nowhere\"\nrole_arn = \"arn:aws:iam::222222222222:role/x\"\nsource_identity = \"alice\""),
            "the ID token's https://aws.amazon.com/ claims or the assertion's attributes, or set it on a spoke",
            ("source_identity = \"alice\"\n", ""),
        )
        .then("[idp.nowhere]"),
    ]
}

pub(super) fn of_saml() -> Vec<Row> {
    let gov = "idp = \"demo\"\nrole_arn = \"arn:aws-us-gov:iam::222222222222:role/x\"\nprovider_arn = \"x\"";
    vec![
        row(
            ("[role.hub]", "[role.hub]\namr = [\"mfa\"]"),
            "use acr = [\"…\"] instead: the AuthnContextClassRef that the IdP writes",
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
            another(gov),
            "such as arn:aws-us-gov:iam::222222222222:saml-provider/NAME",
            ("\"x\"", "\"arn:aws-us-gov:iam::222222222222:saml-provider/NAME\""),
        ),
        row(
            ("[role.hub]", "[role.hub]\nprovider_arn = \"arn:aws:iam::999999999999:saml-provider/acme\""),
            "the SAML provider must be in the role's own account",
            ("999999999999", "111111111111"),
        ),
        row(
            ("[role.hub]", "[role.hub]\nsource_identity = \"a b\""),
            "delete it, and let the IdP put it into the assertion's attributes, or set it on a spoke",
            ("source_identity = \"a b\"\n", ""),
        ),
        // On a spoke, whose sign-in is the hub's, and with a value that would have to be corrected.
        row(
            another(&format!("{SPOKE}\namr = [\"\"]")),
            "use acr = [\"…\"] instead",
            ("amr = [\"\"]", "acr = [\"urn:x\"]"),
        ),
    ]
}

pub(super) fn of_center() -> Vec<Row> {
    vec![
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
            "a permission set needs only account and permission_set; delete role_arn",
            ("role_arn = \"arn:aws:iam::333333333333:role/x\"\n", ""),
        ),
        row(
            ("\"333333333333\"", "\"3333\""),
            "such as \"111111111111\", with leading zeros",
            ("\"3333\"", "\"111111111111\""),
        ),
        row(
            ("account = \"333333333333\"\n", ""),
            "add account = \"111111111111\"",
            ("[role.dev]", "[role.dev]\naccount = \"111111111111\""),
        ),
        row(("\"Developer\"", "\"a b\""), "1 to 32 letters, digits and _ + = , . @ -", ("a b", "a-b")),
        row(
            ("permission_set = \"Developer\"\n", ""),
            "add permission_set = \"Developer\"",
            ("[role.dev]", "[role.dev]\npermission_set = \"Developer\""),
        ),
        row(
            ("permission_set", "permision_set"),
            "did you mean `permission_set`?",
            ("permision_set", "permission_set"),
        ),
        row(
            ("[role.dev]", "[role.dev]\nacr = [\"\"]"),
            "use sign_in_age = \"15m\" instead",
            ("acr = [\"\"]", "sign_in_age = \"15m\""),
        ),
        row(
            ("[role.admin]", "[role.admin]\namr = [\"mfa\"]"),
            "use sign_in_age = \"15m\" instead",
            ("amr = [\"mfa\"]", "sign_in_age = \"15m\""),
        ),
        row(
            ("[role.dev]", "[role.dev]\nprovider_arn = \"x\""),
            "delete it: only a hub role that is reached by SAML has one",
            ("provider_arn = \"x\"\n", ""),
        ),
    ]
}
