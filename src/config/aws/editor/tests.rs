use proptest::prelude::*;

use super::super::{Program, System};
use super::*;

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes()).unwrap()
}

fn profile(name: &str, region: Option<&str>) -> Profile {
    Program::new("/bin/jit", System::Unix).unwrap().profile(name, region).unwrap()
}

/// The text after writing the wanted profiles into it.
fn written(text: &str, wanted: &[Profile]) -> String {
    let document = parse(text);
    plan_profiles(&document, wanted, &|_| false).apply(&document, false).unwrap().text().to_owned()
}

fn pruned(text: &str) -> String {
    let document = parse(text);
    plan_profiles(&document, &[], &|_| false).apply(&document, true).unwrap().text().to_owned()
}

fn names(places: &[ProfileHeader]) -> Vec<(&str, usize)> {
    places.iter().map(|place| (place.name.as_str(), place.line)).collect()
}

const DEV: &str =
    "# managed by jit: dev\n[profile dev]\ncredential_process = /bin/jit credential-process dev\n";

#[test]
fn new_sections_come_last_with_a_blank_line_between() {
    let ours = format!("{DEV}region = eu-west-1\n");
    let cases = [
        ("", ours.clone()),
        ("[a]\nx = 1\n", format!("[a]\nx = 1\n\n{ours}")),
        ("[a]\nx = 1", format!("[a]\nx = 1\n\n{ours}")),
        ("[a]\ns3 =\n  x = 1\n  # end", format!("[a]\ns3 =\n  x = 1\n  # end\n\n{ours}")),
        ("[a]\r\nx = 1\r\n", format!("[a]\r\nx = 1\r\n\r\n{}", ours.replace('\n', "\r\n"))),
    ];
    for (before, after) in cases {
        assert_eq!(written(before, &[profile("dev", Some("eu-west-1"))]), after, "{before:?}");
    }
    let two = written("", &[profile("dev", None), profile("default", None), profile("dev", None)]);
    let default = DEV.replace("[profile dev]", "[default]").replace("dev", "default");
    assert_eq!(two, format!("{DEV}\n{default}"));
}

/// Found by fuzzing: the blank line above a section of jit merged with the line before, and removing the
/// section removed that too.
#[test]
fn bare_carriage_return_line_endings_stay() {
    for text in ["[a]\rx = 1\r", "[a]\n\r", "[a]\r\nx = 1\r"] {
        let after = written(text, &[profile("dev", None), profile("ops", None)]);
        assert!(after.starts_with(text), "{after:?}");
        assert_eq!(pruned(&after), text);
    }
}

/// Found by fuzzing: what was written above became a value that the indented header continued.
#[test]
fn a_section_of_ours_that_is_indented_is_not_lost() {
    let text = "# managed by jit: x\n[profile x]\n# managed by jit: dev\n [profile dev]\n a = 1\n";
    let document = parse(text);
    let wanted = [profile("x", None), profile("dev", None)];
    let changes = plan_profiles(&document, &wanted, &|_| false);
    assert_eq!(changes.apply(&document, false).err(), Some(Tangled { line: 4 }));
    assert_eq!(pruned(text), "", "nothing is in the way of its end");
}

