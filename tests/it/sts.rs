//! AWS's answers: each refusal explained, retried if that helps, and nothing lost.

mod settings;

use jit_emulator::{ADMIN, Approval, Call, HUB, Refusal, Role, Settings, Trouble};

use crate::support::front::{Front, reply};
use crate::support::{Output, Room};

const BOTH: [Call; 2] = [Call::AssumeRoleWithWebIdentity, Call::AssumeRole];

fn refusal(status: u16, code: &str, message: &str) -> Trouble {
    Trouble::Refuse(Refusal::new(status, code, message))
}

fn error(what: &str, next: &[&str]) -> String {
    let next: String = next.iter().map(|line| format!("  next: {line}\n")).collect();
    format!("error: {what}\n{next}")
}

/// A login of `admin` while `call` always has `trouble`, and the messages after the sign-in. It fails, the
/// login is kept, and once all is well it continues without the person.
fn meets(call: Call, trouble: Trouble) -> (Room, Output, String) {
    let room = Room::new();
    room.servers().faults(|faults| faults.always(call, trouble));
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!((login.stdout.as_str(), room.entries("login-").len()), ("", 1), "{login}");
    let sessions = if call == Call::AssumeRole { 1 } else { 0 };
    assert_eq!(room.entries("session-").len(), sessions, "{login}");
    room.is_tidy();
    let said = room.plain(&login.stderr);
    let said = said.split_once("http://127.0.0.1:PORT/…\n").unwrap().1.to_owned();
    room.servers().faults(jit_emulator::Faults::clear);
    let well = room.jit(&["credential-process", "admin"]).hands_over().run();
    assert_eq!((well.code(), room.opened().len()), (0, 1), "{well}");
    (room, login, said)
}

#[test]
fn a_hub_that_refuses_this_person() {
    let text = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let (_, login, said) = meets(Call::AssumeRoleWithWebIdentity, refusal(403, "AccessDenied", text));
    let what = format!(
        "{HUB} cannot be assumed with the ID token of your sign-in: it does not exist, does not trust the caller, \
         or a condition of its trust policy failed; AWS does not say which"
    );
    let next = [
        &format!("check the ARN, including upper and lower case: {HUB}"),
        "have the trust policy name the IAM OIDC provider of this issuer",
        "compare its conditions on `aud` and `sub` with the token's",
        "have it allow sts:TagSession and sts:SetSourceIdentity if the IdP sends tags or a source identity",
        "jit explain admin  shows every value of the request",
    ];
    assert_eq!((login.code(), said), (4, error(&what, &next)));
}

#[test]
fn a_spoke_that_refuses_the_hub() {
    let caller = "arn:aws:sts::111111111111:assumed-role/jit-hub/alice";
    let text = format!(
        "User: {caller} is not authorized to perform: sts:AssumeRole on resource: {ADMIN} because no identity-based \
         policy allows the sts:AssumeRole action"
    );
    let (_, login, said) = meets(Call::AssumeRole, refusal(403, "AccessDenied", &text));
    let what =
        format!("{ADMIN} cannot be assumed by {caller}: no identity-based policy allows sts:AssumeRole");
    let next = [
        "have a policy of the role or user that makes the call allow sts:AssumeRole",
        "jit explain admin  shows every value of the request",
    ];
    assert_eq!((login.code(), said), (4, error(&what, &next)));
}

#[test]
fn final_refusals_are_not_retried() {
    let sizes = "Packed size of session tags consumes 120% of allotted space.";
    let cases: [(_, _, _, _, &[&str]); 5] = [
        (
            Call::AssumeRole,
            refusal(400, "PackedPolicyTooLarge", sizes),
            4,
            "the session tags and policies are too large: 120 % of what AWS allows",
            &["shorten `tags`, `policy` and `policy_arns`; tags from the IdP count too"],
        ),
        (
            Call::AssumeRoleWithWebIdentity,
            refusal(403, "RegionDisabledException", "STS is not activated in this region"),
            4,
            "STS is not activated in us-east-1 for account 111111111111",
            &[
                "use another region (`region` of the role, or AWS_REGION), or have STS activated there (IAM, account settings)",
            ],
        ),
        (
            Call::AssumeRoleWithWebIdentity,
            refusal(400, "InvalidIdentityToken", "Incorrect token audience"),
            4,
            "AWS does not accept the IdP's token for arn:aws:iam::111111111111:role/jit-hub: the IAM OIDC provider does \
             not list this client (\"Incorrect token audience\")",
            &["ask for `client_id` to be added to the audiences of the IAM OIDC provider"],
        ),
        (
            Call::AssumeRole,
            Trouble::Html,
            1,
            "the server that answers for STS in eu-west-1 is not STS (HTTP 200)",
            &["try again in a minute", "check the endpoint and the proxy: `jit explain admin`"],
        ),
        (
            Call::AssumeRole,
            Trouble::Megabyte,
            1,
            "STS in eu-west-1 did not answer: the response of STS is larger than 512 KB, the maximum that jit accepts",
            &["try again in a minute", "check the endpoint and the proxy: `jit explain admin`"],
        ),
    ];
    for (call, trouble, code, what, next) in cases {
        let name = format!("{trouble:?}");
        let (_, login, said) = meets(call, trouble);
        assert_eq!((login.code(), said), (code, error(what, next)), "{name}");
    }
}

