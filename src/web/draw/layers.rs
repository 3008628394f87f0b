//! In which column each stop of a flow stands.

use std::collections::BTreeSet;

/// The column of each of `count` stops, counted from where the links begin: one more than the farthest stop that leads to it.
///
/// Links that close a circle are passed over: of stops that wait for each other the first goes ahead.
pub(super) fn layers(count: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0; count];
    let mut leads_to: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waits_for = vec![0_usize; count];
    for (from, to) in links.iter().filter(|(from, to)| from != to) {
        leads_to[*from].push(*to);
        waits_for[*to] += 1;
    }
    let mut left: BTreeSet<usize> = (0..count).collect();
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|stop| waits_for[*stop] == 0).collect();
    while let Some(stop) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&stop);
        for to in leads_to[stop].iter().filter(|to| left.contains(to)) {
            layer[*to] = layer[*to].max(layer[stop] + 1);
            waits_for[*to] -= 1;
            if waits_for[*to] == 0 {
                ready.insert(*to);
            }
        }
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_leads_to_a_later_column() {
        assert_eq!(layers(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]), [0, 1, 2, 3]);
        assert_eq!(layers(5, &[(4, 3), (3, 1), (4, 1), (4, 0)]), [1, 2, 0, 1, 0]);
        assert_eq!(layers(0, &[]), Vec::<usize>::new());
    }

    #[test]
    fn circles_are_cut_and_come_to_an_end() {
        assert_eq!(layers(3, &[(0, 1), (1, 2), (2, 1)]), [0, 1, 2]);
        assert_eq!(layers(2, &[(0, 0), (0, 1), (1, 0)]), [0, 1]);
    }
}
