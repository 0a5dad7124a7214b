//! The port of STS: STS itself, and the sign-in page of the console beside it.

use std::sync::Arc;

use crate::demo::console::{self, Console};
use crate::demo::faults::Refusal;
use crate::demo::journal::Call;
use crate::demo::service::Service;
use crate::demo::sessions::Sessions;
use crate::demo::shared::Shared;
use crate::demo::sts::Sts;
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
