//! Java's `java.util.Random`: 48 bits, the same numbers from the same seed.

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

/// The generator.
#[derive(Debug, Clone)]
pub(crate) struct JavaRandom {
    state: u64,
}

impl JavaRandom {
    /// The generator of a seed.
    pub(crate) fn new(seed: i64) -> Self {
        let seed = u64::from_ne_bytes(seed.to_ne_bytes());
        Self {
            state: (seed ^ MULTIPLIER) & MASK,
        }
    }

    fn next(&mut self, bits: u32) -> i32 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        let high = (self.state >> (48 - bits)) & 0xFFFF_FFFF;
        let high = u32::try_from(high).unwrap_or(0);
        i32::from_ne_bytes(high.to_ne_bytes())
    }

    /// `nextInt(bound)`.
    pub(crate) fn next_below(&mut self, bound: i32) -> i32 {
        let limit = bound.wrapping_sub(1);
        if bound & limit == 0 {
            let product = i64::from(bound) * i64::from(self.next(31));
            return i32::try_from(product >> 31).unwrap_or(0);
        }
        loop {
            let bits = self.next(31);
            let found = bits % bound;
            // The last, incomplete run of numbers would favour the small ones.
            if bits.wrapping_sub(found).wrapping_add(limit) >= 0 {
                return found;
            }
        }
    }

    /// `nextDouble()`.
    pub(crate) fn next_double(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1_i64 << 53) as f64;
        let high = i64::from(self.next(26)) << 27;
        let whole = high + i64::from(self.next(27));
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let whole = whole as f64;
        whole * UNIT
    }
}
