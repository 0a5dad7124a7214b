//! The grant of a role on request while a command runs. It can be extended or ended in the meantime, so the ledger is
//! looked at from time to time, and the person is told before it ends.

use std::cell::RefCell;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::broker::Broker;
use crate::commands::access::{Grant, Reading, Standing};
use crate::commands::load::Configuration;
use crate::sys::{browser::SystemBrowser, clock::SystemClock};
use crate::ui::text::{Shown, shown};
use crate::ui::{Terminal, Ui};
use crate::world::{Asking, Folders, World, clock_time};
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::timestamp::{Timestamp, duration};

/// How long before the end the person is told.
const TOLD_BEFORE: Duration = Duration::from_secs(5 * 60);
/// How often the ledger is looked at: usually, in the last minutes, and after the end.
const USUALLY: Duration = Duration::from_secs(5 * 60);
const NEAR_THE_END: Duration = Duration::from_secs(20);
const AFTER_THE_END: Duration = Duration::from_secs(60);
/// How old what another process has read may be.
const BELIEVED: Duration = Duration::from_secs(15);
/// How long one look takes at most. The next one may succeed.
const LOOK_WITHIN: Duration = Duration::from_secs(60);

/// The grant, as it was found last.
pub(super) struct Watch {
    grant: RefCell<Grant>,
}

/// What the person was told last, of a grant with which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Ending(Timestamp),
    Ended(Timestamp),
}

impl Watch {
    pub(super) fn new(grant: Grant) -> Self {
        Self { grant: RefCell::new(grant) }
    }

    /// When it ends.
    pub(super) fn until(&self) -> Timestamp {
        self.grant.borrow().until
    }

    /// What is said to who asks for credentials after the end.
    pub(super) fn over(&self) -> String {
        let grant = self.grant.borrow();
        format!("the grant of {} has ended: run jit {}", grant.access, grant.ask)
    }

    /// Looks and tells for as long as the command runs.
    pub(super) async fn attend(&self, world: &World, ui: &Ui) {
        let mut told = Told::Nothing;
        loop {
            let (now, until) = (world.clock.now(), self.until());
            if let Some(next) = to_tell(now, until, told) {
                told = next;
                ui.warn(self.remark(next, world));
            }
            tokio::time::sleep(pause(now, until)).await;
            match self.look(world).await {
                Some(Standing::Held(found)) if found.until > self.until() => {
                    self.grant.borrow_mut().until = found.until;
                    let access = self.grant.borrow().access.clone();
                    ui.say(shown!(
                        "{} is now granted until {}",
                        access,
                        clock_time(found.until, &*world.clock)
                    ));
                }
                // Somebody ended it early.
                Some(Standing::Pending(_) | Standing::Neither | Standing::Unknown) => {
                    let now = world.clock.now();
                    let mut grant = self.grant.borrow_mut();
                    grant.until = grant.until.min(now);
                }
                // It is not known whether anything has changed.
                Some(Standing::Held(_) | Standing::Several(_)) | None => {}
            }
        }
    }

    fn remark(&self, what: Told, world: &World) -> Shown {
        let grant = self.grant.borrow();
        let at = clock_time(grant.until, &*world.clock);
        match what {
            Told::Ended(_) => shown!(
                "{} ended at {}, and AWS refuses what this command does with it. To get it again, run in another \
                 terminal: jit {}",
                grant.access,
                at,
                grant.ask
            ),
            Told::Ending(_) | Told::Nothing => shown!(
                "{} ends at {}, in {}. To extend it, run in another terminal: jit {}",
                grant.access,
                at,
                duration(grant.until.since(world.clock.now())),
                grant.extend
            ),
        }
    }

    /// What the ledger says now; nothing if it cannot be read. Reading needs a runtime of its own, so a thread does it, and
    /// the credentials are served in the meantime.
    async fn look(&self, world: &World) -> Option<Standing> {
        let (access, account) = {
            let grant = self.grant.borrow();
            (grant.access.clone(), grant.account.clone())
        };
        let (env, folders) = (world.env.clone(), world.folders.clone());
        let (send, receive) = oneshot::channel();
        let looks = move || {
            let _ = send.send(standing(&access, &account, env, folders));
        };
        std::thread::Builder::new().name("grant".to_owned()).spawn(looks).ok()?;
        tokio::time::timeout(LOOK_WITHIN, receive).await.ok()?.ok().flatten()
    }
}

