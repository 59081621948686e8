use super::*;

const KIB: usize = 1024;

impl Default for ByteBudget {
    /// One without limits.
    fn default() -> Self {
        Self {
            of_address: SharedCount::default(),
            in_total: SharedCount::default(),
            per_address: usize::MAX,
            total: usize::MAX,
        }
    }
}

impl ByteBudget {
    /// The budget of an address with this maximum of bytes.
    pub(crate) fn of_bytes(per_address: usize) -> Self {
        Self {
            per_address,
            ..Self::default()
        }
    }
}

/// Budgets of two addresses with 100 KiB each, and 150 KiB in total.
fn of_two_addresses() -> [ByteBudget; 2] {
    let in_total = SharedCount::default();
    [SharedCount::default(), SharedCount::default()].map(|of_address| ByteBudget {
        of_address,
        in_total: in_total.clone(),
        per_address: 100 * KIB,
        total: 150 * KIB,
    })
}

#[test]
fn bytes_of_an_address_and_of_all_are_bounded_and_given_back() {
    let [here, there] = of_two_addresses();
    let [mut first, mut second] = [&here, &here].map(|it| HeldBytes::none_of(it.clone()));
    let mut other = HeldBytes::none_of(there);

    assert_eq!(first.resize(UNCOUNTED + 60 * KIB), Ok(()));
    let too_many = Err(TooManyBytes::OfAddress);
    assert_eq!(second.resize(UNCOUNTED + 41 * KIB), too_many);
    assert_eq!(second.resize(UNCOUNTED + 40 * KIB), Ok(()));
    let too_many = Err(TooManyBytes::InTotal);
    assert_eq!(other.resize(UNCOUNTED + 51 * KIB), too_many);
    assert_eq!(other.resize(UNCOUNTED + 50 * KIB), Ok(()));

    assert_eq!(first.resize(0), Ok(()));
    drop(other);
    assert_eq!(second.resize(UNCOUNTED + 100 * KIB), Ok(()));
    drop((first, second));
    assert!(here.in_total.try_add(150 * KIB, 150 * KIB));
}

#[test]
fn a_call_with_little_does_not_count() {
    let [here, _] = of_two_addresses();
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let mut held = HeldBytes::none_of(here.clone());
            assert_eq!(held.resize(UNCOUNTED), Ok(()));
            held
        })
        .collect();
    assert!(here.of_address.try_add(100 * KIB, 100 * KIB));
    drop(calls);
}
