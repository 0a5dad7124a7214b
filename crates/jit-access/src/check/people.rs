//! Checks people: who can arrive, who can approve, and who would be on both sides of a separation.

use std::collections::BTreeSet;

use super::Checker;
use crate::policy::{Access, Members, Right, Seat};

impl Checker<'_> {
    /// People who cannot come through any door, or who are in no group.
    pub(super) fn persons(&mut self) {
        let produces = |right: Right| {
            self.policy.doors.values().any(|door| door.may.contains(&right) && !door.ids.is_empty())
        };
        let can_ask = produces(Right::Request);
        let can_vote = produces(Right::Vote);
        for (name, group) in &self.policy.groups {
            let Members::Door(door) = &group.members else { continue };
            let is_approver = self
                .policy
                .access
                .values()
                .any(|access| crate::fold::approver_groups(access).any(|approver| approver == name));
            if is_approver && !self.policy.doors.get(door).is_some_and(|door| door.may.contains(&Right::Vote))
            {
                let what = format!("the group {name} approves, and the door {door} may not vote");
                self.error(
                    group.place.clone(),
                    "door-cannot-vote",
                    what,
                    "add \"vote\" to `may` of the door",
                );
            }
        }
        let asks: BTreeSet<&str> = self.named(|access| access.who.clone());
        let votes: BTreeSet<&str> = self.named(|access| {
            let review = access.review.iter().map(|review| review.group.clone());
            crate::fold::approver_groups(access).map(str::to_owned).chain(review).collect()
        });
        let mut found = Vec::new();
        for (name, person) in &self.policy.people {
            let is_asker = asks.contains(name.as_str());
            let is_voter = votes.contains(name.as_str());
            if is_asker && !can_ask {
                found.push((
                    person.place.clone(),
                    "no-way-in",
                    format!("{name} may ask, but cannot come through any door"),
                ));
            }
            if is_voter && !person.robot && !can_vote {
                found.push((
                    person.place.clone(),
                    "no-way-in",
                    format!("{name} may approve, but cannot come through any door"),
                ));
            }
            if is_voter && person.robot {
                found.push((
                    person.place.clone(),
                    "robot-approves",
                    format!("{name} is a robot, and its votes never count"),
                ));
            }
        }
        for (place, code, what) in found {
            let advice = if code == "no-way-in" {
                "add a door with `ids` that may do that"
            } else {
                "remove it from the group"
            };
            self.error(place, code, what, advice);
        }
    }

    /// Everybody in the groups that `groups` returns for each access.
    fn named(&self, groups: impl Fn(&Access) -> Vec<String>) -> BTreeSet<&str> {
        let mut people = BTreeSet::new();
        for group in self.policy.access.values().flat_map(groups) {
            if let Some(Members::People(members)) = self.policy.groups.get(&group).map(|group| &group.members)
            {
                people.extend(members.iter().map(String::as_str));
            }
        }
        people
    }

    /// Quorums that cannot be reached by anybody, or not for every requester.
    pub(super) fn approvers(&mut self, name: &str, access: &Access) {
        self.seats(name, access, &access.approve, "approve");
        if let Some(oncall) = &access.oncall {
            self.seats(name, access, &oncall.approve, "oncall");
        }
        if let Some(review) = &access.review {
            let seat = Seat { group: review.group.clone(), min: 1 };
            self.seats(name, access, &[seat], "review");
        }
    }

    fn seats(&mut self, name: &str, access: &Access, seats: &[Seat], key: &'static str) {
        if seats.is_empty() {
            return;
        }
        // A group that is everybody of a door, or whose members are not known, can fill any seat.
        let mut humans: Vec<BTreeSet<&str>> = Vec::new();
        for seat in seats {
            let Some(group) = self.policy.groups.get(&seat.group) else { return };
            let is_known = match &group.members {
                Members::People(_) => true,
                Members::IdentityCenter(id) => self.people.directory().groups.contains_key(id),
                Members::Door(_) => false,
            };
            if !is_known {
                return;
            }
            let members = self.people.members(&seat.group).unwrap_or_default();
            humans.push(members.into_iter().filter(|person| !self.people.is_robot(person)).collect());
        }
        let place = access.place_of(key);
        if !can_sit(seats, &humans, None) {
            let what = format!("`{key}` in [access.{name}] needs more people than its groups have");
            self.error(place, "quorum-unreachable", what, "add people to the groups, or ask for fewer");
            return;
        }
        let mut requesters: BTreeSet<&str> = BTreeSet::new();
        for group in &access.who {
            requesters.extend(self.people.members(group).unwrap_or_default());
        }
        for group in &access.not {
            for person in self.people.members(group).unwrap_or_default() {
                requesters.remove(person);
            }
        }
        let stuck: Vec<&str> =
            requesters.iter().copied().filter(|person| !can_sit(seats, &humans, Some(person))).collect();
        if !stuck.is_empty() && key != "oncall" {
            let who = if stuck.len() == requesters.len() {
                "nobody who may ask".to_owned()
            } else {
                format!("not {}", stuck.join(", "))
            };
            let what = format!(
                "without the requester, `{key}` in [access.{name}] needs more people than its groups have: {who} can get it"
            );
            let advice = "add people to the groups: nobody approves their own request";
            if stuck.len() == requesters.len() {
                self.error(place.clone(), "quorum-unreachable", what, advice);
            } else {
                self.warning(place.clone(), "quorum-unreachable-for-some", what, advice);
            }
        }
        for (seat, humans) in seats.iter().zip(&humans) {
            if access.who.len() == 1
                && access.who.contains(&seat.group)
                && seats.len() == 1
                && !humans.is_empty()
            {
                let what = format!(
                    "in [access.{name}] the only approvers, {}, are the requesters themselves",
                    seat.group
                );
                self.error(
                    place.clone(),
                    "approve-each-other",
                    what,
                    "name another group, so that colleagues do not approve one another",
                );
            }
        }
    }

    /// People who could request access on two sides of a separation.
    pub(super) fn separations(&mut self) {
        let mut found = Vec::new();
        for (name, separation) in &self.policy.separation {
            let mut sides: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); separation.sides.len()];
            // Break-glass access works everywhere, and is reviewed instead.
            for access in self.policy.access.values().filter(|access| !access.standing) {
                let accounts = self.people.accounts_of(access);
                let mut who: BTreeSet<&str> =
                    access.who.iter().filter_map(|group| self.people.members(group)).flatten().collect();
                for person in access.not.iter().filter_map(|group| self.people.members(group)).flatten() {
                    who.remove(person);
                }
                for (side, people) in separation.sides.iter().zip(&mut sides) {
                    let is_here = accounts.iter().any(|account| self.people.has_account(side, account))
                        || access.accounts.iter().any(|set| side.contains(set));
                    if is_here {
                        people.extend(&who);
                    }
                }
            }
            let mut both: BTreeSet<&str> = BTreeSet::new();
            for (at, side) in sides.iter().enumerate() {
                for other in &sides[at + 1..] {
                    both.extend(side.intersection(other));
                }
            }
            if !both.is_empty() {
                let list: Vec<&str> = both.into_iter().take(10).collect();
                let what = format!("on both sides of {name}: {}", list.join(", "));
                found.push((separation.place.clone(), what));
            }
        }
        for (place, what) in found {
            let advice =
                "they can hold one side at a time; to exclude them from one, remove them from its `who`";
            self.warning(place, "both-sides", what, advice);
        }
    }
}

/// Whether different people can take all the seats without `absent`.
fn can_sit(seats: &[Seat], humans: &[BTreeSet<&str>], absent: Option<&str>) -> bool {
    let everybody: BTreeSet<&str> =
        humans.iter().flatten().copied().filter(|person| Some(*person) != absent).collect();
    let groups_of = |person: &str| {
        let inside = seats.iter().zip(humans).filter(|(_, members)| members.contains(person));
        inside.map(|(seat, _)| seat.group.clone()).collect::<BTreeSet<String>>()
    };
    let voters: Vec<(String, BTreeSet<String>)> =
        everybody.into_iter().map(|person| (person.to_owned(), groups_of(person))).collect();
    crate::decide::is_quorum(seats, voters)
}
