//! Reads the documents, and checks what is beside them: boundaries, attached policies, policies that no decision explains, and
//! the settings of the bucket.

use jit_access::fold::{Case, Phase, State};
use jit_access::render::{
    EntryRole, RenderSettings, Rendering, deployment, differences, policy_name, recognized, request_of,
};
use jit_apply::probe::RoleDocuments;
use jit_wire::signed::{BucketSetting, CallError};

use super::super::Prover;
use super::super::verdict::Tries;
use super::{ReadTries, ReaderSession};

/// A document that AWS has.
pub(super) struct Found {
    /// The name of the rendered one.
    pub(super) name: String,
    /// Where it is.
    pub(super) place: String,
    pub(super) text: String,
}

/// What was read.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) found: Vec<Found>,
}

impl Documents {
    pub(super) fn read(prover: &Prover<'_>, sessions: &[ReaderSession<'_>], tries: &mut ReadTries) -> Self {
        let mut documents = Self::default();
        documents.bucket(prover, sessions, &mut tries.ledger);
        for session in sessions {
            documents.roles(prover, session, tries);
            documents.doors(prover, session, &mut tries.doors);
            documents.grantor(prover, session, &mut tries.applier);
        }
        // Whose role it is, the documents say that were read so far.
        let settings = recognized(prover.policy, prover.bucket, &documents.named());
        if let Some(role) = settings.function_role {
            for session in sessions.iter().filter(|session| session.account == role.account()) {
                documents.program(
                    prover,
                    session,
                    role.as_str(),
                    ("", "function.policy"),
                    &mut tries.applier,
                );
            }
        }
        documents
    }

    /// Each document by its name.
    pub(super) fn named(&self) -> Vec<(String, String)> {
        self.found.iter().map(|found| (found.name.clone(), found.text.clone())).collect()
    }

    fn put(&mut self, name: impl Into<String>, place: &str, text: String) {
        self.found.push(Found { name: name.into(), place: place.to_owned(), text });
    }

    /// The first reader that may read the bucket's policy reads its settings.
    fn bucket(&mut self, prover: &Prover<'_>, sessions: &[ReaderSession<'_>], tries: &mut Tries) {
        let bucket = prover.bucket;
        let mut refused = Vec::new();
        for session in sessions {
            let read = |setting| prover.calls.setting(&session.reader.credentials, bucket, setting);
            match read(BucketSetting::Policy) {
                Ok(Some(text)) => self.put("ledger", bucket, text),
                Ok(None) => tries.wrong(format!("the bucket {bucket} has no policy")),
                Err(error) => {
                    refused.push(format!("{}: {error}", session.reader.name));
                    continue;
                }
            }
            type Check = (BucketSetting, fn(&str) -> bool, &'static str);
            let checks: [Check; 3] = [
                (
                    BucketSetting::Versioning,
                    |xml| has(xml, "Status", "Enabled"),
                    "versioning is not switched on",
                ),
                (
                    BucketSetting::ObjectLock,
                    |xml| has(xml, "ObjectLockEnabled", "Enabled") && xml.contains("<DefaultRetention>"),
                    "Object Lock has no default retention",
                ),
                (
                    BucketSetting::PublicAccess,
                    |xml| {
                        let names = [
                            "BlockPublicAcls",
                            "IgnorePublicAcls",
                            "BlockPublicPolicy",
                            "RestrictPublicBuckets",
                        ];
                        names.iter().all(|name| has(xml, name, "true"))
                    },
                    "Block Public Access is not switched on",
                ),
            ];
            for (setting, is_right, what) in checks {
                match read(setting) {
                    Ok(Some(xml)) if is_right(&xml) => tries.good(),
                    Ok(_) => tries.wrong(format!("the bucket {bucket}: {what}")),
                    Err(error) => tries.untried(format!("{}: {error}", session.reader.name)),
                }
            }
            return;
        }
        tries.untried(refused.join("; "));
    }

    fn roles(&mut self, prover: &Prover<'_>, session: &ReaderSession<'_>, tries: &mut ReadTries) {
        let account = session.account.as_str();
        let mut ceilings = Vec::new();
        for (name, access) in &prover.policy.access {
            let is_there = prover.people.accounts_of(access).contains(account);
            let Some(arn) = access.role.arn_in(account) else { continue };
            // The accounts of organizational units are not known here.
            if !is_there && access.role.account().is_some() {
                continue;
            }
            let Some(role) = look(prover, session, &arn, is_there, &mut tries.roles) else { continue };
            let ceiling = access.ceiling.as_ref().map(|ceiling| {
                let partition = access.role.partition().name();
                format!("arn:{partition}:iam::{account}:policy/jit-ceiling-{ceiling}")
            });
            if role.boundary != ceiling {
                let boundary = role.boundary.as_deref().unwrap_or("nothing");
                let expected = ceiling.as_deref().unwrap_or("nothing");
                tries.roles.wrong(format!("{arn}: its permissions boundary is {boundary}, not {expected}"));
            }
            ceilings.extend(access.ceiling.clone().zip(ceiling));
            attached(&arn, &role, &mut tries.roles);
            self.put(format!("role/{name}.trust"), &arn, role.trust.clone());
            if access.standing {
                let mut policies = role.inline.into_iter();
                match policies.next() {
                    Some((_, text)) => self.put(format!("role/{name}.standing"), &arn, text),
                    None => tries.roles.wrong(format!("{arn} has no policy, so it opens nothing")),
                }
                for (other, _) in policies {
                    tries.roles.wrong(format!("{arn} has another policy, {}", other.escape_debug()));
                }
            } else {
                explained(prover, &arn, &role, &mut tries.roles);
            }
        }
        ceilings.sort();
        ceilings.dedup();
        for (name, arn) in ceilings {
            match prover.calls.managed_policy(&session.reader.credentials, &arn) {
                Ok(Some(text)) => self.put(format!("ceiling/{name}"), &arn, text),
                Ok(None) => tries.ceilings.wrong(format!("there is no policy {arn}")),
                Err(error) => tries.ceilings.untried(format!("{}: {error}", session.reader.name)),
            }
        }
    }

    /// A door with several rights has a policy for each. How the policies are called is up to the deployment.
    fn doors(&mut self, prover: &Prover<'_>, session: &ReaderSession<'_>, tries: &mut Tries) {
        for (name, door) in &prover.policy.doors {
            if door.role.account() != session.account {
                continue;
            }
            let arn = door.role.as_str();
            let Some(role) = look(prover, session, arn, true, tries) else { continue };
            attached(arn, &role, tries);
            if !EntryRole::new(&door.role).is_permission_set() {
                self.put(format!("door/{name}.trust"), arn, role.trust);
            }
            let mut wanted = prover.door_policies(name);
            // A policy is the one for whose right it differs least.
            let mut policies: Vec<(String, String)> = role.inline.into_iter().collect();
            policies.sort_by_key(|(_, text)| !text.contains("\"Roles\""));
            for (policy, text) in policies {
                let best = (0..wanted.len()).min_by_key(|at| prover.distance(&wanted[*at], &text));
                match best {
                    Some(best) => self.put(wanted.remove(best), arn, text),
                    None => tries.wrong(format!("{arn} has another policy, {}", policy.escape_debug())),
                }
            }
            for missing in wanted {
                tries.wrong(format!("{arn} has no policy {missing}"));
            }
        }
    }

    fn grantor(&mut self, prover: &Prover<'_>, session: &ReaderSession<'_>, tries: &mut Tries) {
        let account = session.account.as_str();
        if !prover.accounts().contains(&account) {
            return;
        }
        let partition = prover.door.map_or("aws", |door| door.role.partition().name());
        let arn = format!("arn:{partition}:iam::{account}:role/jit-grantor");
        let trust = match prover.approvers_apply() {
            true => format!("grantor/{account}.trust"),
            false => "grantor.trust".to_owned(),
        };
        self.program(prover, session, &arn, (&trust, "grantor.policy"), tries);
    }

    /// The role of a program: one trust policy and one policy. The trust policy of a function's role is up to the deployment.
    fn program(
        &mut self,
        prover: &Prover<'_>,
        session: &ReaderSession<'_>,
        arn: &str,
        (trust, policy): (&str, &str),
        tries: &mut Tries,
    ) {
        let Some(role) = look(prover, session, arn, true, tries) else { return };
        attached(arn, &role, tries);
        if !trust.is_empty() {
            self.put(trust, arn, role.trust);
        }
        let mut policies = role.inline.into_iter();
        match policies.next() {
            Some((_, text)) => self.put(policy, arn, text),
            None => tries.wrong(format!("{arn} has no policy, so it can apply nothing")),
        }
        for (other, _) in policies {
            tries.wrong(format!("{arn} has another policy, {}", other.escape_debug()));
        }
    }
}

