//! A scenario: batches, hooks and what goes wrong, written into a folder of its own; and runs of the playbooks in it.

use std::{
    any::type_name,
    collections::HashMap,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::programs;

const HOOKS: [&str; 4] = ["drain", "deploy", "check", "enable"];
/// Against a run that hangs: none takes a tenth of this, except on a machine with ten times more to do than it can.
const PATIENCE: Duration = Duration::from_secs(600);

/// What an inventory and hooks look like before any run.
#[derive(Clone, Default)]
pub struct Scenario {
    groups: Vec<(String, Vec<String>)>,
    hooks: Vec<(String, String)>,
    inventory: Option<(String, String)>,
    inventory_name: Option<String>,
    vars: Vec<String>,
}

impl Scenario {
    pub fn new() -> Self {
        Self::default()
    }

    /// Five hosts whose batches are in no order that a sort would give.
    pub fn five_hosts() -> Self {
        Self::new().version("app-1.0.0", &["zulu", "mike alpha", "yankee bravo"])
    }

    /// Batches A, B1, B2 … with their hosts.
    pub fn version(mut self, version: &str, batches: &[&str]) -> Self {
        for (number, hosts) in batches.iter().enumerate() {
            let batch = if number == 0 { "A".to_owned() } else { format!("B{number}") };
            let hosts = hosts.split_whitespace().map(str::to_owned).collect();
            self.groups.push((format!("{version}_group{batch}"), hosts));
        }
        self
    }

    /// A line for the inventory's `[all:vars]`.
    pub fn var(mut self, line: &str) -> Self {
        self.vars.push(line.to_owned());
        self
    }

    /// The inventory made from the versions, in another file.
    pub fn in_inventory(mut self, name: &str) -> Self {
        self.inventory_name = Some(name.to_owned());
        self
    }

    /// Another inventory than the one made from the versions.
    pub fn inventory(mut self, name: &str, text: &str) -> Self {
        self.inventory = Some((name.to_owned(), text.to_owned()));
        self
    }

    /// Tasks at the end of a hook; `installed` has no other.
    pub fn hook(mut self, name: &str, tasks: &str) -> Self {
        self.hooks.push((name.to_owned(), tasks.to_owned()));
        self
    }

    /// Runs the test on every ansible-core: for what the versions do differently.
    pub fn on_each_ansible(self, test: impl Fn(&Site)) {
        self.on(ansibles(), test);
    }

    /// Runs the test on one ansible-core, always the same, which its name chooses; with `TEST_ALL=1` on each.
    pub fn on_one_ansible<Test: Fn(&Site)>(self, test: Test) {
        let mut all = ansibles();
        if !test_all() {
            // The name of a closure has that of its function.
            let number =
                type_name::<Test>().bytes().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            all = vec![all.swap_remove(number % all.len())];
        }
        self.on(all, test);
    }

    fn on(self, ansibles: Vec<PathBuf>, test: impl Fn(&Site)) {
        for ansible in ansibles {
            eprintln!("with {}", ansible.display());
            test(&Site::new(&self, ansible));
        }
    }

    fn ini(&self) -> String {
        let mut text = String::new();
        for (group, hosts) in &self.groups {
            text += &format!("[{group}]\n{}\n\n", hosts.join("\n"));
        }
        text + "[all:vars]\n" + &self.vars.join("\n") + "\n"
    }

    fn hook_text(&self, name: &str) -> String {
        let mut text = "---\n".to_owned();
        if HOOKS.contains(&name) {
            text += &format!(
                "- name: Write the journal, and fail where the test wants it\n  ansible.builtin.raw: >-\n    \
                 echo {name} {{{{ inventory_hostname }}}} {{{{ rollout_batch }}}} {{{{ rollout_target }}}} >> journal;\n    \
                 test ! -e {name}-{{{{ inventory_hostname }}}}\n"
            );
        }
        for (_, tasks) in self.hooks.iter().filter(|(hook, _)| hook == name) {
            text += tasks;
        }
        text
    }
}

/// The folder of a scenario under one ansible-core.
pub struct Site {
    ansible: PathBuf,
    folder: TempDir,
    pub inventory: PathBuf,
}

impl Site {
    fn new(scenario: &Scenario, ansible: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (name, text) = scenario.inventory.clone().unwrap_or_else(|| {
            (scenario.inventory_name.clone().unwrap_or_else(|| "hosts.ini".to_owned()), scenario.ini())
        });
        let site = Self { ansible, inventory: folder.path().join(&name), folder };
        site.write(&name, &text);
        for hook in HOOKS.iter().copied().chain(scenario.hooks.iter().map(|(hook, _)| hook.as_str())) {
            site.write(&format!("hooks/{hook}.yml"), &scenario.hook_text(hook));
        }
        site
    }

    /// The bin directory of its ansible-core.
    pub fn ansible(&self) -> &Path {
        &self.ansible
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        if text.starts_with("#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Makes a hook fail on a host, from now on.
    pub fn fail(&self, hook: &str, host: &str) {
        self.write(&format!("{hook}-{host}"), "");
    }

    /// Makes a host unreachable, from now on.
    pub fn down(&self, host: &str) {
        self.write(&format!("down/{host}"), "");
    }

    /// Undoes every `fail` and `down`.
    pub fn repair(&self) {
        for entry in fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if HOOKS.iter().any(|hook| name.starts_with(&format!("{hook}-"))) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        if self.path("down").exists() {
            fs::remove_dir_all(self.path("down")).unwrap();
        }
    }

    /// Encrypts a file, with the password that a program prints.
    pub fn encrypt(&self, name: &str, password: &str) {
        let mut command = Command::new(self.ansible.join("ansible-vault"));
        self.in_a_clean_environment(&mut command);
        let status = command.args(["encrypt", "--vault-password-file", password, name]).status().unwrap();
        assert!(status.success());
    }

    /// Runs a command as a fresh shell in the folder of the scenario would.
    pub fn shell(&self, line: &str) -> Outcome {
        let mut command = Command::new("sh");
        command.args(["-c", line]).stdin(Stdio::null());
        self.in_a_clean_environment(&mut command);
        run(self, command, false)
    }

    /// Without the variables that Ansible and regal-inventory read.
    pub fn in_a_clean_environment(&self, command: &mut Command) {
        command.env_clear().envs(self.clean_environment()).current_dir(self.folder.path());
    }

    fn clean_environment(&self) -> HashMap<String, String> {
        let read = |name: &str| name.starts_with("ANSIBLE_") || name.starts_with("REGAL_");
        let site = ("SITE".to_owned(), self.folder.path().display().to_string());
        env::vars().filter(|(name, _)| !read(name)).chain([site]).collect()
    }

    pub fn rollout(&self) -> Run<'_> {
        Run::new(self, "rollout.yml")
    }

    pub fn rollback(&self) -> Run<'_> {
        Run::new(self, "rollback.yml")
    }
}

/// One run of a playbook, before it starts.
#[must_use = "it runs with go()"]
pub struct Run<'site> {
    site: &'site Site,
    playbook: PathBuf,
    inventories: Vec<PathBuf>,
    arguments: Vec<String>,
    configuration: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    answer: Option<String>,
    piped: bool,
    apart: bool,
}

