//! The demo's STS, called with AWS's own SDK over `jit`'s HTTP client.
#![expect(deprecated, reason = "PackedPolicySize is what the servers answer with, old name or not")]

use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use jit_emulator::{
    ADMIN, Approval, CLIENT_ID, Call, DEVELOPER, Faults, Flaw, HUB, Refusal, Role, Servers, Settings, Trouble,
};
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::trusted_url::{Purpose, TrustedUrl};
use serde_json::Value;

type Credentials = aws_sdk_sts::types::Credentials;

/// The servers, and a runtime to call them from.
struct Demo {
    servers: Servers,
    http: Http,
    runtime: tokio::runtime::Runtime,
}

/// Code and message of a refusal.
fn refused<T: std::fmt::Debug, E, R>(answer: Result<T, SdkError<E, R>>) -> (String, String)
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    let error = answer.expect_err("it is refused");
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

impl Demo {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let servers = Servers::start(Settings { approval: Approval::AtOnce, ..settings }).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { servers, http: Http::new(&Env::of([])), runtime }
    }

    fn sts(&self, credentials: Option<&Credentials>) -> Client {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(self.servers.sts_url())
            .http_client(self.http.clone())
            .retry_config(RetryConfig::disabled());
        let config = match credentials {
            Some(of) => config.credentials_provider(aws_credential_types::Credentials::new(
                of.access_key_id(),
                of.secret_access_key(),
                Some(of.session_token().to_owned()),
                None,
                "test",
            )),
            None => config.allow_no_auth(),
        };
        Client::from_conf(config.build())
    }

    /// An ID token, with the device flow, which needs no browser.
    fn id_token(&self) -> String {
        let post = |path: &str, form: &[(&str, &str)]| -> Value {
            let url = format!("{}{path}", self.servers.issuer());
            let url = TrustedUrl::parse(&url, Purpose::Idp).unwrap();
            let answer = self.runtime.block_on(self.http.post_form(&url, form)).unwrap();
            serde_json::from_slice(answer.body.expose()).unwrap()
        };
        let device = post("/device_authorization", &[("client_id", CLIENT_ID), ("scope", "openid email")]);
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let code = device["device_code"].as_str().unwrap();
        let tokens =
            post("/token", &[("client_id", CLIENT_ID), ("grant_type", grant), ("device_code", code)]);
        tokens["id_token"].as_str().unwrap().to_owned()
    }

    fn with_web_identity(
        &self,
        arn: &str,
        seconds: i32,
    ) -> aws_sdk_sts::operation::assume_role_with_web_identity::builders::AssumeRoleWithWebIdentityFluentBuilder
    {
        self.sts(None)
            .assume_role_with_web_identity()
            .role_arn(arn)
            .role_session_name("alice@example.com")
            .web_identity_token(self.id_token())
            .duration_seconds(seconds)
    }

    fn hub(&self) -> Credentials {
        let answer = self.runtime.block_on(self.with_web_identity(HUB, 28_800).send()).unwrap();
        answer.credentials.unwrap()
    }

    fn assume(
        &self,
        credentials: &Credentials,
        arn: &str,
    ) -> aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder {
        self.sts(Some(credentials)).assume_role().role_arn(arn).role_session_name("alice@example.com")
    }

    /// STS's answer to an `AssumeRole` that it refuses.
    fn refusal(
        &self,
        request: aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder,
    ) -> (String, String) {
        refused(self.runtime.block_on(request.send()))
    }
}

#[test]
fn the_chain_from_a_login_to_a_spoke() {
    let demo = Demo::new();
    let hub = demo.runtime.block_on(demo.with_web_identity(HUB, 28_800).send()).unwrap();
    assert_eq!(hub.subject_from_web_identity_token(), Some("00u1alice"));
    assert_eq!((hub.audience(), hub.provider()), (Some(CLIENT_ID), Some(demo.servers.issuer())));
    assert_eq!(hub.packed_policy_size(), Some(1), "the department's tag");
    let hub = hub.credentials.unwrap();
    assert!(hub.access_key_id().starts_with("ASIA") && hub.access_key_id().len() == 20);
    assert!((850..950).contains(&hub.session_token().len()), "{}", hub.session_token().len());

    let admin = demo.runtime.block_on(demo.assume(&hub, ADMIN).source_identity("alice").send()).unwrap();
    assert_eq!(admin.source_identity(), Some("alice"));
    let caller = demo.sts(admin.credentials.as_ref()).get_caller_identity();
    let caller = demo.runtime.block_on(caller.send()).unwrap();
    assert_eq!(caller.arn(), Some("arn:aws:sts::222222222222:assumed-role/admin/alice@example.com"));
    assert_eq!(caller.account(), Some("222222222222"));
    assert!(caller.user_id().unwrap().starts_with("AROA"));

    let journal = demo.servers.journal();
    let calls = [Call::AssumeRoleWithWebIdentity, Call::AssumeRole, Call::GetCallerIdentity];
    assert_eq!(calls.map(|call| journal.count(call)), [1, 1, 1]);
    for secret in [hub.secret_access_key(), hub.session_token()] {
        assert!(journal.secrets().iter().any(|issued| issued.value == secret));
    }
}

