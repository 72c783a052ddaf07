//! The page of a plan with what is done, running and lost.

use std::io::{self, Write};

use super::gates::{self, GateStanding};
use super::standing::{BatchStanding, Standing, Step};
use super::{StatusReport, text};
use crate::emit::look::Look;
use crate::emit::report::Report;
use crate::emit::report::page::{BatchState, GateLine, Overlay, PlanPage};

pub(super) fn write(
    report: &StatusReport<'_, '_>,
    standing: &Standing<'_>,
    again: Option<u32>,
    out: &mut impl Write,
) -> io::Result<()> {
    let frozen = report.frozen;
    let made_from = &frozen.made_from;
    let configuration = made_from.configuration.as_ref();
    let environment: Vec<_> = made_from.environment.iter().map(|set| (set.name.clone(), set.value.clone())).collect();
    let options = made_from.options.iter().map(|option| (option.option.clone(), option.value.clone()));
    let environment: Vec<(String, String)> = environment.into_iter().chain(options).collect();
    let sources: Vec<String> = made_from.sources.iter().map(|source| source.name.clone()).collect();
    let plan = Report {
        plan: &frozen.plan,
        names: &frozen.names,
        id: Some(&frozen.id),
        configuration: configuration.map(|configuration| configuration.path.as_str()),
        environment: &environment,
        sources: &sources,
        warnings: &[],
        connections: &[],
        full: true,
        look: Look::default(),
    };
    let sections = configuration.map(|configuration| {
        (format!("{} as it was when the plan was saved", configuration.path), configuration.text())
    });
    let overlay = Overlay {
        summary: summary(report),
        tiles: tiles(standing),
        batches: standing.batches.iter().map(batch).collect(),
        sections: sections.into_iter().collect(),
        again,
    };
    PlanPage { report: &plan, policy: None, reasons: &[] }.write_with(Some(&overlay), out)
}

/// Which file it is of, who runs it, and when that was known.
fn summary(report: &StatusReport<'_, '_>) -> Vec<String> {
    let frozen = report.frozen;
    let saved = frozen.saved.as_ref().map(|saved| format!(", saved {} by {}", saved.at, saved.by)).unwrap_or_default();
    let mut lines = vec![format!("{}{saved}", frozen.path.display()), text::run(report)];
    if report.torn {
        lines.push(text::TORN.to_string());
    }
    if let Some(now) = report.now {
        lines.push(format!("seen {}", humantime::format_rfc3339_seconds(now)));
    }
    lines
}

fn tiles(standing: &Standing<'_>) -> Vec<(String, &'static str)> {
    let hosts = standing.hosts;
    let mut tiles = vec![
        (format!("{}%", standing.percent()), "done"),
        (format!("{} of {}", hosts.done, hosts.all), if hosts.all == 1 { "host done" } else { "hosts done" }),
    ];
    let numbers = [(hosts.lost, "lost"), (hosts.begun, "begun"), (hosts.waiting, "waiting")];
    tiles
        .extend(numbers.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| (number.to_string(), word)));
    tiles
}

fn gate(gate: &GateStanding<'_>) -> GateLine {
    GateLine {
        name: gate.name.to_string(),
        verdict: gate.verdict.word(),
        words: gate.words(),
        path: gate.path(GateLine::WIDTH, GateLine::HEIGHT),
    }
}

fn batch<'r>(batch: &BatchStanding<'r>) -> BatchState<'r> {
    // on the way back what is done has the other version again
    let done = if batch.is_back { 'w' } else { 'd' };
    let known = batch.done.iter().map(|host| (*host, done)).chain(batch.lost.iter().map(|(host, _)| (*host, 'l')));
    BatchState {
        word: batch.step.word(),
        text: text::state(batch),
        hosts: known.collect(),
        rest: match batch.step {
            _ if batch.whole.is_some() => 'l',
            Step::Waiting => 'w',
            Step::Done(_) => done,
            Step::Running(_) | Step::Interrupted(_) | Step::Lost(_) => 'b',
        },
        lost: batch.lost.iter().map(|(host, loss)| (*host, text::why(loss))).collect(),
        gates: gates::of(batch).iter().map(gate).collect(),
    }
}
