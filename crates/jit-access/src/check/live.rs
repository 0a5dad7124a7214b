//! Live grants that a policy would not give. Publishing a policy changes none of them, so the publisher is
//! told about them and can revoke them.

use jit_wire::timestamp::Timestamp;

use crate::decide::{Grant, GrantRole, Verdict, decide, directory_of, on_call_of};
use crate::fold::{Case, Phase, State};
use crate::id::Id;
use crate::ledger::{Decision, Outcome, Records};
use crate::people::{Directory, PolicyIndex};
use crate::policy::{Access, Policy};

/// A live or scheduled grant that the policy would not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotGiven {
    /// The request.
    pub request: Id,
    /// The session name of the person who has it.
    pub person: String,
    /// The name of the access in the policy that granted it.
    pub access: String,
    /// When it ends.
    pub until: Timestamp,
    /// What the policy would do instead, as a sentence.
    pub why: String,
}

/// The grants in `records`, live or scheduled at `now`, that `policy` would not give unchanged.
///
/// Each is decided again for its original time, from the same facts and the same on-call answer: a grant of
/// Friday is not listed because today is Saturday. Groups and units are taken from `directory`; those that it
/// does not have are taken from the original decision. `document` returns the text of a grant of an access under
/// `policy`; without it, texts are not compared.
pub fn not_given(
    records: &Records,
    policy: &Policy,
    directory: &Directory,
    now: Timestamp,
    document: impl Fn(&Access, &Grant, &GrantRole) -> Option<String>,
) -> Vec<NotGiven> {
    let Some(in_force) = records.policy_in_force(now) else { return Vec::new() };
    let in_force = in_force.index();
    let index = PolicyIndex::new(policy);
    let mut found = Vec::new();
    for case in records.cases() {
        let Some(decision) = case.decision.filter(|decision| decision.verdict == Outcome::Grant) else {
            continue;
        };
        let made_with = directory_of(decision);
        let known = with(directory, &made_with);
        // The policy in force determines who may end a grant.
        let until = match case.state(&in_force.with(&known), now) {
            State::Granted { until, phase: Phase::Scheduled | Phase::Live { .. }, .. } => until,
            _ => continue,
        };
        let people = index.with(&known);
        let history = records.history(&people, &case, decision.now);
        let verdict = decide(&people, &case, &on_call_of(decision), &history, decision.now);
        let text =
            |grant: &Grant, role: &GrantRole| document(policy.access.get(&case.request.access)?, grant, role);
        if let Some(why) = difference(&case, decision, &verdict, text) {
            let person = case.author.session_name().to_owned();
            found.push(NotGiven {
                request: case.id,
                person,
                access: case.request.access.clone(),
                until,
                why,
            });
        }
    }
    found
}

/// `directory`, completed with what only the decision has.
fn with(directory: &Directory, made_with: &Directory) -> Directory {
    let mut known = made_with.clone();
    known.groups.extend(directory.groups.clone());
    known.units.extend(directory.units.clone());
    known
}

