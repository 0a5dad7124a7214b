//! `jit console`: the AWS console in the browser, signed in as a role.

use zeroize::Zeroizing;

use crate::aws::federation::{self, FederationError};
use crate::aws::pages;
use crate::cli::Console;
use crate::config::resolve::named_endpoint;
use crate::error::{CommandError, CommandResult, Kind};
use crate::idp::{self, HandOverError};
use crate::plan::{Plan, ProofPlan, RoleId, Source};
use crate::sys::{browser, process};
use crate::ui::Ui;
use crate::ui::text::shown;
use crate::world::World;
use jit_wire::arn::{Partition, is_region};
use jit_wire::env::{AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_SIGNIN, AWS_REGION};
use jit_wire::name;
use jit_wire::secret::Secret;
use jit_wire::trusted_url::{Purpose, TrustedUrl};

use super::{Subject, confirm, typed_need};

/// Services that have no region in the console.
const GLOBAL: [&str; 8] =
    ["iam", "route53", "cloudfront", "organizations", "billing", "cost-management", "support", "health"];
/// What people and the AWS CLI call a service, where the console's address calls it otherwise.
const OTHERWISE: [(&str, &str); 12] = [
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

pub(super) fn run(args: &Console, world: &World, ui: &Ui) -> CommandResult {
    let subject = Subject::find(&args.role, world)?;
    let plan = &subject.plan;
    confirm(plan, world)?;
    let destination = destination(args, plan, world)?;
    if is_a_user(plan) {
        return Err(no_console_for_users(plan));
    }
    if !args.print && subject.console_browser.is_none() && !world.browser.available() {
        return without_a_browser(plan, &destination, ui);
    }
    let url = match portal_link(plan, &destination) {
        // The portal knows the person, and signs them in by itself.
        Some(link) => Secret::new(link),
        None => {
            let session = subject.session(world, &typed_need(world, None))?;
            // What a program or a variable gave may be a user's as well.
            if ![":assumed-role/", ":federated-user/"].iter().any(|kind| session.assumed_arn.contains(kind)) {
                return Err(no_console_for_users(plan));
            }
            let region = region(args, plan, world);
            let sign_in = named_endpoint(&world.env, AWS_ENDPOINT_URL_SIGNIN)?.map_or_else(
                || format!("https://{}", plan.target().role.value.partition().sign_in_host(&region)),
                |url| url.as_str().trim_end_matches('/').to_owned(),
            );
            let sign_in = TrustedUrl::parse(&sign_in, Purpose::AwsEndpoint)
                .map_err(|why| CommandError::new(Kind::Failed, format!("`{sign_in}` {why}")))?;
            // Of credentials that somebody else made, it is not known whether a role's session made them.
            let first = plan.legs.len() == 1 && !matches!(plan.target().role.value, RoleId::Itself(_));
            let duration = first.then_some(plan.target().duration.value);
            let asked =
                federation::login_url(&world.http, &sign_in, &session.credentials, duration, &destination);
            process::block_on(asked).map_err(|error| {
                let hint = match &error {
                    FederationError::Http(_) => {
                        format!(
                            "check the network, HTTPS_PROXY and AWS_CA_BUNDLE: {} could not be asked",
                            sign_in.origin()
                        )
                    }
                    FederationError::Refused(_) => {
                        format!("jit login --force {}", name::in_command(&plan.role))
                    }
                };
                CommandError::new(Kind::Failed, error.to_string()).hint(hint)
            })?
        }
    };
    if args.print {
        let line = Zeroizing::new(format!("{}\n", url.expose()));
        return ui.data(line.as_bytes());
    }
    let role = ui.paint_role(&plan.role, plan.color.as_deref());
    ui.say(shown!("{}  account {}  in the console", role, plan.target().role.value.account()));
    open(url, plan, subject.console_browser.as_deref(), world)
}

/// Whether the plan starts and ends with long-lived keys, which are a user's (or root's).
fn is_a_user(plan: &Plan) -> bool {
    let (ProofPlan::Source(settings), [leg]) = (&plan.proof, plan.legs.as_slice()) else { return false };
    let keys = matches!(&settings.source.value, Source::Keys { token: None, .. });
    keys && matches!(leg.role.value, RoleId::Itself(_))
}

/// `GetFederationToken` would give such keys a console, but one with other rights than the user's and without their MFA, so
/// that is left alone (IAM User Guide, "Enable custom identity broker access to the AWS console").
fn no_console_for_users(plan: &Plan) -> CommandError {
    let what = format!(
        "{} is an IAM user, and AWS opens the console only for sessions of roles and federated users",
        plan.role
    );
    let hint = format!(
        "add a profile with role_arn and source_profile = {} to ~/.aws/config, then: jit console PROFILE",
        name::in_command(&plan.role)
    );
    CommandError::new(Kind::Usage, what).hint(hint)
}

/// Says so before anything is asked of AWS. The portal's link holds no secret, so it can be opened anywhere.
fn without_a_browser(plan: &Plan, destination: &str, ui: &Ui) -> CommandResult {
    if let Some(link) = portal_link(plan, destination) {
        ui.say("There is no browser here. Open this where you can sign in to the portal:");
        return ui.data(format!("{link}\n").as_bytes());
    }
    let error = CommandError::new(Kind::Failed, "there is no browser here to open the console in");
    let role = name::in_command(&plan.role);
    Err(error.hint(format!(
        "jit console --print {role} prints a URL; whoever opens it within 15 min is signed in"
    )))
}

/// Hands the URL to the browser by way of a page of this machine: whoever has it is signed in, and what a browser is
/// started with is in the list of processes.
fn open(url: Secret<String>, plan: &Plan, words: Option<&[String]>, world: &World) -> CommandResult {
    let open = |page: &TrustedUrl| match words {
        Some(words) => browser::open_with(&filled(words, page.as_str(), plan)),
        None => world.browser.open(page),
    };
    process::block_on(idp::hand_over(world, url, open)).map_err(|error| {
        let hint = match error {
            HandOverError::Contested(_) => "sign out of the console there, then run `jit console` again",
            _ => "jit console --print shows the URL",
        };
        CommandError::new(Kind::Failed, error.to_string()).hint(hint)
    })
}

/// The words of a command with what stands for something in them filled in.
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

/// For a permission set there is an address that holds no secret ("shortcut links" of the Identity Center User Guide).
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

fn region(args: &Console, plan: &Plan, world: &World) -> String {
    let partition = plan.target().role.value.partition();
    let configured = plan.region.as_ref().map(|region| region.value.as_str());
    let variable = [AWS_REGION, AWS_DEFAULT_REGION].into_iter().find_map(|name| world.env.get(name));
    let fits = |region: &&str| Partition::of_region(region) == partition;
    let region = args.region.as_deref().or(configured).or(variable.filter(fits));
    region.unwrap_or_else(|| partition.default_region()).to_owned()
}

/// Where in the console to go.
fn destination(args: &Console, plan: &Plan, world: &World) -> CommandResult<String> {
    let (partition, region) = (plan.target().role.value.partition(), region(args, plan, world));
    let name = partition.name();
    if !is_region(&region) {
        let error = CommandError::new(Kind::Usage, format!("`{region}` is not a region"));
        return Err(error.hint(format!("jit console --region eu-west-1 {}", name::in_command(&plan.role))));
    }
    if Partition::of_region(&region) != partition {
        return Err(CommandError::new(
            Kind::Usage,
            format!("{region} is not a region of {name}, where the role is"),
        ));
    }
    if let Some(url) = &args.url {
        let wrong = |why| CommandError::new(Kind::Usage, format!("`{url}` {why}"));
        return pages::page(url, partition).map_err(wrong);
    }
    let Some(host) = partition.console_host() else {
        let what = format!("AWS does not publish the URL of the console of {name}");
        let role = name::in_command(&plan.role);
        let hint =
            format!("name the page: jit console {role} --url https://HOST.{}/", pages::domain(partition));
        return Err(CommandError::new(Kind::Usage, what)
            .hint(hint)
            .hint("if the sign-in page is elsewhere, set AWS_ENDPOINT_URL_SIGNIN as well"));
    };
    Ok(page_of(args.service.as_deref(), host, &region))
}

fn page_of(service: Option<&str>, host: &str, region: &str) -> String {
    let Some(service) = service else {
        return format!("https://{region}.{host}/console/home?region={region}");
    };
    let service = service.to_ascii_lowercase();
    let page = OTHERWISE.iter().find(|(name, _)| *name == service).map_or(service.as_str(), |(_, page)| page);
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
