//! The attributes that AWS reads (IAM User Guide, "Configure SAML assertions for the authentication response").

use roxmltree::Node;

use super::SamlError;
use super::response::{ASSERTION, bounded, children, text};
use crate::idp::Attributes;
use crate::plan::SamlPair;
use jit_wire::arn::{self, RoleArn};

const AWS: &str = "https://aws.amazon.com/SAML/Attributes/";
const TAG: &str = "PrincipalTag:";

/// Reads the attributes of an assertion.
///
/// # Errors
/// It has no role attribute, or an attribute that AWS accepts only once appears twice with different values.
pub(super) fn read(assertion: Node<'_, '_>) -> Result<Attributes, SamlError> {
    let mut found = Attributes::default();
    let mut bad = None;
    let mut near = None;
    let statements = children(assertion, ASSERTION, "AttributeStatement");
    for attribute in statements.flat_map(|statement| children(statement, ASSERTION, "Attribute")) {
        let name = attribute.attribute("Name").unwrap_or_default();
        let mut values =
            children(attribute, ASSERTION, "AttributeValue").map(|value| text(value).trim().to_owned());
        match name.strip_prefix(AWS) {
            Some("Role") => {
                for value in values {
                    match pair(&value) {
                        Some(role) if !found.roles.contains(&role) => found.roles.push(role),
                        Some(_) => {}
                        None => bad = Some(bounded(&value)),
                    }
                }
            }
            Some("TransitiveTagKeys") => found.transitive_tags.extend(values),
            Some("RoleSessionName") => once(&mut found.session_name, "RoleSessionName", values.next())?,
            Some("SourceIdentity") => once(&mut found.source_identity, "SourceIdentity", values.next())?,
            Some("SessionDuration") => {
                let seconds = values.next().and_then(|value| value.parse().ok());
                once(&mut found.session_duration, "SessionDuration", seconds)?;
            }
            Some(tag) if tag.starts_with(TAG) => {
                let key = tag[TAG.len()..].to_owned();
                let value = values.next().unwrap_or_default();
                if found.tags.get(&key).is_some_and(|old| *old != value) {
                    return Err(SamlError::Twice(bounded(tag)));
                }
                found.tags.insert(key, value);
            }
            _ => near = near.or_else(|| looks_like_role(name)),
        }
    }
    match (found.roles.is_empty(), bad) {
        (true, Some(value)) if is_joined(&value) => Err(SamlError::JoinedRoles(value)),
        (true, Some(value)) => Err(SamlError::BadRole(value)),
        (true, None) => Err(SamlError::NoRole { near }),
        (false, Some(value)) => {
            let what = if is_joined(&value) { "several pairs of ARNs" } else { "not a pair of ARNs" };
            log::info!("ignored a value of the attribute Role, which is {what}: {value}");
            Ok(found)
        }
        (false, None) => Ok(found),
    }
}

fn once<T: PartialEq>(slot: &mut Option<T>, name: &str, value: Option<T>) -> Result<(), SamlError> {
    match (slot.as_ref(), value) {
        (Some(old), Some(new)) if *old != new => Err(SamlError::Twice(name.to_owned())),
        (None, Some(new)) => {
            *slot = Some(new);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A role and its SAML provider, in either order.
fn pair(value: &str) -> Option<SamlPair> {
    let (one, other) = value.split_once(',')?;
    let one = one.trim();
    let other = other.trim();
    let (role, provider) = if one.contains(":saml-provider/") { (other, one) } else { (one, other) };
    let role: RoleArn = role.parse().ok()?;
    let fits = arn::is_saml_provider_of(provider, role.account())
        && provider.split(':').nth(1) == Some(role.partition().name());
    fits.then(|| SamlPair { role_arn: role.to_string(), provider_arn: provider.to_owned() })
}

/// Whether one value contains several pairs, as IdPs write that join lists.
fn is_joined(value: &str) -> bool {
    value.matches(":saml-provider/").count() > 1 || value.matches(":role/").count() > 1
}

/// A name that was probably meant to be that of the role attribute: case and slashes matter.
fn looks_like_role(name: &str) -> Option<String> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['/', ':'], "");
    let wanted = plain(&format!("{AWS}Role"));
    (plain(name) == wanted || name == "Role").then(|| bounded(name))
}