impl<'site> Run<'site> {
    fn new(site: &'site Site, playbook: &str) -> Self {
        let playbook = playbooks().join(playbook);
        Self {
            site,
            playbook,
            inventories: Vec::new(),
            arguments: Vec::new(),
            configuration: programs::configuration(&site.ansible),
            environment: Vec::new(),
            answer: None,
            piped: false,
            apart: false,
        }
        .set(&format!("rollout_hooks={}", site.path("hooks").display()))
    }

    pub fn inventory(mut self, path: PathBuf) -> Self {
        self.inventories.push(path);
        self
    }

    pub fn playbook(mut self, path: PathBuf) -> Self {
        self.playbook = path;
        self
    }

    /// `-e`
    pub fn set(self, variable: &str) -> Self {
        self.option("-e").option(variable)
    }

    pub fn option(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A variable of Ansible's that several runs have, so that they share a process which has read it.
    pub fn configure(mut self, name: &str, value: &str) -> Self {
        self.configuration.retain(|(known, _)| known != name);
        self.configuration.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the hooks that come with the playbooks, or those that the playbook names.
    pub fn without_hooks(mut self) -> Self {
        self.arguments.drain(..2);
        self
    }

    /// With what goes to stderr kept apart.
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// With a pipe as its input, into which nobody writes.
    pub fn through_a_pipe(mut self) -> Self {
        self.piped = true;
        self
    }

    /// Runs in a terminal and answers questions so; nothing for nobody.
    pub fn answer(mut self, answer: &str) -> Self {
        self.answer = Some(answer.to_owned());
        self
    }

    /// In a fork of a process that has imported Ansible already; with a terminal, another input or variables of Ansible's own
    /// it is the program itself.
    pub fn go(self) -> Outcome {
        let own = self.environment.iter().any(|(name, _)| name.starts_with("ANSIBLE_"));
        if own || self.answer.is_some() || self.piped {
            return self.go_alone();
        }
        let site = self.site;
        let mut environment = site.clean_environment();
        environment.insert("REGAL_TEST_DOWN".to_owned(), site.path("down").display().to_string());
        environment.extend(self.environment.iter().cloned());
        let arguments = self.all_arguments();
        let program = site.ansible.join("ansible-playbook").display().to_string();
        let arguments: Vec<&str> = [program.as_str()].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let journal = Journal::begin(site);
        let folder = site.folder.path();
        let answer =
            programs::playbook(&site.ansible, self.configuration, &arguments, folder, environment, !self.apart);
        assert!(answer.code >= 0, "ansible-playbook ends by itself: {}\n{}", answer.code, answer.stdout);
        Outcome { code: answer.code, output: answer.stdout, errors: answer.stderr, journal: journal.end() }
    }

    fn all_arguments(&self) -> Vec<String> {
        let text = |path: &PathBuf| path.display().to_string();
        let site = [self.site.inventory.clone()];
        let inventories = if self.inventories.is_empty() { &site[..] } else { &self.inventories };
        let inventories = inventories.iter().flat_map(|inventory| ["-i".to_owned(), text(inventory)]);
        inventories.chain([text(&self.playbook)]).chain(self.arguments.iter().cloned()).collect()
    }

    /// By the program itself, in a process of its own.
    pub fn go_alone(self) -> Outcome {
        let site = self.site;
        let ansible = site.ansible.join("ansible-playbook");
        let mut command = match &self.answer {
            None => Command::new(&ansible),
            Some(answer) => {
                let mut command = Command::new(site.ansible.join("python3"));
                command.arg(fixtures().join("terminal.py")).arg(answer).arg(&ansible);
                command
            }
        };
        command.args(self.all_arguments());
        site.in_a_clean_environment(&mut command);
        command.env("REGAL_TEST_DOWN", site.path("down")).envs(self.configuration).envs(self.environment);
        command.stdin(if self.piped { Stdio::piped() } else { Stdio::null() });
        run(site, command, self.apart)
    }
}

/// What the hooks of a run write.
struct Journal(PathBuf);

impl Journal {
    /// Empty.
    fn begin(site: &Site) -> Self {
        let path = site.path("journal");
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn end(self) -> String {
        fs::read_to_string(self.0).unwrap_or_default()
    }
}

/// Runs a command, whose output goes into one file unless stderr is to be kept `apart`.
pub fn run(site: &Site, mut command: Command, apart: bool) -> Outcome {
    let journal = Journal::begin(site);
    let (output, errors) = (site.path("output"), site.path("errors"));
    let file = fs::File::create(&output).unwrap();
    let other = if apart { fs::File::create(&errors).unwrap() } else { file.try_clone().unwrap() };
    command.stdout(file).stderr(other);
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} takes too long:\n{}", fs::read_to_string(&output).unwrap());
        }
        thread::sleep(Duration::from_millis(20));
    };
    Outcome {
        code: status.code().expect("ansible-playbook ends by itself"),
        output: fs::read_to_string(&output).unwrap(),
        errors: fs::read_to_string(&errors).unwrap_or_default(),
        journal: journal.end(),
    }
}

