//! `jit doctor` proves a deployment: green on one that is as rendered, and red, by name, on each that is not.
//!
//! [`broken`] is a table of deployments that are broken on purpose, with the probe that finds each. Add a row for another way in
//! which a deployment can be wrong. [`rules`] breaks every statement of every document that is rendered, so a new one is in it
//! by itself.

mod broken;
mod claims;
mod company;
mod good;
mod rules;
