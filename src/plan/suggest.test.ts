import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  cidrOf,
  contains,
  firstAddress,
  formatCIDR,
  lastAddress,
  overlaps,
  parseCIDR,
  ulaPrefix,
  widthOf,
} from '../address/index.ts'
import { families } from '../address/family.ts'
import { RefusedError } from '../base/errors.ts'
import { type Need, needOf, suggest, suggestPods, suggestServices } from './suggest.ts'
import { smallCluster } from './testing/cluster.ts'

const need = (more: Partial<Need> = {}): Need => ({
  family: 'IPv6',
  counts: { nodes: 3, pods: 60, services: 20 },
  taken: [],
  seed: 'x',
  ...more,
})

test('the same seed gives the same ranges in every release: inside the /48 of the seed, pods first, Services last', () => {
  expect(suggest(need())).toEqual({
    family: 'IPv6',
    pods: 'fd2d:7116:42b7::/56',
    nodeMask: 64,
    services: 'fd2d:7116:42b7:ffff::/112',
    blockSize: 122,
  })
})

test('a cluster gets the ranges of its UID, whatever else changes in it', () => {
  const cluster = smallCluster()
  const pods = suggestPods(cluster, 'IPv6', 64)
  expect(pods).toBe('fd66:6ff6:ccaa::/56')
  expect(suggestServices(cluster, 'IPv6')).toBe('fd66:6ff6:ccaa:ffff::/112')
  const grown = smallCluster({ objects: { 'v1/services': [], 'v1/configmaps': [] } })
  expect(suggestPods(grown, 'IPv6', 64)).toBe(pods)
  expect(contains(ulaPrefix(cluster.uid), parseCIDR(pods))).toBe(true)
})

test('each cluster has its own ranges in use, asked again and in turns, and each family its own need', () => {
  const one = smallCluster({ pods: '10.1.0.0/16', services: '10.2.0.0/16' })
  const other = smallCluster({ pods: '10.3.0.0/16', services: '10.4.0.0/16' })
  const taken = (cluster: typeof one, family: Need['family']) =>
    needOf(cluster, family)
      .taken.map(formatCIDR)
      .filter(text => /^10\.\d\.0\.0\/16$/.test(text))
      .toSorted()
  for (let times = 0; times < 2; times += 1) {
    for (const family of families) {
      expect(taken(one, family)).toEqual(['10.1.0.0/16', '10.2.0.0/16'])
      expect(taken(other, family)).toEqual(['10.3.0.0/16', '10.4.0.0/16'])
      expect(needOf(one, family).family).toBe(family)
    }
  }
})

describe('the room', () => {
  it.each([
    [1, 'fd2d:7116:42b7::/56', 64],
    [64, 'fd2d:7116:42b7::/56', 64],
    [65, 'fd2d:7116:42b7::/55', 64],
    [5000, 'fd2d:7116:42b7::/49', 64],
    // Four times as many do not fit into half a /48 of /64s.
    [9000, 'fd2d:7116:42b7::/96', 112],
  ])('for %i nodes is %s with /%i', (nodes, pods, nodeMask) => {
    expect(suggest(need({ counts: { nodes, pods: 0, services: 0 } }))).toMatchObject({ pods, nodeMask })
  })

  it('for more Services than a /112 holds is larger, up to what kubeadm takes', () => {
    const services = (count: number) =>
      suggest(need({ counts: { nodes: 1, pods: 0, services: count } })).services.split('/')[1]
    expect([10, 16_384, 16_385, 500_000].map(services)).toEqual(['112', '112', '111', '108'])
  })
})

