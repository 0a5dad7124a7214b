//! The applier, and the guard rail.

use super::ROLE;
use crate::case::{Case, Cases, almost};
use crate::world::{FUNCTION, HUB, LAMBDA, PLATFORM, SET, SET_ELSEWHERE};

const GRANTOR: &str = "arn:aws:iam::111122223333:role/jit-grantor";
const CEILING: &str = "arn:aws:iam::111122223333:policy/jit-ceiling-operate";

pub(crate) fn cases(cases: &mut Cases) {
    grantor(cases);
    becoming(cases);
    guardrail(cases);
}

fn grantor(cases: &mut Cases) {
    for action in ["iam:PutRolePolicy", "iam:DeleteRolePolicy"] {
        let base = Case::new(&format!("the grantor, {action}"), GRANTOR, "jit", action, ROLE)
            .identity(&["grantor"])
            .with("iam:PermissionsBoundary", CEILING);
        cases.twin(&base, "a role without a boundary", |case| case.without("iam:PermissionsBoundary"));
        for other in [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::111122223333:policy/other",
            "arn:aws:iam::111122223333:policy/jit-ceilings",
            "arn:aws:iam::111122223333:role/jit-ceiling-x",
            "other:aws:iam::111122223333:policy/jit-ceiling-x",
            "arn:other:iam::111122223333:policy/jit-ceiling-x",
            "arn:aws:other::111122223333:policy/jit-ceiling-x",
            "arn:aws:iam:other:111122223333:policy/jit-ceiling-x",
        ] {
            cases.twin(&base, other, |case| case.with("iam:PermissionsBoundary", other));
        }
        roles(cases, &base);
        for other in [
            "iam:AttachRolePolicy",
            "iam:UpdateAssumeRolePolicy",
            "iam:DeleteRole",
            "iam:PassRole",
            "s3:PutObject",
        ] {
            cases.twin(&base, other, |case| case.does(other));
        }
    }
    for action in ["iam:GetRolePolicy", "iam:ListRolePolicies", "iam:GetRole", "iam:ListAttachedRolePolicies"]
    {
        let base =
            Case::new(&format!("the grantor, {action}"), GRANTOR, "jit", action, ROLE).identity(&["grantor"]);
        roles(cases, &base);
        cases.twin(&base, "another action", |case| case.does("iam:DeleteRole"));
        cases.twin(&base, "another service", |case| case.does("sqs:ReceiveMessage"));
    }
    for action in ["iam:GetPolicy", "iam:GetPolicyVersion"] {
        let base = Case::new(&format!("the grantor, {action}"), GRANTOR, "jit", action, CEILING)
            .identity(&["grantor"]);
        for other in [
            "arn:aws:iam::111122223333:policy/other",
            "arn:aws:iam::111122223333:role/jit-ceiling-x",
            "other:aws:iam::111122223333:policy/jit-ceiling-x",
            "arn:other:iam::111122223333:policy/jit-ceiling-x",
            "arn:aws:other::111122223333:policy/jit-ceiling-x",
            "arn:aws:iam:other:111122223333:policy/jit-ceiling-x",
        ] {
            cases.twin(&base, other, |case| case.to(other));
        }
        cases.twin(&base, "another action", |case| case.does("iam:DeletePolicy"));
        cases.twin(&base, "a version", |case| case.does("iam:CreatePolicyVersion"));
        cases.twin(&base, "another service", |case| case.does("sqs:ReceiveMessage"));
    }
    let list =
        Case::new("the grantor, iam:ListRoles", GRANTOR, "jit", "iam:ListRoles", "*").identity(&["grantor"]);
    for other in ["iam:ListUsers", "iam:CreateRole", "sqs:ReceiveMessage"] {
        cases.twin(&list, other, |case| case.does(other));
    }
}

/// Refused on every role that is not on request.
fn roles(cases: &mut Cases, base: &Case) {
    for other in [
        "arn:aws:iam::111122223333:role/admin",
        "arn:aws:iam::111122223333:role/jit-grantor",
        "arn:aws:iam::111122223333:role/jit-glass/admin",
        "arn:aws:iam::111122223333:role/other/jit",
        "arn:aws:iam::111122223333:user/jit/x",
        "other:aws:iam::111122223333:role/jit/x",
        "arn:other:iam::111122223333:role/jit/x",
        "arn:aws:other::111122223333:role/jit/x",
        "arn:aws:iam:other:111122223333:role/jit/x",
        "*",
    ] {
        cases.twin(base, &format!("on {other}"), |case| case.to(other));
    }
}

