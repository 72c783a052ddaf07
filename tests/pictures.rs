//! Pictures of a plan: the page for a browser, and what must not happen to it whatever names there are.

use crate::support::Test;

/// Names that would be markup, leave an attribute, steer a terminal or turn the line around, each in a place of its own.
const HOSTS: &str = r#"
web:
  hosts:
    "</b><script>alert(1)</script>": {zone: "\"><img src=x onerror=alert(2)>"}
    "' onmouseover='alert(3)": {zone: "]]> --> *|*`<b>"}
    "{{ page.id }}{% raw %}": {zone: "{x"}
    "a\u202egnp.exe\eM": {zone: "&lt;&amp;"}
    "plain1": {zone: "}"}
spare: {hosts: {"<i>out</i>": {}}}
none: {hosts: {"<u>no version</u>": {}}}
"#;
const CONFIGURATION: &str = "plugin: regal-inventory\ninventory: hosts.yml\ngroup_names: safe\nversions: {\"<h1>v1\": \"web:spare\"}\n\
                             exclude: spare\nspread: {by: zone}\nbake: 5m\nbatch_size: 2\napproval: each_batch\n";

fn hostile() -> Test {
    Test::new().file("hosts.yml", HOSTS).file("regal.yml", CONFIGURATION).args(&["plan"])
}

fn page(test: Test) -> String {
    let output = test.args(&["--format", "html"]).run();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    output.stdout
}

