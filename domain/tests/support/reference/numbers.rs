//! Random sequences that are the same wherever they are told.

/// The numbers of a sequence (SplitMix64): any that are spread well, and always the same for a seed.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Four numbers that stand for a command.
    fn command(&mut self) -> [u16; 4] {
        let bytes = self.next().to_le_bytes();
        [0, 2, 4, 6].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]))
    }
}

/// The tier of a feature, and what is tried with it.
pub(crate) fn sequence(seed: u64) -> (usize, Vec<[u16; 4]>) {
    let mut numbers = Numbers(seed);
    let tier = numbers.next() % 3;
    let length = 30 + numbers.next() % 40;
    (usize::try_from(tier).unwrap_or_default(), (0..length).map(|_| numbers.command()).collect())
}
