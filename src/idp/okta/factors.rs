//! Second factors: choosing one, sending it, and waiting for the answer of a person or their phone.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::OktaError;
use super::api::bounded;
use super::authn::{SignIn, state, wipe};
use super::person::Chosen;
use super::transaction::{FactorInfo, Transaction};
use crate::plan::{FACTORS, Factor};
use crate::sys::process;
use crate::world::Note;
use jit_wire::timestamp::Timestamp;

/// How often to poll for the phone's answer. The org allows four requests a second, and this adds at most one
/// second to the person's own time.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// The time limit if the org names none.
const USUAL_LIFE: Duration = Duration::from_secs(300);
/// How often a code may be typed.
const TRIES: usize = 3;

/// Takes one step of the second factor.
pub(super) async fn verify(
    sign_in: &mut SignIn<'_>,
    transaction: &Transaction,
) -> Result<Transaction, OktaError> {
    let factor = choose(sign_in, &transaction.factors())?;
    let kind = factor.kind().ok_or_else(|| OktaError::NoUsableFactor(vec![name_of(&factor)]))?;
    // A push that nobody answers is remembered too: it was the person's choice.
    sign_in.known.factor = Some(Chosen::of(&factor));
    match kind {
        Factor::Push => push(sign_in, transaction, &factor).await,
        Factor::Totp | Factor::Token => code(sign_in, transaction, &factor, None).await,
        Factor::Sms | Factor::Call | Factor::Email => {
            let started = start(sign_in, transaction, &factor).await?;
            let words = name_of(&factor);
            let note = Note::CodeSent { factor: &words, to: factor.sent_to() };
            sign_in.api.world.person.tell(note);
            code(sign_in, &started, &factor, started.link("resend")).await
        }
        Factor::Question => question(sign_in, transaction, &factor).await,
        Factor::Duo | Factor::Webauthn => Err(OktaError::BrowserNeeded(kind)),
    }
}

/// The factor to use, in order of precedence: from the command line, from the configuration, the one used
/// last, the only one, the person's choice.
fn choose(sign_in: &SignIn<'_>, factors: &[FactorInfo]) -> Result<FactorInfo, OktaError> {
    let usable: Vec<&FactorInfo> = factors.iter().filter(|factor| factor.kind().is_some()).collect();
    let names = || factors.iter().map(name_of).collect::<Vec<_>>();
    if usable.is_empty() {
        return Err(OktaError::NoUsableFactor(names()));
    }
    let wanted = sign_in.options.factor.or(sign_in.settings.factor.as_ref().map(|factor| factor.value));
    let candidates: Vec<&FactorInfo> = match wanted {
        Some(kind) => usable.into_iter().filter(|factor| factor.kind() == Some(kind)).collect(),
        None => usable,
    };
    let remembered = sign_in.known.factor.as_ref();
    let remembered = remembered.and_then(|last| candidates.iter().find(|factor| last.is(factor)).copied());
    match (candidates.as_slice(), remembered) {
        ([], _) => {
            let wanted = wanted.and_then(|wanted| FACTORS.iter().find(|(one, ..)| *one == wanted));
            let wanted = wanted.map(|(_, name, _)| (*name).to_owned()).unwrap_or_default();
            Err(OktaError::NoSuchFactor { wanted, there_are: names() })
        }
        (_, Some(last)) => Ok(last.clone()),
        ([only], None) => Ok((*only).clone()),
        (several, None) => {
            let person = &sign_in.api.world.person;
            if !person.can_be_asked() {
                return Err(OktaError::NobodyToAsk("which second factor to use"));
            }
            let items: Vec<String> = several.iter().map(|factor| name_of(factor)).collect();
            let picked = person.choose("Second factor", &items).ok_or(OktaError::Declined)?;
            Ok(several[picked].clone())
        }
    }
}

