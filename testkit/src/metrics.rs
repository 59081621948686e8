//! What `/metrics` says.

/// The text of `/metrics` at one moment, in OpenMetrics.
#[derive(Clone, Debug)]
pub struct Metrics(String);

impl Metrics {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The series of the metric `name` that have all these `labels`, written such as
    /// `rpc_method="GetUser"`, or a part of that; each with its value.
    ///
    /// # Panics
    /// If a value is not a number.
    pub fn series(&self, name: &str, labels: &[impl AsRef<str>]) -> Vec<(&str, f64)> {
        let is_it = |line: &&str| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
                && labels.iter().all(|label| line.contains(label.as_ref()))
        };
        let without_exemplars = self.0.lines().filter_map(|line| line.split(" # ").next());
        let series = without_exemplars.filter(is_it);
        series
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(series, value)| (series, value.parse().expect("a value is a number")))
            .collect()
    }

    /// The sum of these series; 0 if there are none.
    ///
    /// # Panics
    /// If a value is not a number.
    pub fn sum(&self, name: &str, labels: &[impl AsRef<str>]) -> f64 {
        let series = self.series(name, labels);
        series.iter().map(|(_, value)| value).sum()
    }

    /// The value of the one such series, if there is one.
    ///
    /// # Panics
    /// If there are more, or the value is not a number.
    pub fn value(&self, name: &str, labels: &[impl AsRef<str>]) -> Option<f64> {
        match self.series(name, labels)[..] {
            [] => None,
            [(_, value)] => Some(value),
            ref found => panic!("{name} is not one series: {found:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "calls_total{method=\"a\",code=\"OK\"} 2 # {trace_id=\"1\"} 1\n\
                        calls_total{method=\"b\",code=\"OK\"} 3\n\
                        calls_total_more 7\n\
                        # EOF\n";

    #[test]
    fn series_are_found_by_their_name_and_labels() {
        let metrics = Metrics::new(TEXT.to_owned());
        assert_eq!(metrics.sum("calls_total", &["code=\"OK\""]), 5.0);
        assert_eq!(metrics.value("calls_total", &["method=\"a\""]), Some(2.0));
        assert_eq!(metrics.value("calls_total", &["method=\"c\""]), None);
        assert_eq!(metrics.sum("calls_total_more", &[""; 0]), 7.0);
    }
}
