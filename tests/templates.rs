//! What a version's template may be made of, in how much time and room.

use std::process::Command;

use crate::support::Test;

const HOSTS: &str = "web1 z=abc n=1.10 app=shop\nweb2\n";

/// What a template gives with so much memory and processor time that making a gigabyte fails.
fn errors(hosts: &str, template: &str) -> String {
    let test = Test::new().file("hosts", hosts);
    let limited = "ulimit -v 400000; ulimit -t 5; exec \"$0\" -i hosts --version-from \"template:$1\" plan";
    let mut command = Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_regal-inventory"), template]).current_dir(test.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{template}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"", "{template}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_makes_gigabytes_out_of_a_line_is_refused() {
    let doubled = format!("{{% set a = n %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40));
    let quoted = format!("{{{{ {}n{} }}}}", "[".repeat(60), "] ~ ''".repeat(60));
    let tuples = format!("{{{{ {}n{} }}}}", "(".repeat(60), ",) ~ ''".repeat(60));
    let replaced = format!("{{{{ n{} }}}}", "|replace('1', '1111111111')".repeat(12));
    let joined = format!("{{{{ n{} }}}}", "|list|join('1111111111')".repeat(12));
    let listed = format!("{{{{ z{} }}}}", "|list|string".repeat(40));
    let long = format!("{{{{ '{}' }}}}", "x".repeat(1000));
    for (template, what) in [
        ("{{ z|indent(1000000000) }}", "fails for host `web1`: filter indent is unknown\n  hint: filters here: "),
        ("{{ [1]*1000000000 }}", "cannot be used: it has a `*`"),
        ("{{ [1][1:3]*1000000000 }}", "cannot be used: it has a `*`"),
        ("{{ 'x' * 100000000 }}", "cannot be used: it has a `*`"),
        ("{{ 10 ** 10 ** 10 }}", "cannot be used: it has a `*`"),
        ("{{ range(1000000000)|list }}", "fails for host `web1`: range is unknown"),
        ("{{ z|center(1000000000) }}", "fails for host `web1`: filter center is unknown"),
        ("{{ [n]|batch(1000000000, 'x')|list }}", "fails for host `web1`: filter batch is unknown"),
        ("{{ '%1000000000d'|format(1) }}", "fails for host `web1`: filter format is unknown"),
        ("{% for a in z %}{% for b in z %}{{ z }}{% endfor %}{% endfor %}", "it has the statement `for`"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "it has the statement `macro`"),
        ("{% filter upper %}a{% endfilter %}", "it has the statement `filter`"),
        (&doubled, "it has the statement `set`, and only `if` is allowed here"),
        (&quoted, "it joins texts within a list"),
        (&tuples, "it has a list in round brackets"),
        (&replaced, "fails for host `web1`: a filter takes and makes 16384 bytes at most"),
        (&joined, "fails for host `web1`: a filter takes and makes 16384 bytes at most"),
        (&listed, "fails for host `web1`: a filter takes and makes 16384 bytes at most"),
        (&long, "it has 1008 characters, and 1000 are the most"),
    ] {
        let message = errors(HOSTS, template);
        assert!(message.starts_with("error: --version-from: the version's template "), "{message}");
        assert!(message.contains(what) && message.contains("\n  hint: "), "{template}: {message}");
    }
}

#[test]
#[ignore = "long; run tests/run"]
fn a_long_value_does_not_go_in_and_a_long_version_does_not_come_out() {
    let long = format!("web1 z={}\n", "x".repeat(20_000_000));
    let message = errors(&long, "v{{ z }}");
    assert!(message.contains("the version's template reads `z`, which is far longer than a version for host `web1`"));
    let message = errors(&format!("web1 z={}\n", "x".repeat(5_000)), "v{{ z }}");
    assert!(
        message.contains("fails for host `web1`: it makes more than 4096 bytes, and a version is a name"),
        "{message}"
    );
    assert!(message.len() < 400, "{message}");
}

#[test]
fn a_template_that_works_too_much_is_refused() {
    let letters: String = (0..16_000_u32).map(|n| char::from(b'a' + (n * n % 25) as u8)).collect();
    let message = errors(
        &format!("web1 z={letters}\n"),
        &format!("{{{{ z|list{}|first }}}}", "|sort|sort(reverse=true)".repeat(20)),
    );
    let expected =
        "fails for host `web1`: its values are too long for what it does with them\n  hint: name the variables";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn what_versions_are_made_of_works() {
    let hosts = "[release_7]\nweb1 n=1.10 app=shop canary=yes\n[rest]\nweb2 n=1.9 app=blog\n";
    for (template, expected) in [
        ("{{ app }}-{{ n }}", "{\"shop-1.10\": [\"web1\"]}\n{\"blog-1.9\": [\"web2\"]}\n"),
        ("{{ app ~ '-' ~ n | replace('.', '_') }}", "{\"shop-1_10\": [\"web1\"]}\n{\"blog-1_9\": [\"web2\"]}\n"),
        (
            "{% if canary is defined %}{{ n }}{% elif app == 'blog' %}old{% endif %}",
            "{\"1.10\": [\"web1\"]}\n{\"old\": [\"web2\"]}\n",
        ),
        ("{{ n.split('.')[0] if false else (n | split('.') | first | int) + 1 }}", "{\"2\": [\"web1\", \"web2\"]}\n"),
        (
            "{{ group_names | select('startingwith', 'release_') | first | default('none') | upper }}",
            "{\"RELEASE_7\": [\"web1\"]}\n{\"NONE\": [\"web2\"]}\n",
        ),
        (
            "{{ [app, n] | join('-') if app in ['shop', 'x'] else inventory_hostname | title | trim('2') }}",
            "{\"shop-1.10\": [\"web1\"]}\n{\"Web\": [\"web2\"]}\n",
        ),
        ("{{ [n, app] | sort(reverse=true) | first }}", "{\"shop\": [\"web1\"]}\n{\"blog\": [\"web2\"]}\n"),
    ] {
        let test = Test::new().file("hosts", hosts).args(&["-i", "hosts", "--version-from"]);
        let test = test.args(&[&format!("template:{template}"), "plan", "--format", "regal"]);
        assert_eq!(test.stdout(), expected, "{template}");
    }
}
