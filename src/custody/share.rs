//! Sharing whole grams out in proportion, so that the parts add up to the whole.

/// Share `total` out in proportion to `weights` by largest remainder: every part is rounded down, and the grams left over go
/// one each to the parts with the largest remainders; at equal remainders the earlier one comes first, so callers sort by id.
///
/// `total` and all weights are 0 or more. Weights that are all 0 count alike; without weights there are no parts.
pub fn largest_remainder(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        let alike = vec![1; weights.len()];
        return if weights.is_empty() { Vec::new() } else { largest_remainder(total, &alike) };
    }
    let exact = |weight: &i64| i128::from(total) * i128::from(*weight);
    let mut parts: Vec<i64> =
        weights.iter().map(|weight| i64::try_from(exact(weight) / sum).unwrap_or(i64::MAX)).collect();
    let shared: i64 = parts.iter().sum();
    let left = usize::try_from(total - shared).unwrap_or_default();
    if left == 0 {
        return parts;
    }
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|n| (std::cmp::Reverse(exact(&weights[*n]) % sum), *n));
    for n in by_remainder.into_iter().take(left) {
        parts[n] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_ties_go_to_the_earlier() {
        for (total, weights, parts) in [
            (10, &[1, 1, 1][..], &[4, 3, 3][..]),
            (11, &[1, 1, 1], &[4, 4, 3]),
            (0, &[5, 7], &[0, 0]),
            (7, &[0, 0], &[4, 3]),
            (100, &[0, 3, 1], &[0, 75, 25]),
            (1, &[1, 2], &[0, 1]),
            (1_840_000, &[206_700, 1_653_300], &[204_477, 1_635_523]),
            (5, &[], &[]),
        ] {
            assert_eq!(largest_remainder(total, weights), parts, "{total} over {weights:?}");
        }
    }

    #[test]
    fn masses_of_any_size_do_not_overflow() {
        let most = crate::shape::MAX_SAFE_INTEGER;
        let parts = largest_remainder(most, &[most; 256]);
        assert_eq!(parts.iter().sum::<i64>(), most);
        assert!(parts.iter().all(|part| (*part - parts[255]).abs() <= 1));
    }
}
