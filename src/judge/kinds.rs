//! What is asked for a batch: its gates' texts filled, and the work that asking is.

use std::sync::Arc;
use std::time::Instant;

use super::answers::{Answer, Answers};
use super::client::Client;
use super::command::Children;
use super::subject::Subject;
use super::token::Secret;
use super::{hosts, prometheus};
use crate::policy::Gate;
use crate::policy::gates::{Condition, Http, Measure, Part, Place, Token, parts};
use crate::policy::promql::{Names, Query};
use crate::shown::Shown;
use crate::source::{Permit, Surroundings};

/// A gate's kind, filled for a batch.
pub(super) enum Kind {
    /// A query, and that of the hosts to compare with.
    Query { server: Arc<str>, token: Option<Token>, query: Option<Arc<str>>, beside: Option<Arc<str>> },
    /// An address for each host.
    Http { http: Arc<Http>, urls: Vec<(String, String)> },
    /// The words of a command.
    Command(Vec<String>),
    /// A comparison where no host is left to compare with.
    Nothing,
}

/// A part of a measurement, as work.
pub(super) type Ask = Box<dyn FnOnce() -> Answer + Send>;

impl Kind {
    /// Fills a gate for a batch.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(measure: &Measure, subject: &Subject) -> Result<Self, String> {
        match measure {
            Measure::Prometheus(asked) => {
                let query = Query::new(&asked.query)?;
                let for_hosts = |hosts: &[String]| -> Result<Option<Arc<str>>, String> {
                    if hosts.is_empty() && query.names_hosts() {
                        return Ok(None);
                    }
                    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
                    let Subject { group, batch, version, .. } = subject;
                    Ok(Some(query.fill(Names { hosts: &hosts, batch, group, version })?.into()))
                };
                let beside = match asked.condition {
                    Condition::Threshold(_) => None,
                    Condition::Compare(_) if !query.names_hosts() => {
                        return Err("its query has no `{{ hosts }}`, so both sides would be the same".to_string());
                    }
                    Condition::Compare(_) if subject.others.is_empty() => return Ok(Kind::Nothing),
                    Condition::Compare(_) => for_hosts(&subject.others)?,
                };
                let (server, token) = (asked.server.as_str().into(), asked.token.clone());
                Ok(Kind::Query { server, token, query: for_hosts(&subject.hosts)?, beside })
            }
            Measure::Http(http) => {
                let url = |host: &String| {
                    let address = subject.addresses.get(host);
                    let address =
                        address.ok_or_else(|| format!("`{}` has no address to connect to", Shown::new(host)))?;
                    let url = hosts::url(&http.url, &|name| subject.value(name, address))?;
                    Ok((host.clone(), url))
                };
                let urls: Result<Vec<_>, String> = subject.hosts.iter().map(url).collect();
                Ok(Kind::Http { http: Arc::new(http.clone()), urls: urls? })
            }
            Measure::Command(words) => {
                let words: Result<Vec<String>, String> = words.iter().map(|word| subject.word(word)).collect();
                Ok(Kind::Command(words?))
            }
        }
    }
}

impl Subject {
    fn value(&self, name: &str, address: &str) -> String {
        match name {
            "host" => address.to_string(),
            "hosts" => self.hosts.join(","),
            "batch" => self.batch.clone(),
            "group" => self.group.clone(),
            _ => self.version.clone(),
        }
    }

    fn word(&self, word: &str) -> Result<String, String> {
        let filled = parts(word, Place::Word)?.into_iter().map(|part| match part {
            Part::Text(text) => text.to_string(),
            Part::Placeholder(name) => self.value(name, ""),
        });
        Ok(filled.collect())
    }
}

/// What asking needs.
pub(super) struct Asker {
    client: Client,
    surroundings: Arc<Surroundings>,
    permit: Option<Permit>,
    variables: Vec<(String, String)>,
}

impl Asker {
    pub fn new(gates: &[Gate], subject: Subject, surroundings: &Surroundings, permit: Option<Permit>) -> Self {
        let is_https = |gate: &Gate| match &gate.measure {
            Measure::Prometheus(asked) => asked.server.starts_with("https:"),
            Measure::Http(asked) => asked.url.starts_with("https:"),
            Measure::Command(_) => false,
        };
        let client = Client::new(gates.iter().any(is_https));
        Asker { client, surroundings: Arc::new(surroundings.clone()), permit, variables: subject.variables }
    }

    /// The parts of a measurement, and what takes their answers.
    pub fn parts(&self, kind: &Kind, until: Instant, children: &Children) -> (Answers, Vec<Ask>) {
        match kind {
            Kind::Query { query: None, .. } => {
                (Answers::known("there is no host of the batch to ask about"), Vec::new())
            }
            Kind::Query { server, token, query: Some(query), beside } => {
                let queries = [Some(query), beside.as_ref()];
                let asks: Vec<Ask> =
                    queries.into_iter().flatten().map(|query| self.query(server, token, query, until)).collect();
                (Answers::of(vec![String::new(); asks.len()]), asks)
            }
            Kind::Http { urls, .. } if urls.is_empty() => {
                (Answers::known("there is no host of the batch to ask"), Vec::new())
            }
            Kind::Http { http, urls } => {
                // read once, and not for each host
                let secret = http.token.as_ref().map(|token| self.secret(token)).transpose();
                let secret = match secret {
                    Ok(secret) => Arc::new(secret),
                    Err(why) => return (Answers::known(&why), Vec::new()),
                };
                let asks = urls.iter().map(|(_, url)| self.host(http, url, &secret, until)).collect();
                (Answers::of(urls.iter().map(|(host, _)| host.clone()).collect()), asks)
            }
            Kind::Nothing => (Answers::known("there is nothing to compare with"), Vec::new()),
            Kind::Command(words) => (Answers::of(vec![String::new()]), vec![self.command(words, until, children)]),
        }
    }

    fn query(&self, server: &Arc<str>, token: &Option<Token>, query: &Arc<str>, until: Instant) -> Ask {
        let (client, server, query) = (self.client.clone(), server.clone(), query.clone());
        let secret = token.as_ref().map(|token| self.secret(token)).transpose();
        Box::new(move || {
            let values = secret.and_then(|secret| prometheus::ask(&client, &server, secret.as_ref(), &query, until));
            values.map_or_else(Answer::Unclear, Answer::Values)
        })
    }

    fn host(&self, http: &Arc<Http>, url: &str, secret: &Arc<Option<Secret>>, until: Instant) -> Ask {
        let (client, http, secret, url) = (self.client.clone(), http.clone(), secret.clone(), url.to_string());
        Box::new(move || {
            if Instant::now() >= until {
                return Answer::Unclear("not asked in time".to_string());
            }
            Answer::Host(hosts::ask(&client, &http, &url, secret.as_ref().as_ref(), until))
        })
    }

    fn command(&self, words: &[String], until: Instant, children: &Children) -> Ask {
        let (Some(permit), Some((program, arguments))) = (self.permit, words.split_first()) else {
            return Box::new(|| Answer::Unclear("the command may not be run".to_string()));
        };
        let mut command = self.surroundings.command(program.as_ref(), permit);
        command.args(arguments);
        for name in self.surroundings.variables.keys().filter(|name| name.to_string_lossy().starts_with("ROLLOUT_")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let children = children.clone();
        Box::new(move || Answer::Command(children.run(command, until)))
    }

    fn secret(&self, token: &Token) -> Result<Secret, String> {
        Secret::read(token, &self.surroundings)
    }
}
