use jit_wire::signed::Service;

use super::answers::unescaped;
use super::*;
use crate::testing::{Script, calls, credentials};

const ROLE: &str = "arn:aws:iam::111122223333:role/jit/pay-admin";

fn iam(script: &Script) -> HttpIam<'static> {
    let session: SessionForIam<'_> = Box::new(|_| Ok(credentials()));
    HttpIam::new(calls(), script.endpoint(Service::Iam), vec!["111122223333".to_owned()], session)
}

fn result(action: &str, inner: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{inner}</{action}Result></{action}Response>"
    )
}

fn about(more: &str) -> String {
    let boundary = "<PermissionsBoundary><PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/jit-ceiling-operate</PermissionsBoundaryArn></PermissionsBoundary>";
    let boundary = if more.contains("PermissionsBoundary") { "" } else { boundary };
    result(
        "GetRole",
        &format!(
            "<Role><Path>/jit/</Path><Arn>{ROLE}</Arn><RoleName>pay-admin</RoleName>{boundary}{more}</Role>"
        ),
    )
}

fn names(names: &[&str]) -> String {
    let members: String = names.iter().map(|name| format!("<member>{name}</member>")).collect();
    let list = format!("<PolicyNames>{members}</PolicyNames><IsTruncated>false</IsTruncated>");
    result("ListRolePolicies", &list)
}

fn policy(escaped: &str) -> String {
    result("GetRolePolicy", &format!("<PolicyDocument>{escaped}</PolicyDocument>"))
}

fn error(code: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>because</Message></Error></ErrorResponse>")
}

#[test]
fn a_role_is_seen_with_its_policies_and_its_freeze() {
    let script = Script::new();
    let tags = "<Tags><member><Key>jit-freeze</Key><Value>x</Value></member></Tags>";
    script.then(200, about(tags)).then(200, names(&["jit-1", "gone"]));
    script.then(200, policy("%7B%22a%22%3A%22b+c%20d%C3%A9%22%7D")).then(404, error("NoSuchEntity"));
    let role = iam(&script).role(&ROLE.to_owned()).unwrap();
    assert_eq!(role.policies, [("jit-1".to_owned(), "{\"a\":\"b+c dé\"}".to_owned())].into());
    assert!(role.is_frozen && role.differences.is_empty());
    let asked = script.asked();
    assert!(asked[0].contains("Action=GetRole&Version=2010-05-08&RoleName=pay-admin"), "{}", asked[0]);
    assert!(
        asked[2].contains("Action=GetRolePolicy") && asked[2].contains("PolicyName=jit-1"),
        "{}",
        asked[2]
    );
    assert!(asked.iter().all(|asked| asked.contains("authorization: AWS4-HMAC-SHA256 Credential=ASIAX/")));
}

#[test]
fn a_role_of_the_same_name_elsewhere_is_another_one() {
    let script = Script::new();
    script.then(200, about("").replace(":role/jit/", ":role/other/"));
    let error = iam(&script).role(&ROLE.to_owned()).unwrap_err();
    assert!(matches!(error, IamError::Refused { .. }), "{error}");
    assert_eq!(script.asked().len(), 1);
}

#[test]
fn a_policy_is_there_once_iam_shows_the_same_text() {
    let script = Script::new();
    let put = result("PutRolePolicy", "");
    script
        .then(200, put.clone())
        .then(404, error("NoSuchEntity"))
        .then(200, policy("old"))
        .then(200, policy("%7B%7D"));
    assert_eq!(iam(&script).put(&ROLE.to_owned(), "jit-1", "{}"), Ok(()));
    let asked = script.asked();
    assert!(asked[0].contains("PolicyDocument=%7B%7D"), "{}", asked[0]);

    script.then(200, put);
    for _ in 0..LOOKS {
        script.then(404, error("NoSuchEntity"));
    }
    let late = iam(&script).put(&ROLE.to_owned(), "jit-1", "{}");
    assert_eq!(late, Err(IamError::NotShown { role: ROLE.to_owned(), what: "does not show the policy yet" }));
    script.asked();
}

