//! The examples of receivers of events, each against what it sends to, on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use super::*;

/// Serves one conversation after the other with `answer`, and gives what it returns.
fn serve(answer: impl Fn(TcpStream) -> String + Send + 'static) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (send, received) = channel();
    std::thread::spawn(move || listener.incoming().try_for_each(|stream| send.send(answer(stream.unwrap()))));
    (port, received)
}

/// A request with its head and body.
fn http(mut stream: TcpStream, status: &str) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let at = head.len();
        if reader.read_line(&mut head).unwrap() == 0 {
            break;
        }
        if let Some(value) = head[at..].to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// A mail as it was sent, or a server that takes none.
fn smtp(mut stream: TcpStream, takes: bool) -> String {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let (mut mail, mut is_mail) = (String::new(), false);
    stream.write_all(b"220 here\r\n").unwrap();
    for line in lines {
        let answer = match line.to_uppercase().as_str() {
            "." if is_mail => "250 taken",
            _ if is_mail => {
                mail += &(line + "\n");
                continue;
            }
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            to if to.starts_with("RCPT") && !takes => "550 nobody of that name",
            _ => "250 ok",
        };
        is_mail = answer.starts_with("354");
        stream.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
    }
    mail
}

/// A plan whose B1 fails, with a receiver of the examples.
fn with_receiver(name: &str) -> Test {
    let text = std::fs::read_to_string(format!("{}/examples/events/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    saved().script(name, &text)
}

/// Runs with a receiver; the rollout is the same whoever is told and cannot be. Returns how many events were not sent.
fn told(test: &Test, hook: &str) -> usize {
    let output = run(test, &format!("--on-event '{hook}' -- sh -c 'test {{batch}} = A'"));
    assert_eq!(output.code, 5, "{}", output.stderr);
    assert_eq!(events(test, &["begin", "done", "lost", "end"]), ["begin A", "done A", "begin B1", "lost B1", "end"]);
    let unsent = events(test, &["unsent"]).len();
    assert_eq!(output.stderr.matches("run: not sent to ").count(), unsent, "{}", output.stderr);
    assert!(!output.stderr.contains("geheim"), "{}", output.stderr);
    assert!(!read(test, "p.rollout.jsonl").contains("geheim"));
    unsent
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn a_webhook_is_posted_what_somebody_has_to_know() {
    for (status, unsent) in [("200 OK", 0), ("500 No", 4)] {
        let (port, received) = serve(move |stream| http(stream, status));
        let secret =
            format!("url = \"http://127.0.0.1:{port}/hook/geheim\"\nheader = \"Authorization: Bearer geheim\"\n");
        let test = with_receiver("webhook").file("webhook.conf", secret).env("WEBHOOK", "webhook.conf");
        assert_eq!(told(&test, "./webhook"), unsent);
        let requests: Vec<String> = received.try_iter().collect();
        let words: Vec<Value> = requests.iter().map(|request| body(request)["event"].clone()).collect();
        assert_eq!(words, ["start", "lost", "stop", "end"]);
        for head in ["POST /hook/geheim HTTP/1.1\r\n", "Bearer geheim\r\n", "Content-Type: application/json\r\n"] {
            assert!(requests[0].contains(head), "{}", requests[0]);
        }
    }
}

#[test]
fn people_are_mailed_that_it_stopped() {
    for (takes, unsent) in [(true, 0), (false, 2)] {
        let (port, received) = serve(move |stream| smtp(stream, takes));
        let test = with_receiver("mail").env("MAIL_SERVER", &format!("127.0.0.1:{port}"));
        assert_eq!(told(&test, "./mail ops@example.org"), unsent);
        let mails: Vec<String> = received.try_iter().collect();
        assert_eq!(mails.len(), 2);
        if takes {
            assert!(mails[0].contains("\nTo: ops@example.org\n"), "{}", mails[0]);
            let subject = "Subject: rollout stop: a batch is lost 2.5.0_groupB1\n";
            assert!(mails[0].starts_with(subject), "{}", mails[0]);
            assert!(mails[1].contains("\"outcome\": \"lost\""), "{}", mails[1]);
        }
    }
    // what a host says is no line of a head
    let (port, received) = serve(|stream| smtp(stream, true));
    let test = with_receiver("mail").env("MAIL_SERVER", &format!("127.0.0.1:{port}"));
    let event = r#"{\"event\": \"stop\", \"why\": \"no\\nBcc: all@example.org\"}"#;
    let mailed = test.shell(&format!("echo \"{event}\" | ./mail ops@example.org"));
    assert_eq!((mailed.code, mailed.stderr.as_str()), (0, ""));
    let mail = received.recv().unwrap();
    assert!(mail.starts_with("Subject: rollout stop: no Bcc: all@example.org\n"), "{mail}");
}

#[test]
fn grafana_has_a_mark_for_each_batch() {
    for (status, unsent) in [("200 OK", 0), ("401 Unauthorized", 5)] {
        let (port, received) = serve(move |stream| http(stream, status));
        let test = with_receiver("grafana").file("token", "geheim\n");
        let test = test.env("GRAFANA", &format!("http://127.0.0.1:{port}")).env("GRAFANA_TOKEN", "token");
        assert_eq!(told(&test, "./grafana"), unsent);
        let requests: Vec<String> = received.try_iter().collect();
        assert!(requests[0].starts_with("POST /api/annotations HTTP/1.1\r\n"), "{}", requests[0]);
        assert!(requests[0].contains("Authorization: Bearer geheim\r\n"), "{}", requests[0]);
        let marks: Vec<Value> = requests.iter().map(|request| body(request)).collect();
        let tags: Vec<String> = marks.iter().map(|mark| mark["tags"].to_string()).collect();
        let of = |word: &str, batch: &str| format!("[\"rollout\",\"{word}\",\"2.5.0\",\"{batch}\"]");
        assert_eq!(tags, [of("begin", "A"), of("done", "A"), of("begin", "B1"), of("lost", "B1"), of("stop", "B1")]);
        assert_eq!(marks[3]["text"], "2.5.0_groupB1: lost  exit code 1");
        let at = record(&test)[1]["at"].as_str().unwrap().to_string();
        let at = humantime::parse_rfc3339(&at).unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(u128::from(marks[0]["time"].as_u64().unwrap()), at.as_millis());
    }
}