fn difference(
    case: &Case<'_>,
    decision: &Decision,
    verdict: &Verdict,
    document: impl Fn(&Grant, &GrantRole) -> Option<String>,
) -> Option<String> {
    let grant = match verdict {
        Verdict::Grant(grant) => grant,
        Verdict::Deny { code, why } => return Some(format!("it would be denied ({}): {why}", code.name())),
        Verdict::Wait { missing } => {
            let missing: Vec<String> =
                missing.iter().map(|one| format!("{} of {}", one.count, one.group)).collect();
            return Some(format!("it would wait for {}", missing.join(" and ")));
        }
    };
    if let Some(lost) =
        decision.grants.iter().find(|had| !grant.roles.iter().any(|role| role.role == had.role))
    {
        return Some(format!("it would not be on {}", lost.role));
    }
    if decision.until.is_some_and(|until| grant.until < until) {
        return Some(format!("it would end at {}", grant.until.to_rfc3339()));
    }
    if grant.start.unwrap_or(case.at) > decision.from.unwrap_or(decision.now) {
        return Some("it would begin later".to_owned());
    }
    let text = |had: &crate::ledger::Granted| {
        let role = grant.roles.iter().find(|role| role.role == had.role)?;
        document(grant, role).filter(|text| *text != had.document)
    };
    let is_other = decision.grants.iter().any(|had| text(had).is_some());
    is_other.then(|| "it would allow other actions, or from other networks".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::tests::World;
    use crate::ledger::{Entry, Key, Revoke, Vouch};
    use crate::testing::{self, userid};

    /// Grants of the example company under its policy, which is in the ledger.
    fn world() -> (World, Vec<Id>) {
        let mut world = World::new();
        let key =
            Key::Policy { id: Id::new(World::moment(-60), [200; 10]), author: userid("platform", "pat") };
        world
            .records
            .take(&Entry::new(key.to_string(), World::moment(-60)), testing::policy().to_toml().as_bytes());
        let mut ids = Vec::new();
        for (number, name) in ["alice@corp.com", "carol@corp.com", "00u1x9"].into_iter().enumerate() {
            let at = i64::try_from(number).unwrap() * 10;
            let id = world.ask(name, at, |_| ());
            world.vote(&userid("hub", "bob@corp.com"), at + 1, id, Vouch::Approve);
            world.settle(id, at + 2);
            ids.push(id);
        }
        (world, ids)
    }

    fn whys(world: &World, policy: &Policy, seconds: i64) -> Vec<String> {
        let text = |_: &Access, grant: &Grant, _: &GrantRole| Some(format!("until {}", grant.until.0));
        let found = not_given(&world.records, policy, &world.directory, World::moment(seconds), text);
        found.into_iter().map(|one| format!("{}: {}", one.person, one.why)).collect()
    }

    #[test]
    fn a_new_policy_lists_the_live_grants_that_it_would_not_give() {
        let (mut world, ids) = world();
        let example = testing::EXAMPLE;
        let own = testing::policy();
        assert_eq!(whys(&world, &own, 100), Vec::<String>::new(), "the policy in force gives them all");
        let granted = world.records.cases().filter(|case| case.decision.is_some()).count();
        assert_eq!(granted, 3);
        let changed = |from: &str, to: &str| {
            assert!(example.contains(from), "{from}");
            testing::policy_of(&example.replacen(from, to, 1))
        };
        let section = example.split("[access.deploy]").nth(1).unwrap().split("\n\n").next().unwrap();
        let with_section = |from: &str, to: &str| {
            assert!(section.contains(from), "{section}");
            testing::policy_of(&example.replacen(section, &section.replacen(from, to, 1), 1))
        };
        let shorter = with_section("max = \"1h\"", "max = \"30m\"");
        let all = whys(&world, &shorter, 100);
        assert!(all.len() == 3 && all.iter().all(|why| why.contains("denied (max)")), "{all:?}");
        let renamed = changed("[access.deploy]", "[access.ship]");
        assert!(whys(&world, &renamed, 100).iter().all(|why| why.contains("denied (access)")));
        let elsewhere = with_section("role/jit/engineer", "role/jit/other");
        let all = whys(&world, &elsewhere, 100);
        assert!(
            all.iter()
                .all(|why| why.ends_with("it would not be on arn:aws:iam::111122223333:role/jit/engineer")),
            "{all:?}"
        );
        let others = with_section(
            "approve = [{ group = \"payments-owners\" }]",
            "approve = [{ group = \"security\" }]",
        );
        let all = whys(&world, &others, 100);
        assert!(
            all.len() == 3 && all.iter().all(|why| why.contains("it would wait for 1 of security")),
            "{all:?}"
        );

        // Groups from a directory count as they are now.
        for members in world.directory.groups.values_mut() {
            members.remove("alice@corp.com");
        }
        let all = whys(&world, &own, 100);
        assert!(all.len() == 1 && all[0].starts_with("alice@corp.com: it would be denied"), "{all:?}");
        // Only live grants: not after the end, and not after a revocation.
        assert_eq!(whys(&world, &shorter, 4000), Vec::<String>::new());
        let hash = world.records.case(ids[0]).unwrap().hash;
        let revoke =
            crate::ledger::Fact::Revoke(Revoke { request: ids[0], sha256: hash, reason: "no".into() });
        let key = Key::Fact {
            id: Id::new(World::moment(50), [201; 10]),
            author: userid("hub", "dan"),
            kind: revoke.kind(),
        };
        world.records.take(&Entry::new(key.to_string(), World::moment(50)), &revoke.to_bytes());
        assert_eq!(whys(&world, &shorter, 100).len(), 2);
        // A different text.
        let text = |_: &Access, _: &Grant, _: &GrantRole| Some("other".to_owned());
        let found = not_given(&world.records, &own, &world.directory, World::moment(100), text);
        assert!(
            found
                .iter()
                .all(|one| one.why.starts_with("it would allow other actions")
                    || one.person == "alice@corp.com")
        );
        let not_compared =
            not_given(&world.records, &own, &world.directory, World::moment(100), |_, _, _| None);
        assert_eq!(not_compared.len(), 0);
    }
}
