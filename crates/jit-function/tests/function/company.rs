//! A company with access on request: its AWS, its people, and the function.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use jit_access::fold::{Phase, State};
use jit_access::id::Id;
use jit_access::ledger::{
    Decision, Drop, Fact, Finding, Hash, Key, Ledger as _, Put, Records, Request, Revoke, Vote, Vouch,
};
use jit_access::people::{Directory, UserId};
use jit_access::policy::Policy;
use jit_access::render::policy_name;
use jit_apply::apply::Doing;
use jit_apply::assume::AssumedRoles;
use jit_apply::cache::{Cache, EVERYTHING};
use jit_apply::calls::AwsCalls;
use jit_apply::s3::S3Ledger;
use jit_emulator::{
    CloudDirectory, CloudUnit, Deployment, KeyUser, Layout, ManualClock, Servers, Settings as AwsSettings,
    role_id,
};
use jit_function::bell::Bell;
use jit_function::function::{Function, FunctionSystem, RunError, RunLimits};
use jit_function::report::Report;
use jit_function::settings::Settings;
use jit_wire::credentials::Credentials;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::secret::Secret;
use jit_wire::signed::{Endpoint, Service};
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

pub(crate) const HUB: &str = "arn:aws:iam::111111111111:role/jit-hub";
const PUBLISHER: &str = "arn:aws:iam::111111111111:role/jit-publisher";
pub(crate) const PAY_ADMIN: &str = "arn:aws:iam::222222222222:role/jit/pay-admin";
pub(crate) const READ: &str = "arn:aws:iam::333333333333:role/jit/read";
pub(crate) const UNIT: &str = "ou-ab12-11111111";
pub(crate) const STORE: &str = "d-1234567890";
/// Above every policy: a user who may do everything, among it to become the function.
const DESK: &str = "arn:aws:iam::444444444444:user/desk";
const LEDGER: &str = "acme-jit-ledger";

pub(crate) fn policy() -> String {
    let [hub, publisher] = [HUB, PUBLISHER].map(role_id);
    format!(
        r#"
[deployment]
apply = "function"
security = ["owners"]
accounts = ["222222222222", "{UNIT}"]

[door.hub]
role = "{HUB}"
ids = ["{hub}"]
may = ["request", "vote"]

[door.publisher]
role = "{PUBLISHER}"
ids = ["{publisher}"]
may = ["publish"]

[group]
eng = ["alice", "bob"]
owners = ["bob", "carol"]
center-eng = {{ identity_center = "g-eng" }}
contractors = {{ identity_center = "g-contractors" }}

[access.pay-admin]
role = "{PAY_ADMIN}"
ceiling = "operate"
who = ["eng"]
approve = [{{ group = "owners" }}]
max = "1h"

[access.read]
role = "arn:aws:iam::*:role/jit/read"
accounts = ["{UNIT}"]
ceiling = "read"
who = ["eng", "center-eng"]
approve = []
max = "1h"

[access.secret]
role = "arn:aws:iam::222222222222:role/jit/secret"
ceiling = "read"
who = ["eng"]
not = ["contractors"]
approve = []
max = "1h"
"#
    )
}

/// The company.
pub(crate) struct Company {
    pub(crate) servers: Servers,
    clock: Option<ManualClock>,
    made: Cell<u8>,
    hashes: Mutex<BTreeMap<Id, Hash>>,
}

