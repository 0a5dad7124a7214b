use jit_wire::explain::Explain as _;

use super::*;

fn of(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::of_environment(&Env::of(pairs.iter().copied()))
}

fn least() -> Settings {
    Settings {
        bucket: "acme-jit-ledger".to_owned(),
        region: "eu-west-1".to_owned(),
        grantor: "jit-grantor".to_owned(),
        directory_role: None,
        identity_store: None,
        identity_store_region: "eu-west-1".to_owned(),
        accounts_at_once: 32,
    }
}

const LEDGER: (&str, &str) = ("JIT_LEDGER", "s3://acme-jit-ledger");
const REGION: (&str, &str) = ("AWS_REGION", "eu-west-1");

#[test]
fn the_environment_and_a_file_say_the_same() {
    assert_eq!(of(&[LEDGER, REGION, ("JIT_LOG", "debug"), ("PATH", "/bin")]), Ok(least()));
    let text = "ledger = \"s3://acme-jit-ledger/\"\nregion = \"eu-west-1\"\n";
    assert_eq!(Settings::of_text("f.toml", text), Ok(least()));
    let all = Settings {
        grantor: "acme-grantor".to_owned(),
        directory_role: "arn:aws:iam::111111111111:role/jit-directory".parse().ok(),
        identity_store: Some("d-1234567890".to_owned()),
        identity_store_region: "us-east-1".to_owned(),
        accounts_at_once: 8,
        ..least()
    };
    let pairs = [
        ("grantor", "acme-grantor"),
        ("directory_role", "arn:aws:iam::111111111111:role/jit-directory"),
        ("identity_store", "d-1234567890"),
        ("identity_store_region", "us-east-1"),
    ];
    let file: String = pairs.iter().map(|(key, value)| format!("{key} = \"{value}\"\n")).collect();
    assert_eq!(Settings::of_text("f.toml", &format!("{text}{file}accounts_at_once = 8\n")), Ok(all.clone()));
    let names = pairs.map(|(key, value)| (variable(key), value));
    let mut variables: Vec<(&str, &str)> =
        names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    // A region of its own comes before Lambda's.
    variables.extend([
        LEDGER,
        ("AWS_REGION", "us-west-2"),
        ("JIT_REGION", "eu-west-1"),
        ("JIT_ACCOUNTS_AT_ONCE", "8"),
    ]);
    assert_eq!(of(&variables), Ok(all));
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_a_good_value() {
    let mut told = String::new();
    let bad = |pair: (&'static str, &'static str)| of(&[LEDGER, REGION, pair]);
    let file = |text: &str| Settings::of_text("f.toml", text);
    let cases = [
        of(&[REGION]),
        of(&[LEDGER]),
        bad(("JIT_LEDGER", "acme-jit-ledger")),
        bad(("JIT_LEDGER", "s3://Acme")),
        bad(("JIT_LEDGER", "s3://acme-jit-ledger/below")),
        bad(("JIT_REGION", "evil.example")),
        bad(("JIT_GRANTOR", "../jit-grantor")),
        bad(("JIT_DIRECTORY_ROLE", "jit-directory")),
        bad(("JIT_IDENTITY_STORE", "ssoins-1")),
        bad(("JIT_ACCOUNTS_AT_ONCE", "0")),
        bad(("JIT_ACCOUNTS_AT_ONCE", "1000")),
        bad(("JIT_LEGDER", "x")),
        bad(("JIT_\u{1b}[31m", "x")),
        file("ledger = \"s3://acme-jit-ledger\"\n"),
        file("region = \"eu-west-1\"\nledger = \"x\"\n"),
        file("legder = \"x\"\n"),
        file("ledger = 1\n"),
        file("ledger = \"s3://acme-jit-ledger\"\nregion = \"eu-west-1\"\naccounts_at_once = 0\n"),
        file("ledger\n"),
        Settings::of_file(Path::new("/no/such/file")),
    ];
    for case in cases {
        let error = case.unwrap_err();
        assert_eq!(error.kind(), jit_wire::explain::Kind::Usage);
        let next: Vec<String> = error.next().into_iter().map(|next| format!("{next:?}")).collect();
        assert_eq!(next.len(), 1, "{error}");
        told.push_str(&format!(
            "{error}\n    {}\n",
            next[0].trim_start_matches("Do(\"").trim_end_matches("\")")
        ));
    }
    let expected = include_str!("mistakes.txt");
    assert!(told == expected, "src/settings/mistakes.txt is now:\n{told}");
}