#[test]
fn each_refusal_of_a_write_is_explained() {
    let put = |script: &Script| iam(script).put(&ROLE.to_owned(), "jit-1", "{ }").unwrap_err();
    // A policy that the new one would replace does not count, and neither does white space.
    let script = Script::new();
    script.then(409, error("LimitExceeded")).then(200, about("")).then(200, names(&["jit-1", "other"]));
    script.then(200, policy("old")).then(200, policy("a%20b"));
    let full = FullRole { role: ROLE.to_owned(), needs: 2, policies: vec![("other".to_owned(), 2)] };
    assert_eq!(put(&script), IamError::Full(Box::new(full)));
    script.asked();
    // If that cannot be found out, it still says that the role is full.
    script.then(409, error("LimitExceeded")).then(403, error("AccessDenied"));
    assert!(matches!(put(&script), IamError::Full(_)));
    script.asked();

    let denied = |boundary| {
        let (role, action, why) = (ROLE.to_owned(), "iam:PutRolePolicy".to_owned(), "because".to_owned());
        IamError::Denied(Box::new(IamDenial { role, action, why, boundary }))
    };
    let none = about("").replace("PermissionsBoundaryArn", "X");
    let other = about("").replace("jit-ceiling-operate", "other");
    let arn = "arn:aws:iam::111122223333:policy/other".to_owned();
    for (status, answer, boundary) in [
        (200, about(""), Boundary::Ceiling),
        (200, none, Boundary::None),
        (200, other, Boundary::Other(arn)),
        (403, error("AccessDenied"), Boundary::Unknown),
    ] {
        script.then(403, error("AccessDenied")).then(status, answer);
        assert_eq!(put(&script), denied(boundary));
        script.asked();
    }

    let (role, why) = (|| ROLE.to_owned(), || "because".to_owned());
    for (status, code, wanted) in [
        (404, "NoSuchEntity", IamError::NoRole { role: role() }),
        (400, "MalformedPolicyDocument", IamError::Malformed { role: role(), why: why() }),
        (
            400,
            "UnmodifiableEntity",
            IamError::Refused { role: role(), why: "UnmodifiableEntity: because".to_owned() },
        ),
    ] {
        script.then(status, error(code));
        assert_eq!(put(&script), wanted);
        assert_eq!(script.asked().len(), 1);
    }
    // What passes is tried again; and then it is not known whether it was done.
    for (status, code, times) in
        [(400, "Throttling", 5), (409, "EntityTemporarilyUnmodifiable", 4), (500, "ServiceFailure", 4)]
    {
        (0..times).for_each(|_| _ = script.then(status, error(code)));
        assert!(matches!(put(&script), IamError::Unreachable { .. }), "{code}");
        assert_eq!(script.asked().len(), times);
        script
            .then(status, error(code))
            .then(200, result("PutRolePolicy", ""))
            .then(200, policy("%7B%20%7D"));
        assert_eq!(iam(&script).put(&role(), "jit-1", "{ }"), Ok(()));
        script.asked();
    }
}

#[test]
fn a_role_that_is_nearly_full_is_named() {
    let script = Script::new();
    for (characters, is_near) in [(8_192, false), (8_193, true)] {
        script.then(200, about("")).then(200, names(&["jit-1"])).then(200, policy(&"x".repeat(characters)));
        let iam = iam(&script);
        iam.role(&ROLE.to_owned()).unwrap();
        let wanted = if is_near { vec![(ROLE.to_owned(), characters)] } else { Vec::new() };
        assert_eq!(iam.nearly_full(), wanted);
        script.asked();
    }
}

