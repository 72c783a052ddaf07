//! What was decrypted stands in the names of the plan's groups and in the inventory, and nowhere else; what steers a
//! terminal stands nowhere.

use std::process::Command;
use std::sync::LazyLock;

use regal_inventory::emit::export::{FORMATS, Format, Setting};
use regal_inventory::settings::keys::{Id, PolicyKey};
use regal_inventory::settings::{KEYS, Shape};

use crate::support::{Output, Test};
use crate::vault::{PASSWORD, encrypt};

/// No character of it stands in a message of ours by chance.
const SECRET: &str = "hunter2";

/// Two hosts whose variables are all under vault.
fn vaulted(config: &str) -> Test {
    // Deriving a key takes long.
    static VARS: LazyLock<[String; 2]> = LazyLock::new(|| {
        [1, 2].map(|n| {
            encrypt(&format!(
                "asset: hunter2-asset\nzone: hunter2-zone-{n}\nansible_host: 'hunter2 {{'\naddress: hunter2\nport: hunter2\n\
                 bad: 'hunter2/{n}{{'\nrelease: hunter2-1.{n}\nansible_user: -hunter2\n"
            ))
        })
    });
    Test::new()
        .file("hosts", "[web]\nweb1\nweb2\n[hunter]\nweb1\n")
        .file("host_vars/web1.yml", &VARS[0])
        .file("host_vars/web2.yml", &VARS[1])
        .file("password", PASSWORD)
        .file("regal.yml", format!("inventory: hosts\nvault_password_file: password\n{config}"))
}

const RELEASE: &str = "version_from: {var: release}\n";
const PLAIN: &str = "versions: {v1: web}\n";

/// Templates over a variable that was decrypted.
const TEMPLATES: [&str; 4] = [
    "version_from: {template: '{{ bad }}'}",
    "version_from: {template: '{{ bad|int|nothing }}'}",
    "version_from: {template: '{{ bad + 1 }}'}",
    "version_from: {template: '{{ release }}{{ asset }}'}",
];

/// Stages by a label of which a value was decrypted.
const STAGES: [&str; 3] = [
    "stages: {by: zone}",
    "stages: [{name: first, hosts: {zone: nowhere}}, {by: zone, canary: {cover: zone, size: 1}}]",
    "stages: [{name: first, hosts: {zone: nowhere}}, {name: others, hosts: rest, spread: zone}]",
];

/// Configurations, each of these lines below those of the base.
fn with(base: &str, lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| format!("{base}{line}\n")).collect()
}

/// Configurations in which a key meets a value that was decrypted, or stands where one is said.
fn configurations(id: Id) -> Vec<String> {
    match id {
        Id::VersionFrom | Id::VersionVar => with("", &["version_from: {var: bad}", "version_from: {var: release}"]),
        Id::VersionTemplate => with("", &TEMPLATES),
        Id::VersionGroup | Id::VersionGrain | Id::VersionPillar | Id::VersionNodegroup => {
            with("", &["version_from: {group: 'hunter*'}", "version_from: {grain: release}"])
        }
        Id::Policy(key) => of_policy(key),
        Id::Assignment => of_policy(PolicyKey::AssignmentMode),
        Id::Canary => of_policy(PolicyKey::CanarySize),
        Id::Spread => of_policy(PolicyKey::SpreadBy),
        Id::Order => of_policy(PolicyKey::OrderBy),
        Id::Priority => with(RELEASE, &["priority: [nothing]", "priority_name: nothing"]),
        Id::Overrides => with(RELEASE, &["overrides: {'nothing*': {batch_size: 1}}"]),
        Id::SharedHosts => with(RELEASE, &["shared_hosts: error"]),
        Id::Name | Id::GroupNames => {
            with("version_from: {var: bad}\n", &["name: api", "group_names: safe", "group_names: safe\nname: api"])
        }
        Id::Last | Id::Limit => of_policy(PolicyKey::LastHosts),
        // These say nothing of what is in an inventory.
        Id::Plugin
        | Id::Inventory
        | Id::Versions
        | Id::Hosts
        | Id::GroupsOnly
        | Id::UseAnsibleCfg
        | Id::Engine
        | Id::AnsibleInventory
        | Id::Cache
        | Id::CacheTtl
        | Id::MaxRangeHosts
        | Id::MaxSourceBytes
        | Id::SourceTimeout
        | Id::MaxYamlValues
        | Id::VaultPasswordFile
        | Id::Drift
        | Id::DriftMode
        | Id::DriftRemoved
        | Id::DriftAdded
        | Id::DriftChanged
        | Id::VaultIds
        | Id::Vault => with(RELEASE, &[""]),
    }
}

