//! From the arguments to a session of the library, with what only this process knows.

use std::path::PathBuf;

use regal_inventory::error::{Code, Problem, Result};
use regal_inventory::session::{Asked, Configuration, Opening, Planned, Session, Shared, Surroundings, done_hosts};
use regal_inventory::text::{Arena, TextMap};

use super::arguments::{Arguments, Color, Command, PlanOptions};
use super::output::Sink;

/// A session, and where its results and messages go.
pub struct Invocation<'a> {
    pub session: Session<'a>,
    pub output: Option<PathBuf>,
    pub color: Color,
}

/// What a plan is made from.
pub struct Side {
    pub configuration: Configuration,
    /// The frozen plan to use instead.
    pub frozen: Option<PathBuf>,
    /// Files besides that are not sources.
    pub own_files: Vec<PathBuf>,
    /// Whether the plan is laid beside another one.
    pub is_compared: bool,
}

impl Side {
    /// A configuration alone.
    pub fn of(configuration: Configuration) -> Self {
        Side { configuration, frozen: None, own_files: Vec::new(), is_compared: false }
    }
}

impl<'a> Invocation<'a> {
    /// Reads the configuration, the environment and the options.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn new(arena: &'a Arena, texts: &'a TextMap<'a>, arguments: &Arguments, shared: &Shared) -> Result<Self> {
        let side = Side { frozen: frozen(arguments), ..Side::of(configuration(arguments)) };
        Self::with(arena, texts, arguments, side, shared)
    }

    /// Reads what a plan is made from, the environment and the options.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn with(
        arena: &'a Arena,
        texts: &'a TextMap<'a>,
        arguments: &Arguments,
        side: Side,
        shared: &Shared,
    ) -> Result<Self> {
        let mut opening = Opening::new(side.configuration, surroundings());
        opening.options = arguments.settings.clone();
        opening.own_files = side.own_files;
        opening.frozen = side.frozen;
        opening.compares = side.is_compared;
        if arguments.command.is_none() && arguments.host.is_none() {
            opening.asked = Asked::List;
        }
        if let Some(Command::Run(options)) = &arguments.command {
            opening.record.clone_from(&options.record.record);
        }
        if let Some(Command::Judge(options)) = &arguments.command {
            opening.record.clone_from(&options.record.record);
        }
        opening.tells_drift = matches!(arguments.command, Some(Command::Diff(_)));
        opening.except = except(arguments, shared)?;
        opening.no_exec = arguments.no_exec;
        opening.refresh_cache = arguments.refresh_cache;
        opening.shared = shared.clone();
        let session = Session::open(arena, texts, opening)?;
        Ok(Invocation { session, output: arguments.output.clone(), color: arguments.color })
    }

    /// Where a result of a plan goes.
    pub fn sink(&self, planned: &Planned<'_>) -> Sink<'_> {
        Sink { path: self.output.as_deref(), access: planned.access(), color: self.color }
    }
}

/// Which configuration is used: the option, otherwise the variable, otherwise the nearest.
pub fn configuration(arguments: &Arguments) -> Configuration {
    configuration_of(arguments.config.clone())
}

/// The same for the value of the option.
pub fn configuration_of(option: Option<PathBuf>) -> Configuration {
    let variable = || std::env::var_os("REGAL_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    match option.or_else(variable) {
        Some(path) => Configuration::File { path, named_by: "--config or REGAL_CONFIG" },
        None => Configuration::Nearest,
    }
}

/// The hosts to plan nothing for.
fn except(arguments: &Arguments, shared: &Shared) -> Result<Vec<String>> {
    let Some(Command::Plan(PlanOptions { except_done: Some(path), .. })) = &arguments.command else {
        return Ok(Vec::new());
    };
    if frozen(arguments).is_some() {
        let problem = Problem::of(
            Code::Contradiction,
            "--except-done makes another plan, and --plan or REGAL_PLAN uses a saved one",
        );
        return Err(problem.hint("leave --plan out, or unset REGAL_PLAN").into());
    }
    done_hosts(path, &shared.pipes)
}

/// The frozen plan that is used: the option, otherwise the variable.
pub fn frozen(arguments: &Arguments) -> Option<PathBuf> {
    frozen_of(arguments.plan.clone())
}

/// The same for the value of the option.
pub fn frozen_of(option: Option<PathBuf>) -> Option<PathBuf> {
    let variable = || std::env::var_os("REGAL_PLAN").filter(|path| !path.is_empty()).map(PathBuf::from);
    option.or_else(variable)
}

/// The environment and the program of this process; paths stay relative to its working directory.
pub fn surroundings() -> Surroundings {
    Surroundings {
        variables: std::env::vars_os().collect(),
        program: std::env::current_exe().ok(),
        ..Surroundings::default()
    }
}
