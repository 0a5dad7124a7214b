//! What the IdP signs and STS verifies.

pub(crate) mod jwt;
pub(crate) mod xml_signature;
