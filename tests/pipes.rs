//! Sources that are pipes, and those that are neither file, folder nor pipe.

use serde_json::Value;

use crate::support::{Output, Test, names};

const HOSTS: &str = "[web]\nw1 zone=a\nw2 zone=b\n";

/// The first group of a plan in regal's form.
fn planned(output: &Output) -> &str {
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "stdout: {}", output.stdout);
    output.stdout.trim()
}

fn refused<'o>(output: &'o Output, expected: &str) -> &'o str {
    assert_eq!((output.code, output.stdout.as_str()), (1, ""), "stderr: {}", output.stderr);
    assert!(output.stderr.contains(expected), "{expected}: {}", output.stderr);
    &output.stderr
}

fn test() -> Test {
    let roster = "web1: {host: 10.0.0.1, user: deploy}\nweb2: {host: 10.0.0.2}\n";
    let yaml = "web:\n  hosts: {w1: {zone: a}, w2: {zone: b}}\n";
    Test::new().file("hosts", HOSTS).file("hosts.yml", yaml).file("roster", roster)
}

#[test]
fn a_pipe_is_read_once_whoever_asks() {
    const PLAN: &str = "--versions v=all plan --format regal";
    let both = "{\"v\": [\"w1\", \"w2\"]}";
    for source in [
        "regal -i <(cat hosts) PLAN",
        "regal -i <(cat hosts.yml) PLAN",
        "cat hosts | regal -i /dev/stdin PLAN",
        "regal -i /dev/stdin PLAN < hosts",
        "regal -i /dev/stdin PLAN <<< $(cat hosts.yml | sed 's/^web:/\"web\":/' | tr '\\n' '\\f' | tr '\\f' ' ' | cut -c1-60 > /dev/null; echo w1,w2 | tr , '\\n')",
        "mkfifo pipe; cat hosts > pipe & regal -i pipe PLAN",
        "mkfifo pipe; (sleep 0.3; cat hosts) > pipe & regal -i pipe PLAN",
        // By whatever name, it is the same pipe.
        "cat hosts | regal -i /dev/stdin -i /dev/fd/0 PLAN",
        "regal --config <(echo 'inventory: hosts') PLAN",
        "cat hosts | regal --limit @<(echo w1; echo w2) -i /dev/stdin PLAN",
    ] {
        assert_eq!(planned(&test().shell(&source.replace("PLAN", PLAN))), both, "{source}");
    }
    let salt = test().shell(&format!("regal -i <(cat roster) {PLAN}"));
    assert_eq!(planned(&salt), "{\"v\": [\"web1\", \"web2\"]}");
    // Two plans of one pipe, by two configurations.
    let compared = test()
        .file("a.yml", "versions: {v: all}\n")
        .file("b.yml", "versions: {v: all}\nbatch_size: 2\n")
        .shell("cat hosts | regal --config a.yml -i /dev/stdin --limit @<(echo w1) plan --compare b.yml");
    assert_eq!((compared.code, compared.stderr.as_str()), (0, ""));
    assert!(compared.stdout.contains("1 host"), "{}", compared.stdout);
}

#[test]
fn vars_files_beside_a_named_pipe_count() {
    let test = test().file("group_vars/web.yml", "port: 80\n");
    let host = test.shell("mkfifo pipe; cat hosts > pipe & regal -i pipe --versions v=all --host w1");
    let host: Value = serde_json::from_str(planned(&host)).unwrap();
    assert_eq!(host["port"], 80);
}

#[test]
fn an_inventory_without_hosts_is_no_plan() {
    for (source, named) in
        [("-i <(true)", "/dev/fd/"), ("-i empty", "empty"), ("-i /dev/stdin < <(true)", "/dev/stdin")]
    {
        let test = || test().file("empty", "[web]\n");
        for command in ["plan", "plan --format json", "export json", "export tsv"] {
            let output = test().shell(&format!("regal --versions v=all {command} {source}"));
            let message = refused(&output, "there is no host to plan with in ");
            assert!(message.contains(named), "{message}");
        }
        // What Ansible is given may be empty.
        let list = test().shell(&format!("regal --versions v=all --list {source}"));
        assert_eq!((list.code, list.stderr.as_str()), (0, ""));
    }
}