#[test]
fn id_tokens_are_checked() {
    let demo = Demo::new();
    let ask = || refused(demo.runtime.block_on(demo.with_web_identity(HUB, 3600).send()));
    let cases = [
        (Flaw::Signature, "InvalidIdentityToken", "Couldn't retrieve verification key"),
        (Flaw::KeyId, "InvalidIdentityToken", "Couldn't retrieve verification key"),
        (Flaw::Issuer, "InvalidIdentityToken", "No OpenIDConnect provider found"),
        (Flaw::Audience, "InvalidIdentityToken", "Incorrect token audience"),
        (Flaw::Expired, "ExpiredTokenException", "Token expired: current date/time"),
    ];
    for (flaw, code, message) in cases {
        demo.servers.faults(|faults| faults.flaws = [flaw].into());
        let refusal = ask();
        assert!(refusal.0 == code && refusal.1.starts_with(message), "{flaw:?}: {refusal:?}");
    }
}

#[test]
fn only_trusted_callers_assume_a_role() {
    let guarded = "arn:aws:iam::333333333333:role/path/guarded";
    let mut settings = Settings::default();
    settings.roles.push(Role { external_id: Some("the-id".into()), ..Role::spoke(guarded, HUB, 3600) });
    let demo = Demo::with(settings);
    for arn in [ADMIN, "arn:aws:iam::111111111111:role/none"] {
        let refusal = refused(demo.runtime.block_on(demo.with_web_identity(arn, 3600).send()));
        assert_eq!(refusal.0, "AccessDenied", "{arn}");
        assert_eq!(refusal.1, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    }
    let hub = demo.hub();
    let admin = demo.runtime.block_on(demo.assume(&hub, ADMIN).send()).unwrap().credentials.unwrap();
    let (code, message) = demo.refusal(demo.assume(&admin, DEVELOPER));
    assert_eq!(code, "AccessDenied");
    assert_eq!(
        message,
        "User: arn:aws:sts::222222222222:assumed-role/admin/alice@example.com is not authorized to perform: \
         sts:AssumeRole on resource: arn:aws:iam::333333333333:role/developer"
    );
    assert_eq!(demo.refusal(demo.assume(&hub, guarded)).0, "AccessDenied");
    assert_eq!(demo.refusal(demo.assume(&hub, guarded).external_id("other")).0, "AccessDenied");
    let inside = demo.runtime.block_on(demo.assume(&hub, guarded).external_id("the-id").send()).unwrap();
    let arn = inside.assumed_role_user().unwrap().arn();
    assert_eq!(
        arn, "arn:aws:sts::333333333333:assumed-role/guarded/alice@example.com",
        "the path is dropped"
    );
}

#[test]
fn parameters_are_refused_in_awss_words() {
    let demo = Demo::new();
    let hub = demo.hub();
    let long = refused(demo.runtime.block_on(demo.with_web_identity(HUB, 43_200).send()));
    assert!(long.0 == "ValidationError" && long.1.contains("exceeds the MaxSessionDuration set"), "{long:?}");
    let assume = || demo.assume(&hub, DEVELOPER);
    let cases = [
        (
            assume().duration_seconds(7200),
            "exceeds the 1 hour session limit for roles assumed by role chaining",
        ),
        (assume().duration_seconds(60), "at 'durationSeconds' failed to satisfy constraint"),
        (
            assume().role_session_name("a b"),
            r"'roleSessionName' failed to satisfy constraint: Member must satisfy",
        ),
        (assume().external_id("x"), "'externalId' failed to satisfy constraint"),
        (assume().source_identity("a/b"), "'sourceIdentity' failed to satisfy constraint"),
    ];
    for (request, why) in cases {
        let (code, message) = demo.refusal(request);
        assert!(code == "ValidationError" && message.contains(why), "{code}: {message}");
    }
    let tag = |n: usize| {
        let tag = aws_sdk_sts::types::Tag::builder().key(format!("tag{n}")).value("v".repeat(256));
        tag.build().unwrap()
    };
    let tags = |count| (0..count).map(tag).collect();
    let full = demo.refusal(assume().set_tags(Some(tags(17))));
    assert_eq!(full.0, "PackedPolicyTooLarge");
    let packed = demo.runtime.block_on(assume().set_tags(Some(tags(10))).send()).unwrap();
    assert!((50..80).contains(&packed.packed_policy_size().unwrap()));
}

#[test]
fn tags_and_source_identity_stay_with_the_chain() {
    let onward = "arn:aws:iam::444444444444:role/onward";
    let mut settings = Settings::default();
    settings.roles.push(Role::spoke(onward, DEVELOPER, 3600));
    let demo = Demo::with(settings);
    let tag = aws_sdk_sts::types::Tag::builder().key("ticket").value("t".repeat(250)).build().unwrap();
    let hub = demo.hub();
    let tagged =
        demo.assume(&hub, DEVELOPER).tags(tag).transitive_tag_keys("ticket").source_identity("alice");
    let developer = demo.runtime.block_on(tagged.send()).unwrap().credentials.unwrap();
    let (_, message) = demo.refusal(demo.assume(&developer, onward).source_identity("mallory"));
    assert!(message.contains("sts:SetSourceIdentity"), "{message}");
    let last = demo.runtime.block_on(demo.assume(&developer, onward).send()).unwrap();
    assert_eq!(last.source_identity(), Some("alice"));
    assert_eq!(last.packed_policy_size(), Some(7), "the ticket came along");
}

#[test]
fn signatures_are_checked() {
    let demo = Demo::new();
    let hub = demo.hub();
    let changed = |secret: &str, token: &str| {
        let changed = Credentials::builder().access_key_id(hub.access_key_id()).expiration(*hub.expiration());
        changed.secret_access_key(secret).session_token(token).build().unwrap()
    };
    let (code, message) = demo.refusal(demo.assume(&changed("wrong", hub.session_token()), ADMIN));
    assert!(code == "SignatureDoesNotMatch" && message.starts_with("The request signature we calculated"));
    let (code, _) = demo.refusal(demo.assume(&changed(hub.secret_access_key(), "cut"), ADMIN));
    assert_eq!(code, "InvalidClientTokenId");

    for (clock, words) in [(600, "Signature expired: 20"), (-600, "Signature not yet current: 20")] {
        demo.servers.faults(|faults| faults.sts_clock = clock);
        let (code, message) = demo.refusal(demo.assume(&hub, ADMIN));
        assert!(code == "SignatureDoesNotMatch" && message.starts_with(words), "{clock}: {code} {message}");
        assert!(message.contains("5 min.)"), "{message}");
    }
    demo.servers.faults(|faults| faults.sts_clock = 240);
    assert!(demo.runtime.block_on(demo.assume(&hub, ADMIN).send()).is_ok(), "four minutes are forgiven");
}

#[test]
fn sessions_end_at_their_expiry() {
    let demo = Demo::new();
    demo.servers.faults(|faults| faults.hub_lifetime = Some(Duration::ZERO));
    let hub = demo.hub();
    let (code, message) = demo.refusal(demo.assume(&hub, ADMIN));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ExpiredToken", "The security token included in the request is expired")
    );
}

#[test]
fn arranged_refusals_arrive_with_code_and_message() {
    let demo = Demo::new();
    let hub = demo.hub();
    let refusal =
        Refusal::new(403, "RegionDisabledException", "STS <is> not activated\u{9b}31m in this region");
    demo.servers.faults(|faults| {
        faults.next(1, Call::AssumeRole, Trouble::Refuse(refusal.clone()));
        faults.next(1, Call::AssumeRole, Trouble::ServerError);
    });
    assert_eq!(demo.refusal(demo.assume(&hub, ADMIN)), (refusal.code, refusal.message));
    assert!(demo.runtime.block_on(demo.assume(&hub, ADMIN).send()).is_err());
    demo.servers.faults(Faults::clear);
    assert!(demo.runtime.block_on(demo.assume(&hub, ADMIN).send()).is_ok());
}
