//! The command `export`: several formats at once, folders, and what it refuses to write over.

use crate::support::Test;

const CONFIG: &str = "inventory: hosts\nversion_from: {var: app_version}\nbatch_size: 2\n";
const HOSTS: &str = "[shop]\nweb[1:5]\n[shop:vars]\napp_version=shop-2.5.0\n[jobs]\nbatch1 app_version=jobs-1.0\n";

fn site() -> Test {
    Test::new().file("hosts", HOSTS).file("regal.yml", CONFIG)
}

/// What a further call in the same folder does.
fn again(test: &Test, arguments: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_regal-inventory"));
    command.args(arguments).current_dir(test.path()).output().unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// All files below the test's folder, but those that it began with.
fn files(test: &Test) -> Vec<String> {
    let mut command = std::process::Command::new("find");
    let output = command.args([".", "-mindepth", "1", "!", "-type", "d"]).current_dir(test.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut files: Vec<String> = text.lines().map(|line| line.trim_start_matches("./").to_string()).collect();
    files.retain(|file| file != "hosts" && file != "regal.yml");
    files.sort_unstable();
    files
}

#[test]
fn the_formats() {
    insta::assert_snapshot!(Test::new().args(&["export", "--list"]).stdout());
}

#[test]
fn plan_and_export_give_the_same_json() {
    let of = |arguments: &[&str]| site().args(arguments).stdout();
    assert_eq!(of(&["export", "json"]), of(&["plan", "--format", "json"]));
    assert_eq!(of(&["export", "regal"]), of(&["plan", "--format", "regal"]));
}

#[test]
fn several_formats_in_one_call() {
    let test = site().args(&["export", "tsv", "-o", "hosts=batches", "-o", "json=plan.json", "--only", "shop-2.5.0"]);
    assert_eq!(test.stdout().lines().count(), 5);
    let batches = ["01-shop-2.5.0_groupA.hosts", "02-shop-2.5.0_groupB1.hosts", "03-shop-2.5.0_groupB2.hosts"];
    let mut expected = vec!["batches/.regal-export".to_string()];
    expected.extend(batches.map(|name| format!("batches/{name}")));
    expected.push("plan.json".to_string());
    assert_eq!(files(&test), expected);
}

#[test]
fn a_smaller_plan_leaves_no_batch_of_the_one_before() {
    let test = site();
    let export = ["export", "hosts", "--output", "out"];
    assert!(again(&test, &export).status.success());
    assert_eq!(files(&test).len(), 5);
    assert!(again(&test, &["--batch-size", "9", "export", "hosts", "--output", "out/"]).status.success());
    let expected = [
        "out/.regal-export",
        "out/01-shop-2.5.0_groupA.hosts",
        "out/02-shop-2.5.0_groupB1.hosts",
        "out/03-jobs-1.0_groupA.hosts",
    ];
    assert_eq!(files(&test), expected);
}

#[test]
fn a_link_to_the_folder_stays_a_link() {
    let test = site();
    std::fs::create_dir(test.path().join("first")).unwrap();
    std::os::unix::fs::symlink("first", test.path().join("out")).unwrap();
    for _ in 0..2 {
        assert!(again(&test, &["export", "hosts", "--output", "out"]).status.success());
    }
    assert!(test.path().join("out").is_symlink());
    assert!(test.path().join("first/04-jobs-1.0_groupA.hosts").exists());
}

#[test]
fn a_folder_with_anything_else_is_left_alone() {
    let cases = [
        ("out/notes.txt", "it has `notes.txt`, which is not from an export"),
        ("out/.regal-export", "it was written by `regal-inventory export dsh`"),
        ("out", "it is not a folder"),
    ];
    for (path, why) in cases {
        let test = site().file(path, "regal-inventory export dsh\n");
        let output = again(&test, &["export", "hosts", "-o", "json=plan.json", "--output", "out"]);
        assert_eq!(output.status.code(), Some(1));
        let expected = format!("error: out: export hosts would replace the folder: {why}\n");
        assert!(
            stderr(&output)
                .replace(&format!("{}/", test.path().canonicalize().unwrap().display()), "")
                .starts_with(&expected),
            "{}",
            stderr(&output)
        );
        assert_eq!(files(&test), [path]);
    }
}

#[test]
fn a_file_that_someone_added_is_not_removed() {
    let test = site();
    let export = ["export", "hosts", "--output", "out"];
    assert!(again(&test, &export).status.success());
    let before = files(&test);
    for added in ["out/04-old_groupB2.hosts", "out/empty"] {
        if added.ends_with("empty") {
            std::fs::create_dir(test.path().join(added)).unwrap();
        } else {
            std::fs::write(test.path().join(added), "web9\n").unwrap();
        }
        let output = again(&test, &export);
        assert!(stderr(&output).contains("which this export did not write"), "{}", stderr(&output));
        let _ = std::fs::remove_file(test.path().join(added));
        let _ = std::fs::remove_dir(test.path().join(added));
        assert_eq!(files(&test), before);
    }
}

#[test]
fn nothing_is_written_when_one_format_refuses() {
    let hosts = format!("{HOSTS}web6 ansible_host='{{{{ ip }}}}' app_version=shop-2.5.0\n");
    let test = Test::new().file("hosts", hosts).file("regal.yml", CONFIG);
    let message = test.args(&["export", "json", "-o", "hosts=out", "-o", "tsv=plan.tsv", "--output", "plan.json"]);
    insta::assert_snapshot!(message.errors());
    assert_eq!(files(&message), Vec::<String>::new());
}

#[test]
fn nothing_is_written_when_one_place_cannot_be_written_to() {
    for bad in ["hosts=nowhere/out", "json=nowhere/plan.json", "json=.", "tsv=hosts/plan.tsv"] {
        let test = site();
        let output = again(&test, &["export", "-o", "regal=plan.txt", "-o", "dsh=groups", "-o", bad]);
        assert_eq!(output.status.code(), Some(1), "{bad}");
        assert!(
            stderr(&output).contains(" cannot be written: ") || stderr(&output).contains("over each other"),
            "{}",
            stderr(&output)
        );
        assert_eq!(files(&test), Vec::<String>::new(), "{bad}");
    }
}

#[test]
fn wrong_usage() {
    let calls: &[&[&str]] = &[
        &["export"],
        &["export", "hots"],
        &["export", "hosts"],
        &["export", "-o", "json"],
        &["export", "-o", "jsn=x"],
        &["export", "-o", "json="],
        &["export", "-o", "json=x", "--output", "y"],
        &["export", "json", "--port", "80"],
        &["export", "nginx", "--port", "0"],
        &["export", "nginx", "--routing", "user"],
        &["export", "hosts", "--output", "x", "--ssh-port", "70000"],
    ];
    let mut all = String::new();
    for call in calls {
        let output = again(&site(), call);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{call:?}");
        let message = stderr(&output);
        let message = message.split("\n\nUsage").next().unwrap().split("\n\nFor more").next().unwrap();
        all.push_str(&format!("$ {}\n{message}\n\n", call.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn results_that_would_lie_in_each_other() {
    for (first, second) in [("json=x", "regal=x"), ("hosts=x", "json=x/plan.json"), ("json=x/../x/y", "dsh=x")] {
        let message = site().args(&["export", "-o", first, "-o", second]).errors();
        assert!(message.contains("would be written over each other"), "{message}");
    }
}

#[test]
fn a_limit_leaves_batches_under_their_names() {
    let test = site();
    let limit = ["--limit", "!web1", "export", "dsh", "--output", "dsh", "-o", "clustershell=cluster"];
    assert!(again(&test, &limit).status.success());
    let group = |name: &str| std::fs::read_to_string(test.path().join("dsh/group").join(name)).unwrap();
    assert_eq!(group("shop-2.5.0_groupB"), "web2\nweb3\nweb4\nweb5\n");
    assert_eq!(group("shop-2.5.0"), group("shop-2.5.0_groupB"));
    let yaml = std::fs::read_to_string(test.path().join("cluster/groups.d/regal.yaml")).unwrap();
    assert!(
        yaml.contains("\"shop-2.5.0_groupB\": \"@regal:shop-2.5.0_groupB1,@regal:shop-2.5.0_groupB2\"\n"),
        "{yaml}"
    );
    assert!(!yaml.contains("shop-2.5.0_groupA"), "{yaml}");
}

#[test]
fn a_plan_without_batches() {
    let hosts = "[web]\nweb1 app_version=2.5.0\n";
    let test = Test::new().file("hosts", hosts).file("regal.yml", format!("{CONFIG}exclude: all\n"));
    assert_eq!(
        String::from_utf8(again(&test, &["export", "ndjson"]).stdout).unwrap(),
        "{\"type\":\"end\",\"schema\":1,\"batches\":0}\n"
    );
    let output = again(&test, &["export", "hosts", "--output", "out"]);
    assert_eq!(
        stderr(&output),
        "error: export hosts: the plan has no batches\n  hint: see what is read with regal-inventory plan\n"
    );
    assert_eq!(files(&test), Vec::<String>::new());
}

#[test]
fn a_version_that_is_not_there() {
    let message = site().args(&["export", "tsv", "--only", "shop-2.4"]).errors();
    assert_eq!(
        message,
        "error: `--only shop-2.4`: the plan has no such version\n  hint: it has shop-2.5.0, jobs-1.0\n"
    );
}

#[test]
fn two_ways_to_one_path_are_one() {
    let test = site();
    std::fs::create_dir(test.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", test.path().join("link")).unwrap();
    for (one, other) in [("tsv=real/../q", "json=q"), ("hosts=real", "tsv=link/x.tsv"), ("tsv=real/x", "json=link/x")] {
        let output = again(&test, &["export", "-o", one, "-o", other]);
        assert!(stderr(&output).contains("would be written over each other"), "{one} {other}: {}", stderr(&output));
    }
    assert_eq!(files(&test), ["link"]);
}

#[test]
fn a_stream_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let test = site();
    let pipe = test.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for arguments in [&["export", "tsv", "--output", "pipe"][..], &["plan", "--output", "pipe"]] {
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        assert!(again(&test, arguments).status.success());
        assert!(reader.join().unwrap().contains("web5") || arguments[0] == "plan");
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }
    // What cannot be written to leaves the files as they were.
    let output = again(&test, &["export", "-o", "tsv=/dev/full", "-o", "json=plan.json"]);
    assert!(!output.status.success());
    assert!(!test.path().join("plan.json").exists());
}

#[test]
fn what_is_replaced_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let test = site();
    for (format, mode) in [("tsv", 0o600), ("hosts", 0o700)] {
        let out = format!("out-{format}");
        let path = test.path().join(&out);
        if format == "tsv" {
            std::fs::write(&path, "").unwrap();
        } else {
            std::fs::create_dir(&path).unwrap();
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(again(&test, &["export", format, "--output", &out]).status.success());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{format}");
    }
}

#[test]
fn a_limit_would_take_hosts_out_of_service() {
    for format in ["nginx", "haproxy", "salt-nodegroups"] {
        let output = again(&site(), &["export", format, "--limit", "web2"]);
        let message = format!("error: --limit: export {format} is for the whole plan, and a limit leaves hosts out\n");
        assert!(stderr(&output).starts_with(&message), "{}", stderr(&output));
    }
    let output = again(&site(), &["export", "tsv", "--limit", "web2"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "shop-2.5.0\t1\tgroupB1\tB\tweb2\tweb2\t\t\t\t\t\t\n");
    assert!(stderr(&output).contains("warning: --limit: the limit leaves hosts out of what is exported"));
}

#[test]
fn names_that_differ_in_case_are_one_to_nginx() {
    let versions = ["--versions", "App-1=web1", "--versions", "app-1=web2", "export", "nginx", "--port", "80"];
    let output = again(&Test::new().file("hosts", "web1\nweb2\n"), &[&["-i", "hosts"][..], &versions].concat());
    assert!(stderr(&output).contains("its name `app_1` is that of version `App-1`, too"), "{}", stderr(&output));
}

#[test]
fn one_address_in_two_spellings() {
    let hosts = "web1 ansible_host=2001:DB8:0::5\nweb2 ansible_host=2001:db8::5\nweb3 ansible_host=a.example\nweb4 ansible_host=A.example\n";
    for format in ["hosts", "tsv", "ndjson"] {
        let output = again(
            &Test::new().file("hosts", hosts),
            &["-i", "hosts", "--versions", "1=all", "export", format, "--output", "out"],
        );
        assert_eq!(stderr(&output).matches("is that of `web").count(), 2, "{format}: {}", stderr(&output));
    }
}

#[test]
fn a_reader_that_has_seen_enough_keeps_no_file_from_being_written() {
    let test = site();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_regal-inventory"));
    command.args(["export", "tsv", "-o", "json=plan.json"]).current_dir(test.path()).stdout(writer);
    assert!(command.status().unwrap().success());
    assert_eq!(files(&test), ["plan.json"]);
}
