//! The listeners on 127.0.0.1 and the thread that serves them.

use std::io;
use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use crate::aws::Aws;
use crate::clock::{Clock, SystemClock};
use crate::cloud::Cloud;
use crate::faults::Faults;
use crate::identity_center::{self, IdentityCenter};
use crate::idp::Idp;
use crate::journal::Journal;
use crate::service::served;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::shared::{Shared, lock};
use crate::thread::ServerThread;
use jit_wire::loopback::Loopback;
use jit_wire::timestamp::Timestamp;

/// The size limit of a call to AWS: S3 objects, among them policies of 1 MiB.
const LARGEST_OBJECT: usize = 2 * 1024 * 1024;

/// The servers, on a thread of their own. They stop when this is dropped.
pub struct Servers {
    pub(super) shared: Arc<Shared>,
    sts_url: String,
    center_url: String,
    _thread: ServerThread,
}

impl Servers {
    /// Starts the servers, each on a free port of 127.0.0.1, with the machine's clock.
    ///
    /// # Errors
    /// Whatever the system reports about ports, threads or randomness.
    pub fn start(settings: Settings) -> io::Result<Self> {
        Self::start_with_clock(settings, SystemClock)
    }

    /// Starts the servers with `clock`, as [`start`](Self::start) does. Their own clocks may still differ
    /// from it ([`Faults::provider_clock`], [`Faults::sts_clock`]).
    ///
    /// # Errors
    /// Whatever the system reports about ports, threads or randomness.
    pub fn start_with_clock(settings: Settings, clock: impl Clock + 'static) -> io::Result<Self> {
        let clock = Arc::new(clock);
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("demo servers".to_owned())
            .spawn(move || run(settings, clock, &started, stopped))?;
        let (shared, sts_url, center_url) = starting.recv().map_err(io::Error::other)??;
        Ok(Self { shared, sts_url, center_url, _thread: ServerThread::new(stop, thread) })
    }

    /// The IdP's issuer, an `http` URL on 127.0.0.1 without a trailing slash.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// The URL for SAML requests, for `sso_url`.
    pub fn sso_url(&self) -> String {
        format!("{}/saml/sso", self.shared.issuer)
    }

    /// The key that responses are signed with, as PEM.
    pub fn signing_key(&self) -> String {
        self.shared.keys[0].pem()
    }

    /// The URL of STS, for `AWS_ENDPOINT_URL_STS`.
    pub fn sts_url(&self) -> &str {
        &self.sts_url
    }

    /// The URL of every AWS service that is emulated: STS, IAM, S3, CloudTrail and EC2, for
    /// `AWS_ENDPOINT_URL`. A request is passed to the service that it is signed for.
    pub fn aws_url(&self) -> &str {
        &self.sts_url
    }

    /// The URLs of all services, each with the variable that AWS's programs read it from.
    pub fn endpoints(&self) -> Vec<(&'static str, &str)> {
        let of_aws = [
            "AWS_ENDPOINT_URL_STS",
            "AWS_ENDPOINT_URL_IAM",
            "AWS_ENDPOINT_URL_S3",
            "AWS_ENDPOINT_URL_CLOUDTRAIL",
            "AWS_ENDPOINT_URL_EC2",
        ];
        let center =
            ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"].map(|name| (name, self.center_url()));
        of_aws.into_iter().map(|name| (name, self.aws_url())).chain(center).collect()
    }

    /// Reads or changes the contents of AWS without any authorization. Must not be called again by the same
    /// thread while it runs.
    pub fn cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        look(&mut lock(&self.shared.cloud))
    }

    /// Now, by AWS's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.sts_now()
    }

    /// The URL of Identity Center, for `AWS_ENDPOINT_URL_SSO` and `AWS_ENDPOINT_URL_SSO_OIDC`.
    pub fn center_url(&self) -> &str {
        &self.center_url
    }

    /// The portal's URL, for `start_url`.
    pub fn start_url(&self) -> String {
        format!("{}/start", self.center_url)
    }

    /// The role of a permission set in an account.
    pub fn assigned_role(account: &str, permission_set: &str) -> String {
        identity_center::assigned_role(account, permission_set)
    }

    /// The settings that they were started with.
    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Everything that happened so far.
    pub fn journal(&self) -> Journal {
        lock(&self.shared.journal).clone()
    }

    /// Changes the faults from now on.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut lock(&self.shared.faults));
    }
}

type Started = io::Result<(Arc<Shared>, String, String)>;

/// The thread's work: bind, notify the starter, serve until told to stop.
fn run(
    settings: Settings,
    clock: Arc<dyn Clock>,
    started: &mpsc::Sender<Started>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let bound = async {
            let idp = Loopback::bind(0).await?;
            let sts = Loopback::bind(0).await?.with_bodies_up_to(LARGEST_OBJECT).keeping_alive();
            let center = Loopback::bind(0).await?;
            let shared = Arc::new(Shared::new(settings, clock, idp.port())?);
            Ok::<_, io::Error>((idp, sts, center, shared))
        };
        let (idp, sts, center, shared) = match bound.await {
            Ok(bound) => bound,
            Err(error) => return drop(started.send(Err(error))),
        };
        let sts_url = format!("http://127.0.0.1:{}", sts.port());
        let center_url = format!("http://127.0.0.1:{}", center.port());
        let _ = started.send(Ok((Arc::clone(&shared), sts_url, center_url.clone())));
        let sessions = Sessions::new(&shared);
        let aws = Aws::new(&shared, sessions.clone());
        let center_service = IdentityCenter::new(&shared, center_url, sessions);
        tokio::select! {
            () = idp.serve(served(Idp::new(&shared), Arc::clone(&shared))) => {}
            () = sts.serve(served(aws, Arc::clone(&shared))) => {}
            () = center.serve(served(center_service, Arc::clone(&shared))) => {}
            _ = stopped => {}
        }
    });
}
