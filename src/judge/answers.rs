//! The answers to the parts of a measurement, and what they say together.

use super::command::Said;
use super::samples::{Samples, missed, wanted};
use crate::policy::gates::{Condition, Measure, Number, Range};
use crate::record::{Health, HostFailure, Measured};
use crate::wording::{count, number as shown};

/// The most hosts that a measurement names.
const MOST: usize = 20;

/// The answer to a part of a measurement.
pub(super) enum Answer {
    /// Values of a query.
    Values(Vec<Number>),
    /// A host answered as it should, or not.
    Host(Result<(), String>),
    /// What a command said.
    Command(Said),
    /// None that says anything: why.
    Unclear(String),
}

/// The answers to a measurement.
pub(super) struct Answers {
    /// The hosts of `http`; what has no host is nameless.
    hosts: Vec<String>,
    answers: Vec<Option<Answer>>,
    left: usize,
}

impl Answers {
    /// A measurement with a part for each of these hosts.
    pub fn of(hosts: Vec<String>) -> Self {
        let answers = hosts.iter().map(|_| None).collect();
        Answers { left: hosts.len(), hosts, answers }
    }

    /// A measurement that says nothing, which is known before anybody is asked.
    pub fn known(why: &str) -> Self {
        Answers { left: 0, hosts: vec![String::new()], answers: vec![Some(Answer::Unclear(why.to_string()))] }
    }

    /// Takes an answer.
    pub fn take(&mut self, part: usize, answer: Answer) {
        if let Some(place) = self.answers.get_mut(part).filter(|place| place.is_none()) {
            *place = Some(answer);
            self.left -= 1;
        }
    }

    /// Whether all are there.
    pub fn is_complete(&self) -> bool {
        self.left == 0
    }

    /// Waits for no more of them.
    pub fn give_up(&mut self) {
        for answer in self.answers.iter_mut().filter(|answer| answer.is_none()) {
            *answer = Some(Answer::Unclear("no answer in time".to_string()));
        }
        self.left = 0;
    }

    /// What they say. The values of a comparison join its samples.
    pub fn measured(self, measure: &Measure, samples: &mut Samples, looks: usize) -> Measured {
        let mut answers = self.answers.into_iter().flatten();
        match measure {
            Measure::Http(_) => of_hosts(&self.hosts, answers),
            Measure::Command(_) => match answers.next() {
                Some(Answer::Command(said)) => {
                    Measured { value: said.code.map(f64::from), ..told(said.verdict, said.message) }
                }
                other => unclear(other),
            },
            Measure::Prometheus(asked) => match &asked.condition {
                Condition::Threshold(range) => match answers.next() {
                    Some(Answer::Values(values)) => of_values(&values, *range),
                    other => unclear(other),
                },
                Condition::Compare(compare) => match (answers.next(), answers.next()) {
                    (Some(Answer::Values(batch)), Some(Answer::Values(others))) => {
                        samples.add(&batch, &others);
                        let found = samples.judge(compare, looks);
                        Measured {
                            value: found.value,
                            beside: found.means,
                            samples: Some(samples.sizes()),
                            chance: found.chance,
                            ..told(found.verdict, found.message)
                        }
                    }
                    (Some(Answer::Values(_)), other) => {
                        let found = unclear(other);
                        let of_others = |why| format!("of the hosts that are not updated yet: {why}");
                        Measured { message: found.message.map(of_others), ..found }
                    }
                    (other, _) => unclear(other),
                },
            },
        }
    }
}

fn told(verdict: Health, message: Option<String>) -> Measured {
    Measured {
        group: String::new(),
        gate: String::new(),
        verdict,
        value: None,
        beside: None,
        samples: None,
        chance: None,
        hosts: Vec::new(),
        message,
    }
}

fn unclear(answer: Option<Answer>) -> Measured {
    let why = match answer {
        Some(Answer::Unclear(why)) => why,
        _ => "there is no answer".to_string(),
    };
    told(Health::Inconclusive, Some(why))
}

fn of_values(values: &[Number], range: Range) -> Measured {
    let [value] = values else {
        let what = count(values.len(), "value");
        let message =
            format!("the query gives {what}, and a threshold is for one: put sum(), max() or avg() around it");
        return told(Health::Inconclusive, Some(message));
    };
    let value = value.get();
    let found = match missed(range, value) {
        None => told(Health::Ok, None),
        Some(missed) => told(Health::Failed, Some(format!("{}, and {}", shown(value), wanted(missed)))),
    };
    Measured { value: Some(value), ..found }
}

fn of_hosts(hosts: &[String], answers: impl Iterator<Item = Answer>) -> Measured {
    let (mut failed, mut unclear) = (Vec::new(), Vec::new());
    for (host, answer) in hosts.iter().zip(answers) {
        let failure = |why| HostFailure { host: host.clone(), why };
        match answer {
            Answer::Host(Ok(())) => {}
            Answer::Host(Err(why)) => failed.push(failure(why)),
            Answer::Unclear(why) => unclear.push(failure(why)),
            Answer::Values(_) | Answer::Command(_) => unclear.push(failure("there is no answer".to_string())),
        }
    }
    let verdict = match (failed.is_empty(), unclear.is_empty()) {
        (true, true) => return Measured { value: Some(0.0), ..told(Health::Ok, None) },
        (false, _) => Health::Failed,
        (true, false) => Health::Inconclusive,
    };
    let value = failed.len() as f64;
    failed.extend(unclear);
    let first = &failed[0];
    let message = match first.host.as_str() {
        "" => first.why.clone(),
        host => format!("{} of {}: {host}: {}", failed.len(), count(hosts.len(), "host"), first.why),
    };
    failed.retain(|failure| !failure.host.is_empty());
    failed.truncate(MOST);
    Measured { value: Some(value), hosts: failed, ..told(verdict, Some(message)) }
}
