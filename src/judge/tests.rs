#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::policy::gates::{By, Compare, Condition, Http, Measure, Number as Given, Prometheus, Range, Token};
use crate::record::Measured;
use crate::session::Execution;

/// A server on loopback that answers as it is told, and keeps what it was asked.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` gets a request with its number, and writes what it likes.
    fn new(answer: impl Fn(usize, &str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer, number) = (asked.clone(), Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer, number) = (kept.clone(), answer.clone(), number.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let request = read(&stream);
                    kept.lock().unwrap().push(request.clone());
                    answer(number.fetch_add(1, Ordering::SeqCst), &request, &mut stream);
                });
            }
        });
        Server { address, asked }
    }

    /// Answers each request with the next of some bodies, and then with the last.
    fn values(bodies: &'static [&'static str]) -> Self {
        Server::new(move |number, _, stream| reply(stream, 200, "", bodies[number.min(bodies.len() - 1)]))
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn reply(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length = body.len();
    // who asks may have gone
    let _ =
        write!(stream, "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

const HALF: &str = "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"0.5\"]}}";
const TWO: &str = "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"2\"]}}";
const NOTHING: &str = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";

fn number(value: f64) -> Given {
    Given::parse(&value.to_string()).unwrap()
}

fn gate(measure: Measure) -> Gate {
    let name = "gate".to_string();
    Gate { name, interval: 10, initial_delay: 0, failure_limit: 0, inconclusive_limit: 0, timeout_ms: 2000, measure }
}

fn query(server: &str, query: &str, condition: Condition) -> Gate {
    gate(Measure::Prometheus(Prometheus { query: query.into(), server: server.into(), token: None, condition }))
}

fn at_most_one(server: &str) -> Gate {
    let range = Range { min: None, max: Some(number(1.0)) };
    query(server, "up{i=~\"{{ hosts }}\"}", Condition::Threshold(range))
}

fn http(url: &str) -> Http {
    Http { url: url.into(), status: None, body: None, max_time_ms: None, token: None }
}

fn subject(hosts: &[&str]) -> Subject {
    let strings = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    Subject {
        group: "shop_A".into(),
        batch: "A".into(),
        version: "2.5.0".into(),
        hosts: strings(hosts),
        others: strings(&["web8", "web9"]),
        addresses: hosts.iter().map(|host| (host.to_string(), "127.0.0.1".to_string())).collect(),
        variables: vec![("ROLLOUT_GROUP".into(), "shop_A".into())],
    }
}

fn surroundings() -> Surroundings {
    Surroundings { variables: std::env::vars_os().collect(), ..Surroundings::default() }
}

fn judge(gates: &[Gate], bake: u64) -> Judge {
    let bake = Some(Duration::from_secs(bake));
    let permit = Execution::Allowed.permit("", "").unwrap();
    Judge::new(gates, subject(&["web1", "web.2"]), bake, &surroundings(), Some(permit)).unwrap()
}

/// Goes through a watch as fast as the gates answer.
fn through(judge: &mut Judge) -> Vec<Event> {
    let mut events = Vec::new();
    while judge.said().is_none() {
        if let Some(due) = judge.due() {
            judge.start(due);
        }
        events.extend(judge.take(Duration::from_secs(1)));
    }
    events
}

fn measures(events: &[Event]) -> Vec<&Measured> {
    let mut measures = Vec::new();
    for event in events {
        if let Event::Measure(measured) = event {
            measures.push(measured);
        }
    }
    measures
}

/// The only measurement of a gate that says no at once.
fn no(gate: Gate) -> Measured {
    let mut judge = judge(&[gate], 30);
    let events = through(&mut judge);
    assert_ne!(judge.said(), Some(Health::Ok));
    let found = measures(&events);
    assert_eq!(found.len(), 1, "{events:?}");
    found[0].clone()
}

#[test]
fn a_batch_is_well_when_all_its_measurements_are() {
    let server = Server::values(&[HALF]);
    let mut judge = judge(&[at_most_one(&server.url())], 30);
    let events = through(&mut judge);
    assert_eq!((judge.said(), judge.why()), (Some(Health::Ok), None));
    let found = measures(&events);
    assert_eq!(
        found.iter().map(|found| (found.verdict, found.value)).collect::<Vec<_>>(),
        [(Health::Ok, Some(0.5)); 4]
    );
    let end = Judged { group: "shop_A".into(), gate: "gate".into(), verdict: Health::Ok, why: None };
    assert_eq!(events.last(), Some(&Event::Gate(end)));
    let asked = server.asked();
    assert!(asked[0].starts_with("POST /api/v1/query HTTP/1.1"), "{}", asked[0]);
    let query = "query=up%7Bi%3D~%22(%3F%3Aweb1%7Cweb%5C%5C.2)%22%7D";
    assert!(asked[0].contains(query), "{}", asked[0]);
}

#[test]
fn a_gate_says_no_as_soon_as_more_fail_than_may() {
    let server = Server::values(&[HALF, TWO, HALF, TWO, HALF]);
    let gate = Gate { failure_limit: 1, ..at_most_one(&server.url()) };
    let mut judge = judge(&[gate], 300);
    let events = through(&mut judge);
    assert_eq!(judge.said(), Some(Health::Failed));
    assert_eq!(measures(&events).len(), 4);
    let why = "gate gate: 2 of 4 measurements failed (1 may): 2, and at most 1 is well";
    assert_eq!(judge.why().as_deref(), Some(why));
}

#[test]
fn what_tells_nothing_is_borne_as_often_as_the_policy_says_and_no_more() {
    let server = Server::values(&[NOTHING, HALF, NOTHING, HALF]);
    let bears = |inconclusive_limit| Gate { inconclusive_limit, ..at_most_one(&server.url()) };
    let mut enough = judge(&[bears(2)], 50);
    through(&mut enough);
    assert_eq!(enough.said(), Some(Health::Ok));
    let nothing = Server::values(&[NOTHING]);
    let mut never = judge(&[Gate { inconclusive_limit: 99, ..at_most_one(&nothing.url()) }], 50);
    through(&mut never);
    assert_eq!(never.said(), Some(Health::Inconclusive));
    assert!(never.why().unwrap().contains("was well: the query gives nothing"));
}

#[test]
fn a_server_that_does_not_answer_well_says_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let slow = Server::new(|_, _, _| thread::sleep(Duration::from_secs(10)));
    let dripping = Server::new(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        for _ in 0..100 {
            let _ = stream.write_all(b" ");
            thread::sleep(Duration::from_millis(100));
        }
    });
    let garbage = Server::new(|_, _, stream| drop(stream.write_all(b"SSH-2.0-OpenSSH\r\n")));
    let silent = Server::new(|_, _, _| {});
    let error = Server::new(|_, _, stream| reply(stream, 503, "", "<h1>down</h1>"));
    let moved = Server::new(|_, _, stream| reply(stream, 302, "Location: https://elsewhere/\r\n", ""));
    let cases = [
        (format!("http://{closed}"), "the connection is refused"),
        (slow.url(), "no answer in time"),
        (dripping.url(), "no answer in time"),
        (garbage.url(), "not HTTP as it should be"),
        (silent.url(), ""),
        (error.url(), "HTTP 503 Service Unavailable is no answer of Prometheus"),
        (moved.url(), "HTTP 302 Found, which leads to https://elsewhere/ is no answer"),
        ("http://no-such-host.invalid:9090".to_string(), ""),
    ];
    for (server, why) in cases {
        let begun = Instant::now();
        let found = no(at_most_one(&server));
        assert_eq!((found.verdict, found.value), (Health::Inconclusive, None), "{server}");
        let message = found.message.unwrap();
        assert!(message.contains(why) && !message.is_empty(), "{server}: {message}");
        assert!(begun.elapsed() < Duration::from_secs(6), "{server}");
    }
}

#[test]
fn a_threshold_is_for_one_value() {
    let two = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[\
        {\"metric\":{},\"value\":[1,\"0\"]},{\"metric\":{\"i\":\"b\"},\"value\":[1,\"0\"]}]}}";
    let server = Server::new(move |_, _, stream| reply(stream, 200, "", two));
    let found = no(at_most_one(&server.url()));
    assert_eq!(found.verdict, Health::Inconclusive);
    assert!(found.message.unwrap().starts_with("the query gives 2 values"));
}

fn compared(server: &str, min_samples: usize) -> Gate {
    let range = Range { min: None, max: Some(number(1.1)) };
    let compare = Compare { by: By::Ratio, range, min_samples, significance: Some(number(0.05)) };
    query(server, "latency{i=~\"{{ hosts }}\"}", Condition::Compare(compare))
}

/// Answers with a value for each host that is asked about: 1.2 of the batch, 1 of others, each a little different.
fn latencies() -> Server {
    Server::new(|number, request, stream| {
        let base = if request.contains("web1") { 1.2 } else { 1.0 };
        let series = |host: usize| {
            let noise = ((number * 7 + host * 3) % 11) as f64 / 200.0;
            format!("{{\"metric\":{{\"i\":\"{host}\"}},\"value\":[1,\"{}\"]}}", base + noise)
        };
        let result = [series(1), series(2)].join(",");
        let body = format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{result}]}}}}");
        reply(stream, 200, "", &body);
    })
}

