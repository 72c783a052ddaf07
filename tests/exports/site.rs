//! A folder with an inventory, and the programs that are run in it.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder with files, removed at the end.
pub struct Site {
    folder: tempfile::TempDir,
}

/// What a program printed.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Site {
    /// A folder with a copy of an example.
    pub fn of_example(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        let copied = Command::new("cp").arg("-R").arg(example.join(".")).arg(folder.path()).status().unwrap();
        assert!(copied.success());
        // nginx's workers and a login may belong to another user.
        let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(folder.path()).status().unwrap();
        assert!(opened.success());
        Site { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name, text);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
        path
    }

    /// A program to be run in the folder, without variables that would change what it does.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null()).env("PATH", search_path());
        for (name, _) in std::env::vars() {
            if ["REGAL_", "ANSIBLE_", "PDSH_", "DSHGROUP", "CLUSTERSHELL_"].iter().any(|start| name.starts_with(start))
            {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs `regal-inventory`, which must succeed; warnings are fine.
    pub fn regal(&self, arguments: &[&str]) -> String {
        let output = run(self.command(env!("CARGO_BIN_EXE_regal-inventory")).args(arguments));
        assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
        output.stdout
    }
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Where programs are: this one, and also what only root has in its `PATH`.
fn search_path() -> OsString {
    let own = Path::new(env!("CARGO_BIN_EXE_regal-inventory")).parent().unwrap().to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    std::env::join_paths(std::iter::once(own).chain(system)).unwrap()
}

/// The path of a program.
pub fn tool(name: &str) -> PathBuf {
    let path = search_path();
    let mut found = std::env::split_paths(&path).map(|folder| folder.join(name));
    found.find(|path| path.is_file()).unwrap_or_else(|| panic!("there is no {name}; run tests/run"))
}

/// The system's Python, which has the modules that come as packages.
pub fn python() -> PathBuf {
    let system = Path::new("/usr/bin/python3");
    if system.exists() { system.to_path_buf() } else { tool("python3") }
}

/// A port that was free a moment ago on all addresses.
pub fn free_port() -> u16 {
    TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port()
}

/// How much a test is to do: `all` with `TEST_ALL=1`.
pub fn up_to(usual: usize, all: usize) -> usize {
    if std::env::var_os("TEST_ALL").is_some_and(|value| value == "1") { all } else { usual }
}

/// Waits until something is so, at most ten minutes: as long as a busy machine may take.
pub fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(600);
    while !so() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server that ends with the test.
pub struct Server(pub Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Ending and reaping cannot fail in a way that matters here.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if self.0.try_wait().is_ok_and(|code| code.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