fn has(xml: &str, name: &str, value: &str) -> bool {
    xml.contains(&format!("<{name}>{value}</{name}>"))
}

/// Reads a role. One that is missing is wrong where it `must` be.
fn look(
    prover: &Prover<'_>,
    session: &ReaderSession<'_>,
    arn: &str,
    must: bool,
    tries: &mut Tries,
) -> Option<RoleDocuments> {
    let read: Result<_, CallError> = prover.calls.role(&session.reader.credentials, arn);
    match read {
        Ok(Some(role)) => return Some(role),
        Ok(None) if must => tries.wrong(format!("there is no role {arn}")),
        Ok(None) => {}
        Err(error) => tries.untried(format!("{}: {error}", session.reader.name)),
    }
    None
}

/// The function's role may have AWS's policy for writing its log, and nothing else.
fn attached(arn: &str, role: &RoleDocuments, tries: &mut Tries) {
    for policy in &role.attached {
        if !policy.ends_with(":policy/service-role/AWSLambdaBasicExecutionRole") {
            tries.wrong(format!("{arn}: the policy {} is attached to it", policy.escape_debug()));
        }
    }
}

/// Each policy of a role on request is, byte for byte, what a decision says, and each live grant is there.
fn explained(prover: &Prover<'_>, arn: &str, role: &RoleDocuments, tries: &mut Tries) {
    let records = &prover.view.records;
    let granted = |case: &Case<'_>| {
        let grants = case.decision.map(|decision| decision.grants.iter()).into_iter().flatten();
        grants.filter(|grant| grant.role == arn).map(|grant| grant.document.clone()).next()
    };
    for (name, text) in &role.inline {
        let document = request_of(name).and_then(|id| records.case(id)).and_then(|case| granted(&case));
        if document.as_deref() != Some(text) {
            let name = name.escape_debug();
            tries.wrong(format!("{arn}: no decision explains its policy {name}"));
        }
    }
    for case in records.cases() {
        let is_applied = matches!(
            case.state(&prover.people, prover.view.now),
            State::Granted { phase: Phase::Live { applied: true }, .. }
        );
        let name = policy_name(case.id);
        if is_applied && granted(&case).is_some() && !role.inline.contains_key(&name) {
            tries.wrong(format!(
                "{arn}: its grant {name} was applied and is gone; something else manages the role's policies, such as \
                 `inline_policy` of Terraform"
            ));
        }
    }
}

impl Prover<'_> {
    /// The names of the documents that are the policies of a door. A permission set has one with all of its rights.
    fn door_policies(&self, door: &str) -> Vec<String> {
        let role = self.policy.doors.get(door).map(|door| EntryRole::new(&door.role));
        if role.is_some_and(|role| role.is_permission_set()) {
            return vec![format!("door/{door}.permission-set")];
        }
        let Rendering { documents, missing } = deployment(self.policy, &RenderSettings::default());
        let names = documents.into_iter().map(|one| one.name).chain(missing.into_iter().map(|one| one.name));
        let prefix = format!("door/{door}.");
        names.filter(|name| name.starts_with(&prefix) && !name.ends_with(".trust")).collect()
    }

    /// How much `text` differs from the document `name`.
    fn distance(&self, name: &str, text: &str) -> usize {
        let settings = recognized(self.policy, self.bucket, &[(name.to_owned(), text.to_owned())]);
        let rendered = deployment(self.policy, &settings).documents;
        let rendered = rendered.iter().find(|one| one.name == name);
        rendered.map_or(usize::MAX, |one| differences(&one.document, text).len())
    }
}