#[test]
fn what_is_slower_than_the_others_is_found_by_comparison() {
    let server = latencies();
    let mut judge = judge(&[compared(&server.url(), 8)], 100);
    let events = through(&mut judge);
    assert_eq!(judge.said(), Some(Health::Failed));
    let found = measures(&events);
    assert_eq!((found[0].verdict, found[0].samples), (Health::Waiting, Some((2, 2))));
    let last = found.last().unwrap();
    assert_eq!((last.verdict, last.samples), (Health::Failed, Some((8, 8))));
    assert!(last.beside.is_some_and(|(batch, others)| batch > others * 1.1), "{last:?}");
    assert!(last.chance.is_some_and(|chance| chance < 0.005), "{last:?}");
}

#[test]
fn too_few_samples_at_the_end_say_nothing() {
    let server = latencies();
    let mut judge = judge(&[compared(&server.url(), 1000)], 30);
    let events = through(&mut judge);
    assert_eq!(judge.said(), Some(Health::Inconclusive));
    let verdicts: Vec<Health> = measures(&events).iter().map(|found| found.verdict).collect();
    assert_eq!(verdicts, [Health::Waiting, Health::Waiting, Health::Waiting, Health::Inconclusive]);
}

#[test]
fn without_others_there_is_nothing_to_compare_with_and_the_gate_is_left_out() {
    let server = latencies();
    let subject = Subject { others: Vec::new(), ..subject(&["web1"]) };
    let gates = [compared(&server.url(), 1)];
    let mut judge = Judge::new(&gates, subject, None, &surroundings(), None).unwrap();
    assert_eq!(through(&mut judge), []);
    assert_eq!((judge.said(), judge.left_out()), (Some(Health::Ok), &["gate".to_string()][..]));
    assert!(server.asked().is_empty());
}

