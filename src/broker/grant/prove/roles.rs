//! What AWS has to refuse at the entry role, and with a role on request.

use jit_access::fold::{Phase, State, approver_groups};
use jit_access::policy::Right;
use jit_apply::probe::{AskedRole, HarmlessCall, ImpossibleWrite};
use jit_wire::credentials::Credentials;

use super::ledger::turned;
use super::verdict::{ProofVerdict, Tries};
use super::{ClaimProof, Prover, Target, probes};

/// The value of what nobody has.
const FOREIGN: &str = "jit-doctor";

impl Prover<'_> {
    fn by(&self) -> &Credentials {
        &self.session.credentials
    }

    fn name(&self) -> &str {
        self.own.session_name()
    }

    pub(super) fn doors(&self) -> Vec<ClaimProof> {
        let mut nothing = Tries::new(self.until);
        nothing.allow("reading the ledger", || self.calls.list(self.by(), self.bucket));
        for call in HarmlessCall::ALL {
            nothing.refuse(call.action(), || self.calls.harmless(self.by(), call));
        }
        let mut second = Tries::new(self.until);
        for role in self.roles_that_are_closed() {
            let asked = AskedRole { role: &role, name: self.name(), ..AskedRole::default() };
            second.refuse(format!("becoming {role}"), || self.calls.assume(self.by(), asked).0);
        }
        vec![
            nothing.verdict("the ledger can be read, nothing else").of(&probes::DOOR_NOTHING_ELSE),
            second.verdict("other roles do not admit you").of(&probes::DOOR_SECOND_WAY),
        ]
    }

    /// The roles of the deployment that do not admit anybody who comes through this door.
    fn roles_that_are_closed(&self) -> Vec<String> {
        let partition = self.door.map_or("aws", |door| door.role.partition().name());
        let mut roles = vec![];
        roles.extend(self.policy.doors.values().map(|door| door.role.as_str().to_owned()));
        let applies = self.approvers_apply() && self.may(Right::Vote);
        if !applies {
            let mut accounts: Vec<&str> = self.targets().iter().map(|target| target.account).collect();
            accounts.sort_unstable();
            accounts.dedup();
            roles.extend(accounts.iter().map(|id| format!("arn:{partition}:iam::{id}:role/jit-grantor")));
        }
        for access in self.policy.access.values() {
            let admits = self.may(if access.standing { Right::Glass } else { Right::Request });
            let account = self.people.accounts_of(access).into_iter().next();
            roles.extend(account.filter(|_| !admits).and_then(|account| access.role.arn_in(account)));
        }
        roles.sort();
        roles.dedup();
        // The roles of permission sets admit only Identity Center, and change their names.
        roles.retain(|role| !is_permission_set(role));
        roles.truncate(4 * super::MOST_ROLES);
        roles
    }

    pub(super) fn roles(&self) -> Vec<ClaimProof> {
        let all =
            [&probes::ROLE_OTHER_NAME, &probes::ROLE_CARRIED, &probes::ROLE_NO_GRANT, &probes::ROLE_CEILING];
        let not_here = if !self.may(Right::Request) {
            Some("roles on request do not admit anybody who comes through this entry role")
        } else if self.is_barred() {
            Some("roles on request do not admit you, because you vote; have somebody try it who does not")
        } else {
            None
        };
        if let Some(why) = not_here {
            return all.map(|probe| ProofVerdict::Untried(why.to_owned()).of(probe)).into();
        }
        let targets = self.targets();
        let held = self.held();
        let [mut names, mut carried, mut without, mut ceiling] = all.map(|_| Tries::new(self.until));
        for target in &targets {
            let Some(session) = self.own_name_only(target, &mut names) else { continue };
            self.bring(target, &mut carried);
            if held.contains(&target.arn) {
                self.under_a_grant(target, &session, &mut ceiling);
            } else {
                self.without_a_grant(target, &session, &mut without);
            }
        }
        let of = match targets.len() {
            1 => "1 role".to_owned(),
            count => format!("{count} roles"),
        };
        let has_grant = targets.iter().any(|target| held.contains(&target.arn));
        let ceiling = match has_grant {
            true => ceiling.verdict("what your grant allows ends at the ceiling"),
            false => ProofVerdict::Untried(
                "you have no grant to try it with; --reader reads the ceiling".to_owned(),
            ),
        };
        vec![
            names.verdict(format!("{of}: your own name is admitted, no other")).of(all[0]),
            carried.verdict(format!("{of}: only what is your own")).of(all[1]),
            without.verdict(format!("{of}: the session says who you are, and nothing else")).of(all[2]),
            ceiling.of(all[3]),
        ]
    }

    /// Whether roles do not admit the person at all, because they can grant access.
    fn is_barred(&self) -> bool {
        let person = self.people.person(self.name());
        self.approvers_apply()
            && self.policy.access.values().filter(|access| !access.standing).any(|access| {
                approver_groups(access)
                    .any(|group| person.is_ok_and(|person| self.people.is_member(group, person, None)))
            })
    }

    /// The roles that are granted to the person now.
    fn held(&self) -> Vec<String> {
        let records = &self.view.records;
        let mine = records.cases().filter(|case| case.is_requester(&self.people, self.own));
        let live = mine.filter(|case| {
            matches!(
                case.state(&self.people, self.view.now),
                State::Granted { phase: Phase::Live { .. }, .. }
            )
        });
        live.filter_map(|case| case.decision)
            .flat_map(|decision| decision.grants.iter().map(|grant| grant.role.clone()))
            .collect()
    }

    /// The session under the person's own name, if there is one.
    fn own_name_only(&self, target: &Target<'_>, tries: &mut Tries) -> Option<Credentials> {
        let own = self.name();
        let ask = |name: &str| {
            let asked = AskedRole { role: &target.arn, name, ..AskedRole::default() };
            self.calls.assume(self.by(), asked)
        };
        let mut session = None;
        tries.allow(format!("becoming {} under one's own name", target.arn), || {
            let (outcome, credentials) = ask(own);
            session = credentials;
            outcome
        });
        session.as_ref()?;
        let mut others = vec![FOREIGN.to_owned(), format!("{own}x")];
        others.extend(own.get(1..).filter(|rest| rest.len() > 1).map(str::to_owned));
        others.extend(Some(own.chars().map(turned).collect::<String>()).filter(|name| name != own));
        for name in others.iter().filter(|name| name.len() <= 64) {
            let what = format!("becoming {} under the name {name}", target.arn);
            tries.refuse(what, || ask(name).0);
        }
        session
    }

    /// A source identity and session tags of one's own choice.
    fn bring(&self, target: &Target<'_>, tries: &mut Tries) {
        let asked = AskedRole { role: &target.arn, name: self.name(), ..AskedRole::default() };
        let foreign = AskedRole { source_identity: Some(FOREIGN), ..asked };
        let what = format!("becoming {} with another source identity", target.arn);
        tries.refuse(what, || self.calls.assume(self.by(), foreign).0);
        // STS itself keeps tags that are passed on along the chain.
        let own = self.session.tags.keys().filter(|key| !self.session.transitive_tags.contains(*key));
        for key in std::iter::once(FOREIGN).chain(own.map(String::as_str)) {
            let tagged = AskedRole { tag: Some((key, FOREIGN)), ..asked };
            let what = format!("becoming {} with the tag {key}={FOREIGN}", target.arn);
            tries.refuse(what, || self.calls.assume(self.by(), tagged).0);
        }
    }

    fn without_a_grant(&self, target: &Target<'_>, session: &Credentials, tries: &mut Tries) {
        for call in HarmlessCall::ALL {
            let what = format!("{} as {} without a grant", call.action(), target.arn);
            tries.refuse(what, || self.calls.harmless(session, call));
        }
        self.never(target, session, tries);
        if let Err(error) = self.calls.identity(session) {
            tries.untried(error.to_string());
        }
    }

    /// What no grant may allow, tried with one.
    fn under_a_grant(&self, target: &Target<'_>, session: &Credentials, tries: &mut Tries) {
        self.never(target, session, tries);
        let what = format!("changing a role as {}", target.arn);
        tries.refuse(what, || self.calls.change_missing_role(session));
    }

    /// What a session of a role on request may never do.
    fn never(&self, target: &Target<'_>, session: &Credentials, tries: &mut Tries) {
        let what = format!("reading the ledger as {}", target.arn);
        tries.refuse(what, || self.calls.list(session, self.bucket));
        let key = format!("f/{}/{}/vote.json", self.new_id, self.own);
        let what = format!("writing to the ledger as {}", target.arn);
        tries.refuse(what, || self.calls.write(session, self.bucket, &key, ImpossibleWrite::Create));
        let partition = target.access.role.partition().name();
        let grantor = format!("arn:{partition}:iam::{}:role/jit-grantor", target.account);
        let door = self.door.map(|door| door.role.as_str()).filter(|role| !is_permission_set(role));
        for role in [target.arn.as_str(), &grantor].into_iter().chain(door) {
            let asked = AskedRole { role, name: self.name(), ..AskedRole::default() };
            let what = format!("becoming {role} from {}", target.arn);
            tries.refuse(what, || self.calls.assume(session, asked).0);
        }
    }
}

/// Whether it is the role of a permission set, which nobody can assume.
fn is_permission_set(role: &str) -> bool {
    role.contains(":role/aws-reserved/")
}
