//! IAM's answers, read.

use jit_access::lifecycle::ObservedRole;
use jit_access::render::{Fullness, Limit};
use roxmltree::{Document, Node};

use crate::iam::{Boundary, IamError};

pub(super) fn unreadable(about: &str, action: &str) -> IamError {
    let why = format!("its answer to iam:{action} cannot be read");
    IamError::Unreachable { role: about.to_owned(), why }
}

pub(crate) fn descendant<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.descendants().find(|node| node.tag_name().name() == name)
}

pub(crate) fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default()
}

pub(super) fn text_in(answer: &str, name: &str, about: &str) -> Result<String, IamError> {
    let document = Document::parse(answer).ok();
    let found = document.as_ref().and_then(|document| descendant(document.root(), name));
    found.map(|node| text_of(node).to_owned()).ok_or_else(|| unreadable(about, name))
}

/// A policy in an answer, which is escaped as in a URL (RFC 3986).
pub(super) fn document_in(answer: &str, name: &str, about: &str) -> Result<String, IamError> {
    unescaped(&text_in(answer, name, about)?).ok_or_else(|| unreadable(about, name))
}

pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The permissions boundary in IAM's description of a role.
pub(super) fn boundary(about: &str) -> Boundary {
    let document = Document::parse(about).ok();
    let arn = document.as_ref().and_then(|document| descendant(document.root(), "PermissionsBoundaryArn"));
    Boundary::of(arn.map(text_of))
}

/// Each policy with how many characters IAM counts.
pub(super) fn characters(role: &ObservedRole) -> impl Iterator<Item = (String, usize)> {
    role.policies.iter().map(|(name, text)| (name.clone(), Fullness::of(Limit::Inline, [text.as_str()]).used))
}

pub(super) fn has_tag(about: &str, key: &str) -> bool {
    Document::parse(about).is_ok_and(|document| {
        let tags = descendant(document.root(), "Tags");
        tags.is_some_and(|tags| {
            tags.descendants().any(|node| node.tag_name().name() == "Key" && text_of(node) == key)
        })
    })
}

/// A page of a list: of names, or of things with an ARN.
pub(crate) struct Page {
    pub(crate) members: Vec<String>,
    pub(crate) next: Option<String>,
}

pub(crate) fn page(answer: &str, list: &str) -> Option<Page> {
    let document = Document::parse(answer).ok()?;
    let members = descendant(document.root(), list)?.children().filter(Node::is_element).map(|member| {
        let arn = member.children().find(|node| ["Arn", "PolicyArn"].contains(&node.tag_name().name()));
        text_of(arn.unwrap_or(member)).to_owned()
    });
    let members = members.collect();
    let truncated = descendant(document.root(), "IsTruncated").is_some_and(|node| text_of(node) == "true");
    let next = descendant(document.root(), "Marker").map(|node| text_of(node).to_owned());
    match (truncated, next) {
        (false, _) => Some(Page { members, next: None }),
        (true, next) => next.map(|next| Page { members, next: Some(next) }),
    }
}

/// The services of the actions that a ceiling allows.
pub(super) fn allowed_services(document: &str) -> Option<Vec<String>> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let mut services = Vec::new();
    for statement in document.get("Statement")?.as_array()? {
        if statement.get("Effect")?.as_str() != Some("Allow") {
            continue;
        }
        let one = |action: &serde_json::Value| Some(action.as_str()?.split_once(':')?.0.to_owned());
        match statement.get("Action") {
            Some(serde_json::Value::Array(actions)) => services.extend(actions.iter().filter_map(one)),
            Some(action) => services.extend(one(action)),
            None => {}
        }
    }
    services.sort();
    services.dedup();
    Some(services.into_iter().map(|service| format!("{service}:*")).collect())
}
