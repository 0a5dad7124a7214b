//! The URL of a service, and the region in its signatures.

use crate::arn::Partition;
use crate::env::{self, Env};
use crate::trusted_url::{Purpose, TrustedUrl, UrlError};

/// A service that is called here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// IAM: one endpoint for a whole partition.
    Iam,
    /// STS.
    Sts,
    /// S3.
    S3,
    /// EC2.
    Ec2,
    /// CloudTrail.
    CloudTrail,
    /// The users and groups of Identity Center.
    IdentityStore,
    /// The accounts of an organization: one endpoint for a whole partition.
    Organizations,
}

impl Service {
    /// Its name in signatures and host names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::S3 => "s3",
            Self::Ec2 => "ec2",
            Self::CloudTrail => "cloudtrail",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
        }
    }

    /// The variable that names another endpoint for it.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Iam => env::AWS_ENDPOINT_URL_IAM,
            Self::Sts => env::AWS_ENDPOINT_URL_STS,
            Self::S3 => env::AWS_ENDPOINT_URL_S3,
            Self::Ec2 => "AWS_ENDPOINT_URL_EC2",
            Self::CloudTrail => "AWS_ENDPOINT_URL_CLOUDTRAIL",
            Self::IdentityStore => "AWS_ENDPOINT_URL_IDENTITYSTORE",
            Self::Organizations => env::AWS_ENDPOINT_URL_ORGANIZATIONS,
        }
    }
}

/// Which of a service's endpoints to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// The one with validated cryptography.
    pub fips: bool,
    /// The one that is also reachable over IPv6.
    pub dual_stack: bool,
}

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(super) service: Service,
    pub(super) url: TrustedUrl,
    pub(super) region: String,
    /// It is configured, and not AWS's own.
    pub(super) custom: bool,
}

/// Why a service cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The region is not valid, and would become part of a host name.
    #[error("`{}` is not the name of a region", .0.escape_default())]
    Region(String),
    /// AWS documents no such endpoint.
    #[error("{service} has no {what} endpoint in the partition {partition}")]
    None {
        /// FIPS or dual-stack.
        what: &'static str,
        /// The service.
        service: &'static str,
        /// The partition.
        partition: &'static str,
    },
    /// A variable's value may not receive signed requests.
    #[error("the value of {variable} {why}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        why: UrlError,
    },
}

impl Endpoint {
    /// The endpoint of `service` in `region`: the one that `env` sets, or else AWS's own.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn resolve(
        service: Service,
        region: &str,
        variant: Variant,
        env: &Env,
    ) -> Result<Self, EndpointError> {
        match Self::named_by(env, service)? {
            Some(url) => Self::at(service, region, url),
            None => Self::of_aws(service, region, variant),
        }
    }

    /// The URL that `env` sets for `service`: its own variable, else the one for all services (AWS SDKs and
    /// Tools Reference Guide, "Service-specific endpoints").
    ///
    /// # Errors
    /// [`EndpointError::Variable`].
    pub fn named_by(env: &Env, service: Service) -> Result<Option<TrustedUrl>, EndpointError> {
        let ignored = env.get(env::AWS_IGNORE_CONFIGURED_ENDPOINT_URLS);
        if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let names = [service.variable(), env::AWS_ENDPOINT_URL];
        let Some((variable, url)) = names.into_iter().find_map(|name| Some((name, env.get(name)?))) else {
            return Ok(None);
        };
        let url = TrustedUrl::parse(url, Purpose::AwsEndpoint);
        url.map(Some).map_err(|why| EndpointError::Variable { variable, why })
    }

    /// An endpoint at `url`, which is called as it is, signed for `region`.
    ///
    /// # Errors
    /// [`EndpointError::Region`].
    pub fn at(service: Service, region: &str, url: TrustedUrl) -> Result<Self, EndpointError> {
        check_region(region)?;
        Ok(Self { service, url, region: signing_region(service, region), custom: true })
    }

    /// AWS's own endpoint (AWS General Reference, "Service endpoints and quotas").
    ///
    /// # Errors
    /// [`EndpointError::Region`], [`EndpointError::None`].
    pub fn of_aws(service: Service, region: &str, variant: Variant) -> Result<Self, EndpointError> {
        check_region(region)?;
        let host = host(service, region, variant)?;
        let url = TrustedUrl::parse(&format!("https://{host}/"), Purpose::AwsEndpoint)
            .map_err(|_| EndpointError::Region(region.to_owned()))?;
        Ok(Self { service, url, region: signing_region(service, region), custom: false })
    }

    /// The URL.
    pub fn url(&self) -> &TrustedUrl {
        &self.url
    }

    /// The region in signatures.
    pub fn region(&self) -> &str {
        &self.region
    }
}

fn check_region(region: &str) -> Result<(), EndpointError> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = (1..=63).contains(&region.len())
        && region.bytes().all(inner)
        && !region.starts_with('-')
        && !region.ends_with('-');
    if fits { Ok(()) } else { Err(EndpointError::Region(region.chars().take(80).collect())) }
}

