//! The world that a command runs in, passed in so that tests control it: environment, clock, network,
//! browser, the person. Only `main` builds the real one.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::secret::Secret;
use jit_wire::timestamp::Timestamp;
use jit_wire::trusted_url::TrustedUrl;

/// Everything outside the program.
pub struct World {
    /// The environment at the start.
    pub env: Env,
    /// What time it is.
    pub clock: Box<dyn Clock>,
    /// The network.
    pub http: Http,
    /// The user's browser.
    pub browser: Box<dyn Browser>,
    /// The person at the terminal, if there is one.
    pub person: Box<dyn Person>,
    /// Where files are.
    pub folders: Folders,
    /// What the command may ask.
    pub asking: Asking,
}

/// What a command may ask the person, and so the keychain. `commands::Command::asking` decides it for each
/// command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Nothing, and no prompt of a keychain is run either: the command shows what it can know without.
    Nothing,
    /// Nothing of a person; prompts of a keychain that answer themselves are run.
    Nobody,
    /// Whatever it needs, if there is somebody on a terminal.
    Person,
}

/// Where files are.
#[derive(Clone, Debug)]
pub struct Folders {
    /// `config.toml`.
    pub config_file: PathBuf,
    /// Sealed entries, locks, small records; 0700.
    pub state: PathBuf,
    /// `~/.aws/config` or what `AWS_CONFIG_FILE` names.
    pub aws_config: PathBuf,
    /// `~/.aws/credentials` or what `AWS_SHARED_CREDENTIALS_FILE` names.
    pub aws_credentials: PathBuf,
    /// The user's home, to shorten paths in messages.
    pub home: PathBuf,
}

/// What time it is.
pub trait Clock {
    /// Now, to the second.
    fn now(&self) -> Timestamp;
    /// How far the user's wall clock is from UTC.
    fn offset(&self) -> time::UtcOffset;
}

/// The user's browser.
pub trait Browser {
    /// Whether it makes sense to try: a command was named, or there is a desktop to open a browser on.
    fn available(&self) -> bool;
    /// Opens `url` and returns at once. Every user of the machine can read it in the meantime, so it is a
    /// local page, made by `idp/hand_over.rs`.
    ///
    /// # Errors
    /// A sentence that says what was tried and why it failed.
    fn open(&self, url: &TrustedUrl) -> Result<(), String>;
}

/// The person at the terminal. Lower layers show messages and ask through this; they never print.
pub trait Person {
    /// Whether there is a terminal to ask on.
    fn can_be_asked(&self) -> bool;
    /// Shows a message on stderr.
    fn tell(&self, note: Note<'_>);
    /// One line typed or pasted on the terminal while waiting for something else; never ready without a
    /// terminal. Dropping the future stops the reading and leaves later input to others.
    fn pasted_line(&self) -> Pin<Box<dyn Future<Output = Secret<String>> + '_>>;
    /// Asks for a secret without showing it; `None` if nobody can be asked or the person declined.
    fn password(&self, prompt: &str) -> Option<Secret<String>>;
    /// Asks for one line that may be shown, such as a user name or a code that works once; `None` if nobody
    /// can be asked or the person declined.
    fn line(&self, prompt: &str) -> Option<String> {
        self.answer(prompt).filter(|answer| !answer.is_empty())
    }
    /// The same, where an empty line is an answer too: the person pressed Enter. `None` if nobody can be asked
    /// or the terminal was closed.
    fn answer(&self, _prompt: &str) -> Option<String> {
        None
    }
    /// Lets the person pick one of `items`; `None` if nobody can be asked or nothing was picked.
    fn choose(&self, _title: &str, _items: &[String]) -> Option<usize> {
        None
    }
    /// Asks for yes or no; `None` if nobody can be asked.
    fn confirm(&self, question: &str) -> Option<bool>;
    /// The same where yes is what nearly everybody wants: Enter alone means yes.
    fn confirm_or_yes(&self, question: &str) -> Option<bool> {
        self.confirm(question)
    }
    /// Asks for yes or no about something of which only a summary was shown; `None` if nobody can be asked.
    fn decide(&self, question: &str) -> Option<Confirmation> {
        self.confirm(question).map(|yes| if yes { Confirmation::Yes } else { Confirmation::No })
    }
}

/// The answer of a person who may see more before they decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// Do it.
    Yes,
    /// Leave it.
    No,
    /// Show the diff, and ask again.
    Show,
}

