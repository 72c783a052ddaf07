//! Tests of the command and the library, one module a subject.
//!
//! Those that need Ansible are ignored here and run by `tests/run`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ansible;
mod answering;
mod as_regal;
mod cache;
mod compare;
mod completing;
mod configured;
mod diagnostics;
mod differential;
mod empty_items;
mod engine;
mod export_command;
mod fixtures;
mod frozen;
mod groups;
mod help;
mod init;
mod layers;
mod library;
mod limits;
mod logins;
mod masters;
mod messages;
mod minions;
mod mistakes;
mod modes;
mod no_exec;
mod pictures;
mod pipes;
mod planning;
mod programs;
mod protocol;
mod record;
mod recording;
mod run_command;
mod schema;
mod secrets;
mod settings;
mod sources;
mod stages;
mod support;
mod templates;
mod terminal;
mod toml;
mod tree;
mod unanswered;
mod vault;
mod versions;
mod waves;
mod writing;
