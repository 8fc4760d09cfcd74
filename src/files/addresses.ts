/** Resolves host names, and tells private network addresses from public ones. */

import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/**
 * Networks that are not on the public Internet (RFC 6890): loopback, link-local (with the metadata services of clouds),
 * private, carrier-grade NAT, benchmarks, multicast and reserved. IPv4 addresses within IPv6 follow the rules of IPv4.
 */
const PRIVATE_NETWORKS: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  // The unspecified address, loopback, and IPv4-compatible addresses.
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const privateNetworks = new BlockList();
for (const [network, bits] of PRIVATE_NETWORKS)
  privateNetworks.addSubnet(network, bits, network.includes(':') ? 'ipv6' : 'ipv4');

/** Whether an IP address belongs to this machine or to a local network. `false` for a text that is not an address. */
export function isPrivateAddress(address: string): boolean {
  // A zone as in 'fe80::1%eth0' names the network card.
  const plain = address.replace(/%.*$/, '');
  const family = isIP(plain);
  return family !== 0 && privateNetworks.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

/** All addresses of a URL's host, which may be an address itself. Rejects with Node's error if it has none. */
export async function addressesOf({ hostname }: URL): Promise<readonly LookupAddress[]> {
  const literal = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(literal);
  return family === 0 ? lookup(literal, { all: true }) : [{ address: literal, family }];
}
