//! The signatures that the IdP makes and STS verifies, and the signatures of calls to AWS.

pub(crate) mod jwt;
pub(crate) mod sigv4;
pub(crate) mod xml_signature;
