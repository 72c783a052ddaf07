//! Emitters: a plan as text that people and programs read. Each writes to an [`std::io::Write`].

pub mod regal;
pub mod report;
