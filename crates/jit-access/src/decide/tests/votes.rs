//! Which votes count.

use super::*;
use crate::ledger::AnomalyKind;

#[test]
fn votes_that_do_not_count() {
    let mut world = World::new();
    let id = world.ask("00u1x9", 0, |_| ());
    // Her own, under another name and in another case; a door that may not vote; a stranger; a program; a
    // retired name.
    world.yes("carol@corp.com", 1, id);
    world.yes("00U1X9", 1, id);
    world.vote(&userid("contractors", "bob@corp.com"), 1, id, Vouch::Approve);
    world.vote(&userid("nowhere", "bob@corp.com"), 1, id, Vouch::Approve);
    for name in ["stranger", "repo-acme-deploy", "mallory@corp.com", "Bob@corp.com", "bob", ALICE, "dan"] {
        world.yes(name, 1, id);
    }
    assert_eq!(said(&world.decide(id, 2)), "payments-owners x1");
    // With a button in Slack, which the access does not allow.
    let slack = SlackVote { sha256: world.hashes[&id], vote: Vouch::Approve, reason: String::new() };
    let bytes = crate::ledger::Act::Slack("U012".into(), slack).to_bytes();
    world.act(1, id, ActKind::Slack("U012".into()), &bytes);
    assert_eq!(said(&world.decide(id, 2)), "payments-owners x1");
    // The valid counterpart. It does not count before it was stored.
    world.yes("bob@corp.com", 3, id);
    assert_eq!(said(&world.decide(id, 2)), "payments-owners x1");
    assert_eq!(said(&world.decide(id, 3)), "until 3603");
}

/// Two requests can have the same bytes, and so the same hash: what binds a vote is the id in it as well.
#[test]
fn a_vote_counts_for_its_own_request_alone() {
    let mut world = World::new();
    let first = world.ask(ALICE, 0, |_| ());
    let second = world.ask(ALICE, 1, |_| ());
    assert_eq!(world.hashes[&first], world.hashes[&second], "the same bytes");
    world.yes("bob@corp.com", 2, first);
    assert_eq!(said(&world.decide(first, 5)), "until 3605");
    assert_eq!(said(&world.decide(second, 5)), "payments-owners x1");
    // Bob's vote, copied by others under ids and names of their own.
    let vote = |request: Id, sha256: Hash| {
        Fact::Vote(Vote { request, sha256, vote: Vouch::Approve, reason: String::new() })
    };
    let same = world.hashes[&second];
    for name in [ALICE, "stranger", "Bob@corp.com"] {
        world.fact(&userid("hub", name), 3, &vote(first, same));
        world.fact(&userid("hub", name), 3, &vote(second, same));
    }
    // By Bob, about other bytes.
    world.fact(&userid("hub", "bob@corp.com"), 3, &vote(second, Hash::of(b"something else")));
    assert_eq!(said(&world.decide(second, 5)), "payments-owners x1");
    // The valid counterpart.
    world.fact(&userid("hub", "bob@corp.com"), 4, &vote(second, same));
    assert_eq!(said(&world.decide(second, 5)), "until 3605");
}

/// What is written over a request changes nothing about it, and a vote on that text approves nothing.
#[test]
fn a_request_that_was_edited_after_its_approval_is_the_one_that_was_approved() {
    for approved_first in [true, false] {
        let mut world = World::new();
        let id = world.ask(ALICE, 0, |request| request.duration = 600);
        let (entry, bytes) = world.log[0].clone();
        let edited = String::from_utf8(bytes.clone()).unwrap().replace("600", "3600").into_bytes();
        assert_ne!(bytes, edited);
        if approved_first {
            world.yes("bob@corp.com", 1, id);
        }
        // S3 lists the first version, and says that there is another one.
        world.take(Entry { has_more_versions: true, ..entry.clone() }, bytes);
        // A ledger that hands the second version out under the same key does not get it in either.
        world.take(Entry { written: World::moment(2), ..entry }, edited.clone());
        let (sha256, vote) = (Hash::of(&edited), Vouch::Approve);
        let fact = Fact::Vote(Vote { request: id, sha256, vote, reason: String::new() });
        world.fact(&userid("hub", "carol@corp.com"), 3, &fact);
        let wanted = if approved_first { "until 604" } else { "payments-owners x1" };
        assert_eq!(said(&world.decide(id, 4)), wanted);
        let found: Vec<_> = world.records.anomalies().iter().map(|one| one.kind).collect();
        assert!(
            found.contains(&AnomalyKind::SecondVersion) && found.contains(&AnomalyKind::Hash),
            "{found:?}"
        );
        // The valid counterpart: a vote on the bytes that were stored first.
        world.yes("bob@corp.com", 5, id);
        assert_eq!(said(&world.decide(id, 6)), "until 606");
    }
}

