//! The trait of errors: the kind of failure, why it happened, and what to do next.
//!
//! Every error type of the program implements [`Explain`] next to its own definition, so a new error needs
//! one `match`, and no other table. An error does not know what was typed, for which role, or whether a
//! person can be asked. So its advice is typed: [`Next`] says what to do, and `commands/advice.rs` turns that
//! into the command for this case.

use std::borrow::Cow;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

/// The kinds of failure, each with an exit code that scripts can rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Anything else.
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// A person must sign in, and that cannot start here.
    LoginNeeded,
    /// AWS or the IdP refused.
    Refused,
    /// AWS refused this person this role. Separate from [`Kind::Refused`] because this is where access could
    /// be requested.
    NotAllowed,
    /// The secret store cannot be used.
    Store,
    /// A request for access is still pending, or nobody decided in time.
    Pending,
    /// The person cancelled it.
    Interrupted,
    /// The program for `exec` could not be started; shells use the same code.
    NotExecutable,
    /// The program for `exec` does not exist; shells use the same code.
    NotFound,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Failed,
        Self::Usage,
        Self::LoginNeeded,
        Self::Refused,
        Self::NotAllowed,
        Self::Store,
        Self::Pending,
        Self::Interrupted,
        Self::NotExecutable,
        Self::NotFound,
    ];

    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::LoginNeeded => 3,
            Self::Refused | Self::NotAllowed => 4,
            Self::Store => 5,
            Self::Pending => 6,
            Self::Interrupted => 130,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
        }
    }

    /// The name in `--json` errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::LoginNeeded => "login_needed",
            Self::Refused => "refused",
            Self::NotAllowed => "not_allowed",
            Self::Store => "store",
            Self::Pending => "pending",
            Self::Interrupted => "interrupted",
            Self::NotExecutable => "not_executable",
            Self::NotFound => "not_found",
        }
    }
}

/// An error that explains itself. What happened is its [`Display`]: one sentence without a full stop.
pub trait Explain: Display {
    /// The kind of failure, which determines the exit code.
    fn kind(&self) -> Kind;

    /// Why it happened, the outermost reason first, as far as the message does not say it.
    fn why(&self) -> Vec<String> {
        Vec::new()
    }

    /// The affected line of the user's file.
    fn excerpt(&self) -> Option<String> {
        None
    }

    /// What to do next, in the order to try it.
    fn next(&self) -> Vec<Next>;
}

/// The text of one suggestion: a clause without a full stop.
pub type AdviceText = Cow<'static, str>;

/// One suggestion. `commands/advice.rs` knows the case, so this names no role, no IdP and no command line. If
/// its command would be wrong in this case, it is shown without the command, or not at all.
///
/// Serializable, because processes that waited for another one's failure get its suggestions too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// Something to do or to check that is neither a sign-in nor a command that depends on the case.
    Do(AdviceText),
    /// The same request may succeed in a moment.
    TryAgain,
    /// A command of `jit` that depends on neither role nor IdP.
    Run {
        /// What is typed after `jit`; names in it are quoted for a shell.
        command: AdviceText,
        /// What it does, as in `takes your company's shared file`; empty if the command makes that clear.
        does: AdviceText,
    },
    /// Sign in.
    SignIn,
    /// Sign in once more: the last attempt did not complete.
    SignInAgain,
    /// Sign in from scratch, ignoring what is left of the last sign-in.
    SignInAnew,
    /// Do what the text says, then sign in.
    ThenSignIn(AdviceText),
    /// Do what the text says, then sign in from scratch.
    ThenSignInAnew(AdviceText),
    /// Sign in with these flags, if the condition holds.
    SignInWith {
        /// The flags, such as `--device`.
        flags: AdviceText,
        /// The condition.
        when: AdviceText,
    },
    /// Sign in at the place that the text names, such as `a terminal`.
    SignInAt(AdviceText),
    /// Unlock the keychain, or let a sign-in on the desktop do it.
    Unlock,
    /// Check what the text says; `jit explain` shows it.
    Explain(AdviceText),
    /// `jit explain` shows every value of the refused request.
    EveryValue,
    /// First check the setting that names the host, then the network and the proxy.
    Network(Option<AdviceText>),
    /// `jit doctor` tries the configured servers one by one.
    Doctor,
    /// This machine's clock may be wrong; `jit doctor` compares it.
    Clock,
    /// `jit roles` lists what was offered in this account.
    Offered(String),
    /// `jit logout --all` removes what can no longer be read.
    StartAfresh,
}

impl Next {
    /// One suggestion as text.
    pub fn words(words: impl Into<AdviceText>) -> Self {
        Self::Do(words.into())
    }

    /// A command that explains itself.
    pub fn run(command: impl Into<AdviceText>) -> Self {
        Self::Run { command: command.into(), does: AdviceText::default() }
    }

    /// Several suggestions as text.
    pub fn list<const N: usize>(words: [&'static str; N]) -> Vec<Self> {
        words.into_iter().map(Self::words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_contract_s() {
        assert_eq!(Kind::ALL.map(Kind::exit_code), [1, 2, 3, 4, 4, 5, 6, 130, 126, 127]);
    }

    #[test]
    fn advice_can_be_passed_to_another_process() {
        let advice = vec![
            Next::words("check `issuer`"),
            Next::SignInWith { flags: "--device".into(), when: "on another device".into() },
            Next::Network(None),
            Next::Offered("111111111111".to_owned()),
        ];
        let written = serde_json::to_string(&advice).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<Next>>(&written).ok(), Some(advice));
    }
}
