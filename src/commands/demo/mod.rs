//! `jit demo`: every step against an IdP and an STS inside this program. It runs the real commands, with a
//! configuration, a state folder and endpoints of its own. `story` is what it shows.

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
        // Locked until it is recorded, so that a Ctrl-C at this moment removes the folder too.
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

    // Clean up, whatever happened before.
    let _busy = busy.lock();
    let forgotten = forget(&demo_world);
    let removed = folder.close().map_err(failed);
    drop(servers);
    told.and(forgotten).and(removed)?;
    story::end(ui);
    Ok(())
}

/// The demo's own world, without the user's configuration, state, AWS files and environment.
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
            // Contains none of the other paths, so these are shown in full.
            home: root.join("home"),
        },
        asking: Asking::Person,
    }
}

/// A world that is used only to open the demo's store.
fn world_of_store(root: &Path, store: &str, ui: Ui) -> World {
    let audience = Audience { terminal: Terminal::new(ui, false), real_browser: false };
    world_below(root, Env::of([(env::JIT_STORE, store)]), Box::new(PretendBrowser), audience)
}

/// The store for the demo: the one in `JIT_STORE`. Without it, on Linux, the kernel keyring, so that no
/// keychain has to be unlocked; or a passphrase if that is forbidden, as in many containers.
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

/// Destroys the demo's key and entries.
fn forget(world: &World) -> CommandResult {
    Configuration::read(world)?.open_store()?.forget_everything()?;
    Ok(())
}

/// What the demo has created so far, and has to remove.
struct LeftBehind {
    root: PathBuf,
    /// Set once entries may have been stored.
    store: Option<String>,
}

/// Cleans up if the person presses Ctrl-C or closes the terminal. It starts before anything is created; the
/// returned value is then told what to remove.
fn clear_when_ended(busy: Arc<Mutex<()>>, ui: Ui) -> std::io::Result<Arc<Mutex<Option<LeftBehind>>>> {
    let left_behind = Arc::new(Mutex::new(None::<LeftBehind>));
    let told = Arc::clone(&left_behind);
    process::when_told_to_end(move |code| {
        // Waits for the step that may be storing something. A step that takes longer than this waits for
        // the browser, and stores nothing.
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

/// The person who watches the demo: may sign in, and is asked nothing else.
struct Audience {
    terminal: Terminal,
    real_browser: bool,
}

impl Person for Audience {
    /// True, so that the store asks for its passphrase, which [`Self::password`] answers.
    fn can_be_asked(&self) -> bool {
        true
    }

    fn tell(&self, note: Note<'_>) {
        match note {
            // The introduction has already said that a simulated browser signs in.
            Note::OpeningBrowser { .. } if !self.real_browser => {}
            // The sign-out page. The demo's IdP keeps no session in the browser.
            Note::OpenYourself { can_paste: false, .. } => {}
            note => self.terminal.tell(note),
        }
    }

    fn pasted_line(&self) -> std::pin::Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
        self.terminal.pasted_line()
    }

    /// A fixed passphrase: what it protects works only with the demo's own servers.
    fn password(&self, _: &str) -> Option<Secret<String>> {
        Some(Secret::from("a passphrase for the demo"))
    }

    fn answer(&self, prompt: &str) -> Option<String> {
        self.terminal.answer(prompt)
    }

    fn choose(&self, title: &str, items: &[String]) -> Option<usize> {
        self.terminal.choose(title, items)
    }

    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }
}
