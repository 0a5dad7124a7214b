//! The basic types that every part of `jit` uses, without access to the system: no file, no clock, no
//! network. (`env::Env::of_process` is the one exception: it takes the snapshot of the environment that
//! everything else is given.)
//!
//! With the feature `http` it also has the network part: the HTTP client, signed calls to AWS and the
//! loopback server. The feature `fuzzing` exposes the parsers of outside bytes as functions, for the fuzz
//! targets and the test that replays their findings.
//!
//! | module | holds |
//! | --- | --- |
//! | [`arn`] | role ARNs and partitions |
//! | [`credentials`] | a session, its freshness, and the forms in which it leaves `jit` |
//! | [`mod@env`] | the environment at the start, and the name of each variable in use |
//! | [`explain`] | how an error explains itself: its kind, why it happened, what to do next |
//! | `file` (`http`) | files read up to a limit |
//! | `http` (`http`) | the one HTTP client: certificates, proxy, deadlines, limits |
//! | `loopback` (`http`) | a small HTTP server on 127.0.0.1, and whose program calls it |
//! | [`name`] | which characters names from outside may have, and which need no quoting in a shell |
//! | [`secret`] | a value that is not shown, and wiped |
//! | [`section`] | a TOML file read key by key, with the line and column of each mistake |
//! | [`sign_in`] | when and how a person signed in, and what a role requires of that |
//! | `signed` (`http`) | calls to AWS that are signed here: Query, JSON and S3 |
//! | [`timestamp`] | times in whole seconds |
//! | [`trusted_url`] | which URLs may be called, opened or trusted, by what they are for |
//! | [`unseen`] | invisible characters and those that a terminal acts on |

pub mod arn;
pub mod credentials;
pub mod env;
pub mod explain;
#[cfg(feature = "http")]
pub mod file;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http")]
pub mod loopback;
pub mod name;
pub mod secret;
pub mod section;
pub mod sign_in;
#[cfg(feature = "http")]
pub mod signed;
pub mod timestamp;
pub mod trusted_url;
pub mod unseen;