#[test]
fn temporary_failures_are_tried_three_times() {
    let cases = [
        (
            Trouble::ServerError,
            "STS in eu-west-1 failed with HTTP 500",
            &["try again in a minute", "check the endpoint and the proxy: `jit explain admin`"][..],
        ),
        (
            refusal(400, "Throttling", "Rate exceeded"),
            "STS in eu-west-1 is rate-limiting requests, and retrying did not help (\"Rate exceeded\")",
            &["try again in a minute"],
        ),
    ];
    for (trouble, what, next) in cases {
        let (room, login, said) = meets(Call::AssumeRole, trouble.clone());
        assert_eq!((login.code(), said), (1, error(what, next)));
        assert_eq!(room.count(Call::AssumeRole), 3 + 1);

        let room = Room::new();
        room.servers().faults(|faults| faults.next(2, Call::AssumeRole, trouble));
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!((login.code(), room.counts(BOTH)), (0, [1, 3]), "{login}");
    }
}

#[test]
fn a_wrong_clock_is_reported_with_the_difference() {
    for (ahead, how) in [(600, "10 min behind AWS's"), (-600, "10 min ahead of AWS's")] {
        let room = Room::new();
        room.servers().faults(|faults| faults.sts_clock = ahead);
        let login = room.jit(&["login", "admin"]).run();
        let what = format!("this machine's clock is {how}, so AWS rejects its signatures");
        let next = ["set the clock, preferably from a time server, and try again"];
        let said = room.plain(&login.stderr);
        assert!(login.code() == 4 && said.ends_with(&format!("…\n{}", error(&what, &next))), "{login}");
    }
}

#[test]
fn a_hub_session_that_aws_calls_expired_is_renewed_once() {
    for code in ["ExpiredToken", "InvalidClientTokenId"] {
        let over = refusal(403, code, "The security token included in the request is expired");
        let room = Room::new();
        room.servers().faults(|faults| faults.next(1, Call::AssumeRole, over.clone()));
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!((login.code(), room.counts(BOTH), room.opened().len()), (0, [2, 2], 1), "{login}");

        let room = Room::new();
        room.servers().faults(|faults| faults.always(Call::AssumeRole, over));
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!((login.code(), room.counts(BOTH), room.opened().len()), (4, [2, 2], 1), "{login}");
    }
}

