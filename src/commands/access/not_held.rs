//! Why there is no session of a role on request.

use jit_wire::explain::{Explain, Kind, Next};

use super::own::OwnRequest;

/// Why there is no session of a role on request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotHeld {
    /// The person neither has it nor waits for it.
    #[error("{access} is not granted to you")]
    NotGranted {
        /// What.
        access: String,
        /// What is typed after `jit` to ask for it.
        ask: String,
    },
    /// They wait for it.
    #[error("{access} is not granted to you yet: request {short} is pending")]
    Pending {
        /// For what.
        access: String,
        /// The request.
        short: String,
        /// Whom it waits for.
        waits_for: Vec<String>,
    },
    /// They did not say in which account.
    #[error("{access} is granted to you in several accounts")]
    Several {
        /// What.
        access: String,
        /// Their numbers.
        accounts: Vec<String>,
    },
    /// The same for what they may ask for.
    #[error("{access} can be held in several accounts")]
    Anywhere {
        /// What.
        access: String,
        /// The accounts' numbers; none if they are not known.
        accounts: Vec<String>,
    },
    /// It does not last as long as is needed.
    #[error("{access} is granted to you for another {left} only, and --min-ttl asks for {wanted}")]
    TooShort {
        /// What.
        access: String,
        /// How long it lasts.
        left: String,
        /// How long it should.
        wanted: String,
        /// What is typed after `jit` to extend it.
        extend: String,
    },
    /// Any of these, for programs that show one line.
    #[error("{line}")]
    ForProgram {
        /// The kind of what it says.
        kind: Kind,
        /// What happened, and what to type.
        line: String,
    },
}

impl NotHeld {
    /// The access that is not held. What is said to a program names it in its text alone.
    pub(crate) fn access(&self) -> &str {
        match self {
            Self::NotGranted { access, .. }
            | Self::Pending { access, .. }
            | Self::Several { access, .. }
            | Self::Anywhere { access, .. }
            | Self::TooShort { access, .. } => access,
            Self::ForProgram { .. } => "",
        }
    }

    pub(super) fn pending(access: &str, request: OwnRequest) -> Self {
        Self::Pending { access: access.to_owned(), short: request.short, waits_for: request.waits_for }
    }

    /// What happened, and what to type, in one line.
    pub(super) fn in_one_line(&self) -> String {
        match self {
            Self::NotGranted { ask, .. } => format!("{self}; to ask for it, run: jit {ask}"),
            Self::Pending { waits_for, .. } if !waits_for.is_empty() => {
                format!("{self}, and waits for {}", waits_for.join(" and "))
            }
            Self::Several { accounts, access } | Self::Anywhere { accounts, access } => {
                format!("{self}; {}", name_one(access, accounts))
            }
            _ => self.to_string(),
        }
    }

    /// The same for a program.
    pub(super) fn to_program(&self) -> Self {
        Self::ForProgram { kind: self.kind(), line: self.in_one_line() }
    }
}

fn name_one(access: &str, accounts: &[String]) -> String {
    if accounts.is_empty() {
        return format!("name the account as well: ACCOUNT/{access}");
    }
    let names: Vec<String> = accounts.iter().map(|account| format!("{account}/{access}")).collect();
    format!("name the account as well: {}", names.join(", "))
}

impl Explain for NotHeld {
    fn kind(&self) -> Kind {
        match self {
            Self::NotGranted { .. } | Self::TooShort { .. } => Kind::NotAllowed,
            Self::Pending { .. } => Kind::Pending,
            Self::Several { .. } | Self::Anywhere { .. } => Kind::Usage,
            Self::ForProgram { kind, .. } => *kind,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Pending { waits_for, .. } => {
                waits_for.iter().map(|wanted| format!("it waits for {wanted}")).collect()
            }
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        let run = |command: &str, does: &'static str| {
            vec![Next::Run { command: command.to_owned().into(), does: does.into() }]
        };
        match self {
            Self::NotGranted { ask, .. } => run(ask, "asks for it"),
            Self::Pending { short, .. } => run(&format!("requests {short}"), "shows it"),
            Self::Several { access, accounts } | Self::Anywhere { access, accounts } => {
                vec![Next::words(name_one(access, accounts))]
            }
            Self::TooShort { extend, .. } => run(extend, "asks for more time"),
            Self::ForProgram { .. } => Vec::new(),
        }
    }
}
