//! The packages of `packaging/build`, each installed in an empty place and used for what it is for.
//!
//! They are built with the profile `release`, not optimized, which compiles in a fifth of the time of `dist`; with `TEST_ALL=1` as that
//! profile is. `tests/run` has the tools; a plain `cargo test` leaves these tests out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

mod quicker;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a command to its end, and returns what it printed.
fn output(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{command:?}: {}\n{stdout}\n{stderr}", done.status);
    stdout.into_owned()
}

/// Builds all packages into a folder, says their sizes, and returns their digests.
fn build_into(folder: &Path) -> String {
    let mut command = Command::new(repository().join("packaging/build"));
    if env::var_os("TEST_ALL").is_none_or(|value| value != "1") {
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    }
    let sizes = output(command.args(["--profile", "release", "--output"]).arg(folder));
    println!("{sizes}");
    fs::read_to_string(folder.join("SHA256SUMS")).unwrap()
}

fn packages() -> PathBuf {
    repository().join("target/packages")
}

/// The digests of all packages, which are built once for all tests.
fn built() -> &'static str {
    static BUILT: OnceLock<String> = OnceLock::new();
    BUILT.get_or_init(|| build_into(&packages()))
}

fn package(ending: &str) -> PathBuf {
    let name = built().lines().filter_map(|line| line.split_whitespace().last()).find(|name| name.ends_with(ending));
    packages().join(name.unwrap_or_else(|| panic!("no {ending}")))
}

/// The programs of the ansible-core that is installed beside the wheel.
fn ansible() -> PathBuf {
    let all = env::var("TEST_ANSIBLE").expect("run tests/run");
    env::split_paths(&all).last().expect("TEST_ANSIBLE is empty")
}

/// A copy of the example of the README with the hooks that it uses.
fn example() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let examples = repository().join("examples");
    output(Command::new("cp").arg("-r").args([examples.join("small"), examples.join("hooks")]).arg(copy.path()));
    copy
}

/// The plan of the example, as the README shows it.
fn see_the_plan(program: &Path, example: &Path) {
    let plan = output(
        Command::new(program).args(["--config", "rollout.regal.yml", "plan"]).current_dir(example.join("small")),
    );
    assert!(plan.contains("shop-2.5.0: 5 hosts, 3 batches") && plan.contains("shop-2.5.0_groupB2"), "{plan}");
}

/// Rolls the example out, and sees that every host has the version.
fn roll_out(ansible_playbook: &mut Command, example: &Path, playbook: &str) {
    let folder = example.join("small");
    let arguments = ["-e", "rollout_version=shop-2.5.0", "-e", "rollout_hooks=../hooks"];
    ansible_playbook.args(["-i", "hosts.ini", "-i", "./rollout.regal.yml", playbook]).args(arguments);
    quicker::modules(ansible_playbook, &ansible());
    ansible_playbook.env("ANSIBLE_HOME", example.join(".ansible"));
    let printed = output(ansible_playbook.current_dir(&folder));
    assert!(printed.contains("finished shop-2.5.0: 5 of 5 hosts"), "{printed}");
    for host in 1..=5 {
        let version = fs::read_to_string(folder.join(format!("fleet/web{host}/version"))).unwrap();
        assert_eq!(version.trim(), "shop-2.5.0");
    }
}

/// What a package for the system brings: the program, a rollout with the playbooks by path, documentation.
fn try_out(usr: &Path) {
    let example = example();
    let program = usr.join("bin/regal-inventory");
    see_the_plan(&program, example.path());
    let playbook = usr.join("share/regal-inventory/playbooks/rollout.yml");
    let mut command = Command::new(ansible().join("ansible-playbook"));
    let path = format!("{}:{}", usr.join("bin").display(), env::var("PATH").unwrap());
    roll_out(command.env("PATH", path), example.path(), playbook.to_str().unwrap());
    for file in [
        "ansible/collections/ansible_collections/regal/rollout/plugins/inventory/batches.py",
        "bash-completion/completions/regal-inventory",
        "doc/regal-inventory/README.md",
        "fish/vendor_completions.d/regal-inventory.fish",
        "man/man1/regal-inventory-plan.1.gz",
        "man/man1/regal-inventory.1.gz",
        "zsh/vendor-completions/_regal-inventory",
    ] {
        assert!(usr.join("share").join(file).is_file(), "{file}");
    }
}

