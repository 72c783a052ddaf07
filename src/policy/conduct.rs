//! What of a policy holds while a rollout is under way.

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{Blackout, Gate, Window};

words! {
    /// What follows where a batch is lost or a gate says no.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    OnFailure {
        /// The rollout stops, and what was updated stays as it is.
        #[default]
        Stop = "stop",
        /// The batches of the version that were begun go back, newest first.
        Rollback = "rollback",
    }
}

/// What of a version's policy, or a stage's, holds while its rollout is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conduct {
    /// What is measured while a batch is watched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// When a batch may begin; without any always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// When none may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blackouts: Vec<Blackout>,
    /// What follows where a batch is lost or a gate says no.
    #[serde(skip_serializing_if = "is_stop")]
    pub on_failure: OnFailure,
    /// The version that a way back leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_to: Option<String>,
    /// Most hosts that may be out at once, by `max_unavailable` or `min_healthy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<usize>,
}

impl Conduct {
    /// Whether the policy says nothing of it.
    pub fn is_empty(&self) -> bool {
        *self == Conduct::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_stop(on_failure: &OnFailure) -> bool {
    *on_failure == OnFailure::Stop
}
