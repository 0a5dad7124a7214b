//! `jit demo`: the whole story against the embedded IdP and STS. The commands are the real ones, run in a world whose
//! configuration, state and endpoints are the demo's own. `story` is what it shows.

mod browser;
mod story;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;

use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{browser::SystemBrowser, clock::SystemClock, fs, process};
use crate::ui::{Terminal, Ui};
use crate::world::{Asking, Browser, Folders, Note, Person, World};
use jit_emulator::{Approval, Servers, Settings};
use jit_wire::env::{self, Env};
use jit_wire::http::Http;
use jit_wire::secret::Secret;

pub use browser::PretendBrowser;
use story::{By, Story};

use super::load::Configuration;

/// Try everything against servers inside this program
///
/// Runs an IdP and an STS on 127.0.0.1. Changes nothing on your machine and leaves
/// nothing behind.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct DemoArgs {
    /// Sign in with SAML instead of OpenID Connect
    #[arg(long)]
    pub saml: bool,
    /// Sign in with a simulated browser
    #[arg(long)]
    pub no_browser: bool,
}

pub(super) fn run(args: &DemoArgs, world: &World, ui: &Ui) -> CommandResult {
    let failed =
        |error: std::io::Error| CommandError::new(Kind::Failed, "could not set up the demo").because(error);
    let real_browser = !args.no_browser && world.browser.available();
    let approval = if real_browser { Approval::Page } else { Approval::AtOnce };
    let servers = Servers::start(Settings { approval, ..Settings::default() }).map_err(failed)?;
    let busy = Arc::new(Mutex::new(()));
    let left_behind = clear_when_ended(Arc::clone(&busy), *ui).map_err(failed)?;
    let folder = {
        // Locked meanwhile, so that whoever clears away sees it as soon as it is there.
        let mut left = left_behind.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = fs::temporary_folder("jit-demo-").map_err(failed)?;
        *left = Some(LeftBehind { root: folder.path().to_owned(), store: None });
        folder
    };
    let by = if args.saml { By::Saml } else { By::OpenId };
    let config = story::config(&servers, by);
    fs::write_atomically(&folder.path().join("config.toml"), config.as_bytes()).map_err(failed)?;
    let store = store_kind(folder.path(), &world.env, *ui)?;
    if let Some(left) = &mut *left_behind.lock().unwrap_or_else(PoisonError::into_inner) {
        left.store = Some(store.clone());
    }

    let env = Env::of([(env::AWS_ENDPOINT_URL_STS, servers.sts_url()), (env::JIT_STORE, &store)]);
    let browser: Box<dyn Browser> =
        if real_browser { Box::new(SystemBrowser::new(&world.env)) } else { Box::new(PretendBrowser) };
    let audience = Audience { terminal: Terminal::new(*ui, true), real_browser };
    let demo_world = world_below(folder.path(), env, browser, audience);
    let story = Story {
        servers: &servers,
        world: &demo_world,
        ui,
        real_browser,
        spares_keychain: world.env.get(env::JIT_STORE).is_none() && store != "auto",
        pauses: world.person.can_be_asked(),
        by,
        busy: &busy,
    };
    let told = story.tell();

    // Whatever happened on the way, the key, the folder and the servers go.
    let _busy = busy.lock();
    let forgotten = forget(&demo_world);
    let removed = folder.close().map_err(failed);
    drop(servers);
    told.and(forgotten).and(removed)?;
    story::end(ui);
    Ok(())
}

/// A world of the demo's own: nothing of the user's configuration, state, AWS files or environment is in it.
fn world_below(root: &Path, env: Env, browser: Box<dyn Browser>, audience: Audience) -> World {
    World {
        http: Http::new(&env),
        env,
        clock: Box::new(SystemClock),
        browser,
        person: Box::new(audience),
        folders: Folders {
            config_file: root.join("config.toml"),
            state: root.join("state"),
            aws_config: root.join("aws/config"),
            aws_credentials: root.join("aws/credentials"),
            // No path of the demo's is in it, so that all of them are shown in full.
            home: root.join("home"),
        },
        asking: Asking::Person,
    }
}

