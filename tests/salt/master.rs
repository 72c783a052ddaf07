//! A real Salt master with four minions on loopback, started once for all tests.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answering::Answering;
use super::site::{Output, free_port, run};

/// The minions, with what their grain `app_version` says.
pub const MINIONS: [(&str, &str); 4] = [("web1", "1.4.1"), ("web2", "1.4.1"), ("web3", "1.10"), ("db1", "0.9-rc1")];
/// What the programs import, but for what is loaded by name.
const SALT: [&str; 7] =
    ["salt.scripts", "salt.cli.salt", "salt.cli.run", "salt.cli.key", "salt.client", "salt.runner", "salt.state"];
/// The states that a rollout applies: notes the release, unless the minion is told to fail.
const APP: &str = "\
healthy:
  cmd.run:
    - name: test ! -e FOLDER/{{ grains['id'] }}.fail
installed:
  file.managed:
    - name: FOLDER/{{ grains['id'] }}.release
    - contents: {{ pillar['rollout']['version'] | json }}
    - require:
      - cmd: healthy
";

/// A master with its minions; they end with the process.
pub struct Master {
    pub folder: PathBuf,
    bin: PathBuf,
    daemons: Child,
    answers: BufReader<ChildStdout>,
    cli: RefCell<Answering>,
}

/// The one master, for one test at a time; without batches and releases of an earlier test.
pub fn master() -> MutexGuard<'static, Master> {
    static MASTER: OnceLock<Mutex<Master>> = OnceLock::new();
    let master = MASTER.get_or_init(|| Mutex::new(Master::start()));
    let mut master = master.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    master.clean();
    master
}

impl Master {
    fn start() -> Self {
        let bin = PathBuf::from(std::env::var_os("TEST_SALT").expect("TEST_SALT is not set; run tests/run"));
        assert!(bin.join("salt-master").is_file(), "no salt-master in {}; run tests/run", bin.display());
        let folder = tempfile::tempdir().unwrap().keep();
        configure(&folder);
        let mut fleet = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/salt/fleet"));
        fleet.arg(&bin).arg(&folder).args(MINIONS.map(|(id, _)| id));
        let mut daemons = fleet.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(daemons.stdout.take().unwrap());
        let cli = RefCell::new(Answering::start(&bin, &SALT, |command| {
            command.current_dir(&folder);
        }));
        let master = Master { folder, bin, daemons, answers, cli };
        master.planned(&[
            "-i",
            "web1,",
            "--versions",
            "1=all",
            "export",
            "salt-runner",
            "--output",
            "states/_runners/regal.py",
        ]);
        let synced = master.call("salt-run", &["saltutil.sync_runners", "--out=json"]);
        assert!(synced.stdout.contains("runners.regal"), "{synced:?}");
        master.wait_for_all();
        master
    }