describe('inside a prefix of one’s own', () => {
  it.each([
    ['2001:db8:1200::/48', '2001:db8:1200::/56', 64, '2001:db8:1200:ffff::/112'],
    ['2001:db8:1200::/56', '2001:db8:1200::/57', 64, '2001:db8:1200:ff::/112'],
    ['2001:db8:1200::/60', '2001:db8:1200::/104', 112, '2001:db8:1200:f::/112'],
    ['2001:db8:1200::/64', '2001:db8:1200::/104', 112, '2001:db8:1200:0:ffff:ffff:ffff:0/112'],
    ['2001:db8:1200::/112', '2001:db8:1200::/113', 120, '2001:db8:1200::8000/113'],
    ['10.20.0.0/14', '10.20.0.0/16', 24, '10.23.240.0/20'],
    ['10.20.0.0/20', '10.20.0.0/21', 25, '10.20.8.0/21'],
  ])('%s: pods %s with /%i, Services %s', (inside, pods, nodeMask, services) => {
    const range = parseCIDR(inside)
    const found = suggest(need({ family: range.family, inside: range }))
    expect(found).toMatchObject({ pods, nodeMask, services })
  })

  it.each(['2001:db8::/126', '2001:db8::/128', '10.0.0.0/28'])('%s is too small, and says so', text => {
    const inside = parseCIDR(text)
    expect(() => suggest(need({ family: inside.family, inside }))).toThrow(RefusedError)
    expect(() => suggest(need({ family: inside.family, inside }))).toThrow(`${text} has no free room`)
  })
})

test('IPv4 ranges are the usual ones, or the first that is free', () => {
  const taken = (...texts: string[]) => texts.map(text => parseCIDR(text))
  const ranges = (...texts: string[]) => {
    const { pods, services } = suggest(need({ family: 'IPv4', taken: taken(...texts) }))
    return [pods, services]
  }
  expect(ranges()).toEqual(['10.244.0.0/16', '10.96.0.0/20'])
  expect(ranges('10.244.3.0/24', '10.96.0.0/12')).toEqual(['10.112.0.0/16', '10.128.0.0/20'])
  expect(ranges('10.0.0.0/8')).toEqual(['172.20.0.0/16', '172.21.0.0/20'])
  expect(ranges('10.0.0.0/8', '172.16.0.0/12')).toEqual(['192.168.128.0/17', '192.168.0.0/20'])
  expect(() => ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')).toThrow('is in use')
})

test('whatever is needed: the ranges fit, lie apart from each other and from all that is taken, and have the room', () => {
  const prefix = fc.constantFrom(
    undefined,
    '2001:db8::/40',
    '2001:db8::/52',
    '2001:db8::/64',
    '2001:db8::/100',
    '10.0.0.0/9',
    '10.128.0.0/18',
  )
  const spots = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 40 })),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...families),
      prefix,
      spots,
      fc.record({ nodes: fc.nat(3000), pods: fc.nat(200_000), services: fc.nat(20_000) }),
      (wanted, insideText, spread, counts) => {
        const inside = insideText === undefined ? undefined : parseCIDR(insideText)
        const family = inside?.family ?? wanted
        const place = inside ?? (family === 'IPv6' ? ulaPrefix('x') : parseCIDR('10.0.0.0/8'))
        const width = widthOf(family)
        const taken = spread.map(([at, longer]) => {
          const span = Number(lastAddress(place).value - firstAddress(place).value)
          const prefixLength = Math.min(width, place.prefix + longer)
          const value = place.value + BigInt(Math.floor(span * at))
          return cidrOf({ family, value }, prefixLength)
        })
        const given = need({ family, counts, taken, ...(inside && { inside }) })
        let found
        try {
          found = suggest(given)
        } catch (error) {
          expect(error).toBeInstanceOf(RefusedError)
          return
        }
        const pods = parseCIDR(found.pods)
        const services = parseCIDR(found.services)
        expect(overlaps(pods, services)).toBe(false)
        for (const range of [pods, services]) {
          expect(taken.some(other => overlaps(range, other))).toBe(false)
          if (inside !== undefined) expect(contains(inside, range)).toBe(true)
        }
        const share = found.nodeMask - pods.prefix
        expect(share).toBeGreaterThanOrEqual(0)
        expect(share).toBeLessThanOrEqual(16)
        expect(2 ** share).toBeGreaterThanOrEqual(counts.nodes * 2)
        expect(2 ** (width - pods.prefix)).toBeGreaterThanOrEqual(counts.pods * 2)
        expect(width - services.prefix).toBeLessThanOrEqual(20)
        expect(width - services.prefix).toBeGreaterThanOrEqual(4)
        expect(2 ** (width - services.prefix)).toBeGreaterThanOrEqual(Math.min(2 ** 20, counts.services * 2))
        expect(found.blockSize).toBeGreaterThanOrEqual(pods.prefix)
        expect(suggest(given)).toEqual(found)
      },
    ),
    { numRuns: 300 },
  )
})
