//! The table of all keys.

pub use super::shape::{Meaning, Shape};

/// A key of `regal.yml`.
#[derive(Debug)]
pub struct Key {
    /// Which setting it is.
    pub id: Id,
    /// Its name; `canary.size` stands as `size` under `canary`.
    pub name: &'static str,
    /// Another name for it, mostly that of regal 1.3.
    pub alias: Option<&'static str>,
    /// What a value under the alias means.
    pub alias_means: Meaning,
    /// What it is for, in one line.
    pub doc: &'static str,
    /// What it may be, as a fragment.
    pub allowed: &'static str,
    /// Whether a version may have its own.
    pub per_version: bool,
    /// How the text of an environment variable or an option is read.
    pub shape: Shape,
    /// The value that holds where nobody gives one, as people write it; nothing where there is none.
    pub default: Option<&'static str>,
}

/// A setting, whatever name was used for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Id {
    Plugin,
    Inventory,
    Versions,
    VersionFrom,
    VersionVar,
    VersionGroup,
    VersionTemplate,
    VersionGrain,
    VersionPillar,
    VersionNodegroup,
    Hosts,
    Canary,
    /// A key of the policy, which a version may have of its own.
    Policy(PolicyKey),
    Spread,
    Last,
    Order,
    Assignment,
    Overrides,
    Priority,
    SharedHosts,
    Limit,
    Name,
    GroupNames,
    GroupsOnly,
    UseAnsibleCfg,
    Engine,
    AnsibleInventory,
    Cache,
    CacheTtl,
    MaxRangeHosts,
    MaxYamlValues,
    MaxSourceBytes,
    SourceTimeout,
    VaultPasswordFile,
    VaultIds,
    Vault,
    Drift,
    DriftMode,
    DriftRemoved,
    DriftAdded,
    DriftChanged,
}

/// A key of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the table says what each key is")]
pub enum PolicyKey {
    CanarySize,
    CanaryHosts,
    CanaryExclude,
    CanaryCover,
    CanaryBake,
    BatchSize,
    Remainder,
    MaxUnavailable,
    MinHealthy,
    SpreadBy,
    SpreadMode,
    SpreadMissing,
    SpreadOrder,
    SpreadMaxUnavailable,
    Limits,
    OrderMode,
    OrderBy,
    LastHosts,
    LastAlone,
    AssignmentMode,
    AssignmentKey,
    AssignmentWaves,
    Seed,
    Bake,
    Approval,
    MaxFailures,
    Exclude,
    Stages,
    After,
    Gates,
    OnFailure,
    RollbackTo,
    Windows,
    Blackouts,
}

const SIZE: &str = "a number of hosts from 1, or a percent above 0% and up to 100%";
const HEALTHY: &str = "a number of hosts from 1, or a percent above 0% and below 100%";
const DURATION: &str = "seconds, or a duration such as `90s`, `10m` or `1h30m`";
const COUNT: &str = "a whole number from 1";
const PATTERNS: &str = "a host pattern such as `web:&prod:!web9`, or a list of them";
const PATTERNS_OR_NONE: &str = "a host pattern such as `web:&prod:!web9`, or a list of them; `[]` for none";
const LABELS: &str = "a host variable such as `zone`, `group:GLOB` for groups such as `group:rack_*`, or a list of them; `[]` \
                      for none";

const COVER: &str = "a label such as `zone` or `group:rack_*`, or a list of labels and of lists of labels, such as `[[zone, hardware], rack]`; `[]` \
                     for none";
const WINDOWS: &str = "a list of windows such as `{days: mon-thu, from: \"09:00\", to: \"16:00\", zone: Europe/Berlin}`, or one; `[]` for none";
const BLACKOUTS: &str = "a list of blackouts such as `{from: 2026-12-20, to: 2027-01-06, zone: Europe/Berlin, why: Christmas}`, or one; `[]` for none";
const LIMITS: &str = "a mapping of labels, such as `zone` or `\"group:etcd_*\"`, each to a number from 1, a percent of the domain's hosts, \
                      or `{max_unavailable: …, max_domains: …}`; `{}` for none";

const fn key(id: Id, name: &'static str, shape: Shape, allowed: &'static str, doc: &'static str) -> Key {
    Key { id, name, alias: None, alias_means: Meaning::Plain, doc, allowed, per_version: false, shape, default: None }
}

/// A key that a version may have of its own.
const fn policy(key: PolicyKey, name: &'static str, shape: Shape, allowed: &'static str, doc: &'static str) -> Key {
    self::key(Id::Policy(key), name, shape, allowed, doc).per_version()
}

