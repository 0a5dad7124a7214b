//! One reading of the ledger for all processes that start together. The first one reads, and the others wait for what it
//! finds ([`OwnRecord`]): fifty programs that AWS's tools start at once must not list the bucket fifty times.

use std::fs::File;
use std::time::{Duration, Instant};

use jit_access::policy::Right;

use crate::broker::{self, AccessLedger, AccessSettings, Broker};
use crate::commands::load::Configuration;
use crate::error::CommandResult;
use crate::plan::Plan;
use crate::store::Store;
use crate::sys::state::Folder;
use crate::world::World;

use super::own::OwnRecord;
use super::{at_desk, failed, kept, open, settings};

/// The lock of the process that reads, beside what was read.
const LOCK: &str = "reading.lock";
/// How long to wait for another process that reads. Then this one reads as well.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often to look whether the other one is done.
const LOOKED_EVERY: Duration = Duration::from_millis(50);

/// Reads what the person holds and waits for.
pub(crate) struct Reading<'a, 'w> {
    files: &'a Configuration<'w>,
    store: &'a Store<'w>,
    broker: &'a Broker<'a, 'w>,
    world: &'w World,
    settings: AccessSettings,
}

impl<'a, 'w> Reading<'a, 'w> {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// There is no ledger, or its entry role cannot be resolved.
    pub(crate) fn new(
        files: &'a Configuration<'w>,
        store: &'a Store<'w>,
        broker: &'a Broker<'a, 'w>,
    ) -> CommandResult<Self> {
        let (world, settings) = (files.world(), settings(files, Right::Request)?);
        Ok(Self { files, store, broker, world, settings })
    }

    /// The role that the person comes through.
    pub(crate) fn door(&self) -> Option<&Plan> {
        self.settings.door.as_ref()
    }

    /// The ledger itself, to say something in it.
    ///
    /// # Errors
    /// It cannot be opened, or there is no session.
    pub(crate) fn ledger(&self) -> CommandResult<AccessLedger<'a>> {
        open(self.files, self.broker, Right::Request, self.world)
    }

    /// What the person holds and waits for: what was read last if that is `enough`; else the ledger is read, by one process
    /// at a time, and what another one reads in the meantime is enough as well.
    ///
    /// # Errors
    /// The ledger cannot be read, or there is no session.
    pub(crate) fn own(&self, enough: impl Fn(&OwnRecord) -> bool) -> CommandResult<OwnRecord> {
        let before = self.kept();
        let serial = before.as_ref().map(|record| record.serial);
        if let Some(record) = before.filter(&enough) {
            return Ok(record);
        }
        let _turn = self.turn();
        let is_new = |record: &OwnRecord| Some(record.serial) != serial || enough(record);
        match self.kept().filter(is_new) {
            Some(record) => Ok(record),
            None => self.read(),
        }
    }

    /// What the ledger says now.
    fn read(&self) -> CommandResult<OwnRecord> {
        let ledger = self.ledger()?;
        let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
        at_desk(&ledger, &view, Right::Request, self.world, |desk| Ok(OwnRecord::of(desk)))
    }

    /// What was read last, of this ledger and by this person.
    fn kept(&self) -> Option<OwnRecord> {
        let door = self.door()?;
        let session = broker::stored_session(self.store, door, door.legs.len() - 1).ok().flatten()?;
        let own_name = session.assumed_arn.rsplit('/').next().unwrap_or_default();
        let now = self.world.clock.now();
        let record = OwnRecord::read(&self.world.folders.state)?;
        let is_own = record.ledger == self.settings.place.to_string() && record.session_name == own_name;
        // A record from the future says nothing about its age.
        (is_own && session.credentials.expires_at > now && record.read_at <= now).then_some(record)
    }

    /// The turn to read; nothing if another process keeps it for too long, and then this process reads out of turn.
    fn turn(&self) -> Option<File> {
        let folder = Folder::make(&self.world.folders.state).ok()?.make_folder(kept::FOLDER).ok()?;
        let lock = folder.open_to_lock(LOCK).ok()?;
        let began = Instant::now();
        while lock.try_lock().is_err() {
            if began.elapsed() > PATIENCE {
                return None;
            }
            std::thread::sleep(LOOKED_EVERY);
        }
        Some(lock)
    }
}
