//! What real loads look like: `seeds/us/shape.csv`, counted from `seeds/us/waste-lines.csv.gz`.

use super::Random;

/// Rows `what,value,count`: of so many manifests or lines the value was this one.
const SHAPE: &str = include_str!("../../../seeds/us/shape.csv");

/// Distributions to draw from.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Lines of a manifest.
    lines: Counts,
    /// Containers of a line.
    containers: Counts,
    /// What a manifest weighs, in kilograms from 2^(value-1) to below 2^value, where all of its units are of weight.
    kg_bits: Counts,
}

/// Values with how often they were seen.
#[derive(Clone, Debug, Default)]
struct Counts {
    seen: Vec<(u32, usize)>,
    all: usize,
}

impl Shape {
    pub(super) fn embedded() -> Self {
        let of = |what: &str| {
            let mut counts = Counts::default();
            for row in SHAPE.lines() {
                let Some((value, count)) = row.strip_prefix(what).and_then(|row| row.split_once(',')) else {
                    continue;
                };
                if let (Ok(value), Ok(count)) = (value.parse(), count.parse::<usize>()) {
                    counts.seen.push((value, count));
                    counts.all += count;
                }
            }
            counts
        };
        Self { lines: of("lines,"), containers: of("containers,"), kg_bits: of("kg_bits,") }
    }

    /// How many lines a manifest has.
    pub(super) fn lines(&self, random: &mut Random) -> usize {
        usize::try_from(self.lines.draw(random)).unwrap_or(1)
    }

    /// How many containers a line has.
    pub(super) fn containers(&self, random: &mut Random) -> u32 {
        self.containers.draw(random)
    }

    /// What a manifest weighs, in kilograms.
    pub(super) fn kg(&self, random: &mut Random) -> u32 {
        let half = 1 << self.kg_bits.draw(random).clamp(1, 31).saturating_sub(1);
        half + u32::try_from(random.below(half as usize)).unwrap_or_default()
    }
}

impl Counts {
    fn draw(&self, random: &mut Random) -> u32 {
        let mut place = random.below(self.all.max(1));
        for (value, count) in &self.seen {
            match place.checked_sub(*count) {
                Some(rest) => place = rest,
                None => return *value,
            }
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_has_the_shape_of_what_was_seen() {
        let shape = Shape::embedded();
        let mut random = Random::new(1);
        let mut kg: Vec<u32> = (0..4_001).map(|_| shape.kg(&mut random)).collect();
        kg.sort_unstable();
        assert!((150..=215).contains(&kg[2_000]), "{} kg in the middle", kg[2_000]);
        assert_eq!(shape.lines.seen.last().map(|(value, _)| *value), Some(113));
        assert_eq!((0..4_000).map(|_| shape.containers(&mut random)).min(), Some(1));
    }
}
