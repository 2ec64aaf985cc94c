//! Names that all have one XXH3-64 as long as it has no seed.
//!
//! Of more than 240 bytes XXH3 adds up, for each of eight lanes of a stripe of 64 bytes, both the
//! eight bytes and the product of their two halves, each of which is first combined with a key
//! that everybody knows. Take two stripes: where one half of the lane is so chosen that the
//! products have a factor in common, and a bit of the keys of the other half is the same in both,
//! that bit may move from one stripe to the other and no sum changes.

/// A half of a lane whose bits may move, and what their bytes begin with.
struct Lane {
    /// Where the lane is in each of the two stripes.
    at: [usize; 2],
    /// The half that moves: 0 or 4.
    moves: usize,
    /// The bits that may move.
    free: [u8; 4],
    /// What the other half holds, in each stripe.
    fixed: [[u8; 4]; 2],
}

/// 11 bits, and 8 more.
const LANES: [Lane; 2] = [
    Lane {
        at: [24, 152],
        moves: 0,
        free: [0b01111, 0b00101, 0b01011, 0b00110],
        fixed: [*b"Aaaa", *b":-t_"],
    },
    Lane {
        at: [32, 96],
        moves: 4,
        free: [0b11111, 0b00000, 0b01000, 0b00110],
        fixed: [*b"aaaa", *b"(BWR"],
    },
];

/// So many names that begin so, up to 500,000.
pub(crate) fn names(start: &str, count: u32) -> Vec<String> {
    (0..count).map(|number| name(start, number)).collect()
}

fn name(start: &str, mut number: u32) -> String {
    let mut name = vec![b'-'; 255];
    name[..start.len()].copy_from_slice(start.as_bytes());
    for Lane { at, moves, free, fixed } in LANES {
        for (at, fixed) in at.into_iter().zip(fixed) {
            name[at + 4 - moves..][..4].copy_from_slice(&fixed);
        }
        for (place, free) in free.into_iter().enumerate() {
            let mut here = 0;
            for bit in (0..8).map(|bit| 1 << bit).filter(|bit| free & bit != 0) {
                here |= if number & 1 == 1 { bit } else { 0 };
                number >>= 1;
            }
            name[at[0] + moves + place] = b'@' | here;
            name[at[1] + moves + place] = b'@' | (free ^ here);
        }
    }
    String::from_utf8(name).expect("all of them are letters")
}
