//! `jit console`: the AWS console in the browser, signed in as a role.

use clap::Args;
use zeroize::Zeroizing;

use crate::aws::federation::{self, FederationError};
use crate::aws::pages::{self, PageError};
use crate::config::resolve::named_endpoint;
use crate::error::{CommandResult, Kind};
use crate::idp::{self, HandOverError};
use crate::plan::{Plan, ProfileSource, ProofPlan, RoleId};
use crate::sys::{browser, process};
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::arn::Partition;
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_SIGNIN, AWS_REGION};
use jit_wire::explain::{Explain, Next};
use jit_wire::http::HttpError;
use jit_wire::name;
use jit_wire::secret::Secret;
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

use super::advice;
use super::audit_log::Taker;
use super::region;
use super::subject::{RoleArgs, Subject, typed_need};

/// Open the AWS console in the browser, signed in
///
/// Uses a session of the role, or the portal's link for a permission set of
/// Identity Center. Opens the start page without --service or --url.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct ConsoleArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "shown by the help of its own fields")]
    pub role: RoleArgs,
    /// The service to open, such as s3
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub service: Option<String>,
    /// The URL of the console page to open
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The region to open it in (default: the role's)
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Print the URL instead; anyone who has it can sign in for 15 min
    #[arg(long)]
    pub print: bool,
}

/// Services that have no region in the console.
const GLOBAL: [&str; 8] =
    ["iam", "route53", "cloudfront", "organizations", "billing", "cost-management", "support", "health"];
/// Names of services, as people and the AWS CLI write them, and their path in the console's URL where it
/// differs.
const CONSOLE_NAMES: [(&str, &str); 12] = [
    ("apigw", "apigateway"),
    ("cfn", "cloudformation"),
    ("ddb", "dynamodbv2"),
    ("dynamodb", "dynamodbv2"),
    ("eventbridge", "events"),
    ("ecr", "ecr/repositories"),
    ("logs", "cloudwatch/home#logsV2:log-groups"),
    ("r53", "route53"),
    ("secretsmanager", "secretsmanager/listsecrets"),
    ("sfn", "states"),
    ("ssm", "systems-manager"),
    ("sso", "singlesignon"),
];

/// Why the console cannot be opened.
#[derive(Debug, thiserror::Error)]
enum ConsoleError {
    /// `GetFederationToken` could open a console for the keys of an IAM user, but with other permissions
    /// than the user's and without their MFA, so jit does not use it (IAM User Guide, "Enable custom
    /// identity broker access to the AWS console").
    #[error("{0} is an IAM user, and AWS opens the console only for sessions of roles and federated users")]
    User(String),
    #[error("there is no browser here to open the console in")]
    NoBrowser(String),
    #[error("`{url}` {why}")]
    Page { url: String, why: PageError },
    #[error("AWS does not publish the URL of the console of {}", partition.name())]
    NoHost { partition: Partition, role: String },
    #[error("`{url}` {why}")]
    SignInPage { url: String, why: UrlError },
    #[error(transparent)]
    Federation(#[from] FederationError),
    #[error("{error}")]
    HandOver { error: HandOverError, role: String },
}

impl Explain for ConsoleError {
    fn kind(&self) -> Kind {
        match self {
            Self::User(_) | Self::Page { .. } | Self::NoHost { .. } => Kind::Usage,
            Self::NoBrowser(_) | Self::SignInPage { .. } | Self::Federation(_) | Self::HandOver { .. } => {
                Kind::Failed
            }
        }
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::User(role) => vec![Next::words(format!(
                "add a profile with role_arn and source_profile = {} to ~/.aws/config, and open the console \
                 with that profile",
                name::in_command(role)
            ))],
            Self::NoBrowser(role) => vec![Next::Run {
                command: format!("console --print {}", name::in_command(role)).into(),
                does: "prints a URL; anyone who opens it within 15 min is signed in".into(),
            }],
            Self::Page { .. } => Next::list(["copy the URL of a page from the console itself"]),
            Self::NoHost { partition, role } => vec![
                Next::words(format!(
                    "give the URL of the page: jit console {} --url https://HOST.{}/",
                    name::in_command(role),
                    pages::domain(*partition)
                )),
                Next::words("if the sign-in page is elsewhere, set AWS_ENDPOINT_URL_SIGNIN too"),
            ],
            Self::SignInPage { .. } => {
                Next::list(["set AWS_ENDPOINT_URL_SIGNIN to an https URL, or unset it"])
            }
            // `jit doctor` does not check this host, so the advice must not mention it.
            Self::Federation(FederationError::Http(
                HttpError::Unreachable { .. } | HttpError::Timeout { .. } | HttpError::Tls { .. },
            )) => Next::list(["check the network, HTTPS_PROXY and AWS_CA_BUNDLE"]),
            Self::Federation(FederationError::Http(error)) => error.next(),
            Self::Federation(FederationError::Refused(_)) => vec![Next::SignInAnew],
            Self::HandOver { error: HandOverError::Contested(_), role } => vec![Next::words(format!(
                "sign out of the console there, then: `jit console {}`",
                name::in_command(role)
            ))],
            Self::HandOver { role, .. } => vec![Next::Run {
                command: format!("console --print {}", name::in_command(role)).into(),
                does: "prints the URL".into(),
            }],
        }
    }
}