/// A factor's name for people, with what distinguishes two of the same kind.
fn name_of(factor: &FactorInfo) -> String {
    let kind = factor.kind().and_then(|kind| FACTORS.iter().find(|(one, ..)| *one == kind));
    let name = kind.map_or_else(|| bounded(&factor.factor_type), |(.., name)| (*name).to_owned());
    let maker = match (factor.provider.as_str(), factor.kind()) {
        ("GOOGLE", _) => Some("Google Authenticator"),
        ("OKTA", Some(Factor::Totp)) => Some("Okta Verify"),
        (_, Some(Factor::Token)) => factor.vendor_name.as_deref(),
        _ => None,
    };
    let detail = maker.or_else(|| factor.sent_to()).or_else(|| factor.profile("name"));
    detail.map_or(name.clone(), |detail| format!("{name} ({})", bounded(detail)))
}

/// Starts the verification of a factor.
async fn start(
    sign_in: &SignIn<'_>,
    transaction: &Transaction,
    factor: &FactorInfo,
) -> Result<Transaction, OktaError> {
    sign_in.api.post(&verify_url(transaction, factor)?, &state(transaction)?).await
}

fn verify_url(transaction: &Transaction, factor: &FactorInfo) -> Result<String, OktaError> {
    let url =
        factor.verify_link().or_else(|| transaction.link("next")).ok_or(OktaError::NotUnderstood(200))?;
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(if transaction.may_remember_device() {
        format!("{url}{separator}rememberDevice=true")
    } else {
        url.to_owned()
    })
}

/// A push: the phone asks for confirmation, perhaps for a number shown here, and the org is polled for the
/// answer.
async fn push(
    sign_in: &SignIn<'_>,
    transaction: &Transaction,
    factor: &FactorInfo,
) -> Result<Transaction, OktaError> {
    let api = sign_in.api;
    loop {
        // Before the phone is asked: from then on there is something to cancel.
        let mut told = process::Told::listen().map_err(|_| OktaError::Interrupted)?;
        let mut current = tokio::select! {
            started = start(sign_in, transaction, factor) => started?,
            _ = told.wait() => return Err(call_off(sign_in, transaction).await),
        };
        let life = life_of(&current, sign_in).min(sign_in.options.within);
        api.world.person.tell(Note::Push { device: factor.profile("name"), at_most: life });
        let until = Instant::now() + life;
        let mut shown = None;
        loop {
            if let Some(number) = current.number().filter(|number| shown.as_ref() != Some(number)) {
                api.world.person.tell(Note::PushNumber { number: &number });
                shown = Some(number);
            }
            if current.status != "MFA_CHALLENGE" {
                return Ok(current);
            }
            match current.factor_result.as_deref() {
                None | Some("WAITING" | "CHALLENGE") => {}
                Some("REJECTED") => return Err(OktaError::Rejected),
                Some("TIMEOUT") => break,
                Some("CANCELLED") => return Err(OktaError::Cancelled),
                Some(other) => {
                    let why = current.factor_result_message.as_deref().unwrap_or(other);
                    return Err(OktaError::FactorFailed(bounded(why)));
                }
            }
            if Instant::now() >= until {
                break;
            }
            let poll = current.link("next").ok_or(OktaError::NotUnderstood(200))?;
            let body = state(&current)?;
            let answer = async {
                tokio::time::sleep(POLL_EVERY).await;
                api.post(poll, &body).await
            };
            current = tokio::select! {
                answer = answer => answer?,
                _ = told.wait() => return Err(call_off(sign_in, &current).await),
            };
        }
        // Ends the line of the question; Ctrl-C works as usual again.
        drop(told);
        let again = api.world.person.confirm("The push was not answered. Send it again?");
        if again != Some(true) {
            return Err(OktaError::PushTimedOut);
        }
    }
}

/// Makes the phone stop asking.
async fn call_off(sign_in: &SignIn<'_>, current: &Transaction) -> OktaError {
    if let (Some(cancel), Ok(body)) = (current.link("cancel"), state(current)) {
        let _ = sign_in.api.post::<Value>(cancel, &body).await;
    }
    OktaError::Interrupted
}

