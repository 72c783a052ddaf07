//! Tests of the command and the library, one module a subject.
//!
//! Those that need Ansible are ignored here and run by `tests/run`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ansible;
mod differential;
mod fixtures;
mod layers;
mod messages;
mod protocol;
mod settings;
mod sources;
mod support;
mod toml;
mod vault;
mod versions;
