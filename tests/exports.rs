//! The formats of `export` under the programs that read them, and completion under the shells. Everything runs on loopback, and ends what it started.
//!
//! `tests/run` installs the programs; a plain `cargo test` leaves these tests out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "exports/completions.rs"]
mod completions;
#[path = "exports/front.rs"]
mod front;
#[path = "exports/gates.rs"]
mod gates;
#[path = "exports/haproxy.rs"]
mod haproxy;
#[path = "exports/http.rs"]
mod http;
#[path = "exports/nginx.rs"]
mod nginx;
#[path = "exports/parsers.rs"]
mod parsers;
#[path = "exports/pictures.rs"]
mod pictures;
#[path = "exports/programs.rs"]
mod programs;
#[path = "exports/prometheus.rs"]
mod prometheus;
#[path = "exports/running.rs"]
mod running;
#[path = "exports/shells.rs"]
mod shells;
#[path = "exports/site.rs"]
mod site;
#[path = "exports/sshd.rs"]
mod sshd;