#[test]
fn each_host_of_the_batch_has_to_answer() {
    let server = Server::new(|_, request, stream| match request {
        ill if ill.contains("web.2") => reply(stream, 500, "", "oh"),
        _ => reply(stream, 200, "", "all ok"),
    });
    let port = server.address.port();
    let mut subject = subject(&["web1", "web.2"]);
    subject.addresses = HashMap::from([("web1".into(), "127.0.0.1".into()), ("web.2".into(), "127.0.0.1".into())]);
    let ask = |http| {
        let mut judge = Judge::new(&[gate(Measure::Http(http))], subject.clone(), None, &surroundings(), None).unwrap();
        let events = through(&mut judge);
        let found = measures(&events)[0].clone();
        (found.verdict, found.value, found.message.unwrap_or_default(), found.hosts.len())
    };
    let url = format!("http://{{{{ host }}}}:{port}/health");
    assert_eq!(ask(http(&url)), (Health::Ok, Some(0.0), String::new(), 0));
    let body = ask(Http { body: Some("ill".into()), ..http(&url) });
    assert_eq!(body, (Health::Failed, Some(2.0), "2 of 2 hosts: web1: `ill` is not in the answer".into(), 2));
    let status = ask(Http { status: Some(204), ..http(&url) });
    assert_eq!(status, (Health::Failed, Some(2.0), "2 of 2 hosts: web1: HTTP 200 OK".into(), 2));
    let ill = ask(http(&format!("http://{{{{ host }}}}:{port}/web.2")));
    assert_eq!(ill.2, "2 of 2 hosts: web1: HTTP 500 Internal Server Error");
}

#[test]
fn an_answer_may_take_its_time_and_no_more() {
    let server = Server::new(|_, _, stream| {
        thread::sleep(Duration::from_millis(150));
        reply(stream, 200, "", "ok");
    });
    let url = format!("{}/", server.url());
    let found = no(gate(Measure::Http(Http { max_time_ms: Some(50), ..http(&url) })));
    assert_eq!(found.verdict, Health::Failed);
    assert!(found.message.unwrap().contains("and 50ms may be"));
    let mut patient = judge(&[gate(Measure::Http(Http { max_time_ms: Some(1500), ..http(&url) }))], 0);
    through(&mut patient);
    assert_eq!(patient.said(), Some(Health::Ok));
}

