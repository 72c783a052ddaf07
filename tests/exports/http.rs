//! Backends that know their version, and visitors that ask all the time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::site::wait_until;

/// What a host serves: a version, or nothing while it is being worked on.
type Serving = Arc<Mutex<Vec<Option<&'static str>>>>;

/// Hosts that answer with their address and version.
pub struct Backends {
    addresses: Vec<&'static str>,
    serving: Serving,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    port: u16,
}

impl Backends {
    pub fn start(addresses: &[&'static str], port: u16, version: &'static str) -> Self {
        let serving: Serving = Arc::new(Mutex::new(vec![Some(version); addresses.len()]));
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (index, address) in addresses.iter().copied().enumerate() {
            let listener = TcpListener::bind((address, port)).unwrap();
            let (serving, stop) = (Arc::clone(&serving), Arc::clone(&stop));
            threads.push(std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let version = serving.lock().unwrap()[index];
                    answer(stream.unwrap(), address, version);
                }
            }));
        }
        Backends { addresses: addresses.to_vec(), serving, stop, threads, port }
    }

    /// From now on a host serves this, or nothing.
    pub fn set(&self, address: &str, version: Option<&'static str>) {
        let index = self.addresses.iter().position(|known| *known == address).unwrap();
        self.serving.lock().unwrap()[index] = version;
    }

    /// What every host serves.
    pub fn versions(&self) -> Vec<Option<&'static str>> {
        self.serving.lock().unwrap().clone()
    }
}

impl Drop for Backends {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for address in &self.addresses {
            let _ = TcpStream::connect((*address, self.port));
        }
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn answer(mut stream: TcpStream, address: &str, version: Option<&str>) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let (status, body) = match version {
        Some(version) => ("200 OK", format!("{address} {version}")),
        None => ("503 Service Unavailable", format!("{address} -")),
    };
    let length = body.len();
    // In one piece, or the second one would wait for the first one's acknowledgement.
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let _ = stream.write_all(text.as_bytes());
}

/// One answer to one visitor.
#[derive(Clone, Debug)]
pub struct Visit {
    pub who: String,
    /// When it was asked for and when it came.
    pub from: Instant,
    pub to: Instant,
    pub status: u16,
    pub host: String,
    pub version: String,
}

/// Asks once; `headers` are whole lines.
pub fn visit(port: u16, who: &str, headers: &str) -> Visit {
    let from = Instant::now();
    let text = ask(port, headers).unwrap_or_default();
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    let (host, version) = body.trim().split_once(' ').unwrap_or_default();
    let (host, version) = (host.to_string(), version.to_string());
    Visit { who: who.to_string(), from, to: Instant::now(), status, host, version }
}

fn ask(port: u16, headers: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: shop\r\n{headers}Connection: close\r\n\r\n").as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Visitors that ask one after another, all the time.
pub struct Visitors {
    stop: Arc<AtomicBool>,
    /// How often each thread has asked for all of its visitors.
    rounds: Vec<Arc<AtomicUsize>>,
    threads: Vec<JoinHandle<Vec<Visit>>>,
}

impl Visitors {
    /// A thread for each list of visitors, with their headers.
    pub fn start(port: u16, threads: Vec<Vec<(String, String)>>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let rounds: Vec<Arc<AtomicUsize>> = threads.iter().map(|_| Arc::default()).collect();
        let run = |(visitors, round): (Vec<(String, String)>, &Arc<AtomicUsize>)| {
            let (stop, round) = (Arc::clone(&stop), Arc::clone(round));
            std::thread::spawn(move || {
                let mut visits = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    for (who, headers) in &visitors {
                        visits.push(visit(port, who, headers));
                        std::thread::sleep(Duration::from_millis(3));
                    }
                    round.fetch_add(1, Ordering::Relaxed);
                }
                visits
            })
        };
        let threads = threads.into_iter().zip(&rounds).map(run).collect();
        Visitors { stop, rounds, threads }
    }

    /// Waits until every visitor has begun and ended a visit from now on, and another one.
    pub fn go_round(&self) {
        let now: Vec<usize> = self.rounds.iter().map(|round| round.load(Ordering::Relaxed)).collect();
        let past = |(round, now): (&Arc<AtomicUsize>, &usize)| round.load(Ordering::Relaxed) >= now + 3;
        wait_until("all visitors", || self.rounds.iter().zip(&now).all(past));
    }

    /// Ends them, and gives all visits, by time.
    pub fn stop(self) -> Vec<Visit> {
        self.stop.store(true, Ordering::Relaxed);
        let mut visits: Vec<Visit> = self.threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        visits.sort_by_key(|visit| visit.from);
        visits
    }
}
