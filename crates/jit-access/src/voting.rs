//! //! Checks before a vote or a review whether it would count, so that the person learns it at once. This is
//! advice:¶//! [`decide`](crate::decide) counts the stored votes by the same rules, and a test compares the two.

use std::fmt;

use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

use crate::fold::{Case, UseCase, approver_groups};
use crate::ledger::{Fact, Vouch};
use crate::people::{Author, Nobody, People, UserId, is_same_person};
use crate::policy::{Access, Channel, Right};

/// Why a vote or a review would not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoVote {
    /// /// The policy does not know who votes.
    Nobody(Nobody),
    /// /// It is their own request or use.
    Own,
    /// A program votes.
    Robot,
    /// The door may not vote.
    Door(String),
    /// The policy does not have the access any more.
    Access(String),
    /// /// They are in none of the groups that decide; these do.
    Group(Vec<String>),
    /// /// They are in the group of the escalation, and the request is not escalated yet.
    NotYet(Timestamp),
    /// /// Votes for the access are not accepted from the command line.
    Channel(String),
}

impl fmt::Display for NoVote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody(nobody) => write!(f, "your vote would not count: {nobody}"),
            Self::Own => f.write_str("this is your own request, and nobody approves their own"),
            Self::Robot => f.write_str("you are a robot in the policy, and the vote of a robot never counts"),
            Self::Door(door) => write!(f, "nobody may vote through the door {door}"),
            Self::Access(access) => write!(f, "the policy in force has no access {access}"),
            Self::Group(_) => f.write_str("you are in none of the groups that decide about this"),
            Self::NotYet(at) => write!(f, "it is escalated to you only from {} on", at.to_rfc3339()),
            Self::Channel(access) => write!(f, "votes for {access} are not accepted from the command line"),
        }
    }
}

impl std::error::Error for NoVote {}

impl Explain for NoVote {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Nobody(nobody) => nobody.next(),
            Self::Own | Self::Robot => vec![Next::words("ask another approver")],
            Self::Door(_) => {
                vec![Next::words("name a role of a door that may vote as `voter` in the section [access]")]
            }
            Self::Access(_) => vec![Next::words("ask those who publish the policy what replaces it")],
            Self::Group(groups) if groups.is_empty() => {
                vec![Next::words("nobody has to agree to this access")]
            }
            Self::Group(groups) => vec![Next::words(format!("ask somebody of {}", groups.join(", ")))],
            Self::NotYet(_) => vec![Next::words("ask an approver, or wait until then")],
            Self::Channel(_) => vec![Next::words("vote in Slack, where the request was announced")],
        }
    }
}

impl<'r> Case<'r> {
    /// /// The voter, if a vote stored at `now` through the command line would count.
    ///
    /// # Errors
    /// [`NoVote`].
    pub fn voter<'p>(
        &self,
        people: &People<'p>,
        userid: &'p UserId,
        vote: Vouch,
        now: Timestamp,
    ) -> Result<Author<'p>, NoVote> {
        let author = other_voter(people, self.author, userid)?;
        let name = &self.request.access;
        let access = people.policy().access.get(name).ok_or_else(|| NoVote::Access(name.clone()))?;
        if !access.approve_by.contains(&Channel::Cli) {
            return Err(NoVote::Channel(name.clone()));
        }
        let is_in = |group: &str| people.is_member(group, author.person, Some(author.door));
        let counts = match vote {
            Vouch::Approve => seat_groups(access).any(is_in),
            Vouch::Deny => {
                let security = people.policy().deployment.security.iter().map(String::as_str);
                approver_groups(access).chain(security).any(is_in)
            }
        };
        if counts {
            return Ok(author);
        }
        match &access.escalate {
            Some(escalate) if is_in(&escalate.group) => {
                let from = Timestamp(self.at.0.saturating_add(i64::from(escalate.after)));
                if now >= from { Ok(author) } else { Err(NoVote::NotYet(from)) }
            }
            _ => Err(NoVote::Group(names_of(seat_groups(access)))),
        }
    }

    /// The last vote of this person that is stored, with its time.
    pub fn vote_of(&self, people: &People<'_>, person: &str) -> Option<(Timestamp, Vouch)> {
        let votes = self.facts.iter().filter_map(|fact| match &fact.body {
            Fact::Vote(vote) => Some((fact, vote.vote)),
            _ => None,
        });
        let mut own = votes.filter(|(fact, _)| {
            people.author(&fact.author).is_ok_and(|author| is_same_person(author.person, person))
        });
        own.next_back().map(|(fact, vote)| (fact.at, vote))
    }
}

