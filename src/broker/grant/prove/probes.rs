//! The probes of `jit doctor`, by name. The documentation and the tests name them, and each is tried against a deployment in
//! which it finds something.

/// A claim about a deployment that is tried.
#[derive(Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its name, which never changes.
    pub name: &'static str,
    /// What is claimed.
    pub claim: &'static str,
    /// What to do if it does not hold.
    pub cure: &'static str,
}

const POLICY_OF_BUCKET: &str =
    "replace the bucket's policy with the one that `jit policy render --only ledger` prints";
const TRUST_OF_ROLE: &str =
    "replace the role's trust policy with the one that `jit policy render --only 'role/*'` prints";

macro_rules! probes {
    ($($constant:ident $name:literal $claim:literal $cure:expr;)*) => {
        $(pub(super) const $constant: Probe = Probe { name: $name, claim: $claim, cure: $cure };)*
        /// Every probe, in the order in which they are tried.
        pub static PROBES: &[Probe] = &[$($constant),*];
    };
}

probes![
    LEDGER_OWN_FACT "ledger-own-fact" "people can write facts under their own name"
        "deploy the entry role's policy and the bucket's as `jit policy render` prints them";
    LEDGER_OTHER_AUTHOR "ledger-other-author" "nobody can write under another name" POLICY_OF_BUCKET;
    LEDGER_NO_CONDITION "ledger-no-condition" "nobody can write without the condition that the object is new"
        POLICY_OF_BUCKET;
    LEDGER_OVERWRITE "ledger-overwrite" "nobody can overwrite an object" POLICY_OF_BUCKET;
    LEDGER_MULTIPART "ledger-multipart" "nobody can write by multipart upload, which would be dated back"
        POLICY_OF_BUCKET;
    LEDGER_ACTS "ledger-acts" "only who applies can write acts" POLICY_OF_BUCKET;
    LEDGER_POLICY "ledger-policy" "only the publishing entry role can publish, and under its user's name"
        POLICY_OF_BUCKET;
    LEDGER_DELETE "ledger-delete" "nobody can delete a version" POLICY_OF_BUCKET;
    DOOR_NOTHING_ELSE "door-nothing-else" "the entry role allows nothing but the ledger and roles on request"
        "remove the other policies of the entry role";
    DOOR_SECOND_WAY "door-second-way" "the entry role leads to no role but those it is for"
        "remove the entry role from the trust policy of the role that it can become";
    ROLE_OTHER_NAME "role-other-name" "people become a role on request under their own name only" TRUST_OF_ROLE;
    ROLE_CARRIED "role-carried" "nobody can bring a source identity or session tags of their choice"
        TRUST_OF_ROLE;
    ROLE_NO_GRANT "role-no-grant" "a role on request can do nothing without a grant"
        "remove every policy of the role that is not a grant, and every resource policy that names it";
    ROLE_CEILING "role-ceiling" "the ceiling denies what no grant may allow"
        "make the ceiling that `jit policy render` prints the role's permissions boundary";
    GRANTS_ARRIVE "grants-arrive" "what is decided is applied"
        "run `jit requests ID` for the reason; look for a service control policy that denies iam:PutRolePolicy to jit-grantor";
    ONE_NAME "one-name" "one name belongs to one person"
        "have all entry roles name a person in the same way, then list both names under one [person]";
    FUNCTION_LIVES "function-lives" "the function sweeps"
        "look at the function's log, its schedule and its role";
    READ_LEDGER "read-ledger" "the bucket is set up as rendered" POLICY_OF_BUCKET;
    READ_ROLES "read-roles" "roles have the trust policy and the ceiling as rendered, and no other policies"
        "deploy the roles again; stop what else manages their policies";
    READ_CEILINGS "read-ceilings" "ceilings are as rendered"
        "deploy the ceilings that `jit policy render --only 'ceiling/*'` prints";
    READ_DOORS "read-doors" "entry roles are as rendered"
        "deploy the entry roles as `jit policy render --only 'door/*'` prints them";
    READ_APPLIER "read-applier" "who applies is as rendered"
        "deploy jit-grantor and the function's role as `jit policy render` prints them";
    GUARDRAIL "guardrail" "a service control policy keeps others from changing roles on request"
        "attach the policy that `jit policy render --only guardrail` prints to the accounts";
];
