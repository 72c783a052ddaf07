//! A playbook of one's own over the groups, as docs/variables.md has it.

use std::fs;
use std::path::Path;

use super::site::Scenario;

/// The one YAML example of the page.
fn documented_play() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/variables.md");
    let text = fs::read_to_string(page).unwrap();
    text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
#[ignore = "needs ansible; run tests/run"]
fn it_goes_batch_by_batch_and_stops_where_a_host_is_lost() {
    let hosts: String = (1..=13).rev().map(|number| format!("web{number}\n")).collect();
    Scenario::new().inventory("hosts.ini", &hosts).on_each_ansible(|site| {
        let program = env!("CARGO_BIN_EXE_regal-inventory");
        site.write(
            "regal",
            &format!(
                "#!/bin/sh\nexec env -u REGAL_TEST_DOWN {program} -i {} --versions shop-2.5.0=all --groups-only \"$@\"\n",
                site.inventory.display()
            ),
        );
        let task = "echo deploy {{ inventory_hostname }} {{ ansible_play_batch | length }} x >> journal; \
                    test ! -e deploy-{{ inventory_hostname }}";
        let play = format!("---\n{}  gather_facts: false\n  tasks:\n    - ansible.builtin.raw: \"{task}\"\n", documented_play());
        site.write("site.yml", &play);
        let run = || {
            let run = site.rollout().playbook(site.path("site.yml"));
            run.inventory(site.inventory.clone()).inventory(site.path("regal"))
        };
        let all = "1 web13 web12 web11 web10 web9 web8 web7 web6 web5 web4 web3 web2 web1";
        run().go().exits(0).ran("deploy", all);
        site.fail("deploy", "web10");
        run().go().fails().ran("deploy", "1 web13 web12 web11 web10");
        site.repair();
        run().option("--limit").option("all:!web12").go().exits(0).ran("deploy", &all.replace(" web12", ""));
    });
}
