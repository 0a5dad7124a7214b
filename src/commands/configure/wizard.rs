//! `jit configure`: from one URL to a configuration that works. What can be found out is not asked; the sign-in and the roles
//! are tried before anything is written.

use crate::broker::Broker;
use crate::commands::load::{self, Configuration};
use crate::commands::subject::typed_need;
use crate::commands::{advice, roles};
use crate::config::aws;
use crate::config::draft::{Draft, Table, fit_name};
use crate::config::file::File;
use crate::config::host;
use crate::config::idp::IdpSection;
use crate::config::resolve;
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::lookup::{self, FoundIdp};
use crate::sys::{folders, process};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_REGION};
use jit_wire::explain::{Explain, Next};
use jit_wire::name;

use super::write::{self, Options};

mod role;

/// Host labels that are not the name of a company.
const GENERIC: [&str; 12] = [
    "login", "sso", "www", "idp", "auth", "accounts", "portal", "start", "id", "keycloak", "adfs", "launcher",
];

/// Why there is nothing to write.
#[derive(Debug, thiserror::Error)]
enum WizardError {
    #[error("jit configure asks questions, and it cannot ask them here")]
    NobodyToAsk,
    #[error("the metadata belongs to another IdP")]
    OtherIdp,
}

impl Explain for WizardError {
    fn kind(&self) -> Kind {
        match self {
            Self::NobodyToAsk => Kind::Usage,
            Self::OtherIdp => Kind::Failed,
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NobodyToAsk => vec![
                Next::Run {
                    command: "configure add URL".into(),
                    does: "adds a company's shared file".into(),
                },
                Next::words("or write config.toml; the README has an example for your IdP"),
            ],
            Self::OtherIdp => Next::list(["ask the IdP's administrator for the URL of the right metadata"]),
        }
    }
}

pub(super) fn run(world: &World, ui: &Ui) -> CommandResult {
    if !world.person.can_be_asked() {
        return Err(WizardError::NobodyToAsk.into());
    }
    let portals = welcome(world, ui);
    loop {
        let tried = Wizard { world, ui, portals: &portals }.try_once();
        match tried {
            Ok(draft) => return finish(&draft, world, ui),
            Err(error) if error == stopped() => return Err(error),
            Err(error) => {
                ui.fail(&error);
                if world.person.confirm("Try again with other answers?") != Some(true) {
                    return Err(CommandError::new(Kind::Failed, "nothing was written"));
                }
            }
        }
    }
}

/// What AWS's files have, which may be all that somebody needs. The answer has the Identity Centers that AWS's files know.
fn welcome(world: &World, ui: &Ui) -> File {
    let profiles = load::profiles(world);
    let usable = profiles.as_ref().map(|profiles| aws::usable(profiles).count()).unwrap_or(0);
    let path = folders::short(&world.folders.aws_config, &world.folders.home);
    if usable > 0 {
        ui.instruct(shown!(
            "{} of the profiles in {} work without configuration: jit exec PROFILE -- …, jit roles",
            usable,
            path
        ));
    }
    let portals = profiles.as_ref().map(aws::portals).unwrap_or_default();
    let found: Vec<&str> = start_urls(&portals).collect();
    if !found.is_empty() {
        ui.instruct(shown!("Your AWS tools sign in at {} ({})", found.join(", "), path));
    }
    ui.instruct_prose(
        "Where do you sign in? Enter the URL of your Okta, Entra, Google, Identity Center, Keycloak …, or the \
         link of the AWS app on your dashboard:",
    );
    portals
}

/// Where the Identity Centers of `file` are.
fn start_urls(file: &File) -> impl Iterator<Item = &str> {
    file.idps.values().filter_map(|idp| match idp {
        IdpSection::IdentityCenter(center) => Some(center.start_url.value.as_str()),
        _ => None,
    })
}

struct Wizard<'a> {
    world: &'a World,
    ui: &'a Ui,
    /// The Identity Centers of AWS's files.
    portals: &'a File,
}

