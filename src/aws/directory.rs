//! What the portal of Identity Center lists: accounts, and the roles in one. Many calls run in parallel at
//! one common pace; throttling by the portal never becomes an error.

use aws_sdk_sso::Client;
use aws_sdk_sso::config::retry::RetryConfig;
use aws_sdk_sso::types::{AccountInfo, RoleInfo};

use super::portal::{self, PortalError, PortalErrorKind};
use super::portal_pace::PortalPace;
use crate::plan::CenterSettings;
use jit_wire::http::Http;
use jit_wire::name;
use jit_wire::secret::Secret;

/// The maximum number of entries of a page.
const PAGE: i32 = 100;
/// The maximum number of pages. No company has that many accounts, nor that many roles in one.
const MOST_PAGES: usize = 1000;
/// A list that never ends.
fn endless() -> PortalError {
    let message = format!("more than {MOST_PAGES} pages of one list");
    PortalError { kind: PortalErrorKind::Server, role: String::new(), message, pause: None }
}

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
    pace: PortalPace,
}

impl<'a> Directory<'a> {
    /// Makes no call yet.
    pub fn new(http: &Http, settings: &CenterSettings, token: &'a Secret<String>) -> Self {
        // Refused calls are repeated by this module, where all parallel calls share the pace.
        let client = portal::client(http, settings, RetryConfig::disabled());
        Self { client, token, pace: PortalPace::default() }
    }

    /// The accounts that the person has roles in.
    ///
    /// # Errors
    /// [`PortalError`], after the retries that help.
    pub async fn accounts(&self) -> Result<Vec<Account>, PortalError> {
        let mut accounts = Vec::new();
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let token = next.take();
            let page = self
                .pace
                .asked("", self.token, || {
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
        let mut roles = Vec::new();
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let token = next.take();
            let page = self.pace.asked(account, self.token, || {
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
}
