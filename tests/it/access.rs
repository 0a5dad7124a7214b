//! Access on request, by topic.

mod company;
mod explain;
mod policy;
mod publish;
mod render;
mod revoke;
mod vote;
