import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { contains, formatCIDR, parseCIDR } from './cidr.ts'
import { isULA } from './scope.ts'
import { ulaPrefix } from './ula.ts'

it('makes the same /48 of the same seed on every machine and in every release', () => {
  expect(formatCIDR(ulaPrefix('x'))).toBe('fd2d:7116:42b7::/48')
})

it('makes a canonical unique local /48 of any seed, of 40 bits of its hash', () => {
  fc.assert(
    fc.property(fc.string(), seed => {
      const cidr = ulaPrefix(seed)
      expect(parseCIDR(formatCIDR(cidr))).toEqual(cidr)
      expect(cidr.prefix).toBe(48)
      expect(isULA(cidr)).toBe(true)
      // The upper half of fc00::/7: bit L is set, "locally assigned".
      expect(contains(parseCIDR('fd00::/8'), cidr)).toBe(true)
      const hash = createHash('sha256').update(seed).digest('hex')
      expect(((cidr.value >> 80n) & 0xffffffffffn).toString(16).padStart(10, '0')).toBe(hash.slice(0, 10))
    }),
  )
})
