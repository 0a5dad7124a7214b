//! The use of AWS's limits with one, ten and a hundred of everything. The numbers are recorded, so that a
//! change of a document that costs space is noticed.

use jit_access::render::{
    Document, EntryPolicy, EntryRole, Fullness, GrantDocument, GrantorTrust, Guardrail, LedgerBucket, Level,
    Limit, Networks, Reach, RoleOnRequest, Room, SERVICES, Where, Writes, grantor,
};
use jit_wire::arn::Partition;
use jit_wire::explain::Explain;

use crate::world::{ceiling, entry, grant, ledger};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("person{number:03}@corp.example.com")).collect()
}

fn doors(count: usize) -> Vec<EntryRole> {
    (0..count).map(|number| entry(&format!("arn:aws:iam::1111111{number:05}:role/jit-hub"))).collect()
}

fn grants(count: usize, grant: &GrantDocument) -> Fullness {
    let text = grant.render().expect("a grant");
    Fullness::of(Limit::Inline, (0..count).map(|_| text.as_str()))
}

fn of(limit: Limit, document: &Document) -> Fullness {
    Fullness::of_document(limit, document)
}

/// One line of the table: whether one, ten and a hundred fit, with advice if they do not.
fn line(what: &str, advice: &str, render: impl Fn(usize) -> Fullness) -> String {
    let cells = [1, 10, 100].map(|count| {
        let fullness = render(count);
        let room = fullness.check();
        assert_eq!(fullness.advice().is_none(), room == Ok(Room::Enough));
        if let Err(error) = &room {
            let told = format!("{:?}", error.next());
            assert!(told.contains(advice), "{what}: {told}");
        }
        let word = match room {
            Ok(Room::Enough) => "",
            Ok(Room::Near) => " (near)",
            Ok(Room::AfterRaise) => " (after a raise)",
            Err(_) => " (too long)",
        };
        format!("{}{word}", fullness.used)
    });
    format!("{what}: {}", cells.join(", "))
}

/// Characters with one, ten and a hundred, and whether they fit.
const SIZES: &str = "
grants of a short list: 219, 2190, 21900 (too long)
grants of a ceiling: 667, 6670, 66700 (too long)
names of a person in a grant: 231, 510, 3300
networks of a grant: 482, 617, 2057
doors of a role: 572, 1904 (near), 15224 (too long)
voters who are kept out: 731, 1010, 3800 (after a raise)
tags: 909, 1467, 7047 (too long)
approvers of an account: 738, 1017, 3807 (after a raise)
doors to the ledger: 4859, 7226, 30896 (too long)
platform roles: 838, 1648, 9748 (too long)
accounts without an organization: 645, 996, 4506
actions that a company adds to `operate`: 5780 (near), 6050 (near), 8750 (too long)
";

#[test]
fn sizes_with_one_ten_and_a_hundred_of_everything() {
    let mut lines = Vec::new();
    let mut check =
        |what: &str, advice: &str, render: &dyn Fn(usize) -> Fullness| lines.push(line(what, advice, render));
    check("grants of a short list", "spread the people", &|count| grants(count, &grant()));
    let whole = GrantDocument {
        allow: vec![jit_access::render::AllowedStatement::services(ceiling(Level::Operate).services())],
        ..grant()
    };
    check("grants of a ceiling", "spread the people", &|count| grants(count, &whole));
    check("names of a person in a grant", "", &|count| {
        grants(1, &GrantDocument { names: names(count), ..grant() })
    });
    check("networks of a grant", "", &|count| {
        let blocks = (0..count).map(|number| format!("203.0.{number}.0/24")).collect();
        grants(1, &GrantDocument { networks: Networks { blocks, vpcs: Vec::new() }, ..grant() })
    });
    let role = |doors, barred, tags| RoleOnRequest { doors, barred, tags };
    check("doors of a role", "fewer doors", &|count| {
        of(Limit::Trust, &role(doors(count), Vec::new(), Vec::new()).trust())
    });
    check("voters who are kept out", "voters", &|count| {
        of(Limit::Trust, &role(doors(1), names(count), Vec::new()).trust())
    });
    check("tags", "tags", &|count| {
        let tags = (0..count).map(|number| format!("tag{number:03}")).collect();
        of(Limit::Trust, &role(doors(1), Vec::new(), tags).trust())
    });
    check("approvers of an account", "voters", &|count| {
        of(
            Limit::Trust,
            &GrantorTrust::Approvers { doors: doors(1), names: names(count), tags: Vec::new() }.render(),
        )
    });
    check("doors to the ledger", "fewer doors", &|count| {
        of(Limit::Bucket, &LedgerBucket { doors: doors(count), ..ledger() }.render())
    });
    check("platform roles", "fewer platform roles", &|count| {
        let role =
            |number| format!("arn:aws:iam::444444444444:role/platform{number:03}").parse().expect("a role");
        let platform = (0..count).map(role).collect();
        of(Limit::ServiceControl, &Guardrail { partition: Partition::Aws, platform }.render())
    });
    check("accounts without an organization", "organization", &|count| {
        let accounts = (0..count).map(|number| format!("1111111{number:05}")).collect();
        let policy = EntryPolicy {
            partition: Partition::Aws,
            ledger: "acme-jit-ledger".to_owned(),
            reach: Reach::OnRequest(Where::Accounts(accounts)),
            writes: Writes::Facts,
        };
        of(Limit::PermissionSet, &policy.render())
    });
    check("actions that a company adds to `operate`", "fewer actions", &|count| {
        let mut ceiling = ceiling(Level::Operate);
        ceiling.more = (0..count).map(|number| format!("service{number:03}:*")).collect();
        of(Limit::Managed, &ceiling.render())
    });
    assert!(of(Limit::Inline, &grantor(Partition::Aws)).check() == Ok(Room::Enough));
    assert_eq!(lines.join("\n"), SIZES.trim());
}

