//! Every parser of foreign text as a function of bytes that panics if a promise does not hold: for the
//! targets in `fuzz/` and for the test below, which replays their corpora. Ordinary builds do not include it.

use std::collections::{BTreeMap, BTreeSet};

pub use crate::aws::fuzzing::{aws_answer, portal_answer};
pub use crate::aws::machine::fuzzing::machine;
pub use crate::aws::sts::fuzzing::sts_answer;
pub use crate::broker::fuzzing::{credential_process, waiters_message};
pub use crate::commands::fuzzing::{completion_words, container_request, profile_names, terminal_notes};
pub use crate::config::aws::fuzzing::{aws_editor, aws_profiles, aws_reader, aws_takeover, command_words};
pub use crate::config::fuzzing::{administrators_files, config_toml, environment, import, shared_config};
pub use crate::idp::fuzzing::{loopback_request, redirect};
pub use crate::idp::identity_center::fuzzing::{center_answer, cli_token};
pub use crate::idp::lookup::fuzzing::lookup;
pub use crate::idp::oidc::fuzzing::{jwks, jwt, oidc_answer, oidc_discovery};
pub use crate::idp::okta::fuzzing::{okta_answer, okta_html, okta_page};
pub use crate::idp::saml::fuzzing::{browser_messages, saml_response};
pub use crate::index::fuzzing::{accounts_file, role_index};
pub use crate::store::fuzzing::{sealed, store_files};
pub use jit_access::fuzzing::{access_act, access_cases, access_fact, access_ledger, access_policy};
pub use jit_wire::http::fuzzing::{ca_bundle, http_request};

use crate::aws::durations::Durations;
use crate::idp::IdpLogin;
use crate::plan::{CenterSettings, Flow, Origin, Valued};
use jit_wire::credentials::{Credentials, Session};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

/// The entry of a session.
pub fn session(data: &[u8]) {
    let _ = Durations::from_bytes(data);
    let Ok(session) = Session::from_bytes(data) else { return };
    check_session(&session);
}

/// The entry of a login.
pub fn login(data: &[u8]) {
    let Ok(login) = IdpLogin::from_bytes(data) else { return };
    let _ = (login.attributes(), login.renews_itself(), login.proof().is_some(), login.is_encrypted());
    let written = login.to_bytes();
    let again = IdpLogin::from_bytes(written.expose());
    assert!(again.is_ok_and(|again| again.to_bytes() == written), "what was written is read as it was");
}

/// Credentials from elsewhere, in every form in which they leave `jit`.
pub(crate) fn hand_over(credentials: Credentials) {
    check_session(&session_of(credentials));
}

/// A session with `credentials`.
pub(crate) fn session_of(credentials: Credentials) -> Session {
    Session {
        credentials,
        issued_at: Timestamp(0),
        role: "r".to_owned(),
        sign_in: Default::default(),
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        assumed_arn: String::new(),
        idp: String::new(),
        login: String::new(),
        subject: String::new(),
        user: String::new(),
        source_identity: None,
        tags: BTreeMap::new(),
        transitive_tags: BTreeSet::new(),
        restricted_by: Vec::new(),
    }
}

/// Settings of an ordinary Identity Center.
pub(crate) fn center_settings() -> CenterSettings {
    let set = |text: &str| Valued::new(text.to_owned(), Origin::Default);
    CenterSettings {
        name: "c".to_owned(),
        start_url: set("https://acme.awsapps.com/start"),
        region: set("eu-west-1"),
        flow: Valued::new(Flow::Auto, Origin::Default),
        redirect_port: Valued::new(0, Origin::Default),
        oidc_url: None,
        portal_url: None,
        fips: Valued::new(false, Origin::Default),
        dual_stack: Valued::new(false, Origin::Default),
        attempts: None,
    }
}

fn check_session(session: &Session) {
    let written = session.to_bytes();
    let again = Session::from_bytes(written.expose());
    assert!(again.is_ok_and(|again| again.to_bytes() == written), "what was written is read as it was");
    let own = &session.credentials;
    let says = |json: &[u8], token: &str| {
        let json: serde_json::Value = serde_json::from_slice(json).expect("JSON");
        json["AccessKeyId"] == *own.access_key_id
            && json["SecretAccessKey"] == **own.secret_access_key.expose()
            && json[token] == **own.session_token.expose()
    };
    let line = session.to_credential_process();
    assert!(says(&line, "SessionToken") && line.iter().filter(|byte| **byte == b'\n').count() == 1);
    assert!(says(session.to_container_json().expose().as_bytes(), "Token"));
    let console = crate::aws::federation::session_json(own);
    let console: serde_json::Value = serde_json::from_str(&console).expect("JSON");
    assert!(console["sessionKey"] == **own.secret_access_key.expose());
    let _ = (session.account(), session.freshness(Timestamp(1), std::time::Duration::ZERO));
    let _ = (session.to_variables(), session.to_public_json(Timestamp(1)));
}

/// A URL: if it is accepted, every parser finds the same host in it that was checked.
pub fn trusted_url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let far = TrustedUrl::parse("https://idp.example", Purpose::Issuer).expect("an issuer");
    let here = TrustedUrl::of_this_machine(1, "/");
    let purposes = [
        Purpose::Issuer,
        Purpose::Idp,
        Purpose::EndpointOf(&far),
        Purpose::PageOf(&far),
        Purpose::EndpointOf(&here),
        Purpose::Page,
        Purpose::AwsEndpoint,
        Purpose::Container,
        Purpose::Instance,
        Purpose::SharedFile,
        Purpose::Proxy,
    ];
    for purpose in purposes {
        match TrustedUrl::parse(&text, purpose) {
            Ok(url) => check_url(&url, purpose),
            Err(error) => assert!(error.to_string().len() < 512, "an error is short"),
        }
    }
}

