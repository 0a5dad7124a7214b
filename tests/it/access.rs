//! Access on request, by topic.

mod company;
mod deploy;
mod policy;
mod publish;
mod render;
mod revoke;
mod vote;
