//! Access on request, by topic.

mod company;
mod granted;
mod policy;
mod publish;
mod render;
mod revoke;
mod vote;
mod watched;
