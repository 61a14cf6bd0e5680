import { createHash } from 'node:crypto'
import { type CIDR, cidrOf } from './cidr.ts'

/**
 * A unique local /48 (RFC 4193): `fd` and 40 bits of the SHA-256 of the seed. The RFC wants these bits to be hard to guess
 * twice, not secret: a cluster's UID as the seed gives the same prefix every time it is asked, and another for every cluster.
 */
export function ulaPrefix(seed: string): CIDR {
  const global = createHash('sha256').update(seed, 'utf8').digest('hex').slice(0, 10)
  return cidrOf({ family: 'IPv6', value: BigInt(`0xfd${global}`) << 80n }, 48)
}