fn signing_region(service: Service, region: &str) -> String {
    match service {
        Service::Iam => Partition::of_region(region).default_region().to_owned(),
        Service::Organizations => home_of_organizations(Partition::of_region(region)).to_owned(),
        _ => region.to_owned(),
    }
}

/// The one region where a partition answers for organizations (AWS General Reference, "AWS Organizations endpoints and
/// quotas").
fn home_of_organizations(partition: Partition) -> &'static str {
    match partition {
        Partition::China => "cn-northwest-1",
        _ => partition.default_region(),
    }
}

fn host(
    service: Service,
    region: &str,
    Variant { fips, dual_stack }: Variant,
) -> Result<String, EndpointError> {
    let partition = Partition::of_region(region);
    let none = |what| Err(EndpointError::None { what, service: service.name(), partition: partition.name() });
    let name = service.name();
    let fips_name = if fips { format!("{name}-fips") } else { name.to_owned() };
    let plain = partition.dns_suffix();
    let dual = partition.dual_stack_suffix();
    let region = match service {
        Service::Organizations => home_of_organizations(partition),
        _ => region,
    };
    Ok(match (service, partition) {
        (Service::Iam, Partition::Aws) if dual_stack => format!("{fips_name}.global.{dual}"),
        (Service::Iam, Partition::Aws) => format!("{fips_name}.{plain}"),
        // The plain endpoints are also the FIPS ones.
        (Service::Iam, Partition::GovCloud) if dual_stack => format!("iam.us-gov.{dual}"),
        (Service::Iam, Partition::GovCloud) => format!("iam.us-gov.{plain}"),
        (Service::Iam, _) if fips => return none("FIPS"),
        (Service::Iam, Partition::China | Partition::EuropeanSovereign) if dual_stack => {
            format!("iam.global.{dual}")
        }
        (Service::Iam, _) if dual_stack => return none("dual-stack"),
        (Service::Iam, _) => format!("iam.{}.{plain}", partition.default_region()),
        (_, Partition::China) if fips => return none("FIPS"),
        (Service::S3, _) if dual_stack => format!("{fips_name}.dualstack.{region}.{plain}"),
        (Service::S3, _) => format!("{fips_name}.{region}.{plain}"),
        (_, Partition::GovCloud) if !dual_stack => format!("{name}.{region}.{plain}"),
        (..) if dual_stack => format!("{fips_name}.{region}.{dual}"),
        (..) => format!("{fips_name}.{region}.{plain}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_can_set_the_endpoint() {
        let own = "https://cloudtrail.eu-west-1.amazonaws.com/";
        let one = ("AWS_ENDPOINT_URL_CLOUDTRAIL", "http://127.0.0.1:1/x");
        let all = ("AWS_ENDPOINT_URL", "https://all.example");
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        for (env, expected) in [
            (Env::of([]), Some(own)),
            (Env::of([one]), Some(one.1)),
            (Env::of([one, all]), Some(one.1)),
            (Env::of([all]), Some(all.1)),
            (Env::of([one, ignored]), Some(own)),
            (Env::of([("AWS_ENDPOINT_URL_S3", "https://s3.example")]), Some(own)),
            (Env::of([("AWS_ENDPOINT_URL", "http://example.com")]), None),
        ] {
            let found = Endpoint::resolve(Service::CloudTrail, "eu-west-1", Variant::default(), &env);
            assert_eq!(found.ok().as_ref().map(|endpoint| endpoint.url().as_str()), expected);
        }
    }

    #[test]
    fn organizations_answer_in_one_region() {
        for (region, host, signed_for) in [
            ("eu-west-1", "organizations.us-east-1.amazonaws.com", "us-east-1"),
            ("cn-north-1", "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"),
            ("us-gov-east-1", "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ] {
            let found = Endpoint::of_aws(Service::Organizations, region, Variant::default()).unwrap();
            assert_eq!((found.url().as_str(), found.region()), (&*format!("https://{host}/"), signed_for));
        }
    }

    #[test]
    fn an_invalid_region_cannot_change_the_host() {
        for region in ["", "a.evil.example", "evil.example/", "a@b", "EU", "-a", "a-", "a b", &"a".repeat(64)]
        {
            let found = Endpoint::of_aws(Service::S3, region, Variant::default());
            assert!(matches!(found, Err(EndpointError::Region(_))), "{region}");
        }
    }

    #[test]
    fn endpoints_that_aws_lacks_are_not_guessed() {
        let fips = Variant { fips: true, dual_stack: false };
        for (service, region) in [(Service::S3, "cn-north-1"), (Service::Iam, "us-iso-east-1")] {
            assert!(matches!(Endpoint::of_aws(service, region, fips), Err(EndpointError::None { .. })));
        }
    }
}
