//! `jit demo --request`: access on request, by two people, against an AWS inside this program that evaluates every policy.

mod company;

use std::path::Path;
use std::time::Duration;

use jit_access::id::Id;
use jit_access::policy::Right;
use jit_access::replay::replay;
use jit_emulator::{Approval, Servers};
use jit_wire::credentials::Session;
use jit_wire::env;
use jit_wire::http::Http;
use jit_wire::signed::{CallError, Caller, Endpoint, Service, Variant, list_buckets};
use jit_wire::timestamp::Timestamp;

use crate::broker::{Broker, LedgerView};
use crate::commands::access::{self, SeenArgs};
use crate::commands::advice;
use crate::commands::approve::{self, ApproveArgs};
use crate::commands::load::Configuration;
use crate::commands::login::{self, LoginArgs};
use crate::commands::request::{self, RequestArgs};
use crate::commands::requests::{self, RequestsArgs};
use crate::commands::revoke::{self, RevokeArgs};
use crate::config::resolve::Flags;
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::process;
use crate::ui::text::shown;
use crate::ui::{Tone, Ui};
use crate::world::World;

use super::narrator::{Narrator, need};
use super::stage::Stage;
use company::Company;

/// How long the first grant lasts, and how long it lasts once it is extended. Short, because somebody watches it end.
const FIRST: u32 = 20;
const EXTENDED: u32 = 30;
/// How long somebody looks at most for a grant to end.
const PATIENCE: u32 = 60;

/// Plays it, or with `stay` sets it up for people to play themselves.
pub(super) fn play(stay: bool, real_browser: bool, world: &World, ui: &Ui) -> CommandResult {
    let approval = if stay { Approval::Page } else { Approval::AtOnce };
    let company = Company::new()?;
    let servers = company.start(approval)?;
    let stage = Stage::set(&company::PEOPLE, real_browser && stay, world, *ui)?;
    let [alice, bob, pat] = company::PEOPLE.map(|name| company.world(name, &servers, &stage, world));
    let alice = alice?;
    let bob = bob?;
    let pat = pat?;
    let play = Play {
        company: &company,
        servers: &servers,
        alice: &alice,
        bob: &bob,
        pat: &pat,
        ui,
        narrator: Narrator { ui, pauses: world.person.can_be_asked(), busy: &stage.busy },
    };
    let told = if stay { play.stay() } else { play.tell() };
    // Clean up, whatever happened before.
    let cleared = stage.clear();
    drop(servers);
    told.and(cleared)?;
    ui.say("");
    ui.done("Nothing is left behind: keys destroyed, folder deleted, servers stopped");
    if !stay {
        ui.say("");
        ui.say("Your turn: jit demo --request --stay keeps such servers running for two terminals.");
    }
    Ok(())
}

struct Play<'a> {
    company: &'a Company,
    servers: &'a Servers,
    alice: &'a World,
    bob: &'a World,
    pat: &'a World,
    ui: &'a Ui,
    narrator: Narrator<'a>,
}

