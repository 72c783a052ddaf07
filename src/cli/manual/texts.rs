//! What the manual pages say that no other table has: variables, files, examples.

/// A variable of the environment that is no setting.
pub struct Variable {
    /// Its name, or several of a kind.
    pub name: &'static str,
    /// What it is for.
    pub what: &'static str,
    /// The commands that it is for.
    pub commands: For,
}

/// Which commands something is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// All of them.
    All,
    /// Those that take settings.
    Settings,
    /// Those that use a frozen plan.
    Frozen,
    /// `run`.
    Run,
}

impl For {
    fn holds(self, command: &str, takes_settings: bool) -> bool {
        match self {
            For::All => true,
            For::Settings => takes_settings,
            For::Frozen => {
                takes_settings && command != "init" || ["status", "log", "approve", "record"].contains(&command)
            }
            For::Run => command == "run",
        }
    }
}

impl Variable {
    /// Whether it is for a command.
    pub fn of(&self, command: &str, takes_settings: bool) -> bool {
        self.commands.holds(command, takes_settings)
    }
}

/// The variables that are no settings.
pub const VARIABLES: &[Variable] = &[
    Variable { name: "REGAL_CONFIG", what: "the configuration, as --config", commands: For::Settings },
    Variable { name: "REGAL_PLAN", what: "the frozen plan, as --plan", commands: For::Frozen },
    Variable {
        name: "ANSIBLE_CONFIG, ANSIBLE_INVENTORY and others of Ansible",
        what: "how the inventory is read, as Ansible takes them, unless use_ansible_cfg is false",
        commands: For::Settings,
    },
    Variable {
        name: "XDG_CACHE_HOME, HOME",
        what: "where the cache is, and what ~ stands for in paths",
        commands: For::Settings,
    },
    Variable {
        name: "ROLLOUT_GROUP, ROLLOUT_VERSION, ROLLOUT_RESULTS and others",
        what: "set for the command: the placeholders, and the file that it may write results to",
        commands: For::Run,
    },
    Variable {
        name: "ROLLOUT_OUTCOME, ROLLOUT_WHY, ROLLOUT_WAY_BACK",
        what: "set for the commands of --on-stop and --on-end: how the run ended, why, and what became of a way back by itself",
        commands: For::Run,
    },
    Variable {
        name: "ROLLOUT_EVENT",
        what: "set for the command of --on-event, beside those of its batch: which event is on its stdin",
        commands: For::Run,
    },
    Variable {
        name: "REGAL_NO_EXEC",
        what: "set to yes, no program is run, as with --no-exec",
        commands: For::Settings,
    },
    Variable {
        name: "NO_COLOR, CLICOLOR_FORCE",
        what: "set to anything, no colors or colors everywhere with --color auto",
        commands: For::All,
    },
];

/// Returns the files that a command reads and writes.
pub fn files(command: &str, takes_settings: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    const FILES: &[(&str, &str, For)] = &[
        ("regal.yml", "the configuration, in the working directory or the nearest folder above it", For::Settings),
        (
            "ansible.cfg, ~/.ansible.cfg, /etc/ansible/ansible.cfg",
            "how Ansible reads inventories; the first that is there counts",
            For::Settings,
        ),
        ("NAME.rollout.yml", "a frozen plan, saved by plan --save; nothing changes it", For::Frozen),
        ("NAME.rollout.jsonl", "its record beside it: what was done, one event per line", For::Frozen),
        (
            "~/.cache/regal-inventory",
            "what scripts and ansible-inventory printed, where the setting cache is made",
            For::Settings,
        ),
        ("/usr/share/regal-inventory/playbooks", "the playbooks, where a package installed them", For::All),
    ];
    let holds = move |file: &&(&str, &str, For)| file.2.holds(command, takes_settings);
    FILES.iter().filter(holds).map(|(file, what, _)| (*file, *what))
}

