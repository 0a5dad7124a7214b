//! Nobody agrees to something unseen: people who are shown it are asked, and where nobody can be asked, the SHA-256 says what
//! they have seen.

use clap::Args;
use jit_access::ledger::Hash;
use jit_wire::explain::{Explain, Kind, Next};

use crate::world::World;

/// How much of a hash is shown, which is enough to type.
const SHOWN: usize = 12;
/// The least of a hash that says which bytes were seen.
const SHORTEST: usize = 8;

/// How a question is answered beforehand.
#[derive(Args, Debug)]
pub struct SeenArgs {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// The SHA-256 of what you have seen, or its first 8 digits or more
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
}

/// Why it is not known that the person has seen it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSeen {
    /// Nobody can be asked.
    #[error("there is no terminal to ask on, and nothing is done unseen")]
    Unseen {
        /// What to type after `jit`, once it was seen.
        command: String,
    },
    /// It is not what they have seen.
    #[error("this is not what you have seen: its SHA-256 begins with {is}, not {typed}")]
    Other {
        /// The hash.
        is: String,
        /// What was typed.
        typed: String,
    },
    /// Too little of a hash to say anything.
    #[error("--sha256 needs at least {SHORTEST} hexadecimal digits")]
    Short,
    /// The answer was no.
    #[error("cancelled; nothing was done")]
    Cancelled,
}

impl Explain for NotSeen {
    fn kind(&self) -> Kind {
        match self {
            Self::Unseen { .. } | Self::Other { .. } | Self::Short => Kind::Usage,
            Self::Cancelled => Kind::Interrupted,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::Unseen { command } => {
                vec![Next::Run {
                    command: command.clone().into(),
                    does: "agrees to what is shown above".into(),
                }]
            }
            Self::Other { .. } => vec![Next::words("look at it again before you agree")],
            Self::Short => vec![Next::words("copy the SHA-256 from where you have seen it")],
            Self::Cancelled => Vec::new(),
        }
    }
}

/// The part of a hash that is shown.
pub(crate) fn short_hash(hash: Hash) -> String {
    hash.to_string().chars().take(SHOWN).collect()
}

/// What the person is asked about.
pub(crate) struct Seen<'s> {
    /// The bytes.
    pub(crate) hash: Hash,
    /// Whether without a terminal `--yes` needs their hash.
    pub(crate) needs_hash: bool,
    /// What is asked.
    pub(crate) question: &'s str,
    /// The command, with all that was typed but the answer.
    pub(crate) command: String,
}

/// Makes sure that the person has seen it and agrees.
///
/// # Errors
/// [`NotSeen`].
pub(crate) fn make_sure(seen: &Seen<'_>, args: &SeenArgs, world: &World) -> Result<(), NotSeen> {
    if let Some(typed) = &args.sha256 {
        let is_hash = typed.bytes().all(|byte| byte.is_ascii_hexdigit());
        if typed.len() < SHORTEST || !is_hash {
            return Err(NotSeen::Short);
        }
        if !seen.hash.to_string().starts_with(&typed.to_ascii_lowercase()) {
            return Err(NotSeen::Other { is: short_hash(seen.hash), typed: typed.clone() });
        }
    }
    let can_be_asked = world.person.can_be_asked();
    if args.yes && (can_be_asked || args.sha256.is_some() || !seen.needs_hash) {
        return Ok(());
    }
    match world.person.confirm(seen.question) {
        Some(true) => Ok(()),
        Some(false) => Err(NotSeen::Cancelled),
        None => {
            let hash =
                if seen.needs_hash { format!(" --sha256 {}", short_hash(seen.hash)) } else { String::new() };
            Err(NotSeen::Unseen { command: format!("{} --yes{hash}", seen.command) })
        }
    }
}
