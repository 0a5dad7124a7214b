//! What the ledger has to refuse to a person at an entry role.

use jit_access::policy::Right;
use jit_apply::probe::{ImpossibleWrite, ProbeOutcome};

use super::verdict::{ProofVerdict, Tries};
use super::{ClaimProof, Probe, Prover, probes};

/// A session name and a role that nobody has.
const NOBODY: &str = "jit-doctor";
const NO_ROLE: &str = "AROAJITDOCTORNOSUCHROL";

/// A probe, and what it tries.
type LedgerProbe<'p> = (&'static Probe, fn(&Prover<'p>, &mut Tries));

impl<'p> Prover<'p> {
    /// Every write is one that S3 cannot carry out.
    fn try_write(&self, key: &str, how: ImpossibleWrite) -> ProbeOutcome {
        self.calls.write(&self.session.credentials, self.bucket, key, how)
    }

    fn fact(&self, id: &str, author: &str) -> String {
        format!("f/{id}/{author}/vote.json")
    }

    /// Where the person may write at this door.
    fn own_key(&self) -> String {
        match self.may(Right::Request) || self.may(Right::Vote) || self.may(Right::Glass) {
            true => self.fact(&self.new_id, self.own.as_str()),
            false => format!("policy/{}/{}/policy.toml", self.new_id, self.own),
        }
    }

    pub(super) fn ledger(&self) -> Vec<ClaimProof> {
        let own = self.own_key();
        let mut first = Tries::new(self.until);
        let is_allowed =
            first.allow("a fact under one's own name", || self.try_write(&own, ImpossibleWrite::Create));
        let mut is_unsafe = first.stored;
        let mut proofs = vec![first.verdict("your own can be written").of(&probes::LEDGER_OWN_FACT)];
        let others: [LedgerProbe<'p>; 7] = [
            (&probes::LEDGER_OTHER_AUTHOR, Self::other_authors),
            (&probes::LEDGER_NO_CONDITION, Self::without_condition),
            (&probes::LEDGER_OVERWRITE, Self::overwriting),
            (&probes::LEDGER_MULTIPART, Self::multipart),
            (&probes::LEDGER_ACTS, Self::acts),
            (&probes::LEDGER_POLICY, Self::policies),
            (&probes::LEDGER_DELETE, Self::deleting),
        ];
        for (probe, probing) in others {
            if is_unsafe {
                let why = "the server stores what it should not be able to store".to_owned();
                proofs.push(ProofVerdict::Untried(why).of(probe));
                continue;
            }
            let mut tries = Tries::new(self.until);
            probing(self, &mut tries);
            is_unsafe = tries.stored;
            // A refusal shows nothing about a person who cannot write at all.
            let verdict = match tries.verdict("your own can be written, this cannot") {
                ProofVerdict::Held(_) if !is_allowed => {
                    ProofVerdict::Untried("nothing can be written there at all".to_owned())
                }
                verdict => verdict,
            };
            proofs.push(verdict.of(probe));
        }
        proofs
    }

    fn other_authors(&self, tries: &mut Tries) {
        let (role, name) = (self.own.role_id(), self.own.session_name());
        let mut authors = vec![
            ("a fact under another name", format!("{role}:{NOBODY}")),
            ("a fact under one's own name at another entry role", format!("{NO_ROLE}:{name}")),
            ("a fact under a name that begins with one's own", format!("{role}:{name}x")),
        ];
        let turned: String = name.chars().map(turned).collect();
        if turned != name {
            authors.push(("a fact under one's own name in another case", format!("{role}:{turned}")));
        }
        let mut keys: Vec<(&str, String)> =
            authors.into_iter().map(|(what, author)| (what, self.fact(&self.new_id, &author))).collect();
        let nested = format!("f/{}/{role}:{NOBODY}/{}/vote.json", self.new_id, self.own);
        keys.extend([
            ("a fact with another author before one's own", nested),
            ("a fact with a short id", self.fact("x", self.own.as_str())),
            ("an object outside of the ledger's folders", format!("jit-doctor/{}", self.new_id)),
        ]);
        for (what, key) in keys {
            tries.refuse(what, || self.try_write(&key, ImpossibleWrite::Create));
            if tries.stored {
                return;
            }
        }
    }

    fn without_condition(&self, tries: &mut Tries) {
        let what = "a fact without the condition If-None-Match";
        tries.refuse(what, || self.try_write(&self.own_key(), ImpossibleWrite::Put));
    }

    /// The object in question is the policy in force, which everybody can see, and one of the person's own if there is any.
    fn overwriting(&self, tries: &mut Tries) {
        let policy = self.view.records.policy_in_force(self.view.now).map(|stored| stored.key.to_string());
        let own = self.view.records.cases().find(|case| case.author == self.own);
        let own = own.map(|case| format!("f/{}/{}/request.json", case.id, self.own));
        for (what, key) in
            [("overwriting the policy in force", policy), ("overwriting one's own request", own)]
        {
            if let Some(key) = key.filter(|_| !tries.stored) {
                tries.refuse(what, || self.try_write(&key, ImpossibleWrite::Put));
            }
        }
    }

    fn multipart(&self, tries: &mut Tries) {
        tries.refuse("a multipart upload", || self.try_write(&self.own_key(), ImpossibleWrite::Part));
    }

    /// Where approvers apply, a voter writes acts. Even then an id is an id.
    fn acts(&self, tries: &mut Tries) {
        let applies = self.approvers_apply() && self.may(Right::Vote);
        let id = if applies { "x" } else { &self.new_id };
        for (what, key) in [
            ("a decision", format!("a/{id}/decision.json")),
            ("a record of a sweep", format!("s/{id}/sweep.json")),
        ] {
            if tries.stored {
                return;
            }
            let what = if applies { format!("{what} with a short id") } else { what.to_owned() };
            tries.refuse(what, || self.try_write(&key, ImpossibleWrite::Create));
        }
    }

    fn policies(&self, tries: &mut Tries) {
        let other = format!("policy/{}/{}:{NOBODY}/policy.toml", self.new_id, self.own.role_id());
        tries.refuse("a policy under another name", || self.try_write(&other, ImpossibleWrite::Create));
        let own = format!("policy/{}/{}/policy.toml", self.new_id, self.own);
        if tries.stored {
        } else if self.may(Right::Publish) {
            tries.allow("a policy under one's own name", || self.try_write(&own, ImpossibleWrite::Create));
        } else {
            let what = "a policy through an entry role that may not publish";
            tries.refuse(what, || self.try_write(&own, ImpossibleWrite::Create));
        }
    }

    fn deleting(&self, tries: &mut Tries) {
        let what = "deleting a version";
        tries.refuse(what, || self.try_write(&self.own_key(), ImpossibleWrite::DeleteVersion));
    }
}

/// The same letter in the other case.
pub(super) fn turned(letter: char) -> char {
    if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
}