#[test]
fn an_update_changes_our_keys_and_nothing_else() {
    let head = "[a]\nx = 1\n# managed by jit: dev\n[profile dev]\n";
    let command = "credential_process = /bin/jit credential-process dev\n";
    let cases = [
        // The keys before, the keys after, and whether that is a change.
        (format!("{command}region = eu-west-1\n"), format!("{command}region = eu-west-1\n")),
        (
            "# mine\ncredential_process = old\noutput = json\n".into(),
            format!("# mine\n{command}region = eu-west-1\noutput = json\n"),
        ),
        (
            format!("{command}# why\nRegion=us-east-1\noutput = json"),
            format!("{command}# why\nregion = eu-west-1\noutput = json"),
        ),
        (
            "credential_process = \"/bin/jit\"\n  more\ns3 =\n  x = 1\n".into(),
            format!("{command}region = eu-west-1\ns3 =\n  x = 1\n"),
        ),
        (String::new(), format!("{command}region = eu-west-1\n")),
        // Found by fuzzing: indented like the first key, the region continued the command.
        (
            "  output = json\ncredential_process = old\n".into(),
            format!("  output = json\n{command}region = eu-west-1\n"),
        ),
        (
            "  output = json\n  s3 =\n    x = 1\n".into(),
            format!("  {command}  region = eu-west-1\n  output = json\n  s3 =\n    x = 1\n"),
        ),
        ("\tcredential_process = old\n".into(), format!("\t{command}\tregion = eu-west-1\n")),
    ];
    for (keys, becomes) in cases {
        let (before, after) = (format!("{head}{keys}"), format!("{head}{becomes}"));
        let changes = plan_profiles(&parse(&before), &[profile("dev", Some("eu-west-1"))], &|_| false);
        let (touched, right) = if keys == becomes { (0, 1) } else { (1, 0) };
        assert_eq!((changes.updated.len(), changes.unchanged.len()), (touched, right), "{before:?}");
        let rewritten = written(&before, &[profile("dev", Some("eu-west-1"))]);
        assert_eq!(rewritten, after, "{before:?}");
        assert_eq!(written(&rewritten, &[profile("dev", Some("eu-west-1"))]), after, "twice: {before:?}");
    }
    let crlf = "# managed by jit: dev\r\n[profile dev]\r\ncredential_process = x\r\nregion = us-east-1\r\n";
    assert_eq!(
        written(crlf, &[profile("dev", None)]),
        format!("{DEV}region = us-east-1\n").replace('\n', "\r\n"),
        "without a region of ours the user's stays"
    );
    assert_eq!(
        written("# managed by jit: dev\n[profile dev]", &[profile("dev", None)]),
        DEV,
        "no end of line at the end of the file"
    );
}

#[test]
fn overriding_keys_are_reported_and_stay() {
    let text = format!("{DEV}role_arn = arn\nsource_profile = x\noutput = json\n");
    let changes = plan_profiles(&parse(&text), &[profile("dev", None)], &|_| false);
    let overruled: Vec<_> =
        changes.overruled.iter().map(|found| (found.name.as_str(), found.key.as_str(), found.line)).collect();
    assert_eq!(overruled, [("dev", "role_arn", 4), ("dev", "source_profile", 5)]);
    assert_eq!(written(&text, &[profile("dev", None)]), text);
}

#[test]
fn sections_of_others_are_conflicts_and_stay() {
    let cases = [
        ("[profile dev]\n".to_owned(), 1),
        ("[profile 'dev']\nx = 1\n".to_owned(), 1),
        ("# managed by jit: dev\n\n[profile dev]\n".to_owned(), 3),
        ("# managed by jit: prod\n[profile dev]\n".to_owned(), 2),
        ("# managed by jit: dev \u{1}\n[profile dev]\n".to_owned(), 2),
        (format!("[profile \"dev\"]\n\n{DEV}"), 1),
        (format!("{DEV}\n# managed by jit: dev\n[profile  dev]\n"), 6),
    ];
    for (text, line) in cases {
        let document = parse(&text);
        let changes = plan_profiles(&document, &[profile("dev", None)], &|_| false);
        assert_eq!(names(&changes.conflicts), [("dev", line)], "{text:?}");
        assert_eq!(changes.apply(&document, false).unwrap().text(), text);
    }
    let default = plan_profiles(&parse("[profile default]\n"), &[profile("default", None)], &|_| false);
    assert_eq!(names(&default.conflicts), [("default", 1)]);
}

#[test]
fn only_stale_sections_are_pruned_and_only_on_request() {
    let prod = DEV.replace("dev", "prod");
    let text = format!("[a]\nx = 1\n\n{DEV}output = json\n# of b\n[b]\n\n{prod}");
    let document = parse(&text);
    let changes = plan_profiles(&document, &[profile("prod", None)], &|_| false);
    assert_eq!(names(&changes.stale), [("dev", 5)]);
    assert_eq!(changes.apply(&document, false).unwrap().text(), text);
    assert_eq!(changes.apply(&document, true).unwrap().text(), format!("[a]\nx = 1\n# of b\n[b]\n\n{prod}"));
    assert_eq!(pruned(&text), "[a]\nx = 1\n# of b\n[b]\n");
}