impl Play<'_> {
    fn tell(&self) -> CommandResult {
        self.introduction();
        let begin = "Pat, of the platform team, publishes this policy. Alice and Bob sign in.";
        self.narrator.chapter("1.", begin, || {
            self.sign_in(2, "Pat", "platform", self.pat)?;
            self.narrator.typed("Pat $", "jit policy publish policy.toml");
            self.company.publish(self.pat, self.ui)?;
            self.sign_in(0, "Alice", "hub", self.alice)?;
            self.sign_in(1, "Bob", "hub", self.bob)
        })?;
        let nothing_yet = "Alice opens a session of pay-admin and calls s3:ListBuckets. The role can do nothing by \
             itself, so AWS says no.";
        let session = self.narrator.chapter("2.", nothing_yet, || {
            let session = self.session_of_nothing()?;
            self.expect(&session, false)?;
            Ok(session)
        })?;
        let ask = "She asks for it. Her request goes into the ledger, a bucket in S3.";
        let first = self.narrator.chapter("3.", ask, || self.ask(FIRST))?;
        let approve = "Bob sees what she asks for, and approves. His jit puts a policy on the role that is for \
             Alice alone and has an end.";
        self.narrator.chapter("4.", approve, || self.approve(&first))?;
        let use_it = "The same call in the same session, which has been open all the time:";
        self.narrator.chapter("5.", use_it, || self.expect(&session, true))?;
        let extend = "She needs it for longer, and asks again. Bob approves that as well.";
        self.narrator.chapter("6.", extend, || {
            let second = self.ask(EXTENDED)?;
            self.approve(&second)
        })?;
        let end = "AWS ends it to the second, in the session that is open, and nothing has to be deleted for \
             that. A call each second:";
        self.narrator.chapter("7.", end, || self.watch_the_end(&session))?;
        let revoke = "Access can also be ended early. Alice gets it again, for an hour.";
        self.narrator.chapter("8.", revoke, || {
            let third = self.ask(3600)?;
            self.approve(&third)?;
            self.expect(&session, true)?;
            let message = "The refund is done".to_owned();
            self.narrator.typed("Bob $", &format!("jit revoke {third} -m '{message}'"));
            let args = RevokeArgs { id: Some(third), user: None, message, json: false };
            revoke::run(&args, self.bob, self.ui)?;
            self.expect(&session, false)
        })?;
        let proof = "The proof: every decision in the ledger is computed again from the policy, the votes and \
             the time that it names.";
        self.narrator.chapter("9.", proof, || self.replay())
    }

    fn sign_in(&self, number: usize, name: &str, role: &str, world: &World) -> CommandResult {
        self.narrator.typed(&format!("{name} $"), &format!("jit login {role}"));
        self.servers.faults(|faults| faults.signs_in = number);
        login::run(&LoginArgs::of(role), world, self.ui)
    }

    fn introduction(&self) {
        self.narrator.introduction(
            "jit gives access on request: somebody asks, the right person approves, and AWS ends it. This demo \
             brings its own identity provider and its own AWS, which evaluates the policies of every call. All \
             of it runs inside this program, on 127.0.0.1, and nothing on your machine is changed. The \
             company's policy:",
            company::SHOWN_POLICY,
        );
    }

    /// Alice asks, for so many seconds: the id in its short form.
    fn ask(&self, seconds: u32) -> CommandResult<String> {
        let time = if seconds >= 3600 { format!("{}h", seconds / 3600) } else { format!("{seconds}s") };
        self.narrator.typed("Alice $", &format!("jit request pay-admin -d {time} -m 'Refund order 4711'"));
        let args = RequestArgs {
            access: Some("pay-admin".to_owned()),
            duration: Some(seconds),
            reason: Some("Refund order 4711".to_owned()),
            ticket: None,
            account: Vec::new(),
            start: None,
            wait: None,
            json: false,
        };
        // Requests of one second have no order, so the new one is the one that was not there before.
        let before = self.read(|view| Ok(view.records.cases().map(|case| case.id).collect::<Vec<Id>>()))?;
        request::run(&args, self.alice, self.ui)?;
        self.read(|view| {
            let ids: Vec<Id> = view.records.cases().map(|case| case.id).collect();
            let new = ids.iter().find(|id| !before.contains(id));
            Ok(new.map(|id| id.short(ids.iter().copied())).unwrap_or_default())
        })
    }

    fn approve(&self, id: &str) -> CommandResult {
        self.narrator.typed("Bob $", &format!("jit approve {id}"));
        let seen = SeenArgs { yes: false, sha256: None };
        let args = ApproveArgs { id: id.to_owned(), message: String::new(), seen, json: false };
        approve::run(&args, self.bob, self.ui)
    }

    /// A session of a role that can do nothing, which `jit` itself would not give to Alice: she has not asked for it.
    fn session_of_nothing(&self) -> CommandResult<Session> {
        let files = Configuration::read(self.alice)?;
        let store = files.open_store()?;
        let plan = files.plan("pay-admin", Flags::default())?;
        let session = Broker::new(self.alice, &store).session(&plan, &need());
        session.map_err(|error| advice::no_session(&error, &plan, advice::Typed::Another))
    }

    /// Calls once. Something else than expected ends the demo.
    fn expect(&self, session: &Session, allowed: bool) -> CommandResult {
        self.narrator.typed("Alice $", "jit exec pay-admin -- aws s3api list-buckets");
        let answer = self.list_buckets(session)?;
        self.show(&answer);
        if answer.is_ok() == allowed {
            return Ok(());
        }
        let what = if allowed { "AWS refused what was granted" } else { "AWS allowed what was not granted" };
        Err(CommandError::new(Kind::Failed, what))
    }

    fn show(&self, answer: &Result<String, String>) {
        match answer {
            Ok(buckets) => self.ui.done(shown!("allowed: {}", buckets)),
            Err(why) => self.ui.say(shown!("{} {}", self.ui.paint(Tone::Bad, "denied:"), why)),
        }
    }

    /// `s3:ListBuckets`: their names, or AWS's refusal.
    fn list_buckets(&self, session: &Session) -> CommandResult<Result<String, String>> {
        let endpoint = Endpoint::resolve(Service::S3, company::REGION, Variant::default(), &self.alice.env)
            .map_err(CallError::from)?;
        let http = Http::new(&self.alice.env);
        let now = self.alice.clock.now();
        let caller = Caller { http: &http, endpoint: &endpoint, credentials: &session.credentials, now };
        match process::block_on(list_buckets(&caller)) {
            Ok(names) => Ok(Ok(names.join(", "))),
            Err(CallError::Refused(refusal)) => Ok(Err(refusal.message)),
            Err(error) => Err(error.into()),
        }
    }

    /// A call each second until one is denied. Not every answer is shown.
    fn watch_the_end(&self, session: &Session) -> CommandResult {
        let until = self.read(|view| {
            let until = view.records.cases().last().and_then(|case| case.decision?.until);
            until.ok_or_else(|| CommandError::new(Kind::Failed, "the extension was not granted"))
        })?;
        for second in 0..PATIENCE {
            let now = self.servers.now();
            let answer = self.list_buckets(session)?;
            let is_near = until.0 - now.0 <= 3;
            if answer.is_err() || is_near || second % 5 == 0 {
                let said = if answer.is_ok() { "allowed" } else { "denied" };
                self.ui.say(shown!("{}  {}", clock(now), said));
            }
            if answer.is_err() {
                self.ui.done(shown!("The policy on the role says: until {}", clock(until)));
                return Ok(());
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        Err(CommandError::new(Kind::Failed, "the access did not end"))
    }

    fn replay(&self) -> CommandResult {
        self.narrator.typed("Bob $", "jit requests --all");
        let args = RequestsArgs {
            id: None,
            mine: false,
            for_me: false,
            live: false,
            all: true,
            since: None,
            json: false,
        };
        requests::run(&args, self.bob, self.ui)?;
        self.read(|view| {
            let differences = replay(&view.records);
            let decisions = view.records.cases().filter(|case| case.decision.is_some()).count();
            match differences.first() {
                None => {
                    self.ui.done(shown!("{} decisions computed again, each with the same result", decisions));
                    Ok(())
                }
                Some(different) => Err(CommandError::new(Kind::Failed, different.what.clone())),
            }
        })
    }

    /// Sets everything up, and waits until somebody has seen enough.
    fn stay(&self) -> CommandResult {
        self.introduction();
        self.company.publish_beforehand(self.servers);
        self.ui.say("");
        for (name, world) in [("Alice", self.alice), ("Bob", self.bob)] {
            self.ui.say(shown!("In {}'s terminal:", name));
            let home = world.folders.config_file.parent().unwrap_or(Path::new("/"));
            for line in company::exports(home, self.servers, world.env.get(env::JIT_STORE).unwrap_or("auto"))
            {
                self.ui.line(shown!("    {}", line))?;
            }
            self.ui.say("");
        }
        self.ui.say("Then, as Alice:  jit request pay-admin --wait     and as Bob:  jit requests");
        self.ui.say("The page of the identity provider asks who you are. Ctrl-C ends everything.");
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }

    /// Looks into the ledger, as Bob.
    fn read<T>(&self, look: impl FnOnce(&LedgerView) -> CommandResult<T>) -> CommandResult<T> {
        let files = Configuration::read(self.bob)?;
        let store = files.open_store()?;
        let broker = Broker::new(self.bob, &store);
        let ledger = access::open(&files, &broker, Right::Vote, self.bob)?;
        let view = ledger.read_recent().map_err(|error| access::failed(&error, &ledger))?;
        look(&view)
    }
}

/// `12:00:05`, UTC.
fn clock(at: Timestamp) -> String {
    at.to_rfc3339().get(11..19).unwrap_or_default().to_owned()
}