#[test]
fn an_id_token_that_aws_calls_expired_is_refreshed_once() {
    let over =
        || refusal(400, "ExpiredTokenException", "Token expired: current date/time 2 must be before 1");
    let room = Room::new();
    room.servers().faults(|faults| faults.next(1, Call::AssumeRoleWithWebIdentity, over()));
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!((login.code(), room.counts(BOTH), room.count(Call::RefreshGrant)), (0, [2, 1], 1), "{login}");

    let room = Room::new();
    room.servers().faults(|faults| faults.always(Call::AssumeRoleWithWebIdentity, over()));
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!((login.code(), room.counts(BOTH), room.count(Call::RefreshGrant)), (4, [2, 0], 1), "{login}");
    insta::assert_snapshot!(room.told(&login), @r#"
    exit 4
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    error: AWS does not accept the IdP's token for arn:aws:iam::111111111111:role/jit-hub: it had expired when AWS received it ("Token expired: current date/time 2 must be before 1")
      next: jit login --force admin
      next: check this machine's clock: `jit doctor`
    "#);
}

#[test]
fn a_duration_that_is_refused_is_remembered() {
    let room = Room::new();
    let twelve = room.usual_config().replace("[role.admin]", "duration = \"12h\"\n\n[role.admin]");
    room.write_config(&twelve);
    let asked = || room.count(Call::AssumeRoleWithWebIdentity);

    let first = room.jit(&["login", "hub"]).run();
    insta::assert_snapshot!(room.told(&first), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    warning: hub does not allow sessions of 12 h; this one lasts 1 h. An administrator can raise the role's maximum session duration
    ✓ Signed in as alice@example.com at demo
      hub  account 111111111111  until HH:MM  TIME left
    ");
    assert_eq!(asked(), 2, "twelve hours, then one");
    let second = room.jit(&["login", "hub", "--force"]).run();
    insta::assert_snapshot!(room.told(&second), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    warning: hub does not allow sessions of 12 h; this one lasts 1 h. An administrator can raise the role's maximum session duration
    ✓ Signed in as alice@example.com at demo
      hub  account 111111111111  until HH:MM  TIME left
    Your attributes at demo have not changed
    ");
    assert_eq!(asked(), 3, "one hour at once");
    let larger = room.jit(&["login", "hub", "--duration", "8h"]).run();
    assert!(larger.code() == 0 && !larger.stderr.contains("warning"), "{larger}");
    assert_eq!(asked(), 4);
    let third = room.jit(&["login", "hub", "--force"]).run();
    insta::assert_snapshot!(room.told(&third), @"
    exit 0
    --- stderr
    Opening your browser to sign in at IDP
    If it does not open, visit:
    http://127.0.0.1:PORT/…
    warning: hub does not allow sessions of 12 h; this one lasts 8 h. An administrator can raise the role's maximum session duration
    ✓ Signed in as alice@example.com at demo
      hub  account 111111111111  until HH:MM  TIME left
    Your attributes at demo have not changed
    ");
    assert_eq!(asked(), 5, "the eight hours that are known to work");
}

#[test]
fn the_hour_of_chained_roles_is_applied_and_announced() {
    let room = Room::new();
    room.write_config(
        &room.usual_config().replace("[role.developer]", "duration = \"4h\"\n\n[role.developer]"),
    );
    let login = room.jit(&["login", "admin"]).run();
    assert_eq!((login.code(), room.counts(BOTH)), (0, [1, 1]), "{login}");
    let said = room.plain(&login.stderr);
    assert!(
        said.contains(
            "  admin  account 222222222222  until HH:MM  TIME left  AWS's limit for chained roles\n"
        ),
        "{said}"
    );
}

#[test]
fn an_aws_that_never_answers_is_abandoned() {
    // Both at once, because each takes the whole deadline.
    let (idp, sts) = (Room::new(), Room::new());
    idp.servers().faults(|faults| faults.always(Call::CodeGrant, Trouble::Hang));
    sts.servers().faults(|faults| faults.always(Call::AssumeRoleWithWebIdentity, Trouble::Hang));
    let (at_idp, at_sts) = (idp.jit(&["login", "hub"]).start(), sts.jit(&["login", "hub"]).start());
    let (at_idp, at_sts) = (at_idp.wait(), at_sts.wait());
    let next = ["try again in a minute", "check the network and the proxy"];
    let what = "IDP did not answer in time";
    assert!(at_idp.code() == 1 && idp.plain(&at_idp.stderr).ends_with(&error(what, &next)), "{at_idp}");
    let what = "STS in us-east-1 did not answer: STS did not answer in time";
    assert!(at_sts.code() == 1 && sts.plain(&at_sts.stderr).ends_with(&error(what, &next)), "{at_sts}");
    assert_eq!(sts.count(Call::AssumeRoleWithWebIdentity), 1, "it is not waited for twice");
    idp.is_tidy();
    sts.is_tidy();
}

#[test]
fn text_from_aws_is_escaped() {
    let hostile = "\u{9b}2J\u{85}error: all is well\u{202e}\nsecond line";
    for call in BOTH {
        let (_, login, said) = meets(call, refusal(400, "Strange\u{9b}Code", hostile));
        let shown = "\"\\u{9b}2J\\u{85}error: all is well\\u{202e}\\u{a}second line\"";
        let what = format!("AWS refused the request with Strange\\u{{9b}}Code ({shown})");
        let next = ["see where each value comes from: `jit explain admin`"];
        assert_eq!((login.code(), said), (4, error(&what, &next)));
    }
    let (_, login, said) = meets(Call::AssumeRole, refusal(400, "Strange", &"x".repeat(100_000)));
    assert!(login.code() == 4 && said.len() < 500 && said.contains(&"x".repeat(300)), "{login}");
}