#[test]
fn what_is_no_file_no_folder_and_no_pipe_is_refused() {
    let socket = "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'";
    for (line, expected) in [
        ("-i /dev/zero", "inventory `/dev/zero` cannot be read: it is a device"),
        ("-i /dev/null", "inventory `/dev/null` cannot be read: it is the null device, in which there is nothing"),
        ("-i /dev/stdin < /dev/null", "inventory `/dev/stdin` cannot be read: it is the null device"),
        ("-i /dev/tty", "inventory `/dev/tty` cannot be read: it is a terminal"),
        ("-i socket", "inventory `socket` cannot be read: it is a socket"),
        ("-i hosts --limit @/dev/zero", "limit file `/dev/zero` cannot be read: it is a device"),
        ("--config /dev/zero", "the configuration cannot be read: it is a device"),
        ("-i dangling", "inventory `dangling` cannot be read: it is a link to `nowhere/hosts`, which does not exist"),
        ("-i folder", "folder/hosts: cannot be read: it is a link to `../nowhere`, which does not exist"),
    ] {
        let made = "ln -s nowhere/hosts dangling; mkdir folder; ln -s ../nowhere folder/hosts";
        let line = format!("{made}; {socket}; regal --versions v=all --list {line}");
        refused(&test().shell(&line), expected);
    }
    let secret = test().file("group_vars/web.yml", "$ANSIBLE_VAULT;1.1;AES256\n00\n");
    let line = "regal -i hosts --versions v=all --list --vault-password-file /dev/zero";
    refused(&secret.shell(line), "the vault password file `/dev/zero` cannot be read: it is a device");
    // No configuration is an empty one.
    assert_eq!(test().shell("regal --config /dev/null -i hosts --versions v=all check").code, 0);
}

#[test]
#[ignore = "long; run tests/run"]
fn a_pipe_without_an_end_is_not_waited_for() {
    for (line, expected) in [
        (
            "mkfifo pipe; regal -i pipe",
            "pipe: cannot be read: nothing came out of this pipe within 1 second (`source_timeout`)",
        ),
        ("regal -i <(echo w1; sleep 5)", ": cannot be read: this pipe did not end within 1 second (`source_timeout`)"),
        (
            "mkfifo pipe; regal -i hosts --limit @pipe",
            "limit file `pipe` cannot be read: nothing came out of this pipe",
        ),
    ] {
        let line = format!("{line} --versions v=all --source-timeout 1s --list 2>&1 >out");
        let output = test().shell(&line);
        assert_eq!(output.code, 1, "{}", output.stdout);
        assert!(output.stdout.contains(expected), "{line}: {}", output.stdout);
    }
}

#[test]
fn a_source_has_a_largest_size() {
    let large = format!("[web]\n{}", "# a comment\n".repeat(1000));
    let test = || {
        test()
            .file("in/hosts", HOSTS)
            .file("large", &large)
            .file("large.d/hosts", &large)
            .file("in/group_vars/web.yml", &large)
    };
    for (source, expected) in [
        ("-i large", "large: cannot be read: it is larger than 10 KiB (`max_source_bytes`)"),
        ("-i large.d", "large.d/hosts: cannot be read: it is larger than"),
        ("-i <(cat large)", ": cannot be read: it is larger than"),
        ("-i <(yes w1)", ": cannot be read: it is larger than"),
        ("-i in/hosts", "in/group_vars/web.yml: cannot be read: it is larger than"),
        ("-i w1, --limit @large", "limit file `large` cannot be read: it is larger than"),
    ] {
        let line = format!("regal {source} --versions v=all --max-source-bytes 10240 --list");
        refused(&test().shell(&line), expected);
    }
    let enough = test().shell("regal -i large -i hosts --versions v=all --max-source-bytes 12006 --list");
    assert_eq!(enough.code, 0, "{}", enough.stderr);
}

