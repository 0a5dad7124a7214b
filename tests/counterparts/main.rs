//! The whole program with third-party servers, keychains and clients. `scripts/test` installs them; a missing
//! one fails its tests by name.
#![allow(clippy::disallowed_methods, reason = "tests start programs and write fixtures")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::type_complexity, reason = "tables of cases say what they are in their own lines")]
#![allow(clippy::print_stderr, reason = "figures for whoever reads the log of a passing test")]
#![allow(clippy::duplicate_mod, reason = "the room of tests/it brings its own copy of what both use")]

mod aws_clients;
mod aws_config;
mod aws_settings;
#[cfg(target_os = "linux")]
mod browsers;
#[cfg(target_os = "linux")]
mod capture;
mod center;
mod client_table;
/// The room of `tests/it`, with the built-in servers, for what is observed from outside.
#[cfg(target_os = "linux")]
#[path = "../it/support/mod.rs"]
mod demo_room;
#[cfg(target_os = "linux")]
mod deploy;
mod emulated_aws;
#[cfg(target_os = "linux")]
mod keepassxc;
mod keychain;
#[cfg(target_os = "linux")]
mod keychain_kills;
#[cfg(target_os = "linux")]
mod keychain_storm;
#[cfg(target_os = "linux")]
mod manual;
#[cfg(target_os = "linux")]
mod memory;
mod ministack;
mod moto;
mod oidc_provider;
mod profiles;
mod recipes;
mod saml_providers;
mod shells;
mod signed;
mod site;
mod support;
#[cfg(target_os = "linux")]
mod traces;
#[cfg(target_os = "linux")]
mod warm_path;
