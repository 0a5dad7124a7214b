//! The settings that documents were rendered with.

use std::collections::BTreeMap;

use jit_wire::arn::{Partition, RoleArn, is_region};
use jit_wire::name::is_account_id;
use serde_json::Value;

use super::super::{Arrival, Ceiling, CompanyCeiling, Level, RenderSettings, SessionName, Where};
use super::{sid_of, statements};
use crate::policy::{Apply, Policy};

const PRINCIPAL: &str = "aws:PrincipalArn";

/// A statement with a name.
fn statement(document: &[Value], sid: &str) -> Option<Value> {
    document.iter().find(|statement| sid_of(statement) == sid).cloned()
}

/// A text, or a list of them.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The values of a condition of a statement.
fn condition(document: &[Value], sid: &str, operator: &str, key: &str) -> Vec<String> {
    let statement = statement(document, sid);
    texts(statement.as_ref().and_then(|statement| statement.get("Condition")?.get(operator)?.get(key)))
}

fn member(document: &[Value], sid: &str, name: &str) -> Vec<String> {
    let statement = statement(document, sid);
    texts(statement.as_ref().and_then(|statement| statement.get(name)))
}

/// Reads the pattern of a role whose only wildcard is the suffix of a permission set, which becomes zeros.
fn role_of(pattern: &str) -> Option<RoleArn> {
    pattern.replace("????????????????", "0000000000000000").parse().ok()
}

/// A name that nothing has, in the place of what cannot be recognized: the statement that should have it is a difference then.
const NOTHING: &str = "not-recognized";

/// The same placeholder, as a role.
fn no_role() -> Option<RoleArn> {
    format!("arn:aws:iam::000000000000:role/{NOTHING}").parse().ok()
}

/// The settings with which `found` was rendered: documents of a deployment of `policy` with this ledger, each by the name of the
/// rendered one. Where one cannot be recognized, there is a value that nothing has, so that every document is rendered.
pub fn recognized(policy: &Policy, ledger: &str, found: &[(String, String)]) -> RenderSettings {
    let mut settings = RenderSettings { ledger: Some(ledger.to_owned()), ..RenderSettings::default() };
    let by_function = policy.deployment.apply == Apply::Function;
    let readable = found.iter().filter_map(|(name, text)| Some((name.as_str(), statements(text)?)));
    for (name, document) in readable {
        let (kind, rest) = name.split_once('/').unwrap_or((name, ""));
        match (kind, rest.rsplit_once('.')) {
            ("ledger", _) => {
                let platform = condition(&document, "SettingsByPlatform", "ArnNotLike", PRINCIPAL);
                settings.platform = platform.iter().filter_map(|pattern| role_of(pattern)).collect();
                let appliers = condition(&document, "ActsByAppliers", "ArnNotLike", PRINCIPAL);
                let role = appliers.iter().find_map(|pattern| role_of(pattern)).filter(|_| by_function);
                settings.function_role = role.or(settings.function_role);
            }
            ("grantor.trust", _) if by_function => {
                let function = condition(&document, "Grantor", "ArnEquals", "lambda:SourceFunctionArn");
                settings.function = function.into_iter().next();
                let role = statement(&document, "Grantor").and_then(|statement| {
                    texts(statement.get("Principal")?.get("AWS")).first().and_then(|arn| arn.parse().ok())
                });
                settings.function_role = settings.function_role.or(role);
            }
            ("role" | "grantor", Some((_, "trust"))) => tags(&document, "OwnTags", &mut settings),
            ("ceiling", _) => ceiling(&document, rest, &mut settings),
            ("door", Some((door, "trust"))) => {
                tags(&document, "Tags", &mut settings);
                let unknown = || Arrival::Saml { provider: NOTHING.to_owned(), regions: Vec::new() };
                let arrival = arrival(&document).unwrap_or_else(unknown);
                settings.arrivals.insert(door.to_owned(), arrival);
            }
            ("door" | "function.policy", _) => {
                settings.reach = settings.reach.or_else(|| reach(&document));
            }
            _ => {}
        }
    }
    if settings.platform.is_empty() {
        settings.platform.extend(no_role());
    }
    if by_function {
        settings.function_role = settings.function_role.or_else(no_role);
    }
    settings.reach = settings.reach.or_else(|| Some(Where::Organization(NOTHING.to_owned())));
    settings
}