#[test]
fn an_answer_without_an_end_is_read_as_far_as_it_matters() {
    let server = Server::new(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        let part = vec![b'x'; 64 << 10];
        while stream.write_all(&part).is_ok() {}
    });
    let found = no(gate(Measure::Http(Http { body: Some("end".into()), ..http(&server.url()) })));
    assert!(found.message.unwrap().contains("`end` is not in the answer in its first MiB"));
    assert!(no(at_most_one(&server.url())).message.unwrap().contains("longer than 16 MiB"));
}

#[test]
fn a_token_goes_to_its_server_and_nowhere_else() {
    let other = Server::values(&[HALF]);
    let to = other.url();
    let server = Server::new(move |_, _, stream| reply(stream, 307, &format!("Location: {to}/\r\n"), ""));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "s3cret\n").unwrap();
    let token = Some(Token::File(path.display().to_string()));
    let range = Range { min: None, max: Some(number(1.0)) };
    let asked = Prometheus {
        query: "up".into(),
        server: server.url(),
        token: token.clone(),
        condition: Condition::Threshold(range),
    };
    let with_query = no(gate(Measure::Prometheus(asked)));
    let with_http = no(gate(Measure::Http(Http { token, ..http(&server.url()) })));
    assert!(server.asked().len() >= 2);
    assert!(server.asked().iter().all(|asked| asked.to_lowercase().contains("authorization: bearer s3cret")));
    assert!(other.asked().is_empty());
    assert!(!format!("{with_query:?}{with_http:?}").contains("s3cret"));
    std::fs::remove_file(&path).unwrap();
    let missing = Http { token: Some(Token::Variable("NO_SUCH_TOKEN".into())), ..http(&server.url()) };
    let found = no(gate(Measure::Http(missing)));
    assert_eq!((found.verdict, found.hosts.len()), (Health::Inconclusive, 0));
    assert_eq!(found.message.as_deref(), Some("token_variable NO_SUCH_TOKEN: the variable is not set"));
}

#[test]
fn commands_get_the_batch_as_words_and_variables() {
    let script = "test \"$1,$ROLLOUT_GROUP\" = 'web1,web.2,shop_A' && test \"$2\" = '$(touch x)A 2.5.0'";
    let words = ["sh", "-c", script, "sh", "{{ hosts }}", "$(touch x){{ batch }} {{ version }}"];
    let mut well = judge(&[gate(Measure::Command(words.map(str::to_string).to_vec()))], 10);
    let events = through(&mut well);
    assert_eq!(well.said(), Some(Health::Ok), "{events:?}");
    let refused = [gate(Measure::Command(vec!["true".into()]))];
    let mut judge = Judge::new(&refused, subject(&["web1"]), None, &surroundings(), None).unwrap();
    through(&mut judge);
    assert_eq!(judge.said(), Some(Health::Inconclusive));
}

#[test]
fn a_command_ends_with_its_judge() {
    let folder = tempfile::tempdir().unwrap();
    let late = folder.path().join("late");
    let words = vec!["sh".into(), "-c".into(), format!("sleep 1; touch {}", late.display())];
    let mut judge = judge(&[gate(Measure::Command(words))], 100);
    judge.start(Duration::ZERO);
    thread::sleep(Duration::from_millis(300));
    drop(judge);
    thread::sleep(Duration::from_millis(1200));
    assert!(!late.exists());
}

#[test]
fn one_gate_that_says_no_is_enough() {
    let (well, ill) = (Server::values(&[HALF]), Server::values(&[TWO]));
    let ill = Gate { name: "ill".into(), initial_delay: 20, ..at_most_one(&ill.url()) };
    let mut judge = judge(&[at_most_one(&well.url()), ill], 100);
    through(&mut judge);
    assert_eq!(judge.said(), Some(Health::Failed));
    assert!(judge.why().unwrap().starts_with("gate ill: 1 of 1 measurement failed (none may)"));
}

#[test]
fn a_thousand_hosts_answer_in_time_and_fifty_at_a_time() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let server = Server::new(move |_, _, stream| {
        seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(10));
        now.fetch_sub(1, Ordering::SeqCst);
        reply(stream, 200, "", "ok");
    });
    let names: Vec<String> = (0..1000).map(|number| format!("web{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let gates = [gate(Measure::Http(http(&server.url())))];
    let gates = [Gate { timeout_ms: 20_000, ..gates[0].clone() }];
    let begun = Instant::now();
    let mut judge = Judge::new(&gates, subject(&names), None, &surroundings(), None).unwrap();
    through(&mut judge);
    assert_eq!(judge.said(), Some(Health::Ok), "{:?}", judge.why());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let most = most.load(Ordering::SeqCst);
    assert!(most > 5 && most <= AT_A_TIME, "{most}");
}
