use super::*;

/// Text from outside, and how it is shown. Add a line for anything else that should not reach a terminal, and
/// one for an ordinary text that should.
const CASES: [(&str, &str); 34] = [
    // Ordinary.
    ("plain", "plain"),
    ("plain ünïcode ✓", "plain ünïcode ✓"),
    ("José Ñandú-Łukasz O’Brien", "José Ñandú-Łukasz O’Brien"),
    ("Jose\u{301}", "Jose\u{301}"),
    ("東京 – 開発 (本番)", "東京 – 開発 (本番)"),
    ("한국어 ไทย עברית العربية हिन्दी", "한국어 ไทย עברית العربية हिन्दी"),
    ("Tiê\u{301}ng Viê\u{323}t", "Tiê\u{301}ng Viê\u{323}t"),
    ("ship it 🚀🎉", "ship it 🚀🎉"),
    (r"C:\Users\me 100 % 'a' $(b) `c`", r"C:\Users\me 100 % 'a' $(b) `c`"),
    // Terminal commands: colours, the screen, the title, the clipboard, links.
    ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
    ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
    ("\x1b]52;c;cm0gLXJm\x1b\\", "\\u{1b}]52;c;cm0gLXJm\\u{1b}\\"),
    ("\x1b]8;;https://evil.example\x1b\\text", "\\u{1b}]8;;https://evil.example\\u{1b}\\text"),
    ("\u{9b}31mred\u{9d}0;t\u{9c}", "\\u{9b}31mred\\u{9d}0;t\\u{9c}"),
    ("a\rb\x07\u{8}c\x7f", "a\\u{d}b\\u{7}\\u{8}c\\u{7f}"),
    // Lines that look like ours.
    ("one\ntwo", "one\\u{a}two"),
    ("one\u{85}two\u{2028}three\u{2029}four", "one\\u{85}two\\u{2028}three\\u{2029}four"),
    ("a\tb\u{b}c\u{c}d\0", "a\\u{9}b\\u{b}c\\u{c}d\\u{0}"),
    // Direction.
    ("user\u{202e}moc", "user\\u{202e}moc"),
    ("\u{2066}a\u{2069}\u{200e}\u{200f}\u{61c}", "\\u{2066}a\\u{2069}\\u{200e}\\u{200f}\\u{61c}"),
    // Invisible characters.
    ("prod\u{200b}", "prod\\u{200b}"),
    ("pr\u{ad}od\u{2060}\u{feff}", "pr\\u{ad}od\\u{2060}\\u{feff}"),
    ("prod\u{3164}\u{115f}\u{ffa0}", "prod\\u{3164}\\u{115f}\\u{ffa0}"),
    ("a\u{2064}\u{e0041}\u{e007f}", "a\\u{2064}\\u{e0041}\\u{e007f}"),
    ("a\u{fe0f}\u{e0100}\u{180b}\u{34f}", "a\\u{fe0f}\\u{e0100}\\u{180b}\\u{34f}"),
    ("a\u{200d}b\u{200c}", "a\\u{200d}b\\u{200c}"),
    ("a\u{2800}\u{2003}b", "a\\u{2800}\\u{2003}b"),
    ("\u{e0b0}\u{f8ff}\u{f0000}", "\\u{e0b0}\\u{f8ff}\\u{f0000}"),
    ("\u{ffff}\u{fdd0}", "\\u{ffff}\\u{fdd0}"),
    // Marks that would strike out the quote before them, or cover the lines above.
    ("\u{338}x", "\\u{338}x"),
    ("a\u{300}\u{301}\u{302}\u{303}", "a\u{300}\u{301}\u{302}\u{303}"),
    ("a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}b", "a\u{300}\u{301}\u{302}\u{303}\\u{304}\\u{305}b"),
    ("\u{200b}\u{336}", "\\u{200b}\\u{336}"),
    ("", ""),
];

#[test]
fn control_characters_are_shown_escaped() {
    for (raw, shown) in CASES {
        assert_eq!(escape(raw).as_str(), shown);
        assert_eq!(escape(shown).as_str(), shown, "to escape twice changes nothing");
    }
}

#[test]
fn every_argument_is_escaped_once() {
    let (name, painted) = ("a\u{1b}[2J".to_owned(), Shown::from("\x1b[36mours\x1b[0m"));
    let text = shown!("{} {} {} of {}", name, &painted, 1, &name.as_str());
    assert_eq!(text.as_str(), "a\\u{1b}[2J \x1b[36mours\x1b[0m 1 of a\\u{1b}[2J");
    // The `{}` inside an argument is not filled in.
    assert_eq!(shown!("{}-{}", "{}", "x").as_str(), "{}-x");
    assert_eq!(shown!("nothing").as_str(), "nothing");
}

#[test]
fn a_text_is_measured_padded_cut_and_joined() {
    let name = escape("日本");
    assert_eq!((name.width(), name.clone().padded(6).as_str()), (4, "日本  "));
    assert_eq!(escape("abcdef").cut(4, "…").as_str(), "abc…");
    assert_eq!(escape("abc日本").end(5).as_str(), "c日本");
    assert_eq!(escape("abc日本").end(4).as_str(), "日本");
    assert_eq!(Shown::join([escape("a"), escape("b\n")], ", ").as_str(), "a, b\\u{a}");
}

#[test]
fn line_breaks_of_a_text_stay() {
    let text = "[idp.acme]\r\n\tname = \"\u{1b}[2J\u{202e}\"\n\n# é\r x";
    assert_eq!(escape_lines(text).as_str(), "[idp.acme]\n\tname = \"\\u{1b}[2J\\u{202e}\"\n\n# é\\u{d} x");
}

#[test]
fn escaped_json_parses_the_same_and_is_safe_on_a_terminal() {
    let value = serde_json::json!({ "name": "é\u{9b}31m\u{1b}\n\u{202e}\u{e0041}\u{3164}", "more": [1] });
    for shown in [escape_json(&value), escape_json_indented(&value)] {
        assert!(shown.as_str().contains(r"é\u009b31m\u001b\n\u202e\udb40\udc41\u3164"), "{shown:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(shown.as_str()).unwrap(), value);
    }
}

#[test]
fn tables_line_up_with_and_without_colour() {
    let table = |rows: &[Vec<Shown>]| Shown::join(layout::rows(rows, None), "\n");
    let rows = vec![
        vec!["a".into(), "b".into()],
        vec!["\x1b[32mlong\x1b[0m".into(), "c".into()],
        vec![escape("日本"), "d".into()],
    ];
    assert_eq!(table(&rows).as_str(), "a     b\n\x1b[32mlong\x1b[0m  c\n日本  d");
    let rows: [Vec<Shown>; 2] = [vec!["a".into(), "b".into()], vec!["as long as it likes".into()]];
    assert_eq!(table(&rows).as_str(), "a  b\nas long as it likes");
}
