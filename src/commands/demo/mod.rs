//! `jit demo`: every step against an IdP and an STS inside this program. It runs the real commands, with a
//! configuration, a state folder and endpoints of its own. `story` shows how credentials are got and used, `access` shows
//! access on request; `narrator` tells both, and `stage` is the folder that they run in.

mod access;
mod browser;
mod narrator;
mod stage;
mod story;

use clap::Args;

use crate::error::CommandResult;
use crate::ui::Ui;
use crate::world::World;
use jit_emulator::{Approval, Servers, Settings};
use jit_wire::env;

pub use browser::PretendBrowser;
use narrator::Narrator;
use stage::Stage;
use story::{By, Story};

/// Try everything against servers inside this program
///
/// Runs an IdP and an STS on 127.0.0.1. Changes nothing on your machine and leaves
/// nothing behind.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct DemoArgs {
    /// Sign in with SAML instead of OpenID Connect
    #[arg(long)]
    pub saml: bool,
    /// Sign in with a simulated browser
    #[arg(long)]
    pub no_browser: bool,
    /// Show access on request: ask, approve, use, extend, end and revoke
    #[arg(long, conflicts_with = "saml")]
    pub request: bool,
    /// Keep its servers running, to try the commands in two terminals
    #[arg(long, requires = "request")]
    pub stay: bool,
}

pub(super) fn run(args: &DemoArgs, world: &World, ui: &Ui) -> CommandResult {
    let real_browser = !args.no_browser && world.browser.available();
    if args.request {
        return access::play(args.stay, real_browser, world, ui);
    }
    let approval = if real_browser { Approval::Page } else { Approval::AtOnce };
    let servers = Servers::start(Settings { approval, ..Settings::default() }).map_err(stage::failed)?;
    let stage = Stage::set(&[], real_browser, world, *ui)?;
    let by = if args.saml { By::Saml } else { By::OpenId };
    stage.configure(stage.root(), &story::config(&servers, by))?;
    let sts = [(env::AWS_ENDPOINT_URL_STS, servers.sts_url())];
    let demo_world = stage.world(stage.root(), &sts, false, world);
    let story = Story {
        servers: &servers,
        world: &demo_world,
        ui,
        real_browser,
        spares_keychain: world.env.get(env::JIT_STORE).is_none() && stage.store != "auto",
        by,
        narrator: Narrator { ui, pauses: world.person.can_be_asked(), busy: &stage.busy },
    };
    let told = story.tell();
    // Clean up, whatever happened before.
    let cleared = stage.clear();
    drop(servers);
    told.and(cleared)?;
    story::end(ui);
    Ok(())
}
