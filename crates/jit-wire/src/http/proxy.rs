//! The proxy from the environment.

use super::HttpError;
use crate::env::Env;
use crate::secret::Secret;
use crate::trusted_url::{Purpose, TrustedUrl};

/// The environment's proxy setting. The connector reads it again, but ignores an invalid one: the traffic
/// would then take another way than intended.
#[derive(Debug)]
pub(super) struct Proxy(Option<(&'static str, Secret<String>)>);

impl Proxy {
    /// In the connector's order.
    pub(super) fn of(env: &Env) -> Self {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        Self(names.into_iter().find_map(|name| Some((name, Secret::from(env.get(name)?)))))
    }

    pub(super) fn check(&self) -> Result<(), HttpError> {
        let Some((variable, value)) = &self.0 else { return Ok(()) };
        // Without a scheme it is http, as in curl.
        let whole = match value.expose().contains("://") {
            true => value.clone(),
            false => Secret::new(format!("http://{}", value.expose())),
        };
        let read = TrustedUrl::parse(whole.expose(), Purpose::Proxy);
        read.map(drop).map_err(|why| HttpError::Proxy { variable, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Was a bug: an invalid proxy was ignored, and the request was sent without it.
    #[test]
    fn an_invalid_proxy_stops_requests_that_would_bypass_it() {
        let check = |name, value| Proxy::of(&Env::of([(name, value)])).check();
        for good in
            ["http://proxy:3128", "proxy.example.com:3128", "http://user:pw@10.0.0.1:1/", "https://p", ""]
        {
            assert!(check("HTTPS_PROXY", good).is_ok(), "{good}");
        }
        for bad in
            ["http://proxy:hunter2", "socks5://hunter2", "ht!tp://hunter2", "http://", "http://a b hunter2"]
        {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
                let error = check(name, bad).unwrap_err();
                let words = format!("{error}{error:?}");
                assert!(words.contains(name) && !words.contains("hunter2"), "{words}");
            }
        }
    }
}