    /// Waits until every minion answers and the master knows its grains and pillar.
    pub fn wait_for_all(&self) {
        let end = Instant::now() + Duration::from_secs(600);
        loop {
            let output = self.salt(&["*", "test.ping", "--out=json", "--static"]);
            let up = serde_json::from_str::<Value>(&output.stdout).ok();
            if up.and_then(|up| up.as_object().map(serde_json::Map::len)) == Some(MINIONS.len()) {
                break;
            }
            assert!(Instant::now() < end, "the minions do not answer: {output:?}");
            std::thread::sleep(Duration::from_millis(500));
        }
        // Salt 3008 has a folder for each, the others one for both.
        let cache = self.folder.join("var/cache/salt/master");
        let kept = |id: &str| {
            let banks = ["grains", "pillar"].iter().all(|bank| cache.join(bank).join(format!("{id}.p")).is_file());
            banks || cache.join("minions").join(id).join("data.p").is_file()
        };
        while !MINIONS.iter().all(|(id, _)| kept(id)) {
            assert!(Instant::now() < end, "the master keeps no data of its minions");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Calls `salt`, `salt-run` or `salt-key` with the master's configuration, all in one program.
    pub fn call(&self, name: &str, arguments: &[&str]) -> Output {
        let config = self.folder.join("master").display().to_string();
        let arguments = [&[name, "-c", &config], arguments].concat();
        let function = match name {
            "salt" => "salt_main",
            "salt-run" => "salt_run",
            _ => "salt_key",
        };
        let answer = self.cli.borrow_mut().ask("salt.scripts", function, &arguments);
        Output { code: answer.code, stdout: answer.stdout, stderr: answer.stderr }
    }

    /// One of Salt's programs, with the master's configuration.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.arg("-c").arg(self.folder.join("master")).stdin(Stdio::null()).current_dir(&self.folder);
        command
    }

    /// `salt`.
    pub fn salt(&self, arguments: &[&str]) -> Output {
        self.call("salt", arguments)
    }

    /// The minions that a target of a kind, such as `-N`, has, sorted, as the master says.
    pub fn preview(&self, kind: &str, target: &str) -> Vec<String> {
        let output = self.salt(&[kind, target, "--preview-target", "--out=json"]);
        let mut ids: Vec<String> =
            serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{target}: {output:?}"));
        ids.sort();
        ids
    }

    /// Runs the orchestration, with options of the runner.
    pub fn orchestrate(&self, options: &str) -> Output {
        let pillar = format!("pillar={{\"rollout\": {options}}}");
        self.call("salt-run", &["state.orchestrate", "rollout", "--out=json", &pillar])
    }

    /// Calls the runner: its exit code, and what it says came of the rollout.
    pub fn rollout(&self, plan: &str, options: &str) -> (i32, Value) {
        let plan = self.folder.join(plan).display().to_string();
        let output = self.call("salt-run", &["regal.rollout", &plan, &format!("options={options}"), "--out=json"]);
        let told = output.stdout.rfind("\n{\n").map_or(0, |start| start + 1);
        let told = serde_json::from_str(&output.stdout[told..]);
        (output.code, told.unwrap_or_else(|error| panic!("{error}: {output:?}")))
    }

    /// What each minion has got: `web1=1.4.2 web2=1.4.2`.
    pub fn releases(&self) -> String {
        let release = |id: &str| std::fs::read_to_string(self.folder.join(format!("{id}.release"))).ok();
        let found = MINIONS.iter().filter_map(|(id, _)| Some(format!("{id}={}", release(id)?.trim())));
        found.collect::<Vec<_>>().join(" ")
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn regal(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regal-inventory"));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("REGAL_")) {
            command.env_remove(name);
        }
        run(&mut command)
    }

    /// Runs, and expects a result.
    pub fn planned(&self, arguments: &[&str]) -> String {
        let output = self.regal(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
        output.stdout
    }

    /// Exports the plan to where master and states are.
    pub fn export(&self, arguments: &[&str]) {
        let formats =
            ["-o", "salt-nodegroups=master/master.d/regal-inventory.conf", "-o", "salt-orchestrate=states/rollout.sls"];
        let all: Vec<&str> = [arguments, &["export"], &formats].concat();
        self.planned(&all);
    }

    /// Ends a minion as a power cut does, or starts it again.
    pub fn tell(&mut self, what: &str, id: &str) {
        let stdin = self.daemons.stdin.as_mut().unwrap();
        writeln!(stdin, "{what} {id}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{what} {id}\n"));
    }

    fn clean(&mut self) {
        let _ = std::fs::remove_file(self.folder.join("master/master.d/regal-inventory.conf"));
        for (id, _) in MINIONS {
            let _ = std::fs::remove_file(self.folder.join(format!("{id}.release")));
            let _ = std::fs::remove_file(self.folder.join(format!("{id}.fail")));
        }
    }
}

/// Writes the configurations, states and pillar.
fn configure(folder: &Path) {
    let here = folder.display();
    let (publish, answers) = (free_port(), free_port());
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "master/master",
        format!(
            "root_dir: {here}\ninterface: 127.0.0.1\npublish_port: {publish}\nret_port: {answers}\nworker_threads: 2\n\
             auto_accept: True\ntimeout: 3\ngather_job_timeout: 10\nfile_roots: {{base: [{here}/states], stage: [{here}/stage]}}\npillar_roots: {{base: [{here}/pillar]}}\nreactor: [{{shop/release: [{here}/react.sls]}}]\n"
        ),
    );
    write(
        "master/master.d/groups.conf",
        "nodegroups:\n  web: 'web*'\n  old: 'N@web and not G@app_version:1.10'\n  ids: [web1, db1]\n".to_string(),
    );
    std::fs::create_dir_all(folder.join("states/_runners")).unwrap();
    write("states/app.sls", APP.replace("FOLDER", &here.to_string()));
    write("stage/top.sls", "stage: {'*': [app]}\n".to_string());
    let staged = APP.replace("['version'] | json", "['version'] | replace('2.0', 'stage-2.0') | json");
    write("stage/app.sls", staged.replace("FOLDER", &here.to_string()));
    write("pillar/top.sls", "base:\n  'web*': [web]\n  'db*': [db]\n".to_string());
    write("pillar/web.sls", "app: {version: app-1.0.0-SNAPSHOT.war, password: hunter2}\n".to_string());
    write("pillar/db.sls", "app: {version: '1.10'}\n".to_string());
    for (id, version) in MINIONS {
        let role = &id[..id.len() - 1];
        write(
            &format!("{id}/minion"),
            format!(
                "root_dir: {here}/{id}-root\nid: {id}\nmaster: 127.0.0.1\nmaster_port: {answers}\npublish_port: {publish}\n\
                 grains: {{app_version: '{version}', role: {role}, deep: {{list: [a, {{b: 80}}]}}}}\n"
            ),
        );
    }
}