fn standing(access: &str, account: &str, env: Env, folders: Folders) -> Option<Standing> {
    let world = World {
        http: Http::new(&env),
        clock: Box::new(SystemClock),
        browser: Box::new(SystemBrowser::new(&env)),
        person: Box::new(Terminal::new(Ui::new(&env, true, false), false)),
        folders,
        asking: Asking::Nobody,
        env,
    };
    let files = Configuration::read(&world).ok()?;
    let store = files.open_store().ok()?;
    let broker = Broker::new(&world, &store);
    let reading = Reading::new(&files, &store, &broker).ok()?;
    let record = reading.own(|record| record.age(world.clock.now()) < BELIEVED);
    match record {
        Ok(record) => Some(record.standing(access, Some(account), world.clock.now())),
        Err(error) => {
            log::info!("could not look whether {access} is still granted: {}", error.what);
            None
        }
    }
}

/// What the person has to be told now, if they were not told yet.
fn to_tell(now: Timestamp, until: Timestamp, told: Told) -> Option<Told> {
    let what = match until.since(now) {
        Duration::ZERO => Told::Ended(until),
        left if left <= TOLD_BEFORE => Told::Ending(until),
        _ => return None,
    };
    // What ended early ended at another time than was told before.
    let is_known = told == what || matches!((told, what), (Told::Ended(_), Told::Ended(_)));
    (!is_known).then_some(what)
}

/// How long until the next look.
fn pause(now: Timestamp, until: Timestamp) -> Duration {
    match until.since(now) {
        Duration::ZERO => AFTER_THE_END,
        left if left <= TOLD_BEFORE => NEAR_THE_END.min(left),
        left => USUALLY.min(left - TOLD_BEFORE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told in the course of time, looking as often as the pauses say: when, and what.
    fn told(until: &dyn Fn(i64) -> i64, end: i64) -> Vec<(i64, Told)> {
        let (mut now, mut told, mut all) = (0, Told::Nothing, Vec::new());
        while now < end {
            let until = Timestamp(until(now));
            if let Some(next) = to_tell(Timestamp(now), until, told) {
                told = next;
                all.push((now, next));
            }
            now += i64::try_from(pause(Timestamp(now), until).as_secs()).unwrap();
        }
        all
    }

    #[test]
    fn the_person_is_told_once_five_minutes_before_and_once_at_the_end() {
        let at = Timestamp;
        // An hour; an hour that is extended by one in its last minutes; three minutes.
        assert_eq!(told(&|_| 3600, 9000), [(3300, Told::Ending(at(3600))), (3600, Told::Ended(at(3600)))]);
        assert_eq!(
            told(&|now| if now < 3400 { 3600 } else { 7200 }, 9000),
            [(3300, Told::Ending(at(3600))), (6900, Told::Ending(at(7200))), (7200, Told::Ended(at(7200)))]
        );
        assert_eq!(told(&|_| 180, 900), [(0, Told::Ending(at(180))), (180, Told::Ended(at(180)))]);
        // Extended before anybody was told; granted again after the end.
        assert_eq!(told(&|now| if now < 600 { 3600 } else { 36_000 }, 9000), []);
        assert_eq!(
            told(&|now| if now < 1000 { 400 } else { 4000 }, 3900),
            [(100, Told::Ending(at(400))), (400, Told::Ended(at(400))), (3700, Told::Ending(at(4000)))]
        );
    }

    #[test]
    fn the_last_minutes_are_watched_more_closely() {
        for (left, seconds) in
            [(86_400, 300), (601, 300), (400, 100), (301, 1), (300, 20), (21, 20), (7, 7), (0, 60)]
        {
            assert_eq!(pause(Timestamp(0), Timestamp(left)).as_secs(), seconds, "{left}");
        }
    }
}
