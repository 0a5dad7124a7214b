//! Which request is meant: by its id, a short form of it, or what was asked for.

use jit_access::fold::{Case, State};
use jit_access::id::{Id, IdMatch};
use jit_wire::explain::{Explain, Kind, Next};

use crate::error::CommandResult;

use super::Desk;

/// Why it is not known which request is meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMeant {
    /// There is none.
    #[error("there is no request `{0}`")]
    None(String),
    /// There are several.
    #[error("several requests match `{typed}`")]
    Several {
        /// What was typed.
        typed: String,
        /// Their whole ids.
        ids: Vec<String>,
    },
}

impl Explain for NotMeant {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::None(_) => Vec::new(),
            Self::Several { ids, .. } => vec![ids.join(", ")],
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::None(_) => vec![Next::Run {
                command: "requests --all".into(),
                does: "lists the requests of the last 7 days".into(),
            }],
            Self::Several { .. } => vec![Next::words("type more of the id")],
        }
    }
}

impl<'d> Desk<'d> {
    /// The request that `typed` means: a whole id, or a short form of one.
    ///
    /// # Errors
    /// [`NotMeant`].
    pub(crate) fn find(&self, typed: &str) -> CommandResult<Case<'d>> {
        let none = || NotMeant::None(typed.to_owned());
        match Id::find(typed, self.view.records.ids()) {
            IdMatch::One(id) => Ok(self.case(id).ok_or_else(none)?),
            IdMatch::None => Err(none().into()),
            IdMatch::Several(ids) => {
                let ids = ids.iter().map(Id::to_string).collect();
                Err(NotMeant::Several { typed: typed.to_owned(), ids }.into())
            }
        }
    }

    /// The person's open requests and live grants, the oldest first.
    pub(crate) fn mine_open(&self) -> Vec<(Case<'d>, State)> {
        let mine = self.cases().filter(|case| self.is_mine(case));
        mine.map(|case| (self.state(&case), case))
            .filter(|(state, _)| state.is_open())
            .map(|(state, case)| (case, state))
            .collect()
    }
}
