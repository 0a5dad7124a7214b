use super::*;
use crate::testing;

/// The example, with a separation that nobody is on both sides of.
fn example() -> String {
    testing::EXAMPLE.replacen("[\"444455556666\", \"ou-audit\"]", "\"ou-audit\"", 1)
}

fn codes(text: &str, surroundings: &Surroundings) -> Vec<(usize, &'static str)> {
    let found = check(&testing::policy_of(text), surroundings);
    found.iter().map(|finding| (finding.place.line, finding.code)).collect()
}

fn known() -> Surroundings {
    Surroundings { directory: testing::directory(), ..Surroundings::default() }
}

#[test]
fn the_example_has_one_known_finding() {
    assert_eq!(codes(&example(), &known()), []);
    // As in the contract, everybody who may read in ou-prod is on the other side of the separation too.
    assert_eq!(codes(testing::EXAMPLE, &known()), [(92, "both-sides")]);
}

/// One change to the example, and its finding.
#[test]
fn policies_that_cannot_work_are_reported() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("security = [\"security\"]\n", "", &["no-security"]),
        ("accounts = [\"ou-root\"]\n", "", &["no-accounts"]),
        ("ids = [\"AROAPLA4567890EXAMPLE\"]\n", "", &["door-without-ids"]),
        ("may = [\"publish\"]", "may = []", &["no-door", "idle-door"]),
        ("may = [\"glass\"]", "may = [\"request\"]", &["no-glass-door"]),
        ("ceiling = \"read\"\n", "", &["no-ceiling"]),
        (
            "role/jit/db\"\nceiling = \"operate\"",
            "role/jit/engineer\"\nceiling = \"admin\"",
            &["two-ceilings", "two-ceilings"],
        ),
        ("max = \"8h\"", "max = \"13h\"", &["max-above-session"]),
        ("total = \"6h\"", "total = \"1h\"", &["total-below-max"]),
        ("after = \"15m\"", "after = \"4h\"", &["escalates-too-late"]),
        // The owners are bob and carol. Two of them must approve; if one of them asks, nobody is left for the
        // second seat.
        (
            "{ group = \"payments-owners\" }, { group = \"security\", min = 1 }",
            "{ group = \"payments-owners\", min = 3 }",
            &["quorum-unreachable"],
        ),
        (
            "{ group = \"payments-owners\" }, { group = \"security\", min = 1 }",
            "{ group = \"payments-owners\", min = 2 }",
            &["quorum-unreachable-for-some"],
        ),
        (
            "payments-owners = [\"bob\", \"carol\"]",
            "payments-owners = [\"carol\"]",
            &["quorum-unreachable-for-some", "quorum-unreachable-for-some", "quorum-unreachable-for-some"],
        ),
        (
            "payments-owners = [\"bob\", \"carol\"]",
            "payments-owners = [\"ci\"]",
            &["robot-approves", "quorum-unreachable", "quorum-unreachable", "quorum-unreachable"],
        ),
        // A person in both groups fills one seat.
        (
            "security        = [\"dan\", \"eve\"]",
            "security = [\"bob\"]\nx = [\"dan\", \"eve\"]",
            &["quorum-unreachable-for-some"],
        ),
        ("who = [\"sre\"]", "who = [\"security\"]", &["approve-each-other"]),
        (
            "leads           = [\"frank\", \"grace\"]",
            "leads = { door = \"contractors\" }",
            &["door-cannot-vote"],
        ),
        ("accounts = [\"111122223333\", \"ou-prod\"]", "accounts = [\"ou-root\"]", &["both-sides"]),
        (
            "apply    = \"function\"",
            "apply = \"approver\"",
            &["quorum-is-advice", "function-needed", "approver-needed", "function-needed"],
        ),
    ];
    let mut wrong = Vec::new();
    for (from, to, wanted) in cases {
        assert!(example().contains(from), "{from}");
        let found: Vec<&str> =
            codes(&example().replacen(from, to, 1), &known()).iter().map(|(_, code)| *code).collect();
        if found != *wanted {
            wrong.push(format!("{from} -> {to}: wanted {wanted:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn findings_have_their_line_and_advice() {
    let found = check(&testing::policy_of(&example().replacen("max = \"8h\"", "max = \"13h\"", 1)), &known());
    let finding = found.first().expect("a finding");
    assert_eq!(
        (finding.place.path.as_str(), finding.place.line, finding.severity),
        ("p.toml", 58, Severity::Error)
    );
    assert!(finding.advice.contains("MaxSessionDuration"));
    // If the role's own limit is known, it applies.
    let sessions = [("arn:aws:iam::*:role/jit/read".to_owned(), 3600)].into();
    assert_eq!(codes(&example(), &Surroundings { sessions, ..known() }), [(58, "max-above-session")]);
    // Without a directory, nothing is checked that depends on it.
    assert_eq!(codes(&example(), &Surroundings::default()), []);
}

#[test]
fn too_many_voters_do_not_fit_into_a_trust_policy() {
    let names: Vec<String> = (0..51).map(|number| format!("\"owner{number}\"")).collect();
    let text = example().replacen("[\"bob\", \"carol\"]", &format!("[{}]", names.join(", ")), 1);
    let text = text.replacen("\"function\"", "\"approver\"", 1);
    assert!(codes(&text, &known()).iter().any(|(_, code)| *code == "too-many-voters"));
}

#[test]
fn a_finding_shows_its_line_and_column() {
    let file = |path: &str, text: &str| PolicyFile { path: path.into(), text: text.into() };
    let files =
        [file("a.toml", "[group]\na = [\"x\"]\n"), file("b.toml", "\n[access.é]\n  max  =  \"1h\"\n")];
    let at = |path: &str, line| {
        let place = Place { path: path.into(), line };
        let finding = PolicyFinding {
            place,
            severity: Severity::Error,
            code: "x",
            what: "w".into(),
            advice: "a".into(),
        };
        let mistake = finding.located(&files);
        (mistake.path, mistake.line, mistake.column, mistake.excerpt)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(at("b.toml", 3), ("b.toml".into(), 3, 11, some("  max  =  \"1h\"")));
    assert_eq!(at("b.toml", 2), ("b.toml".into(), 2, 1, some("[access.é]")));
    // Of the default for a table that is nowhere.
    assert_eq!(at("", 0), ("a.toml".into(), 1, 1, some("[group]")));
    assert_eq!(at("a.toml", 99), ("a.toml".into(), 3, 1, None));
}