pub(super) fn run(args: &ConsoleArgs, world: &World, ui: &Ui) -> CommandResult {
    let subject = Subject::find(&args.role, world)?.in_region(args.region.as_deref())?;
    let plan = &subject.plan;
    region::say_which(plan, &world.env, ui);
    subject.confirm()?;
    let destination = destination(args, plan, world)?;
    if is_a_user(plan) {
        return Err(ConsoleError::User(plan.role.clone()).into());
    }
    if !args.print && subject.console_browser.is_none() && !world.browser.available() {
        return without_a_browser(plan, &destination, ui);
    }
    let url = match portal_link(plan, &destination) {
        // The portal signs the person in by itself.
        Some(link) => Secret::new(link),
        None => {
            let session = subject.session(&typed_need(world, None), Taker::itself("console"))?;
            // Credentials from a program or a variable may also be those of an IAM user.
            if ![":assumed-role/", ":federated-user/"].iter().any(|kind| session.assumed_arn.contains(kind)) {
                return Err(ConsoleError::User(plan.role.clone()).into());
            }
            let region = region_of(plan, world);
            let sign_in = named_endpoint(&world.env, AWS_ENDPOINT_URL_SIGNIN)?.map_or_else(
                || format!("https://{}", plan.target().role.value.partition().sign_in_host(&region)),
                |url| url.as_str().trim_end_matches('/').to_owned(),
            );
            let sign_in = TrustedUrl::parse(&sign_in, Purpose::AwsEndpoint)
                .map_err(|why| ConsoleError::SignInPage { url: sign_in.clone(), why })?;
            // A duration is allowed only for a session that jit obtained with a single step. Credentials
            // from elsewhere may already be those of a chained role.
            let first = plan.legs.len() == 1 && !matches!(plan.target().role.value, RoleId::Itself(_));
            let duration = first.then_some(plan.target().duration.value);
            let asked =
                federation::login_url(&world.http, &sign_in, &session.credentials, duration, &destination);
            process::block_on(asked).map_err(|error| advice::about(plan, &ConsoleError::from(error)))?
        }
    };
    if args.print {
        let line = Zeroizing::new(format!("{}\n", url.expose()));
        return ui.data(line.as_bytes());
    }
    let role = ui.paint_role(&plan.role, plan.color.as_deref());
    ui.say(shown!("{}  account {}  opens in the console", role, plan.target().role.value.account()));
    open(url, plan, subject.console_browser.as_deref(), world)
}

/// Whether the plan uses long-lived access keys directly, which belong to an IAM user or to root.
fn is_a_user(plan: &Plan) -> bool {
    let (ProofPlan::Source(settings), [leg]) = (&plan.proof, plan.legs.as_slice()) else { return false };
    let keys = matches!(&settings.source.value, ProfileSource::Keys { token: None, .. });
    keys && matches!(leg.role.value, RoleId::Itself(_))
}

/// Fails before AWS is called. The portal's link contains no secret, so it is printed to be opened
/// elsewhere.
fn without_a_browser(plan: &Plan, destination: &str, ui: &Ui) -> CommandResult {
    if let Some(link) = portal_link(plan, destination) {
        ui.say("There is no browser here. Open this URL where you can sign in to the portal:");
        return ui.data(format!("{link}\n").as_bytes());
    }
    Err(ConsoleError::NoBrowser(plan.role.clone()).into())
}

