//! The names of accounts, for the picker. jit asks for them once for each account, after a sign-in; a
//! failure does not matter.

use crate::aws::iam;
use crate::broker;
use crate::index;
use crate::plan::{Plan, ProofPlan};
use crate::store::Store;
use crate::sys::process;
use crate::world::World;
use jit_wire::signed::{Endpoint, Service, Variant};

/// Asks AWS for the names of the accounts of the hub roles in `plans`, where their IdP lists roles without
/// account names.
pub(super) fn learn_names(plans: &[&Plan], store: &Store<'_>, world: &World) {
    let known = index::all(&world.folders.state);
    let mut asked = Vec::new();
    for plan in plans.iter().filter(|plan| matches!(plan.proof, ProofPlan::Saml(_) | ProofPlan::Okta(_))) {
        let leg = &plan.legs[0];
        let idp = plan.proof.name();
        let account = leg.role.value.account();
        let nameless = |role: &&crate::plan::DiscoveredRole| {
            role.idp == idp && role.account == account && role.account_name.is_none()
        };
        // If STS is not AWS's own, IAM is not either.
        let named = matches!(Endpoint::named_by(&world.env, Service::Iam), Ok(Some(_)));
        let elsewhere = leg.sts.url.is_some() && !named;
        let variant = Variant { fips: leg.sts.fips.value, dual_stack: leg.sts.dual_stack.value };
        let region = leg.role.value.partition().default_region();
        // The request is signed with the session, so the endpoint must be trusted.
        let Ok(endpoint) = Endpoint::resolve(Service::Iam, region, variant, &world.env) else { continue };
        if elsewhere || asked.contains(&account) || !known.iter().any(|role| nameless(&role)) {
            continue;
        }
        let Ok(Some(session)) = broker::stored_session(store, plan, 0) else { continue };
        asked.push(account);
        let answer = iam::account_alias(&world.http, &endpoint, &session.credentials, world.clock.now());
        // An account without an alias, or one that refuses to tell it, is not asked again.
        let alias = process::block_on(answer).unwrap_or_default();
        if let Err(error) = index::name_account(&world.folders.state, idp, account, &alias) {
            log::info!("could not save the name of account {account}: {error}");
        }
    }
}