impl UseCase<'_> {
    /// The reviewer, if a review through the command line would count.
    ///
    /// # Errors
    /// [`NoVote`].
    pub fn reviewer<'p>(&self, people: &People<'p>, userid: &'p UserId) -> Result<Author<'p>, NoVote> {
        let author = other_voter(people, self.author, userid)?;
        let name = &self.used.access;
        let review = people.policy().access.get(name).and_then(|access| access.review.as_ref());
        let review = review.ok_or_else(|| NoVote::Access(name.clone()))?;
        if people.is_member(&review.group, author.person, Some(author.door)) {
            Ok(author)
        } else {
            Err(NoVote::Group(vec![review.group.clone()]))
        }
    }
}

/// Who `userid` is, if they may vote and are not the one whose request or use it is.
fn other_voter<'p>(people: &People<'p>, own: &UserId, userid: &'p UserId) -> Result<Author<'p>, NoVote> {
    let author = people.author(userid).map_err(NoVote::Nobody)?;
    let is_own = userid.session_name().eq_ignore_ascii_case(own.session_name())
        || people.author(own).is_ok_and(|own| is_same_person(own.person, author.person));
    if is_own {
        return Err(NoVote::Own);
    }
    if author.robot {
        return Err(NoVote::Robot);
    }
    if !people.may(author.door, Right::Vote) {
        return Err(NoVote::Door(author.door.to_owned()));
    }
    Ok(author)
}

/// /// The groups whose members fill places, without the group of the escalation.
fn seat_groups(access: &Access) -> impl Iterator<Item = &str> {
    let on_call = access.oncall.iter().flat_map(|oncall| &oncall.approve);
    access.approve.iter().chain(on_call).map(|seat| seat.group.as_str())
}

