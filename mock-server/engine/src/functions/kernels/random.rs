//! Spark's random numbers: the same seed gives the same numbers, so that samples and splits can be
//! compared with Spark's.

/// Spark's `XORShiftRandom`.
#[derive(Debug, Clone)]
pub(crate) struct XorShift {
    state: i64,
}

impl XorShift {
    /// The generator of a seed; Spark adds the partition's number before.
    pub(crate) fn new(seed: i64) -> Self {
        Self {
            state: scatter(seed),
        }
    }

    fn next(&mut self, bits: u32) -> i64 {
        let mut next = self.state ^ (self.state << 21);
        next ^= i64::from_ne_bytes((u64::from_ne_bytes(next.to_ne_bytes()) >> 35).to_ne_bytes());
        next ^= next << 4;
        self.state = next;
        next & ((1 << bits) - 1)
    }

    /// A number from 0 below 1.
    pub(crate) fn next_f64(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1_i64 << 53) as f64;
        let high = self.next(26) << 27;
        (high + self.next(27)) as f64 * UNIT
    }
}

/// `XORShiftRandom.hashSeed`: two rounds of Scala's 32-bit murmur over the eight bytes.
fn scatter(seed: i64) -> i64 {
    /// `MurmurHash3.arraySeed`.
    const ARRAY_SEED: u32 = 0x3c07_4a61;
    let bytes = seed.to_be_bytes();
    let low = murmur(&bytes, ARRAY_SEED);
    let high = murmur(&bytes, low);
    let joined = (u64::from(high) << 32) | u64::from(low);
    i64::from_ne_bytes(joined.to_ne_bytes())
}

/// Murmur 3 of a multiple of four bytes.
fn murmur(bytes: &[u8], seed: u32) -> u32 {
    let mut hash = seed;
    for word in bytes.chunks_exact(4) {
        let mut k = word
            .iter()
            .rev()
            .fold(0u32, |value, byte| (value << 8) | u32::from(*byte));
        k = k
            .wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593);
        hash = (hash ^ k)
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }
    hash ^= u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// Numbers by row of one partition: rows come in order, so that the next number is nearly always
/// one step away; a reader that starts anew starts the generator anew.
#[derive(Debug)]
pub(crate) struct Sequence {
    seed: i64,
    at: parking_lot::Mutex<(u64, XorShift)>,
}

impl Sequence {
    /// The sequence of a seed.
    pub(crate) fn new(seed: i64) -> Self {
        Self {
            seed,
            at: parking_lot::Mutex::new((0, XorShift::new(seed))),
        }
    }

    /// The numbers of some rows, which count from zero.
    pub(crate) fn numbers(&self, rows: impl Iterator<Item = u64>) -> Vec<f64> {
        let mut at = self.at.lock();
        rows.map(|row| {
            if row < at.0 {
                *at = (0, XorShift::new(self.seed));
            }
            while at.0 < row {
                at.1.next_f64();
                at.0 += 1;
            }
            at.0 += 1;
            at.1.next_f64()
        })
        .collect()
    }
}
