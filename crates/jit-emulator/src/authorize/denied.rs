//! A denial, in AWS's words (IAM User Guide, "Troubleshoot access denied error messages").

use iam_evaluate::{Decision, Layer, Reason};

use crate::authorize::question::Who;
use crate::faults::Refusal;

/// Why a call is denied.
#[derive(Debug)]
pub(crate) struct Denied {
    who: String,
    action: String,
    resource: String,
    /// `because no identity-based policy allows the s3:GetObject action`.
    because: String,
}

impl Denied {
    pub(crate) fn of(decision: &Decision<'_>, who: Who<'_>, action: &str, resource: &str) -> Self {
        let because = match &decision.because {
            Reason::Denies(place) => {
                let (layer, vowel) = layer(place.layer, action);
                format!("with an explicit deny in {} {layer}", if vowel { "an" } else { "a" })
            }
            Reason::NothingAllows { layer: missing, .. } => {
                format!("because no {} allows the {action} action", layer(*missing, action).0)
            }
            _ => String::new(),
        };
        let who = match who {
            Who::Session(session) => session.arn.clone(),
            Who::Federated(_) | Who::Nobody => "anonymous".to_owned(),
        };
        Self { who, action: action.to_owned(), resource: resource.to_owned(), because }
    }

    /// With the reason, as in most services.
    pub(crate) fn sentence(&self) -> String {
        let Self { who, action, resource, because } = self;
        format!("User: {who} is not authorized to perform: {action} on resource: {resource} {because}")
    }

    /// With the reason but without a resource, for actions that have none.
    pub(crate) fn short(&self) -> String {
        let Self { who, action, because, .. } = self;
        format!("User: {who} is not authorized to perform: {action} {because}")
    }

    /// S3 quotes the resource.
    pub(crate) fn quoted(&self) -> String {
        let Self { who, action, resource, because } = self;
        match resource.as_str() {
            "*" => self.short(),
            _ => format!(
                "User: {who} is not authorized to perform: {action} on resource: \"{resource}\" {because}"
            ),
        }
    }

    /// Without the reason, as in STS for roles of other accounts.
    pub(crate) fn plain(&self) -> String {
        let Self { who, action, resource, .. } = self;
        format!("User: {who} is not authorized to perform: {action} on resource: {resource}")
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::new(403, "AccessDenied", denied.sentence())
    }
}

/// AWS's name of a layer, and whether it begins with a vowel.
fn layer(layer: Layer, action: &str) -> (&'static str, bool) {
    match layer {
        Layer::Identity => ("identity-based policy", true),
        Layer::Boundary => ("permissions boundary", false),
        Layer::Session => ("session policy", false),
        Layer::ServiceControl(_) => ("service control policy", false),
        Layer::ResourceControl => ("resource control policy", false),
        Layer::Resource if action.starts_with("sts:") => ("role trust policy", false),
        _ => ("resource-based policy", false),
    }
}