impl Key {
    /// The value that holds where nobody gives one.
    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    /// An alias whose values mean something else.
    const fn alias_for(mut self, alias: &'static str, meaning: Meaning) -> Self {
        self.alias = Some(alias);
        self.alias_means = meaning;
        self
    }

    const fn per_version(mut self) -> Self {
        self.per_version = true;
        self
    }

    /// What a value means under one of its names.
    pub fn meaning(&self, written: &str) -> Meaning {
        if self.alias == Some(written) { self.alias_means } else { Meaning::Plain }
    }

    /// The names it goes by.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.alias)
    }
}

/// All keys. Those with a dot stand under the key before it; `hosts` stands under a version in `versions`.
pub static KEYS: &[Key] = &[
    key(
        Id::Plugin,
        "plugin",
        Shape::Scalar,
        "`regal-inventory` or `regal.rollout.batches`",
        "keeps Ansible from reading the file as data: `regal-inventory` where the file is executable, `regal.rollout.batches` for the inventory plugin",
    ),
    key(
        Id::Inventory,
        "inventory",
        Shape::Sources,
        "a source, or a list of sources: a path, hosts with commas, or `{salt: {…}}`",
        "the inventories to read; otherwise those of ansible.cfg",
    ),
    key(
        Id::Versions,
        "versions",
        Shape::Versions,
        "a mapping `VERSION: HOSTS`, where HOSTS is a host pattern, a list of them, or `{hosts: …}` with keys of the \
         version's own; as an option or a variable also `VERSION=HOSTS`",
        "the hosts of each version",
    )
    .alias("version_host"),
    key(
        Id::VersionFrom,
        "version_from",
        Shape::Mapping,
        "one of `{var: NAME}`, `{group: \"release_*\"}`, `{template: \"{{ … }}\"}`, and of Salt `{grain: NAME}`, \
         `{pillar: KEY}`, `{nodegroup: \"app-*\"}`; also written `var:NAME`",
        "where a host's version is read from",
    ),
    key(Id::VersionVar, "version_from.var", Shape::Scalar, "the name of a host variable", "the variable to read"),
    key(
        Id::VersionGroup,
        "version_from.group",
        Shape::Scalar,
        "a group name with one `*`, which is the version",
        "the groups whose names contain the version",
    ),
    key(
        Id::VersionTemplate,
        "version_from.template",
        Shape::Scalar,
        "a template over host variables",
        "the template that gives the version",
    ),
    key(
        Id::VersionGrain,
        "version_from.grain",
        Shape::Scalar,
        "the name of a Salt grain, with `:` between nested keys",
        "the Salt grain to read; it says what a minion runs now, not what it should run",
    ),
    key(
        Id::VersionPillar,
        "version_from.pillar",
        Shape::Scalar,
        "a key of a Salt pillar, with `:` between nested keys",
        "the Salt pillar key to read",
    ),
    key(
        Id::VersionNodegroup,
        "version_from.nodegroup",
        Shape::Scalar,
        "a nodegroup's name with one `*`, which is the version",
        "the Salt nodegroups whose names contain the version",
    ),
    key(Id::Hosts, "hosts", Shape::Patterns, PATTERNS, "the hosts of a version").per_version(),
    key(
        Id::Canary,
        "canary",
        Shape::Mapping,
        "a size, or `{size: …, hosts: …, exclude: …, cover: …, bake: …}`",
        "the first batch, group A: its size, or a mapping",
    )
    .alias("schedule")
    .per_version(),
    policy(PolicyKey::CanarySize, "canary.size", Shape::Scalar, SIZE, "the size of the canary").or("1"),
    policy(PolicyKey::CanaryHosts, "canary.hosts", Shape::Patterns, PATTERNS_OR_NONE, "hosts that are always canaries"),
    policy(PolicyKey::CanaryExclude, "canary.exclude", Shape::Patterns, PATTERNS_OR_NONE, "hosts that are never canaries"),
    policy(
        PolicyKey::CanaryCover,
        "canary.cover",
        Shape::List,
        COVER,
        "labels; each of their values gets a canary, such as one in each zone; of `[[zone, hardware]]` each pair of values that hosts have",
    ),
    policy(PolicyKey::CanaryBake, "canary.bake", Shape::Scalar, DURATION, "how long to watch the canary; as `bake`"),
    policy(
        PolicyKey::BatchSize,
        "batch_size",
        Shape::List,
        "a number of hosts from 1, a percent above 0% and up to 100%, `rest`, `{start: 1, factor: 2, most: 10%}` for sizes \
         that grow, or a list of them with the last two only last",
        "the size of each batch after the canary, not a sum of them; the last size repeats",
    )
    .or("1")
    .alias("combine"),
    policy(
        PolicyKey::Remainder,
        "remainder",
        Shape::Scalar,
        "`last`, `balance` or `merge`",
        "what happens to a short last batch: it stays short, is evened out with those before it, or joins the one before it, which may become almost twice as large",
    )
    .or("last"),
    policy(
        PolicyKey::MaxUnavailable,
        "max_unavailable",
        Shape::Scalar,
        SIZE,
        "the most hosts of a version in one batch, the canary included; a percent is rounded down, to at least 1",
    )
    .or("no limit"),
    policy(
        PolicyKey::MinHealthy,
        "min_healthy",
        Shape::Scalar,
        HEALTHY,
        "how many hosts of a version must stay out of each batch; a count, nobody asks whether they are healthy",
    )
    .or("no limit"),
    key(
        Id::Spread,
        "spread",
        Shape::Mapping,
        "labels, or `{by: …, mode: …, missing: …, order: …, max_unavailable: …}`",
        "the failure domains that batches are spread over",
    )
    .per_version(),
    policy(PolicyKey::SpreadBy, "spread.by", Shape::List, LABELS, "labels whose values are failure domains"),
    policy(
        PolicyKey::SpreadMode,
        "spread.mode",
        Shape::Scalar,
        "`even` or `sequential`",
        "each batch takes its share of every domain, or one domain follows another",
    )
    .or("even"),
    policy(
        PolicyKey::SpreadMissing,
        "spread.missing",
        Shape::Scalar,
        "`error`, `each` or `group`",
        "hosts without the label: an error, each a domain of its own and so without a cap, or one domain together",
    )
    .or("error"),
    policy(
        PolicyKey::SpreadOrder,
        "spread.order",
        Shape::List,
        "`name`, `smallest_first`, or a list of domains",
        "the order of domains in the mode `sequential`",
    )
    .or("name"),
    policy(
        PolicyKey::SpreadMaxUnavailable,
        "spread.max_unavailable",
        Shape::Scalar,
        SIZE,
        "the most hosts of a domain in one batch; a percent is of the domain's hosts",
    )
    .or("no limit"),
    policy(
        PolicyKey::Limits,
        "limits",
        Shape::Mapping,
        LIMITS,
        "the most hosts of each value of a label in one batch, or the most values; hosts without the label are free",
    )
    .or("no limit"),
    key(
        Id::Order,
        "order",
        Shape::Mapping,
        "a mode, or `{by: VARIABLE, mode: …}`",
        "the order of hosts",
    )
    .per_version(),
    policy(
        PolicyKey::OrderBy,
        "order.by",
        Shape::Scalar,
        "the name of a host variable",
        "hosts come by its value, numbers and versions as such (2 before 10, 1.9 before 1.10); those of one value by the mode",
    ),
    policy(
        PolicyKey::OrderMode,
        "order.mode",
        Shape::Scalar,
        "`inventory`, `sorted`, `reverse_inventory`, `reverse_sorted` or `shuffle`",
        "the order of hosts, in Ansible's words",
    )
    .or("inventory"),
    key(
        Id::Last,
        "last",
        Shape::Patterns,
        "a host pattern, a list of them, or `{hosts: …, alone: yes}`; `[]` for none",
        "hosts for the final batches",
    )
    .per_version(),
    policy(PolicyKey::LastHosts, "last.hosts", Shape::Patterns, PATTERNS_OR_NONE, "hosts for the final batches"),
    policy(
        PolicyKey::LastAlone,
        "last.alone",
        Shape::Scalar,
        "`yes` or `no`",
        "whether those batches have no other hosts: the batch before them ends early",
    )
    .or("no"),
    key(
        Id::Assignment,
        "assignment",
        Shape::Mapping,
        "a mode, or `{mode: …, key: …, waves: …}`",
        "how much a host's batch depends on the other hosts",
    )
    .per_version(),
    policy(
        PolicyKey::AssignmentMode,
        "assignment.mode",
        Shape::Scalar,
        "`order`, `rank` or `bucket`",
        "hosts follow each other in `order`, or by hash so that canaries stay, or each host's own hash decides",
    )
    .or("order"),
    policy(
        PolicyKey::AssignmentKey,
        "assignment.key",
        Shape::Scalar,
        "the name of a host variable",
        "the variable that is hashed instead of the host's name",
    ),
    policy(
        PolicyKey::AssignmentWaves,
        "assignment.waves",
        Shape::Scalar,
        COUNT,
        "the number of waves after the canary in the mode `bucket`",
    )
    .or("as many as the sizes need"),
    policy(
        PolicyKey::Seed,
        "seed",
        Shape::Scalar,
        "a text; `{version}` in it is replaced by the version",
        "what `shuffle`, `rank` and `bucket` hash with each host; another seed gives other canaries",
    )
    .or("empty"),
    policy(PolicyKey::Bake, "bake", Shape::Scalar, DURATION, "how long to watch a batch before the next one; without gates nothing is measured meanwhile").or("0"),
    policy(
        PolicyKey::Approval,
        "approval",
        Shape::Scalar,
        "`never`, `after_canary`, `each_batch` or `after_stage`",
        "when run and rollout.yml ask before going on; a playbook of your own does not",
    )
    .or("never"),
    policy(
        PolicyKey::MaxFailures,
        "max_failures",
        Shape::Scalar,
        "a number of hosts from 0, or a percent from 0% to 100%; under `max_fail_percentage` a bare number is a percent",
        "how many hosts of a version may fail or be unreachable over the whole run; one more stops it",
    )
    .or("0")
    .alias_for("max_fail_percentage", Meaning::Percent),
    policy(
        PolicyKey::Gates,
        "gates",
        Shape::List,
        "a list of gates, each `{prometheus: QUERY, server: URL, max: …}`, `{http: URL}` or `{command: [PROGRAM, …]}`; `[]` for none",
        "what is measured while a batch is watched, and what it must be for the rollout to go on",
    ),
    policy(
        PolicyKey::OnFailure,
        "on_failure",
        Shape::Scalar,
        "`stop` or `rollback`",
        "what follows where a batch fails or a gate says no: the rollout stops, or the batches that were begun also go back to `rollback_to`",
    )
    .or("stop"),
    policy(PolicyKey::RollbackTo, "rollback_to", Shape::Scalar, "a version", "the version that a rollback by itself goes back to"),
    policy(
        PolicyKey::Windows,
        "windows",
        Shape::List,
        WINDOWS,
        "when batches may begin and bake; without any at all times",
    ),
    policy(
        PolicyKey::Blackouts,
        "blackouts",
        Shape::List,
        BLACKOUTS,
        "days on which no batch begins or bakes, whatever the windows say",
    ),
    policy(
        PolicyKey::Stages,
        "stages",
        Shape::List,
        "a list of stages, each `{name: …, hosts: …}` or `{by: LABEL, values: …}` with `of: version` and any keys of its own; or \
         one such mapping",
        "parts of a version's hosts that follow each other, such as one region after another, each with sizes of its own",
    ),
    key(
        Id::Overrides,
        "overrides",
        Shape::Mapping,
        "a mapping of versions, or globs over them, to keys that a version may have",
        "other values for some versions; for each key the last match wins",
    ),
    key(
        Id::Priority,
        "priority",
        Shape::List,
        "a list of versions; under `priority_name` also a text that the versions contain",
        "the versions that go first, by their whole names",
    )
    .alias_for("priority_name", Meaning::PartOfName),
    policy(
        PolicyKey::After,
        "after",
        Shape::List,
        "a version, a glob over versions such as `db-*`, or a list of them; `[]` for none",
        "versions that a version comes after: none of its batches begins before the same batch of theirs is done",
    ),
    key(
        Id::SharedHosts,
        "shared_hosts",
        Shape::Scalar,
        "`warn`, `error` or `allow`",
        "what happens if a host is in several versions",
    )
    .or("warn"),
    policy(PolicyKey::Exclude, "exclude", Shape::Patterns, PATTERNS_OR_NONE, "hosts to keep out of the plan"),
    key(Id::Limit, "limit", Shape::Patterns, PATTERNS, "hosts to show; the plan stays that of all hosts, and run refuses it"),
    key(
        Id::Name,
        "name",
        Shape::Scalar,
        "letters, digits, `_`, and after the first also `.`, `+` and `-`",
        "a prefix for the names of groups",
    ),
    key(Id::GroupNames, "group_names", Shape::Scalar, "`raw` or `safe`", "how versions are spelled in group names").or("raw"),
    key(
        Id::GroupsOnly,
        "groups_only",
        Shape::Scalar,
        "`true` or `false`",
        "write only the groups of the batches, for use beside the inventory itself",
    )
    .or("false"),
    key(
        Id::UseAnsibleCfg,
        "use_ansible_cfg",
        Shape::Scalar,
        "`true` or `false`",
        "whether ansible.cfg and Ansible's environment variables say how inventories are read",
    )
    .or("true"),
    key(
        Id::Engine,
        "engine",
        Shape::Scalar,
        "`auto`, `native` or `ansible`",
        "whether ansible-inventory reads all sources: if one of them is a plugin's configuration, never, or always",
    )
    .or("auto"),
    key(
        Id::AnsibleInventory,
        "ansible_inventory",
        Shape::Scalar,
        "the path of a program, or its name in PATH",
        "the program that reads plugin configurations",
    )
    .or("ansible-inventory"),
    key(
        Id::Cache,
        "cache",
        Shape::Mapping,
        "a duration, or `{ttl: …}`",
        "how long to keep what scripts and ansible-inventory print",
    )
    .or("0"),
    key(Id::CacheTtl, "cache.ttl", Shape::Scalar, DURATION, "the same as `cache`"),
    key(
        Id::MaxRangeHosts,
        "max_range_hosts",
        Shape::Scalar,
        COUNT,
        "how many hosts ranges may add, as a guard against mistyped ones",
    )
    .or("100000"),
    key(
        Id::MaxYamlValues,
        "max_yaml_values",
        Shape::Scalar,
        COUNT,
        "how many values the aliases of a YAML file may expand to",
    )
    .or("5000000"),
    key(
        Id::MaxSourceBytes,
        "max_source_bytes",
        Shape::Scalar,
        COUNT,
        "how many bytes a file or pipe may contain, or a program print",
    )
    .or("1073741824, 1 GiB"),
    key(
        Id::SourceTimeout,
        "source_timeout",
        Shape::Scalar,
        DURATION,
        "how long a script or ansible-inventory may run and a pipe stay open; 0 is for ever",
    )
    .or("5m"),
    key(
        Id::VaultPasswordFile,
        "vault_password_file",
        Shape::Scalar,
        "a path",
        "the file that holds the vault password, or the program that prints it",
    ),
    key(
        Id::VaultIds,
        "vault_ids",
        Shape::VaultIds,
        "`ID@FILE`, or a list of them, where FILE holds the password or prints it",
        "vault passwords by id: ID@FILE",
    )
    .alias("vault_id"),
    key(
        Id::Vault,
        "vault",
        Shape::Scalar,
        "`error` or `skip`",
        "without groups_only, if there is no password for a vars file under vault: an error, or its variables are left out",
    )
    .or("error"),
    key(
        Id::Drift,
        "drift",
        Shape::Mapping,
        "`check` or `ignore`, or `{removed: …, added: …, changed: …}`",
        "whether it counts that the inventory differs from a frozen plan: see removed, added, changed",
    )
    .or("check"),
    key(
        Id::DriftMode,
        "drift.mode",
        Shape::Scalar,
        "`check` or `ignore`",
        "whether a frozen plan is compared with the inventory each time it is used",
    )
    .or("check"),
    key(
        Id::DriftRemoved,
        "drift.removed",
        Shape::Scalar,
        "`drop` or `error`",
        "hosts of a frozen plan that the inventory no longer has: left out of their batches, or an error",
    )
    .or("drop"),
    key(
        Id::DriftAdded,
        "drift.added",
        Shape::Scalar,
        "`error` or `ignore`",
        "hosts that should run a version of a frozen plan and are in none of its batches",
    )
    .or("error"),
    key(
        Id::DriftChanged,
        "drift.changed",
        Shape::Scalar,
        "`error` or `ignore`",
        "hosts of a frozen plan with another version or failure domain, and settings that differ",
    )
    .or("error"),
];

/// The key below a group that a single value stands for: `canary: 2` is `canary.size: 2`. Only groups have one.
pub fn single(group: Id) -> Option<Id> {
    match group {
        Id::Canary => Some(Id::Policy(PolicyKey::CanarySize)),
        Id::Spread => Some(Id::Policy(PolicyKey::SpreadBy)),
        Id::Last => Some(Id::Policy(PolicyKey::LastHosts)),
        Id::Order => Some(Id::Policy(PolicyKey::OrderMode)),
        Id::Assignment => Some(Id::Policy(PolicyKey::AssignmentMode)),
        Id::Cache => Some(Id::CacheTtl),
        Id::Drift => Some(Id::DriftMode),
        _ => None,
    }
}

/// Whether a variable is ours and no setting.
pub fn is_reserved(variable: &str) -> bool {
    super::RESERVED_VARIABLES.contains(&variable)
}

/// The key of a setting.
pub fn by_id(id: Id) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.id == id)
}

/// The key with this name or alias.
pub fn by_name(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.names().any(|known| known == name))
}

/// The environment variable of a key's name: `REGAL_CANARY_SIZE` for `canary.size`.
pub fn variable(name: &str) -> String {
    format!("REGAL_{}", name.to_uppercase().replace('.', "_"))
}
