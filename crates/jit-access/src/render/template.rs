//! CloudFormation templates, made from the documents and the index: what every account has, for a stack set, and the
//! bucket of the ledger. They have no parameters that could contradict the policy file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{DeploymentIndex, Document, IndexedRole, Limit, Rendered, Rendering};

/// What it says about itself in each template.
const MADE_BY: &str =
    "Made by `jit policy render --deploy` from the policy file. Change that, and render again.";

/// The template of a stack set: ceilings, roles on request, break-glass roles, and the grantor.
pub fn account_template(index: &DeploymentIndex, rendering: &Rendering) -> Rendered {
    let mut template =
        Template { rendering, conditions: Map::new(), resources: Map::new(), ids: BTreeSet::new() };
    let mut units = BTreeMap::new();
    for place in index
        .roles
        .iter()
        .flat_map(|role| &role.places)
        .chain(index.grantors.iter().flat_map(|one| &one.places))
    {
        if !is_account(place) {
            units.insert(unit_parameter(place), place.clone());
        }
    }
    let ceilings: BTreeMap<&String, String> = index
        .ceilings
        .iter()
        .map(|name| {
            (
                name,
                template.put(
                    "Ceiling",
                    name,
                    ceiling(name, template.document(&format!("ceiling/{name}"))),
                    None,
                ),
            )
        })
        .collect();
    for role in &index.roles {
        let condition = template.condition("Has", &role.name, &role.places, &[]);
        let value = template.role(role, &ceilings[&role.ceiling]);
        template.put("Role", &role.name, value, condition);
    }
    template.grantors(index);
    let parameters: Map<String, Value> = units.into_iter().map(|(id, unit)| (id, asked(&unit))).collect();
    let mut whole = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("jit: roles on request, their ceilings and the grantor. {MADE_BY}"),
        "Resources": template.resources,
    });
    for (name, part) in [("Parameters", parameters), ("Conditions", template.conditions)] {
        if !part.is_empty() {
            whole[name] = Value::Object(part);
        }
    }
    Rendered {
        name: "accounts.template".to_owned(),
        limit: Limit::Template,
        document: Document::of_value(&whole),
    }
}

/// The template of the ledger's bucket.
pub fn ledger_template(bucket: &str, rendering: &Rendering) -> Rendered {
    let policy = document(rendering, "ledger");
    let whole = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("jit: the ledger, a bucket in which objects are created and never changed. {MADE_BY}"),
        "Parameters": { "RetentionDays": {
            "Type": "Number",
            "Default": 400,
            "MinValue": 1,
            "Description": "For how many days Object Lock keeps each object.",
        } },
        "Resources": {
            "Ledger": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Metadata": skips(
                    &["CKV_AWS_18"],
                    "CloudTrail data events record reads and writes; server access logs would be a second, weaker copy",
                ),
                "Properties": {
                    "BucketName": bucket,
                    "BucketEncryption": { "ServerSideEncryptionConfiguration": [
                        { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
                    ] },
                    "ObjectLockEnabled": true,
                    "ObjectLockConfiguration": {
                        "ObjectLockEnabled": "Enabled",
                        "Rule": { "DefaultRetention": { "Mode": "GOVERNANCE", "Days": { "Ref": "RetentionDays" } } },
                    },
                    "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": true,
                        "BlockPublicPolicy": true,
                        "IgnorePublicAcls": true,
                        "RestrictPublicBuckets": true,
                    },
                    "VersioningConfiguration": { "Status": "Enabled" },
                },
            },
            "LedgerPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": { "Bucket": { "Ref": "Ledger" }, "PolicyDocument": policy },
            },
        },
    });
    Rendered {
        name: "ledger.template".to_owned(),
        limit: Limit::Template,
        document: Document::of_value(&whole),
    }
}

struct Template<'t> {
    rendering: &'t Rendering,
    conditions: Map<String, Value>,
    resources: Map<String, Value>,
    ids: BTreeSet<String>,
}

fn document(rendering: &Rendering, name: &str) -> Value {
    let found = rendering.documents.iter().find(|one| one.name == name);
    found.and_then(|one| serde_json::from_str(one.document.as_str()).ok()).unwrap_or_default()
}

fn is_account(place: &str) -> bool {
    place.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name as the letters and digits that a logical id has: `pay-admin` is `PayAdmin`.
fn camel(name: &str) -> String {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric());
    words
        .filter_map(|word| {
            let mut characters = word.chars();
            let first = characters.next()?;
            Some(first.to_ascii_uppercase().to_string() + characters.as_str())
        })
        .collect()
}

fn unit_parameter(unit: &str) -> String {
    format!("IsIn{}", camel(unit))
}

/// Whether the accounts of a stack set are in a unit is known to the person who deploys it.
fn asked(unit: &str) -> Value {
    json!({
        "Type": "String",
        "AllowedValues": ["yes", "no"],
        "Description": format!("Whether the accounts that this is deployed to are in {unit}."),
    })
}

/// What checkov would report, and why it is meant.
fn skips(ids: &[&str], comment: &str) -> Value {
    let skip: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "comment": comment })).collect();
    json!({ "checkov": { "skip": skip } })
}

