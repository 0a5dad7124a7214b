//! What the fake org does.

use super::*;

/// The page of the AWS application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum App {
    Form,
    StepUp,
    NotAssigned,
    IdentityCenter,
    Nothing,
    Circle,
}

/// What the org does.
pub(crate) struct Script {
    pub(crate) pipeline: &'static str,
    /// The status after name and password.
    pub(crate) status: &'static str,
    pub(crate) factors: Vec<Value>,
    /// The answers to polling a push: a factor result, `SUCCESS`, or `WAITING NUMBER`.
    pub(crate) push: VecDeque<&'static str>,
    pub(crate) app: App,
    pub(crate) sessions_api: bool,
    /// Headers of the coming 429s, one per request.
    pub(crate) limits: VecDeque<Vec<(&'static str, String)>>,
    pub(crate) locked_factor: bool,
    pub(crate) sent_recently: bool,
    /// A link to another host.
    pub(crate) foreign: bool,
    /// The token endpoint's answers for a device code, one per request, then tokens.
    pub(crate) device: VecDeque<&'static str>,
    /// How the exchange is refused.
    pub(crate) exchange: Option<(&'static str, &'static str)>,
    /// The session at the org has ended.
    pub(crate) session_over: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            pipeline: "v1",
            status: "SUCCESS",
            factors: Vec::new(),
            push: VecDeque::new(),
            app: App::Form,
            sessions_api: true,
            limits: VecDeque::new(),
            locked_factor: false,
            sent_recently: false,
            foreign: false,
            device: VecDeque::new(),
            exchange: None,
            session_over: false,
        }
    }
}