/// A demo's world for looking after its store, in which nothing else is done.
fn world_of_store(root: &Path, store: &str, ui: Ui) -> World {
    let audience = Audience { terminal: Terminal::new(ui, false), real_browser: false };
    world_below(root, Env::of([(env::JIT_STORE, store)]), Box::new(PretendBrowser), audience)
}

/// What `JIT_STORE` asks for. Else, on Linux, the kernel keyring, so that nobody's keychain has to be unlocked for a
/// demo, and a passphrase where even that is forbidden, as in many containers.
fn store_kind(root: &Path, env: &Env, ui: Ui) -> CommandResult<String> {
    let kind = match env.get(env::JIT_STORE) {
        Some(asked_for) => asked_for,
        None if !cfg!(target_os = "linux") => "auto",
        None => {
            let world = world_of_store(root, "kernel", ui);
            let unusable = Configuration::read(&world)?.open_store()?.describe().problem;
            if unusable.is_none() { "kernel" } else { "file" }
        }
    };
    Ok(kind.to_owned())
}

/// Destroys the demo's key and what it sealed.
fn forget(world: &World) -> CommandResult {
    Configuration::read(world)?.open_store()?.forget_everything()?;
    Ok(())
}

/// What the demo has made so far, and is to be cleared away.
struct LeftBehind {
    root: PathBuf,
    /// Once there may be something in it.
    store: Option<String>,
}

/// Leaves nothing behind either when the person has seen enough, and presses Ctrl-C or closes the terminal. It is listened
/// for before there is anything; what there is is then told by what this gives.
fn clear_when_ended(busy: Arc<Mutex<()>>, ui: Ui) -> std::io::Result<Arc<Mutex<Option<LeftBehind>>>> {
    let left_behind = Arc::new(Mutex::new(None::<LeftBehind>));
    let told = Arc::clone(&left_behind);
    process::when_told_to_end(move |code| {
        // A step takes milliseconds, so that one which takes longer waits for the browser, and stores nothing.
        let _busy = (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(5));
            busy.try_lock().ok()
        });
        if let Some(left) = told.lock().unwrap_or_else(PoisonError::into_inner).take() {
            if let Some(store) = &left.store {
                let _ = forget(&world_of_store(&left.root, store, ui));
            }
            let _ = std::fs::remove_dir_all(&left.root);
        }
        process::end(code);
    })?;
    Ok(left_behind)
}

/// The person who watches: may sign in, and is asked nothing else.
struct Audience {
    terminal: Terminal,
    real_browser: bool,
}

impl Person for Audience {
    /// Yes, because the store asks for its passphrase only where it may, and [`Self::password`] always has an answer.
    fn can_be_asked(&self) -> bool {
        true
    }

    fn tell(&self, note: Note<'_>) {
        match note {
            // The pretend browser has been told already.
            Note::OpeningBrowser { .. } if !self.real_browser => {}
            // The sign-out page: the demo's provider keeps no session in the browser that could be ended there.
            Note::OpenYourself { can_paste: false, .. } => {}
            note => self.terminal.tell(note),
        }
    }

    fn pasted_line(&self) -> std::pin::Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
        self.terminal.pasted_line()
    }

    /// Where only a passphrase can seal the demo's files, a fixed one will do: what they hold opens nothing but the
    /// demo's own servers.
    fn password(&self, _: &str) -> Option<Secret<String>> {
        Some(Secret::from("a passphrase for the demo"))
    }

    fn line(&self, prompt: &str) -> Option<String> {
        self.terminal.line(prompt)
    }

    fn choose(&self, title: &str, items: &[String]) -> Option<usize> {
        self.terminal.choose(title, items)
    }

    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }
}
