//! The policy of the ledger's bucket: objects are created and never changed, and AWS itself pins their
//! author.

use jit_wire::arn::Partition;

use super::document::{Document, Statement};
use super::names::{EntryRole, UUID, patterns, roots};

/// The bucket, and who may do what there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerBucket {
    /// Where it is.
    pub partition: Partition,
    /// Its name.
    pub bucket: String,
    /// The doors that write facts: request, vote and break-glass.
    pub doors: Vec<EntryRole>,
    /// The door that publishes policy.
    pub publishers: Vec<EntryRole>,
    /// The appliers: the function's role or, with `apply = "approver"`, the voters' door.
    pub appliers: Vec<EntryRole>,
    /// The platform's roles, which deploy: only they may change the bucket's own settings.
    pub platform: Vec<EntryRole>,
}

/// Everything that would create a second version of a key, remove one, or replace an object with another.
const CHANGES: [&str; 8] = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteObject*",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:Replicate*",
];

/// The settings that everything here depends on.
const SETTINGS: [&str; 8] = [
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutReplicationConfiguration",
];

/// What reading the ledger needs: list, get, and see whether a key has other versions.
pub(super) const READS: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];
/// The same for the bucket itself.
pub(super) const LISTS: [&str; 2] = ["s3:ListBucket", "s3:ListBucketVersions"];

/// The pattern for the caller's own facts.
pub(super) fn own_facts(objects: &str) -> String {
    format!("{objects}f/{UUID}/${{aws:userid}}/*")
}

/// The pattern for a policy that the caller publishes.
pub(super) fn own_policy(objects: &str) -> String {
    format!("{objects}policy/{UUID}/${{aws:userid}}/policy.toml")
}

/// The patterns for acts.
pub(super) fn acts(objects: &str) -> Vec<String> {
    ["a", "s"].map(|kind| format!("{objects}{kind}/{UUID}/*")).to_vec()
}

impl LedgerBucket {
    /// The bucket's policy.
    pub fn render(&self) -> Document {
        let bucket = format!("arn:{}:s3:::{}", self.partition.name(), self.bucket);
        let objects = format!("{bucket}/");
        let everything = vec![format!("{objects}*"), bucket.clone()];
        let readers: Vec<EntryRole> =
            [&self.doors, &self.publishers, &self.appliers].into_iter().flatten().cloned().collect();
        let through = |sid, who: &[EntryRole]| {
            Statement::allow(Some(sid)).aws(roots(who)).when("ArnLike", "aws:PrincipalArn", patterns(who))
        };
        let put = |sid, who: &[EntryRole], where_to: Vec<String>| {
            through(sid, who).action("s3:PutObject").on(where_to).when("Null", "s3:if-none-match", "false")
        };
        let deny = |sid| Statement::deny(sid).aws("*");
        let but = |sid, who: &[EntryRole]| deny(sid).when("ArnNotLike", "aws:PrincipalArn", patterns(who));
        let mut own: Vec<String> = vec![own_facts(&objects), own_policy(&objects)];
        own.extend(acts(&objects));
        let acts_anywhere = ["a", "s"].map(|kind| format!("{objects}{kind}/*")).to_vec();
        Document::of(&[
            through("Read", &readers).action(READS).on(format!("{objects}*")),
            through("List", &readers).action(LISTS).on(bucket.as_str()),
            put("Facts", &self.doors, vec![own_facts(&objects)]),
            put("Policy", &self.publishers, vec![own_policy(&objects)]),
            put("Acts", &self.appliers, acts(&objects)),
            deny("TlsOnly").action("s3:*").on(everything.clone()).when(
                "Bool",
                "aws:SecureTransport",
                "false",
            ),
            deny("CreateOnly").action("s3:PutObject").on(format!("{objects}*")).when(
                "Null",
                "s3:if-none-match",
                "true",
            ),
            deny("OwnKeysOnly").action("s3:PutObject").not_on(own),
            but("FactsByDoors", &self.doors).action("s3:PutObject").on(format!("{objects}f/*")),
            but("PolicyByPublishers", &self.publishers)
                .action("s3:PutObject")
                .on(format!("{objects}policy/*")),
            but("ActsByAppliers", &self.appliers).action("s3:PutObject").on(acts_anywhere),
            deny("NoChanges").action(CHANGES).on(everything),
            but("SettingsByPlatform", &self.platform).action(SETTINGS).on(bucket),
        ])
    }
}
