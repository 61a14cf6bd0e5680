import { describe, expect, it } from 'vitest'
import type { PerFamily } from '../address/family.ts'
import { verdictOfAll } from './status.ts'
import { type Verdict, verdictOf, wordsOf } from './verdict.ts'

const both = { IPv4: 'a', IPv6: 'b' }
const four = { IPv4: 'a' }
const six = { IPv6: 'b' }

describe('a row', () => {
  it.each<[PerFamily<string>, PerFamily<string>, Verdict, string]>([
    [both, both, 'dual-stack', 'dual-stack'],
    [both, {}, 'dual-stack', 'dual-stack'],
    [{}, both, 'dual-stack', 'dual-stack'],
    [four, four, 'single-stack', 'IPv4 only'],
    [six, six, 'single-stack', 'IPv6 only'],
    [{}, six, 'single-stack', 'IPv6 only'],
    [both, four, 'in between', 'IPv6 not running yet'],
    [four, both, 'in between', 'IPv6 not configured'],
    [four, six, 'in between', 'IPv4 not running yet, IPv6 not configured'],
    [{}, {}, 'unknown', 'unknown'],
    [{ IPv4: 'on', IPv6: 'off' }, {}, 'single-stack', 'IPv4 only'],
    [{}, { IPv4: '8 of 8', IPv6: '3 of 8 pods' }, 'partly dual-stack', 'partly dual-stack'],
    [{}, { IPv4: '8 of 8', IPv6: '0 of 8' }, 'single-stack', 'IPv4 only'],
    [{}, { IPv4: '8 of 8', IPv6: '8 of 8' }, 'dual-stack', 'dual-stack'],
    [both, { IPv4: '3 of 3 nodes', IPv6: '2 of 3 nodes' }, 'in between', 'IPv6 not running yet'],
  ])('configured %j, running %j is %s: %s', (configured, running, verdict, words) => {
    const row = { subject: 'x', configured, running }
    expect(verdictOf(row)).toBe(verdict)
    expect(wordsOf(row)).toBe(words)
  })
})

describe('all rows', () => {
  const rows = (...verdicts: (Verdict | 'host')[]) =>
    verdicts.map(verdict =>
      verdict === 'host' ? { layer: 'host', verdict: 'dual-stack' as const } : { layer: 'x', verdict },
    )

  it.each<[ReturnType<typeof rows>, Verdict]>([
    [rows(), 'unknown'],
    [rows('unknown'), 'unknown'],
    [rows('dual-stack', 'unknown'), 'dual-stack'],
    [rows('dual-stack', 'partly dual-stack'), 'partly dual-stack'],
    [rows('dual-stack', 'single-stack'), 'in between'],
    [rows('host', 'single-stack'), 'single-stack'],
    [rows('host', 'dual-stack'), 'dual-stack'],
    [rows('in between', 'single-stack'), 'in between'],
  ])('%j are %s', (given, expected) => {
    expect(verdictOfAll(given)).toBe(expected)
  })
})