fn becoming(cases: &mut Cases) {
    let function = Case::new("the function becomes the grantor", FUNCTION, "jit", "sts:AssumeRole", GRANTOR)
        .everything()
        .on("grantor-function", false)
        .with("lambda:SourceFunctionArn", LAMBDA);
    for arn in almost(FUNCTION) {
        cases.twin(&function, &arn, |case| case.by(&arn));
    }
    for arn in almost(LAMBDA) {
        cases.twin(&function, &arn, |case| case.with("lambda:SourceFunctionArn", &arn));
    }
    cases.twin(&function, "from elsewhere", |case| case.without("lambda:SourceFunctionArn"));
    for action in ["sts:TagSession", "iam:PutRolePolicy"] {
        cases.twin(&function, action, |case| case.does(action));
    }
    for (person, door) in [("bob@corp.com", HUB), ("carol@corp.com", SET), ("bob@corp.com", SET_ELSEWHERE)] {
        let base =
            Case::new(&format!("{person} applies through {door}"), door, person, "sts:AssumeRole", GRANTOR)
                .everything()
                .on("grantor-approvers", false)
                .with("sts:RoleSessionName", person);
        cases.others(&base);
        for other in ["alice@corp.com", "Bob@corp.com", "xbob@corp.com", "carol@corp.comx", "*"] {
            cases.twin(&base, &format!("as {other}"), |case| {
                case.named(other).with("sts:RoleSessionName", other)
            });
        }
        for other in ["alice@corp.com", "*", &person.to_uppercase(), &person[1..]] {
            cases.twin(&base, &format!("under {other}"), |case| case.with("sts:RoleSessionName", other));
        }
        cases.twin(&base, "as nobody in particular", |case| case.without("aws:userid"));
        cases.twin(&base, "with no policy of their own", |case| case.identity(&[]));
        let near =
            Case { name: format!("{}, in one account", base.name), same_account: true, ..base.clone() };
        cases.twin(&near, "with no policy of their own", |case| case.identity(&[]));
        for action in ["sts:AssumeRoleWithSAML", "iam:PutRolePolicy"] {
            cases.twin(&base, action, |case| case.does(action));
        }
        let carrying = base.with("sts:SourceIdentity", person).with("aws:SourceIdentity", person);
        super::becoming::source_identity(cases, &carrying);
        super::becoming::tags(cases, &carrying);
    }
}

fn guardrail(cases: &mut Cases) {
    const OTHER: &str = "arn:aws:iam::111122223333:role/terraform";
    let writes = [
        "AcceptDelegationRequest",
        "AddRoleToInstanceProfile",
        "AssociateDelegationRequest",
        "AttachRolePolicy",
        "ChangePassword",
        "CreatePolicyVersion",
        "DeactivateMFADevice",
        "DeleteRolePermissionsBoundary",
        "DetachRolePolicy",
        "DisableOrganizationsRootSessions",
        "EnableMFADevice",
        "PutRolePolicy",
        "RejectDelegationRequest",
        "RemoveRoleFromInstanceProfile",
        "ResetServiceSpecificCredential",
        "ResyncMFADevice",
        "SendDelegationToken",
        "SetDefaultPolicyVersion",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UploadSSHPublicKey",
    ];
    let guarded = [
        ROLE,
        "arn:aws:iam::111122223333:role/jit-hub",
        GRANTOR,
        "arn:aws:iam::111122223333:role/jit-glass/admin",
        CEILING,
        "arn:aws:iam::111122223333:role/stacksets-exec-0123",
        "arn:aws:iam::111122223333:role/AWSControlTowerExecution",
        PLATFORM[0],
        PLATFORM[1],
    ];
    let exempt = [
        GRANTOR,
        "arn:aws:iam::111122223333:role/stacksets-exec-0123",
        "arn:aws:iam::111122223333:role/AWSControlTowerExecution",
        PLATFORM[0],
        PLATFORM[1],
    ];
    let control = |name: &str, by: &str, action: &str, on: &str| {
        let mut case = Case::new(name, by, "x", action, on).everything();
        case.control = Some("guardrail");
        case
    };
    let by_platform = control("the platform writes", PLATFORM[0], "iam:PutRolePolicy", ROLE);
    for write in writes {
        let action = format!("iam:{write}");
        cases.twin(&by_platform, &format!("{write} by others"), |case| case.by(OTHER).does(&action));
    }
    for resource in guarded {
        for by in exempt {
            let base = control(&format!("{by} writes {resource}"), by, "iam:PutRolePolicy", resource);
            cases.twin(&base, "another role", |case| case.by(OTHER));
            cases.twin(&base, "a role on request", |case| case.by(ROLE));
        }
        // Actions that the guard rail does not mention.
        for action in ["iam:GetRole", "iam:PassRole", "sts:AssumeRole", "braket:CreateJob"] {
            cases.allowed(control(&format!("{action} of {resource} by others"), OTHER, action, resource));
        }
        let scheme: Vec<usize> = resource.match_indices([':', '/']).map(|(at, _)| at).collect();
        for (index, almost) in almost(resource).into_iter().enumerate().take(scheme.len()) {
            let open = index == 4 && !PLATFORM.contains(&resource);
            // The segments that the pattern leaves open are the guarded resource again.
            if !open {
                cases.allowed(control(
                    &format!("others write {almost} ({resource})"),
                    OTHER,
                    "iam:PutRolePolicy",
                    &almost,
                ));
            }
        }
    }
    for by in exempt {
        let base = control(&format!("{by} writes"), by, "iam:PutRolePolicy", ROLE);
        for (index, other) in almost(by).into_iter().enumerate() {
            let open = index == 4 && !PLATFORM.contains(&by) || index > 6 && by.contains("stacksets-exec-");
            if !open {
                cases.twin(&base, &other, |case| case.by(&other));
            }
        }
        cases.twin(&base, "nobody", |case| case.without("aws:PrincipalArn").by(OTHER));
    }
    for resource in PLATFORM {
        let beside = resource.replace("platform", "beside");
        cases.allowed(control(&format!("others write {beside}"), OTHER, "iam:PutRolePolicy", &beside));
    }
    for resource in [
        "arn:aws:iam::111122223333:role/app/web",
        "arn:aws:iam::111122223333:policy/other",
        "arn:aws:iam::111122223333:user/x",
    ] {
        for action in ["iam:PutRolePolicy", "iam:CreatePolicyVersion"] {
            cases.allowed(control(&format!("others write {resource} by {action}"), OTHER, action, resource));
        }
    }
}
