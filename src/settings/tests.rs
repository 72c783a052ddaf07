//! Settings as an operator writes them, and what is said of wrong ones.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::policy::{Amount, Approval, BatchSize, Priority, Rules, SharedHosts};

/// Reads settings of a file, an environment and options (key, text, option).
fn read_all(file: &str, environment: &[(&str, &str)], options: &[(&str, &str, &str)]) -> Result<Settings> {
    let arena = Arena::new();
    let texts = TextMap::new();
    let text = texts.add("regal.yml", arena.alloc_str(file)).unwrap();
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, text)| (&*arena.alloc_str(name), &*arena.alloc_str(text))).collect();
    let options: Vec<OptionText<'_>> = options
        .iter()
        .map(|(key, text, option)| OptionText {
            key: arena.alloc_str(key),
            text: arena.alloc_str(text),
            option: arena.alloc_str(option),
        })
        .collect();
    let input = Input {
        file: Some(text),
        environment: arena.alloc_slice_copy(&environment),
        options: arena.alloc_slice_copy(&options),
        place: Place { folder: "conf".into(), ..Place::default() },
    };
    read(&arena, &texts, &input)
}

fn file(text: &str) -> Settings {
    read_all(text, &[], &[]).unwrap()
}

/// The messages without excerpts and hints.
fn messages(result: Result<Settings>) -> Vec<String> {
    let place = |problem: &crate::error::Problem| problem.location.as_ref().map(|at| format!("{at}: "));
    let problems = result.unwrap_err().problems;
    problems.iter().map(|problem| format!("{}{}", place(problem).unwrap_or_default(), problem.message)).collect()
}

fn wrong(text: &str) -> Vec<String> {
    messages(read_all(text, &[], &[]))
}

fn texts(patterns: &[Pattern]) -> Vec<&str> {
    patterns.iter().map(|pattern| pattern.text.as_str()).collect()
}

fn hosts(n: usize) -> BatchSize {
    BatchSize::Amount(Amount::Hosts(n))
}

#[test]
fn an_empty_file_is_all_defaults() {
    for text in ["", "{}", "---\n", "# nothing\n", "#!/usr/bin/env -S regal-inventory --config\n"] {
        let settings = file(text);
        assert!(settings.inventory.is_empty() && settings.versions.is_none() && !settings.groups_only, "{text}");
        assert_eq!(settings.policy.rules("1.0"), Policy::default().rules("1.0"));
    }
}

#[test]
fn a_whole_file() {
    let settings = file(
        "plugin: regal-inventory
inventory: [production/, staging.ini]
versions:
  app-2.0: 'web:&prod:!web9'
  1.10: {hosts: [db1, db2], batch_size: 1}
priority: [app-2.0]
canary: {size: 5%, bake: 1h}
batch_size: [5, 10%, rest]
exclude: old*
bake: 10m
approval: after_canary
max_failures: 1
overrides: {'app-*': {max_fail_percentage: 12.5}}
shared_hosts: error
name: api
group_names: safe
groups_only: yes
limit: 'web*'
",
    );
    assert_eq!(
        settings.inventory.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["conf/production/", "conf/staging.ini"]
    );
    let Some(VersionSource::Explicit(versions)) = &settings.versions else { panic!("{:?}", settings.versions) };
    assert_eq!(versions[0].version, "app-2.0");
    assert_eq!(texts(&versions[0].hosts), ["web:&prod:!web9"]);
    assert_eq!(versions[1].version, "1.10");
    assert_eq!(versions[1].at.to_string(), "regal.yml:5:3");
    assert_eq!(texts(&versions[1].hosts), ["db1", "db2"]);
    let rules = settings.policy.rules("app-2.0");
    assert_eq!((texts(&rules.exclude), texts(&settings.limit)), (vec!["old*"], vec!["web*"]));
    assert_eq!(settings.policy.shared_hosts, SharedHosts::Error);
    assert_eq!(settings.naming.prefix.as_deref(), Some("api"));
    assert_eq!(settings.naming.spelling, crate::policy::naming::Spelling::Safe);
    assert!(settings.groups_only);
    assert_eq!(rules.canary_size.unwrap().to_string(), "5%");
    assert_eq!((rules.canary_bake, rules.bake, rules.approval), (3600, 600, Approval::AfterCanary));
    assert_eq!(rules.batch_size, [hosts(5), BatchSize::Amount(Amount::parse("10%").unwrap()), BatchSize::Rest]);
    assert_eq!(rules.max_failures.to_string(), "12.5%");
    assert_eq!(settings.policy.rules("1.10").batch_size, [hosts(1)]);
}

