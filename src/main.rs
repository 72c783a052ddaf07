//! The command `regal-inventory`.

fn main() {}
