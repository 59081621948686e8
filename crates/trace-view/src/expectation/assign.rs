//! Which of the expected entries each found span is.

use super::count::Count;

/// For each found span the entry that it is, so that as many entries as can be have as
/// many spans as they require, and then as few spans as can be are left over. `fits` has
/// for each span the entries that it could be.
///
/// Each span in turn takes an entry that has room, or one whose span can move on
/// to another: the way of augmenting paths.
pub(crate) fn assign(fits: &[Vec<usize>], counts: &[Count]) -> Vec<Option<usize>> {
    let mut matching = Matching {
        fits,
        chosen: vec![None; fits.len()],
        taken: vec![Vec::new(); counts.len()],
    };
    // What is required goes first; later spans may move it, but never take it away.
    for room in [|count: &Count| count.min, |count: &Count| count.max] {
        let room: Vec<usize> = counts.iter().map(room).collect();
        for span in 0..fits.len() {
            if matching.chosen[span].is_none() {
                let mut tried = vec![false; counts.len()];
                matching.place(span, &room, &mut tried);
            }
        }
    }
    matching.chosen
}

struct Matching<'a> {
    fits: &'a [Vec<usize>],
    chosen: Vec<Option<usize>>,
    /// For each entry its spans.
    taken: Vec<Vec<usize>>,
}

impl Matching<'_> {
    /// Finds a place for `span`; it recurses at most once for each entry.
    fn place(&mut self, span: usize, room: &[usize], tried: &mut [bool]) -> bool {
        for entry in self.fits[span].iter().copied() {
            if std::mem::replace(&mut tried[entry], true) {
                continue;
            }
            if self.taken[entry].len() < room[entry] {
                self.taken[entry].push(span);
                self.chosen[span] = Some(entry);
                return true;
            }
            for place in 0..self.taken[entry].len() {
                let other = self.taken[entry][place];
                if self.place(other, room, tried) {
                    self.taken[entry][place] = span;
                    self.chosen[span] = Some(entry);
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> Count {
        text.parse().unwrap()
    }

    #[test]
    fn a_span_moves_on_where_another_fits_nowhere_else() {
        let fits = [vec![0, 1], vec![0]];
        let chosen = assign(&fits, &[count("1"), count("1")]);
        assert_eq!(chosen, [Some(1), Some(0)]);
    }

    #[test]
    fn required_spans_are_matched_before_optional_ones() {
        let fits = [vec![0, 1]];
        assert_eq!(assign(&fits, &[count("0.."), count("1")]), [Some(1)]);
    }

    #[test]
    fn no_more_are_taken_than_may_be() {
        let fits = [vec![0], vec![0], vec![0]];
        let chosen = assign(&fits, &[count("1..2")]);
        assert_eq!(chosen, [Some(0), Some(0), None]);
        assert_eq!(assign(&fits, &[count("0")]), [None, None, None]);
    }

    #[test]
    fn a_chain_of_moves_is_found() {
        let fits = [vec![0, 1], vec![1, 2], vec![0], vec![1]];
        let chosen = assign(&fits, &[count("1"), count("1"), count("1..9")]);
        assert_eq!(chosen.iter().flatten().count(), 3, "{chosen:?}");
        assert_eq!(chosen[1], Some(2));
    }
}