#[test]
#[ignore = "needs the tools of packaging; run tests/run"]
fn the_binary_wants_no_newer_glibc_than_it_says_and_names_no_folder_of_the_builder() {
    built();
    let binary = packages().join("tree/usr/bin/regal-inventory");
    let symbols = output(Command::new("objdump").arg("-T").arg(&binary));
    let wanted = symbols.split("GLIBC_2.").skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    let newest = wanted.map(|minor| minor.parse::<u32>().unwrap()).max().expect("no symbols");
    assert!(newest <= 17, "GLIBC_2.{newest}");
    let bytes = fs::read(&binary).unwrap();
    let folder = repository().to_str().unwrap().as_bytes();
    assert!(!bytes.windows(folder.len()).any(|window| window == folder), "it has {}", repository().display());
}

#[test]
#[ignore = "needs the tools of packaging; run tests/run"]
fn a_wheel_in_an_empty_environment() {
    let wheel = package(".whl");
    let environment = tempfile::tempdir().unwrap();
    let python = environment.path().join("bin/python");
    output(Command::new(ansible().join("python")).args(["-m", "venv", "--without-pip"]).arg(environment.path()));
    let pip = repository().join("target/tools/pip/bin/pip");
    output(Command::new(pip).arg("--python").arg(&python).args(["install", "-q", "--no-index"]).arg(wheel));
    let example = example();
    see_the_plan(&environment.path().join("bin/regal-inventory"), example.path());

    let tests = repository().join("tests/packages");
    output(Command::new(&python).args(["-m", "unittest", "discover"]).arg(tests).env("PYTHONDONTWRITEBYTECODE", "1"));

    // As in an execution environment: Ansible finds the collection beside itself, and the collection the program, which is not in PATH.
    let site = "import ansible, pathlib; print(pathlib.Path(ansible.__file__).parents[1])";
    let beside = output(Command::new(ansible().join("python")).args(["-c", site]));
    let here = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let packages = output(Command::new(&python).args(["-c", here]));
    fs::write(Path::new(packages.trim()).join("ansible.pth"), beside).unwrap();
    let configuration = example.path().join("small/rollout.regal.yml");
    let text =
        fs::read_to_string(&configuration).unwrap().replace("plugin: regal-inventory", "plugin: regal.rollout.batches");
    fs::remove_file(&configuration).unwrap();
    fs::write(&configuration, text.replace("#!", "# ")).unwrap();
    let settings = example.path().join("small/ansible.cfg");
    let text =
        fs::read_to_string(&settings).unwrap().replace("enable_plugins =", "enable_plugins = regal.rollout.batches,");
    fs::write(&settings, text).unwrap();
    let playbook = environment.path().join("bin/ansible-playbook");
    fs::write(&playbook, "from ansible.cli.playbook import main\nmain()\n").unwrap();
    roll_out(Command::new(&python).arg(playbook), example.path(), "regal.rollout.rollout");
}

#[test]
#[ignore = "needs the tools of packaging; run tests/run"]
fn a_deb_in_an_empty_root() {
    let root = tempfile::tempdir().unwrap();
    let admin = root.path().join("var/lib/dpkg");
    fs::create_dir_all(admin.join("info")).unwrap();
    fs::create_dir_all(admin.join("updates")).unwrap();
    fs::write(admin.join("status"), "").unwrap();
    let mut dpkg = Command::new("dpkg");
    // libc6 is that of the machine
    let options = ["--force-not-root", "--force-depends", "--install"];
    output(dpkg.arg(format!("--root={}", root.path().display())).args(options).arg(package(".deb")));
    try_out(&root.path().join("usr"));
}

#[test]
#[ignore = "needs the tools of packaging; run tests/run"]
fn an_rpm_in_an_empty_root() {
    let root = tempfile::tempdir().unwrap();
    let rpm = package(".rpm");
    let wanted = output(Command::new("rpm").args(["-q", "--requires", "--package"]).arg(&rpm));
    assert!(wanted.contains("libc.so.6(GLIBC_2.17)(64bit)"), "{wanted}");
    let in_root = ["--nodeps", "--ignorearch", "--upgrade"];
    output(Command::new("rpm").arg("--root").arg(root.path()).args(in_root).arg(&rpm));
    let verified = Command::new("rpm")
        .arg("--root")
        .arg(root.path())
        .args(["--verify", "--nodeps", "regal-inventory"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&verified.stdout), "");
    try_out(&root.path().join("usr"));
}

#[test]
#[ignore = "needs the tools of packaging; run tests/run"]
fn what_is_packed_again_has_the_same_bytes() {
    let copy = tempfile::tempdir().unwrap();
    let first = built();
    // The packages of the other tests stay where they are.
    assert_eq!(first, build_into(copy.path()));
}
