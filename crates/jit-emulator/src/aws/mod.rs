//! The port of STS: STS itself, and the console's sign-in page.

use std::sync::Arc;

use crate::console::{self, Console};
use crate::faults::Refusal;
use crate::journal::Call;
use crate::service::Service;
use crate::sessions::Sessions;
use crate::shared::Shared;
use crate::sts::Sts;
use jit_wire::loopback::{Reply, Request};
use jit_wire::timestamp::Timestamp;

/// The two services of that port.
pub(crate) struct Aws {
    sts: Sts,
    console: Console,
}

impl Aws {
    pub(crate) fn new(shared: &Arc<Shared>, sessions: Sessions) -> Self {
        Self {
            sts: Sts::new(Arc::clone(shared), sessions.clone()),
            console: Console::new(Arc::clone(shared), sessions),
        }
    }
}

impl Service for Aws {
    fn call(&self, request: &Request) -> Option<Call> {
        if request.path == console::PATH { Some(Call::Federation) } else { self.sts.call(request) }
    }

    fn now(&self) -> Timestamp {
        self.sts.now()
    }

    fn answer(&self, request: &Request) -> Result<Reply, Refusal> {
        if request.path == console::PATH {
            return Ok(self.console.federation(request));
        }
        self.sts.answer(request)
    }

    fn refused(&self, request: &Request, refusal: &Refusal) -> Reply {
        self.sts.refused(request, refusal)
    }
}