#[test]
fn a_change_that_would_swallow_an_indented_section_is_refused() {
    // Without jit's section, `[b]` would be indented further than the key of `[a]` and continue its value. If
    // that key opens a nested block, the file would even become invalid.
    for key in ["x = 1", "s3 ="] {
        let document = parse(&format!("[a]\n{key}\n# managed by jit: dev\n[profile dev]\n  [b]\n  y = 1\n"));
        let changes = plan_profiles(&document, &[], &|_| false);
        assert_eq!(changes.apply(&document, true).unwrap_err(), Tangled { line: 5 }, "{key}");
        assert!(changes.apply(&document, false).is_ok());
    }
}

#[test]
fn a_large_file_is_edited_in_place() {
    use std::fmt::Write as _;
    let mut text = String::new();
    for number in 0..1000 {
        let _ = write!(text, "# {number}\n[profile p{number}]\nregion = r\ns3 =\n\tx = {number}\n\n\n");
    }
    assert_eq!(text.lines().count(), 7000);
    let wanted: Vec<_> = (0..1000).map(|number| profile(&format!("q{number}"), Some("eu-west-1"))).collect();
    let after = written(&text, &wanted);
    assert!(after.starts_with(&text));
    assert_eq!(plan_profiles(&parse(&after), &wanted, &|_| false).unchanged.len(), 1000);
    assert_eq!(pruned(&after), text);
}

/// Whole files made of lines that people and tools write, valid or not.
fn any_file() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "\\[(profile|sso-session|services) {1,2}[a-d]{1,2}\\]",
        1 => Just("[default]".to_owned()),
        1 => Just("[profile 'a b'] # note".to_owned()),
        6 => "[a-f_]{1,6}( |\t)?=( |\t)?[a-z0-9/#;=]{0,6}",
        2 => "( |\t){1,3}[a-f]{1,3} ?= ?[a-z]{0,3}",
        1 => "  \\[profile [a-d]\\]",
        1 => "(#|;) ?[a-z ]{0,8}",
        1 => "# managed by jit: [a-d]",
        2 => "[ \t]{0,2}",
    ];
    let eol = prop_oneof![Just("\n"), Just("\r\n")];
    (proptest::collection::vec(line, 0..24), eol, any::<bool>()).prop_map(|(lines, eol, last)| {
        let mut text = lines.join(eol);
        if last && !text.is_empty() {
            text.push_str(eol);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// Writing, updating and removing jit's sections leaves every other byte alone.
    #[test]
    fn everything_else_stays(text in any_file()) {
        let Ok(document) = Document::parse(text.as_bytes()) else { return Err(TestCaseError::reject("broken")) };
        let first = [profile("x", None), profile("y.z", Some("eu-west-1")), profile("default", None)];
        let foreign_default = document.named(&SectionKind::Profile("default".to_owned())).is_some();
        let added = written(&text, &first);
        prop_assert!(added.starts_with(&text));
        let again = plan_profiles(&parse(&added), &first, &|_| false);
        prop_assert_eq!(again.unchanged.len(), if foreign_default { 2 } else { 3 });
        prop_assert_eq!(again.added.len() + again.updated.len(), 0);

        let other = Program::new("/opt/a b/jit", System::Unix).unwrap();
        let second: Vec<_> = ["x", "y.z"].map(|name| other.profile(name, Some("us-east-1")).unwrap()).into();
        let updated = written(&added, &second);
        prop_assert_eq!(plan_profiles(&parse(&updated), &second, &|_| false).unchanged.len(), 2);

        // Profiles that the file already marks as jit's are wanted, so that only the new ones are stale.
        let kept: Vec<_> = managed_profiles(&document).map(|(name, _)| profile(name, None)).collect();
        let parsed = parse(&updated);
        let mut changes = plan_profiles(&parsed, &kept, &|_| false);
        changes.edits.clear();
        let mut expected = text.clone();
        end_line(&mut expected, document.line_ending());
        let back = changes.apply(&parsed, true).unwrap();
        prop_assert_eq!(back.text(), expected);
    }

    /// No bytes make the reader panic, and it reproduces every file that it accepts.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64), text in ".{0,64}") {
        for input in [bytes.as_slice(), text.as_bytes(), format!("[a]\n{text}").as_bytes()] {
            if let Ok(document) = Document::parse(input) {
                prop_assert_eq!(document.text().as_bytes(), input);
            }
        }
    }
}