/// The same of a key that a version may have of its own.
fn of_policy(key: PolicyKey) -> Vec<String> {
    match key {
        PolicyKey::AssignmentMode | PolicyKey::AssignmentKey | PolicyKey::AssignmentWaves => with(
            PLAIN,
            &[
                "assignment: {mode: rank, key: asset}",
                "assignment: {mode: bucket, waves: 99999999, key: zone}\ncanary: 1%",
            ],
        ),
        PolicyKey::CanaryCover | PolicyKey::CanaryExclude | PolicyKey::CanaryHosts | PolicyKey::CanarySize => with(
            PLAIN,
            &[
                "canary: {cover: [zone], exclude: web1}",
                "canary: {cover: [zone], size: 1}",
                "canary: {cover: zone, hosts: web1, size: 1}\nspread: {by: zone, max_unavailable: 1}",
            ],
        ),
        PolicyKey::SpreadBy
        | PolicyKey::SpreadMissing
        | PolicyKey::SpreadOrder
        | PolicyKey::SpreadMaxUnavailable
        | PolicyKey::Limits
        | PolicyKey::SpreadMode => with(
            PLAIN,
            &[
                "spread: {by: zone, mode: sequential, order: [nowhere]}",
                "spread: {by: zone, max_unavailable: 10%}",
                "spread: {by: [zone, nothing]}",
                "spread: zone\ncanary: {hosts: [web1, web2]}",
            ],
        ),
        PolicyKey::Stages => with(PLAIN, &STAGES),
        PolicyKey::OrderBy => with(PLAIN, &["order: {by: zone}", "order: {by: asset, mode: sorted}"]),
        PolicyKey::After => with(RELEASE, &["after: nothing", "after: '*'"]),
        PolicyKey::MinHealthy | PolicyKey::MaxUnavailable | PolicyKey::MaxFailures => {
            with(RELEASE, &["min_healthy: 99%", "max_unavailable: 1", "max_failures: 1"])
        }
        PolicyKey::Exclude | PolicyKey::LastHosts | PolicyKey::LastAlone => {
            with(RELEASE, &["exclude: web", "last: web", "limit: web2"])
        }
        PolicyKey::BatchSize
        | PolicyKey::Remainder
        | PolicyKey::OrderMode
        | PolicyKey::Seed
        | PolicyKey::Approval
        | PolicyKey::Gates
        | PolicyKey::OnFailure
        | PolicyKey::RollbackTo
        | PolicyKey::Windows
        | PolicyKey::Blackouts
        | PolicyKey::Bake
        | PolicyKey::CanaryBake => with(
            RELEASE,
            &[
                "batch_size: [10%, rest]\ncanary: 100%",
                "order: shuffle\nseed: '{version}'",
                "approval: each_batch",
                "gates: [{http: 'http://{{ host }}/'}]\non_failure: rollback",
                "windows: {days: mon, zone: UTC}\nblackouts: {from: 2026-12-24, to: 2026-12-25, zone: UTC}\nbake: 2d",
            ],
        ),
    }
}

#[track_caller]
fn says_nothing(output: &Output, what: &str) {
    assert!(!output.stderr.contains(SECRET), "{what}: {}", output.stderr);
}

#[test]
#[ignore = "long; run tests/run"]
fn a_decrypted_value_stands_in_no_message_about_any_key() {
    let mut refused = 0;
    let mut seen = Vec::new();
    for key in KEYS {
        for config in configurations(key.id) {
            if seen.contains(&config) {
                continue;
            }
            for command in [&["check"][..], &["plan", "--full"], &["why", "web1"], &["why", "web2", "--format", "json"]]
            {
                let output = vaulted(&config).args(command).run();
                says_nothing(&output, &config);
                refused += usize::from(output.code == 1);
                // the names of groups are made of versions, and nothing else is
                if !config.contains("version_from") {
                    assert!(!output.stdout.contains(SECRET), "{config}: {}", output.stdout);
                }
                assert!(!output.stdout.contains("hunter2-zone"), "{config}: {}", output.stdout);
            }
            seen.push(config);
        }
    }
    assert!(refused > 40, "{refused}");
}

