//! Which votes count.

use super::*;

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
