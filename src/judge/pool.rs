//! Threads that ask, no more than a limit at a time.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How much is asked at a time.
pub const AT_A_TIME: usize = 50;

/// A piece of work; what it returns is taken from the pool.
type Work<T> = Box<dyn FnOnce() -> T + Send>;

/// Threads that work through a queue. They are made as they are needed, and end with the pool as soon as they are done with
/// what they are at.
pub struct Pool<T> {
    shared: Arc<Shared<T>>,
    sender: Sender<T>,
    done: Receiver<T>,
    threads: usize,
}

struct Shared<T> {
    queue: Mutex<Queue<T>>,
    wake: Condvar,
}

struct Queue<T> {
    waiting: VecDeque<Work<T>>,
    idle: usize,
    is_over: bool,
}

impl<T: Send + 'static> Pool<T> {
    /// A pool without threads.
    pub fn new() -> Self {
        let (sender, done) = channel();
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), idle: 0, is_over: false });
        Pool { shared: Arc::new(Shared { queue, wake: Condvar::new() }), sender, done, threads: 0 }
    }

    /// Adds work to the queue.
    ///
    /// # Errors
    /// The system gives no thread at all.
    pub fn add(&mut self, work: Work<T>) -> io::Result<()> {
        let mut queue = lock(&self.shared.queue);
        queue.waiting.push_back(work);
        let needs_more = queue.waiting.len() > queue.idle && self.threads < AT_A_TIME;
        drop(queue);
        self.shared.wake.notify_one();
        if needs_more {
            let (shared, sender) = (self.shared.clone(), self.sender.clone());
            match thread::Builder::new().name("judge".into()).spawn(move || shared.work(&sender)) {
                Ok(_) => self.threads += 1,
                Err(_) if self.threads > 0 => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes what is done, and waits for it at most this long.
    pub fn take(&self, time: Duration) -> Option<T> {
        self.done.recv_timeout(time).ok()
    }
}

impl<T> Shared<T> {
    fn work(&self, sender: &Sender<T>) {
        while let Some(work) = self.next() {
            if sender.send(work()).is_err() {
                return;
            }
        }
    }

    fn next(&self) -> Option<Work<T>> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.is_over {
                return None;
            }
            if let Some(work) = queue.waiting.pop_front() {
                return Some(work);
            }
            queue.idle += 1;
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }
}

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        let mut queue = lock(&self.shared.queue);
        queue.is_over = true;
        queue.waiting.clear();
        drop(queue);
        self.shared.wake.notify_all();
    }
}

/// What work leaves behind that failed is whole: nothing is half done under the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_than_the_limit_works_at_a_time() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut pool = Pool::new();
        for number in 0..300_usize {
            let (now, most) = (now.clone(), most.clone());
            let work = move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(5));
                now.fetch_sub(1, Ordering::SeqCst);
                number
            };
            pool.add(Box::new(work)).unwrap();
        }
        let mut numbers: Vec<usize> = (0..300).map(|_| pool.take(Duration::from_secs(10)).unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..300).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), AT_A_TIME);
    }

    #[test]
    fn what_was_not_begun_is_not_done_after_the_end() {
        let done = Arc::new(AtomicUsize::new(0));
        let mut pool = Pool::new();
        for _ in 0..AT_A_TIME * 3 {
            let done = done.clone();
            let work = move || {
                thread::sleep(Duration::from_millis(50));
                done.fetch_add(1, Ordering::SeqCst)
            };
            pool.add(Box::new(work)).unwrap();
        }
        drop(pool);
        thread::sleep(Duration::from_millis(200));
        assert!(done.load(Ordering::SeqCst) <= AT_A_TIME);
    }
}