#[test]
#[ignore = "long; run tests/run"]
fn a_decrypted_value_stands_in_no_message_of_any_export() {
    let mut refused = 0;
    let vars = encrypt("ansible_host: hunter2.example.net\nansible_port: hunter2\nport: 80\n");
    for (config, port) in [(PLAIN, Some("port")), (PLAIN, Some("80")), (RELEASE, Some("80")), (RELEASE, None)] {
        refused += every_export(|| vaulted(config), port, &[], |_| true);
    }
    assert!(refused > 30, "{refused}");
    // the same address twice
    let one_address = "web1 ansible_host='{{ address }}'\nweb2 ansible_host='{{ address }}'\n";
    let same = || vaulted(PLAIN).file("host_vars/web1.yml", &vars).file("host_vars/web2.yml", &vars);
    every_export(same, Some("80"), &[], |_| true);
    every_export(|| vaulted(PLAIN).file("hosts", one_address), Some("80"), &[], |_| true);
    every_export(|| vaulted(RELEASE), Some("80"), &["--only", "v2"], |_| true);
    for (setting, wrong) in [
        (Setting::Id, ["--id", "v2=x"]),
        (Setting::Done, ["--done", "v2_groupB7"]),
        (Setting::Down, ["--down", "web7"]),
    ] {
        // Those that take the option look at what it says; the others refuse the option.
        for takes in [true, false] {
            every_export(|| vaulted(RELEASE), Some("80"), &wrong, |format| format.uses.contains(&setting) == takes);
        }
    }
}

