//! An identity provider (OpenID Connect and SAML), an Identity Center and an STS on 127.0.0.1 that speak the real
//! protocols: the world of `jit demo`, and the counterpart of the tests.
//!
//! The provider does discovery, the authorization code flow with PKCE and a login page, the device flow, refresh
//! tokens with rotation, revocation and logout, and signs its ID tokens. The STS verifies them, checks Signature
//! Version 4, and refuses what AWS refuses in AWS's words. Nothing here is known to the code that it is a
//! counterpart of, and everything issued opens nothing but these two servers.
//!
//! ```text
//! idp (discovery, keys, revoke, logout) → authorize, device (pages) → token (its endpoint) → jwt
//! saml (single sign-on, signed responses)
//! center (Identity Center: sso-oidc and the portal)
//! sts (AssumeRoleWithWebIdentity, AssumeRoleWithSAML, AssumeKeyUser, Role, GetSessionToken, GetCallerIdentity) → sigv4, limits, session → xml
//! settings (what they are made of), faults (what goes wrong), journal (what happened)
//! ```

mod authorize;
mod browser;
mod center;
mod device;
mod faults;
mod idp;
mod journal;
mod jwt;
mod limits;
mod page;
mod params;
mod saml;
mod session;
mod settings;
mod sigv4;
mod step_up;
mod sts;
#[cfg(test)]
mod tests;
mod token;
mod xml;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, header};
use ring::rand::{SecureRandom as _, SystemRandom};
use time::UtcOffset;
use time::format_description::well_known::Rfc2822;
use tokio::sync::oneshot;

pub use self::browser::PretendBrowser;
pub use self::faults::{Edit, Faults, Flaw, Refusal, Trouble};
use self::faults::{Stop, suffer};
pub use self::journal::{Call, Issued, Journal};
pub use self::settings::{
    ADMIN, Account, Approval, CLIENT_ID, DEVELOPER, HUB, KeyUser, Role, Settings, Trust, User,
};
use crate::sys::clock::SystemClock;
use crate::sys::loopback::{Loopback, Reply};
use crate::world::Clock as _;
use jit_wire::timestamp::Timestamp;

/// The two servers, on a thread of their own. They stop when this is dropped.
pub struct Servers {
    shared: Arc<Shared>,
    sts_url: String,
    center_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Servers {
    /// Starts both servers, each on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Whatever the system says about ports, threads or randomness.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("demo servers".to_owned())
            .spawn(move || run(settings, &started, stopped))?;
        let (shared, sts_url, center_url) = starting.recv().map_err(io::Error::other)??;
        Ok(Self { shared, sts_url, center_url, stop: Some(stop), thread: Some(thread) })
    }

    /// The provider's issuer, an `http` address on 127.0.0.1 without a trailing slash.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// Where SAML requests go, for `sso_url`.
    pub fn sso_url(&self) -> String {
        format!("{}/saml/sso", self.shared.issuer)
    }

    /// The key that responses are signed with, as PEM.
    pub fn signing_key(&self) -> String {
        self.shared.keys[0].pem()
    }

    /// The address of STS, for `AWS_ENDPOINT_URL_STS`.
    pub fn sts_url(&self) -> &str {
        &self.sts_url
    }

    /// The address of Identity Center, for `AWS_ENDPOINT_URL_SSO` and `AWS_ENDPOINT_URL_SSO_OIDC`.
    pub fn center_url(&self) -> &str {
        &self.center_url
    }

    /// The portal's own address, for `start_url`.
    pub fn start_url(&self) -> String {
        format!("{}/start", self.center_url)
    }

    /// The role that a permission set is in an account.
    pub fn assigned_role(account: &str, permission_set: &str) -> String {
        center::assigned_role(account, permission_set)
    }

    /// What happened so far.
    pub fn journal(&self) -> Journal {
        lock(&self.shared.journal).clone()
    }

