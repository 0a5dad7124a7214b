//! Ceilings: their lists action by action, and what every list blocks.

use jit_access::render::Level;

use super::ROLE;
use crate::case::{Case, Cases, almost};
use crate::world::{BUCKET, PASSABLE, ceiling};

/// An action that a pattern of the list matches.
fn sample(pattern: &str) -> String {
    pattern.replace('*', "Sample")
}

fn call(name: &str, action: &str, boundary: &'static str) -> Case {
    Case::new(name, ROLE, "alice@corp.com", action, "arn:aws:any:eu-west-1:111122223333:thing")
        .everything()
        .boundary(boundary)
}

fn list(cases: &mut Cases, level: Level, [whole, list, nothing_else]: [&'static str; 3]) {
    let actions = ceiling(level).actions();
    for action in &actions {
        let (service, name) = action.split_once(':').expect("an action");
        let example = sample(action);
        for part in [list, nothing_else] {
            let base = call(&format!("{part} {action}"), &example, part);
            cases.twin(&base, "a service that it does not have", |case| case.does("braket:CreateJob"));
            if name != "*" {
                cases.twin(&base, "an action that it does not have", |case| {
                    case.does(&format!("{service}:Zap"))
                });
            }
            cases.twin(&base, "a service that goes on", |case| case.does(&format!("x{example}")));
        }
        // PassRole and data keys have separate conditions.
        if !["iam:PassRole", "kms:"].iter().any(|own| action.starts_with(own)) {
            let base = call(&format!("{whole} {action}"), &example, whole);
            // A resource policy that names the session bypasses what a boundary does not mention, but not its
            // denies.
            let foreign = |case: Case, action: &str| {
                let mut case = case.does(action).identity(&[]);
                case.foreign = Some(names_the_session(&case));
                case
            };
            cases.allowed(foreign(
                Case { name: format!("{}, by a foreign policy", base.name), ..base.clone() },
                &example,
            ));
            cases.twin(&base, "by a foreign policy, what it does not have", |case| {
                foreign(case, "braket:CreateJob")
            });
        }
    }
    for missing in missing(level) {
        let base = call(&format!("{whole} s3:ListBucket"), "s3:ListBucket", whole).to("arn:aws:s3:::b");
        cases.twin(&base, missing, |case| case.does(missing));
    }
}

fn names_the_session(case: &Case) -> serde_json::Value {
    serde_json::json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": case.session()}, "Action": "*", "Resource": "*"}
    ]})
}

/// Actions that a level must not have.
fn missing(level: Level) -> &'static [&'static str] {
    const READ: &[&str] = &[
        "s3:GetObject",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParametersByPath",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "logs:GetLogEvents",
        "sqs:ReceiveMessage",
        "kinesis:GetRecords",
        "lambda:GetFunction",
        "lambda:ListFunctions",
        "lambda:InvokeFunction",
        "ecr:BatchGetImage",
        "kms:Decrypt",
        "ec2:GetPasswordData",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeSpotFleetRequests",
        "ec2:DescribeVpnConnections",
        "cloudfront:ListDistributions",
        "autoscaling:DescribeLaunchConfigurations",
        "ec2:DescribeLaunchTemplateVersions",
        "ecs:DescribeTaskDefinition",
        "iam:PassRole",
        "iam:CreateRole",
        "sts:AssumeRole",
        "athena:GetQueryResults",
        "apigateway:GET",
        "cloudformation:GetTemplate",
    ];
    const OPERATE: &[&str] = &[
        "iam:PutRolePolicy",
        "iam:CreateUser",
        "sts:AssumeRole",
        "ec2:CreateVpc",
        "ec2:AuthorizeSecurityGroupIngress",
        "s3:PutBucketPolicy",
        "s3:DeleteBucket",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "secretsmanager:PutResourcePolicy",
        "organizations:LeaveOrganization",
        "cloudformation:UpdateStack",
        "rds:ModifyDBSnapshotAttribute",
        "cloudtrail:StopLogging",
        "lambda:AddPermission",
        "eks:CreateAccessEntry",
        "guardduty:UpdateDetector",
        "eks:UpdateAccessEntry",
        "ecr:SetRepositoryPolicy",
        "sqs:AddPermission",
        "sqs:SetQueueAttributes",
    ];
    const ADMIN: &[&str] = &[
        "iam:PutRolePolicy",
        "iam:CreateUser",
        "iam:CreateAccessKey",
        "iam:UpdateAssumeRolePolicy",
        "sts:AssumeRole",
        "sts:GetFederationToken",
        "organizations:LeaveOrganization",
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "lambda:AddPermission",
        "eks:CreateAccessEntry",
        "rolesanywhere:CreateTrustAnchor",
        "signin:CreateOAuth2Token",
        "guardduty:DeleteDetector",
        "sso:CreateAccountAssignment",
        "account:CloseAccount",
    ];
    match level {
        Level::Read => READ,
        Level::Operate => OPERATE,
        Level::Admin => ADMIN,
    }
}

