//! Writes a plan in the forms that other tools take. An emitter never prints: it fills a buffer or a writer.

pub mod ansible;
pub mod connection;
pub mod diagnostics;
pub mod drift;
pub mod export;
pub mod graph;
pub mod groups;
mod json;
pub mod log;
pub mod look;
mod page;
pub mod regal;
pub mod report;
pub mod status;
pub mod why;
