//! `approve` and `deny`: the request is shown as it is stored, and the vote is about exactly these bytes.

use jit_access::fold::{Case, Phase, State, UseCase};
use jit_access::id::{Id, IdMatch};
use jit_access::ledger::{Fact, Hash, Review, Vote, Vouch};
use jit_access::policy::{Apply, Right};
use jit_wire::explain::{Explain, Next};
use jit_wire::name;

use crate::broker::{AccessLedger, Broker};
use crate::commands::load::Configuration;
use crate::error::{CommandError, CommandResult, Kind};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;

use super::seen::{NotSeen, Seen, SeenArgs, make_sure};
use super::summary::{show_request, show_use};
use super::words::until_words;
use super::{Desk, NotMeant, at_desk, case_json, failed, open};

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 2000;

/// A message that is short enough.
///
/// # Errors
/// In a sentence.
pub(crate) fn message(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=LONGEST_MESSAGE => Ok(text.trim().to_owned()),
        _ => Err(format!("longer than {LONGEST_MESSAGE} characters")),
    }
}

/// A message that says something.
///
/// # Errors
/// In a sentence.
pub(crate) fn reason(text: &str) -> Result<String, String> {
    message(text).and_then(|text| if text.is_empty() { Err("say why".to_owned()) } else { Ok(text) })
}

/// What was typed.
pub(crate) struct Ballot<'a> {
    /// Yes or no.
    pub(crate) vote: Vouch,
    /// The request, or the use of break-glass.
    pub(crate) id: &'a str,
    /// What the person says about it.
    pub(crate) message: &'a str,
    /// How the question is answered beforehand.
    pub(crate) seen: &'a SeenArgs,
    /// For a script.
    pub(crate) json: bool,
}

/// Why a vote is not cast.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCast {
    /// It is decided, or over.
    #[error("{short} is no longer pending: {words}")]
    NotPending {
        /// Its id.
        short: String,
        /// Its state.
        words: String,
        /// Whether the requester has it.
        is_open: bool,
    },
    /// It completes the request, and the policy denies it all the same.
    #[error("your vote is stored, but the request was denied: {0}")]
    Overruled(String),
    /// The vote is stored, and what it completes was not done.
    #[error("your vote is stored, but the decision was not applied: {what}")]
    NotApplied { what: String, kind: Kind, next: Vec<Next>, again: String },
}

impl Explain for NotCast {
    fn kind(&self) -> Kind {
        match self {
            Self::NotPending { .. } | Self::Overruled(_) => Kind::Refused,
            Self::NotApplied { kind, .. } => *kind,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NotPending { short, is_open: true, .. } => vec![Next::Run {
                command: format!("revoke {short} -m WHY").into(),
                does: "ends it, if you may".into(),
            }],
            Self::NotPending { .. } | Self::Overruled(_) => vec![Next::words("the requester can ask again")],
            Self::NotApplied { next, again, .. } => next
                .iter()
                .cloned()
                .chain(std::iter::once(Next::Run {
                    command: again.clone().into(),
                    does: "tries to apply it again".into(),
                }))
                .collect(),
        }
    }
}

/// What was done with a ballot.
enum Done {
    /// A vote on this request.
    Voted(Id),
    /// A review of this use.
    Reviewed(Id),
}

/// Casts `ballot`: shows what it is about, asks, says it, and applies what it completes.
///
/// # Errors
/// [`NotCast`], [`jit_access::voting::NoVote`], or the ledger's.
pub(crate) fn cast(ballot: &Ballot<'_>, world: &World, ui: &Ui) -> CommandResult {
    let files = Configuration::read(world)?;
    let store = files.open_store()?;
    let broker = Broker::new(world, &store);
    let ledger = open(&files, &broker, Right::Vote, world)?;
    let view = ledger.read_recent().map_err(|error| failed(&error, &ledger))?;
    let done = at_desk(&ledger, &view, Right::Vote, world, |desk| match subject(ballot.id, desk)? {
        Subject::Request(case) => on_request(ballot, &case, desk, ui),
        Subject::Use(used) => on_use(ballot, &used, desk, ui),
    })?;
    match done {
        Done::Voted(id) => outcome(id, ballot, &ledger, world, ui),
        Done::Reviewed(id) => {
            if ballot.json {
                return ui.json(&serde_json::json!({ "id": id, "reviewed": ballot.vote }));
            }
            ui.done(match ballot.vote {
                Vouch::Approve => "Reviewed: it was all right",
                Vouch::Deny => "Reviewed: it was not all right",
            });
            Ok(())
        }
    }
}

enum Subject<'d> {
    Request(Case<'d>),
    Use(UseCase<'d>),
}

/// What `typed` means: a request, or a use of break-glass.
fn subject<'d>(typed: &str, desk: &Desk<'d>) -> CommandResult<Subject<'d>> {
    let records = &desk.view.records;
    if let IdMatch::One(id) = Id::find(typed, records.ids())
        && let Some(used) = records.use_case(id)
    {
        return Ok(Subject::Use(used));
    }
    desk.find(typed).map(Subject::Request)
}