#[test]
fn a_policy_is_deleted_once_iam_does_not_show_it() {
    let script = Script::new();
    let deleted = || result("DeleteRolePolicy", "");
    script.then(200, deleted()).then(200, policy("%7B%7D")).then(404, error("NoSuchEntity"));
    let (iam, role) = (iam(&script), ROLE.to_owned());
    assert_eq!(iam.delete(&role, "jit-1"), Ok(()));
    script.then(404, error("NoSuchEntity"));
    assert_eq!(iam.delete(&role, "jit-1"), Ok(()), "it was not there");
    script.then(200, deleted());
    (0..LOOKS).for_each(|_| _ = script.then(200, policy("%7B%7D")));
    let shown = IamError::NotShown { role: role.clone(), what: "still shows the policy" };
    assert_eq!(iam.delete(&role, "jit-1"), Err(shown));
    script.then(403, error("AccessDenied")).then(200, about(""));
    assert!(matches!(iam.delete(&role, "jit-1"), Err(IamError::Denied(_))));
    script.asked();
}

#[test]
fn every_role_under_the_path_is_listed_with_what_is_wrong_with_it() {
    let script = Script::new();
    let roles = |arn: &str, more: &str| {
        result(
            "ListRoles",
            &format!("<Roles><member><Path>/jit/</Path><Arn>{arn}</Arn></member></Roles>{more}"),
        )
    };
    script.then(200, roles(ROLE, "<IsTruncated>true</IsTruncated><Marker>m</Marker>"));
    script.then(200, roles(ROLE, "<IsTruncated>false</IsTruncated>"));
    let other = "<PermissionsBoundary><PermissionsBoundaryArn>arn:aws:iam::aws:policy/AdministratorAccess</PermissionsBoundaryArn></PermissionsBoundary>";
    let attached = |members: &str| {
        result("ListAttachedRolePolicies", &format!("<AttachedPolicies>{members}</AttachedPolicies>"))
    };
    script.then(200, about(other)).then(200, names(&[]));
    script.then(200, attached("<member><PolicyName>x</PolicyName><PolicyArn>arn:x</PolicyArn></member>"));
    script.then(200, about("")).then(200, names(&[])).then(200, attached(""));
    let roles = iam(&script).roles().unwrap();
    let kinds: Vec<Vec<FindingKind>> =
        roles.iter().map(|role| role.differences.iter().map(|(kind, _)| *kind).collect()).collect();
    assert_eq!(kinds, [vec![FindingKind::Boundary, FindingKind::Attached], vec![]]);
    let asked = script.asked();
    assert!(asked[0].contains("PathPrefix=%2Fjit%2F") && asked[1].contains("Marker=m"), "{asked:?}");
}

#[test]
fn a_ceiling_names_its_services() {
    let script = Script::new();
    let text = r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*","ec2:*","s3:List*"]},{"Effect":"Deny","NotAction":"*"},{"Effect":"Allow","Action":"rds:*"}]}"#;
    let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    script.then(200, result("GetPolicy", "<Policy><DefaultVersionId>v3</DefaultVersionId></Policy>"));
    script.then(
        200,
        result("GetPolicyVersion", &format!("<PolicyVersion><Document>{escaped}</Document></PolicyVersion>")),
    );
    let services = iam(&script).ceiling_services("aws", "111122223333", "data");
    assert_eq!(services, Ok(["ec2:*", "rds:*", "s3:*"].map(str::to_owned).to_vec()));
    assert!(script.asked()[1].contains("VersionId=v3"));
    script.then(200, "<html");
    assert!(iam(&script).ceiling_services("aws", "111122223333", "data").is_err());
}

#[test]
fn documents_are_unescaped_or_refused() {
    for (text, wanted) in
        [("a%20b+c", Some("a b+c")), ("%C3%A9", Some("é")), ("%2", None), ("%zz", None), ("%FF", None)]
    {
        assert_eq!(unescaped(text).as_deref(), wanted, "{text}");
    }
}