#[test]
fn slack_votes_count_only_if_the_access_allows_them() {
    let mut world = World::new();
    let id = world.ask(ALICE, 0, |request| request.access = "prod-db".into());
    for (member, vote, wanted) in
        [("UXXX", Vouch::Approve, "payments-owners x1"), ("U012", Vouch::Approve, "until 3602")]
    {
        let vote = SlackVote { sha256: world.hashes[&id], vote, reason: String::new() };
        let bytes = crate::ledger::Act::Slack(member.into(), vote).to_bytes();
        world.act(1, id, ActKind::Slack(member.into()), &bytes);
        assert_eq!(said(&world.decide(id, 2)), wanted, "{member}");
    }
}

#[test]
fn only_a_no_from_an_approver_ends_the_request() {
    let no_of = |name: &str, denies: bool| {
        let mut world = World::new();
        let id = world.ask(ALICE, 0, |_| ());
        world.yes("carol@corp.com", 1, id);
        world.vote(&userid("hub", name), 2, id, Vouch::Deny);
        let wanted = if denies { "denied" } else { "until 3605" };
        assert_eq!(said(&world.decide(id, 5)), wanted, "{name}");
    };
    // An approver; security, who may revoke anything; a bystander; a program; the requester.
    no_of("bob@corp.com", true);
    no_of("dan", true);
    no_of("frank", false);
    no_of("repo-acme-deploy", false);
    no_of(ALICE, false);
    // A person who approves and then denies has denied.
    no_of("carol@corp.com", true);
}

#[test]
fn after_escalation_leads_can_fill_any_seat() {
    let mut world = World::new();
    let id = world.ask(ALICE, 0, |request| request.access = "pay-admin".into());
    world.yes("frank", 899, id);
    assert_eq!(
        said(&world.decide(id, 2000)),
        "payments-owners x1 security x1",
        "a vote from before does not count"
    );
    world.yes("frank", 900, id);
    world.yes("frank", 901, id);
    assert_eq!(said(&world.decide(id, 2000)), "security x1", "one human, one place");
    world.yes("grace", 902, id);
    assert_eq!(said(&world.decide(id, 2000)), "until 5600");
}

#[test]
fn on_call_people_need_fewer_approvals_until_their_shift_ends() {
    let mut policy = testing::policy();
    let alice = crate::policy::Person {
        names: [ALICE.to_owned()].into(),
        pagerduty: Some("PAL".into()),
        ..policy.people["bob"].clone()
    };
    policy.people.insert("alice".into(), alice);
    let mut world = World::of(policy);
    let id = world.ask(ALICE, 0, |_| ());
    let shift = |schedule: &str, user: &str, until| {
        OnCall::Shifts(vec![Shift {
            schedule: schedule.into(),
            user: user.into(),
            until: World::moment(until),
        }])
    };
    let cases = [
        (OnCall::Unknown, "payments-owners x1"),
        (OnCall::Shifts(Vec::new()), "payments-owners x1"),
        (shift("PSCHED1", "PAL", 600), "until 600"),
        (shift("PSCHED1", "PAL", 99_999), "until 3600"),
        (shift("PSCHED1", "PAL", 0), "payments-owners x1"),
        (shift("PSCHED2", "PAL", 600), "payments-owners x1"),
        (shift("PSCHED1", "PABC", 600), "payments-owners x1"),
    ];
    for (on_call, wanted) in &cases {
        assert_eq!(said(&world.decide_with(id, on_call, 0)), *wanted, "{on_call:?}");
    }
    // With the votes that are usually needed, the shift does not shorten the grant.
    world.yes("bob@corp.com", 1, id);
    assert_eq!(said(&world.decide_with(id, &cases[2].0, 1)), "until 3601");
}