fn on_request(ballot: &Ballot<'_>, case: &Case<'_>, desk: &Desk<'_>, ui: &Ui) -> CommandResult<Done> {
    let short = desk.short(case.id);
    let state = desk.state(case);
    let own = desk.me.ok().and_then(|me| case.vote_of(&desk.people, me.person));
    if own.is_some_and(|(_, vote)| vote == ballot.vote) && agrees(&state, ballot.vote) {
        // Nothing new to say; what it completes may not have been applied.
        ui.say("You have said so already");
        return Ok(Done::Voted(case.id));
    }
    if state != State::Pending {
        return Err(NotCast::NotPending {
            short,
            words: until_words(case, &state, desk),
            is_open: state.is_open(),
        }
        .into());
    }
    let author = case.voter(&desk.people, desk.user_id, ballot.vote, desk.now())?;
    show_request(case, desk, (author.person, ballot.vote), ui);
    confirm(ballot, case.hash, &short, desk.world)?;
    let request = case.id;
    let sha256 = case.hash;
    let reason = ballot.message.to_owned();
    say(desk, &Fact::Vote(Vote { request, sha256, vote: ballot.vote, reason }))?;
    Ok(Done::Voted(case.id))
}

/// Whether a request is where this vote wants it, or on its way there.
fn agrees(state: &State, vote: Vouch) -> bool {
    match (state, vote) {
        (State::Pending, _) | (State::Denied { .. }, Vouch::Deny) => true,
        (State::Granted { phase, .. }, Vouch::Approve) => !matches!(phase, Phase::Ended { .. }),
        _ => false,
    }
}

fn on_use(ballot: &Ballot<'_>, used: &UseCase<'_>, desk: &Desk<'_>, ui: &Ui) -> CommandResult<Done> {
    used.reviewer(&desk.people, desk.user_id)?;
    show_use(used, desk, ui);
    confirm(ballot, used.hash, &desk.short(used.id), desk.world)?;
    let request = used.id;
    let sha256 = used.hash;
    let reason = ballot.message.to_owned();
    say(desk, &Fact::Review(Review { request, sha256, vote: ballot.vote, reason }))?;
    Ok(Done::Reviewed(used.id))
}

fn say(desk: &Desk<'_>, fact: &Fact) -> CommandResult<Id> {
    desk.ledger.say(desk.user_id, fact).map_err(|error| failed(&error, desk.ledger))
}

/// Makes sure that the person means what was shown.
fn confirm(ballot: &Ballot<'_>, hash: Hash, short: &str, world: &World) -> Result<(), NotSeen> {
    let mut command = format!("{} {short}", verb(ballot.vote));
    if !ballot.message.is_empty() {
        command = format!("{command} -m {}", name::in_command(ballot.message));
    }
    let question = match ballot.vote {
        Vouch::Approve => "Approve?",
        Vouch::Deny => "Deny?",
    };
    // A no gives nobody anything.
    let needs_hash = ballot.vote == Vouch::Approve;
    make_sure(&Seen { hash, needs_hash, question, command }, ballot.seen, world)
}

fn verb(vote: Vouch) -> &'static str {
    match vote {
        Vouch::Approve => "approve",
        Vouch::Deny => "deny",
    }
}

/// Applies what a vote completes, where approvers apply, and says what came of it.
fn outcome(id: Id, ballot: &Ballot<'_>, ledger: &AccessLedger<'_>, world: &World, ui: &Ui) -> CommandResult {
    let view = ledger.read_recent().map_err(|error| failed(&error, ledger))?;
    let by_approver = view.policy().is_ok_and(|stored| stored.policy.deployment.apply == Apply::Approver);
    let applied = if by_approver { ledger.apply(id) } else { Ok(()) };
    let view = ledger.read_recent().map_err(|error| failed(&error, ledger))?;
    at_desk(ledger, &view, Right::Vote, world, |desk| {
        let case = desk.case(id).ok_or_else(|| NotMeant::None(id.to_string()))?;
        let state = desk.state(&case);
        if let Err(error) = &applied {
            let again = format!("{} {}", verb(ballot.vote), desk.short(id));
            return Err(NotCast::NotApplied {
                what: error.to_string(),
                kind: error.kind(),
                next: error.next(),
                again,
            }
            .into());
        }
        if ballot.json {
            return ui.json(&case_json(&case, desk, true));
        }
        if let (State::Denied { why, .. }, Vouch::Approve) = (&state, ballot.vote) {
            return Err(NotCast::Overruled(why.clone()).into());
        }
        tell(&case, &state, by_approver, desk, ui);
        result(&state)
    })
}

/// What came of it, for the person.
fn tell(case: &Case<'_>, state: &State, by_approver: bool, desk: &Desk<'_>, ui: &Ui) {
    let who = escape(desk.name_of(case.author));
    match state {
        State::Granted { phase: Phase::Failed { .. }, .. } => {}
        State::Granted { .. } => {
            ui.done(shown!("{}: {} {}", who, case.request.access, until_words(case, state, desk)));
        }
        State::Pending => {
            let wanted = desk.wanted(case);
            if wanted.is_empty() && !by_approver {
                ui.done("Approved, and nothing is missing: the function decides next");
            } else {
                ui.done("Approved");
                for one in &wanted {
                    ui.say(shown!("  still waits for {}", super::page::wanted_in_words(one)));
                }
            }
        }
        State::Denied { .. } => {
            ui.done(shown!("{}: {} {}", who, case.request.access, until_words(case, state, desk)))
        }
        State::Lapsed | State::Dropped => {
            ui.warn(shown!("{}: {} {}", who, case.request.access, until_words(case, state, desk)));
        }
    }
}

fn result(state: &State) -> CommandResult {
    match state {
        State::Granted { phase: Phase::Failed { why }, .. } => {
            Err(CommandError::new(Kind::Refused, "AWS did not accept the grant").because(why))
        }
        _ => Ok(()),
    }
}
