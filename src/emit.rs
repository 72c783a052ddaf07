//! Writes a plan in the forms that other tools take. An emitter never prints: it fills a buffer or a writer.

pub mod ansible;
pub mod connection;
pub mod export;
pub mod graph;
pub mod groups;
pub mod regal;
pub mod report;
pub mod why;
