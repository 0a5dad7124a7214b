//! The connection to a browser: a pipe that it inherits. Never a port, which every user can connect to.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::sys::driven::Driven;

/// A connection to a browser. Dropping it ends the program.
pub(super) enum Wire {
    /// The pipe of a program that was started with one, and what has been received of the next message.
    Pipe(Box<Driven>, Zeroizing<Vec<u8>>),
    /// Prepared messages.
    #[cfg(any(test, fuzzing))]
    Script(super::fuzzing::Script),
}

impl Wire {
    /// # Errors
    /// The browser is gone.
    pub(super) async fn send(&mut self, message: String) -> io::Result<()> {
        match self {
            Self::Pipe(program, _) => program.send(message.as_bytes()).await,
            #[cfg(any(test, fuzzing))]
            Self::Script(script) => {
                script.hear(message);
                Ok(())
            }
        }
    }

    /// The next message; `None` once the browser is gone. This future may be dropped while it waits.
    ///
    /// # Errors
    /// Something that is not a message.
    pub(super) async fn receive(&mut self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        match self {
            Self::Pipe(program, unfinished) => program.receive(unfinished).await,
            #[cfg(any(test, fuzzing))]
            Self::Script(script) => Ok(script.say()),
        }
    }

    /// The program's last line, for an error.
    pub(super) fn last_words(&self) -> Option<String> {
        match self {
            Self::Pipe(program, _) => program.last_words(),
            #[cfg(any(test, fuzzing))]
            Self::Script(_) => None,
        }
    }

    /// How the program ended, or `None` if it has not within `at_most`.
    pub(super) async fn ended(&mut self, at_most: Duration) -> Option<ExitStatus> {
        match self {
            Self::Pipe(program, _) => program.ended(at_most).await,
            #[cfg(any(test, fuzzing))]
            Self::Script(_) => None,
        }
    }
}
