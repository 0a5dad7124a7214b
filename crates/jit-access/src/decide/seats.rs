//! Assigns people to the seats of a quorum in the best possible way.

use std::collections::BTreeSet;

use crate::policy::Seat;

/// How many people of a group are still missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// The group.
    pub group: String,
    /// How many.
    pub count: u32,
}

/// Somebody who approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Voter {
    pub(super) person: String,
    /// The groups that they can vote for.
    pub(super) groups: BTreeSet<String>,
    /// Whether they can fill any seat, because the request was escalated to them.
    pub(super) is_any: bool,
}

/// The seats that stay empty in the best assignment of `voters`; none if the quorum is complete.
///
/// A maximum matching by augmenting paths: one person takes one seat, and changes to another if more people
/// can then sit. Those who can take any seat come last, so that the missing people are reported by group.
pub(super) fn missing(seats: &[Seat], voters: &[Voter]) -> Vec<Missing> {
    let places: Vec<&str> =
        seats.iter().flat_map(|seat| std::iter::repeat_n(seat.group.as_str(), seat.min as usize)).collect();
    let mut taken: Vec<Option<usize>> = vec![None; places.len()];
    let order = voters.iter().enumerate().filter(|(_, voter)| !voter.is_any);
    let order = order.chain(voters.iter().enumerate().filter(|(_, voter)| voter.is_any));
    for (voter, _) in order {
        let mut seen = vec![false; places.len()];
        sit(voter, voters, &places, &mut taken, &mut seen);
    }
    let mut missing: Vec<Missing> = Vec::new();
    for (group, _) in places.iter().zip(&taken).filter(|(_, taken)| taken.is_none()) {
        match missing.iter_mut().find(|missing| missing.group == **group) {
            Some(missing) => missing.count += 1,
            None => missing.push(Missing { group: (*group).to_owned(), count: 1 }),
        }
    }
    missing
}

/// Seats `voter`, by moving others if needed. Each place is tried once, so the depth is at most the number of
/// places.
fn sit(
    voter: usize,
    voters: &[Voter],
    places: &[&str],
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for place in 0..places.len() {
        let fits = voters[voter].is_any || voters[voter].groups.contains(places[place]);
        if !fits || seen[place] {
            continue;
        }
        seen[place] = true;
        let is_free = match taken[place] {
            None => true,
            Some(other) => sit(other, voters, places, taken, seen),
        };
        if is_free {
            taken[place] = Some(voter);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn voter(name: &str, groups: &[&str]) -> Voter {
        let is_any = groups.contains(&"*");
        Voter { person: name.into(), groups: groups.iter().map(|group| (*group).into()).collect(), is_any }
    }

    fn seats(seats: &[(&str, u32)]) -> Vec<Seat> {
        seats.iter().map(|(group, min)| Seat { group: (*group).into(), min: *min }).collect()
    }

    #[test]
    fn seats_are_filled_in_the_best_way() {
        /// The seats, the groups of each voter, and the empty seats.
        type Row = (Counts, &'static [&'static [&'static str]], Counts);
        type Counts = &'static [(&'static str, u32)];
        let cases: &[Row] = &[
            (&[], &[], &[]),
            (&[("a", 1)], &[], &[("a", 1)]),
            (&[("a", 2)], &[&["a"]], &[("a", 1)]),
            // A person in two groups fills one seat.
            (&[("a", 1), ("b", 1)], &[&["a", "b"]], &[("b", 1)]),
            // The first can take either seat, the second only one in a: the first must move.
            (&[("a", 1), ("b", 1)], &[&["a", "b"], &["a"]], &[]),
            (&[("a", 1), ("b", 1), ("c", 1)], &[&["a", "b"], &["b", "c"], &["a"]], &[]),
            (&[("a", 1), ("b", 1)], &[&["a"], &["a"]], &[("b", 1)]),
            // The person it was escalated to takes the remaining seat.
            (&[("a", 1), ("b", 1)], &[&["*"], &["a"]], &[]),
            (&[("a", 1), ("b", 1)], &[&["*"]], &[("b", 1)]),
        ];
        for (wanted, voters, left) in cases {
            let voters: Vec<Voter> = voters.iter().map(|groups| voter("x", groups)).collect();
            let found = missing(&seats(wanted), &voters);
            let found: Vec<(&str, u32)> = found.iter().map(|one| (one.group.as_str(), one.count)).collect();
            assert_eq!(found, *left, "{wanted:?} {voters:?}");
        }
    }

    /// The most seats that can be filled, found by trying everything.
    fn most(places: &[&str], voters: &[Voter]) -> usize {
        let Some((first, rest)) = voters.split_first() else { return 0 };
        let mut best = most(places, rest);
        for place in 0..places.len() {
            if first.is_any || first.groups.contains(places[place]) {
                let mut left = places.to_vec();
                left.remove(place);
                best = best.max(1 + most(&left, rest));
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_other_assignment_is_better(
            wanted in proptest::collection::vec((0..3usize, 1..3u32), 0..3),
            people in proptest::collection::vec(proptest::collection::vec(0..4usize, 0..3), 0..5),
        ) {
            const GROUPS: [&str; 4] = ["a", "b", "c", "*"];
            let seats: Vec<Seat> = wanted.iter().map(|(group, min)| Seat { group: GROUPS[*group].into(), min: *min }).collect();
            let voters: Vec<Voter> = people
                .iter()
                .map(|groups| voter("x", &groups.iter().map(|group| GROUPS[*group]).collect::<Vec<_>>()))
                .collect();
            let places: Vec<&str> = wanted.iter().flat_map(|(group, min)| vec![GROUPS[*group]; *min as usize]).collect();
            let left: u32 = missing(&seats, &voters).iter().map(|one| one.count).sum();
            prop_assert_eq!(places.len() - left as usize, most(&places, &voters));
        }
    }
}