/// How long the org waits for this answer, by its own clock if it sends the time.
fn life_of(transaction: &Transaction, sign_in: &SignIn<'_>) -> Duration {
    let end = transaction.expires_at.as_deref().and_then(Timestamp::parse_rfc3339);
    let now = sign_in.api.world.http.server_date().unwrap_or_else(|| sign_in.api.world.clock.now());
    end.map_or(USUAL_LIFE, |end| end.since(now))
}

/// A code: asked for, sent, and asked for again if it was wrong. With SMS or calls, an empty answer requests
/// a new code.
async fn code(
    sign_in: &SignIn<'_>,
    transaction: &Transaction,
    factor: &FactorInfo,
    resend: Option<&str>,
) -> Result<Transaction, OktaError> {
    let person = &sign_in.api.world.person;
    let prompt = format!("Code ({})", name_of(factor));
    let mut tries = 0;
    loop {
        if !person.can_be_asked() {
            return Err(OktaError::NobodyToAsk("the code of your second factor"));
        }
        let prompt = match resend {
            Some(_) => format!("{prompt} (press Enter for a new one)"),
            None => prompt.clone(),
        };
        match (person.line(&prompt), resend) {
            (None, None) => return Err(OktaError::Declined),
            (None, Some(resend)) => {
                tries += 1;
                match sign_in.api.post::<Transaction>(resend, &state(transaction)?).await {
                    Ok(_) => person.tell(Note::CodeSent { factor: &name_of(factor), to: factor.sent_to() }),
                    Err(error) if error.code() == Some("E0000109") => {
                        sign_in.warn("a code was sent a moment ago; ask for another one after 30 s");
                    }
                    Err(error) => return Err(error),
                }
            }
            (Some(code), _) => match answer(sign_in, transaction, factor, "passCode", code).await? {
                Some(next) => return Ok(next),
                None => tries += 1,
            },
        }
        if tries >= TRIES {
            return Err(OktaError::TooManyTries);
        }
    }
}

async fn question(
    sign_in: &SignIn<'_>,
    transaction: &Transaction,
    factor: &FactorInfo,
) -> Result<Transaction, OktaError> {
    let person = &sign_in.api.world.person;
    let question = bounded(factor.profile("questionText").unwrap_or("The answer to your security question"));
    for _ in 0..TRIES {
        if !person.can_be_asked() {
            return Err(OktaError::NobodyToAsk("the answer to your security question"));
        }
        let said = person.password(&question).ok_or(OktaError::Declined)?;
        if let Some(next) = answer(sign_in, transaction, factor, "answer", said.expose().clone()).await? {
            return Ok(next);
        }
    }
    Err(OktaError::TooManyTries)
}

/// Sends what the person typed; `None` if it was wrong and may be typed again.
async fn answer(
    sign_in: &SignIn<'_>,
    transaction: &Transaction,
    factor: &FactorInfo,
    field: &str,
    text: String,
) -> Result<Option<Transaction>, OktaError> {
    let mut body = state(transaction)?;
    body[field] = Value::String(text);
    let answer = sign_in.api.post::<Transaction>(&verify_url(transaction, factor)?, &body).await;
    wipe(&mut body);
    match answer {
        Ok(next) => match next.factor_result.as_deref() {
            Some("PASSCODE_REPLAYED" | "TIME_WINDOW_EXCEEDED") if next.status == "MFA_CHALLENGE" => {
                sign_in.warn("that code was already used or is too old; wait for the next one");
                Ok(None)
            }
            _ => Ok(Some(next)),
        },
        Err(error) if error.code() == Some("E0000068") => {
            sign_in.warn("that answer is wrong");
            Ok(None)
        }
        Err(error) if error.code() == Some("E0000069") => Err(OktaError::FactorLocked),
        Err(error) => Err(error),
    }
}
