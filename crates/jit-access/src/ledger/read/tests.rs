use proptest::prelude::*;

use super::*;
use crate::ledger::{Drop, Vote, Vouch};
use crate::testing::{at, policy, userid};

const NOON: &str = "2026-11-27T12:00:00Z";

fn id(byte: u8) -> Id {
    Id::new(at(NOON), [byte; 10])
}

fn entry(key: &Key, seconds: i64) -> Entry {
    Entry::new(key.to_string(), Timestamp(at(NOON).0 + seconds))
}

fn fact_key(byte: u8, name: &str, kind: FactKind) -> Key {
    Key::Fact { id: id(byte), author: userid("hub", name), kind }
}

fn request() -> Vec<u8> {
    br#"{"access":"read","accounts":["111122223333"],"duration":3600}"#.to_vec()
}

fn vote(about: &[u8]) -> Vec<u8> {
    let vote = Vote { request: id(1), sha256: Hash::of(about), vote: Vouch::Approve, reason: String::new() };
    Fact::Vote(vote).to_bytes()
}

fn kinds(records: &Records) -> Vec<AnomalyKind> {
    records.anomalies().iter().map(|anomaly| anomaly.kind).collect()
}

/// A ledger with one request and one more object: the anomaly, and whether a vote counts.
#[test]
fn objects_that_do_not_count_are_findings() {
    let good_vote = fact_key(2, "bob@corp.com", FactKind::Vote);
    let cases: Vec<(&str, Entry, Vec<u8>, Vec<AnomalyKind>)> = vec![
        ("a good vote", entry(&good_vote, 5), vote(&request()), vec![]),
        ("a vote on other bytes", entry(&good_vote, 5), vote(b"edited"), vec![AnomalyKind::Hash]),
        ("late by more than five minutes", entry(&good_vote, 301), vote(&request()), vec![AnomalyKind::Time]),
        (
            "early by more than five minutes",
            entry(&good_vote, -301),
            vote(&request()),
            vec![AnomalyKind::Time],
        ),
        ("late by five minutes", entry(&good_vote, 300), vote(&request()), vec![]),
        (
            "a key with more segments",
            Entry { key: format!("f/{}/x/y/vote.json", id(2)), ..entry(&good_vote, 5) },
            vote(&request()),
            vec![AnomalyKind::Key],
        ),
        (
            "a body with more",
            entry(&good_vote, 5),
            br#"{"request":"x","more":1}"#.to_vec(),
            vec![AnomalyKind::Body],
        ),
        ("no body", entry(&good_vote, 5), Vec::new(), vec![AnomalyKind::Body]),
        ("a large body", entry(&good_vote, 5), vec![b' '; LARGEST_FACT + 1], vec![AnomalyKind::Large]),
        (
            "a second version",
            Entry { has_more_versions: true, ..entry(&good_vote, 5) },
            vote(&request()),
            vec![AnomalyKind::SecondVersion],
        ),
        (
            "a request with the same id, later",
            entry(&fact_key(1, "eve", FactKind::Request), 1),
            request(),
            vec![AnomalyKind::TakenId],
        ),
        (
            "a policy that is none",
            entry(&Key::Policy { id: id(9), author: userid("platform", "pat") }, 1),
            b"[x".to_vec(),
            vec![AnomalyKind::Body],
        ),
        (
            "a policy by another door",
            entry(&Key::Policy { id: id(9), author: userid("hub", "pat") }, 1),
            policy().to_toml().into_bytes(),
            vec![AnomalyKind::Publisher],
        ),
        (
            "a policy",
            entry(&Key::Policy { id: id(9), author: userid("platform", "pat") }, 1),
            policy().to_toml().into_bytes(),
            vec![],
        ),
        (
            "a decision about other bytes",
            entry(&Key::Act { request: id(1), kind: ActKind::Slack("U1".into()) }, 9999),
            format!(r#"{{"sha256":"{}","vote":"approve"}}"#, Hash::of(b"x")).into_bytes(),
            vec![AnomalyKind::Hash],
        ),
        (
            "a torn act",
            entry(&Key::Act { request: id(1), kind: ActKind::Decision }, 9999),
            b"{\"sha2".to_vec(),
            vec![AnomalyKind::Body],
        ),
        (
            "about nothing",
            entry(&fact_key(2, "bob@corp.com", FactKind::Drop), 5),
            Fact::Drop(Drop { request: id(7), sha256: Hash::of(b"") }).to_bytes(),
            vec![AnomalyKind::Orphan],
        ),
    ];
    for (what, object, bytes, wanted) in cases {
        let mut records = Records::default();
        records.take(&entry(&fact_key(1, "alice@corp.com", FactKind::Request), 0), &request());
        assert_eq!(kinds(&records), [], "{what}");
        for _ in 0..2 {
            records.take(&object, &bytes);
            assert_eq!(kinds(&records), wanted, "{what}");
        }
        let thread = &records.threads[&id(1)];
        let author = thread.subject.as_ref().unwrap().0.author.session_name().to_owned();
        assert_eq!(author, "alice@corp.com", "{what}: the first request stays");
    }
}

#[test]
fn a_policy_counts_only_if_the_previous_one_allows_its_publisher() {
    let mut records = Records::default();
    let text = policy().to_toml();
    let publish = |records: &mut Records, byte, door, seconds| {
        let key = Key::Policy { id: id(byte), author: userid(door, "pat") };
        records.take(&entry(&key, seconds), text.as_bytes());
    };
    // They arrive out of order; the server's time counts.
    publish(&mut records, 3, "hub", 30);
    publish(&mut records, 2, "platform", 20);
    publish(&mut records, 1, "platform", 10);
    let in_force =
        |seconds| records.policy_in_force(Timestamp(at(NOON).0 + seconds)).map(|stored| stored.key.id());
    assert_eq!(
        [in_force(5), in_force(10), in_force(25), in_force(35)],
        [None, Some(id(1)), Some(id(2)), Some(id(2))]
    );
    assert_eq!(kinds(&records), [AnomalyKind::Publisher]);
}

/// The server's time has whole seconds. Of two policies of one second the one with the greater id came later, for every
/// reader, whatever order they are read in and whoever published them.
#[test]
fn of_two_policies_in_one_second_the_one_with_the_greater_id_is_in_force() {
    let stored = |byte: u8, name: &str, seconds: i64, ttl: u32| {
        let key = Key::Policy { id: id(byte), author: userid("platform", name) };
        let mut policy = policy();
        policy.limits.request_ttl = ttl;
        (entry(&key, seconds), policy.to_toml().into_bytes())
    };
    let ttl_in_force = |objects: &[&(Entry, Vec<u8>)]| {
        let mut records = Records::default();
        objects.iter().for_each(|(entry, bytes)| records.take(entry, bytes));
        assert_eq!(kinds(&records), []);
        records.policy_in_force(Timestamp(at(NOON).0 + 60)).unwrap().policy.limits.request_ttl
    };
    let (first, second) = (stored(3, "pat", 5, 3600), stored(4, "ann", 5, 7200));
    assert_eq!(ttl_in_force(&[&first, &second]), 7200);
    assert_eq!(ttl_in_force(&[&second, &first]), 7200);
    // The server's time comes before the id.
    let earlier = stored(5, "ann", 4, 10_800);
    assert_eq!(ttl_in_force(&[&earlier, &first]), 3600);
    assert_eq!(ttl_in_force(&[&first, &earlier]), 3600);
    // Under one id, which nobody makes by accident, the author decides.
    let same = stored(4, "zoe", 5, 18_000);
    assert_eq!(ttl_in_force(&[&same, &second]), 18_000);
    assert_eq!(ttl_in_force(&[&second, &same]), 18_000);
}

proptest! {
    /// The same objects count in whatever order they are listed and read.
    #[test]
    fn the_order_of_reading_changes_nothing(order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle()) {
        let objects = [
            (entry(&fact_key(1, "alice@corp.com", FactKind::Request), 0), request()),
            (entry(&fact_key(1, "eve", FactKind::Request), 0), request()),
            (entry(&fact_key(2, "bob@corp.com", FactKind::Vote), 3), vote(&request())),
            (entry(&fact_key(3, "dan", FactKind::Vote), 3), vote(&request())),
            (entry(&fact_key(4, "dan", FactKind::Vote), 4), vote(b"x")),
            (entry(&Key::Policy { id: id(9), author: userid("platform", "pat") }, 1), policy().to_toml().into_bytes()),
        ];
        let read = |order: &[usize]| {
            let mut records = Records::default();
            for place in order {
                records.take(&objects[*place].0, &objects[*place].1);
            }
            let threads = format!("{:?}", records.threads);
            (threads, records.anomalies(), records.policy_history().count())
        };
        prop_assert_eq!(read(&order), read(&[0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn no_bytes_panic(key in "[fas]/[0-9a-f-]{36}/AROAHUB4567890EXAMPLE:bob/(vote|request).json|.*", bytes: Vec<u8>) {
        let mut records = Records::default();
        records.take(&Entry { has_more_versions: true, ..Entry::new(key, at(NOON)) }, &bytes);
        let _ = records.anomalies();
    }
}
