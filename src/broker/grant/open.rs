//! How a ledger is opened, and who the person is in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use jit_access::people::UserId;
use jit_access::policy::Right;
use jit_apply::cache::{FolderShelf, Shelf};
use jit_apply::calls::{AwsCalls, CallProgress};
use jit_apply::folder::{FolderError, FolderLedger, SystemAccounts, own_account};
use jit_apply::s3::S3Ledger;
use jit_wire::http::Http;
use jit_wire::name::is_session_name;
use jit_wire::signed::{Endpoint, Service};

use super::{AccessError, AccessSettings, LedgerIdentity, Opened, Sessions, variant};
use crate::aws::sts;
use crate::broker::BrokerError;
use crate::plan::Plan;
use crate::sys::{fs, process};
use crate::world::{Note, World};

/// Where what was read is kept, below the state folder.
const CACHE: &str = "access";

/// Where what was read is kept: in memory, where the state folder cannot be used.
pub(super) fn shelf(world: &World) -> Box<dyn Shelf> {
    let folder = world.folders.state.join(CACHE);
    let opened = fs::private_folder(&folder).and_then(|()| FolderShelf::open(&folder));
    match opened {
        Ok(shelf) => Box::new(shelf),
        Err(_) => Box::new(Mutex::new(BTreeMap::new())),
    }
}

/// What makes this command's calls. See [`AwsCalls`] for why its client is not the world's.
pub(super) fn calls(world: &World) -> Result<Rc<AwsCalls<'_>>, AccessError> {
    let calls = AwsCalls::new(Http::new(&world.env), || world.clock.now());
    let calls = calls.map_err(|error| AccessError::Calls(error.to_string()))?;
    Ok(Rc::new(calls.telling(|progress| world.person.tell(note(progress)))))
}

fn note(progress: CallProgress<'_>) -> Note<'_> {
    match progress {
        CallProgress::Again { why, pause } => Note::TryingAgain { why, pause },
        CallProgress::Reading { read, of } => Note::ReadingLedger { read, of },
        CallProgress::Unseen { what, at_most } => Note::NotVisibleYet { what, at_most },
    }
}

pub(super) type FoundLedger<'b> = (Opened<'b>, LedgerIdentity);

pub(super) fn folder<'b>(
    world: &World,
    sessions: &Sessions<'b>,
    path: &str,
    settings: &AccessSettings,
    right: Right,
) -> Result<FoundLedger<'b>, AccessError> {
    let home = &world.folders.home;
    let path = path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |rest| home.join(rest));
    let accounts = Arc::new(SystemAccounts::default());
    let ledger = match FolderLedger::open(&path, accounts.clone()) {
        Err(FolderError::Absent { .. } | FolderError::NotALedger { .. }) if right == Right::Publish => {
            FolderLedger::create(&path, accounts.clone())?
        }
        opened => opened?,
    };
    let identity = match (ledger.own_name()?, &settings.door) {
        (Some(name), _) => LedgerIdentity::Account(name),
        // Theirs alone, so that they can play several people: each signs in.
        (None, Some(door)) => LedgerIdentity::Session(user_id(world, sessions, door)?),
        (None, None) => {
            let (user, name) = own_account(&*accounts);
            let name = name.filter(|name| is_session_name(name)).ok_or(FolderError::NoName { user })?;
            LedgerIdentity::Account(name)
        }
    };
    Ok((Opened::Folder(ledger), identity))
}

pub(super) fn bucket<'b>(
    world: &'b World,
    sessions: &Sessions<'b>,
    name: &str,
    settings: &AccessSettings,
) -> Result<FoundLedger<'b>, AccessError> {
    let door = settings.door.clone().ok_or(AccessError::NoEntry)?;
    let region = settings.region.as_deref().unwrap_or(&door.target().sts.region.value);
    let endpoint = Endpoint::resolve(Service::S3, region, variant(&door), &world.env)?;
    let identity = LedgerIdentity::Session(user_id(world, sessions, &door)?);
    let sessions = Rc::clone(sessions);
    let session = Box::new(move || {
        let session = sessions(&door);
        session.map(|session| session.credentials).map_err(|error| error.to_string())
    });
    let ledger = S3Ledger::new(calls(world)?, endpoint, name, session)?;
    Ok((Opened::Bucket(ledger), identity))
}

/// Who AWS says the session of `door` is.
fn user_id(world: &World, sessions: &Sessions<'_>, door: &Plan) -> Result<UserId, AccessError> {
    let credentials = sessions(door)?.credentials;
    let asked = sts::caller_identity(&world.http, &door.target().sts, &credentials);
    let identity = process::block_on(asked).map_err(|error| BrokerError::Sts(Box::new(error)))?;
    Ok(identity.user_id.parse()?)
}
