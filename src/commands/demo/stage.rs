//! Where a demo runs: a temporary folder with a home for each of its people, which is removed however the demo ends.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::commands::load::Configuration;
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::{browser::SystemBrowser, clock::SystemClock, fs, process};
use crate::ui::{Terminal, Ui};
use crate::world::{Asking, Browser, Folders, Note, Person, World};
use jit_wire::env::{self, Env};
use jit_wire::http::Http;
use jit_wire::secret::Secret;

use super::PretendBrowser;

/// The state folder below a home, where a program finds it that is told the home alone.
const STATE: &str =
    if cfg!(target_os = "macos") { "Library/Application Support/jit" } else { ".local/state/jit" };

/// A demo's folder, and what has to be removed when it ends.
pub(super) struct Stage {
    ui: Ui,
    folder: TempDir,
    /// Held while something may be stored.
    pub(super) busy: Arc<Mutex<()>>,
    left_behind: Arc<Mutex<Option<LeftBehind>>>,
    /// The demo's `JIT_STORE`.
    pub(super) store: String,
    /// People sign in with their own browser.
    pub(super) real_browser: bool,
}

/// What the demo has created so far, and has to remove.
struct LeftBehind {
    root: PathBuf,
    /// Each has a store of its own.
    homes: Vec<PathBuf>,
    /// Set once entries may have been stored.
    store: Option<String>,
}

impl Stage {
    /// Creates the folder, with `homes` in it. Without any, the folder itself is the only home.
    ///
    /// # Errors
    /// The folder cannot be made, or the system does not say when the demo is ended.
    pub(super) fn set(homes: &[&str], real_browser: bool, world: &World, ui: Ui) -> CommandResult<Self> {
        let busy = Arc::new(Mutex::new(()));
        let left_behind = clear_when_ended(Arc::clone(&busy), ui).map_err(failed)?;
        let folder = {
            // Locked until it is recorded, so that a Ctrl-C at this moment removes the folder too.
            let mut left = left_behind.lock().unwrap_or_else(PoisonError::into_inner);
            let folder = fs::temporary_folder("jit-demo-").map_err(failed)?;
            let below = |home: &&str| folder.path().join(home);
            let homes = if homes.is_empty() {
                vec![folder.path().to_owned()]
            } else {
                homes.iter().map(below).collect()
            };
            *left = Some(LeftBehind { root: folder.path().to_owned(), homes, store: None });
            folder
        };
        let store = store_kind(folder.path(), &world.env, ui)?;
        if let Some(left) = &mut *left_behind.lock().unwrap_or_else(PoisonError::into_inner) {
            left.store = Some(store.clone());
        }
        Ok(Self { ui, folder, busy, left_behind, store, real_browser })
    }

    /// The folder.
    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the configuration of the person whose home is `root`.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn configure(&self, root: &Path, config: &str) -> CommandResult {
        fs::private_folder(root).map_err(failed)?;
        fs::write_atomically(&root.join("config.toml"), config.as_bytes()).map_err(failed)
    }

    /// The world of the person whose home is `root`, with these variables. Where a command asks for a confirmation,
    /// `agrees` answers for them.
    pub(super) fn world(
        &self,
        root: &Path,
        variables: &[(&'static str, &str)],
        agrees: bool,
        world: &World,
    ) -> World {
        let own = [(env::JIT_STORE, self.store.as_str())];
        let env = Env::of(variables.iter().copied().chain(own));
        let browser: Box<dyn Browser> = if self.real_browser {
            Box::new(SystemBrowser::new(&world.env))
        } else {
            Box::new(PretendBrowser)
        };
        let terminal = Terminal::new(self.ui, true);
        world_below(root, env, browser, Audience { terminal, real_browser: self.real_browser, agrees })
    }

    /// Destroys what the demo stored and deletes its folder.
    ///
    /// # Errors
    /// Something could not be deleted.
    pub(super) fn clear(self) -> CommandResult {
        let _busy = self.busy.lock();
        let left = self.left_behind.lock().unwrap_or_else(PoisonError::into_inner).take();
        let forgotten = left.map_or(Ok(()), |left| left.forget(self.ui));
        let removed = self.folder.close().map_err(failed);
        forgotten.and(removed)
    }
}

impl LeftBehind {
    /// Destroys the demo's keys and what they sealed.
    fn forget(&self, ui: Ui) -> CommandResult {
        let Some(store) = &self.store else { return Ok(()) };
        for home in &self.homes {
            let world = world_of_store(home, store, ui);
            Configuration::read(&world)?.open_store()?.forget_everything()?;
        }
        Ok(())
    }
}

pub(super) fn failed(error: std::io::Error) -> CommandError {
    CommandError::new(Kind::Failed, "could not set up the demo").because(error)
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
            state: root.join(STATE),
            aws_config: root.join("aws/config"),
            aws_credentials: root.join("aws/credentials"),
            // Contains none of the other paths, so these are shown in full.
            home: root.join("home"),
            // Nothing here belongs to this machine's company.
            machine: root.join("machine"),
        },
        asking: Asking::Person,
    }
}

/// A world that is used only to open the demo's store.
fn world_of_store(root: &Path, store: &str, ui: Ui) -> World {
    let audience = Audience { terminal: Terminal::new(ui, false), real_browser: false, agrees: false };
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
            let _ = left.forget(ui);
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
    /// Whether they confirm whatever a command asks them to.
    agrees: bool,
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
        self.agrees.then_some(true)
    }
}
