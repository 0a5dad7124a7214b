//! What the portal of Identity Center lists: accounts, and the roles in one. Many calls run in parallel at
//! one common pace; throttling by the portal never becomes an error.

use std::cell::RefCell;
use std::time::Duration;

use aws_sdk_sso::Client;
use aws_sdk_sso::config::retry::RetryConfig;
use aws_sdk_sso::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sso::types::{AccountInfo, RoleInfo};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::{Instant, sleep};

use super::pace::Pace;
use super::portal::{self, PortalError, PortalErrorKind};
use crate::plan::CenterSettings;
use jit_wire::http::Http;
use jit_wire::name;
use jit_wire::secret::Secret;

/// The maximum number of entries of a page.
const PAGE: i32 = 100;
/// The maximum number of pages. No company has that many accounts, nor that many roles in one.
const MOST_PAGES: usize = 1000;
/// How often to repeat a call after an unusable answer, and how long to wait before.
const AGAIN: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

/// A list that never ends.
fn endless() -> PortalError {
    let message = format!("more than {MOST_PAGES} pages of one list");
    PortalError { kind: PortalErrorKind::Server, role: String::new(), message, pause: None }
}

/// After a wait this long, there was no answer to come.
const LONG: Duration = Duration::from_secs(20);

/// An account as the portal lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The twelve digits.
    pub id: String,
    /// The company's name for it.
    pub name: Option<String>,
}

/// The accounts of a page. Entries whose id is not an account number are dropped. Only the visible part of an
/// account's name is kept.
pub(super) fn accounts_of(page: Option<Vec<AccountInfo>>) -> impl Iterator<Item = Account> {
    let is_one = |id: &String| name::is_account_id(id);
    page.unwrap_or_default().into_iter().filter_map(move |account| {
        let called = account.account_name.and_then(|name| name::account_name_of(&name));
        Some(Account { id: account.account_id.filter(is_one)?, name: called })
    })
}

/// The roles of a page, without names that no permission set can have.
pub(super) fn roles_of(page: Option<Vec<RoleInfo>>) -> impl Iterator<Item = String> {
    let names = page.unwrap_or_default().into_iter().filter_map(|role| role.role_name);
    names.filter(|name| name::is_permission_set(name))
}

/// The lists of one portal, for one person.
pub struct Directory<'a> {
    client: Client,
    token: &'a Secret<String>,
    began: Instant,
    pace: RefCell<Pace>,
}

impl<'a> Directory<'a> {
    /// Makes no call yet.
    pub fn new(http: &Http, settings: &CenterSettings, token: &'a Secret<String>) -> Self {
        // Refused calls are repeated by this module, where all parallel calls share the pace.
        let client = portal::client(http, settings, RetryConfig::disabled());
        Self { client, token, began: Instant::now(), pace: RefCell::default() }
    }

    /// The accounts that the person has roles in.
    ///
    /// # Errors
    /// [`PortalError`], after the retries that help.
    pub async fn accounts(&self) -> Result<Vec<Account>, PortalError> {
        let (mut accounts, mut next) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let token = next.take();
            let page = self
                .asked("", || {
                    let asked = self.client.list_accounts().access_token(self.token.expose());
                    asked.max_results(PAGE).set_next_token(token.clone()).send()
                })
                .await?;
            accounts.extend(accounts_of(page.account_list));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(accounts);
            }
        }
        Err(endless())
    }

    /// The roles that the person has in `account`; none if the person has lost the account in the meantime.
    ///
    /// # Errors
    /// [`PortalError`], after the retries that help.
    pub async fn roles_in(&self, account: &str) -> Result<Vec<String>, PortalError> {
        let (mut roles, mut next) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let token = next.take();
            let page = self.asked(account, || {
                let asked = self.client.list_account_roles().access_token(self.token.expose());
                asked.account_id(account).max_results(PAGE).set_next_token(token.clone()).send()
            });
            let page = match page.await {
                Err(error) if error.kind == PortalErrorKind::NotAssigned => return Ok(roles),
                page => page?,
            };
            roles.extend(roles_of(page.role_list));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(roles);
            }
        }
        Err(endless())
    }

    /// Asks at the common pace until there is an answer, or until none can be expected.
    async fn asked<T, E, F>(&self, about: &str, ask: impl Fn() -> F) -> Result<T, PortalError>
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut failures = AGAIN.iter();
        loop {
            self.turn().await;
            let made = self.began.elapsed();
            let error = match ask().await {
                Ok(answer) => {
                    self.pace.borrow_mut().answered(self.began.elapsed());
                    return Ok(answer);
                }
                Err(error) => portal::failed(about, self.token, error),
            };
            let now = self.began.elapsed();
            match error.kind {
                PortalErrorKind::Throttled if !self.pace.borrow().is_hopeless(now) => {
                    self.pace.borrow_mut().refused(made, now, error.pause);
                }
                // A call that timed out is not repeated.
                _ if now.saturating_sub(made) >= LONG => return Err(error),
                PortalErrorKind::Unreachable | PortalErrorKind::Server => match failures.next() {
                    Some(pause) => sleep(*pause).await,
                    None => return Err(error),
                },
                _ => return Err(error),
            }
        }
    }

    async fn turn(&self) {
        loop {
            let wait = self.pace.borrow_mut().go(self.began.elapsed());
            match wait {
                Ok(()) => return,
                Err(wait) => sleep(wait).await,
            }
        }
    }
}
