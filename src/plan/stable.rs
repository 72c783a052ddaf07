//! Hashes that place a host by nothing but its id and the seed.

use sha2::{Digest, Sha256};

/// The hash of a host: the first 8 bytes, big-endian, of the SHA-256 of `regal1`, the seed and the id, a line feed
/// between them.
///
/// ```
/// // printf 'regal1\nv1\nweb1' | sha256sum
/// assert_eq!(regal_inventory::plan::host_hash("v1", "web1"), 0x9c8d_1c12_1f72_d517);
/// ```
pub fn host_hash(seed: &str, id: &str) -> u64 {
    let mut hash = Sha256::new();
    for part in ["regal1\n", seed, "\n", id] {
        hash.update(part);
    }
    first_bytes(&hash.finalize())
}

/// The wave of a host among `waves`, from 1: the one with the largest hash (rendezvous hashing), so that one wave more
/// or fewer moves only the hosts of that wave.
pub(super) fn wave(seed: &str, id: &str, waves: usize) -> usize {
    let score = |wave: &usize| {
        let mut hash = Sha256::new();
        for part in ["regal1-b\n", seed, "\n", &wave.to_string(), "\n", id] {
            hash.update(part);
        }
        // of equals the first wave
        (first_bytes(&hash.finalize()), std::cmp::Reverse(*wave))
    };
    (1..=waves).max_by_key(score).unwrap_or(1)
}

/// Whether a hash lies in the first `numerator / denominator` of all hashes.
pub(super) fn is_within(hash: u64, (numerator, denominator): (u32, u32)) -> bool {
    u128::from(hash) * u128::from(denominator) < u128::from(numerator) << 64
}

fn first_bytes(digest: &[u8]) -> u64 {
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'regal1\nv1\nweb1' | sha256sum`
    #[test]
    fn the_published_test_vector() {
        assert_eq!(format!("{:016x}", host_hash("v1", "web1")), "9c8d1c121f72d517");
    }

    #[test]
    fn one_wave_more_moves_hosts_only_into_it() {
        let hosts: Vec<String> = (0..500).map(|n| format!("web{n}")).collect();
        let mut moved = 0;
        for host in &hosts {
            let (before, after) = (wave("v1", host, 9), wave("v1", host, 10));
            assert!(before == after || after == 10, "{host}");
            moved += usize::from(before != after);
        }
        assert!((20..100).contains(&moved), "{moved} of 500 moved into a tenth wave");
    }

    #[test]
    fn the_bounds_of_a_fraction() {
        assert!(is_within(u64::MAX, (100, 100)));
        assert!(!is_within(0, (0, 100)));
        assert!(is_within((1 << 63) - 1, (50, 100)) && !is_within(1 << 63, (50, 100)));
    }
}
