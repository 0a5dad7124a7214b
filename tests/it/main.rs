//! The whole program against loopback servers, one topic per file.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]
#![allow(clippy::disallowed_methods, reason = "tests start programs and write files as a user does")]
#![allow(clippy::type_complexity, reason = "tables of cases say what they are in their own lines")]

#[cfg(unix)]
mod access;
#[cfg(target_os = "linux")]
mod asking;
#[cfg(target_os = "linux")]
mod audit_log;
#[cfg(unix)]
mod aws_profiles;
#[cfg(unix)]
mod aws_settings;
#[cfg(unix)]
mod center;
#[cfg(unix)]
mod center_trouble;
#[cfg(unix)]
mod config;
#[cfg(unix)]
mod console;
#[cfg(target_os = "linux")]
mod crashes;
#[cfg(unix)]
mod credential_process;
#[cfg(target_os = "linux")]
mod demo;
mod demo_servers;
#[cfg(unix)]
mod directory;
mod docs;
#[cfg(unix)]
mod doctor;
#[cfg(target_os = "linux")]
mod each;
#[cfg(unix)]
mod env;
#[cfg(unix)]
mod escapes;
#[cfg(unix)]
mod exec;
#[cfg(unix)]
mod first_day;
#[cfg(unix)]
mod generated;
#[cfg(target_os = "linux")]
mod hints;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(unix)]
mod house;
#[cfg(unix)]
mod import;
#[cfg(unix)]
mod import_writing;
#[cfg(target_os = "linux")]
mod json;
#[cfg(unix)]
mod kills;
#[cfg(unix)]
mod login;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod manual;
#[cfg(unix)]
mod names;
#[cfg(unix)]
mod narrow;
#[cfg(unix)]
mod okta;
#[cfg(unix)]
mod okta_factors;
#[cfg(target_os = "linux")]
mod panic_button;
#[cfg(unix)]
mod picker;
#[cfg(target_os = "linux")]
mod planted;
#[cfg(unix)]
mod portals;
#[cfg(unix)]
mod profiles;
#[cfg(unix)]
mod proving;
#[cfg(unix)]
mod refresh;
#[cfg(unix)]
mod refusals;
#[cfg(unix)]
mod replace;
#[cfg(unix)]
mod requests;
#[cfg(unix)]
mod requests_deployed;
#[cfg(unix)]
mod room;
#[cfg(unix)]
mod saml;
#[cfg(unix)]
mod saml_responses;
#[cfg(unix)]
mod session;
#[cfg(unix)]
mod shared;
#[cfg(unix)]
mod shared_hostile;
#[cfg(unix)]
mod shared_moves;
#[cfg(unix)]
mod spokes;
#[cfg(unix)]
mod status;
#[cfg(unix)]
mod step_up;

#[cfg(target_os = "linux")]
mod store;
#[cfg(unix)]
mod storm;
#[cfg(target_os = "linux")]
mod storm_trouble;
#[cfg(unix)]
mod story;
#[cfg(unix)]
mod sts;
#[cfg(unix)]
mod support;
#[cfg(unix)]
mod tls;
#[cfg(unix)]
mod usage;
#[cfg(unix)]
mod voice;
#[cfg(target_os = "linux")]
mod width;
#[cfg(windows)]
mod windows;
#[cfg(unix)]
mod wizard;