#[test]
fn ceilings_fit_a_managed_policy_and_leave_room() {
    for partition in [Partition::Aws, Partition::GovCloud, Partition::China] {
        for level in Level::ALL {
            let mut ceiling = ceiling(level);
            ceiling.partition = partition;
            let fullness = of(Limit::Managed, &ceiling.render());
            assert!(fullness.check().is_ok(), "{} in {}: {fullness}", level.name(), partition.name());
        }
    }
}

#[test]
fn the_table_of_services_is_in_order_and_each_row_has_a_reason() {
    assert!(SERVICES.is_sorted_by(|one, next| one.prefix < next.prefix));
    for service in SERVICES {
        assert!(service.reason.len() > 10, "{}", service.prefix);
        for level in Level::ALL {
            let actions = service.actions(level);
            assert!(actions.is_sorted_by(|one, next| one < next), "{} {}", service.prefix, level.name());
        }
    }
    for level in Level::ALL {
        assert!(ceiling(level).services().iter().all(|service| service.ends_with(":*") && service.len() > 3));
        assert_eq!(Level::named(level.name()), Some(level));
    }
}

#[test]
fn every_partition_has_its_own_names() {
    for (partition, prefix, host) in [
        (Partition::GovCloud, "arn:aws-us-gov:", "signin.amazonaws-us-gov.com"),
        (Partition::China, "arn:aws-cn:", "signin.amazonaws.cn"),
    ] {
        let door = |name: &str| entry(&format!("{prefix}iam::111111111111:role/{name}"));
        let role = format!("{prefix}iam::444444444444:role/platform").parse().expect("a role");
        let mut own = ceiling(Level::Operate);
        (own.partition, own.passable) = (partition, Vec::new());
        let policy = EntryPolicy {
            partition,
            ledger: "acme".to_owned(),
            reach: Reach::Glass(Where::Organization("o-acme".to_owned())),
            writes: Writes::Facts,
        };
        let saml = jit_access::render::EntryTrust::Saml {
            partition,
            account: "111111111111".to_owned(),
            provider: "okta".to_owned(),
            regions: Vec::new(),
            tags: Vec::new(),
        };
        let bucket = LedgerBucket {
            partition,
            bucket: "acme".to_owned(),
            doors: vec![door("hub")],
            publishers: vec![door("publisher")],
            appliers: vec![door("function")],
            platform: vec![door("platform")],
        };
        let saml = saml.render().expect("a trust");
        assert!(saml.as_str().contains(host), "{saml}");
        let documents = [
            own.render(),
            policy.render(),
            saml,
            bucket.render(),
            grantor(partition),
            Guardrail { partition, platform: vec![role] }.render(),
            RoleOnRequest { doors: vec![door("hub")], ..RoleOnRequest::default() }.trust(),
        ];
        for document in documents {
            assert!(!document.as_str().contains("arn:aws:"), "{document}");
            assert!(
                partition != Partition::China || !document.as_str().contains("amazonaws.com\""),
                "{document}"
            );
        }
    }
}
