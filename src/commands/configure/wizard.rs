//! `jit configure`: from one URL to a configuration that works. It does not ask for what it can find out,
//! and tries the sign-in and one role before it writes anything.

use crate::broker::Broker;
use crate::commands::load::{self, Configuration};
use crate::commands::nameable::Nameable;
use crate::commands::subject::typed_need;
use crate::commands::{advice, pick, roles};
use crate::config::aws;
use crate::config::draft::{Draft, Table, fit_name};
use crate::config::file::File;
use crate::config::host;
use crate::config::resolve::{self, Flags};
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::lookup::{self, Found};
use crate::plan::{AccountNames, DiscoveredRole};
use crate::store::Store;
use crate::sys::{folders, process};
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use crate::world::World;
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_REGION};
use jit_wire::explain::{Explain, Next};
use jit_wire::name;
use jit_wire::timestamp::duration;

use super::write::{self, Options};

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
    welcome(world, ui);
    loop {
        let tried = Wizard { world, ui }.try_once();
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

/// Says what already works, in case that is enough, and asks for the URL.
fn welcome(world: &World, ui: &Ui) {
    let usable = load::profiles(world).map(|profiles| aws::usable(&profiles).count()).unwrap_or(0);
    if usable > 0 {
        let path = folders::short(&world.folders.aws_config, &world.folders.home);
        ui.instruct(shown!(
            "{} of the profiles in {} work without configuration: jit exec PROFILE -- …, jit roles",
            usable,
            path
        ));
    }
    ui.instruct(
        "Where do you sign in? Enter the URL of your Okta, Entra, Google, Identity Center, Keycloak …,",
    );
    ui.instruct("or the link of the AWS app on your dashboard:");
}

struct Wizard<'a> {
    world: &'a World,
    ui: &'a Ui,
}

impl Wizard<'_> {
    /// From the URL to a configuration that was tested.
    fn try_once(&self) -> CommandResult<Draft> {
        let Self { world, ui } = *self;
        let url = self.need("URL")?;
        let found = process::block_on(lookup::look_up(&world.http, &url))?;
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
            let role = self.role(&idp.name, &offered, &store)?;
            draft.roles = vec![role.clone()];
            let tried = parse(&draft).and_then(|file| {
                let plan = resolve::plan(&file, &role.name, Flags::default(), &world.env, Vec::new)?;
                broker
                    .session(&plan, &need)
                    .map_err(|error| advice::no_session(&error, &plan, advice::Typed::Configure))
            });
            match tried {
                Ok(session) => {
                    let left = duration(session.time_left(world.clock.now()));
                    ui.done(shown!("{} works: account {}, {} left", role.name, session.account(), left));
                    return Ok(draft);
                }
                Err(error) => {
                    ui.fail(&error);
                    if world.person.confirm("Try another role?") != Some(true) {
                        return Err(CommandError::new(
                            Kind::Failed,
                            "none of the roles that you tried works",
                        ));
                    }
                }
            }
        }
    }

    /// `[idp.NAME]` from what was found; asks for the values that only the person knows.
    fn idp(&self, found: Found) -> CommandResult<Table> {
        let Self { world, ui } = *self;
        Ok(match found {
            Found::Center { start_url, region } => {
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
            Found::Okta { org, app_url: Some(app_url), identity_engine: true } => {
                ui.say(shown!("An app of the Okta org {}; it opens in a browser", org));
                Table::new(name_of(&org)).with("type", "saml").with("start_url", app_url)
            }
            Found::Okta { org, app_url: Some(app_url), .. } => {
                ui.say(shown!("An app of the Okta org {}; you sign in here, in the terminal", org));
                Table::new(name_of(&org)).with("type", "okta").with("org", org).with("app_url", app_url)
            }
            Found::Okta { org, app_url: None, identity_engine } => {
                ui.say(shown!("The Okta org {}", org));
                let answer = self.need(
                    "The link of its AWS app (copied from your dashboard), or the client id of a native app",
                )?;
                if answer.contains("://") {
                    let app_url = answer.split('#').next().unwrap_or_default().to_owned();
                    return self.idp(Found::Okta { org, app_url: Some(app_url), identity_engine });
                }
                Table::new(name_of(&org)).with("type", "oidc").with("issuer", org).with("client_id", answer)
            }
            Found::Oidc { issuer } => {
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
            Found::SamlStart { start_url } => {
                ui.say("A page that starts a SAML sign-in; it opens in jit's own browser");
                Table::new(name_of(&start_url)).with("type", "saml").with("start_url", start_url)
            }
            Found::SamlSso { sso_url, issuer, by_post, elsewhere } => {
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

    /// `[role.NAME]`: one of the offered roles, else the one whose ARN the person enters.
    fn role(&self, idp: &str, offered: &[DiscoveredRole], store: &Store<'_>) -> CommandResult<Table> {
        let table = match self.choose(offered, store)? {
            Some(role) => {
                let table = Table::new(fit_name(&role.role.to_lowercase())).with("idp", idp);
                match &role.saml {
                    None => table
                        .with("account", role.account.as_str())
                        .with("permission_set", role.role.as_str()),
                    Some(pair) => {
                        let several = offered.iter().filter(|other| {
                            other.saml.as_ref().is_some_and(|other| other.role_arn == pair.role_arn)
                        });
                        let provider = (several.count() > 1).then_some(pair.provider_arn.as_str());
                        table.with("role_arn", pair.role_arn.as_str()).with_some("provider_arn", provider)
                    }
                }
            }
            None => {
                let arn = self.need("The ARN of the role that the IdP offers you")?;
                let name = arn.rsplit('/').next().unwrap_or_default().to_lowercase();
                Table::new(fit_name(&name)).with("idp", idp).with("role_arn", arn)
            }
        };
        let name = self.or_usual("Name of the role", &table.name);
        Ok(Table { name, ..table })
    }

    fn choose<'r>(
        &self,
        offered: &'r [DiscoveredRole],
        store: &Store<'_>,
    ) -> CommandResult<Option<&'r DiscoveredRole>> {
        if offered.len() < 2 {
            return Ok(offered.first());
        }
        self.ui.say(shown!("{} roles are available; which one do you use most?", offered.len()));
        let names = AccountNames::of(offered);
        let candidates = offered.iter().cloned().map(|role| Nameable::offered(role, &names)).collect();
        let picked = pick::one_of(candidates, None, store, self.world).map_err(|_| stopped())?.number_name();
        Ok(offered.iter().find(|role| role.name() == picked))
    }

    fn need(&self, prompt: &str) -> CommandResult<String> {
        self.world.person.line(prompt).ok_or_else(stopped)
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
    if !write::add(draft, Options::default(), world, ui)? {
        return Ok(());
    }
    if let Some(role) = draft.roles.first().and_then(|role| merged.role_names.get(&role.name)) {
        ui.next(shown!("jit exec {} -- aws sts get-caller-identity", name::in_command(role)));
    }
    ui.next("jit configure profiles  lets every AWS tool use jit");
    Ok(())
}