/// Opens the URL through a page on this machine. Everybody who has the URL is signed in, and the arguments
/// of a browser are visible in the process list.
fn open(url: Secret<String>, plan: &Plan, words: Option<&[String]>, world: &World) -> CommandResult {
    let open = |page: &TrustedUrl| match words {
        Some(words) => browser::open_with(&filled(words, page.as_str(), plan)),
        None => world.browser.open(page),
    };
    process::block_on(idp::hand_over(world, url, open))
        .map_err(|error| ConsoleError::HandOver { error, role: plan.role.clone() }.into())
}

/// The words of the configured command, with their placeholders filled in.
fn filled(words: &[String], url: &str, plan: &Plan) -> Vec<String> {
    let encoded: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
    let fill = |word: &String| {
        word.replace("{url_encoded}", &encoded)
            .replace("{url}", url)
            .replace("{role}", &plan.role)
            .replace("{account}", plan.target().role.value.account())
            .replace("{color}", plan.color.as_deref().unwrap_or("cyan"))
    };
    words.iter().map(fill).collect()
}

/// The portal's link for a permission set. It contains no secret ("shortcut links" in the Identity Center
/// User Guide).
fn portal_link(plan: &Plan, destination: &str) -> Option<String> {
    let (ProofPlan::IdentityCenter(center), [leg]) = (&plan.proof, plan.legs.as_slice()) else { return None };
    let RoleId::Assigned(assigned) = &leg.role.value else { return None };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("account_id", assigned.account())
        .append_pair("role_name", assigned.permission_set())
        .append_pair("destination", destination)
        .finish();
    Some(format!("{}/#/console?{query}", center.start_url.value))
}

fn region_of(plan: &Plan, world: &World) -> String {
    let partition = plan.target().role.value.partition();
    let configured = plan.region.as_ref().map(|region| region.value.as_str());
    let variable = [AWS_REGION, AWS_DEFAULT_REGION].into_iter().find_map(|name| world.env.get(name));
    let fits = |region: &&str| Partition::of_region(region) == partition;
    let region = configured.or(variable.filter(fits));
    region.unwrap_or_else(|| partition.default_region()).to_owned()
}

/// The URL of the console page to open.
fn destination(args: &ConsoleArgs, plan: &Plan, world: &World) -> CommandResult<String> {
    let partition = plan.target().role.value.partition();
    let region = region_of(plan, world);
    // It may be that of the configuration or of the environment.
    region::check(&region, plan)?;
    if let Some(url) = &args.url {
        let page = pages::page(url, partition);
        return page.map_err(|why| ConsoleError::Page { url: url.clone(), why }.into());
    }
    let Some(host) = partition.console_host() else {
        return Err(ConsoleError::NoHost { partition, role: plan.role.clone() }.into());
    };
    Ok(page_of(args.service.as_deref(), host, &region))
}

fn page_of(service: Option<&str>, host: &str, region: &str) -> String {
    let Some(service) = service else {
        return format!("https://{region}.{host}/console/home?region={region}");
    };
    let service = service.to_ascii_lowercase();
    let page =
        CONSOLE_NAMES.iter().find(|(name, _)| *name == service).map_or(service.as_str(), |(_, page)| page);
    if GLOBAL.contains(&page) {
        return format!("https://{host}/{page}/home");
    }
    let (path, fragment) =
        page.split_once('#').map_or((page, String::new()), |(path, part)| (path, format!("#{part}")));
    let path = if path.contains('/') { path.to_owned() } else { format!("{path}/home") };
    format!("https://{region}.{host}/{path}?region={region}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_the_console_s_own_names() {
        let host = "console.aws.amazon.com";
        let cases = [
            (None, "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"),
            (Some("s3"), "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"),
            (Some("EC2"), "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1"),
            (Some("ddb"), "https://eu-west-1.console.aws.amazon.com/dynamodbv2/home?region=eu-west-1"),
            (Some("iam"), "https://console.aws.amazon.com/iam/home"),
            (Some("r53"), "https://console.aws.amazon.com/route53/home"),
            (
                Some("logs"),
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups",
            ),
            (Some("ecr"), "https://eu-west-1.console.aws.amazon.com/ecr/repositories?region=eu-west-1"),
        ];
        for (service, url) in cases {
            assert_eq!(page_of(service, host, "eu-west-1"), url);
        }
    }
}
