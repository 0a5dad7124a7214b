//! What AWS evaluates, read by somebody who may, and compared with what is rendered. What only a deployment knows, such as its
//! platform's roles, is taken from its own documents.

mod documents;

use jit_access::render::{RenderSettings, Rendering, deployment, differences, recognized};
use jit_apply::probe::ProbeOutcome;

use super::verdict::{ProofVerdict, Tries};
use super::{ClaimProof, DeploymentReader, Prover, probes};
use documents::Documents;

/// A reader, and who AWS says that it is.
pub(super) struct ReaderSession<'r> {
    pub(super) reader: &'r DeploymentReader,
    pub(super) account: String,
    pub(super) arn: String,
}

/// The findings of each probe that reads.
pub(super) struct ReadTries {
    pub(super) ledger: Tries,
    pub(super) roles: Tries,
    pub(super) ceilings: Tries,
    pub(super) doors: Tries,
    pub(super) applier: Tries,
}

impl ReadTries {
    /// Those for the document with this name.
    fn about(&mut self, name: &str) -> &mut Tries {
        match name.split(['/', '.']).next() {
            Some("ledger") => &mut self.ledger,
            Some("role") => &mut self.roles,
            Some("ceiling") => &mut self.ceilings,
            Some("door") => &mut self.doors,
            _ => &mut self.applier,
        }
    }

    fn all(&mut self) -> [&mut Tries; 5] {
        [&mut self.ledger, &mut self.roles, &mut self.ceilings, &mut self.doors, &mut self.applier]
    }
}

impl Prover<'_> {
    pub(super) fn read(&self, readers: &[DeploymentReader]) -> Vec<ClaimProof> {
        let probes = [
            &probes::READ_LEDGER,
            &probes::READ_ROLES,
            &probes::READ_CEILINGS,
            &probes::READ_DOORS,
            &probes::READ_APPLIER,
        ];
        if readers.is_empty() {
            let why = "nobody may read it here; name roles that may, with --reader ROLE";
            let all = probes.into_iter().chain([&probes::GUARDRAIL]);
            return all.map(|probe| ProofVerdict::Untried(why.to_owned()).of(probe)).collect();
        }
        let new = || Tries::new(self.until);
        let mut tries =
            ReadTries { ledger: new(), roles: new(), ceilings: new(), doors: new(), applier: new() };
        let mut sessions = Vec::new();
        for reader in readers {
            match self.calls.identity(&reader.credentials) {
                Ok((account, arn)) => sessions.push(ReaderSession { reader, account, arn }),
                Err(error) => {
                    for one in tries.all() {
                        one.untried(format!("{}: {error}", reader.name));
                    }
                }
            }
        }
        let documents = Documents::read(self, &sessions, &mut tries);
        let settings = recognized(self.policy, self.bucket, &documents.named());
        self.compare(&documents, &settings, &mut tries);
        let guardrail = self.guardrail(&sessions, &settings);
        let platform: Vec<&str> = settings.platform.iter().map(|role| role.as_str()).collect();
        let whose = match platform[..] {
            [] => String::new(),
            _ => format!("; only {} can change that", platform.join(" and ")),
        };
        let ReadTries { ledger, roles, ceilings, doors, applier } = tries;
        let held = format!("{}{whose}", ledger.count());
        let others = [roles, ceilings, doors, applier].map(|tries| {
            let held = tries.count();
            tries.verdict(held)
        });
        let verdicts = std::iter::once(ledger.verdict(held)).chain(others);
        let mut proofs: Vec<ClaimProof> =
            verdicts.zip(probes).map(|(verdict, probe)| verdict.of(probe)).collect();
        proofs.push(guardrail.of(&probes::GUARDRAIL));
        proofs
    }

    /// Every document is rendered: what it needs is recognized, or is something that nothing has.
    fn compare(&self, documents: &Documents, settings: &RenderSettings, tries: &mut ReadTries) {
        let Rendering { documents: rendered, missing } = deployment(self.policy, settings);
        for found in &documents.found {
            let tries = tries.about(&found.name);
            let (name, place) = (&found.name, &found.place);
            if let Some(one) = rendered.iter().find(|one| one.name == *name) {
                for difference in differences(&one.document, &found.text) {
                    tries.wrong(format!("{name} at {place}: {difference}"));
                }
                tries.good();
            } else if missing.iter().any(|one| one.name == *name) {
                tries.wrong(format!("{name} at {place}: it is not one of the documents that jit renders"));
            } else {
                tries.untried(format!("{name} at {place}: the policy has no such document"));
            }
        }
    }

    /// Explicit denials come before missing permissions, so a reader without any permission to write is told of the guard rail all the same
    /// (IAM User Guide, "Policy evaluation logic").
    fn guardrail(&self, sessions: &[ReaderSession<'_>], settings: &RenderSettings) -> ProofVerdict {
        let mut tries = Tries::new(self.until);
        let accounts = self.accounts();
        for session in sessions.iter().filter(|session| accounts.contains(&session.account.as_str())) {
            let name = session.arn.split('/').nth(1).unwrap_or_default();
            if settings.platform.iter().any(|role| role.role_name() == name) {
                tries.untried(format!("{} deploys, and so is exempt from it", session.reader.name));
                continue;
            }
            let what = format!("changing a role named like the grantor in account {}", session.account);
            tries.refuse(what.clone(), || {
                match self.calls.change_missing_role(&session.reader.credentials) {
                    ProbeOutcome::Refused(why) if why.contains("service control policy") => {
                        ProbeOutcome::Refused(why)
                    }
                    // No explicit denial: somebody with the permission could.
                    ProbeOutcome::Refused(why) if why.contains("no identity-based policy allows") => {
                        ProbeOutcome::Allowed
                    }
                    ProbeOutcome::Refused(why) => {
                        ProbeOutcome::Unclear(format!("AWS refused it, and does not say why: {why}"))
                    }
                    outcome => outcome,
                }
            });
        }
        match tries.verdict("AWS refuses with the service control policy") {
            ProofVerdict::Untried(why) if why.starts_with("there is nothing") => {
                ProofVerdict::Untried("no --reader is in an account with roles on request".to_owned())
            }
            verdict => verdict,
        }
    }

    /// The accounts with roles on request or break-glass roles, as far as they are known here.
    pub(super) fn accounts(&self) -> Vec<&str> {
        let all = self.policy.access.values().flat_map(|access| self.people.accounts_of(access));
        let mut accounts: Vec<&str> = all.collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }
}
