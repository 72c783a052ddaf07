//! The shipped playbooks under the real ansible-playbook, on each ansible-core of `TEST_ANSIBLE`.
//!
//! Hosts have local connections, and the hooks write what they do into a journal, which the tests read.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answering;

mod playbooks {
    mod programs;
    mod site;
    mod stages;

    mod asking;
    mod collection;
    mod front;
    mod frozen_faults;
    mod frozen_plan;
    mod frozen_watch;
    mod gates;
    mod inventories;
    mod inventory_plugin;
    mod lint;
    mod losing;
    mod own;
    mod own_roles;
    mod plugins;
    mod progress;
    mod resuming;
    mod rolling_back;
    mod rolling_out;
    mod run_command;
    mod runner;
    mod running;
    mod selecting;
    mod targeting;
    mod templates;
    mod vanishing;
    mod waves;
    mod way_back;
}
