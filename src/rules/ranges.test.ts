import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ranges } from '../model/rule.ts'
import { ranges } from './example.ts'
import { rules } from './index.ts'
import { judge } from './judge.ts'

const piece = fc.constantFrom(
  '10.0.0.0',
  'fd00::',
  'fe80::%e',
  '::ffff:1.2.3.4',
  '/',
  '/8',
  '/112',
  '/129',
  ',',
  ', ',
  'x',
  '',
  '\u0000',
)
const text = fc.oneof(
  fc.array(piece, { maxLength: 4 }).map(parts => parts.join('')),
  fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: -1, max: 130 }))
    .map(([ip, prefix]) => `${ip}/${prefix}`),
  fc.string().filter(any => !/NaN|Infinity|undefined/.test(any)),
)
const number = fc.oneof(
  fc.integer({ min: -5, max: 140 }),
  fc.constantFrom(Number.NaN, 64.5, Number.POSITIVE_INFINITY),
)
const perFamily = <T>(value: fc.Arbitrary<T>) => fc.record({ IPv4: value, IPv6: value }, { requiredKeys: [] })
const anyRanges: fc.Arbitrary<Ranges> = fc.record(
  {
    version: fc.constantFrom('v1.23.0', 'v1.34.0', 'v1.36.3', '', 'x'),
    families: fc.subarray(['IPv4', 'IPv6'] as const),
    pods: perFamily(text),
    services: perFamily(text),
    nodeMask: perFamily(number),
    blockSize: perFamily(number),
    nodeAddresses: fc.dictionary(fc.constantFrom('n1', 'n2', '__proto__'), perFamily(text)),
    networks: fc.array(fc.record({ cidr: text, of: fc.string() }), { maxLength: 3 }),
    running: fc.record({ pods: perFamily(text), services: perFamily(text) }),
    written: fc.array(
      fc.record({
        component: fc.constantFrom('kube-apiserver', 'kube-proxy'),
        field: fc.constant('--x'),
        of: fc.constantFrom('pods' as const, 'services' as const),
        value: text,
      }),
      { maxLength: 3 },
    ),
    counts: fc.record({ nodes: fc.nat(), pods: fc.nat(), services: fc.nat() }),
  },
  {
    requiredKeys: [
      'version',
      'families',
      'pods',
      'services',
      'nodeMask',
      'blockSize',
      'nodeAddresses',
      'networks',
    ],
  },
)

/** What a message must not be made of. */
const unreadable = /NaN|Infinity|(?<!leaves fc00::\/8 )undefined|2\^-/

test('whatever the values are, every rule gives an answer with an object and a message', () => {
  fc.assert(
    fc.property(anyRanges, input => {
      // Messages quote what they were given.
      fc.pre(!unreadable.test(JSON.stringify(input)))
      const found = judge(rules, 'ranges', input)
      expect(new Set(found.map(({ rule }) => rule)).size).toBeGreaterThan(20)
      for (const { severity, object, message } of found) {
        if (severity === 'ok' || severity === 'skipped') continue
        expect([object, message]).not.toContain('')
        expect(message).not.toMatch(unreadable)
      }
    }),
    { numRuns: 1000 },
  )
})

test('a text that cannot be read is told once for itself, and spoils no other rule', () => {
  const found = judge(rules, 'ranges', ranges({ pods: { IPv4: '10.244.0.0/16', IPv6: 'fd00::/129' } }))
  expect(found.filter(({ severity }) => severity === 'error')).toMatchObject([
    { rule: 'range-text/malformed' },
  ])
})

test('ranges that nobody would object to break no rule', () => {
  const found = judge(
    rules,
    'ranges',
    ranges({
      pods: { IPv4: '10.244.0.0/16', IPv6: 'fd2d:7116:42b7::/56' },
      services: { IPv4: '10.96.0.0/16', IPv6: 'fd2d:7116:42b7:ffff::/112' },
      counts: { nodes: 5, pods: 200, services: 40 },
      running: { pods: { IPv4: '10.244.0.0/16' }, services: { IPv4: '10.96.0.0/16' } },
    }),
  )
  expect(found.filter(({ severity }) => severity !== 'ok').map(({ rule }) => rule)).toEqual([
    'ula/after-ipv4',
  ])
})
