//! The rendered documents, as AWS evaluates them.
//!
//! `scenarios` is a table of calls: who, from where, with which session, does what, when, and what is
//! expected. Each refusal is made from a call that is allowed by changing one thing. The mutation test
//! changes every part of every document in turn, and fails for each change that no scenario notices.

mod case;
mod judge;
mod mutants;
mod scenarios;
mod sizes;
mod templates;
mod threats;
mod world;

use std::collections::BTreeSet;

use judge::Court;
use mutants::Mutant;
use world::World;

#[test]
fn every_scenario_is_as_expected() {
    let world = world::world();
    let cases = scenarios::all();
    let wrong = Court::of(&cases).all_unexpected(&world);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let refused = cases.iter().filter(|case| !case.allowed).count();
    assert!(refused > 1_000 && cases.len() - refused > 500, "{refused} of {}", cases.len());
    let documents: BTreeSet<&str> =
        world.keys().copied().filter(|name| cases.iter().any(|case| case.uses(name))).collect();
    assert_eq!(documents, world.keys().copied().collect(), "a document that no scenario uses");
}

/// Changes without any effect, each with the reason. Without a document it applies to all, without a `Sid` to
/// all statements; `change` is a part of what was changed.
struct Equivalent {
    documents: &'static [&'static str],
    sid: &'static str,
    change: &'static str,
    because: &'static str,
}

const EQUIVALENT: &[Equivalent] = &[
    Equivalent {
        documents: &["grantor-function"],
        sid: "Grantor",
        change: "→ `*:aws:lambda:",
        because: "an ARN begins with `arn`, so the pattern fits nothing more",
    },
    Equivalent {
        documents: &[],
        sid: "",
        change: "→ `*:aws:iam:",
        because: "an ARN begins with `arn`, so the pattern fits nothing more; only the operators for ARNs do this, and no case noticed a Resource of this form",
    },
    Equivalent {
        documents: &[],
        sid: "",
        change: "ForAllValues:StringEqualsIfExists instead",
        because: "ForAllValues is true already where the key is absent",
    },
    Equivalent {
        documents: &[],
        sid: "",
        change: "StringNotLikeIfExists instead",
        because: "an operator with Not is true already where the key is absent",
    },
    Equivalent {
        documents: &[],
        sid: "",
        change: "ArnNotLikeIfExists instead",
        because: "an operator with Not is true already where the key is absent",
    },
    Equivalent {
        documents: &["grant-allow"],
        sid: "0",
        change: "StringEqualsIgnoreCase instead",
        because: "the number of an account has no letters; the condition is the company's own",
    },
    Equivalent {
        documents: &["grant-start"],
        sid: "0",
        change: "DateGreaterThanEqualsIfExists instead",
        because: "a call without a time is refused by the end already, which the plain grant shows",
    },
    Equivalent {
        documents: &["grant-start"],
        sid: "0",
        change: "DateLessThanIfExists instead",
        because: "a call without a time is refused by the start already",
    },
    Equivalent {
        documents: &["trust"],
        sid: "NoVoter",
        change: "Action: ",
        because: "what else a voter could ask this trust for is of no use without AssumeRole",
    },
    Equivalent {
        documents: &["trust"],
        sid: "NoVoter",
        change: "StringLikeIfExists instead",
        because: "a caller without a user id gets nothing by OwnName",
    },
    Equivalent {
        documents: &["grantor-approvers"],
        sid: "OwnNameOnly",
        change: "Action: ",
        because: "what else the trust allows is of no use without AssumeRole",
    },
    Equivalent {
        documents: &["grantor-approvers"],
        sid: "Grantor",
        change: "StringLikeIfExists instead",
        because: "a caller without a user id is refused by OwnNameOnly",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "TlsOnly",
        change: "BoolIfExists instead",
        because: "AWS says of every call whether it came by TLS",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "TlsOnly",
        change: "Action: `s3:*` → `*`",
        because: "a bucket's policy is asked about actions of S3 only",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "CreateOnly",
        change: "Resource: `arn:aws:s3:::acme-jit-ledger/*` → `*`",
        because: "a bucket's policy is asked about this bucket only, and PutObject is about objects",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "",
        change: "→ `arn:*:s3:",
        because: "a bucket's policy is asked about this bucket only",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "",
        change: "→ `arn:aws:*:",
        because: "a bucket's policy is asked about this bucket only",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "",
        change: "→ `arn:aws:s3:*:",
        because: "a bucket's policy is asked about this bucket only",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "",
        change: "→ `arn:aws:s3::*:",
        because: "a bucket's policy is asked about this bucket only",
    },
    Equivalent {
        documents: &["ledger (denies)"],
        sid: "",
        change: "→ `arn:aws:s3:::*/",
        because: "a bucket's policy is asked about this bucket only",
    },
];

#[test]
fn every_mutant_of_a_document_is_noticed() {
    let world = world::world();
    let cases = scenarios::all();
    // A case that is already wrong would notice every mutant.
    let wrong = Court::of(&cases).all_unexpected(&world);
    assert!(wrong.is_empty(), "wrong before any change:\n{}", wrong.join("\n"));
    let (mut survivors, mut count, mut used) = (Vec::new(), 0, BTreeSet::new());
    for (name, document) in &world {
        if world::IN_PARTS.contains(name) {
            continue;
        }
        let mut court = Court::of(cases.iter().filter(|case| case.uses(name)));
        let mut changed: World = world.clone();
        for mutant in mutants::of(name, document) {
            count += 1;
            let equivalent = EQUIVALENT.iter().position(|row| {
                (row.documents.is_empty() || row.documents.contains(&mutant.document))
                    && (row.sid.is_empty() || mutant.sid == row.sid)
                    && mutant.change.contains(row.change)
            });
            changed.insert(name, mutant.value.clone());
            let noticed = court.unexpected(&changed);
            // The case that noticed one change is likely to notice the next.
            if let Some(at) = noticed {
                court.cases[..=at].rotate_right(1);
            }
            let noticed = noticed.is_some();
            match (equivalent, noticed) {
                (Some(row), false) => drop(used.insert(row)),
                (None, false) => survivors.push(told(&mutant)),
                (_, true) => {}
            }
        }
    }
    assert!(survivors.is_empty(), "{} of {count} survive:\n{}", survivors.len(), survivors.join("\n"));
    assert!(count > 3_000, "{count}");
    for (row, equivalent) in EQUIVALENT.iter().enumerate() {
        assert!(used.contains(&row), "needed no more: {} {}", equivalent.sid, equivalent.change);
        assert!(equivalent.because.len() > 20, "{}", equivalent.because);
    }
}

fn told(mutant: &Mutant) -> String {
    format!("{} {} {}", mutant.document, mutant.sid, mutant.change)
}
