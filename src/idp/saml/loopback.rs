//! SAML by a loopback ACS: the browser that the person has anyway, and a listener on 127.0.0.1 that the provider's page
//! posts to. AWS's own Redshift, Athena and Client VPN drivers work like this.

use std::io::ErrorKind;
use std::rc::Rc;

use http::Method;
use subtle::ConstantTimeEq as _;

use super::request::AuthnRequest;
use super::response::{self, Expected, Recipient};
use super::{SamlError, SamlLogin};
use crate::idp::callback::{Callback, Outcome};
use crate::idp::{LoginOptions, page, visit};
use crate::plan::{Binding, SamlSettings};
use crate::secret::Secret;
use crate::sys::loopback::{Loopback, Reply, Request};
use crate::world::World;

/// The path of the ACS.
const PATH: &str = "/saml";

/// Signs in with the browser. `last` is the assertion of the login before.
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
    let origin = format!("http://{}:{}", settings.acs_host.value, loopback.port());
    let acs = format!("{origin}{PATH}");
    let request = AuthnRequest::new(settings, sso_url, &acs, options.force, world.clock.now())?;
    // The page that posts the request is known by nobody else.
    let start_path = format!("/start/{}", visit::random().ok_or(SamlError::NoRandom)?);
    let start = match settings.binding.value {
        Binding::Redirect => request.redirect_url(),
        Binding::Post => format!("{origin}{start_path}"),
    };
    let (callback, visited) = Callback::open();
    let (request, start_path) = (Rc::new(request), Rc::new(start_path));
    let flow = async {
        visit::open(world, options, &super::visited(&start)?, false);
        let nobody = || SamlError::NobodyCame(options.within);
        let result = match tokio::time::timeout(options.within, visited).await {
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
        };
        let outcome = match &result {
            Ok(login) if login.encrypted => Outcome::SignedIn(String::new()),
            Ok(login) => Outcome::SignedIn(login.identity.name.clone()),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        callback.conclude(outcome).await;
        result
    };
    let serve = loopback.serve({
        let (request, callback, start_path) =
            (Rc::clone(&request), Rc::clone(&callback), Rc::clone(&start_path));
        move |visit| {
            let (request, callback) = (Rc::clone(&request), Rc::clone(&callback));
            let start_path = Rc::clone(&start_path);
            async move {
                if visit.method == Method::GET && visit.path == *start_path {
                    return start_page(&request);
                }
                callback.answer(&visit, PATH, |visit| recognise(&request, visit)).await
            }
        }
    });
    tokio::select! {
        result = flow => result,
        () = serve => Err(SamlError::NobodyCame(options.within)),
    }
}

fn start_page(request: &AuthnRequest) -> Reply {
    page::post_on(&request.destination, &request.fields())
}

/// The response in a request of a browser, if it belongs to this sign-in: by the RelayState, which a provider may drop
/// but not change, and by the request that it says it answers. It comes from another site, so any origin will do.
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
        // What says nothing is let in by the RelayState alone, to be refused with its reason.
        None => ours.then_some(posted),
    }
}

/// The value of `name`. A field that is there twice is not there.
fn single<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let mut values = form.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str());
    let first = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then_some(first)
}