/// An example of a page.
pub struct Example {
    /// The page without the program's name: `plan`, `record-start`, or nothing for that of the program.
    pub page: &'static str,
    /// What it does.
    pub what: &'static str,
    /// The lines that one types. A test runs them all, in the order of this table.
    pub lines: &'static [&'static str],
}

const fn example(page: &'static str, what: &'static str, lines: &'static [&'static str]) -> Example {
    Example { page, what, lines }
}

/// The examples of all pages, in an order in which they can be run in one folder.
pub const EXAMPLES: &[Example] = &[
    example(
        "init",
        "A configuration for an inventory, without questions:",
        &["regal-inventory init -i hosts.ini --yes"],
    ),
    example(
        "",
        "What would be rolled out where, two hosts first and then a quarter at a time:",
        &[
            "regal-inventory -i hosts.ini --version-from var:app_version \\",
            "    --canary-size 2 --batch-size 25% plan",
        ],
    ),
    example(
        "",
        "The inventory that Ansible reads:",
        &["regal-inventory -i hosts.ini --version-from var:app_version --list"],
    ),
    example("plan", "The batches by the nearest regal.yml:", &["regal-inventory plan"]),
    example(
        "plan",
        "The same for a change request, one version alone:",
        &["regal-inventory plan --only 2.5.0 --format markdown"],
    ),
    example(
        "plan",
        "Saved, so that it stays as it is until it is rolled out:",
        &["regal-inventory plan --save 2.5.0.rollout.yml"],
    ),
    example("why", "The rule that put a host where it is:", &["regal-inventory why web-07"]),
    example("check", "Every problem and warning, for a program:", &["regal-inventory check --format json"]),
    example(
        "diff",
        "Whether the frozen plan is still that of the inventory:",
        &["regal-inventory diff --plan 2.5.0.rollout.yml"],
    ),
    example("status", "How far the rollout is:", &["regal-inventory status 2.5.0.rollout.yml"]),
    example(
        "run",
        "What would be called:",
        &[
            "regal-inventory run --plan 2.5.0.rollout.yml --dry-run -- \\",
            "    ansible-playbook -i hosts.ini site.yml --limit {hosts}",
        ],
    ),
    example(
        "run",
        "The canary alone, by a command that gets the file of its hosts:",
        &["regal-inventory run --plan 2.5.0.rollout.yml --only-canary -- sort {hostfile}"],
    ),
    example(
        "approve",
        "A yes for the first batch after the canary:",
        &["regal-inventory approve --plan 2.5.0.rollout.yml B1"],
    ),
    example(
        "judge",
        "Each gate of the canary once, to try them before a rollout:",
        &["regal-inventory judge --plan 2.5.0.rollout.yml A --once"],
    ),
    example("log", "What happened so far:", &["regal-inventory log 2.5.0.rollout.yml"]),
    example(
        "record",
        "A script that keeps the record of what it does itself:",
        &[
            "export REGAL_PLAN=2.5.0.rollout.yml",
            "regal-inventory record start --process $$",
            "regal-inventory record begin 2.5.0_groupB1",
            "regal-inventory record done 2.5.0_groupB1",
            "regal-inventory record end done",
        ],
    ),
    example(
        "export",
        "Each batch as a file of host names, for pdsh, clush and parallel-ssh:",
        &["regal-inventory export hosts --output batches"],
    ),
    example("export", "Which formats there are:", &["regal-inventory export --list"]),
    example(
        "playbooks",
        "Into a folder, with the plugins that they need:",
        &["regal-inventory playbooks --output rollout"],
    ),
    example("schema", "A schema that editors check regal.yml by:", &["regal-inventory schema > regal.schema.json"]),
    example(
        "completions",
        "For the bash of one user:",
        &[
            "mkdir -p ~/.local/share/bash-completion/completions",
            "regal-inventory completions bash \\",
            "    > ~/.local/share/bash-completion/completions/regal-inventory",
        ],
    ),
    example("man", "The page of a command:", &["regal-inventory man plan > regal-inventory-plan.1"]),
];
