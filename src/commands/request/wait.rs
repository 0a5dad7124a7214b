//! `--wait`: until a request is granted, denied, or nobody decides.

use std::time::{Duration, Instant};

use jit_access::fold::{Case, Phase, State};
use jit_access::id::Id;
use jit_access::policy::Right;
use jit_wire::explain::{Explain, Kind, Next};

use crate::broker::AccessLedger;
use crate::commands::access::{Desk, at_desk, failed, until_words, wanted_in_words};
use crate::error::CommandResult;
use crate::ui::text::{escape, shown};
use crate::ui::{Ui, WaitingLine};
use crate::world::World;

/// How often the ledger is looked at for news about the request.
const EVERY: Duration = Duration::from_secs(2);
/// How often it is read as a whole: a new policy can change who is waited for.
const READ_EVERY: Duration = Duration::from_secs(60);
/// However long somebody would wait: requests lapse before that.
const AT_MOST: Duration = Duration::from_secs(7 * 86_400);

/// Why it is not granted.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotGranted {
    #[error("request {short} is still pending")]
    Pending { short: String, waits_for: Vec<String> },
    #[error("request {short} {words}")]
    Over { short: String, words: String },
    #[error("request {short} was {words}")]
    Denied { short: String, words: String },
    #[error("request {short} was granted, but not applied")]
    Failed { short: String, why: String },
}

impl Explain for NotGranted {
    fn kind(&self) -> Kind {
        match self {
            Self::Pending { .. } | Self::Over { .. } => Kind::Pending,
            Self::Denied { .. } => Kind::Refused,
            Self::Failed { .. } => Kind::Failed,
        }
    }

    fn why(&self) -> Vec<String> {
        match self {
            Self::Pending { waits_for, .. } => {
                waits_for.iter().map(|wanted| format!("it waits for {wanted}")).collect()
            }
            Self::Failed { why, .. } => vec![why.clone()],
            Self::Over { .. } | Self::Denied { .. } => Vec::new(),
        }
    }

    fn next(&self) -> Vec<Next> {
        let (Self::Pending { short, .. }
        | Self::Over { short, .. }
        | Self::Denied { short, .. }
        | Self::Failed { short, .. }) = self;
        let look = Next::Run { command: format!("requests {short}").into(), does: "shows it".into() };
        match self {
            Self::Pending { .. } => vec![
                Next::Run {
                    command: format!("approve {short}").into(),
                    does: "is what an approver types".into(),
                },
                look,
            ],
            _ => vec![look],
        }
    }
}

/// Where a request is on its way.
enum Way {
    /// Granted, and known to be in AWS.
    There(String),
    On(String),
    Off(NotGranted),
}

/// Waits until `id` is granted and applied, for at most `limit` seconds.
///
/// # Errors
/// [`NotGranted`], or the ledger cannot be read.
pub(in crate::commands) fn wait(
    ledger: &AccessLedger<'_>,
    id: Id,
    limit: Option<u32>,
    world: &World,
    ui: &Ui,
) -> CommandResult {
    let limit = limit.map_or(AT_MOST, |seconds| Duration::from_secs(seconds.into()));
    let began = Instant::now();
    ui.say("Waiting. Ctrl-C stops waiting, and the request stays.");
    let line = WaitingLine::new(*ui);
    let read = || ledger.read_recent().map_err(|error| failed(&error, ledger));
    let mut view = read()?;
    let mut read_at = Instant::now();
    loop {
        let is_last = began.elapsed() + EVERY > limit;
        let way = at_desk(ledger, &view, Right::Request, world, |desk| {
            let Some(case) = desk.case(id) else { return Ok(Way::On("the ledger".to_owned())) };
            Ok(way(&case, is_last, desk))
        })?;
        match way {
            Way::There(words) => {
                drop(line);
                ui.done(escape(&words));
                return Ok(());
            }
            Way::Off(why) => return Err(why.into()),
            Way::On(whom) => line.say(shown!("Waiting for {}", whom), began.elapsed()),
        }
        std::thread::sleep(EVERY.min(limit.saturating_sub(began.elapsed())));
        let is_due = read_at.elapsed() >= READ_EVERY;
        if is_due || ledger.has_news(id).map_err(|error| failed(&error, ledger))? {
            (view, read_at) = (read()?, Instant::now());
        } else {
            view.now = ledger.time().map_err(|error| failed(&error, ledger))?;
        }
    }
}

fn way(case: &Case<'_>, is_last: bool, desk: &Desk<'_>) -> Way {
    let short = desk.short(case.id);
    let state = desk.state(case);
    let words = until_words(case, &state, desk);
    match &state {
        State::Granted { phase: Phase::Live { applied: true }, .. } => {
            Way::There(format!("{}: {words}", case.request.access))
        }
        State::Granted { phase: Phase::Scheduled, .. } if case.applied.is_some() => {
            Way::There(format!("{}: {words}", case.request.access))
        }
        State::Granted { phase: Phase::Failed { why }, .. } => {
            Way::Off(NotGranted::Failed { short, why: why.clone() })
        }
        State::Denied { .. } => Way::Off(NotGranted::Denied { short, words }),
        State::Lapsed => {
            Way::Off(NotGranted::Over { short, words: "has lapsed: nobody decided in time".to_owned() })
        }
        State::Dropped => Way::Off(NotGranted::Over { short, words: "was withdrawn".to_owned() }),
        State::Granted { phase: Phase::Ended { .. }, .. } => Way::Off(NotGranted::Over { short, words }),
        State::Pending | State::Granted { .. } if is_last => {
            let waits_for = desk.wanted(case).iter().map(wanted_in_words).collect();
            Way::Off(NotGranted::Pending { short, waits_for })
        }
        State::Pending => {
            let wanted: Vec<String> = desk.wanted(case).iter().map(wanted_in_words).collect();
            Way::On(if wanted.is_empty() { "the decision".to_owned() } else { wanted.join("; ") })
        }
        State::Granted { .. } => Way::On("AWS".to_owned()),
    }
}