impl Company {
    /// At noon, by a clock that stands still.
    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(Timestamp::parse_rfc3339("2026-11-27T12:00:00Z").unwrap());
        Self::at(Some(clock), &policy())
    }

    /// Now, for programs that have a clock of their own.
    pub(crate) fn now_on() -> Self {
        Self::at(None, &policy())
    }

    pub(crate) fn at(clock: Option<ManualClock>, policy_text: &str) -> Self {
        let policy =
            Policy::read_published("policy.toml", policy_text).unwrap_or_else(|mistake| panic!("{mistake}"));
        let units = [(UNIT.to_owned(), ["333333333333".to_owned()].into())].into();
        let directory = Directory { units, ..Directory::default() };
        let layout = Layout { directory, ..Layout::default() };
        let deployment = Deployment::of(&policy, &layout);
        let desk = KeyUser {
            arn: DESK.to_owned(),
            key_id: "AKIADESK".to_owned(),
            secret_key: "secret".to_owned(),
            mfa_code: "123456".to_owned(),
        };
        let settings = deployment.settings(AwsSettings { key_users: vec![desk], ..AwsSettings::default() });
        let servers = match clock.clone() {
            Some(clock) => Servers::start_with_clock(settings, clock),
            None => Servers::start(settings),
        };
        let servers = servers.unwrap();
        deployment.install(&servers).unwrap();
        let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"444444444444"},"Action":"sts:AssumeRole"}}"#;
        let asks = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["identitystore:*","organizations:*"],"Resource":"*"}}"#;
        servers.cloud(|cloud| {
            cloud.put_user_policy(DESK, "all", all).unwrap();
            // The documents of these roles count. How people arrive there is tested elsewhere.
            for arn in [HUB, PUBLISHER, layout.function.as_str()] {
                let mut role = cloud.role(arn).unwrap().clone();
                role.trust = trust.to_owned();
                if arn == layout.function {
                    role = role.with("jit-directory", asks);
                }
                cloud.put_role(role).unwrap();
            }
            let accounts = vec!["333333333333".to_owned(), "555555555555".to_owned()];
            let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            cloud.directory = CloudDirectory {
                management: "444444444444".to_owned(),
                units: [(UNIT.to_owned(), CloudUnit { units: Vec::new(), accounts })].into(),
                suspended: set(&["555555555555"]),
                store: STORE.to_owned(),
                groups: [("g-eng".to_owned(), set(&["erin"])), ("g-contractors".to_owned(), set(&["alice"]))]
                    .into(),
                users: set(&["alice", "erin"]),
            };
        });
        let company = Self { servers, clock, made: Cell::new(0), hashes: Mutex::default() };
        company.publish(policy_text);
        company
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.clock.as_ref().unwrap().advance(Duration::from_secs(seconds));
    }

    fn calls(&self) -> Rc<AwsCalls<'_>> {
        Rc::new(AwsCalls::new(Http::new(&Env::of([])), || self.servers.now()).unwrap())
    }

    fn endpoint(&self, service: Service) -> Endpoint {
        let url = TrustedUrl::parse(self.servers.aws_url(), Purpose::AwsEndpoint).unwrap();
        Endpoint::at(service, "eu-west-1", url).unwrap()
    }

    /// The session of a role under this name.
    pub(crate) fn session(&self, role: &str, name: &str) -> Credentials {
        let secret = |text: &str| Secret::new(text.to_owned());
        let desk = Credentials::new("AKIADESK".to_owned(), secret("secret"), secret(""), Timestamp(i64::MAX));
        let roles = AssumedRoles::new(desk.unwrap(), self.endpoint(Service::Sts), name);
        roles.session(&self.calls(), role).unwrap()
    }

    pub(crate) fn function_session(&self) -> Credentials {
        self.session(&Layout::default().function, "lambda")
    }

    fn ledger(&self, session: Credentials) -> S3Ledger<'_> {
        let session = Box::new(move || Ok(session.clone()));
        S3Ledger::new(self.calls(), self.endpoint(Service::S3), LEDGER, session).unwrap()
    }

    fn id(&self) -> Id {
        self.made.set(self.made.get() + 1);
        Id::new(self.servers.now(), [self.made.get(); 10])
    }

    pub(crate) fn publish(&self, text: &str) {
        let author: UserId = format!("{}:pat", role_id(PUBLISHER)).parse().unwrap();
        let key = Key::Policy { id: self.id(), author };
        let ledger = self.ledger(self.session(PUBLISHER, "pat"));
        assert_eq!(ledger.put_new(&key, text.as_bytes()), Ok(Put::Created));
    }

    fn say(&self, name: &str, fact: &Fact) -> Id {
        let author: UserId = format!("{}:{name}", role_id(HUB)).parse().unwrap();
        let (id, bytes) = (self.id(), fact.to_bytes());
        let key = Key::Fact { id, author, kind: fact.kind() };
        assert_eq!(self.ledger(self.session(HUB, name)).put_new(&key, &bytes), Ok(Put::Created));
        self.hashes.lock().unwrap().insert(id, Hash::of(&bytes));
        id
    }

    pub(crate) fn ask(&self, name: &str, access: &str, accounts: &[&str]) -> Id {
        let request = Request {
            access: access.into(),
            accounts: accounts.iter().map(|account| (*account).to_owned()).collect(),
            duration: 3600,
            reason: "because it must be".into(),
            ticket: None,
            start: None,
            extends: None,
        };
        self.say(name, &Fact::Request(request))
    }

    pub(crate) fn vote(&self, name: &str, request: Id) {
        let sha256 = self.hashes.lock().unwrap()[&request];
        let vote = Vote { request, sha256, vote: Vouch::Approve, reason: String::new() };
        self.say(name, &Fact::Vote(vote));
    }

    pub(crate) fn revoke(&self, name: &str, request: Id) {
        let sha256 = self.hashes.lock().unwrap()[&request];
        self.say(name, &Fact::Revoke(Revoke { request, sha256, reason: "no".to_owned() }));
    }

    pub(crate) fn give_back(&self, name: &str, request: Id) {
        let sha256 = self.hashes.lock().unwrap()[&request];
        self.say(name, &Fact::Drop(Drop { request, sha256 }));
    }

    pub(crate) fn settings() -> Settings {
        let text = format!(
            "ledger = \"s3://{LEDGER}\"\nregion = \"eu-west-1\"\nidentity_store = \"{STORE}\"\naccounts_at_once = 4\n"
        );
        Settings::of_text("f.toml", &text).unwrap()
    }

    /// A function that has not run yet.
    pub(crate) fn function(&self) -> Function {
        self.function_with(Self::settings())
    }

    pub(crate) fn function_with(&self, settings: Settings) -> Function {
        let now = self.servers.now();
        let clock = self.clock.clone();
        let count = std::sync::atomic::AtomicU8::new(128);
        let system = FunctionSystem {
            env: Env::of([("AWS_ENDPOINT_URL", self.servers.aws_url())]),
            clock: Box::new(move || clock.as_ref().map_or(now, jit_emulator::Clock::now)),
            random: Box::new(move || [count.fetch_add(1, std::sync::atomic::Ordering::Relaxed); 10]),
        };
        Function::new(settings, system, self.function_session()).unwrap()
    }

    pub(crate) fn tick(&self, function: &Function) -> Report {
        function.run(Bell::Tick, RunLimits::default()).unwrap()
    }

    pub(crate) fn run(
        &self,
        function: &Function,
        go_on: &dyn Fn(&Doing) -> ControlFlow<()>,
    ) -> Result<Report, RunError> {
        function.run(Bell::Tick, RunLimits { until: None, go_on })
    }

    pub(crate) fn records(&self) -> Records {
        let shelf = Mutex::<BTreeMap<String, Vec<u8>>>::default();
        let ledger = self.ledger(self.function_session());
        Cache::new("x").read(&ledger, &shelf, EVERYTHING, self.servers.now()).unwrap().records
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.records().findings().map(|(finding, _)| finding.clone()).collect()
    }

    pub(crate) fn state(&self, request: Id) -> State {
        let (records, now) = (self.records(), self.servers.now());
        let policy = records.policy_in_force(now).unwrap();
        let index = policy.index();
        let directory = Directory::default();
        records.case(request).unwrap().state(&index.with(&directory), now)
    }

    pub(crate) fn is_live(&self, request: Id) -> bool {
        matches!(self.state(request), State::Granted { phase: Phase::Live { applied: true }, .. })
    }

    pub(crate) fn decision(&self, request: Id) -> Option<Decision> {
        self.records().case(request).unwrap().decision.cloned()
    }

    /// The grants on a role.
    pub(crate) fn grants(&self, role: &str) -> BTreeMap<String, String> {
        self.servers.cloud(|cloud| cloud.role(role).unwrap().inline.clone())
    }

    pub(crate) fn has(&self, role: &str, request: Id) -> bool {
        self.grants(role).contains_key(&policy_name(request))
    }
}
