//! Queries of Prometheus, and what its answers are worth.

use std::time::Instant;

use serde::Deserialize;

use super::client::{Client, Reply, Request};
use super::token::Secret;
use crate::policy::gates::Number;
use crate::shown::{Shown, cut};

/// The most bytes of an answer.
const MOST: u64 = 16 << 20;
/// What Prometheus 2 puts among its warnings and is none: that a name does not end in `_total`, and the like.
const INFO: &str = "PromQL info:";
/// Characters of what a server says that are shown.
const WIDTH: usize = 300;

/// Asks for the values of a query.
///
/// # Errors
/// There are none, or they cannot be relied on: why.
pub fn ask(
    client: &Client,
    server: &str,
    token: Option<&Secret>,
    query: &str,
    until: Instant,
) -> Result<Vec<Number>, String> {
    let url = format!("{}/api/v1/query", server.trim_end_matches('/'));
    let left = until.saturating_duration_since(Instant::now()).as_millis();
    // a duration of Prometheus has no fraction
    let timeout = format!("{}ms", left.max(1));
    let form = [("query", query), ("timeout", timeout.as_str())];
    let request = Request { url: &url, token, form: &form, until, most: MOST };
    values(&client.ask(&request)?)
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Data>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct Series {
    value: Option<(serde_json::Value, String)>,
}

/// The values of an answer: one of a scalar, that of each series of a vector.
fn values(reply: &Reply) -> Result<Vec<Number>, String> {
    if reply.is_cut {
        return Err(format!("the answer is longer than {} MiB", MOST >> 20));
    }
    let said = |what: &str| format!("{} is no answer of Prometheus: {what}", reply.status_text());
    let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| said("its body is not what the API gives"))?;
    if answer.status != "success" {
        let why = answer.error.unwrap_or_else(|| reply.status_text());
        return Err(format!("the server says: {}", cut(&why, WIDTH)));
    }
    if reply.status != 200 {
        return Err(said("it says success"));
    }
    if let Some(warning) = answer.warnings.iter().find(|warning| !warning.starts_with(INFO)) {
        return Err(format!("the server warns, so there may be values missing: {}", cut(warning, WIDTH)));
    }
    let data = answer.data.ok_or_else(|| said("there is no data"))?;
    let values: Vec<String> = match data.result_type.as_str() {
        "scalar" => {
            let scalar: (serde_json::Value, String) = read(data.result).ok_or_else(|| said("its scalar is none"))?;
            vec![scalar.1]
        }
        "vector" => {
            let series: Vec<Series> = read(data.result).ok_or_else(|| said("its vector is none"))?;
            let values: Option<Vec<String>> = series.into_iter().map(|series| Some(series.value?.1)).collect();
            values
                .ok_or("the query gives histograms, and a gate needs numbers: take histogram_quantile() or its like")?
        }
        other => {
            return Err(format!("the query gives a {}, and a gate needs values of now", Shown::new(other)));
        }
    };
    if values.is_empty() {
        return Err("the query gives nothing".to_string());
    }
    values.iter().map(|value| number(value)).collect()
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn number(text: &str) -> Result<Number, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{}` is no number", Shown::new(text)))?;
    Number::new(value).ok_or_else(|| format!("the query gives {}", Shown::new(text)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(status: u16, body: &str) -> Result<Vec<f64>, String> {
        let reply = Reply { status, location: None, body: body.into(), is_cut: false };
        Ok(values(&reply)?.into_iter().map(Number::get).collect())
    }

    fn data(kind: &str, result: &str) -> Result<Vec<f64>, String> {
        of(200, &format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":{result}}}}}"))
    }

    #[test]
    fn scalars_and_vectors_are_values() {
        assert_eq!(data("scalar", "[1735.5,\"0.5\"]").unwrap(), [0.5]);
        let two = "[{\"metric\":{\"a\":\"b\"},\"value\":[1735,\"1e-05\"]},{\"metric\":{},\"value\":[1735.123,\"-3\"]}]";
        assert_eq!(data("vector", two).unwrap(), [1e-5, -3.0]);
    }

    #[test]
    fn what_is_no_value_is_never_one() {
        let cases = [
            (data("vector", "[]"), "gives nothing"),
            (data("vector", "[{\"metric\":{},\"value\":[1,\"NaN\"]}]"), "gives NaN"),
            (data("scalar", "[1,\"+Inf\"]"), "gives +Inf"),
            (data("scalar", "[1,\"-Inf\"]"), "gives -Inf"),
            (data("scalar", "[1,\"many\"]"), "no number"),
            (data("scalar", "[1,2]"), "its scalar is none"),
            (data("vector", "{}"), "its vector is none"),
            (data("vector", "[{\"metric\":{},\"histogram\":[1,{}]}]"), "histograms"),
            (data("matrix", "[]"), "values of now"),
            (data("string", "[1,\"a\"]"), "values of now"),
            (
                of(400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}"),
                "says: parse error",
            ),
            (of(503, "{\"status\":\"error\"}"), "says: HTTP 503 Service Unavailable"),
            (of(200, "{\"status\":\"success\"}"), "there is no data"),
            (of(500, "{\"status\":\"success\"}"), "it says success"),
            (of(502, "<html>Bad gateway</html>"), "HTTP 502 Bad Gateway is no answer of Prometheus"),
            (
                of(
                    200,
                    "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]},\"warnings\":[\"a store is gone\"]}",
                ),
                "warns",
            ),
            (of(200, ""), "no answer of Prometheus"),
        ];
        for (found, why) in cases {
            let error = found.unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_prometheus_notes_is_no_warning() {
        let body = "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]},\
            \"warnings\":[\"PromQL info: metric might not be a counter\"],\"infos\":[\"x\"]}";
        assert_eq!(of(200, body).unwrap(), [1.0]);
    }
}
