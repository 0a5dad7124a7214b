//! IAM: grants on roles on request, through the grantor and through nobody else.

use std::time::Duration;

use jit_emulator::{Call, Trouble};

use crate::client::{is_denied, text, texts};
use crate::company::{ALICE, BOB, Company, GRANTOR, HUB, PAY_ADMIN, grant};

const PUT: &str = "PutRolePolicy";

fn parameters<'a>(role: &'a str, name: &'a str, document: &'a str) -> Vec<(&'a str, &'a str)> {
    let all = [("RoleName", role), ("PolicyName", name), ("PolicyDocument", document)];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

#[test]
fn the_grantor_writes_grants_and_nothing_else() {
    let company = Company::new();
    let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
    let text_of_grant = grant(ALICE, company.now() + Duration::from_secs(3600));
    let on = |role: &'static str, action: &str| {
        let document = if action == PUT { text_of_grant.as_str() } else { "" };
        company.iam(&grantor, action, &parameters(role, "jit-1", document))
    };
    on("pay-admin", PUT).unwrap();
    let read = on("pay-admin", "GetRolePolicy").unwrap();
    let document = text(&read, "PolicyDocument").unwrap();
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"), "{document}");
    on("pay-admin", "DeleteRolePolicy").unwrap();
    let gone = on("pay-admin", "DeleteRolePolicy").unwrap_err();
    assert_eq!(
        (gone.status, gone.code.as_str(), gone.message.as_str()),
        (404, "NoSuchEntity", "The role policy with name jit-1 cannot be found.")
    );

    // Roles elsewhere, and a role whose boundary somebody took away.
    for role in ["jit-grantor", "admin", "none"] {
        assert!(is_denied(&on(role, PUT)), "{role}");
    }
    let platform = company.platform();
    let boundary = company.iam(&platform, "DeleteRolePermissionsBoundary", &[("RoleName", "pay-admin")]);
    assert!(boundary.unwrap_err().message.ends_with("with an explicit deny in a service control policy"));
    company.servers.cloud(|cloud| {
        let mut role = cloud.role(PAY_ADMIN).unwrap().clone();
        role.boundary = None;
        cloud.put_role(role).unwrap();
    });
    let refused = on("pay-admin", PUT).unwrap_err();
    assert_eq!(
        refused.message,
        format!(
            "User: arn:aws:sts::222222222222:assumed-role/jit-grantor/{BOB} is not authorized to perform: \
             iam:PutRolePolicy on resource: {PAY_ADMIN} because no identity-based policy allows the \
             iam:PutRolePolicy action"
        )
    );
    for (action, more) in [
        ("AttachRolePolicy", ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")),
        ("PutRolePermissionsBoundary", ("PermissionsBoundary", "arn:aws:iam::222222222222:policy/x")),
        ("UpdateAssumeRolePolicy", ("PolicyDocument", "{}")),
        ("TagRole", ("Tags.member.1.Key", "x")),
        ("DeleteRole", ("x", "y")),
        ("CreateRole", ("AssumeRolePolicyDocument", "{}")),
    ] {
        let call = company.iam(&grantor, action, &[("RoleName", "pay-admin"), more]);
        assert!(is_denied(&call), "{action}: {call:?}");
    }
}

#[test]
fn roles_are_described_as_aws_does() {
    let company = Company::new();
    let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
    let role = company.iam(&grantor, "GetRole", &[("RoleName", "pay-admin")]).unwrap();
    for (element, expected) in [
        ("Path", "/jit/"),
        ("RoleName", "pay-admin"),
        ("Arn", PAY_ADMIN),
        ("MaxSessionDuration", "3600"),
        ("PermissionsBoundaryType", "Policy"),
        ("PermissionsBoundaryArn", "arn:aws:iam::222222222222:policy/jit-ceiling-operate"),
    ] {
        assert_eq!(text(&role, element).as_deref(), Some(expected), "{element}");
    }
    let list = company.iam(&grantor, "ListRoles", &[("PathPrefix", "/jit/")]).unwrap();
    assert_eq!(
        (texts(&list, "Arn"), text(&list, "PermissionsBoundaryArn")),
        (vec![PAY_ADMIN.to_owned()], None)
    );
    company.servers.faults(|faults| faults.page_size = Some(1));
    let (mut names, mut marker) = (Vec::new(), String::new());
    loop {
        let page = company.iam(&grantor, "ListRoles", &[("Marker", &marker)]).unwrap();
        names.extend(texts(&page, "RoleName"));
        match text(&page, "Marker") {
            Some(next) => marker = next,
            None => break,
        }
    }
    assert_eq!(names, ["admin", "jit-grantor", "pay-admin"], "with the glass role before");
    let policy = company.iam(
        &grantor,
        "GetPolicyVersion",
        &[("PolicyArn", "arn:aws:iam::222222222222:policy/jit-ceiling-operate"), ("VersionId", "v1")],
    );
    assert!(text(&policy.unwrap(), "Document").unwrap().contains("NothingElse"));
    let missing = company.iam(&company.platform(), "GetRole", &[("RoleName", "none")]).unwrap_err();
    assert_eq!(missing.message, "The role with name none cannot be found.");
}

#[test]
fn documents_and_sizes_are_refused_in_awss_words() {
    let company = Company::new();
    let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
    let put =
        |name: &str, document: &str| company.iam(&grantor, PUT, &parameters("pay-admin", name, document));
    let end = company.now() + Duration::from_secs(3600);
    let refused = put("jit-1", "{").unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        ("MalformedPolicyDocument", "This policy contains invalid Json")
    );
    let wrong = grant(ALICE, end).replace("StringLike", "StringsLike");
    assert_eq!(put("jit-1", &wrong).unwrap_err().message, "Syntax errors in policy.");
    let one = grant(ALICE, end);
    let fit = 10_240 / one.len();
    for number in 0..fit {
        put(&format!("jit-{number}"), &one).unwrap();
    }
    let full = put("jit-more", &one).unwrap_err();
    assert_eq!(
        (full.status, full.code.as_str(), full.message.as_str()),
        (409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role pay-admin")
    );
    put("jit-0", &format!(" {one}\n")).unwrap();
    company.iam(&grantor, "DeleteRolePolicy", &parameters("pay-admin", "jit-0", "")).unwrap();
    put("jit-more", &one).unwrap();
    let names = company.iam(&grantor, "ListRolePolicies", &[("RoleName", "pay-admin")]).unwrap();
    assert_eq!(texts(&names, "member").len(), fit);
}

/// A grant, as the person's own open session sees it.
#[test]
fn a_grant_lasts_to_the_second_in_an_open_session() {
    let company = Company::new();
    let (session, bob) = (company.alice_in_role(), company.arrive(BOB, HUB));
    let grantor = company.assume(&bob, GRANTOR, BOB);
    let buckets = || company.get(&session, "/");
    assert!(is_denied(&buckets()), "a role on request can do nothing by itself");
    let end = company.now() + Duration::from_secs(600);
    company.iam(&grantor, PUT, &parameters("pay-admin", "jit-1", &grant(ALICE, end))).unwrap();
    assert!(buckets().is_ok(), "the same session");
    assert!(is_denied(&company.iam(&session, "ListAccountAliases", &[])), "outside the grant");
    company.later(599);
    assert!(buckets().is_ok());
    company.later(1);
    let refused = buckets().unwrap_err();
    assert!(
        refused.message.ends_with("because no identity-based policy allows the s3:ListAllMyBuckets action")
    );
    let end = company.now() + Duration::from_secs(600);
    company.iam(&grantor, PUT, &parameters("pay-admin", "jit-2", &grant(ALICE, end))).unwrap();
    assert!(buckets().is_ok(), "extended");
    company.iam(&grantor, "DeleteRolePolicy", &parameters("pay-admin", "jit-2", "")).unwrap();
    assert!(is_denied(&buckets()), "revoked");
    let why = company.servers.journal().decisions().last().unwrap().why.clone();
    assert!(why.contains("DateLessThan aws:CurrentTime"), "{why}");
}

#[test]
fn answers_can_be_lost_after_the_call_was_carried_out() {
    let company = Company::new();
    let grantor = company.assume(&company.arrive(BOB, HUB), GRANTOR, BOB);
    company.servers.faults(|faults| faults.next(1, Call::Aws("iam:PutRolePolicy"), Trouble::AnswerLost));
    let document = grant(ALICE, company.now() + Duration::from_secs(60));
    let put = company.iam(&grantor, PUT, &parameters("pay-admin", "jit-1", &document));
    assert_eq!(put.unwrap_err().status, 500);
    assert!(company.iam(&grantor, "GetRolePolicy", &parameters("pay-admin", "jit-1", "")).is_ok());
    assert_eq!(company.servers.journal().count(Call::Aws("iam:PutRolePolicy")), 1);
}