/// /// The groups in order, without duplicates.
fn names_of<'a>(groups: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for group in groups {
        if !names.iter().any(|name| name == group) {
            names.push(group.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Verdict;
    use crate::decide::tests::World;
    use crate::ledger::{Entry, Key, Records, Review, Use};
    use crate::people::PolicyIndex;
    use crate::testing::{self, userid};

    /// /// Everybody of the example's company, through each of its doors, before and after the escalation: the advice
    /// is¶/// what the vote leads to.
    #[test]
    fn advice_about_a_vote_is_what_deciding_makes_of_it() {
        let names = [
            "alice@corp.com",
            "bob@corp.com",
            "carol@corp.com",
            "00u1x9",
            "dan",
            "frank",
            "heidi",
            "Dan",
            "bob",
            "repo-acme-deploy",
            "mallory@corp.com",
            "stranger",
        ];
        let (mut counting, mut not) = (0, 0);
        for access in ["pay-admin", "deploy", "prod-db"] {
            for requester in ["alice@corp.com", "carol@corp.com"] {
                for (door, name) in ["hub", "contractors", "platform", "nowhere"]
                    .into_iter()
                    .flat_map(|door| names.map(|name| (door, name)))
                {
                    for seconds in [60, 1800] {
                        for vote in [Vouch::Approve, Vouch::Deny] {
                            let mut world = World::new();
                            let id = world.ask(requester, 0, |request| request.access = access.into());
                            let voter = userid(door, name);
                            let before = world.decide(id, seconds);
                            let advice = {
                                let index = PolicyIndex::new(&world.policy);
                                let people = index.with(&world.directory);
                                let case = world.records.case(id).unwrap();
                                case.voter(&people, &voter, vote, World::moment(seconds)).map(|_| ())
                            };
                            world.vote(&voter, seconds, id, vote);
                            let after = world.decide(id, seconds);
                            let who =
                                format!("{access} of {requester}, {vote:?} by {name} at {door}: {advice:?}");
                            assert!(matches!(before, Verdict::Wait { .. }), "{who}: {before:?}");
                            assert_eq!(advice.is_ok(), before != after, "{who}: {before:?} {after:?}");
                            if advice.is_ok() { counting += 1 } else { not += 1 }
                        }
                    }
                }
            }
        }
        assert!(counting > 40 && not > 200, "{counting} {not}");
    }

    #[test]
    fn why_a_vote_would_not_count() {
        let mut world = World::new();
        let id = world.ask("alice@corp.com", 0, |request| request.access = "pay-admin".into());
        let index = PolicyIndex::new(&world.policy);
        let people = index.with(&world.directory);
        let case = world.records.case(id).unwrap();
        let why = |door: &str, name: &str, vote| {
            let error = case.voter(&people, &userid(door, name), vote, World::moment(60)).err();
            error.map(|error| error.to_string()).unwrap_or_default()
        };
        for (door, name, vote, wanted) in [
            ("hub", "bob@corp.com", Vouch::Approve, ""),
            (
                "hub",
                "alice@corp.com",
                Vouch::Approve,
                "this is your own request, and nobody approves their own",
            ),
            (
                "hub",
                "Alice@Corp.com",
                Vouch::Approve,
                "your vote would not count: no person of the policy has the name",
            ),
            ("hub", "frank", Vouch::Approve, "it is escalated to you only from 2026-11-27T12:15:00Z on"),
            ("hub", "frank", Vouch::Deny, ""),
            ("hub", "heidi", Vouch::Deny, "you are in none of the groups that decide about this"),
            ("contractors", "bob@corp.com", Vouch::Approve, "nobody may vote through the door contractors"),
            (
                "hub",
                "repo-acme-deploy",
                Vouch::Deny,
                "you are a robot in the policy, and the vote of a robot never counts",
            ),
        ] {
            assert_eq!(why(door, name, vote), wanted, "{name} at {door}");
        }
    }

    #[test]
    fn the_last_vote_of_a_person_is_found_under_each_name() {
        let mut world = World::new();
        let id = world.ask("alice@corp.com", 0, |_| ());
        world.vote(&userid("hub", "00u1x9"), 10, id, Vouch::Approve);
        world.vote(&userid("hub", "carol@corp.com"), 20, id, Vouch::Deny);
        let index = PolicyIndex::new(&world.policy);
        let people = index.with(&world.directory);
        let case = world.records.case(id).unwrap();
        assert_eq!(case.vote_of(&people, "carol"), Some((World::moment(20), Vouch::Deny)));
        assert_eq!(case.vote_of(&people, "bob"), None);
    }

    #[test]
    fn advice_about_a_review_is_what_comes_of_it() {
        let policy = testing::policy();
        let index = PolicyIndex::new(&policy);
        let directory = testing::directory();
        let people = index.with(&directory);
        let now = World::moment(0);
        for (door, name, counts) in [
            ("hub", "dan", true),
            ("hub", "bob@corp.com", false),
            ("hub", "heidi", false),
            ("contractors", "dan", false),
            ("hub", "repo-acme-deploy", false),
        ] {
            let mut records = Records::default();
            let mut take = |author: &UserId, number: u8, fact: &Fact| {
                let id = crate::id::Id::new(now, [number; 10]);
                let key = Key::Fact { id, author: author.clone(), kind: fact.kind() };
                records.take(&Entry::new(key.to_string(), now), &fact.to_bytes());
                (id, crate::ledger::Hash::of(&fact.to_bytes()))
            };
            let used = Fact::Use(Use {
                access: "glass".into(),
                account: "111122223333".into(),
                reason: "fire".into(),
                at: None,
            });
            let (request, sha256) = take(&userid("glass", "heidi"), 1, &used);
            let reviewer = userid(door, name);
            let review = Review { request, sha256, vote: Vouch::Approve, reason: String::new() };
            take(&reviewer, 2, &Fact::Review(review));
            let case = records.use_case(request).unwrap();
            assert_eq!(case.reviewer(&people, &reviewer).is_ok(), counts, "{name} at {door}");
            assert_eq!(case.is_reviewed(&people, now), counts, "{name} at {door}");
        }
    }
}
