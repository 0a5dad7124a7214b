//! Access on request, by topic.

mod policy;
mod render;
