//! The pages of AWS's consoles: which URLs `jit console --url` may send a signed-in browser to.

use jit_wire::arn::Partition;
use jit_wire::trusted_url::{Purpose, TrustedUrl, UrlError};

/// Below the console's own domain, the hosts that are separate consoles (AWS General Reference, and the
/// console's links). A region or an account may precede each.
const CONSOLES: [&str; 6] = ["console", "health", "phd", "lightsail", "quicksight", "portal"];

/// Why a URL is not a console page. Each text completes a sentence that starts with the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Not a trusted URL, regardless of the host.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// Plain http, or a port that no console uses.
    #[error("is not https on the default port, as every page of AWS's consoles is")]
    Place,
    /// Another host.
    #[error("is not a page of AWS's consoles, whose hosts end in {0}")]
    Host(String),
}

/// `text` as a page of the consoles of `partition`, with its host in lower case and without the default port.
///
/// # Errors
/// [`PageError`].
pub fn page(text: &str, partition: Partition) -> Result<String, PageError> {
    let url = TrustedUrl::parse(text, Purpose::Page)?;
    if !url.is_secure() || url.port() != 443 {
        return Err(PageError::Place);
    }
    let host = url.host();
    let is_below =
        |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let domain = domain(partition);
    let fits = match partition.console_host() {
        Some(_) => CONSOLES.iter().any(|console| is_below(&format!("{console}.{domain}"))),
        // AWS does not document the names of these consoles; they are below the same domain, next to the
        // sign-in page.
        None => is_below(domain) && host != domain && !is_below(&format!("signin.{domain}")),
    };
    if !fits {
        let below = match partition.console_host() {
            Some(_) => CONSOLES.map(|console| format!("{console}.{domain}")).join(", "),
            None => domain.to_owned(),
        };
        return Err(PageError::Host(below));
    }
    Ok(format!("https://{host}{}", &url.as_str()[url.origin().len()..]))
}

/// What the hosts of the consoles of `partition` end with.
pub fn domain(partition: Partition) -> &'static str {
    let sign_in = partition.sign_in_domain();
    sign_in.strip_prefix("signin.").unwrap_or(sign_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_aws_console_is_accepted() {
        let cases = [
            (Partition::Aws, "https://console.aws.amazon.com"),
            (Partition::Aws, "https://console.aws.amazon.com/iam/home#/roles"),
            (Partition::Aws, "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"),
            (Partition::Aws, "https://111111111111-abcdefgh.eu-west-1.console.aws.amazon.com/ec2/home"),
            (Partition::Aws, "https://health.aws.amazon.com/health/home"),
            (Partition::Aws, "https://phd.aws.amazon.com/phd/home#/"),
            (Partition::Aws, "https://lightsail.aws.amazon.com/ls/webapp/home/instances"),
            (Partition::Aws, "https://eu-west-1.quicksight.aws.amazon.com/sn/start"),
            (Partition::Aws, "https://portal.aws.amazon.com/billing/signup"),
            (Partition::China, "https://cn-north-1.console.amazonaws.cn/ec2/home"),
            (Partition::GovCloud, "https://console.amazonaws-us-gov.com/ec2/home"),
            (Partition::GovCloud, "https://us-gov-west-1.quicksight.amazonaws-us-gov.com/sn/start"),
            (Partition::EuropeanSovereign, "https://eusc-de-east-1.console.amazonaws-eusc.eu/"),
            (Partition::Iso, "https://console.c2shome.ic.gov/console/home"),
            (Partition::IsoF, "https://us-isof-south-1.console.csphome.hci.ic.gov/"),
        ];
        for (partition, url) in cases {
            assert_eq!(page(url, partition).as_deref(), Ok(url));
        }
        // Other spellings that people and programs use.
        for (url, plain) in [
            ("https://console.aws.amazon.com:443/s3/home", "https://console.aws.amazon.com/s3/home"),
            ("HTTPS://Console.AWS.Amazon.COM/S3/Home", "https://console.aws.amazon.com/S3/Home"),
            ("https://EU-WEST-1.console.aws.amazon.com:443", "https://eu-west-1.console.aws.amazon.com"),
        ] {
            assert_eq!(page(url, Partition::Aws).as_deref(), Ok(plain));
        }
    }

    /// Add other hosts that a user may be sent to in the belief that they are AWS's.
    #[test]
    fn pages_outside_aws_are_refused() {
        let cases = [
            "https://evil.example/console.aws.amazon.com",
            "https://console.aws.amazon.com.evil.example/",
            "https://evilconsole.aws.amazon.com/",
            "https://console.aws.amazon.co/",
            "https://console-aws.amazon.com/",
            "https://xconsole.aws.amazon.com/",
            "https://evil.example\\.console.aws.amazon.com/",
            "https://evil.example%2f.console.aws.amazon.com/",
            "https://evil.example#.console.aws.amazon.com/",
            "https://evil.example?.console.aws.amazon.com/",
            "https://name@console.aws.amazon.com/",
            "https://console.aws.amazon.com@evil.example/",
            "https://console.aws.amazon.com:8443/",
            "https://console.aws.amazon.com:80/",
            "https://console.aws.amazon.com./",
            "https://.console.aws.amazon.com/",
            "https://signin.aws.amazon.com/oauth",
            "https://aws.amazon.com/",
            "https://bucket.s3.amazonaws.com/",
            "https://console.amazonaws.cn/",
            "http://console.aws.amazon.com/",
            "ftp://console.aws.amazon.com/",
            "javascript:alert(1)//console.aws.amazon.com",
            "console.aws.amazon.com",
            "//console.aws.amazon.com/",
            "https://console.aws.amazon.com/ x",
            "https://console.aws.amazon.com/\u{202e}",
            "https://cоnsole.aws.amazon.com/",
            "https://127.0.0.1/",
            "",
        ];
        for url in cases {
            assert!(page(url, Partition::Aws).is_err(), "{url}");
        }
        for url in
            ["https://c2shome.ic.gov/", "https://signin.c2shome.ic.gov/", "https://x.signin.c2shome.ic.gov/"]
        {
            assert!(page(url, Partition::Iso).is_err(), "{url}");
        }
    }
}
