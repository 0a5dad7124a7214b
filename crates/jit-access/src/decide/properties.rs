//! What holds for `decide` whatever people do, in any order and at any time.

use proptest::prelude::*;
use proptest::sample::select;

use super::tests::World;
use super::*;
use crate::id::Id;
use crate::testing::userid;

const ALICE: &str = "alice@corp.com";
const NAMES: [&str; 14] = [
    "alice@corp.com",
    "Alice@corp.com",
    "bob@corp.com",
    "BOB@corp.com",
    "carol@corp.com",
    "00u1x9",
    "dan",
    "eve",
    "frank",
    "grace",
    "repo-acme-deploy",
    "mallory@corp.com",
    "stranger",
    "bob",
];
const DOORS: [&str; 4] = ["hub", "contractors", "platform", "nowhere"];

#[derive(Clone, Debug)]
struct Said {
    name: &'static str,
    door: &'static str,
    seconds: i64,
    vote: Vouch,
}

#[derive(Clone, Debug)]
struct Asked {
    access: &'static str,
    duration: u32,
    start: Option<i64>,
}

fn votes() -> impl Strategy<Value = Vec<Said>> {
    let vote = (select(&NAMES[..]), select(&DOORS[..]), 0..4000i64, prop::bool::weighted(0.1));
    let said = vote.prop_map(|(name, door, seconds, no)| {
        let vote = if no { Vouch::Deny } else { Vouch::Approve };
        Said { name, door, seconds, vote }
    });
    // Mostly through the door that counts, so that there is something to grant.
    let honest = (select(&NAMES[..]), 0..4000i64).prop_map(|(name, seconds)| Said {
        name,
        door: "hub",
        seconds,
        vote: Vouch::Approve,
    });
    prop::collection::vec(prop_oneof![1 => said, 3 => honest], 0..8)
}

fn asked() -> impl Strategy<Value = Asked> {
    let access = select(&["deploy", "pay-admin", "prod-db"][..]);
    (access, 1..10_000u32, prop::option::weighted(0.3, 0..30_000i64))
        .prop_map(|(access, duration, start)| Asked { access, duration, start })
}

fn world(asker: &str, asked: &Asked, votes: &[Said]) -> (World, Id) {
    let mut world = World::new();
    let id = world.ask(asker, 0, |request| {
        request.access = asked.access.into();
        request.duration = asked.duration;
        request.start = asked.start.map(World::moment);
    });
    for said in votes {
        world.vote(&userid(said.door, said.name), said.seconds, id, said.vote);
    }
    (world, id)
}