/// The rules about what a policy allows.
const ABOUT_GRANTS: [&str; 5] = ["CKV_AWS_107", "CKV_AWS_108", "CKV_AWS_109", "CKV_AWS_110", "CKV_AWS_111"];

/// The metadata of a role that the root of another account may assume.
fn trusted_by_root() -> Value {
    skips(
        &["CKV_AWS_61"],
        "the principal is an account, but the conditions admit only its doors, each person under their own name",
    )
}

fn ceiling(name: &str, policy: Value) -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Metadata": skips(&ABOUT_GRANTS, "a permissions boundary grants nothing: it denies what it does not list"),
        "Properties": {
            "ManagedPolicyName": format!("jit-ceiling-{name}"),
            "Description": "jit: the most that a role on request can be granted",
            "PolicyDocument": policy,
        },
    })
}

/// Whether an account is one of `places`.
fn is_one_of<'p>(places: impl IntoIterator<Item = &'p String>) -> Value {
    let tests = places.into_iter().map(|place| match is_account(place) {
        true => json!({ "Fn::Equals": [{ "Ref": "AWS::AccountId" }, place] }),
        false => json!({ "Fn::Equals": [{ "Ref": unit_parameter(place) }, "yes"] }),
    });
    any(tests.collect())
}

/// `Fn::Or` takes two to ten.
fn any(mut tests: Vec<Value>) -> Value {
    while tests.len() > 10 {
        tests = tests.chunks(10).map(|chunk| any(chunk.to_vec())).collect();
    }
    match tests.len() {
        1 => tests.remove(0),
        _ => json!({ "Fn::Or": tests }),
    }
}

impl Template<'_> {
    fn document(&self, name: &str) -> Value {
        document(self.rendering, name)
    }

    /// An id that is not taken: two names may have the same letters.
    fn id(&mut self, kind: &str, name: &str) -> String {
        let base = format!("{kind}{}", camel(name));
        let numbered = (2..).map(|number| format!("{base}x{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|id| !self.ids.contains(id));
        let id = free.unwrap_or(base);
        self.ids.insert(id.clone());
        id
    }

    fn put(&mut self, kind: &str, name: &str, mut resource: Value, condition: Option<String>) -> String {
        let id = self.id(kind, name);
        if let Some(condition) = condition {
            resource["Condition"] = Value::String(condition);
        }
        self.resources.insert(id.clone(), resource);
        id
    }

    /// The name of the condition that an account is one of `places` and none of `others`. Without places: every account.
    fn condition(
        &mut self,
        kind: &str,
        name: &str,
        places: &BTreeSet<String>,
        others: &[&String],
    ) -> Option<String> {
        if places.is_empty() {
            return None;
        }
        let mut test = is_one_of(places);
        if !others.is_empty() {
            test = json!({ "Fn::And": [test, { "Fn::Not": [is_one_of(others.iter().copied())] }] });
        }
        let id = self.id(kind, name);
        self.conditions.insert(id.clone(), test);
        Some(id)
    }

    fn role(&self, role: &IndexedRole, ceiling: &str) -> Value {
        let mut properties = json!({
            "RoleName": role.name,
            "Path": role.path,
            "Description": format!("jit: on request, for {}", role.access.join(", ")),
            "PermissionsBoundary": { "Ref": ceiling },
            "AssumeRolePolicyDocument": self.document(&role.trust),
        });
        if let Some(standing) = &role.standing {
            properties["Policies"] =
                json!([{ "PolicyName": "standing", "PolicyDocument": self.document(standing) }]);
        }
        json!({ "Type": "AWS::IAM::Role", "Metadata": trusted_by_root(), "Properties": properties })
    }

    /// An account that the policy names itself has its own grantor, whatever units it is in.
    fn grantors(&mut self, index: &DeploymentIndex) {
        let accounts = |one: &super::IndexedGrantor| -> BTreeSet<String> {
            one.places.iter().filter(|place| is_account(place)).cloned().collect()
        };
        let named: BTreeSet<String> = index.grantors.iter().flat_map(accounts).collect();
        for (at, one) in index.grantors.iter().enumerate() {
            let elsewhere = index.grantors.iter().enumerate().filter(|(other, _)| *other != at);
            let own_units = one.places.iter().any(|place| !is_account(place));
            let others: Vec<&String> = match own_units {
                true => {
                    let units =
                        elsewhere.take_while(|(other, _)| *other < at).flat_map(|(_, other)| &other.places);
                    let own = accounts(one);
                    let accounts = named.iter().filter(|account| !own.contains(*account));
                    accounts.chain(units.filter(|place| !is_account(place))).collect()
                }
                false => Vec::new(),
            };
            let condition = self.condition("HasGrantor", "", &one.places, &others);
            let value = json!({
                "Type": "AWS::IAM::Role",
                "Metadata": trusted_by_root(),
                "Properties": {
                    "RoleName": "jit-grantor",
                    "Description": "jit: writes grants on roles under /jit/, and nothing else",
                    "AssumeRolePolicyDocument": self.document(&one.trust),
                    "Policies": [{ "PolicyName": "jit-grantor", "PolicyDocument": self.document("grantor.policy") }],
                },
            });
            self.put("Grantor", "", value, condition);
        }
    }
}
