//! The whole binary against servers, keychains and clients that nobody here wrote. `scripts/test` installs them; one that is
//! missing fails its tests by name.
#![allow(clippy::disallowed_methods, reason = "tests start programs and write fixtures")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod aws_clients;
mod aws_config;
#[cfg(target_os = "linux")]
mod browsers;
#[cfg(target_os = "linux")]
mod capture;
mod center;
#[cfg(target_os = "linux")]
mod keychain;
mod moto;
mod oidc_provider;
mod profiles;
mod saml_providers;
mod shells;
mod support;