/// What a lower layer may tell the person. `ui` has the texts.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are what the sentence says")]
pub enum Note<'a> {
    /// The browser is being opened for a sign-in.
    OpeningBrowser { host: &'a str, url: &'a str },
    /// The person should open `url` themselves; `why` says why `jit` does not.
    OpenYourself { url: &'a str, why: &'a str, can_paste: bool },
    /// A device code (RFC 8628) was issued.
    DeviceCode { user_code: &'a str, url: &'a str, complete_url: Option<&'a str>, lifetime: Duration },
    /// A browser with a profile of `jit`'s own has been opened for the person to sign in.
    BrowserWindow { browser: &'a str, host: &'a str, at_most: Duration },
    /// The person's phone is asking them; `device` is its name at the IdP.
    Push { device: Option<&'a str>, at_most: Duration },
    /// The number that the phone asks for.
    PushNumber { number: &'a str },
    /// A code is on its way by `factor`, to `to` if the IdP shows that.
    CodeSent { factor: &'a str, to: Option<&'a str> },
    /// The IdP asked for a pause.
    Pausing { host: &'a str, pause: Duration },
    /// Another process holds the lock; `what` is what it is doing.
    Waiting { what: &'a str },
    /// A keychain may show a dialog of its own.
    Unlocking { what: &'a str, at_most: Duration },
    /// AWS gave a shorter session than requested.
    ShorterSession { role: &'a str, wanted: Duration, given: Duration, limit: Limit<'a> },
    /// The person has to sign in again, and why.
    SignInAnew { why: &'a str },
    /// Worth knowing, but stops nothing.
    Warning { text: &'a str },
}

/// A time on the user's clock, as `14:05`, with the date if it is not today.
pub fn clock_time(at: Timestamp, clock: &dyn Clock) -> String {
    let then = at.at(clock.offset());
    let now = clock.now().at(clock.offset());
    let time = format!("{:02}:{:02}", then.hour(), then.minute());
    if then.date() == now.date() { time } else { format!("{} {time}", then.date()) }
}

/// What makes a session shorter than requested.
#[derive(Clone, Copy, Debug)]
pub enum Limit<'a> {
    /// The role's maximum session duration.
    Role,
    /// The assertion of this IdP (`SessionDuration`).
    Idp(&'a str),
}

#[cfg(test)]
#[allow(dead_code, reason = "each test takes the doubles it needs")]
pub(crate) mod doubles {
    //! A world whose clock stands still, without browser and person. Tests replace what they need.

    use std::cell::{Cell, RefCell};

    use super::*;

    pub(crate) struct FixedClock(pub(crate) Cell<i64>);

    impl Clock for FixedClock {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.get())
        }
        fn offset(&self) -> time::UtcOffset {
            time::UtcOffset::UTC
        }
    }

    pub(crate) struct NoBrowser;

    impl Browser for NoBrowser {
        fn available(&self) -> bool {
            false
        }
        fn open(&self, _: &TrustedUrl) -> Result<(), String> {
            Err("no browser here".into())
        }
    }

    /// No person; records the messages.
    #[derive(Default)]
    pub(crate) struct Nobody(pub(crate) RefCell<Vec<String>>);

    impl Person for Nobody {
        fn can_be_asked(&self) -> bool {
            false
        }
        fn tell(&self, note: Note<'_>) {
            self.0.borrow_mut().push(format!("{note:?}"));
        }
        fn pasted_line(&self) -> Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
            Box::pin(std::future::pending())
        }
        fn password(&self, _: &str) -> Option<Secret<String>> {
            None
        }
        fn confirm(&self, _: &str) -> Option<bool> {
            None
        }
    }

    /// A quiet world at `now` whose files are below `root`.
    pub(crate) fn world(root: &std::path::Path, now: i64) -> World {
        let env = Env::of([]);
        World {
            http: Http::new(&env),
            env,
            clock: Box::new(FixedClock(Cell::new(now))),
            browser: Box::new(NoBrowser),
            person: Box::new(Nobody::default()),
            asking: Asking::Nobody,
            folders: Folders {
                config_file: root.join("config.toml"),
                state: root.join("state"),
                aws_config: root.join(".aws/config"),
                aws_credentials: root.join(".aws/credentials"),
                home: root.to_owned(),
            },
        }
    }
}
