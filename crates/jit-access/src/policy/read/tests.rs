use super::*;
use crate::testing::{EXAMPLE, documents};

fn file(path: &str, text: &str) -> PolicyFile {
    PolicyFile { path: path.into(), text: text.into() }
}

fn read(text: &str) -> Result<Policy, Mistake> {
    Policy::read(&[file("p.toml", text)], &documents)
}

/// The policy without places, as one text.
fn content(policy: &Policy) -> String {
    policy.to_toml()
}

#[test]
fn the_example_reads_and_writes() {
    let policy = read(EXAMPLE).unwrap_or_else(|mistake| panic!("{mistake} {:?}", mistake.suggestion));
    assert_eq!(policy.access["pay-admin"].approve.len(), 2);
    assert_eq!(policy.access["pay-admin"].max, 7200);
    assert_eq!(policy.access["deploy"].oncall.as_ref().map(|oncall| oncall.approve.len()), Some(0));
    assert!(policy.people["ci"].robot && policy.access["glass"].standing);
    assert_eq!(policy.separation["pay-and-audit"].sides[1].len(), 2);
    assert_eq!(policy.access["pay-admin"].place_of("max").line, 47);
    let text = policy.to_toml();
    let again =
        Policy::read_published("policy.toml", &text).unwrap_or_else(|mistake| panic!("{mistake}\n{text}"));
    assert_eq!(again.to_toml(), text, "what is published reads as it was");
    assert_eq!(again.access["deploy"].allow, policy.access["deploy"].allow, "documents are inlined");
}

#[test]
fn several_files_are_one_policy_in_any_order() {
    let at = EXAMPLE.find("[access.read]").unwrap();
    let (first, second) = EXAMPLE.split_at(at);
    let one = read(EXAMPLE).unwrap();
    for files in
        [[file("a.toml", first), file("b.toml", second)], [file("b.toml", second), file("a.toml", first)]]
    {
        let policy = Policy::read(&files, &documents).unwrap();
        assert_eq!(content(&policy), content(&one));
    }
    // A table of names may continue in another file; a single name must not be repeated.
    let more = "[group]\nmore = [\"zoe\"]\n";
    assert!(Policy::read(&[file("a.toml", EXAMPLE), file("b.toml", more)], &documents).is_ok());
    for (twice, what) in [
        ("[group]\nsre = [\"zoe\"]\n", "[group] `sre` is also in a.toml:31"),
        ("[limits]\nopen_requests = 2\n", "[limits] is also in a.toml:87"),
        ("[deployment]\n", "[deployment] is also in a.toml:2"),
        ("[person]\nbob = { names = [\"b2\"] }\n", "[person] `bob` is also in a.toml:36"),
    ] {
        let mistake =
            Policy::read(&[file("a.toml", EXAMPLE), file("b.toml", twice)], &documents).unwrap_err();
        assert_eq!((mistake.path.as_str(), mistake.what.as_str()), ("b.toml", what));
    }
}

