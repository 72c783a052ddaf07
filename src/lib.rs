//! Plans staged rollouts over plain hosts.
//!
//! ```text
//! sources ──> Inventory ──> Assignments ──> Plan ──> emitters
//!  (read)      (model)      (version→hosts)  (batches)  (write)
//!                                Policy ───────┘
//! ```

pub mod assign;
pub mod emit;
pub mod error;
pub mod fold;
pub mod inventory;
pub mod json;
pub mod literal;
pub mod pattern;
pub mod plan;
pub mod policy;
pub mod salt;
pub mod settings;
pub mod source;
pub mod text;
pub mod value;
pub mod vault;
pub mod yaml;