#[test]
fn regals_own_words() {
    let settings =
        file("version_host: {app-1.0.0: '10.1.1.1,10.1.1.2'}\ncombine: 2\nschedule: 3\npriority_name: '1.'\n");
    let rules = settings.policy.rules("app-1.0.0");
    assert_eq!((rules.canary_size, rules.batch_size), (Some(Amount::Hosts(3)), vec![hosts(2)]));
    assert!(matches!(&settings.policy.priority, Priority::Containing(text, _) if text == "1."));
    let settings = file("priority_name: [app-1.0]");
    assert!(matches!(&settings.policy.priority, Priority::Names(names) if names[0].0 == "app-1.0"));
    let settings = file("priority: app-1.0");
    assert!(matches!(&settings.policy.priority, Priority::Names(names) if names[0].0 == "app-1.0"));
}

#[test]
fn where_versions_come_from() {
    let from = |text: &str| match file(text).versions {
        Some(VersionSource::From(from, _)) => from,
        other => panic!("{other:?}"),
    };
    assert_eq!(from("version_from: {var: app_version}"), VersionFrom::Var("app_version".into()));
    assert_eq!(from("version_from: 'var:app_version'"), VersionFrom::Var("app_version".into()));
    assert_eq!(from("version_from: {group: 'release_*'}"), VersionFrom::Group("release_*".into()));
    let template = "{{ app }}-{{ app_version }}";
    assert_eq!(from(&format!("version_from: {{template: '{template}'}}")), VersionFrom::Template(template.into()));
    assert_eq!(from(&format!("version_from: 'template:{template}'")), VersionFrom::Template(template.into()));
}

#[test]
fn a_full_message() {
    let error = read_all("canary: 1\nbatchsize: 2\n", &[], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "error: regal.yml:2:1: unknown key `batchsize`\n  2 | batchsize: 2\n    | ^\n  hint: did you mean `batch_size`?"
    );
    let error = read_all("batch_size: 0\n", &[], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "error: regal.yml:1:1: `batch_size` cannot be `0`: a batch of no host\n  1 | batch_size: 0\n    | ^\n  hint: \
         allowed: a number of hosts from 1, a percent above 0% and up to 100%, `rest`, `{start: 1, factor: 2, most: 10%}` for \
         sizes that grow, or a list of them with the last two only last"
    );
}

#[test]
fn sizes_that_cannot_be() {
    for (text, message) in [
        ("batch_size: 0%", "`batch_size` cannot be `0%`: a batch of no host"),
        ("combine: -3", "`combine` cannot be `-3`: negative"),
        ("batch_size: 101%", "`batch_size` cannot be `101%`: over 100%"),
        ("batch_size: 1.5", "`batch_size` cannot be `1.5`: not a whole number"),
        ("batch_size: 010", "`batch_size` cannot be `010`: written with a leading zero"),
        ("batch_size: []", "`batch_size` cannot be a list: it has no items"),
        (
            "batch_size: {a: 1}",
            "`batch_size` cannot be `{a: …}`: sizes that grow have the keys `start`, `factor` and `most`",
        ),
        ("batch_size:", "`batch_size` cannot be empty: there is no value"),
        (
            "batch_size: [1, rest, 5]",
            "`batch_size` cannot be `rest`: it is not the last of the list, so what follows would have no hosts",
        ),
        ("canary: rest", "`canary` cannot be `rest`: not a whole number"),
        ("canary: {size: 0}", "`canary.size` cannot be `0`: a batch of no host"),
        ("max_failures: -1", "`max_failures` cannot be `-1`: negative"),
        ("max_fail_percentage: 200", "`max_fail_percentage` cannot be `200`: over 100%"),
        ("bake: soon", "`bake` cannot be `soon`: not a valid duration"),
    ] {
        let at = if text.starts_with("canary: {") { "regal.yml:1:10" } else { "regal.yml:1:1" };
        assert_eq!(wrong(text), [format!("{at}: {message}")], "{text}");
    }
}