    /// Changes what goes wrong from now on.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut lock(&self.shared.faults));
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type Started = io::Result<(Arc<Shared>, String, String)>;

/// The thread's work: bind, tell the starter, serve until told to stop.
fn run(settings: Settings, started: &mpsc::Sender<Started>, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let bound = async {
            let (idp, sts) = (Loopback::bind(0).await?, Loopback::bind(0).await?);
            let center = Loopback::bind(0).await?;
            let shared = Arc::new(Shared::new(settings, idp.port())?);
            Ok::<_, io::Error>((idp, sts, center, shared))
        };
        let (idp, sts, center, shared) = match bound.await {
            Ok(bound) => bound,
            Err(error) => return drop(started.send(Err(error))),
        };
        let sts_url = format!("http://127.0.0.1:{}", sts.port());
        let center_port = center.port();
        let center_url = format!("http://127.0.0.1:{center_port}");
        let _ = started.send(Ok((Arc::clone(&shared), sts_url, center_url)));
        let sessions = sts::Sessions::default();
        tokio::select! {
            () = idp.serve(idp::handler(Arc::clone(&shared))) => {}
            () = sts.serve(sts::handler(Arc::clone(&shared), sessions.clone())) => {}
            () = center.serve(center::handler(shared, center_port, sessions)) => {}
            _ = stopped => {}
        }
    });
}

/// What both servers know.
struct Shared {
    settings: Settings,
    issuer: String,
    /// The key that signs, and the one before it, which is still published.
    keys: [jwt::Key; 2],
    /// What assertions are encrypted with.
    sealing: saml::Sealing,
    random: SystemRandom,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
}

impl Shared {
    fn new(settings: Settings, idp_port: u16) -> io::Result<Self> {
        let random = SystemRandom::new();
        Ok(Self {
            settings,
            issuer: format!("http://127.0.0.1:{idp_port}"),
            keys: [jwt::Key::new(&random)?, jwt::Key::new(&random)?],
            sealing: saml::Sealing::new(&random)?,
            random,
            journal: Mutex::default(),
            faults: Mutex::default(),
        })
    }

    /// Counts `call` and lives through the trouble that was arranged for it.
    async fn arrive(&self, call: Call) -> Result<(), Stop> {
        lock(&self.journal).note_call(call);
        let troubles = lock(&self.faults).take(call);
        for trouble in troubles {
            suffer(trouble).await?;
        }
        Ok(())
    }

    fn flawed(&self, flaw: Flaw) -> bool {
        lock(&self.faults).flaws.contains(&flaw)
    }

    /// Who signs in.
    fn user(&self) -> User {
        lock(&self.faults).user.clone().unwrap_or_else(|| self.settings.user.clone())
    }

    fn provider_now(&self) -> Timestamp {
        let ahead = lock(&self.faults).provider_clock;
        Timestamp(SystemClock.now().0.saturating_add(ahead))
    }

    fn sts_now(&self) -> Timestamp {
        let ahead = lock(&self.faults).sts_clock;
        Timestamp(SystemClock.now().0.saturating_add(ahead))
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], Refusal> {
        let mut bytes = [0; N];
        let filled = self.random.fill(&mut bytes);
        filled.map_err(|_| Refusal::new(500, "server_error", "the system has no random numbers"))?;
        Ok(bytes)
    }

    /// A new secret of 256 bits, noted as `what`.
    fn issue(&self, what: &'static str) -> Result<String, Refusal> {
        let secret = URL_SAFE_NO_PAD.encode(self.random::<32>()?);
        self.note(what, &secret);
        Ok(secret)
    }

    /// Remembers that `secret` is out in the world.
    fn note(&self, what: &'static str, secret: &str) {
        lock(&self.journal).note_secret(what, secret);
    }
}

/// A panic in another thread leaves nothing half-done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stamps a reply with the server's own idea of the time (RFC 9110, section 6.6.1).
fn dated(mut reply: Reply, now: Timestamp) -> Reply {
    // RFC 2822 with HTTP's name for UTC is the preferred form of RFC 9110.
    let date = now.at(UtcOffset::UTC).format(&Rfc2822).unwrap_or_default().replace("+0000", "GMT");
    if let Ok(date) = HeaderValue::from_str(&date) {
        reply.headers_mut().insert(header::DATE, date);
    }
    reply
}