impl Wizard<'_> {
    /// What is found at the URL that the person enters. Enter alone means the Identity Center that the AWS tools use; its
    /// region is known.
    fn found(&self) -> CommandResult<FoundIdp> {
        let address = match start_urls(self.portals).next() {
            Some(usual) => match self.world.person.answer(&format!("URL [{usual}]")) {
                None => return Err(stopped()),
                Some(answer) if answer.is_empty() => usual.to_owned(),
                Some(answer) => answer,
            },
            None => self.need("URL")?,
        };
        if let Some((_, center)) = aws::portal_at(self.portals, &address) {
            let region = Some(center.region.value.clone());
            return Ok(FoundIdp::Center { start_url: center.start_url.value.clone(), region });
        }
        Ok(process::block_on(lookup::look_up(&self.world.http, &address))?)
    }

    /// From the URL to what was seen to work: an IdP, and the roles that were tried. No role at all, if the person chose
    /// none: the IdP works by itself.
    fn try_once(&self) -> CommandResult<Draft> {
        let Self { world, ui, .. } = *self;
        let found = self.found()?;
        let idp = self.idp(found)?;
        let mut draft = Draft { idps: vec![idp.clone()], roles: Vec::new() };
        let files = Configuration::of(parse(&draft)?, world);
        let store = files.open_store()?;
        let broker = Broker::new(world, &store);
        let need = typed_need(world, None);
        let proof = resolve::proof(&files.file, &idp.name, &world.env)?;
        let login = broker
            .sign_in(&proof, &need)
            .map_err(|error| advice::no_login(&error, &idp.name, &proof, advice::Typed::Configure))?;
        match login.identity().name.as_str() {
            "" => ui.done("Signed in; your user name comes with the first session"),
            name => ui.done(shown!("Signed in as {}", name)),
        }
        let offered = roles::learn(&broker, &proof, &login, &need, false, world, ui)
            .map_err(|error| advice::no_login(&error, &idp.name, &proof, advice::Typed::Configure))?;
        loop {
            let Some(role) = self.role(&idp.name, &offered, &store)? else {
                ui.say(shown!("No role was chosen. {} works, and can be added without one", idp.name));
                return Ok(draft);
            };
            match self.works(&draft, &role, &broker, &need) {
                Ok(()) => {
                    let hub = role.name.clone();
                    draft.roles.push(role);
                    // An ID token opens one role, and the roles that people work with are behind it.
                    if idp.text("type") == Some("oidc") {
                        self.spokes(&hub, &mut draft, &broker, &need);
                    }
                    return Ok(draft);
                }
                Err(error) => {
                    ui.fail(&error);
                    if world.person.confirm("Try another role?") != Some(true) {
                        ui.say(shown!("{} works, and can be added without a role", idp.name));
                        return Ok(draft);
                    }
                }
            }
        }
    }

    /// `[idp.NAME]` from what was found; asks for the values that only the person knows.
    fn idp(&self, found: FoundIdp) -> CommandResult<Table> {
        let Self { world, ui, .. } = *self;
        Ok(match found {
            FoundIdp::Center { start_url, region } => {
                ui.say(shown!("IAM Identity Center at {}", start_url));
                let region = match region {
                    Some(region) => Some(region),
                    None => {
                        process::block_on(lookup::region_of_portal(&world.http, &start_url)).unwrap_or(None)
                    }
                };
                let region = match region {
                    Some(region) => region,
                    None => {
                        let usual = world.env.get(AWS_REGION).or_else(|| world.env.get(AWS_DEFAULT_REGION));
                        self.or_usual("The region of Identity Center", usual.unwrap_or("us-east-1"))
                    }
                };
                Table::new(name_of(&start_url))
                    .with("type", "identity-center")
                    .with("start_url", start_url)
                    .with("region", region)
            }
            FoundIdp::Okta { org, app_url: Some(app_url), identity_engine: true } => {
                ui.say(shown!("An app of the Okta org {}; it opens in a browser", org));
                Table::new(name_of(&org)).with("type", "saml").with("start_url", app_url)
            }
            FoundIdp::Okta { org, app_url: Some(app_url), .. } => {
                ui.say(shown!("An app of the Okta org {}; you sign in here, in the terminal", org));
                Table::new(name_of(&org)).with("type", "okta").with("org", org).with("app_url", app_url)
            }
            FoundIdp::Okta { org, app_url: None, identity_engine } => {
                ui.say(shown!("The Okta org {}", org));
                let answer = self.need(
                    "The link of its AWS app (copied from your dashboard), or the client id of a native app",
                )?;
                if answer.contains("://") {
                    let app_url = answer.split('#').next().unwrap_or_default().to_owned();
                    return self.idp(FoundIdp::Okta { org, app_url: Some(app_url), identity_engine });
                }
                Table::new(name_of(&org)).with("type", "oidc").with("issuer", org).with("client_id", answer)
            }
            FoundIdp::Oidc { issuer } => {
                ui.say(shown!("The OpenID Connect IdP {}", issuer));
                let client_id = self.need("The client id registered there for jit")?;
                let table = Table::new(name_of(&issuer)).with("type", "oidc");
                let google = issuer == "https://accounts.google.com";
                let table = table.with("issuer", issuer).with("client_id", client_id);
                if !google {
                    return Ok(table);
                }
                // Google issues a client secret to every client, and requires it.
                let secret = world.person.password("Its client secret").ok_or_else(stopped)?;
                let secret = crate::config::draft::Value::Secret(secret);
                table.with("client_secret", secret)
            }
            FoundIdp::SamlStart { start_url } => {
                ui.say("A page that starts a SAML sign-in; it opens in jit's own browser");
                Table::new(name_of(&start_url)).with("type", "saml").with("start_url", start_url)
            }
            FoundIdp::SamlSso { sso_url, issuer, by_post, elsewhere } => {
                ui.say(shown!("SAML metadata of {}", issuer));
                if elsewhere {
                    ui.warn(shown!("it sends you elsewhere to sign in: {}", sso_url));
                    host::warning(&sso_url).iter().for_each(|warning| ui.warn(escape(warning)));
                    if world.person.confirm("Is that where you sign in?") != Some(true) {
                        return Err(WizardError::OtherIdp.into());
                    }
                }
                ui.instruct("jit can receive the response at http://127.0.0.1:35001/saml, if an administrator registers that URL");
                let loopback = world.person.confirm("Is it registered there?") == Some(true);
                let table = Table::new(name_of(&issuer)).with("type", "saml").with("sso_url", sso_url);
                let table = table.with("issuer", issuer).with_some("binding", by_post.then_some("post"));
                table.with_some("capture", (!loopback).then_some("browser"))
            }
        })
    }

    /// An answer that there is no way around: Enter alone asks again.
    fn need(&self, prompt: &str) -> CommandResult<String> {
        loop {
            let answer = self.world.person.answer(prompt).ok_or_else(stopped)?;
            if !answer.is_empty() {
                return Ok(answer);
            }
            self.ui.instruct("An answer is needed here; Ctrl-C stops without writing anything");
        }
    }

    fn or_usual(&self, prompt: &str, usual: &str) -> String {
        self.world.person.line(&format!("{prompt} [{usual}]")).unwrap_or_else(|| usual.to_owned())
    }
}