#[test]
fn all_problems_of_all_layers_at_once() {
    let text =
        "plugin: aws_ec2\ncombine: 1\nbatch_size: 2\nexclude: 'a,,b'\nversions: {'1.0': '', '2.0': {batch_size: 2}}\n";
    let environment =
        [("REGAL_BACTH_SIZE", "2"), ("REGAL_CANARY_SIZE", "0"), ("HOME", "/home/deploy"), ("REGAL_CONFIG", "x.yml")];
    let options = [("bake", "x", "--bake"), ("group_names", "loud", "--group-names")];
    assert_eq!(
        messages(read_all(text, &environment, &options)),
        [
            "regal.yml:1:1: `plugin` cannot be `aws_ec2`: no such choice",
            "regal.yml:3:1: `combine` and `batch_size` are the same setting",
            "regal.yml:4:1: `exclude` cannot be `a,,b`: item 2 of 3 is empty, which Ansible skips, so that other hosts could be meant",
            "regal.yml:5:12: hosts of version `1.0` cannot be empty: there is no text in it",
            "regal.yml:5:23: version `2.0` has no `hosts`",
            "unknown environment variable REGAL_BACTH_SIZE",
            "REGAL_CANARY_SIZE: `canary.size` cannot be `0`: a batch of no host",
            "--bake: `bake` cannot be `x`: not a valid duration",
            "--group-names: `group_names` cannot be `loud`: no such choice",
        ]
    );
}

#[test]
fn variables_of_the_plugins_are_no_settings() {
    assert!(read_all("", &[("REGAL_INVENTORY_BINARY", "x"), ("REGAL_ROLLOUT_PROGRESS", "y")], &[]).is_ok());
    let misspelt = read_all("", &[("REGAL_INVENTORY_BINRAY", "x")], &[]).unwrap_err();
    assert_eq!(misspelt.problems[0].hint.as_deref(), Some("did you mean REGAL_INVENTORY_BINARY?"));
}

#[test]
fn keys_in_the_wrong_place() {
    for (text, message) in [
        ("zzz: 1", "regal.yml:1:1: unknown key `zzz`"),
        ("canary: {sise: 1}", "regal.yml:1:10: unknown key `canary.sise`"),
        ("canary.size: 1", "regal.yml:1:1: unknown key `canary.size`"),
        ("hosts: web", "regal.yml:1:1: unknown key `hosts`"),
        ("overrides: {a: {limit: web}}", "regal.yml:1:17: `limit` cannot be set for single versions"),
        ("overrides: {a: {hosts: web}}", "regal.yml:1:17: unknown key `hosts`"),
        ("overrides: {a: 1}", "regal.yml:1:13: `overrides`: `a` has no keys"),
        ("overrides: [a]", "regal.yml:1:1: `overrides` cannot be a list: it has to be a mapping"),
        ("[canary, 1]", "regal.yml:1:1: the file is not a mapping"),
        ("versions: {}", "regal.yml:1:1: `versions` is empty"),
        ("versions: {~: web}", "regal.yml:1:12: `versions`: a version is empty"),
        (
            "versions: {'1.0': [web1, '']}",
            "regal.yml:1:12: hosts of version `1.0` cannot be empty: there is no text in it",
        ),
        ("versions: {'1.0': ~}", "regal.yml:1:12: hosts of version `1.0` cannot be empty: there is no value"),
        (
            "version_from: {}",
            "regal.yml:1:1: `version_from` cannot be an empty mapping: none of `var`, `group`, `template`, `grain`, `pillar`, `nodegroup`",
        ),
        (
            "version_from: app",
            "regal.yml:1:1: `version_from` cannot be `app`: none of `var`, `group`, `template`, `grain`, `pillar`, `nodegroup`",
        ),
        ("version_from: {group: a}", "regal.yml:1:16: `version_from.group` cannot be `a`: not exactly one `*`"),
        (
            "version_from: {var: a, group: b_*}",
            "regal.yml:1:24: `version_from.var` and `version_from.group` exclude each other",
        ),
        ("name: 'my app'", "regal.yml:1:1: `name` cannot be `my app`: not usable in a group name"),
        ("groups_only: maybe", "regal.yml:1:1: `groups_only` cannot be `maybe`: neither true nor false"),
        ("priority: ['1.0', '1.0']", "regal.yml:1:1: `priority` cannot be `1.0`: it is given twice"),
    ] {
        assert_eq!(wrong(text), [message], "{text}");
    }
}

#[test]
fn a_repeated_key_is_an_error() {
    let problems = wrong("canary: 1\ncanary: 2\n");
    assert!(problems[0].starts_with("regal.yml:2:1: "), "{problems:?}");
}