/// How often a text stands in another.
fn times(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// The elements of a page, each of which is one of its templates and written as those write it.
fn tags(page: &str) -> Vec<String> {
    let raw = regex::Regex::new("(?s)(<style>).*?(</style>)|(<script>).*?(</script>)").unwrap();
    let page = raw.replace_all(page, "$1$2$3$4");
    let tag = regex::Regex::new(r#"^<(/?)([a-z][a-z0-9]*)((?: [a-z][a-zA-Z-]*(?:="[^"<>]*")?)*)/?>"#).unwrap();
    let value = regex::Regex::new("=\"[^\"]*\"").unwrap();
    let rest = page.strip_prefix("<!doctype html>").unwrap();
    let tags = rest.match_indices('<').map(|(at, _)| {
        let found = tag.captures(&rest[at..]).unwrap_or_else(|| panic!("{}", &rest[at..rest.len().min(at + 200)]));
        let names = value.replace_all(&found[3], "");
        assert!(!names.split(' ').any(|name| name.starts_with("on") || name == "style"), "{}", &found[3]);
        (found[1].is_empty(), found[2].to_string())
    });
    let opened: Vec<String> = tags.filter(|(opens, _)| *opens).map(|(_, name)| name).collect();
    let known = "html head meta link title style body a header p h1 h2 h3 code ul ol li strong span br div label input button main section \
                 table thead tbody tr th td svg path text rect figure figcaption details summary b i dl dt dd pre footer script noscript";
    let unknown: Vec<&String> =
        opened.iter().filter(|name| !known.split_whitespace().any(|known| known == *name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    opened
}

/// So many hosts over so many racks.
fn fleet(hosts: usize, racks: usize, keys: &str) -> Test {
    let lines: String = (0..hosts).map(|i| format!("web-{i:06}.example.net rack=r{:02}\n", i % racks + 1)).collect();
    Test::in_memory()
        .file("hosts", format!("[web]\n{lines}"))
        .file("regal.yml", format!("inventory: hosts\nversions: {{shop-2.5.0: web}}\nspread: {{by: rack}}\n{keys}"))
        .args(&["plan"])
}

#[test]
fn hostile_names_are_text_on_a_page() {
    let page = page(hostile().env("REGAL_SEED", "<s>plain1</s>"));
    let tags = tags(&page);
    for tag in ["script", "style", "title", "h1"] {
        assert_eq!(tags.iter().filter(|name| *name == tag).count(), 1, "{tag}");
    }
    assert!(!page.contains(['\u{202e}', '\u{1b}']));
    // and each of them is there to be read
    for text in [
        "&lt;&#x2f;b&gt;&lt;script&gt;alert(1)&lt;&#x2f;script&gt;",
        "&#x27; onmouseover=&#x27;alert(3)",
        "{{ page.id }}{% raw %}",
        "a\\u{202e}gnp.exe\\u{1b}M",
        "&amp;lt;&amp;amp;",
        "zone={x",
        "&lt;i&gt;out&lt;&#x2f;i&gt;",
        "&lt;u&gt;no version&lt;&#x2f;u&gt;",
        "&lt;h1&gt;v1",
        "&lt;s&gt;plain1&lt;&#x2f;s&gt;",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn what_the_names_of_labels_groups_and_files_say_is_text() {
    let hosts = r#"
web: {hosts: {h1: {"<u>rack": "<s>a"}, h2: {"<u>rack": "<s>a"}, h3: {"<u>rack": "b'\""}, h4: {"<u>rack": "b'\""}}}
"<b>east": {hosts: {h1: {}, h2: {}}}
"<b>west'": {hosts: {h3: {}, h4: {}}}
"#;
    let keys = "plugin: regal-inventory\ninventory: \"<dir>&'/ho\\\"sts<img>.yml\"\ngroup_names: safe\nversions: {v1: web}\n\
                exclude: \"<b>east:&<b>west*\"\nspread: {by: [\"<u>rack\", \"group:<b>*\"]}\nlimits: {\"<u>rack\": 1}\nbatch_size: 4\n";
    let test = Test::new().file("<dir>&'/ho\"sts<img>.yml", hosts).file("<c>.yml", keys);
    let page = page(test.args(&["--config", "<c>.yml", "plan"]));
    tags(&page);
    for text in [
        "<h3>Out at once, by &lt;u&gt;rack</h3>",
        "&lt;b&gt;west&#x27;</th>",
        "<li>batches close before they have their size: limits.&lt;u&gt;rack allows no more</li>",
        "<code>&lt;c&gt;.yml</code>",
        "<code>&lt;dir&gt;&amp;&#x27;&#x2f;ho&quot;sts&lt;img&gt;.yml</code>",
        "<td>&lt;b&gt;east:&amp;&lt;b&gt;west*</td>",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn a_page_says_who_is_where_and_why() {
    let test = fleet(12, 3, "bake: 10m\nbatch_size: 3\nexclude: web-000011*\napproval: after_canary\n");
    let page = page(test);
    for text in [
        "<strong>11</strong> hosts",
        "<span>bakes alone take 40m</span>",
        "shop-2.5.0_groupB1",
        "data-batch=\"shop-2.5.0, batch B2\"",
        "36.3% so far",
        "waits for approval",
        "data-w=\"rack=r02; spread even: host 1 of 4 of rack=r02\"",
        "<b>web-000004.example.net</b>",
        "1 host excluded",
        "exclude: web-000011* (regal.yml:",
        "<code>batch_size</code></th><td>3</td>",
        "<dt>source</dt><dd><code>hosts</code></dd>",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_page_shows_stages_and_limits() {
    let hosts = "[staging]\ns[1:2]\n[east]\ne[1:3] cluster=etcd-e\n[west]\nw[1:3] cluster=etcd-w\n";
    let keys = "stages:\n  - {name: staging, hosts: staging, bake: 1h, approval: after_stage}\n\
                \u{20} - {name: production, hosts: rest, canary: {size: 1, bake: 10m}, batch_size: 4, max_failures: 1}\n\
                limits: {cluster: {max_unavailable: 1, max_domains: 2}}\n";
    let test = Test::new()
        .file("hosts", hosts)
        .file("regal.yml", format!("inventory: hosts\nversions: {{v1: all}}\n{keys}"))
        .args(&["plan"]);
    let page = page(test);
    tags(&page);
    for text in [
        "<span>2 stages</span>",
        "<li class=\"phase\">stage staging: 2 batches, approval after the stage, stops at the first failed host</li>",
        "<li class=\"phase\">stage production: ",
        "no approval is asked for, 1 host may fail</li>",
        "<span class=\"tag\">canary</span>",
        "<h3>Out at once, by cluster</h3>",
        "etcd-e</th><td class=\"n\">3</td><td class=\"n\">1 (33.3%)</td><td class=\"n\">1 (33.3%)</td>",
        "<path class=\"cap\" d=\"M0 1H6",
        "Of cluster, a batch has hosts of 2 domains at most; the cap is 2.",
        "data-w=\"cluster=etcd-w; order inventory: host ",
        "<li data-w=\"cluster=(none); order inventory: host 1 of 2\"><b>s1</b>",
        "<code>limits</code></th><td>cluster: ",
        "<code>stages</code></th><td>{staging, hosts: staging, ",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn only_the_pages_own_style_and_script_may_run() {
    use base64ct::{Base64, Encoding};
    use sha2::{Digest, Sha256};
    let page = page(fleet(3, 1, ""));
    let between = |from: &str, to: &str| page.split_once(from).unwrap().1.split_once(to).unwrap().0.to_string();
    let policy = between("Content-Security-Policy\" content=\"", "\"").replace("&#x27;", "'").replace("&#x2f;", "/");
    for (name, text) in [("style", between("<style>", "</style>")), ("script", between("<script>", "</script>"))] {
        let hash = Base64::encode_string(&Sha256::digest(text.as_bytes()));
        assert!(policy.contains(&format!("{name}-src 'sha256-{hash}'")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    // no attribute that the policy would refuse, and nothing to fetch
    assert!(
        !page.contains(" style=") && !page.contains("http:") && !page.contains("https:") && !page.contains(" src=")
    );
}

#[test]
fn a_page_of_a_large_plan_is_small() {
    let page = page(fleet(5000, 30, "batch_size: 50\ncanary: 50\n"));
    assert!(page.len() < 2_000_000, "{}", page.len());
    assert_eq!(times(&page, "<b>web-"), 5000);
    assert!(page.contains("<strong>100</strong> batches"));
}

#[test]
fn plans_of_any_shape_have_a_page() {
    let one = page(fleet(1, 1, ""));
    assert!(one.contains("<strong>1</strong> host<") && one.contains("100% so far"), "{one}");
    let large = page(fleet(5000, 30, "batch_size: rest\n"));
    assert!(large.contains("4999 hosts"));
    let nothing = Test::new()
        .file("hosts", "web1\n")
        .file("regal.yml", "inventory: hosts\nversions: {v1: web1}\nexclude: web1\n");
    let nothing = nothing.args(&["plan", "--format", "html"]).run();
    assert!(nothing.code == 0 && nothing.stdout.contains("No version has a host to plan"), "{}", nothing.stderr);
    let versions: String = (0..200).map(|i| format!("  v{i}: web{i}\n")).collect();
    let many =
        Test::new().file("hosts", "web[0:199]\n").file("regal.yml", format!("inventory: hosts\nversions:\n{versions}"));
    let many = page(many.args(&["plan"]));
    assert_eq!(times(&many, "<section class=\"version\""), 200);
    assert!(many.len() < 1_000_000, "{}", many.len());
}

#[test]
fn hostile_names_are_text_in_every_picture() {
    let of = |format: &str| {
        let output = hostile().args(&["--format", format]).run();
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{format}");
        assert!(!output.stdout.contains(['\u{202e}', '\u{1b}']), "{format}");
        output.stdout
    };
    let mermaid = of("mermaid");
    assert!(
        mermaid.contains("#60;#47;b#62;#60;script#62;alert#40;1#41;") && !mermaid.replace("<br>", "").contains('<'),
        "{mermaid}"
    );
    // quotes open and close labels of ours only, and a line has no more than one label
    assert!(mermaid.lines().all(|line| [0, 2].contains(&times(line, "\""))), "{mermaid}");
    let svg = of("svg");
    assert!(svg.contains("&lt;h1&gt;v1") && times(&svg, "<script") == 0 && times(&svg, "href") == 0, "{svg}");
    let dot = of("dot");
    assert!(dot.contains("<h1>v1") && dot.contains("M, plain1\"];"), "{dot}");
    of("markdown");
}

#[test]
fn large_plans_have_small_pictures() {
    for (format, most) in [("mermaid", 20_000), ("dot", 30_000), ("svg", 60_000)] {
        let picture = fleet(5000, 30, "batch_size: 50\ncanary: 50\n").args(&["--format", format]).stdout();
        assert!(picture.len() < most, "{format}: {}", picture.len());
        assert!(picture.contains("more"), "{format}");
        let full = fleet(5000, 30, "batch_size: 50\ncanary: 50\n").args(&["--full", "--format", format]).stdout();
        assert!(full.contains("B99"), "{format}");
    }
}

#[test]
fn the_pictures_of_the_documentation_are_what_is_drawn() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (format, file) in [("svg", "plan.svg"), ("mermaid", "plan.mmd")] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_regal-inventory"));
        command.args(["--config", "docs/pictures/rollout.regal.yml", "plan", "--format", format]).current_dir(folder);
        let drawn = command.env_remove("REGAL_CONFIG").env_remove("REGAL_PLAN").output().unwrap();
        let kept = std::fs::read(folder.join("docs/pictures").join(file)).unwrap();
        assert!(drawn.stdout == kept, "{file} is not what is drawn now: make it anew with docs/pictures/make");
    }
    // and the page shows them
    let page = std::fs::read_to_string(folder.join("docs/pictures.md")).unwrap();
    for part in [
        std::fs::read_to_string(folder.join("docs/pictures/plan.mmd")).unwrap().as_str(),
        "pictures/plan.svg",
        "pictures/page-light.png",
    ] {
        assert!(page.contains(part), "{part}");
    }
}
