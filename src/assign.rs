//! Which version each host is to run: what a plan is made of, out of an inventory and a policy.

mod assigner;
mod facts;
mod from_inventory;
mod from_salt;
pub mod literal_hosts;
mod stages;
mod template;

pub use assigner::candidates;
pub use from_inventory::{Request, assign};
