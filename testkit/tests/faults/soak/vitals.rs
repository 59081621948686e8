//! What a process holds, measured again and again, and whether that grows.

use std::fmt;
use std::fs;
use std::time::Instant;

use testkit::UserService;

use crate::support::metric;

/// At one moment of quiet.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessMetrics {
    hours: f64,
    mebibytes: f64,
    files: f64,
    tasks: f64,
}

impl ProcessMetrics {
    /// Those of `service`, which runs for the soak that was `begun` then.
    pub(super) async fn of(service: &mut UserService, begun: Instant) -> Self {
        let tasks = metric(service, "tokio_tasks_alive", &[]).await;
        let process = service.process();
        let files = fs::read_dir(format!("/proc/{}/fd", process.pid())).unwrap();
        Self {
            hours: begun.elapsed().as_secs_f64() / 3600.0,
            mebibytes: process.resident() as f64 / 1024.0,
            files: files.count() as f64,
            tasks,
        }
    }
}

impl fmt::Display for ProcessMetrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            mebibytes,
            files,
            tasks,
            ..
        } = self;
        write!(
            formatter,
            "{mebibytes:.1} MiB, {files} files, {tasks} tasks"
        )
    }
}

/// How much of each a process gains in an hour, by the line that fits best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) mebibytes: f64,
    pub(super) files: f64,
    pub(super) tasks: f64,
}

impl Growth {
    /// Without the first quarter of the samples, in which the process warms up.
    pub(super) fn of(samples: &[ProcessMetrics]) -> Self {
        let warm = &samples[samples.len() / 4..];
        let slope =
            |of: fn(&ProcessMetrics) -> f64| slope(warm.iter().map(|it| (it.hours, of(it))));
        Self {
            mebibytes: slope(|it| it.mebibytes),
            files: slope(|it| it.files),
            tasks: slope(|it| it.tasks),
        }
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            mebibytes,
            files,
            tasks,
        } = self;
        write!(
            formatter,
            "{mebibytes:+.2} MiB, {files:+.1} files and {tasks:+.1} tasks an hour"
        )
    }
}

/// The slope of the line of least squares through `points`; 0 without two different abscissae.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    let (sum_x, sum_y) = points
        .clone()
        .fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut both, mut square) = (0.0, 0.0);
    for (x, y) in points {
        both += (x - mean_x) * (y - mean_y);
        square += (x - mean_x).powi(2);
    }
    if square > 0.0 { both / square } else { 0.0 }
}

#[test]
fn the_slope_is_that_of_the_line() {
    let line = (0..10).map(|x| (f64::from(x), 3.0 - 2.0 * f64::from(x)));
    assert!((slope(line) + 2.0).abs() < 1e-9);
    assert_eq!(slope([(1.0, 5.0)].into_iter()), 0.0);
}
