//! `[role.NAME]`: how the role is reached (from an IdP, or with another role's session), and what jit
//! requests from AWS for it. The role's identity is read in `target`; what AWS would refuse is checked in
//! `config::limits`.

use std::collections::BTreeMap;

use super::target::{self, NamedBy, Target};
use crate::config::idp::IdpSection;
use crate::config::limits::{self, ProofKind};
use crate::config::shared::keys::{KeyPlace, elsewhere};
use jit_wire::section::{At, Mistake, Section};

/// `[role.NAME]`, or a role of `[spokes.NAME]`.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named as in the file; `plan::Leg` says what they mean")]
pub struct RoleSection {
    pub line: usize,
    pub parent: Parent,
    pub target: Target,
    pub provider_arn: Option<At<String>>,
    pub duration: Option<At<u32>>,
    pub session_name: Option<At<String>>,
    pub source_identity: Option<At<String>>,
    pub external_id: Option<At<String>>,
    pub mfa_serial: Option<At<String>>,
    pub tags: Option<At<BTreeMap<String, String>>>,
    pub transitive_tags: Option<At<Vec<String>>>,
    pub policy: Option<At<String>>,
    pub policy_arns: Option<At<Vec<String>>>,
    pub region: Option<At<String>>,
    pub description: Option<String>,
    pub color: Option<String>,
    pub confirm: bool,
    pub auto_login: Option<At<bool>>,
    pub sign_in_age: Option<At<u32>>,
    pub acr: Option<At<Vec<String>>>,
    pub amr: Option<At<Vec<String>>>,
    /// What `[spokes.NAME]` calls its account.
    pub account_name: Option<String>,
}

/// How a role is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parent {
    /// A hub role: with the proof of this IdP.
    Idp(At<String>),
    /// A spoke role: with the session of this role.
    Via(At<String>),
}

/// Reads a section. Its path to an IdP is checked later, when all sections have been read.
///
/// # Errors
/// The first [`Mistake`], with its place.
pub(super) fn read(
    mut section: Section<'_>,
    idps: &BTreeMap<String, IdpSection>,
) -> Result<RoleSection, Mistake> {
    let parent = parent(&mut section)?;
    let proof = match &parent {
        Parent::Idp(idp) => idps.get(&idp.value).map(ProofKind::of),
        Parent::Via(_) => None,
    };
    let target = target::read(&mut section, NamedBy::of(&parent, proof))?;
    let provider_arn = section.text("provider_arn")?;
    let role = RoleSection { provider_arn, ..settings(&mut section, parent, target)? };
    limits::check(&section, &role, proof)?;
    section.finish_with(|key| elsewhere(KeyPlace::Role, key))?;
    Ok(role)
}

/// Reads what `[role.NAME]` and `[spokes.NAME]` both may set.
pub(super) fn settings(
    section: &mut Section<'_>,
    parent: Parent,
    target: Target,
) -> Result<RoleSection, Mistake> {
    Ok(RoleSection {
        line: target.line(),
        parent,
        target,
        provider_arn: None,
        duration: section.duration("duration")?,
        session_name: section.text("session_name")?,
        source_identity: section.text("source_identity")?,
        external_id: section.text("external_id")?,
        mfa_serial: None,
        tags: section.map("tags")?,
        transitive_tags: section.list("transitive_tags")?,
        policy: section.text("policy")?,
        policy_arns: section.list("policy_arns")?,
        region: section.text("region")?,
        description: section.text("description")?.map(|text| text.value),
        color: section.text("color")?.map(|text| text.value),
        confirm: section.boolean("confirm")?.is_some_and(|confirm| confirm.value),
        auto_login: section.boolean("auto_login")?,
        sign_in_age: section.duration("sign_in_age")?,
        acr: section.list("acr")?,
        amr: section.list("amr")?,
        account_name: None,
    })
}

/// An IdP or another role, and not both.
fn parent(section: &mut Section<'_>) -> Result<Parent, Mistake> {
    match (section.text("idp")?, section.text("via")?) {
        (Some(idp), None) => Ok(Parent::Idp(idp)),
        (None, Some(via)) => Ok(Parent::Via(via)),
        (Some(_), Some(via)) => {
            let what = format!("{} has both `idp` and `via`", section.title);
            let suggestion = "a hub role has idp, a spoke role has via; delete one".to_owned();
            Err(section.mistake_at(via.line, what, Some(suggestion)))
        }
        (None, None) => {
            let what = format!("{} has neither `idp` nor `via`", section.title);
            let suggestion = "a hub role has idp = \"NAME\", a spoke role has via = \"HUB\"".to_owned();
            Err(section.missing(&["idp", "via"], what, suggestion))
        }
    }
}
