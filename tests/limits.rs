//! Input that is made to take long or much memory: each is read or refused in no time.
//!
//! The time allowed is that of the processor, which is the same however busy the machine is, for code that is not optimized; what these
//! inputs did before took minutes.

use crate::support::{Output, Test};

const SECONDS: u32 = 60;
/// What a shell says of a program that was ended for it, by SIGXCPU.
const TOO_LONG: i32 = 128 + 24;

fn check(file: &str, text: &str, arguments: &str) -> Output {
    let output = Test::new().file(file, text).shell(&format!("ulimit -t {SECONDS}; regal -i {file} {arguments} check"));
    assert_ne!(output.code, TOO_LONG, "{file} takes more than {SECONDS} seconds");
    output
}

fn refused(file: &str, text: &str, expected: &str) {
    let output = check(file, text, "--versions v=all");
    assert_eq!(output.code, 1, "{expected}: {}", output.stdout);
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    assert!(output.stderr.len() < 100_000);
}

fn accepted(file: &str, text: &str, expected: &str) {
    let output = check(file, text, "--versions v=all");
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.starts_with(expected), "{}", output.stdout);
}

#[test]
#[ignore = "long; run tests/run"]
fn ranges_make_a_bounded_number_of_hosts() {
    refused("hosts", "h[0:99999999]\n", "makes too many hosts");
    refused("hosts", "h[0:9999][0:9999]\n", "makes too many hosts");
    refused("hosts", &"h[0:9999]\n".repeat(80_000), "makes too many hosts");
    let variables: String = (0..50_000).map(|n| format!(" a{n}=1")).collect();
    refused("hosts", &format!("h[0:9999]{variables}\n"), "the ranges give too many variables to hosts");
}

#[test]
fn nesting_is_bounded() {
    refused("hosts.yml", &"[".repeat(10_000), "hosts.yml:1:");
    refused("hosts.yml", &"{a: ".repeat(10_000), "hosts.yml:1:");
    refused("hosts.json", &format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)), "hosts.json:1:");
    accepted("hosts", &format!("h a={}\n", "[".repeat(10_000)), "1 host");
}

#[test]
fn aliases_cannot_multiply_without_end() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_string();
    for n in 1..20 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        laughs.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    refused("hosts.yml", &laughs, "hosts.yml:");
}

#[test]
#[ignore = "long; run tests/run"]
fn long_chains_of_groups() {
    let down: String = (0..40_000).map(|n| format!("[g{n}:children]\ng{}\n", n + 1)).collect();
    accepted("hosts", &format!("{down}[g40000]\nh\n"), "1 host");
    let up: String = (0..40_000).map(|n| format!("[g{}:children]\ng{n}\n", n + 1)).collect();
    accepted("hosts", &format!("[g0]\nh\n{up}"), "1 host");
}

#[test]
fn a_host_in_very_many_groups() {
    let groups: String = (0..80_000).map(|n| format!("[g{n}]\nh\n")).collect();
    accepted("hosts", &groups, "1 host");
}

#[test]
fn a_line_of_megabytes() {
    accepted("hosts", &format!("h a={}\n", "x".repeat(4_000_000)), "1 host");
}

#[test]
fn thousands_of_values_to_warn_of() {
    let hosts: String = (0..20_000).map(|n| format!("h{n} v=1.10\n")).collect();
    let stderr = check("hosts", &hosts, "--version-from var:v").stderr;
    assert_eq!(stderr.matches("but Ansible itself reads it as").count(), 100);
}
