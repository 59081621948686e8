//! The order in which backends are called: smooth weighted round robin, as nginx has it.

/// The longest order: weights that add up to more are scaled down.
const MAX_TURNS: u64 = 1024;

/// For each turn the index of the backend that is called, given the weight of each. Every
/// backend has a turn at least; with equal weights this is plain round robin.
pub(super) fn order(weights: &[u32]) -> Vec<usize> {
    let weights = scaled(weights);
    let total: i64 = weights.iter().sum();
    let mut credits = vec![0_i64; weights.len()];
    let mut order = Vec::new();
    for _ in 0..total {
        for (credit, weight) in credits.iter_mut().zip(&weights) {
            *credit += weight;
        }
        // The first of several, so that the order is the same each time.
        let most = (0..credits.len()).rev().max_by_key(|&index| credits[index]);
        let Some(next) = most else { break };
        credits[next] -= total;
        order.push(next);
    }
    order
}

/// `weights` in their lowest terms, and small enough to add up to about [`MAX_TURNS`].
fn scaled(weights: &[u32]) -> Vec<i64> {
    let total: u64 = weights.iter().map(|&it| u64::from(it.max(1))).sum();
    let small = |weight: u32| match total > MAX_TURNS {
        true => (u64::from(weight) * MAX_TURNS / total).max(1),
        false => u64::from(weight.max(1)),
    };
    let weights: Vec<u64> = weights.iter().map(|&it| small(it)).collect();
    let divisor = weights.iter().copied().reduce(greatest_common_divisor);
    let divisor = divisor.unwrap_or(1);
    let lowest = weights.iter().map(|it| it / divisor);
    lowest.filter_map(|it| i64::try_from(it).ok()).collect()
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        _ => greatest_common_divisor(b, a % b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(weights: &[u32]) -> Vec<usize> {
        let order = order(weights);
        let count = |index| order.iter().filter(|&&it| it == index).count();
        (0..weights.len()).map(count).collect()
    }

    #[test]
    fn equal_weights_are_plain_round_robin() {
        assert_eq!(order(&[10, 10, 10]), [0, 1, 2]);
        assert_eq!(order(&[7]), [0]);
        assert!(order(&[]).is_empty());
    }

    #[test]
    fn weights_are_shares_that_are_spread_evenly() {
        assert_eq!(order(&[5, 1, 1]), [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(turns(&[10, 30, 60]), [1, 3, 6]);
    }

    #[test]
    fn the_order_is_bounded_and_leaves_no_backend_out() {
        let mut weights = vec![10_000; 100];
        weights.push(1);
        let turns = turns(&weights);
        assert!(turns.iter().all(|&it| it >= 1), "{turns:?}");
        assert!(turns.iter().sum::<usize>() <= 1_200);
        assert_eq!(order(&vec![10_000; 5_000]).len(), 5_000);
    }
}
