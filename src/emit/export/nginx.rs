//! `nginx`: upstreams, and variables that choose among them, to be included in `http { }`.
//!
//! The file refers to two variables of the user's: `$regal_user_group`, which is `A` for who sees the new version first,
//! and `$regal_split_key`, which the share is taken of. For a version `shop` it defines `$regal_shop_upstream` and
//! `$regal_shop_share`. An upstream without servers would fail the file, so an empty one is left out.

use super::Export;
use super::address::with_port;
use super::pools::{Pool, Pools, pools, warn_of_names};
use crate::diagnostics::Diagnostics;
use crate::error::Result;

const HEAD: &str = "\
# Written by regal-inventory export nginx. Include it in http { }, below what sets its two variables:
#   $regal_user_group   A, or anything else for group B
#   $regal_split_key    what users are told apart by, for the share
";

pub(super) fn render(export: &Export<'_, '_>, found: &mut Diagnostics) -> Result<Vec<u8>> {
    let pools = pools(export, found)?;
    warn_of_names(export, &pools, found, "nginx refuses the whole file when a name does not resolve");
    let mut text = HEAD.to_string();
    pools.iter().for_each(|pools| write(pools, &mut text));
    Ok(text.into_bytes())
}

fn write(pools: &Pools<'_>, text: &mut String) {
    let id = &pools.id;
    for (pool, letter) in [(Pool::A, 'a'), (Pool::B, 'b')] {
        if pools.of(pool).next().is_none() {
            continue;
        }
        text.push_str(&format!("\nupstream regal_{id}_{letter} {{\n"));
        for server in pools.of(pool) {
            let down = if server.down { " down" } else { "" };
            text.push_str(&format!("    server {}{down};\n", with_port(server.address, server.port)));
        }
        text.push_str("}\n");
    }
    let letter = |pool| if pools.serving(pool) == Pool::A { 'a' } else { 'b' };
    let (a, b) = (letter(Pool::A), letter(Pool::B));
    text.push_str(&format!(
        "\nmap $regal_user_group $regal_{id}_upstream {{ default regal_{id}_{b}; A regal_{id}_{a}; }}\n"
    ));
    // 0% is not a share for nginx, and neither is more than what is left.
    let shares = match pools.share() {
        0 => "* B;".to_string(),
        10_000.. => "* A;".to_string(),
        share => format!("{}.{:02}% A; * B;", share / 100, share % 100),
    };
    text.push_str(&format!("split_clients $regal_split_key $regal_{id}_share {{ {shares} }}\n"));
}
