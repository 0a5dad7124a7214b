//! What accounts call themselves, for the picker. Asked once an account, after a login, and never insisted on.

use crate::aws::iam;
use crate::broker;
use crate::index;
use crate::plan::{Plan, ProofPlan};
use crate::store::Store;
use crate::sys::process;
use crate::world::World;
use jit_wire::signed::{Endpoint, Service, Variant};

/// Asks the accounts of the hub roles of `plans`, where their IdPs list roles and the name is not known yet.
pub(super) fn learn_names(plans: &[&Plan], store: &Store<'_>, world: &World) {
    let known = index::all(&world.folders.state);
    let mut asked = Vec::new();
    for plan in plans.iter().filter(|plan| matches!(plan.proof, ProofPlan::Saml(_) | ProofPlan::Okta(_))) {
        let (leg, idp) = (&plan.legs[0], plan.proof.name());
        let account = leg.role.value.account();
        let nameless = |role: &&crate::plan::DiscoveredRole| {
            role.idp == idp && role.account == account && role.account_name.is_none()
        };
        // Where STS is not AWS's own, neither is IAM.
        let named = matches!(Endpoint::named_by(&world.env, Service::Iam), Ok(Some(_)));
        let elsewhere = leg.sts.url.is_some() && !named;
        let variant = Variant { fips: leg.sts.fips.value, dual_stack: leg.sts.dual_stack.value };
        let region = leg.role.value.partition().default_region();
        // The session goes along, and so to nobody who is not to be trusted with it.
        let Ok(endpoint) = Endpoint::resolve(Service::Iam, region, variant, &world.env) else { continue };
        if elsewhere || asked.contains(&account) || !known.iter().any(|role| nameless(&role)) {
            continue;
        }
        let Ok(Some(session)) = broker::stored_session(store, plan, 0) else { continue };
        asked.push(account);
        let answer = iam::account_alias(&world.http, &endpoint, &session.credentials, world.clock.now());
        // An account without an alias, or one that keeps it to itself, is not asked again.
        let alias = process::block_on(answer).unwrap_or_default();
        if let Err(error) = index::name_account(&world.folders.state, idp, account, &alias) {
            log::info!("could not save the name of account {account}: {error}");
        }
    }
}
