use std::time::Duration;

use super::*;

const PATH: &str = "/etc/jit/enforced.toml";

fn parse(text: &str) -> Enforced {
    Enforced::parse(PATH, text, Version([9, 9, 9])).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_setting_is_read_with_its_line() {
    let enforced = parse(
        "store = \"keychain\"\nkey_cache = \"30m\"\nauto_login = false\nminimum_version = \"1.2\"\n\
         shared_files = [\"https://acme.com/jit/\"]\n",
    );
    assert_eq!(enforced.store, Some(At { value: "keychain".to_owned(), line: 1 }));
    let half_an_hour = KeyCache::For(Duration::from_secs(1800));
    assert_eq!(enforced.key_cache, Some(At { value: half_an_hour, line: 2 }));
    assert_eq!(enforced.auto_login, Some(At { value: false, line: 3 }));
    assert_eq!(enforced.minimum_version, Some(At { value: Version([1, 2, 0]), line: 4 }));
    assert_eq!(parse("key_cache = \"off\"").key_cache, Some(At { value: KeyCache::Off, line: 1 }));
    assert_eq!(parse("# nothing\n"), Enforced { path: PATH.to_owned(), ..Enforced::default() });
    let shown: Vec<_> =
        enforced.settings().into_iter().map(|(key, line, value)| format!("{line} {key} {value}")).collect();
    assert_eq!(
        shown,
        [
            "1 store keychain",
            "2 key_cache 30 min",
            "3 auto_login false",
            "4 minimum_version 1.2.0",
            "5 shared_files https://acme.com/jit/"
        ]
    );
}

#[test]
fn mistakes_are_refused_with_their_place() {
    for (text, said) in [
        ("store = \"vault\"\n", "1:9: `vault` is not a store"),
        ("store = \"auto\"\n", "1:9: `auto` is not a store"),
        ("store = 1\n", "1:9: `store` in the file must be a string in quotes"),
        ("key_cache = \"soon\"\n", "1:13: `soon` is neither \"off\" nor a duration"),
        ("auto_login = \"no\"\n", "1:14: `auto_login` in the file must be true or false"),
        ("\nminimum_version = \"new\"\n", "2:19: `new` is not a version"),
        ("minimum_version = \"1.2.3.4\"\n", "1:19: `1.2.3.4` is not a version"),
        ("minimum_version = \"1..2\"\n", "1:19: `1..2` is not a version"),
        ("minimum_version = \"+1\"\n", "1:19: `+1` is not a version"),
        (
            "shared_files = \"https://acme.com/\"\n",
            "1:16: `shared_files` in the file must be a list of strings",
        ),
        ("shared_file = []\n", "1:1: unknown key `shared_file`"),
        ("[role.x]\n", "1:2: unknown key `role`"),
        ("store = \"keychain\n", "1:"),
    ] {
        let error = Enforced::parse(PATH, text, Version([9, 9, 9])).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.starts_with(&format!("{PATH}:{said}")), "{text}: {sentence}");
        let advice = format!("{:?}", error.next());
        assert!(advice.contains("administrator"), "{text}: {advice}");
    }
    let of = |text| format!("{:?}", Enforced::parse(PATH, text, Version([9, 9, 9])).unwrap_err().next());
    assert!(of("stroe = \"keychain\"\n").contains("did you mean `store`?"));
    assert!(of("audit_log = \"syslog\"\n").contains("write it into config.toml in the same folder"));
}

#[test]
fn versions_are_compared_by_their_numbers() {
    for (least, own, allowed) in [
        ("1.2.0", "1.2.0", true),
        ("1.2", "1.2.0", true),
        ("1.2.0", "1.10.0", true),
        ("1.2.0", "2.0.0-beta.1", true),
        ("1.2.1", "1.2.0", false),
        ("2", "1.9.9", false),
        ("0.2.0", "0.1.9+x", false),
    ] {
        let own = Version::parse(own).unwrap();
        // What an older version does not know may be what needs the newer one.
        for more in ["", "later_key = true\n"] {
            let text = format!("minimum_version = \"{least}\"\n{more}");
            let refused =
                matches!(Enforced::parse(PATH, &text, own), Err(EnforcedError::TooOld { line: 1, .. }));
            assert_eq!(!refused, allowed, "{least} {own}");
        }
    }
    assert_eq!(Version::own().to_string(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn shared_files_come_from_allowed_places_only() {
    let enforced =
        parse("shared_files = [\"https://acme.com/jit/\", \"https://other.com/jit.toml\", \"/opt/acme/\"]\n");
    for (from, allowed) in [
        ("https://acme.com/jit/prod.toml", true),
        ("https://acme.com/jit/a/b.toml", true),
        ("https://acme.com/jit/a..b.toml", true),
        ("https://other.com/jit.toml", true),
        ("/opt/acme/jit.toml", true),
        ("https://acme.com/jit", false),
        ("http://acme.com/jit/prod.toml", false),
        ("https://acme.com.evil.example/jit/x.toml", false),
        ("https://acme.com@evil.example/jit/x.toml", false),
        ("https://acme.com/jit/../evil.toml", false),
        ("https://acme.com/jit/%2E%2e/evil.toml", false),
        ("https://acme.com/jit/.%2e/evil.toml", false),
        ("https://acme.com/jit/..%2fevil.toml", false),
        ("https://acme.com/jit/..\\evil.toml", false),
        ("https://acme.com/jit/..?evil.toml", false),
        ("https://other.com/jit.toml?x", false),
        ("https://other.com/jit.toml.evil", false),
        ("/opt/acme/../evil.toml", false),
        ("/opt/acmeevil.toml", false),
    ] {
        assert_eq!(enforced.allows_shared(from, false).is_ok(), allowed, "{from}");
    }
    assert!(parse("shared_files = []\n").allows_shared("https://acme.com/jit.toml", false).is_err());
    assert!(parse("").allows_shared("https://acme.com/jit.toml", false).is_ok());
}