/// Exports in all of these formats, then in those that were not refused, since a result's warnings come only where there is one; how many were
/// refused.
fn every_export(
    test: impl Fn() -> Test,
    port: Option<&str>,
    arguments: &[&str],
    of: impl Fn(&Format) -> bool,
) -> usize {
    let all: Vec<&Format> = FORMATS.iter().filter(|format| of(format)).collect();
    let mut formats = all.clone();
    loop {
        let mut export = test().file("out/keep", "").args(&["export"]).args(arguments);
        for format in &formats {
            export = export.args(&["-o", &format!("{0}=out/{0}", format.name)]);
        }
        if let Some(port) = port.filter(|_| formats.iter().any(|format| format.uses.contains(&Setting::Port))) {
            export = export.args(&["--port", port]);
        }
        let output = export.run();
        let names: Vec<&str> = formats.iter().map(|format| format.name).collect();
        says_nothing(&output, &names.join(" "));
        let is_named =
            |name: &str| ["`", " ", ":"].iter().any(|end| output.stderr.contains(&format!("export {name}{end}")));
        formats.retain(|format| !is_named(format.name));
        match output.code {
            0 => return all.len() - names.len(),
            // Refused, and not for a format: all of them are.
            _ if formats.len() == names.len() => return all.len(),
            _ => {}
        }
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn a_decrypted_login_stands_in_no_message() {
    // Each has something that a format over ssh refuses or leaves out.
    for (login, said) in [
        ("ansible_ssh_host: 'hunter2 x'", "its address `…`: …"),
        ("ansible_ssh_port: hunter2", "its `ansible_ssh_port` is `…`, which is not a valid port"),
        ("ansible_connection: hunter2", "its `ansible_connection` is `…`, and this format is for ssh"),
        ("ansible_private_key_file: 'hunter2\"'", "its `ansible_private_key_file` is `…`, which has a quote"),
        ("ansible_ssh_user: 'hunter2 x'", "its `ansible_ssh_user` is `…`, which has more than"),
        ("ansible_ssh_common_args: '-o hunter2=hunter2 -o ProxyCommand=hunter2'", "has a ProxyCommand"),
        ("ansible_ssh_extra_args: '-o hunter2=hunter2 -L hunter2'", "leaves out `…` of `ansible_ssh_extra_args`"),
        ("ansible_password: hunter2", "leaves out `ansible_password` of `web1` and 1 more"),
    ] {
        let vars = encrypt(login);
        let export = |arguments: &[&str]| {
            let test = vaulted(PLAIN).file("host_vars/web1.yml", "a: 1").file("host_vars/web2.yml", "a: 1");
            let output = test.file("group_vars/web.yml", &vars).args(&["export"]).args(arguments).run();
            says_nothing(&output, &arguments.join(" "));
            output
        };
        for format in ["hosts", "clustershell", "dsh", "salt-roster"] {
            let output = export(&[format, "--output", "out"]);
            assert!(FORMATS.iter().any(|known| known.name == format), "{format}");
            assert!(output.stderr.contains(said), "{format}: {}", output.stderr);
        }
        export(&["-o", "tsv=plan.tsv", "-o", "ndjson=plan.ndjson", "-o", "json=plan.json"]);
    }
}

#[test]
fn what_is_said_instead() {
    let message = vaulted("versions: {v1: web}\nassignment: {mode: rank, key: asset}\n").args(&["check"]).errors();
    let expected = "web[1:2] have the same `asset`, `…`, which `assignment.key` uses as an id";
    assert!(message.contains(expected), "{message}");
    let message = vaulted("version_from: {var: bad}\n").args(&["check"]).errors();
    assert!(message.contains("version `…` is not a valid group name: it has a character that"), "{message}");
    let message = vaulted(PLAIN).args(&["export", "hosts", "--output", "o"]).errors();
    assert!(message.contains("`web1` cannot be in `export hosts`: its address `…`: …\n"), "{message}");
    let plan = vaulted("versions: {v1: web}\nspread: zone\n").args(&["why", "web2"]).stdout();
    assert!(plan.contains("zone=…2"), "{plan}");
}

/// Steers a terminal, turns what follows around, and is not seen.
const STEERING: &str = "\u{1b}c\u{202e}\u{2066}\u{200b}\u{7}\u{9b}";

#[track_caller]
fn steers_nothing(text: &str, what: &str) {
    let steers = |c: char| (c.is_control() && c != '\n') || STEERING.replace('c', "").contains(c);
    assert!(!text.contains(steers), "{what}: {text:?}");
}

/// A text in double quotes, as YAML takes it whatever is in it.
fn quoted(text: &str) -> String {
    let escaped =
        |c: char| if c.is_ascii_graphic() || c == ' ' { c.to_string() } else { format!("\\u{:04x}", c as u32) };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

/// An inventory with such characters wherever a name or a value may stand.
fn steering(config: &str) -> Test {
    let value = |text: &str| quoted(&format!("{text}{STEERING}\n x"));
    let (host, group, var) = (value("h"), value("g"), value("v"));
    let hosts = format!(
        "web:\n  hosts:\n    web1: {{rel: {0}, zone: {0}, same: {0}, {var}: 1, ansible_host: {0}}}\n    {host}: {{rel: {0}, zone: {0}, same: {0}}}\n\
         {group}: {{hosts: {{web1: }}}}\n",
        value("1")
    );
    Test::new().file("hosts.yml", hosts).file("regal.yml", format!("inventory: hosts.yml\n{config}"))
}

#[test]
#[ignore = "long; run tests/run"]
fn nothing_steers_the_terminal_through_the_settings() {
    let value = quoted(&format!("a{STEERING}"));
    for key in KEYS {
        for name in key.names() {
            let text = match name.split_once('.') {
                Some((above, below)) => format!("{above}: {{{below}: {value}}}\n"),
                None => format!("{name}: {value}\n{value}: 1\n"),
            };
            let output = steering(&format!("{text}overrides: {{{value}: {{{value}: 1}}}}\n")).args(&["check"]).run();
            assert_eq!(output.code, 1);
            steers_nothing(&output.stderr, name);
            if key.id == Id::Plugin || key.id == Id::Hosts || key.shape == Shape::Mapping {
                continue;
            }
            let option = format!("--{}=a{STEERING}", name.replace(['.', '_'], "-"));
            let output = steering(PLAIN).args(&["check", &option]).run();
            steers_nothing(&output.stderr, name);
        }
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn nothing_steers_the_terminal_through_an_inventory() {
    let configs = [
        "version_from: {var: rel}\n",
        "version_from: {var: rel}\ngroup_names: safe\n",
        "version_from: {template: '{{ rel|nothing }}'}\n",
        "versions: {v1: all}\nspread: {by: zone, max_unavailable: 10%}\n",
        "versions: {v1: all}\nspread: {by: zone, mode: sequential, order: [x]}\n",
        "versions: {v1: all}\nspread: {by: nothing}\n",
        "versions: {v1: all}\ncanary: {cover: zone, exclude: all}\n",
        "versions: {v1: all}\nassignment: {mode: rank, key: same}\n",
        "versions: {v1: wbe1}\n",
        "versions: {v1: 'g*', v2: 'h*'}\nshared_hosts: error\n",
        "versions: {v1: all}\nlimit: 'gx*'\n",
        "version_from: {var: relx}\n",
        "version_from: {group: 'x*'}\n",
    ];
    let commands: [&[&str]; 16] = [
        &["check", "--format", "json"],
        &["plan", "--format", "json"],
        &["plan", "--format", "yaml"],
        &["plan", "--waves", "--format", "json"],
        &["plan", "--compare", "regal.yml", "--format", "json"],
        &["why", "web1", "--format", "json"],
        &["export", "ndjson"],
        &["check"],
        &["plan"],
        &["plan", "--full", "--format", "markdown"],
        &["plan", "--waves"],
        &["plan", "--compare", "regal.yml"],
        &["--graph"],
        &["--list", "--pretty"],
        &["why", "web1"],
        &["why", "nobody"],
    ];
    assert_eq!(steering(PLAIN).args(&["check"]).run().code, 0, "an inventory that cannot be read shows nothing");
    for config in configs {
        for command in commands {
            let output = steering(config).args(command).run();
            steers_nothing(&output.stderr, config);
            steers_nothing(&output.stdout, config);
        }
    }
    for format in FORMATS {
        let port: &[&str] = if format.uses.contains(&Setting::Port) { &["--port", "80"] } else { &[] };
        for config in ["versions: {v1: all}\n", "version_from: {var: rel}\ngroup_names: safe\n"] {
            let test = steering(config).args(&["export", format.name, "--output", "out"]).args(port);
            steers_nothing(&test.run().stderr, format.name);
        }
    }
}

#[test]
fn nothing_steers_the_terminal_through_wrong_usage() {
    for arguments in [&["plan", "--format"][..], &["--output=x", "--color"], &["check"]] {
        let output = steering(PLAIN).args(arguments).args(&[&format!("a{STEERING}")]).run();
        assert_eq!(output.code, 2, "{}", output.stderr);
        steers_nothing(&output.stderr, arguments[0]);
        assert!(output.stderr.contains("\\u{202e}"), "{}", output.stderr);
    }
}

/// What `ansible-inventory` prints of files that it decrypts, or of plain ones.
fn printed_by_ansible(vaulted: bool, config: &str) -> Test {
    let vars = |n: u8| {
        format!(
            r#"{{"asset": "hunter2-asset", "zone": "hunter2-zone-{n}", "release": "hunter2 {n}", "number": 4711.{n}, "ansible_host": "hunter2 {{"}}"#
        )
    };
    let printed = format!(
        r#"{{"_meta": {{"hostvars": {{"web1": {}, "web2": {}}}}}, "all": {{"children": ["web"]}}, "web": {{"hosts": ["web1", "web2"]}}}}"#,
        vars(1),
        vars(2)
    );
    let vars = if vaulted { "$ANSIBLE_VAULT;1.1;AES256\n3132\n" } else { "a: 1\n" };
    Test::new()
        .file("hosts.yml", "web: {hosts: {web1: , web2: }}\n")
        .file("group_vars/web/vars.yml", vars)
        .script("bin/ansible-inventory", &format!("#!/bin/sh\ncat <<'END'\n{printed}\nEND\n"))
        .file(
            "regal.yml",
            format!("inventory: hosts.yml\nengine: ansible\nansible_inventory: ./bin/ansible-inventory\n{config}"),
        )
}

#[test]
fn what_ansible_decrypted_stands_in_no_message() {
    for (config, command) in [
        ("versions: {v1: web}\nassignment: {mode: rank, key: asset}\n", &["check"][..]),
        ("version_from: {var: release}\n", &["check"]),
        ("versions: {v1: web}\nspread: {by: zone, mode: sequential, order: [x]}\n", &["check"]),
        (PLAIN, &["export", "hosts", "--output", "out"]),
    ] {
        let plain = printed_by_ansible(false, config).args(command).errors();
        assert!(plain.contains(SECRET), "{config}: {plain}");
        let message = printed_by_ansible(true, config).args(command).errors();
        assert!(!message.contains(SECRET) && message.contains('…'), "{config}: {message}");
    }
    let number = printed_by_ansible(true, "version_from: {var: number}\n").args(&["check"]).run().stderr;
    assert!(number.contains("`…`, so how it was written is lost") || !number.contains("4711"), "{number}");
    let plan = printed_by_ansible(true, "versions: {v1: web}\nspread: zone\n").args(&["plan"]).run();
    assert!(plan.stdout.contains("…1 1 100%") && !plan.stdout.contains(SECRET), "{}", plan.stdout);
    // A text that is no inventory is quoted with its line, where nothing was decrypted.
    for vaulted in [false, true] {
        let test = printed_by_ansible(vaulted, PLAIN);
        let broken = test.script("bin/ansible-inventory", "#!/bin/sh\necho '{\"a\": \"hunter2\" x'\n");
        let message = broken.args(&["check"]).errors();
        assert_eq!(message.contains(SECRET), !vaulted, "{message}");
    }
}

#[test]
fn groups_of_a_decrypted_version_and_names_of_decrypted_variables_stand_in_no_message() {
    let hosts = |group: &str| format!("[web]\nweb1\nweb2\n[{group}]\nweb2\n");
    let exact = vaulted(RELEASE).file("hosts", hosts("hunter2-1.1")).args(&["check"]);
    let message = exact.errors();
    says_nothing(&exact.run(), "a group of the same name");
    assert!(message.contains("the group `…` cannot be added"), "{message}");
    let cleaned = vaulted(RELEASE).file("hosts", hosts("hunter2_1_1")).args(&["check"]);
    let cleaned = cleaned.env("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "always").run();
    assert_eq!(cleaned.code, 1);
    says_nothing(&cleaned, "a group that is the same once cleaned");
    let vars = encrypt("hunter2_version: 1\nother: 2\n");
    for config in ["version_from: {var: nothing}\n", "versions: {v1: web}\nspread: hunter_version\n", ""] {
        let test = vaulted(config).file("host_vars/web1.yml", &vars).file("host_vars/web2.yml", &vars);
        let output = test.args(&["check"]).run();
        assert_eq!(output.code, 1);
        says_nothing(&output, config);
        // A name that stands in the open is offered.
        let open = vaulted(config).file("group_vars/web.yml", "hunter2_version: 1\n").args(&["check"]).errors();
        assert!(open.contains("hunter2_version"), "{open}");
    }
}

#[test]
fn a_program_gets_the_exact_text() {
    let list = steering("versions: {v1: all}\n").args(&["--list"]).json();
    let hosts = list["web"]["hosts"].as_array().unwrap();
    assert_eq!(hosts[1], format!("h{STEERING}\n x"));
    let pretty = steering("versions: {v1: all}\n").args(&["--list", "--pretty"]).json();
    assert_eq!(pretty, list);
    let why = steering("versions: {v1: all}\n").args(&["why", &format!("h{STEERING}\n x"), "--format", "json"]).json();
    assert_eq!(why["host"], format!("h{STEERING}\n x"));
}

#[test]
#[ignore = "long; run tests/run"]
fn no_message_is_longer_than_a_screen_or_two() {
    let long = "x".repeat(60_000);
    let hosts = format!("[{long}]\n{long}h rel='{long} 1' zone={long}\nweb1 rel={long} zone={long} {long}=1\n");
    for config in [
        "version_from: {var: rel}\n".to_string(),
        "version_from: {var: rel}\ngroup_names: safe\npriority: [a]\n".to_string(),
        "version_from: {template: '{{ rel }}'}\n".to_string(),
        "versions: {v1: all}\nassignment: {mode: rank, key: zone}\n".to_string(),
        "versions: {v1: all}\nspread: {by: zone, mode: sequential, order: [x]}\n".to_string(),
        "versions: {v1: all}\ncanary: {cover: zone, exclude: all}\n".to_string(),
        "version_from: {group: 'y*'}\n".to_string(),
        format!("versions: {{v1: {long}z}}\n"),
        format!("versions: {{v1: all}}\nexclude: {long}z\nbatch_size: {long}\n{long}: 1\n"),
    ] {
        let test = Test::new().file("hosts", &hosts).file("regal.yml", format!("inventory: hosts\n{config}"));
        for command in [&["check"][..], &["why", "nobody"], &["export", "tsv"], &["export", "dsh", "--output", "o"]] {
            let stderr = Command::new(env!("CARGO_BIN_EXE_regal-inventory"))
                .args(command)
                .current_dir(test.path())
                .output()
                .unwrap()
                .stderr;
            assert!(stderr.len() < 20_000, "{} bytes of {}", stderr.len(), &config[..config.len().min(60)]);
        }
    }
}