#[test]
fn a_file_that_is_no_yaml_does_not_hide_the_rest() {
    let problems = messages(read_all("canary: [1\n", &[("REGAL_BAKE", "x")], &[]));
    assert!(problems[0].starts_with("regal.yml:"), "{problems:?}");
    assert_eq!(problems[1], "REGAL_BAKE: `bake` cannot be `x`: not a valid duration");
}

#[test]
fn the_stronger_layer_wins_key_by_key() {
    let text = "canary: {size: 2, bake: 10m}\nbatch_size: 5\ninventory: a\n";
    let environment = [("REGAL_COMBINE", "6,50%"), ("REGAL_CANARY_BAKE", "20m"), ("REGAL_INVENTORY", "b,c")];
    let settings = read_all(text, &environment, &[("canary", "3", "--canary"), ("bake", "1m", "--bake")]).unwrap();
    let rules = settings.policy.rules("1.0");
    assert_eq!((rules.canary_size, rules.canary_bake, rules.bake), (Some(Amount::Hosts(3)), 1200, 60));
    assert_eq!(rules.batch_size[0], hosts(6));
    assert_eq!(settings.inventory.iter().map(ToString::to_string).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(settings.environment.len(), 3);
}

#[test]
fn versions_from_options_replace_those_of_the_file() {
    let text = "versions: {2.5.0: {hosts: db, batch_size: 3}}";
    let options = [("versions", "2.5.0=web:&prod", "--versions"), ("versions", "2.4.0=web1,web2", "--versions")];
    let settings = read_all(text, &[], &options).unwrap();
    let Some(VersionSource::Explicit(versions)) = &settings.versions else { panic!("{:?}", settings.versions) };
    let read: Vec<_> = versions.iter().map(|v| (v.version.as_str(), texts(&v.hosts))).collect();
    assert_eq!(read, [("2.5.0", vec!["web:&prod"]), ("2.4.0", vec!["web1,web2"])]);
    assert_eq!(settings.policy.rules("2.5.0").batch_size, [hosts(1)]);
    let settings = read_all(text, &[("REGAL_VERSION_FROM", "var:app_version")], &[]).unwrap();
    assert!(matches!(settings.versions, Some(VersionSource::From(VersionFrom::Var(_), _))));
}

#[test]
fn mappings_in_variables_are_yaml() {
    let environment = [
        ("REGAL_VERSIONS", "{1.10: [web1, web2]}"),
        ("REGAL_CANARY", "{size: 2, bake: 5m}"),
        ("REGAL_OVERRIDES", "{'1.*': {batch_size: 4}}"),
        ("REGAL_APPROVAL", ""),
    ];
    let settings = read_all("", &environment, &[]).unwrap();
    let Some(VersionSource::Explicit(versions)) = &settings.versions else { panic!("{:?}", settings.versions) };
    assert_eq!(versions[0].version, "1.10");
    let rules = settings.policy.rules("1.10");
    assert_eq!((rules.canary_size, rules.canary_bake, rules.batch_size), (Some(Amount::Hosts(2)), 300, vec![hosts(4)]));
}

#[test]
fn lists_of_hosts_are_one_source() {
    let sources = |environment: &[(&str, &str)], options: &[(&str, &str, &str)]| -> Vec<String> {
        let settings = read_all("", environment, options).unwrap();
        settings.inventory.iter().map(ToString::to_string).collect()
    };
    assert_eq!(sources(&[("REGAL_INVENTORY", "web1,web2,")], &[]), ["web1,web2,"]);
    assert_eq!(
        sources(&[], &[("inventory", "web1,web2,", "-i"), ("inventory", "prod/", "-i")]),
        ["web1,web2,", "prod/"]
    );
}

#[test]
fn a_key_and_its_alias_in_different_layers_are_one_setting() {
    let settings = read_all("batch_size: 5", &[("REGAL_COMBINE", "6")], &[]).unwrap();
    assert_eq!(settings.policy.rules("1.0").batch_size, [hosts(6)]);
    let twice = messages(read_all("", &[("REGAL_COMBINE", "6"), ("REGAL_BATCH_SIZE", "5")], &[]));
    assert_eq!(twice, ["REGAL_BATCH_SIZE: `combine` and `batch_size` are the same setting"]);
}

#[test]
fn every_key_is_found_by_its_names_alone() {
    let mut names: Vec<_> = KEYS.iter().flat_map(Key::names).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(KEYS.iter().all(|key| !key.doc.is_empty() && !key.allowed.is_empty()));
}

#[test]
fn stages_with_keys_of_their_own() {
    let settings = file(
        "batch_size: 5\nstages:\n- {name: staging, hosts: stg, batch_size: 50%, of: version}\n- {name: eu, hosts: {region: [eu, ch]}}\n\
         - {by: 'group:rack_*', values: [r2], approval: after_stage}\n- {name: others, hosts: rest}\n",
    );
    let rules = settings.policy.rules("1.0");
    let described: Vec<_> = rules.stages.iter().map(|stage| (stage.name.as_str(), stage.hosts.to_string())).collect();
    let expected = [("staging", "stg"), ("eu", "{region: eu, ch}"), ("", "each group:rack_*"), ("others", "rest")];
    assert_eq!(described, expected.map(|(name, hosts)| (name, hosts.to_string())));
    assert_eq!(rules.stages[0].rules.batch_size, [BatchSize::Amount(Amount::parse("50%").unwrap())]);
    assert_eq!(rules.stages[0].of, crate::policy::PercentOf::Version);
    assert_eq!(rules.stages[1].rules.batch_size, [hosts(5)]);
    assert_eq!(rules.stages[2].rules.approval, Approval::AfterStage);
    // what the command line sets holds in the stages too
    let settings = read_all("stages: [{name: a, hosts: rest, bake: 1m}]", &[], &[("bake", "2m", "--bake")]).unwrap();
    assert_eq!(settings.policy.rules("1.0").stages[0].rules.bake, 120);
    let none = read_all("stages: [{name: a, hosts: rest}]", &[("REGAL_STAGES", "[]")], &[]).unwrap();
    assert!(none.policy.rules("1.0").stages.is_empty());
}

#[test]
fn windows_and_blackouts() {
    // as YAML has them, where 16:00 is a number of base 60
    let settings = file(
        "windows:\n- {days: mon-thu, from: 09:00, to: 16:00, zone: Europe/Berlin}\n- {days: [sat, sun], zone: UTC}\n\
         blackouts: {from: 2026-12-20, to: 2027-01-06 12:00, zone: Europe/Berlin, why: Christmas}\n\
         stages: [{name: us, hosts: us, windows: {from: '9:00', to: '17:00', zone: America/New_York}}, {name: eu, hosts: rest}]\n",
    );
    let rules = settings.policy.rules("1.0");
    let windows = |rules: &Rules| {
        let windows = rules.windows.as_ref().map(|set| set.value.as_slice()).unwrap_or_default();
        windows.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let all = [
        "{days: mon-thu, from: 09:00, to: 16:00, zone: Europe/Berlin}",
        "{days: sat,sun, from: 00:00, to: 24:00, zone: UTC}",
    ];
    assert_eq!(windows(&rules), all);
    let blackouts: Vec<_> = rules.blackouts.iter().map(ToString::to_string).collect();
    assert_eq!(blackouts, ["{from: 2026-12-20, to: 2027-01-06 12:00, zone: Europe/Berlin, why: Christmas}"]);
    assert_eq!(windows(&rules.stages[0].rules), ["{days: mon-sun, from: 09:00, to: 17:00, zone: America/New_York}"]);
    assert_eq!(windows(&rules.stages[1].rules), all);
    assert_eq!(rules.stages[0].rules.blackouts, rules.blackouts);
    let none = read_all("windows: [{days: mon, zone: UTC}]", &[("REGAL_WINDOWS", "[]")], &[]).unwrap();
    assert_eq!(none.policy.rules("1.0").windows, None);
    let option = read_all("", &[], &[("windows", "{days: 'mon,tue', zone: UTC}", "--windows")]).unwrap();
    assert_eq!(windows(&option.policy.rules("1.0")), ["{days: mon,tue, from: 00:00, to: 24:00, zone: UTC}"]);
}

#[test]
fn windows_and_blackouts_that_cannot_be() {
    assert_eq!(
        wrong(
            "windows:\n- {days: mon-thr, from: 9, to: 25:00, zone: Europe/Belin}\n- {from: 09:00}\n- {zone: UTC, from: 09:00, to: 09:00}\n\
             - {day: mon, zone: UTC}\n- {days: [], zone: UTC}\n\
             blackouts:\n- {from: '2027-02-29', to: 24.12.2027}\n- {zone: UTC, from: 2027-01-02, to: 2027-01-01}\n- {why: '', zone: UTC}\n"
        ),
        [
            "regal.yml:2:4: `windows`: `days` cannot be `mon-thr`: days are mon, tue, wed, thu, fri, sat, sun, and ranges such as `mon-thu`",
            "regal.yml:2:19: `windows`: `from` cannot be `9`: a time is hours and minutes of a day, such as `\"09:00\"` or `\"24:00\"`",
            "regal.yml:2:28: `windows`: `to` cannot be `25:00`: a time is hours and minutes of a day, such as `\"09:00\"` or `\"24:00\"`",
            "regal.yml:2:39: `windows`: `zone` cannot be `Europe/Belin`: there is no such time zone; did you mean `Europe/Berlin`?",
            "regal.yml:3:4: `windows`: there is no `zone`",
            "regal.yml:4:4: `windows`: it begins and ends at 09:00; a whole day is from `00:00` to `24:00`",
            "regal.yml:5:4: unknown key `day` in `windows`",
            "regal.yml:6:4: `windows`: `days` cannot be a list: it has no items",
            "regal.yml:8:4: `blackouts`: `from` cannot be `2027-02-29`: it has to be a day such as `2026-12-24`, or a time such as `2026-12-24 12:00`",
            "regal.yml:8:4: `blackouts`: there is no `zone`",
            "regal.yml:8:24: `blackouts`: `to` cannot be `24.12.2027`: it has to be a day such as `2026-12-24`, or a time such as `2026-12-24 12:00`",
            "regal.yml:9:4: `blackouts`: it ends at 2027-01-01, which is not after 2027-01-02",
            "regal.yml:10:4: `blackouts`: there is no `from`",
            "regal.yml:10:4: `blackouts`: there is no `to`",
            "regal.yml:10:4: `blackouts`: `why` cannot be empty: there is no text in it",
        ]
    );
    assert_eq!(
        wrong("windows: mon-thu\nblackouts: [2026-12-24]"),
        [
            "regal.yml:1:1: `windows` cannot be `mon-thu`: it has to be a list such as `[{days: mon-thu, from: \"09:00\", to: \"16:00\", zone: Europe/Berlin}]`",
            "regal.yml:2:1: `blackouts` cannot be `2026-12-24`: each of the list is a mapping, such as `{from: 2026-12-20, to: 2027-01-06, zone: Europe/Berlin}`",
        ]
    );
}

#[test]
fn stages_that_cannot_be() {
    assert_eq!(
        wrong(
            "stages:\n- {name: a b, hosts: web}\n- {name: a}\n- {hosts: web}\n- {name: x, hosts: {}}\n- {name: x-1, hosts: web, of: all}\n\
             - {by: zone, name: z}\n- {name: y, hosts: web, values: [a]}\n- {name: v, hosts: web, exclude: db, cary: 1}\n\
             - {name: r, hosts: rest}\n- {name: r, hosts: db}\n"
        ),
        [
            "regal.yml:2:4: `stages`: `name` cannot be `a b`: not usable in a group name",
            "regal.yml:3:4: `stages`: a stage has no `hosts`",
            "regal.yml:4:4: `stages`: a stage has no `name`",
            "regal.yml:5:13: `stages`: `hosts` cannot be an empty mapping: one label stands in it, such as `{region: eu}`",
            "regal.yml:6:27: `stages`: `of` cannot be `all`: no such choice",
            "regal.yml:7:14: `stages`: `by` and `name` exclude each other",
            "regal.yml:8:25: `stages`: `values` has no meaning without `by`",
            "regal.yml:9:25: `exclude` cannot be set for single stages",
            "regal.yml:9:38: unknown key `cary`",
            "regal.yml:11:4: `stages`: `r` is given twice",
            "regal.yml:11:4: `stages`: `r` comes after `hosts: rest`, which leaves it no host",
        ]
    );
    assert_eq!(
        wrong("stages: eu"),
        ["regal.yml:1:1: `stages` cannot be `eu`: it has to be a list of stages, or one mapping with `by`"]
    );
    assert_eq!(
        wrong("stages: [eu]"),
        ["regal.yml:1:1: `stages` cannot be `eu`: each stage is a mapping, such as `{name: eu, hosts: {region: eu}}`"]
    );
}
