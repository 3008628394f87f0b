//! Masses in words: grams in larger units, with no gram lost.

/// Grams of a kilogram.
pub const KILOGRAM_G: u64 = 1_000;
/// Grams of a tonne.
pub const TONNE_G: u64 = 1_000_000;

/// Grams in a unit of `unit_g` grams (a power of ten), with no decimals lost and at least `least` of them.
pub fn decimal(grams: i64, unit_g: u64, least: usize) -> String {
    let (size, places) = (grams.unsigned_abs(), unit_g.ilog10() as usize);
    let fraction = format!("{:0places$}", size % unit_g);
    let needed = fraction.trim_end_matches('0').len().max(least);
    let sign = if grams < 0 { "-" } else { "" };
    let whole = size / unit_g;
    if needed == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{}", &fraction[..needed]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_gram_is_lost() {
        for (grams, text) in [
            (1_200_000, "1200"),
            (1_500, "1.5"),
            (1, "0.001"),
            (0, "0"),
            (-40_020, "-40.02"),
            (i64::MIN, "-9223372036854775.808"),
        ] {
            assert_eq!(decimal(grams, KILOGRAM_G, 0), text);
        }
        for (grams, text) in [(1_187_000, "1.187"), (1, "0.000001"), (-2_500_000, "-2.500"), (0, "0.000")] {
            assert_eq!(decimal(grams, TONNE_G, 3), text);
        }
    }
}
