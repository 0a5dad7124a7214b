//! SAML with a loopback ACS: the person's usual browser, and a listener on 127.0.0.1 that the IdP's page
//! posts to. AWS's own Redshift, Athena and Client VPN drivers work like this.
//!
//! The IdP's page posts from another site, so the browser does not send the cookie that identifies it
//! (`SameSite=Lax`). The response is therefore held in memory under a random path, the browser is redirected
//! there, and the response is accepted only if that visit brings the cookie.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::rc::Rc;

use http::Method;
use subtle::ConstantTimeEq as _;

use super::request::AuthnRequest;
use super::response::{self, Expected, Recipient};
use super::{SamlError, SamlLogin};
use crate::idp::callback::{Callback, Outcome};
use crate::idp::hand_over::{Contested, HandOver, Target};
use crate::idp::{LoginOptions, page, visit};
use crate::plan::{Binding, SamlSettings};
use crate::world::World;
use jit_wire::loopback::{Loopback, Reply, Request, redirect};
use jit_wire::secret::Secret;

/// The path of the ACS.
const PATH: &str = "/saml";
/// Below this path a response waits for the browser that posted it.
const HELD_PATH: &str = "/saml/";
/// The maximum number of held responses. One is usual; reloading the page posts another.
const MOST_HELD: usize = 8;

/// Signs in with the browser. `last` is the assertion of the previous login.
pub(super) async fn sign_in(
    settings: &SamlSettings,
    sso_url: &str,
    world: &World,
    options: &LoginOptions,
    last: Option<&str>,
) -> Result<SamlLogin, SamlError> {
    let port = settings.acs_port.value;
    let bound = match settings.acs_host.value.as_str() {
        "localhost" => Loopback::bind_localhost(port).await,
        _ => Loopback::bind(port).await,
    };
    let loopback = bound.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => SamlError::PortTaken(port),
        _ => SamlError::Listen { port, source },
    })?;
    let host = if settings.acs_host.value == "localhost" { "localhost" } else { "127.0.0.1" };
    let acs = format!("http://{host}:{}{PATH}", loopback.port());
    let request = AuthnRequest::new(settings, sso_url, &acs, options.force, world.clock.now())?;
    let request = Rc::new(request);
    let target = || match settings.binding.value {
        Binding::Redirect => Target::Visit(Secret::new(request.redirect_url())),
        Binding::Post => {
            Target::Post { action: request.destination.clone(), fields: request.fields().into() }
        }
    };
    let hand_over = Rc::new(HandOver::new(host, loopback.port()).ok_or(SamlError::NoRandom)?);
    let (callback, visited) = Callback::open(&hand_over);
    let sign_in = async {
        // The response comes to this machine, so the browser must run here in any case.
        visit::open(
            world,
            options,
            &hand_over,
            &super::visited(&request.destination)?,
            target,
            visit::WithoutBrowser::Page,
        );
        let nobody = || SamlError::NobodyCame(options.within);
        match tokio::time::timeout(options.within, visited).await {
            Ok(Ok(posted)) => {
                let expected = Expected {
                    recipient: Recipient::Loopback(&acs),
                    in_response_to: Some(&request.id),
                    issuer: settings.issuer.as_ref().map(|issuer| issuer.value.as_str()),
                    entity_id: &settings.entity_id.value,
                    last_assertion: last,
                    now: world.clock.now(),
                };
                response::read(&posted, &expected)
            }
            _ => Err(nobody()),
        }
    };
    let flow = async {
        let result = tokio::select! {
            result = sign_in => result,
            () = hand_over.contested(world) => Err(Contested.into()),
        };
        let outcome = match &result {
            Ok(login) if login.encrypted => Outcome::SignedIn(String::new()),
            Ok(login) => Outcome::SignedIn(login.identity.name.clone()),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        callback.conclude(outcome).await;
        // The person's browser may have arrived after somebody else finished the sign-in.
        if hand_over.is_contested() { Err(Contested.into()) } else { result }
    };
    let serve = loopback.serve({
        let request = Rc::clone(&request);
        let callback = Rc::clone(&callback);
        let held = Rc::<Held>::default();
        move |visit| {
            let request = Rc::clone(&request);
            let callback = Rc::clone(&callback);
            let held = Rc::clone(&held);
            async move {
                if visit.path == PATH {
                    return match recognise(&request, &visit) {
                        Some(posted) => held.hold(posted),
                        None => page::stray(),
                    };
                }
                match visit.path.strip_prefix(HELD_PATH) {
                    Some(ticket) => callback.arrive(&visit, held.find(&visit, ticket)).await,
                    None => callback.other(&visit),
                }
            }
        }
    });
    tokio::select! {
        result = flow => result,
        () = serve => Err(SamlError::NobodyCame(options.within)),
    }
}

/// Posted responses, each under its ticket, until the browser that posted one fetches it.
#[derive(Default)]
struct Held(RefCell<VecDeque<(String, Secret<String>)>>);

impl Held {
    /// Keeps a response and redirects the browser to where it is accepted.
    fn hold(&self, posted: Secret<String>) -> Reply {
        let Some(ticket) = visit::random() else { return page::stray() };
        let mut held = self.0.borrow_mut();
        held.truncate(MOST_HELD - 1);
        let path = format!("{HELD_PATH}{ticket}");
        held.push_front((ticket, posted));
        redirect(&path)
    }

    /// The response that belongs to a visit with `ticket`.
    fn find(&self, visit: &Request, ticket: &str) -> Option<Secret<String>> {
        if visit.method != Method::GET {
            return None;
        }
        let held = self.0.borrow();
        let (_, posted) = held.iter().find(|(one, _)| bool::from(one.as_bytes().ct_eq(ticket.as_bytes())))?;
        Some(posted.clone())
    }
}

/// The response in a browser's request, if it belongs to this sign-in: judged by the RelayState, which an IdP
/// may drop but not change, and by the request that it says it answers. The request comes from another site,
/// so any origin is accepted.
pub(super) fn recognise(request: &AuthnRequest, visit: &Request) -> Option<Secret<String>> {
    if visit.method != Method::POST {
        return None;
    }
    let form = visit.form();
    let posted = Secret::new(single(&form, "SAMLResponse")?.to_owned());
    let ours = match form.iter().find(|(name, value)| name == "RelayState" && !value.is_empty()) {
        Some((_, state)) => bool::from(state.as_bytes().ct_eq(request.relay_state.as_bytes())),
        None => false,
    };
    let dropped = !form.iter().any(|(name, value)| name == "RelayState" && !value.is_empty());
    match response::answers(&posted) {
        Some(id) => ((ours || dropped) && id == request.id).then_some(posted),
        // A response that names no request is accepted here by its RelayState alone; a later check refuses it
        // with the reason.
        None => ours.then_some(posted),
    }
}

/// The value of `name`. A field that appears twice counts as missing.
fn single<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let mut values = form.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str());
    let first = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then_some(first)
}
