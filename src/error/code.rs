//! The kinds of problems: the closed list of codes that programs may rely on.

/// Makes the list: each variant with its word, and the sentence that says what it means.
macro_rules! codes {
    ($($(#[doc = $sentence:literal])+ $name:ident = $word:literal,)+) => {
        /// What kind of problem it is, under a word that does not change from version to version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $sentence])+ $name,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Code] = &[$(Code::$name,)+];

            /// Returns the word: `unknown-key`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $word,)+
                }
            }

            /// Returns what it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($sentence),+).trim_ascii_start(),)+
                }
            }
        }
    };
}

codes! {
    // Reading
    /// A file, folder or pipe cannot be read.
    Unreadable = "unreadable",
    /// A text is not UTF-8, or begins with a byte order mark where there must be none.
    Encoding = "encoding",
    /// A text is not valid INI, as Ansible reads it.
    InvalidIni = "invalid-ini",
    /// A text is not valid YAML, as Ansible reads it.
    InvalidYaml = "invalid-yaml",
    /// A text is not valid JSON.
    InvalidJson = "invalid-json",
    /// A text is not valid TOML.
    InvalidToml = "invalid-toml",
    /// A text is valid, but has something else than an inventory or a vars file has at that place.
    InvalidInventory = "invalid-inventory",
    /// A name cannot be that of a group, a host or a version.
    InvalidName = "invalid-name",
    /// A range of hosts cannot be expanded.
    InvalidRange = "invalid-range",
    /// A key is repeated in one mapping.
    DuplicateKey = "duplicate-key",
    /// A group is used and declared nowhere.
    UndeclaredGroup = "undeclared-group",
    /// A group or nodegroup contains itself.
    GroupLoop = "group-loop",
    /// A host and a group have the same name.
    SharedName = "shared-name",
    /// Ansible, Salt or regal-inventory skips something that an inventory says, or takes it for something else.
    Ignored = "ignored",
    /// A source has nothing to read.
    EmptySource = "empty-source",
    /// A file or program of regal-inventory's own stands where an inventory belongs.
    OwnFile = "own-file",
    /// Only Ansible can read a source.
    NeedsAnsible = "needs-ansible",
    /// Ansible has a reader for a source, and `enable_plugins` does not name it.
    NotEnabled = "not-enabled",
    /// A program cannot be run, failed, did not end in time, or printed something else than it should.
    ProgramFailed = "program-failed",
    /// A program would have to be run, and `--no-exec` or `REGAL_NO_EXEC` refuses programs.
    ExecutionRefused = "execution-refused",
    /// A program succeeded and wrote to stderr.
    ProgramWarned = "program-warned",
    /// A file under vault stays closed, or a vault password cannot be had.
    Vault = "vault",
    /// Something is larger than a limit that keeps memory and time bounded.
    LimitExceeded = "limit-exceeded",
    /// The cache of what programs print is not used, or cannot be written.
    CacheUnused = "cache-unused",
    // Salt
    /// A source of Salt's has something else than it should.
    InvalidSalt = "invalid-salt",
    /// A target or nodegroup of Salt's cannot be read.
    InvalidTarget = "invalid-target",
    /// What is asked of Salt's minions is not known.
    MinionsUnknown = "minions-unknown",
    /// Minions are down or do not answer, or little is known of them.
    MinionState = "minion-state",
    // Settings
    /// A configuration is not a mapping of keys, or is not taken.
    InvalidConfiguration = "invalid-configuration",
    /// A key, environment variable or option does not exist.
    UnknownKey = "unknown-key",
    /// A key, environment variable, option or Ansible variable has a value that it does not take.
    InvalidValue = "invalid-value",
    /// Settings contradict each other.
    Contradiction = "contradiction",
    /// A host pattern cannot be read.
    InvalidPattern = "invalid-pattern",
    /// A pattern, limit or override matches nothing.
    NoMatch = "no-match",
    // Versions
    /// Nothing says which version a host is to run, or no host has one.
    NoVersions = "no-versions",
    /// A value cannot be a version.
    InvalidVersion = "invalid-version",
    /// A template of a version cannot be used, or fails for a host.
    InvalidTemplate = "invalid-template",
    /// There is no host to plan with, or none is left.
    NoHosts = "no-hosts",
    /// A host stands in several versions.
    SharedHost = "shared-host",
    /// There is no such host.
    NoSuchHost = "no-such-host",
    /// There is no such group or nodegroup.
    NoSuchGroup = "no-such-group",
    /// No host and no group has such a variable.
    NoSuchVariable = "no-such-variable",
    /// There is no such version.
    NoSuchVersion = "no-such-version",
    /// There is no such batch.
    NoSuchBatch = "no-such-batch",
    // The plan
    /// A host lacks what a key of the policy asks of it.
    MissingLabel = "missing-label",
    /// A host is in none of its version's stages.
    NoStage = "no-stage",
    /// Hosts have the same value where each needs its own.
    DuplicateValue = "duplicate-value",
    /// The canary cannot be as the policy wants it, or leaves nothing to watch.
    Canary = "canary",
    /// A limit on what may be unavailable leaves nothing to update.
    NothingToUpdate = "nothing-to-update",
    /// Two names that must differ are the same.
    NameClash = "name-clash",
    /// Ansible, Salt or another program would change or misread a name or a value.
    Changed = "changed",
    // Frozen plans
    /// A file is not a frozen plan, is not whole, was changed, or is of a newer program.
    InvalidPlan = "invalid-plan",
    /// The inventory says something else than when the plan was frozen.
    Drift = "drift",
    /// A record of a rollout is none, belongs to another plan, is damaged, or is of a newer program.
    InvalidRecord = "invalid-record",
    /// A rollout is under way, or may be, or was taken over.
    RecordBusy = "record-busy",
    /// What a command of a run said of single hosts cannot be read, or names other hosts.
    InvalidResults = "invalid-results",
    // Results
    /// A format cannot express something of the plan.
    ExportRefused = "export-refused",
    /// A format leaves out something that the inventory says.
    ExportIncomplete = "export-incomplete",
    /// An option of a command is missing, does not fit, or stands twice.
    InvalidOption = "invalid-option",
    /// The system refuses something else, such as the working directory or an environment variable.
    System = "system",
    /// A result cannot be written.
    Unwritable = "unwritable",
    /// Something of an earlier or interrupted run is left in a folder.
    Leftover = "leftover",
    /// There are more problems of the same kind or of the same step than are shown.
    NotShown = "not-shown",
    /// This is a defect of regal-inventory.
    Internal = "internal",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_own_word_and_a_sentence() {
        for (i, code) in Code::ALL.iter().enumerate() {
            let word = code.as_str();
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{word}");
            assert!(Code::ALL[..i].iter().all(|other| other.as_str() != word), "{word}");
            assert!(code.meaning().ends_with('.'), "{word}");
            // a variant is its word in another spelling, so that code and documents can be searched for both
            assert_eq!(format!("{code:?}").to_lowercase(), word.replace('-', ""));
        }
    }
}
