//! Fuzz targets for the crate's parsers.

use crate::cases;
use crate::ledger::{Act, ActKind, Entry, Fact, FactKind, Key, Records};
use crate::policy::Policy;
use crate::testing::{at, documents};

/// A policy: an accepted one is written as a policy that reads the same, and can be checked.
pub fn access_policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let file = crate::policy::PolicyFile { path: "p".to_owned(), text };
    let policy = match Policy::read(&[file], &documents) {
        Ok(policy) => policy,
        Err(mistake) => {
            assert!(mistake.line >= 1 && mistake.column >= 1, "a mistake has its place");
            return;
        }
    };
    let written = policy.to_toml();
    let again =
        Policy::read_published("p", &written).unwrap_or_else(|mistake| panic!("{mistake}\n{written}"));
    assert_eq!(again.to_toml(), written, "the policy changed when written and read again");
    let _ = crate::check::check(&policy, &Default::default());
}

/// The body of a fact, of every kind.
pub fn access_fact(data: &[u8]) {
    for kind in FactKind::ALL {
        if let Ok(fact) = Fact::read(kind, data) {
            let written = fact.to_bytes();
            assert_eq!(
                Fact::read(kind, &written).as_ref(),
                Ok(&fact),
                "a fact changed when written and read again"
            );
        }
    }
}

/// The body of an act, of every kind.
pub fn access_act(data: &[u8]) {
    for name in ["decision", "applied", "ended", "failed", "told", "slack-U1"] {
        let kind = ActKind::from_name(name).expect("a kind");
        if let Ok(act) = Act::read(&kind, data) {
            assert_eq!(
                Act::read(&kind, &act.to_bytes()).as_ref(),
                Ok(&act),
                "an act changed when written and read again"
            );
        }
    }
}

/// A ledger of objects: a key in each odd line, a body in each even one.
pub fn access_ledger(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.lines().collect();
    let mut records = Records::default();
    for pair in lines.chunks(2) {
        let key = pair[0].to_owned();
        if let Ok(parsed) = key.parse::<Key>() {
            assert_eq!(parsed.to_string(), key, "a key is written in one way");
        }
        let written = key.parse::<Key>().map_or(at("2026-11-27T12:00:00Z"), |key| key.id().at());
        let entry = Entry::new(key, written);
        records.take(&entry, pair.get(1).unwrap_or(&"").as_bytes());
    }
    let _ = (records.anomalies(), crate::replay::replay(&records));
}

/// Cases of a policy.
pub fn access_cases(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match cases::parse(&text) {
        Ok(found) => {
            let policy = crate::testing::policy();
            cases::run(&policy, &crate::testing::directory(), &found, at("2026-11-27T12:00:00Z"));
        }
        Err(errors) => assert!(errors.iter().all(|error| error.line >= 1), "an error has its line"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::EXAMPLE;

    type Target = fn(&[u8]);

    /// Good input for each target, from which the others are made by damaging it.
    const SEEDS: [(Target, &str); 6] = [
        (access_policy, EXAMPLE),
        (
            access_fact,
            r#"{"access":"read","accounts":["111122223333"],"duration":3600,"start":"2026-11-28T12:00:00Z"}"#,
        ),
        (
            access_act,
            r#"{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","vote":"approve"}"#,
        ),
        (access_act, r#"{"cause":"return","fact":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}"#),
        (
            access_ledger,
            "f/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/AROAHUB4567890EXAMPLE:bob/request.json\n{\"access\":\"read\",\"duration\":3600}",
        ),
        (
            access_cases,
            "alice@corp.com asks deploy 1h in 111122223333 at 2026-11-27T09:00:00Z approved by bob,dan -> granted 1h",
        ),
    ];

    #[test]
    fn the_seeds_keep_their_promises() {
        for (target, seed) in SEEDS {
            target(seed.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn damaged_input_never_panics(which in 0..SEEDS.len(), at: prop::sample::Index, bytes: Vec<u8>, cut in 0..20usize) {
            let (target, seed) = SEEDS[which];
            let mut data = seed.as_bytes().to_vec();
            let at = at.index(data.len());
            let end = (at + cut).min(data.len());
            data.splice(at..end, bytes);
            target(&data);
        }
    }
}
