use super::*;

const NOW: Timestamp = Timestamp(1_000);

fn grant(account: &str, until: i64) -> OwnGrant {
    OwnGrant {
        account: account.to_owned(),
        account_name: (account == "222222222222").then(|| "pay-prod".to_owned()),
        role: format!("arn:aws:iam::{account}:role/jit/pay"),
        until: Timestamp(until),
    }
}

fn request(short: &str, account: &str) -> OwnRequest {
    OwnRequest { short: short.to_owned(), accounts: vec![account.to_owned()], waits_for: Vec::new() }
}

fn record(grants: Vec<OwnGrant>, requests: Vec<OwnRequest>) -> OwnRecord {
    let role = "arn:aws:iam::*:role/jit/pay".to_owned();
    let own = OwnAccess { role, max: 1800, grants, requests, ..OwnAccess::default() };
    OwnRecord { accesses: BTreeMap::from([("pay".to_owned(), own)]), ..OwnRecord::empty() }
}

const TWO: &str = "222222222222";
const THREE: &str = "333333333333";

#[test]
fn a_person_holds_waits_or_neither() {
    let held = |account: &str, until: i64| Standing::Held(grant(account, until));
    let both = record(vec![grant(TWO, 2000), grant(THREE, 3000)], vec![request("a1", TWO)]);
    let extended = record(vec![grant(TWO, 3000), grant(TWO, 2000)], Vec::new());
    let ended = record(vec![grant(TWO, 1000)], vec![request("a1", TWO), request("b2", THREE)]);
    for (record, account, wanted) in [
        (&both, Some(TWO), held(TWO, 2000)),
        (&both, Some("pay-prod"), held(TWO, 2000)),
        (&both, Some(THREE), held(THREE, 3000)),
        (&both, None, Standing::Several(vec![TWO.to_owned(), THREE.to_owned()])),
        (&both, Some("444444444444"), Standing::Neither),
        (&extended, None, held(TWO, 3000)),
        (&ended, None, Standing::Pending(request("b2", THREE))),
        (&ended, Some(TWO), Standing::Pending(request("a1", TWO))),
        (&ended, Some("444444444444"), Standing::Neither),
        (&record(Vec::new(), Vec::new()), None, Standing::Neither),
    ] {
        assert_eq!(record.standing("pay", account, NOW), wanted, "{account:?}");
    }
    assert_eq!(both.standing("other", None, NOW), Standing::Unknown);
}

#[test]
fn the_command_is_the_whole_one() {
    let needs = vec!["-m REASON".to_owned(), "--ticket TICKET".to_owned()];
    for (role, max, needs, account, ask, extend) in [
        ("arn:aws:iam::222222222222:role/jit/pay", 7200, &[][..], None, "request pay", "request pay -d 1h"),
        (
            "arn:aws:iam::222222222222:role/jit/pay",
            1800,
            &needs,
            Some(TWO),
            "request pay -m REASON --ticket TICKET",
            "request pay -d 30m",
        ),
        (
            "arn:aws:iam::*:role/jit/pay",
            90,
            &needs[..1],
            Some(TWO),
            "request pay --account 222222222222 -m REASON",
            "request pay --account 222222222222 -d 90s",
        ),
        (
            "arn:aws:iam::*:role/jit/pay",
            0,
            &[],
            None,
            "request pay --account ACCOUNT",
            "request pay --account ACCOUNT -d 1h",
        ),
    ] {
        let own = OwnAccess { role: role.to_owned(), max, needs: needs.to_vec(), ..OwnAccess::default() };
        assert_eq!((own.ask("pay", account).as_str(), own.extend("pay", account).as_str()), (ask, extend));
    }
}

#[test]
fn a_role_is_that_of_an_access_whatever_its_account_if_that_is_open() {
    for (pattern, arn, is) in [
        ("arn:aws:iam::222222222222:role/jit/pay", "arn:aws:iam::222222222222:role/jit/pay", true),
        ("arn:aws:iam::*:role/jit/pay", "arn:aws:iam::222222222222:role/jit/pay", true),
        ("arn:aws:iam::333333333333:role/jit/pay", "arn:aws:iam::222222222222:role/jit/pay", false),
        ("arn:aws:iam::*:role/jit/pay", "arn:aws:iam::222222222222:role/jit/pay-two", false),
        ("arn:aws:iam::*:role/jit/pay", "arn:aws:iam::222222222222:role/jit/other/pay", false),
        ("arn:aws:iam::*:role/jit/pay", "arn:aws-cn:iam::222222222222:role/jit/pay", false),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::222222222222:role/jit/pay", false),
    ] {
        assert_eq!(is_role(pattern, &arn.parse().unwrap()), is, "{pattern} {arn}");
    }
}

#[test]
fn what_was_kept_is_read_again_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let kept = record(vec![grant(TWO, 2000)], Vec::new());
    for serial in [1, 2] {
        kept.clone().write(folder.path());
        assert_eq!(OwnRecord::read(folder.path()), Some(OwnRecord { serial, ..kept.clone() }));
    }
    OwnRecord { version: VERSION + 1, ..kept }.write(folder.path());
    assert_eq!(OwnRecord::read(folder.path()), None);
    Folder::open(folder.path()).unwrap().folder("access").unwrap().write(FILE, b"{").unwrap();
    assert_eq!(OwnRecord::read(folder.path()), None);
    OwnRecord::forget(folder.path());
    assert!(!folder.path().join("access").join(FILE).exists());
}
