//! Calls without an attack, beside an attack on another service, and under attack, in turns.

use std::fmt;
use std::time::Duration;

use testkit::load::Tally;
use testkit::sizes::size;

/// How much longer the worst of a hundred calls of others may take under an attack than
/// beside one on another service.
const MOST_SLOWDOWN: f64 = 2.0;

/// What is no matter all the same. The quick size runs beside other tests and compilers,
/// and only finds a service that stands still; in the long one 200 lists that are begun
/// at once take their turns on the one processor of the service.
fn slack() -> Duration {
    size(Duration::from_secs(3), Duration::from_millis(2))
}

/// The calls, by what went on meanwhile.
#[derive(Default)]
pub(crate) struct Slices {
    /// Nothing.
    pub(crate) calm: Vec<Tally>,
    /// The attack, but on a server that does nothing.
    pub(crate) control: Vec<Tally>,
    /// The attack.
    pub(crate) storm: Vec<Tally>,
}

impl Slices {
    /// Ends the test if a call failed, or if others notice the attack too much.
    pub(crate) fn assert_bounded(&self, name: &str) {
        let all = [&self.calm, &self.control, &self.storm];
        all.into_iter()
            .flatten()
            .for_each(Tally::assert_none_failed);
        let (control, storm) = (typical(&self.control, 99), typical(&self.storm, 99));
        let bounded = ratio(&self.storm, &self.control) <= MOST_SLOWDOWN;
        assert!(bounded || storm < control + slack(), "{name}: {self}");
    }
}

impl Slices {
    /// All calls under the attack.
    pub(crate) fn calls(&self) -> usize {
        self.storm.iter().map(Tally::calls).sum()
    }

    /// Within which time 99 % of the calls succeeded in peace, and under the attack.
    pub(crate) fn p99(&self) -> (Duration, Duration) {
        (typical(&self.calm, 99), typical(&self.storm, 99))
    }
}

impl fmt::Display for Slices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} other calls", self.calls())?;
        for percent in [50, 99] {
            let of = |slices| typical(slices, percent);
            let (calm, control, storm) = (of(&self.calm), of(&self.control), of(&self.storm));
            write!(
                formatter,
                ", p{percent} {calm:.2?} in peace, {control:.2?} beside the attack on another, {storm:.2?} under it"
            )?;
        }
        let (calm, control) = (&self.calm, &self.control);
        let of = |slices| ratio(&self.storm, slices);
        write!(
            formatter,
            " (p99 x{:.1} of that in peace, x{:.1} of that beside)",
            of(calm),
            of(control)
        )
    }
}

/// The median over the rounds of how much longer the worst of a hundred calls took in
/// `slices` than in `others`: what changes from one round to the next is in neither.
fn ratio(slices: &[Tally], others: &[Tally]) -> f64 {
    let seconds = |tally: &Tally| tally.percentile(99).as_secs_f64();
    let rounds = slices.iter().zip(others);
    let mut ratios: Vec<_> = rounds
        .map(|(one, other)| seconds(one) / seconds(other))
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or_default()
}

/// The median over `slices` of the time within which so many of a hundred calls succeeded.
fn typical(slices: &[Tally], percent: usize) -> Duration {
    let mut times: Vec<_> = slices.iter().map(|it| it.percentile(percent)).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
