#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use super::*;

const LIMIT: Duration = Duration::from_secs(30);

/// A target that takes a write for each permission, and fails once there can be no more.
struct Slow {
    permissions: Receiver<()>,
    written: Sender<String>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let closed = |_| io::Error::from(ErrorKind::BrokenPipe);
        self.permissions.recv().map_err(closed)?;
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.written.send(text).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A queue, what lets its thread write, and what that wrote.
fn queue() -> (Arc<LineQueue>, Sender<()>, Receiver<String>) {
    let (permit, permissions) = channel();
    let (written, texts) = channel();
    let mut slow = Slow {
        permissions,
        written,
    };
    let queue = Arc::new(LineQueue::new(LogFormat::Json));
    let of_thread = Arc::clone(&queue);
    thread::spawn(move || of_thread.write_to(&mut slow));
    (queue, permit, texts)
}

#[test]
fn lines_are_written_in_order_before_a_flush_ends() {
    let (queue, permit, texts) = queue();
    for _ in 0..3 {
        permit.send(()).unwrap();
    }
    for line in ["a\n", "b\n", "c\n"] {
        queue.push(line.as_bytes());
    }
    queue.flush(LIMIT);
    assert_eq!(texts.try_iter().collect::<String>(), "a\nb\nc\n");
    assert_eq!(queue.dropped(), 0);
}

#[test]
fn flush_of_a_target_that_takes_nothing_ends_in_time() {
    let (queue, _permit, _texts) = queue();
    queue.push(b"a\n");
    let started = Instant::now();
    queue.flush(Duration::from_millis(50));
    assert!(started.elapsed() < LIMIT);
}

#[test]
fn dropped_lines_are_reported_where_they_are_missing() {
    let (queue, permit, texts) = queue();
    let mut line = vec![b'x'; ROOM_BYTES / 8];
    line[ROOM_BYTES / 8 - 1] = b'\n';
    for _ in 0..20 {
        queue.push(&line);
    }
    // 8 have room to wait, and as many are in the hands of the thread, if it was quick.
    let dropped = queue.dropped();
    assert!((4..=12).contains(&dropped), "{dropped}");
    // Two batches with a note each, if the first was taken late, and the last line.
    for _ in 0..5 {
        permit.send(()).unwrap();
    }
    queue.flush(LIMIT);
    queue.push(b"later\n");
    queue.flush(LIMIT);

    let text: String = texts.try_iter().collect();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.last(), Some(&"later"));
    let notes = lines.iter().filter(|line| line.starts_with('{'));
    let notes: Vec<serde_json::Value> = notes
        .map(|note| serde_json::from_str(note).unwrap())
        .collect();
    let told: u64 = notes.iter().filter_map(|note| note["lines"].as_u64()).sum();
    assert_eq!(told, dropped);
    assert_eq!(lines.len() - notes.len() - 1, 20 - dropped as usize);
}

#[test]
fn lines_that_cannot_be_written_are_counted() {
    let (queue, permit, _texts) = queue();
    drop(permit);
    queue.push(b"a\nb\n");
    queue.flush(LIMIT);
    queue.push(b"c\n");
    queue.flush(LIMIT);
    assert_eq!(queue.dropped(), 3);
}
