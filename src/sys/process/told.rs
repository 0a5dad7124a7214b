//! Handles the signals that tell this process to end: Ctrl-C, `kill`, a terminal that closes.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::block_on;

/// Waits for this process to be told to end: by Ctrl-C and, on Unix, by `kill` or by a terminal that closes.
/// It listens from its creation, so create it before starting anything that must be cleaned up. A signal that
/// arrives while nobody waits is kept.
///
/// Once one of these was created, the system no longer ends the process by itself. So while none exists, a
/// thread ends the process ([`end_when_told`]), and no signal is lost in between.
pub struct Told(Signals);

/// How many [`Told`] exist.
static LISTENERS: AtomicUsize = AtomicUsize::new(0);

impl Told {
    /// Listens from now on. Needs a runtime.
    ///
    /// # Errors
    /// The system does not report signals.
    pub fn listen() -> io::Result<Self> {
        end_when_told()?;
        let signals = Signals::listen()?;
        LISTENERS.fetch_add(1, Ordering::SeqCst);
        Ok(Self(signals))
    }

    /// Waits until this process is told to end. Returns the exit code for that: 128 plus the signal's number,
    /// as in shells.
    pub async fn wait(&mut self) -> u8 {
        self.0.wait().await
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        LISTENERS.fetch_sub(1, Ordering::SeqCst);
        // A signal that arrived while this existed, which the thread has left for it.
        let mut unseen = std::pin::pin!(self.0.wait());
        if let Poll::Ready(code) = unseen.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            end(code);
        }
    }
}

/// Ends this process when it is told to end, with the modes of the terminal restored, unless a [`Told`]
/// exists, which does more. It is listening when this returns, for the rest of the process.
///
/// # Errors
/// The system does not report signals.
pub fn end_when_told() -> io::Result<()> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*started {
        in_a_thread(Signals::listen, async |mut signals| {
            loop {
                let code = signals.wait().await;
                if LISTENERS.load(Ordering::SeqCst) == 0 {
                    end(code);
                }
            }
        })?;
        *started = true;
    }
    Ok(())
}

/// Calls `then` with the exit code when this process is told to end; for callers without a runtime. It is
/// listening when this returns.
///
/// # Errors
/// The system does not report signals.
pub fn when_told_to_end(then: impl FnOnce(u8) + Send + 'static) -> io::Result<()> {
    in_a_thread(Told::listen, async |mut told| then(told.wait().await))
}

/// Listens in a thread with a runtime of its own; returns as soon as it is listening.
fn in_a_thread<L>(
    listen: impl FnOnce() -> io::Result<L> + Send + 'static,
    then: impl AsyncFnOnce(L) + Send + 'static,
) -> io::Result<()> {
    let (listening, listens) = std::sync::mpsc::channel();
    let listener = move || {
        block_on(async {
            match listen() {
                Ok(signals) => {
                    let _ = listening.send(Ok(()));
                    then(signals).await;
                }
                Err(error) => drop(listening.send(Err(error))),
            }
        });
    };
    std::thread::Builder::new().name("told to end".to_owned()).spawn(listener)?;
    listens.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
}

/// The signals that tell a process to end.
#[cfg(unix)]
struct Signals([(u8, tokio::signal::unix::Signal); 3]);

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            (128 + 2, signal(SignalKind::interrupt())?),
            (128 + 1, signal(SignalKind::hangup())?),
            (128 + 15, signal(SignalKind::terminate())?),
        ]))
    }

    async fn wait(&mut self) -> u8 {
        let [interrupt, hangup, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.1.recv() => interrupt.0,
            _ = hangup.1.recv() => hangup.0,
            _ = terminate.1.recv() => terminate.0,
        }
    }
}

/// The signals that tell a process to end.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC, tokio::signal::windows::CtrlBreak);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?, tokio::signal::windows::ctrl_break()?))
    }

    async fn wait(&mut self) -> u8 {
        tokio::select! { _ = self.0.recv() => {} _ = self.1.recv() => {} }
        128 + 2
    }
}

/// Ends this process immediately with this exit code. The terminal is restored.
pub fn end(code: u8) -> ! {
    crate::sys::terminal::put_modes_back();
    #[expect(clippy::exit, reason = "the person asked for the end, and what was to be cleared is cleared")]
    std::process::exit(code.into())
}