/// What a run did.
pub struct Outcome {
    pub code: i32,
    pub output: String,
    /// What went to stderr, where that was to be kept apart.
    pub errors: String,
    /// Lines of `hook host batch target`.
    pub journal: String,
}

impl Outcome {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.journal, self.output);
        self
    }

    /// Where the number differs between Ansible's versions.
    #[track_caller]
    pub fn fails(self) -> Self {
        assert_ne!(self.code, 0, "{}\n{}", self.journal, self.output);
        self
    }

    /// The batches and hosts that a hook ran on, in order: `A zulu, B1 mike alpha`.
    #[track_caller]
    pub fn ran(self, hook: &str, expected: &str) -> Self {
        let mut batches: Vec<String> = Vec::new();
        let mut last = "";
        for line in self.journal.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if words[0] != hook {
                continue;
            }
            if words[2] == last {
                let batch = batches.last_mut().unwrap();
                *batch = format!("{batch} {}", words[1]);
            } else {
                batches.push(format!("{} {}", words[2], words[1]));
                last = words[2];
            }
        }
        assert_eq!(batches.join(", "), expected, "{hook}\n{}\n{}", self.journal, self.output);
        self
    }

    #[track_caller]
    pub fn untouched(self) -> Self {
        assert_eq!(self.journal, "", "{}", self.output);
        self
    }

    /// The last command to go on with that was printed.
    #[track_caller]
    pub fn command(&self) -> String {
        self.command_after("to go on: ")
    }

    /// The last command after an introduction.
    #[track_caller]
    pub fn command_after(&self, introduction: &str) -> String {
        let found = self.output.lines().rev().find_map(|line| line.strip_prefix(introduction));
        found.unwrap_or_else(|| panic!("no {introduction:?} in:\n{}", self.output)).to_owned()
    }

    /// Line breaks of Ansible's own wrapping do not count.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&self.output).contains(&words(text)), "no {text:?} in:\n{}", self.output);
        self
    }

    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        assert!(!self.output.contains(text), "{text:?} in:\n{}", self.output);
        self
    }
}

pub fn playbooks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks")
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks/fixtures")
}

/// Whether each scenario is to run on each ansible-core.
pub fn test_all() -> bool {
    env::var("TEST_ALL").is_ok_and(|value| value == "1")
}

/// When a run is killed, counted in steps that its test knows the length of: of twenty all with `TEST_ALL=1`, else each second one.
pub fn moments() -> impl Iterator<Item = u64> {
    (0..20).step_by(if test_all() { 1 } else { 2 })
}

/// The bin directories of `TEST_ANSIBLE`.
pub fn ansibles() -> Vec<PathBuf> {
    let list = env::var_os("TEST_ANSIBLE").expect("TEST_ANSIBLE is not set; run tests/run");
    let folders: Vec<PathBuf> = env::split_paths(&list).collect();
    for folder in &folders {
        let found = folder.join("ansible-playbook").is_file();
        assert!(found, "no ansible-playbook in {}; run tests/run", folder.display());
    }
    folders
}
