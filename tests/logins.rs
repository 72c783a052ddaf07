//! How one logs in to a host, as the inventory says it, in each format that can say it; and what is said where not.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::ansible::installations;
use crate::support::{Output, Test};

/// One version over these lines of an INI file.
fn exported(format: &str, hosts: &str, options: &[&str]) -> (Test, Output) {
    let test = Test::new().file("hosts", hosts);
    let test = test.args(&["-i", "hosts", "--versions", "v=all", "export", format, "--output", "out"]).args(options);
    let output = test.run();
    (test, output)
}

/// What stands in a file of the result, and the warnings.
#[track_caller]
fn written(format: &str, hosts: &str, file: &str) -> (String, String) {
    let (test, output) = exported(format, hosts, &[]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    (std::fs::read_to_string(test.path().join("out").join(file)).unwrap_or_default(), output.stderr)
}

#[track_caller]
fn text(format: &str, hosts: &str) -> (String, String) {
    let (test, output) = exported(format, hosts, &[]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    (std::fs::read_to_string(test.path().join("out")).unwrap(), output.stderr)
}

/// Why a format does not take a host.
#[track_caller]
fn refused(format: &str, hosts: &str) -> String {
    let (test, output) = exported(format, hosts, &[]);
    assert_eq!(output.code, 1, "{hosts}");
    assert!(!test.path().join("out").exists(), "{hosts}");
    output.stderr
}

const FLEET: &str = "\
web1 ansible_host=10.0.0.1 ansible_port=2222 ansible_user=deploy
web2 ansible_host=10.0.0.2 ansible_port=2222 ansible_user=deploy
web3 ansible_host=10.0.0.3 ansible_ssh_private_key_file='~/keys/a b' ansible_ssh_common_args='-o ProxyCommand=\"ssh -W %h:%p -q ops@bastion\"'
web4 ansible_become=yes ansible_become_user=app ansible_ssh_extra_args='-C -J gate:2022'
web5
";

const CONFIG: &str = r#"Host 10.0.0.1 10.0.0.2
  Port 2222
  User "deploy"
Host 10.0.0.3
  IdentityFile "~/keys/a b"
  ProxyJump ops@bastion
Host web4
  ProxyJump gate:2022
Host *
  Include ~/.ssh/config
  Include /etc/ssh/ssh_config
"#;

#[test]
fn files_of_hosts_have_a_configuration_of_ssh_beside_them() {
    for format in ["hosts", "clustershell", "dsh"] {
        let (config, warnings) = written(format, FLEET, "ssh_config");
        let (head, body) = config.split_once('\n').unwrap();
        assert_eq!(
            head,
            format!("# Written by regal-inventory export {format}: what the inventory says of logins, for ssh -F.")
        );
        assert_eq!(body, CONFIG, "{format}");
        for line in [
            format!(
                "warning: export {format}: how to log in to `web1` and 3 more stands in ssh_config of the folder, and nowhere else\n  hint: give it to ssh: "
            ),
            format!(
                "warning: export {format} leaves out `ansible_become` of `web4`\n  hint: commands run as the user who logs in; put sudo before them\n"
            ),
            format!("warning: export {format} leaves out `-C` of `ansible_ssh_extra_args`"),
        ] {
            assert!(warnings.contains(&line), "{line}\n{warnings}");
        }
    }
    let (hosts, _) = written("hosts", FLEET, "01-v_groupA.hosts");
    assert_eq!(hosts, "10.0.0.1\n");
    let (config, warnings) = written("hosts", "web1 ansible_host=10.0.0.1\nweb2\n", "ssh_config");
    assert_eq!((config.as_str(), warnings.as_str()), ("", ""));
}

#[test]
fn options_of_the_call_stand_with_the_hosts_and_not_in_the_configuration() {
    let (test, output) = exported("hosts", FLEET, &["--user", "root", "--ssh-port", "22"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let config = std::fs::read_to_string(test.path().join("out/ssh_config")).unwrap();
    assert!(!config.contains("User") && !config.contains("Port") && config.contains("ProxyJump gate:2022"), "{config}");
}

#[test]
fn the_jump_host_itself_is_reached_without_one() {
    let hosts = "web1\nweb2\ngate\n[all:vars]\nansible_ssh_common_args='-J ops@gate:2022'\n";
    let (config, _) = written("hosts", hosts, "ssh_config");
    assert_eq!(config.lines().nth(1).unwrap(), "Host web1 web2");
    assert_eq!(config.matches("gate").count(), 1, "{config}");
}

#[test]
fn a_roster_says_it_host_by_host() {
    let hosts = FLEET.replace("a b", "ab");
    let (roster, warnings) = text("salt-roster", &hosts);
    let expected = r#""web1":
  host: "10.0.0.1"
  user: "deploy"
  port: 2222
"web2":
  host: "10.0.0.2"
  user: "deploy"
  port: 2222
"web3":
  host: "10.0.0.3"
  priv: "~/keys/ab"
  ssh_options:
    - "ProxyJump=ops@bastion"
"web4":
  host: "web4"
  sudo: true
  sudo_user: "app"
  ssh_options:
    - "ProxyJump=gate:2022"
"web5":
  host: "web5"
"#;
    assert_eq!(roster.split_once('\n').unwrap().1, expected);
    assert!(warnings.contains("leaves out `-C` of `ansible_ssh_extra_args` of `web4`"), "{warnings}");
    let (roster, warnings) = text("salt-roster", "web1 ansible_become=yes ansible_become_method=doas\n");
    assert!(!roster.contains("sudo"), "{roster}");
    assert!(warnings.contains("leaves out `ansible_become_method` of `web1`"), "{warnings}");
    // Salt splits what it makes of it as a shell does.
    for key in ["/k -oProxyCommand=touch${IFS}/tmp/x", "/k'", "/k\t-oProxyCommand=x"] {
        let message = refused("salt-roster", &format!("web1 ansible_private_key_file=\"{key}\"\n"));
        assert!(message.contains("`web1` cannot be in `export salt-roster`: its "), "{message}");
    }
}

#[test]
fn programs_get_it_as_fields() {
    let (tsv, warnings) = text("tsv", FLEET);
    let lines: Vec<&str> = tsv.lines().map(|line| line.splitn(5, '\t').last().unwrap()).collect();
    let expected = [
        "web1\t10.0.0.1\t2222\tdeploy\t\t\t\t",
        "web2\t10.0.0.2\t2222\tdeploy\t\t\t\t",
        "web3\t10.0.0.3\t\t\t~/keys/a b\t-o ProxyCommand=\"ssh -W %h:%p -q ops@bastion\"\t\t",
        "web4\tweb4\t\t\t\t-C -J gate:2022\t\tapp",
        "web5\tweb5\t\t\t\t\t\t",
    ];
    assert_eq!((lines, warnings.as_str()), (expected.to_vec(), ""));

    let hosts = "web1 ansible_port=2222 ansible_connection=winrm\nweb2\nweb3 ansible_become=true\n";
    let (ndjson, _) = text("ndjson", hosts);
    let lines: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let connections: Vec<&Value> = lines.iter().map(|line| &line["connections"]).collect();
    let first = json!([{"port": 2222, "connection": "winrm"}]);
    assert_eq!(connections, [&first, &Value::Null, &json!([{"become": "root"}]), &Value::Null]);

    let (document, _) = text("json", hosts);
    let document: Value = serde_json::from_str(&document).unwrap();
    let expected = json!([
        {"host": "web1", "port": 2222, "connection": "winrm"},
        {"host": "web3", "become": "root"},
    ]);
    assert_eq!(document["connections"], expected);
    let plan =
        Test::new().file("hosts", hosts).args(&["-i", "hosts", "--versions", "v=all", "plan", "--format", "json"]);
    assert_eq!(plan.json()["connections"], expected);
    let (document, _) = text("json", "web1\nweb2 ansible_host=10.0.0.2\n");
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["connections"], json!([{"host": "web2", "address": "10.0.0.2"}]));
    let (document, _) = text("json", "web1\n");
    assert!(!document.contains("connections"), "{document}");
}

#[test]
fn what_is_no_field_is_told() {
    let hosts = "web1 ansible_password=hunter2 ansible_become='{{ x }}'\nweb2 ansible_password=hunter2\n";
    for format in ["tsv", "ndjson", "json"] {
        let (out, warnings) = text(format, hosts);
        assert!(
            warnings
                .contains(&format!("warning: export {format} leaves out `ansible_password` of `web1` and 1 more\n")),
            "{warnings}"
        );
        assert!(warnings.contains("leaves out `ansible_become` of `web1`\n"), "{warnings}");
        assert!(!out.contains("hunter2") && !warnings.contains("hunter2"), "{out}{warnings}");
    }
    for format in ["hosts", "clustershell", "dsh"] {
        let (_, warnings) = written(format, hosts, "ssh_config");
        assert!(warnings.contains("leaves out `ansible_password` of `web1` and 1 more\n"), "{warnings}");
        assert!(warnings.contains("leaves out `ansible_become` of `web1`\n"), "{warnings}");
        assert!(!warnings.contains("hunter2"), "{warnings}");
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn what_would_lead_to_another_machine_is_refused() {
    for (variables, why) in [
        ("ansible_connection=local", "its `ansible_connection` is `local`, and this format is for ssh"),
        ("ansible_connection=winrm", "its `ansible_connection` is `winrm`, and this format is for ssh"),
        ("ansible_connection=x.y.ssh", "its `ansible_connection` is `x.y.ssh`, and this format is for ssh"),
        ("ansible_connection='{{ c }}'", "its `ansible_connection` is a template, which only Ansible fills in"),
        ("ansible_port='{{ p }}'", "its `ansible_port` is `{{ p }}`, which is not a valid port"),
        ("ansible_port=70000", "its `ansible_port` is `70000`, which is not a valid port"),
        ("ansible_port=0", "its `ansible_port` is `0`, which is not a valid port"),
        ("ansible_user='{{ u }}'", "its `ansible_user` is a template, which only Ansible fills in"),
        (
            "ansible_user=-oProxyCommand=x",
            "its `ansible_user` is `-oProxyCommand=x`, which ssh would read as an option",
        ),
        ("ansible_user='a\\nProxyCommand x'", "which has more than letters, digits"),
        ("ansible_user='a\"b'", "which has more than letters, digits"),
        ("ansible_user='%h'", "which has more than letters, digits"),
        ("ansible_ssh_private_key_file='-oProxyCommand=x'", "which ssh would read as an option"),
        (
            "ansible_ssh_private_key_file='k\\n  ProxyCommand x'",
            "which has a quote, a backslash or a control character",
        ),
        ("ansible_ssh_private_key_file='k\" \"x'", "which has a quote, a backslash or a control character"),
        (
            "ansible_ssh_common_args='-o ProxyCommand=x'",
            "its `ansible_ssh_common_args` has a ProxyCommand, and a command is not taken from an inventory",
        ),
        ("ansible_ssh_extra_args='-J {{ gate }}'", "its `ansible_ssh_extra_args` is a template"),
        ("ansible_ssh_extra_args='-J -oProxyCommand=x'", "has a ProxyJump that is not a list of hosts"),
        ("ansible_ssh_args='-F x'", "its `ansible_ssh_args` names another configuration with -F"),
        ("ansible_ssh_args='-o HostName=x'", "its `ansible_ssh_args` names another host with HostName"),
        ("ansible_ssh_args='-o \"Match exec x\"'", "its `ansible_ssh_args` has a condition (Host, Match)"),
        ("ansible_ssh_host='* !x'", "its address `* !x`: it has a `*`"),
    ] {
        for format in ["hosts", "clustershell", "dsh", "salt-roster"] {
            let hosts = format!("web1\nweb2 {}\n", variables.replace('\\', "\\\\"));
            let hosts = hosts.replace("\\\\n", "\\n");
            let message = refused(format, &hosts);
            assert!(message.contains(&format!("error: `web2` cannot be in `export {format}`: ")), "{message}");
            assert!(message.contains(why), "{variables}: {message}");
        }
    }
    for name in ["*", "web?", "!web", "a b", "-oProxyCommand=x", "web%h"] {
        let (test, output) = exported("hosts", &format!("'{name}'\n"), &[]);
        assert_eq!(output.code, 1, "{name}");
        assert!(!test.path().join("out").exists(), "{name}");
    }
    let twins = "web1 ansible_host=10.0.0.1 ansible_port=22\nweb2 ansible_host=10.0.0.1 ansible_port=2222\n";
    assert!(refused("hosts", twins).contains("its address 10.0.0.1 is that of `web1`, with another login"));
}

#[test]
fn formats_that_log_in_nowhere_take_no_notice() {
    let hosts = "web1 ansible_host=10.0.0.1 ansible_port=2222 ansible_user=deploy ansible_connection=winrm ansible_become=yes\n\
                 web2 ansible_host=10.0.0.2\n";
    for format in ["nginx", "haproxy", "haproxy-runtime", "file-sd"] {
        let (test, output) = exported(format, hosts, &["--port", "80"]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{format}");
        let text = std::fs::read_to_string(test.path().join("out")).unwrap();
        assert!(text.contains("10.0.0.1:80") || text.contains("server"), "{format}: {text}");
        assert!(!text.contains("2222") && !text.contains("deploy"), "{format}: {text}");
    }
    for format in ["regal", "salt-nodegroups", "salt-orchestrate"] {
        let (text, warnings) = text(format, hosts);
        assert_eq!(warnings, "", "{format}");
        assert!(!text.contains("2222"), "{format}: {text}");
    }
}

#[test]
fn of_two_variables_the_older_one_counts() {
    let hosts = "web1 ansible_host=10.0.0.1 ansible_ssh_host=10.0.0.9 ansible_port=1 ansible_ssh_port=9 ansible_user=a \
                 ansible_ssh_user=z ansible_private_key_file=/a ansible_ssh_private_key_file=/z\n\
                 web2 ansible_ssh_user= ansible_user=a\n";
    let (tsv, _) = text("tsv", hosts);
    let lines: Vec<&str> = tsv.lines().map(|line| line.splitn(5, '\t').last().unwrap()).collect();
    assert_eq!(lines, ["web1\t10.0.0.9\t9\tz\t/z\t\t\t", "web2\tweb2\t\t\t\t\t\t"]);
}

/// The same fleet in the ways that it can be said.
const WAYS: &str = "\
web1 ansible_host=10.0.0.1 ansible_port=2222 ansible_user=deploy
web2 ansible_host=10.0.0.2 ansible_ssh_host=10.0.0.22 ansible_port=1 ansible_ssh_port=9 ansible_user=a ansible_ssh_user=z
web3 ansible_host=10.0.0.3 ansible_private_key_file=/a ansible_ssh_private_key_file='/keys/a b'
web4 ansible_host=10.0.0.4 ansible_ssh_args='-p 7 -l first' ansible_port=8 ansible_user=second ansible_ssh_extra_args='-p 9'
web5 ansible_host=10.0.0.5 ansible_port=8 ansible_ssh_common_args='-p 7 -J a' ansible_ssh_extra_args='-o ProxyJump=b -l extra -o IdentityFile=/e'
web6 ansible_host=10.0.0.6 ansible_ssh_common_args='-o \"ProxyJump = ops@gate:2022,gate2\" -o user=\"deploy\" -qp 99'
web7 ansible_host=2001:db8::7 ansible_user=deploy@example.org ansible_ssh_user=
web8 ansible_host=10.0.0.8 ansible_ssh_extra_args='-o ProxyCommand=none -oProxyJump=a -oPort=5'
web9
";

/// What ssh would do, of what an inventory may say.
fn ways(text: &str) -> Vec<String> {
    let names = ["hostname ", "port ", "user ", "identityfile ", "proxyjump ", "proxycommand "];
    text.lines().filter(|line| names.iter().any(|name| line.starts_with(name))).map(str::to_string).collect()
}

/// What `ssh -G` prints for a host of ours.
fn by_our_configuration(folder: &Path, address: &str) -> Vec<String> {
    let output =
        Command::new("ssh").args(["-G", "-F"]).arg(folder.join("out/ssh_config")).arg(address).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ways(&String::from_utf8(output.stdout).unwrap())
}

#[test]
#[ignore = "needs ansible and ssh; run tests/run"]
fn ssh_gets_from_us_what_it_gets_from_ansible() {
    let test = Test::new()
        .file("hosts", WAYS)
        .file("ansible.cfg", "")
        // It notes what ssh makes of all arguments but the last, a command for the host before it.
        .script("ssh", "#!/bin/bash\nssh -G \"${@:1:$#-1}\" >\"$0.${@: -2:1}\"\n");
    let test = test.args(&["-i", "hosts", "--versions", "v=all", "export", "hosts", "--output", "out"]);
    let output = test.run();
    assert_eq!(output.code, 0, "{}", output.stderr);
    let addresses =
        ["10.0.0.1", "10.0.0.22", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "2001:db8::7", "10.0.0.8", "web9"];
    for bin in installations() {
        let mut ansible = Command::new(bin.join("ansible"));
        ansible.args(["all", "-i", "hosts", "-m", "ansible.builtin.raw", "-a", "true"]).current_dir(test.path());
        ansible.env("ANSIBLE_CONFIG", test.path().join("ansible.cfg"));
        ansible.env("ANSIBLE_SSH_EXECUTABLE", test.path().join("ssh")).env("ANSIBLE_SSH_USETTY", "0");
        let output = ansible.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        for address in addresses {
            let noted = test.path().join(format!("ssh.{address}"));
            let by_ansible = ways(&std::fs::read_to_string(&noted).unwrap());
            assert!(by_ansible.len() >= 4, "{by_ansible:?}");
            assert_eq!(by_our_configuration(test.path(), address), by_ansible, "{address} with {}", bin.display());
            std::fs::remove_file(noted).unwrap();
        }
    }
}
