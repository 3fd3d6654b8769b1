//! Which addresses belong to the public internet.

use std::net::IpAddr;

use ipnet::IpNet;

/// Blocks that are no public hosts (IANA's special-purpose registries): in IPv6 protocols such as
/// Teredo, documentation, 6to4 and AS112. With the address of Azure's own services, which lies
/// among the public ones.
const SPECIAL: &str = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 \
    169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 \
    192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 \
    224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20";

/// All of IPv6 that is assigned to hosts. What is outside is refused, whatever it will be used
/// for: loopback, link-local, unique local, mapped and translated IPv4.
const GLOBAL_V6: &str = "2000::/3";

/// Whether an address may be a host of the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    let is_in = |block: &str| block.parse().map(|block: IpNet| block.contains(&address));
    // A block that cannot be read would make every address a special one.
    (address.is_ipv4() || is_in(GLOBAL_V6) == Ok(true))
        && SPECIAL.split(' ').all(|block| is_in(block) == Ok(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_ends_where_it_should() {
        for (address, expected) in [
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("10.255.255.255", false),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.127.255.255", false),
            ("100.128.0.0", true),
            ("168.63.129.15", true),
            ("168.63.129.16", false),
            ("172.15.255.255", true),
            ("172.31.255.255", false),
            ("172.32.0.1", true),
            ("198.17.255.255", true),
            ("198.20.0.0", true),
            ("223.255.255.255", true),
            ("224.0.0.0", false),
            ("255.255.255.255", false),
            ("1fff:ffff::1", false),
            ("2000::1", true),
            ("2001:1ff::1", false),
            ("2001:200::1", true),
            ("2606:4700:4700::1111", true),
            ("3ffe::1", true),
            ("3fff:fff::1", false),
            ("3fff:1000::1", true),
            ("4000::1", false),
            ("::ffff:8.8.8.8", false),
            ("64:ff9b::808:808", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }
}
