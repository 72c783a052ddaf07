//! What a program writes to stderr: its start and its end are kept, however long it is.

use std::collections::VecDeque;

/// So many bytes are kept of the start, and of the end.
const KEPT: usize = 64 << 10;
/// The lines that a message shows: the first ones, where Ansible names the cause, and the last ones, where Python does.
const LINES: (usize, usize) = (4, 12);

/// A text of any length in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Stderr {
    start: Vec<u8>,
    end: VecDeque<u8>,
    length: u64,
}

impl Stderr {
    /// Adds what was written.
    pub fn add(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let (start, rest) = bytes.split_at(bytes.len().min(KEPT - self.start.len()));
        self.start.extend_from_slice(start);
        self.end.extend(rest);
        self.end.drain(..self.end.len().saturating_sub(KEPT));
    }

    /// How many bytes were written.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// As a message shows it, on lines of its own; empty if nothing was written.
    pub fn shown(&self) -> String {
        let mut bytes = self.start.clone();
        let lost = self.length - (self.start.len() + self.end.len()) as u64;
        if lost > 0 {
            bytes.extend_from_slice(format!("\n… {lost} more bytes …\n").as_bytes());
        }
        bytes.extend(&self.end);
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.trim_end().lines().collect();
        if lines.is_empty() {
            return String::new();
        }
        let (first, last) = LINES;
        let clean = |line: &str| -> String { line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
        let mut shown: Vec<String> = lines.iter().map(|line| clean(line)).collect();
        if lines.len() > first + last {
            let left_out = lines.len() - first - last;
            shown.splice(first..lines.len() - last, [format!("… {left_out} more lines …")]);
        }
        format!("; it wrote to stderr:\n    {}", shown.join("\n    "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_and_the_end_are_kept() {
        let mut stderr = Stderr::default();
        stderr.add(b"first\n");
        for _ in 0..1000 {
            stderr.add(&[b'x'; 1000]);
        }
        stderr.add(b"\nlast\n");
        assert_eq!(stderr.length(), 1_000_012);
        assert!(stderr.start.len() + stderr.end.len() <= 2 * KEPT);
        let shown = stderr.shown();
        assert!(shown.contains("\n    first\n") && shown.contains("more bytes") && shown.ends_with("\n    last"));
    }
}
