//! The documents of a deployment, as `jit policy render` prints them.

use std::collections::BTreeMap;

use jit_access::policy::Policy;
use jit_access::render::{Arrival, EntryRole, RenderSettings, SessionName, Where, deployment};
use jit_wire::arn::RoleArn;

use crate::deployment::error::DeploymentError;
use crate::deployment::layout::{DoorArrival, Layout};
use crate::settings::Settings;

/// The documents of a deployment, by name.
pub(crate) struct Documents(BTreeMap<String, String>);

fn role(arn: &str) -> Result<RoleArn, DeploymentError> {
    arn.parse().map_err(|_| DeploymentError::Role(arn.to_owned()))
}

impl Documents {
    /// Renders them for an IdP with this issuer (without `https://`) and these settings.
    ///
    /// # Errors
    /// A setting is missing, or a document is too long for AWS.
    pub(crate) fn render(
        policy: &Policy,
        layout: &Layout,
        settings: &Settings,
        issuer: &str,
    ) -> Result<Self, DeploymentError> {
        let arrival = match layout.arrival {
            DoorArrival::Oidc => Arrival::Oidc {
                issuer: issuer.to_owned(),
                audience: settings.client_id.clone(),
                session_name: SessionName::SourceIdentity,
            },
            DoorArrival::Saml => Arrival::Saml { provider: "demo".to_owned(), regions: Vec::new() },
        };
        let doors = policy.doors.iter();
        let doors = doors.filter(|(_, door)| !EntryRole::new(&door.role).is_permission_set());
        let render = RenderSettings {
            ledger: Some(layout.ledger.clone()),
            reach: Some(Where::Organization(layout.organization.clone())),
            platform: layout.platform.iter().map(|arn| role(arn)).collect::<Result<_, _>>()?,
            function_role: Some(role(&layout.function)?),
            // There is no Lambda here: no session has `lambda:SourceFunctionArn`.
            function: None,
            tags: layout.tags.clone(),
            ceilings: layout.ceilings.clone(),
            arrivals: doors.map(|(name, _)| (name.clone(), arrival.clone())).collect(),
            ..RenderSettings::default()
        };
        let rendering = deployment(policy, &render);
        if !rendering.missing.is_empty() {
            return Err(DeploymentError::Missing(rendering.missing));
        }
        let mut documents = BTreeMap::new();
        for one in rendering.documents {
            one.fullness().map_err(|error| DeploymentError::TooLong(one.name.clone(), error))?;
            documents.insert(one.name, one.document.as_str().to_owned());
        }
        Ok(Self(documents))
    }

    /// The document with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The trust policy with this name; if there is none, one that trusts nobody.
    pub(crate) fn trust(&self, name: &str) -> &str {
        self.get(name).unwrap_or(NOBODY)
    }
}

/// A trust policy that trusts nobody: for roles whose sessions AWS itself issues.
pub(crate) const NOBODY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]}"#;
