//! A folder with files, and the command run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A test's folder and how the command is called in it.
pub struct Test {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    directory: PathBuf,
}

/// What a call printed.
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Output {
    /// What was printed, of a call that went well.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The messages of a call that failed with nothing on stdout.
    pub fn errors(&self) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (1, ""), "{}", self.stderr);
        &self.stderr
    }
}

impl Test {
    pub fn new() -> Self {
        Test::within_folder(tempfile::tempdir().unwrap())
    }

    /// In a file system in memory, if there is one.
    pub fn in_memory() -> Self {
        tempfile::tempdir_in("/dev/shm").map_or_else(|_| Test::new(), Test::within_folder)
    }

    fn within_folder(folder: tempfile::TempDir) -> Self {
        let directory = folder.path().to_path_buf();
        Test { folder, arguments: Vec::new(), environment: Vec::new(), directory }
    }

    /// Adds a file, folders on the way to it too.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Adds a file with its run bit set.
    pub fn script(self, name: &str, text: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let test = self.file(name, text);
        let path = test.folder.path().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        test
    }

    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| argument.to_string()));
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_string(), value.to_string()));
        self
    }

    /// Runs in a folder below.
    pub fn within(mut self, folder: &str) -> Self {
        self.directory = self.folder.path().join(folder);
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn run(&self) -> Output {
        self.output(Command::new(env!("CARGO_BIN_EXE_regal-inventory")).args(&self.arguments))
    }

    /// Runs with other arguments than its own.
    pub fn called(&self, arguments: &[&str]) -> Output {
        self.output(
            Command::new(env!("CARGO_BIN_EXE_regal-inventory")).args(arguments).stdin(std::process::Stdio::null()),
        )
    }

    /// Runs a line of bash, in which `regal` is the command.
    pub fn shell(&self, line: &str) -> Output {
        let line =
            format!("set -o pipefail; regal() {{ '{}' \"$@\"; }}\n{line}", env!("CARGO_BIN_EXE_regal-inventory"));
        self.output(Command::new("bash").args(["-c", &line]))
    }

    fn output(&self, command: &mut Command) -> Output {
        command.current_dir(&self.directory);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("REGAL_") || name.starts_with("ANSIBLE_"))
        {
            command.env_remove(name);
        }
        // an ansible.cfg of whoever runs the tests is not theirs
        command.env("HOME", self.folder.path());
        let output = command.envs(self.environment.iter().cloned()).output().unwrap();
        Output {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// Runs, and expects a result without a word on stderr.
    pub fn stdout(&self) -> String {
        let output = self.run();
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "stdout: {}", output.stdout);
        output.stdout
    }

    /// Runs, and expects JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout()).unwrap()
    }

    /// Runs, and expects exit code 1, nothing on stdout, and messages.
    pub fn errors(&self) -> String {
        let output = self.run();
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "stderr: {}", output.stderr);
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        output.stderr
    }
}

/// The names in a JSON list.
pub fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(|name| name.as_str().unwrap()).collect()
}
