//! What else bounds access: what a person holds already, and what is open.

use super::*;

#[test]
fn total_counts_what_was_held_in_any_day() {
    let mut world = World::new();
    let ask = |world: &mut World, seconds, duration| {
        let id = world.ask(ALICE, seconds, |request| {
            (request.access, request.duration) = ("pay-admin".into(), duration);
        });
        world.yes("bob@corp.com", seconds + 1, id);
        world.yes("dan", seconds + 1, id);
        let said = world.settle(id, seconds + 2);
        (id, said)
    };
    let h = 3600;
    let (first, said) = ask(&mut world, 0, 7200);
    assert_eq!(said, "until 7202");
    assert_eq!(ask(&mut world, 3 * h, 7200).1, format!("until {}", 5 * h + 2));
    // Returned after an hour: the second hour does not count.
    let (third, _) = ask(&mut world, 6 * h, 7200);
    world.drop_it(ALICE, 7 * h + 2, third);
    assert_eq!(ask(&mut world, 8 * h, 7200).1, "total");
    assert_eq!(ask(&mut world, 8 * h, 3600).1, format!("until {}", 9 * h + 2));
    // A day later the first is out of the window.
    assert_eq!(ask(&mut world, 26 * h + 2, 7200).1, format!("until {}", 28 * h + 4));
    assert!(matches!(world.state(first, 26 * h), State::Granted { phase: Phase::Ended { .. }, .. }));
}

#[test]
fn nobody_holds_both_sides_of_a_separation() {
    let mut world = World::new();
    world.policy.access.get_mut("read").unwrap().accounts = vec!["ou-root".parse().unwrap()];
    let read = |world: &mut World, accounts: &[&str], seconds| {
        let id = world.ask(ALICE, seconds, |request| {
            request.access = "read".into();
            request.accounts = accounts.iter().map(|account| (*account).to_owned()).collect();
        });
        world.settle(id, seconds)
    };
    assert_eq!(read(&mut world, &["111122223333", "444455556666"], 0), "separation");
    assert_eq!(read(&mut world, &["111122223333"], 0), "until 3600");
    assert_eq!(read(&mut world, &["888899990000"], 10), "separation");
    assert_eq!(read(&mut world, &["555566667777"], 10), "until 3610", "on no side");
    assert_eq!(read(&mut world, &["888899990000"], 3600), "until 7200", "once the other is over");
}

#[test]
fn open_requests_are_limited() {
    let mut world = World::new();
    let first: Vec<Id> = (0..6).map(|second| world.ask(ALICE, second, |_| ())).collect();
    assert_eq!(said(&world.decide(first[4], 10)), "payments-owners x1");
    assert_eq!(said(&world.decide(first[5], 10)), "open-requests");
    world.drop_it(ALICE, 11, first[0]);
    assert_eq!(said(&world.decide(first[5], 11)), "payments-owners x1");
    // Another person's requests do not count.
    let other = world.ask("00u1x9", 20, |_| ());
    assert_eq!(said(&world.decide(other, 20)), "payments-owners x1");
}

#[test]
fn a_review_that_is_overdue_stops_requests() {
    let mut world = World::new();
    let used =
        Use { access: "glass".into(), account: "111122223333".into(), reason: "fire".into(), at: None };
    let used = world.fact(&userid("glass", ALICE), 0, &Fact::Use(used));
    let late = 24 * 3600;
    let before = world.ask(ALICE, late - 1, |_| ());
    assert_eq!(said(&world.decide(before, late - 1)), "payments-owners x1");
    assert_eq!(said(&world.decide(before, late)), "review");
    let review = |world: &mut World, name, seconds| {
        let sha256 = world.hashes[&used];
        let review = Review { request: used, sha256, vote: Vouch::Deny, reason: String::new() };
        world.fact(&userid("hub", name), seconds, &Fact::Review(review));
    };
    // Not by the user, and not by just anybody.
    review(&mut world, ALICE, late);
    review(&mut world, "bob@corp.com", late);
    assert_eq!(said(&world.decide(before, late)), "review");
    review(&mut world, "eve", late);
    assert_eq!(said(&world.decide(before, late)), "payments-owners x1");
}