fn check_url(url: &TrustedUrl, purpose: Purpose<'_>) {
    let uri: http::Uri = url.as_str().parse().expect("the HTTP client takes what is taken here");
    assert_eq!(uri.host(), Some(url.host()), "one host");
    assert_eq!(uri.port_u16().unwrap_or(if url.is_secure() { 443 } else { 80 }), url.port(), "one port");
    assert!(url.as_str().bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)));
    assert!(
        uri.authority().is_some_and(|authority| !authority.as_str().contains('@')),
        "nobody before the host"
    );
    let again = TrustedUrl::parse(url.as_str(), purpose);
    assert_eq!(again.as_ref(), Ok(url), "it reads back as itself");
    let address: Option<std::net::IpAddr> = url.host().trim_matches(['[', ']']).parse().ok();
    let here = url.host() == "localhost" || address.is_some_and(|address| address.is_loopback());
    assert!(here || !url.is_this_machine(), "{url}");
    if let Purpose::EndpointOf(by) | Purpose::PageOf(by) = purpose {
        assert!(!here || by.is_this_machine(), "{by} names {url}");
    }
}

/// An IAM policy, by itself and in every place that it may have: without an Allow everything is denied, and
/// an explicit Deny wins.
pub fn iam_policy(data: &[u8]) {
    use iam_evaluate::{Kind, Outcome, Policies, Policy, Principal, Request, evaluate};
    let read = |kind| Policy::parse("foreign", kind, data);
    let own = |kind, text: &str| Policy::parse("own", kind, text.as_bytes()).expect("a policy");
    let caller = Principal::session("arn:aws:iam::111122223333:role/r", "s").expect("a session");
    let request = Request::new(caller, "s3:GetObject", "arn:aws:s3:::b/k")
        .in_account("111122223333")
        .with("aws:userid", ["AROAEXAMPLE:s"])
        .with("aws:CurrentTime", ["2026-11-28T12:00:00Z"])
        .with("aws:SourceIp", ["203.0.113.7"]);
    let ask = |policies: &Policies| {
        let decision = evaluate(policies, &request);
        assert!(!decision.to_string().is_empty(), "there is a reason");
        decision.outcome
    };
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let nothing = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    if let Ok(foreign) = read(Kind::Identity) {
        let alone = ask(&Policies { identity: vec![foreign.clone()], ..Policies::default() });
        let denied = vec![foreign, own(Kind::Identity, nothing)];
        let denied = ask(&Policies { identity: denied, ..Policies::default() });
        assert!(denied != Outcome::Allowed, "an explicit Deny wins");
        let boundary = read(Kind::Boundary).expect("the same grammar");
        let beside = vec![own(Kind::Identity, everything)];
        let bound = Policies { identity: beside, boundary: Some(boundary), ..Policies::default() };
        assert_eq!(
            ask(&bound) == Outcome::Allowed,
            alone == Outcome::Allowed,
            "a boundary allows what it says"
        );
    }
    for kind in [Kind::Resource, Kind::Trust, Kind::Key] {
        if let Ok(foreign) = read(kind) {
            let denied = vec![own(Kind::Identity, nothing)];
            let policies = Policies { identity: denied, resource: Some(foreign), ..Policies::default() };
            assert!(ask(&policies) != Outcome::Allowed, "an explicit Deny wins");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// A target by its name.
    type Target = (&'static str, fn(&[u8]));

    macro_rules! targets {
        ($($name:ident),* $(,)?) => { [$((stringify!($name), $name as fn(&[u8]))),*] };
    }

    const TARGETS: [Target; 47] = targets![
        access_act,
        access_cases,
        access_fact,
        access_ledger,
        access_policy,
        accounts_file,
        administrators_files,
        aws_answer,
        aws_editor,
        aws_profiles,
        aws_reader,
        aws_takeover,
        browser_messages,
        ca_bundle,
        center_answer,
        cli_token,
        command_words,
        completion_words,
        config_toml,
        container_request,
        credential_process,
        environment,
        http_request,
        iam_policy,
        import,
        jwks,
        jwt,
        login,
        lookup,
        loopback_request,
        machine,
        oidc_answer,
        oidc_discovery,
        okta_answer,
        okta_html,
        okta_page,
        profile_names,
        redirect,
        role_index,
        saml_response,
        sealed,
        session,
        shared_config,
        store_files,
        terminal_notes,
        trusted_url,
        waiters_message,
    ];
    /// They take the SDK a millisecond each.
    const SLOW: [Target; 2] = targets![portal_answer, sts_answer];

    fn folder(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What fuzzing found stays found, without cargo-fuzz.
    #[test]
    fn the_corpora_keep_their_promises() {
        for (name, target) in TARGETS.into_iter().chain(SLOW) {
            let corpus = folder("corpus").join(name);
            let seeds = names_in(&corpus);
            assert!(!seeds.is_empty(), "{name} has no corpus");
            for seed in seeds {
                let data = fs::read(corpus.join(&seed)).unwrap();
                let replay = std::panic::catch_unwind(|| target(&data));
                assert!(replay.is_ok(), "fuzz/corpus/{name}/{seed}");
            }
        }
    }

    #[test]
    fn every_target_is_replayed() {
        let mut known: Vec<String> =
            TARGETS.into_iter().chain(SLOW).map(|(name, _)| name.to_owned()).collect();
        known.sort();
        let programs = names_in(&folder("fuzz_targets"));
        let programs: Vec<&str> = programs.iter().filter_map(|name| name.strip_suffix(".rs")).collect();
        assert_eq!(programs, known);
        assert_eq!(names_in(&folder("corpus")), known);
    }
}