pub(crate) fn cases(cases: &mut Cases) {
    list(cases, Level::Read, ["ceiling-read", "ceiling-read (list)", "ceiling-read (nothing else)"]);
    list(
        cases,
        Level::Operate,
        ["ceiling-operate", "ceiling-operate (list)", "ceiling-operate (nothing else)"],
    );
    list(cases, Level::Admin, ["ceiling-admin", "ceiling-admin (list)", "ceiling-admin (nothing else)"]);
    denies(cases);
}

/// The denies, together with a list that allows everything, as a careless company might write one.
fn denies(cases: &mut Cases) {
    const PART: &str = "ceiling (denies)";
    let harmless = call("denies, a harmless call", "ec2:StartInstances", PART);
    for action in [
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoot",
        "sts:GetFederationToken",
        "sts:GetWebIdentityToken",
        "rolesanywhere:CreateSession",
        "signin:CreateOAuth2Token",
        "lambda:AddPermission",
        "eks:CreateAccessEntry",
        "eks:AssociateAccessPolicy",
        "eks:UpdateAccessEntry",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "cloudtrail:UpdateTrail",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:DeregisterOrganizationDelegatedAdmin",
        "cloudtrail:DisableFederation",
        "iam:AcceptDelegationRequest",
        "iam:AddUserToGroup",
        "iam:AssociateDelegationRequest",
        "iam:AttachRolePolicy",
        "iam:ChangePassword",
        "iam:CreateRole",
        "iam:DeactivateMFADevice",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DetachRolePolicy",
        "iam:DisableOrganizationsRootSessions",
        "iam:EnableMFADevice",
        "iam:PutRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:RejectDelegationRequest",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:ResetServiceSpecificCredential",
        "iam:ResyncMFADevice",
        "iam:SendDelegationToken",
        "iam:SetDefaultPolicyVersion",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UploadSSHPublicKey",
        "iam:PassRole",
    ] {
        cases.twin(&harmless, action, |case| case.does(action));
    }
    for action in [
        "iam:GetRole",
        "iam:ListRoles",
        "iam:SimulatePrincipalPolicy",
        "sts:GetCallerIdentity",
        "lambda:InvokeFunction",
        "eks:DescribeCluster",
        "kms:DescribeKey",
        "kms:ListGrants",
        "cloudtrail:LookupEvents",
        "s3:PutObject",
        "braket:CreateJob",
        "rolesanywherex:Any",
    ] {
        cases.allowed(call(&format!("denies, not {action}"), action, PART));
    }
    for role in PASSABLE {
        let pass = call(&format!("pass {role}"), "iam:PassRole", PART).to(role);
        cases.elsewhere(&pass);
        cases.twin(&pass, "the role on request itself", |case| case.to(ROLE));
        cases.twin(&pass, "every role", |case| case.to("*"));
    }
    let grant = call("a key for an encrypted disk", "kms:CreateGrant", PART)
        .with("kms:GrantIsForAWSResource", "true");
    cases.twin(&grant, "for somebody", |case| case.with("kms:GrantIsForAWSResource", "false"));
    cases.twin(&grant, "for nothing said", |case| case.without("kms:GrantIsForAWSResource"));
    for service in [
        "dynamodb",
        "ec2",
        "elasticfilesystem",
        "kinesis",
        "lambda",
        "rds",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
    ] {
        let host = format!("{service}.eu-west-1.amazonaws.com");
        let base =
            call(&format!("a data key through {service}"), "kms:Decrypt", PART).with("kms:ViaService", &host);
        cases.twin(&base, "directly", |case| case.without("kms:ViaService"));
        for other in [
            format!("other.{service}.eu-west-1.amazonaws.com"),
            format!("{service}x.eu-west-1.amazonaws.com"),
            format!("{service}.eu-west-1.example.com"),
            "braket.eu-west-1.amazonaws.com".to_owned(),
        ] {
            cases.twin(&base, &other, |case| case.with("kms:ViaService", &other));
        }
    }
    for resource in [BUCKET.to_owned(), format!("{BUCKET}/f/x")] {
        let near = Case { name: format!("denies, beside {resource}"), ..harmless.clone() }
            .does("s3:GetObject")
            .to("arn:aws:s3:::b/x");
        for action in ["s3:GetObject", "s3:PutObject", "s3:PutBucketPolicy"] {
            cases.twin(&near, &format!("{action} {resource}"), |case| case.does(action).to(&resource));
        }
        for arn in almost(BUCKET) {
            let other = resource.replace(BUCKET, &arn);
            cases.allowed(Case { name: format!("denies, {other}"), ..near.clone() }.to(&other));
        }
        cases.allowed(
            Case { name: format!("denies, another service on {resource}"), ..near.clone() }
                .does("ec2:StartInstances")
                .to(&resource),
        );
    }
}