fn tags(document: &[Value], sid: &str, settings: &mut RenderSettings) {
    if settings.tags.is_empty() {
        settings.tags = condition(document, sid, "ForAllValues:StringEquals", "aws:TagKeys");
    }
}

/// A company's own ceiling is based on the largest built-in one whose actions it all contains.
fn ceiling(document: &[Value], name: &str, settings: &mut RenderSettings) {
    if settings.passable.is_empty() {
        settings.passable = member(document, "PassRole", "NotResource");
    }
    if Level::named(name).is_some() {
        return;
    }
    let actions = member(document, "List", "Action");
    let own = |level| {
        let bare = Ceiling {
            partition: Partition::Aws,
            level,
            more: Vec::new(),
            passable: Vec::new(),
            ledger: None,
        };
        bare.actions()
    };
    let contained = |level: &Level| own(*level).iter().all(|action| actions.contains(action));
    let base = Level::ALL.into_iter().filter(contained).max_by_key(|level| own(*level).len());
    let ceiling = match base {
        Some(level) => {
            let known = own(level);
            let more = actions.into_iter().filter(|action| !known.contains(action)).collect();
            CompanyCeiling { level, more }
        }
        None => CompanyCeiling { level: Level::Read, more: Vec::new() },
    };
    settings.ceilings.insert(name.to_owned(), ceiling);
}

fn reach(document: &[Value]) -> Option<Where> {
    let organization = condition(document, "Roles", "StringEquals", "aws:ResourceOrgID");
    if let Some(id) = organization.into_iter().next() {
        return Some(Where::Organization(id));
    }
    let resources = member(document, "Roles", "Resource");
    let mut accounts: Vec<String> =
        resources.iter().filter_map(|arn| arn.split(':').nth(4)).map(str::to_owned).collect();
    accounts.dedup();
    let are_accounts = !accounts.is_empty() && accounts.iter().all(|account| is_account_id(account));
    are_accounts.then_some(Where::Accounts(accounts))
}

fn arrival(document: &[Value]) -> Option<Arrival> {
    let sign_in = statement(document, "SignIn")?;
    let provider = texts(sign_in.get("Principal")?.get("Federated")).into_iter().next()?;
    let conditions = sign_in.get("Condition")?.get("StringEquals")?.as_object()?;
    let values: BTreeMap<&str, Vec<String>> =
        conditions.iter().map(|(key, value)| (key.as_str(), texts(Some(value)))).collect();
    let one = |key: &str| values.get(key).and_then(|values| values.first()).cloned();
    if let Some((_, name)) = provider.split_once(":saml-provider/") {
        let regions = values.get("SAML:aud").into_iter().flatten().filter_map(|audience| {
            let (region, _) = audience.strip_prefix("https://")?.split_once('.')?;
            is_region(region).then(|| region.to_owned()).filter(|region| region.contains('-'))
        });
        return Some(Arrival::Saml { provider: name.to_owned(), regions: regions.collect() });
    }
    let issuer = provider.split_once(":oidc-provider/")?.1.to_owned();
    let audience = one(&format!("{issuer}:aud"))?;
    let plain = |text: String| text.replace("${$}", "$");
    let session_name = one("sts:RoleSessionName");
    if let (Some(subject), Some(session_name)) = (one(&format!("{issuer}:sub")), session_name.clone()) {
        let (subject, session_name) = (plain(subject), plain(session_name));
        return Some(Arrival::Robot { issuer, audience, subject, session_name });
    }
    let session_name = match session_name.as_deref() {
        Some("${sts:SourceIdentity}") => SessionName::SourceIdentity,
        _ => SessionName::Subject,
    };
    Some(Arrival::Oidc { issuer, audience, session_name })
}
