//! The plan id: a short name for who is in which batch.

use sha2::{Digest, Sha256};

/// Hexadecimal digits of an id.
const LENGTH: usize = 12;

/// The id of batch groups in the order of their rollout: for each group its name and its hosts in order.
///
/// The first 12 hexadecimal digits of the SHA-256 of one line a group, `GROUP=host1,host2` and a line feed, in UTF-8. It
/// is made of nothing but names, so that a playbook computes it from its groups alone. The id of one version is that of
/// its own groups; the id of the plan is that of all versions' groups, in plan order.
pub fn plan_id<'n, H>(groups: impl IntoIterator<Item = (&'n str, H)>) -> String
where
    H: IntoIterator<Item = &'n str>,
{
    let (mut hash, mut line) = (Sha256::new(), String::new());
    for (name, hosts) in groups {
        line.clear();
        line.push_str(name);
        let mut separator = '=';
        for host in hosts {
            line.push(separator);
            line.push_str(host);
            separator = ',';
        }
        line.push('\n');
        hash.update(&line);
    }
    let mut id = base16ct::lower::encode_string(&hash.finalize());
    id.truncate(LENGTH);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'app-1.0.0_groupA=web1\napp-1.0.0_groupB1=web2,web3\n' | sha256sum`
    #[test]
    fn the_id_is_the_digest_of_one_line_a_group() {
        let groups = [("app-1.0.0_groupA", vec!["web1"]), ("app-1.0.0_groupB1", vec!["web2", "web3"])];
        assert_eq!(plan_id(groups), "aa0dacf0cec4");
    }

    #[test]
    fn the_order_of_hosts_matters() {
        assert_ne!(plan_id([("v_groupA", ["web1", "web2"])]), plan_id([("v_groupA", ["web2", "web1"])]));
    }
}