fn stopped() -> CommandError {
    CommandError::new(Kind::Failed, "no answer was given; nothing was written")
}

fn parse(draft: &Draft) -> CommandResult<File> {
    Ok(File::parse("the new configuration", &draft.to_toml())?)
}

/// A name for the IdP: the company's name, if the URL contains it.
fn name_of(url: &str) -> String {
    let host = url.split("://").nth(1).unwrap_or(url).split(['/', ':']).next().unwrap_or_default();
    if host.ends_with("google.com") {
        return "google".to_owned();
    }
    if host.ends_with("microsoftonline.com")
        || host.ends_with("microsoft.com")
        || host.ends_with("windowsazure.com")
    {
        return "entra".to_owned();
    }
    let labels: Vec<&str> = host.split('.').collect();
    let own = labels.iter().find(|label| !GENERIC.contains(label)).copied().unwrap_or_default();
    let number = own.is_empty() || own.bytes().all(|b| b.is_ascii_digit());
    if number || labels.len() < 2 { "idp".to_owned() } else { fit_name(own) }
}

/// Writes the tested configuration, and says what to do next.
fn finish(draft: &Draft, world: &World, ui: &Ui) -> CommandResult {
    let merged = write::merged(draft, world)?;
    // What would be added has just been seen to work.
    if !write::add(draft, Options { enter_means_yes: true, ..Options::default() }, world, ui)? {
        return Ok(());
    }
    if draft.roles.is_empty() {
        if let Some(idp) = draft.idps.first().and_then(|idp| merged.idp_names.get(&idp.name)) {
            ui.next(shown!("jit login --idp {}  lets you choose a role", name::in_command(idp)));
        }
        return Ok(());
    }
    if let Some(role) = draft.roles.first().and_then(|role| merged.role_names.get(&role.name)) {
        ui.next(shown!("jit exec {} -- aws sts get-caller-identity", name::in_command(role)));
    }
    ui.next("jit configure profiles  lets every AWS tool use jit");
    Ok(())
}
