//! The URLs of the AWS services that a plan calls: the configured one, or else AWS's own by region, FIPS and
//! dual stack.

use jit_wire::arn::Partition;

use super::Valued;

/// The STS endpoint for a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsEndpoint {
    /// The region to sign for.
    pub region: Valued<String>,
    /// An endpoint that replaces AWS's own.
    pub url: Option<Valued<String>>,
    /// Whether to use the FIPS endpoint.
    pub fips: Valued<bool>,
    /// Whether to use the dual-stack endpoint.
    pub dual_stack: Valued<bool>,
    /// How often to try a call before it fails; `None` means `jit`'s default.
    pub attempts: Option<u32>,
}

impl StsEndpoint {
    /// Its URL, without a trailing slash. A test compares this with the AWS SDK's.
    pub fn resolved_url(&self) -> String {
        match &self.url {
            Some(url) => url.value.trim_end_matches('/').to_owned(),
            None => service_url("sts", &self.region.value, self.fips.value, self.dual_stack.value),
        }
    }
}

/// AWS's own URL of a service in a region.
pub(super) fn service_url(service: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let partition = Partition::of_region(region);
    // GovCloud's plain names are the FIPS ones (AWS General Reference, "AWS STS endpoints" and "IAM Identity Center
    // endpoints").
    let is_fips_anyway = partition == Partition::GovCloud && !dual_stack;
    let fips = if fips && !is_fips_anyway { "-fips" } else { "" };
    let suffix = if dual_stack { partition.dual_stack_suffix() } else { partition.dns_suffix() };
    format!("https://{service}{fips}.{region}.{suffix}")
}