fn granted(verdict: &Verdict) -> Option<&Grant> {
    match verdict {
        Verdict::Grant(grant) => Some(grant),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_requesters_own_vote_never_counts(asked in asked(), votes in votes(), now in 0..14_000i64) {
        let own = ["carol@corp.com", "00u1x9", "Carol@corp.com", "carol"];
        let (with, id) = world("00u1x9", &asked, &votes);
        let others: Vec<Said> = votes.iter().filter(|said| !own.contains(&said.name)).cloned().collect();
        let (without, same) = world("00u1x9", &asked, &others);
        prop_assert_eq!(with.decide(id, now), without.decide(same, now));
    }

    #[test]
    fn one_human_counts_once_whatever_doors_and_spellings(asked in asked(), votes in votes(), now in 4000..14_000i64) {
        let (once, id) = world(ALICE, &asked, &votes);
        // Everybody repeats their vote, and Carol does so under her other name.
        let again = votes.iter().cloned().map(|mut said| {
            said.name = match said.name {
                "carol@corp.com" => "00u1x9",
                "00u1x9" => "carol@corp.com",
                other => other,
            };
            said
        });
        let twice: Vec<Said> = votes.iter().cloned().chain(again).collect();
        let (twice, same) = world(ALICE, &asked, &twice);
        prop_assert_eq!(once.decide(id, now), twice.decide(same, now));
    }

    #[test]
    fn every_place_has_a_different_person(asked in asked(), votes in votes(), now in 0..14_000i64) {
        let (world, id) = world(ALICE, &asked, &votes);
        let verdict = world.decide(id, now);
        if let Some(grant) = granted(&verdict) {
            let places: u32 = world.policy.access[asked.access].approve.iter().map(|seat| seat.min).sum();
            prop_assert!(grant.voters.len() >= places as usize);
            // The people who voted and were allowed to, each by canonical name, through a door that may vote.
            for voter in &grant.voters {
                prop_assert!(["bob", "carol", "dan", "eve", "frank", "grace"].contains(&voter.as_str()), "{}", voter);
            }
        }
    }

    #[test]
    fn a_no_ends_the_request(asked in asked(), votes in votes(), seconds in 0..4000i64, now in 4000..14_000i64) {
        let (mut world, id) = world(ALICE, &asked, &votes);
        world.vote(&userid("hub", "bob@corp.com"), seconds, id, Vouch::Deny);
        let is_denied = matches!(world.decide(id, now), Verdict::Deny { .. });
        prop_assert!(is_denied);
    }

    #[test]
    fn the_order_of_facts_changes_nothing(asked in asked(), votes in votes().prop_shuffle(), now in 0..14_000i64) {
        let (one, id) = world(ALICE, &asked, &votes);
        let mut sorted = votes.clone();
        sorted.sort_by_key(|said| (said.name, said.door, said.seconds, said.vote));
        let (other, same) = world(ALICE, &asked, &sorted);
        prop_assert_eq!(one.decide(id, now), other.decide(same, now));
    }

    /// Waiting never makes a grant longer than requested, nor moves a fixed window; requesting more never
    /// turns a denial into a grant.
    #[test]
    fn more_time_never_widens_a_grant(asked in asked(), votes in votes(), now in 4000..14_000i64, more in 0..10_000i64) {
        let (first, id) = world(ALICE, &asked, &votes);
        let soon = first.decide(id, now);
        let late = first.decide(id, now + more);
        if let (Some(soon), Some(late)) = (granted(&soon), granted(&late)) {
            prop_assert_eq!(&soon.roles, &late.roles);
            prop_assert_eq!(&soon.names, &late.names);
            prop_assert_eq!(&soon.voters, &late.voters);
            let length = |grant: &Grant, now: i64| grant.until.0 - grant.start.unwrap_or(World::moment(now)).0;
            prop_assert!(length(late, now + more) <= length(soon, now));
            if soon.start.is_some() && late.start.is_some() {
                prop_assert_eq!(soon.until, late.until);
            }
        }
        prop_assert!(granted(&soon).is_some() || granted(&late).is_none(), "what was refused stays refused");
        let longer = Asked { duration: asked.duration.saturating_add(u32::try_from(more).unwrap_or(0)), ..asked.clone() };
        let (longer, same) = world(ALICE, &longer, &votes);
        prop_assert!(granted(&soon).is_some() || granted(&longer.decide(same, now)).is_none());
    }

    #[test]
    fn an_unknown_person_is_nobody(asked in asked(), votes in votes(), name in "[a-zA-Z0-9_+=,.@-]{2,20}", now in 0..14_000i64) {
        prop_assume!(!NAMES.contains(&name.as_str()));
        let (before, id) = world(ALICE, &asked, &votes);
        let (mut after, same) = world(ALICE, &asked, &votes);
        after.vote(&userid("hub", &name), 0, same, Vouch::Approve);
        after.vote(&userid("hub", &name), 0, same, Vouch::Deny);
        prop_assert_eq!(before.decide(id, now), after.decide(same, now));
        let (asking, own) = world(&name, &asked, &votes);
        prop_assert!(granted(&asking.decide(own, now)).is_none());
    }

    #[test]
    fn nothing_is_granted_that_is_forbidden(asked in asked(), votes in votes(), now in 0..14_000i64, shift in 0..20_000i64) {
        let mut policy = crate::testing::policy();
        let alice = crate::policy::Person {
            names: [ALICE.to_owned()].into(),
            pagerduty: Some("PAL".into()),
            ..policy.people["bob"].clone()
        };
        policy.people.insert("alice".into(), alice);
        let (mut world, id) = world(ALICE, &asked, &votes);
        world.policy = policy;
        let until = World::moment(shift);
        let on_call = OnCall::Shifts(vec![Shift { schedule: "PSCHED1".into(), user: "PAL".into(), until }]);
        if let Verdict::Grant(grant) = world.decide_with(id, &on_call, now) {
            let access = &world.policy.access[asked.access];
            let from = grant.start.unwrap_or(World::moment(now));
            let length = grant.until.0 - from.0;
            prop_assert!(0 < length && length <= i64::from(access.max.min(asked.duration)));
            prop_assert!(access.total.is_none_or(|total| length <= i64::from(total)));
            prop_assert!(access.hours.as_ref().is_none_or(|hours| hours.until(from).is_some_and(|end| grant.until <= end)));
            prop_assert!(!grant.by_on_call || grant.until <= until);
            prop_assert!(now < 4 * 3600, "nothing after the request has lapsed");
        }
    }
}