/// One change to the example, and its message: `line what | suggestion`.
#[test]
fn mistakes_are_named_where_they_are() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "total = \"6h\"",
            "totl = \"6h\"",
            "48:1 unknown key `totl` in [access.pay-admin] | did you mean `total`?",
        ),
        ("[limits]", "[limit]", "87:2 unknown key `limit` in the policy | did you mean `limits`?"),
        ("total = \"6h\"", "max = \"6h\"", "48:1 duplicate key"),
        (
            "group = \"security\", min = 1",
            "group = \"security\", mim = 1",
            "45:65 unknown key `mim` in `approve` in [access.pay-admin] | did you mean `min`?",
        ),
        (
            "group = \"security\", min = 1",
            "group = \"secruity\"",
            "45:11 there is no group `secruity` | did you mean `security`?",
        ),
        (
            "group = \"security\", min = 1",
            "group = \"payments-owners\"",
            "45:43 `payments-owners` is in `approve` twice | for two people of one group write min = 2",
        ),
        ("who = [\"sre\"]", "who = [\"heidi@x\"]", "83:7 there is no group `heidi@x`"),
        (
            "\"bob\", \"carol\"]",
            "\"bob\", \"carol*\"]",
            "29:27 `carol*` is a pattern; name people one by one | use 2 to 64 letters, digits and _ + = , . @ -",
        ),
        ("\"bob\", \"carol\"]", "\"bob\", \"bob\"]", "29:27 `bob` is in this group twice"),
        (
            "\"bob\", \"carol\"]",
            "\"bob\", \"Carol\"]",
            "29:19 `carol` and `Carol` differ only in case | AWS distinguishes upper and lower case; use one spelling",
        ),
        (
            "\"bob\", \"carol\"]",
            "\"bob@corp.com\"]",
            "29:19 `bob@corp.com` is a session name of `bob` | write `bob` in the group",
        ),
        (
            "\"frank\", \"grace\"",
            "\"frank\", \"mallory@corp.com\"",
            "30:19 `mallory@corp.com` is retired, and a retired name is never used again | give the person another session name",
        ),
        (
            "\"00u1x9\"",
            "\"bob@corp.com\"",
            "37:9 `bob@corp.com` is a session name of both `bob` and `carol` | give it to one of them",
        ),
        (
            "\"00u1x9\"",
            "\"Bob@corp.com\"",
            "37:9 `bob@corp.com` and `Bob@corp.com` differ only in case | AWS distinguishes upper and lower case; use one spelling",
        ),
        (
            "\"00u1x9\"",
            "\"a b\"",
            "37:38 `a b` cannot be a session name, so it cannot be the name of a person | use 2 to 64 letters, digits and _ + = , . @ -",
        ),
        (
            "\"00u1x9\"",
            "\"x\"",
            "37:38 `x` cannot be a session name, so it cannot be the name of a person | use 2 to 64 letters, digits and _ + = , . @ -",
        ),
        (
            "door = \"contractors\" }",
            "door = \"contractor\" }",
            "32:19 there is no [door.contractor] | did you mean `contractors`?",
        ),
        (
            "may = [\"glass\"]",
            "may = [\"glas\"]",
            "25:8 `may` cannot be `glas`; it can be request, vote, publish, glass | did you mean `glass`?",
        ),
        (
            "AROAGLA4567890EXAMPLE",
            "AROAHUB4567890EXAMPLE",
            "7:1 the role id AROAHUB4567890EXAMPLE is in both [door.glass] and [door.hub]",
        ),
        (
            "AROAGLA4567890EXAMPLE",
            "AIDAGLA4567890EXAMPLE",
            "24:8 `AIDAGLA4567890EXAMPLE` is not the unique id of a role | write RoleId from `aws iam get-role`, which begins with AROA",
        ),
        (
            "role/jit/pay-admin",
            "role/pay-admin",
            "42:11 `role` in [access.pay-admin]: roles on request have the path /jit/, and the roles of break-glass /jit-glass/",
        ),
        (
            "approve = []\nmax = \"8h\"",
            "max = \"8h\"",
            "52:9 [access.read] has no `approve` | add approve = [{ group = \"owners\" }], or approve = [] to grant immediately",
        ),
        ("approve = []\nmax = \"8h\"", "approve = []", "52:9 [access.read] has no `max` | add max = \"1h\""),
        (
            "accounts = [\"111122223333\", \"ou-prod\"]\n",
            "",
            "52:9 the role of [access.read] is in any account (*), and there is no `accounts` | add accounts = [\"111122223333\"]",
        ),
        (
            "\"ou-prod\"]",
            "\"*\"]",
            "55:29 `*` is neither an account (12 digits) nor an organizational unit (ou-… or r-…)",
        ),
        (
            "allow = \"deploy.json\"",
            "allow = \"x.json\"",
            "63:9 `allow` in [access.deploy]: there is no x.json",
        ),
        (
            "allow = \"deploy.json\"",
            "allow = '{}'",
            "63:9 `allow` in [access.deploy]: the document has no `Statement`",
        ),
        (
            "hours = \"Mon-Fri",
            "hours = \"Mon-Fry",
            "76:9 `hours` in [access.prod-db]: `Mon-Fry` is not a day: write Mon, Tue, Wed, Thu, Fri, Sat, Sun, a range (Mon-Fri) or a list (Mon,Wed)",
        ),
        (
            "\"203.0.113.0/24\"",
            "\"203.0.113.9/24\"",
            "77:13 `203.0.113.9/24` has bits set after its prefix; the block that contains it is 203.0.113.0/24",
        ),
        (
            "standing = true\n",
            "",
            "80:9 the role of [access.glass] is one of break-glass (/jit-glass/) | add standing = true, or use a role under /jit/",
        ),
        (
            "standing = true\n",
            "standing = true\nmax = \"1h\"\n",
            "85:7 [access.glass] is standing, so it is never granted, and `max` has no effect | leave it out",
        ),
        (
            "review = { group = \"security\", within = \"24h\" }\n",
            "",
            "80:9 [access.glass] is standing and has no `review` | add review = { group = \"security\", within = \"24h\" }",
        ),
        (
            "apply    = \"function\"",
            "apply    = \"aprover\"",
            "3:12 `apply` cannot be `aprover`; it can be function, approver | did you mean `approver`?",
        ),
        (
            "open_requests = 5",
            "open_requests = 0",
            "88:17 `open_requests` in [limits] must be from 1 to 1000",
        ),
        ("request_ttl = \"4h\"", "request_ttl = \"0\"", "89:15 `request_ttl` in [limits] must not be zero"),
        ("[\"444455556666\", \"ou-audit\"]]", "]", "92:17 a separation needs two sides or more"),
        ("ticket = '^(INC|CHG)-", "ticket = '^(INC|CHG-", "50:10 `ticket` in [access.pay-admin]: "),
        (
            "[access.prod-db]",
            "[access.Read]",
            "52:1 the access names `Read` and `read` differ only in case | use different names",
        ),
        (
            "[access.prod-db]",
            "[access.\"../x\"]",
            "69:9 `../x` cannot be a name in [access] | use up to 64 letters, digits and _ + = , . @ -, and no hyphen at the start",
        ),
    ];
    let mut wrong = Vec::new();
    for (from, to, wanted) in cases {
        assert!(EXAMPLE.contains(from), "{from}");
        let text = EXAMPLE.replacen(from, to, 1);
        let said = match read(&text) {
            Ok(_) => "nothing".to_owned(),
            Err(mistake) => {
                let suggestion = mistake.suggestion.map_or(String::new(), |next| format!(" | {next}"));
                format!("{}:{} {}{suggestion}", mistake.line, mistake.column, mistake.what)
            }
        };
        // A library's message begins with jit's own text.
        if said != *wanted && !(wanted.ends_with(": ") && said.starts_with(wanted)) {
            wrong.push(format!("{from} -> {to}\n  wanted {wanted}\n  said   {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
