//! A Python program that answers many questions with one start: `answer.py`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// Forks for each question; what the environment and the working directory are was settled at its start.
pub struct Answering {
    program: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Where a program is called otherwise than in the folder and environment of the start; the variables are all that it has.
#[derive(Default)]
pub struct Elsewhere<'a> {
    pub folder: Option<&'a Path>,
    pub environment: Option<HashMap<String, String>>,
    /// What goes to stderr goes into stdout.
    pub together: bool,
}

/// What a call of a program printed.
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Answering {
    /// Starts it with the Python of a `bin` directory and with modules to import first; `prepare` sets folder and environment.
    pub fn start(bin: &Path, modules: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(bin.join("python"));
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answer.py")).args(modules);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        prepare(&mut command);
        let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (questions, answers) = (program.stdin.take(), BufReader::new(program.stdout.take().unwrap()));
        Answering { program, questions, answers }
    }

    /// What `module.function()` does when it is called as a program; `arguments` begin with its name.
    #[allow(dead_code)] // Each crate of tests asks in one of the two ways.
    pub fn ask(&mut self, module: &str, function: &str, arguments: &[&str]) -> Answer {
        self.ask_elsewhere(module, function, arguments, &Elsewhere::default())
    }

    pub fn ask_elsewhere(&mut self, module: &str, function: &str, arguments: &[&str], place: &Elsewhere<'_>) -> Answer {
        let question = serde_json::json!({"module": module, "function": function, "arguments": arguments,
            "folder": place.folder, "environment": place.environment, "together": place.together});
        let mut question = question.to_string();
        question.push('\n');
        self.questions.as_mut().unwrap().write_all(question.as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_string();
        let code = answer["code"].as_i64().unwrap().try_into().unwrap();
        Answer { code, stdout: text("stdout"), stderr: text("stderr") }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // The end of its input is the end of it.
        self.questions = None;
        let ended = self.program.wait();
        assert!(std::thread::panicking() || ended.unwrap().success());
    }
}
