//! Access on request, by topic.

mod company;
mod policy;
mod publish;
mod render;
mod revoke;
mod vote;
