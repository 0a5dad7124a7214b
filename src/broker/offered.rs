//! What an IdP offers: an assertion lists its roles itself, Identity Center is asked for one account after
//! another.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::login::Purpose;
use super::step::new_token_may_help;
use super::{Broker, BrokerError, Need};
use crate::aws::directory::Directory;
use crate::aws::portal::{PortalError, PortalErrorKind};
use crate::idp::{IdpLogin, Proof};
use crate::index;
use crate::index::crawl::{self, Crawl};
use crate::plan::{Assignment, CenterSettings, DiscoveredRole, ProofPlan};
use crate::sys::process;
use jit_wire::credentials::Credentials;
use jit_wire::secret::Secret;
use jit_wire::sign_in::Requirement;

/// How many accounts are asked about in parallel, at one pace.
const SIDE_BY_SIDE: usize = 8;
/// How often the answers are saved: a kill loses no more than this.
const NOTED_EVERY: Duration = Duration::from_secs(1);

impl Broker<'_, '_> {
    /// Every role that the IdP of `login` offers. An assertion lists them itself; Identity Center is asked
    /// about the accounts that are new or were not asked about for a while, or about all with `everything`.
    /// `seen` is called with how many accounts of how many are known. Received answers are kept, whatever
    /// happens later.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub fn offered(
        &self,
        proof: &ProofPlan,
        login: &IdpLogin,
        need: &Need,
        everything: bool,
        seen: impl Fn(usize, usize),
    ) -> Result<Vec<DiscoveredRole>, BrokerError> {
        let ProofPlan::IdentityCenter(center) = proof else {
            return Ok(index::of_assertion(proof.name(), &login.attributes().roles));
        };
        let ask = async |login: &IdpLogin| match login.proof() {
            Some(Proof::PortalToken(token)) => {
                let whose = &login.identity().subject;
                let crawl = Crawl::read(&self.world.folders.state, proof.name(), whose);
                let asked = self.crawled(center, token, crawl, everything, &seen).await;
                asked.map_err(|error| BrokerError::from(Box::new(error)))
            }
            _ => Ok(Vec::new()),
        };
        process::block_on(async {
            match ask(login).await {
                Err(error) if new_token_may_help(&error) => {
                    // The force, if requested, has already been used for this login.
                    let need = Need { force: false, ..*need };
                    let nothing = Requirement::default();
                    let purpose = Purpose { role: proof.name(), demand: &nothing };
                    ask(&self.login(proof, &need, Some(login), purpose).await?).await
                }
                outcome => outcome,
            }
        })
    }

    async fn crawled(
        &self,
        center: &CenterSettings,
        token: &Secret<String>,
        mut crawl: Crawl,
        everything: bool,
        seen: impl Fn(usize, usize),
    ) -> Result<Vec<DiscoveredRole>, PortalError> {
        let directory = &Directory::new(&self.world.http, center, token);
        let listed: Vec<_> =
            directory.accounts().await?.into_iter().map(|account| (account.id, account.name)).collect();
        let open = crawl.begin(self.now(), everything, &listed);
        let total = listed.len();
        let mut done = total - open.len();
        if !open.is_empty() {
            seen(done, total);
        }
        let asked = futures_util::stream::iter(open)
            .map(|account| async move { (directory.roles_in(&account).await, account) });
        let mut answers = asked.buffer_unordered(SIDE_BY_SIDE);
        let mut noted = Instant::now();
        while let Some((answer, account)) = answers.next().await {
            match answer {
                Ok(roles) => crawl.said(&account, self.now(), roles),
                Err(error) => {
                    self.note(&crawl);
                    return Err(error);
                }
            }
            done += 1;
            seen(done, total);
            if noted.elapsed() >= NOTED_EVERY {
                self.note(&crawl);
                noted = Instant::now();
            }
        }
        crawl.end();
        self.note(&crawl);
        Ok(crawl.roles())
    }

    fn note(&self, crawl: &Crawl) {
        // The cost of losing this is asking the same once more.
        if let Err(error) = crawl.write(&self.world.folders.state) {
            log::info!("could not save the portal's response: {error}");
        }
    }

    /// What a request for credentials says about the list of roles: a role that was granted exists, and if
    /// one was refused the list may be wrong.
    pub(super) fn learn_from(
        &self,
        proof: &ProofPlan,
        asked: &Assignment,
        given: &Result<Credentials, PortalError>,
    ) {
        let state = &self.world.folders.state;
        let idp = proof.name();
        let account = asked.account();
        match given {
            Ok(_) => index::gain(state, idp, account, asked.permission_set()),
            Err(error) if error.kind == PortalErrorKind::NotAssigned => crawl::doubt(state, idp, account),
            Err(_) => {}
        }
    }
}