/// A program that stands in for `ansible-inventory` and records its arguments and its input.
const PROGRAM: &str = "#!/bin/sh
mkdir given
for argument; do
  case $argument in
    --inventory=*,) ;;
    --inventory=*|--vault*)
      path=${argument#*=}; path=${path#*@}
      stat -c '%a %n' \"$path\" \"${path%/*}/..\" >> modes; cp -L \"$path\" given; ls \"${path%/*}\" >> beside ;;
  esac
done
test -z \"$FAIL\" || { echo \"cannot read $path\" >&2; exit 3; }
echo '{\"web\": {\"hosts\": [\"w1\"]}, \"_meta\": {\"hostvars\": {}}}'
";

#[test]
fn what_a_pipe_gave_is_handed_on_to_ansible_as_private_files() {
    let temporary = tempfile::tempdir().unwrap();
    let test = |line: &str| {
        let test = test()
            .script("ansible-inventory", PROGRAM)
            .file("in/group_vars/web.yml", "port: 80\n")
            .env("TMPDIR", temporary.path().to_str().unwrap())
            .env("REGAL_ANSIBLE_INVENTORY", "./ansible-inventory")
            .env("REGAL_VERSIONS", "v=all")
            .env("REGAL_CACHE", "1h")
            .env("XDG_CACHE_HOME", temporary.path().join("cache").to_str().unwrap());
        let output = test.shell(line);
        let left: Vec<_> =
            std::fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == "cache"), "{left:?} stayed");
        (test, output)
    };
    let read = |test: &Test, name: &str| std::fs::read_to_string(test.path().join(name)).unwrap_or_default();

    let (with, output) =
        test("regal -i <(cat hosts) -i w9, --engine ansible --vault-password-file <(echo secret) --list");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let given: Vec<_> =
        std::fs::read_dir(with.path().join("given")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let texts: Vec<String> = given.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(texts.contains(&HOSTS.to_string()) && texts.contains(&"secret\n".to_string()), "{texts:?}");
    let modes = read(&with, "modes");
    assert!(modes.lines().all(|line| line.starts_with("600 ") || line.starts_with("700 ")), "{modes}");

    // The configuration of a plugin is known by the end of its name; a file through /dev/stdin does not belong to another program.
    let (with, output) = test("echo 'plugin: amazon.aws.aws_ec2' | regal -i hosts -i /dev/stdin --list");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(read(&with, "given/stdin.aws_ec2.yml"), "plugin: amazon.aws.aws_ec2\n");
    let (with, output) = test("regal -i /dev/stdin --engine ansible --list < hosts");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(read(&with, "given/stdin"), HOSTS);

    // A pipe with a name keeps what is beside it.
    let (with, output) = test("mkfifo in/pipe; cat hosts > in/pipe & regal -i in/pipe --engine ansible --list");
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(read(&with, "beside"), "group_vars\npipe\n");

    // What is cached of one pipe is not what another gives, and a message names what the user knows.
    let cached = temporary.path().join("cache/regal-inventory");
    assert!(!cached.exists() || std::fs::read_dir(cached).unwrap().count() == 0);
    let (_, output) = test("FAIL=1 regal -i <(cat hosts) --engine ansible --list");
    assert!(refused(&output, "cannot read /dev/fd/").contains("Ansible failed (exit status: 3)"));
}

#[test]
fn a_vault_password_may_come_through_a_pipe() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inventories/vault");
    let line = format!(
        "regal -i '{folder}/inventory-1.yml' --versions v=all --list --vault-password-file <(cat '{folder}/password')"
    );
    let test = Test::new();
    let output = test.shell(&line);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let list: Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(!names(&list["v_groupA"]["hosts"]).is_empty());
}
