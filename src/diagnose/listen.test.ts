import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'
import { conclude } from './conclude.ts'
import { Listener } from './listen.ts'
import { Matcher } from './matcher.ts'

const matcher = new Matcher(catalogue)
const failed =
  '2026-11-23T07:47:50.798Z stderr F E1123 07:47:50.797932       1 run.go:72] "command failed" err="service IP family \\"fd00:96::/112\\" must match public address family \\"10.89.0.11\\""\n'

function listen(chunks: readonly (string | Uint8Array)[], most?: number) {
  const listener = new Listener(matcher)
  const ear = listener.open({ name: 'log', tellsUnknown: true }, most)
  for (const chunk of chunks) ear.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  const told = ear.end()
  const { hearing } = listener
  return { ...told, ...conclude({ hearing, failures: catalogue, lookedAt: [], notRead: [] }) }
}

test('the same is found however the bytes are cut into pieces', () => {
  const text = Buffer.from(`I1123 07:47:50.797932       1 a.go:1] x\n${failed}${failed.trimEnd()}`)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 6 }), cuts => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const pieces = places.slice(1).map((end, index) => text.subarray(places[index], end))
      const { found, lines } = listen(pieces)
      expect(lines).toBe(3)
      expect(found.map(({ failure, because }) => [failure, because[0]?.times])).toEqual([
        ['advertise-address/family', 2],
      ])
    }),
  )
})

test('what is said again is counted, not told again', () => {
  const { found } = listen([failed.repeat(500)])
  expect(found).toHaveLength(1)
  expect(found[0]?.because).toMatchObject([{ times: 500, at: '2026-11-23T07:47:50.798Z' }])
})

test('a line of 10 MB is cut, and what comes after it is heard', () => {
  const long = 'x'.repeat(1024 * 1024)
  const { found, cut, lines } = listen([...Array.from({ length: 10 }, () => long), `\n${failed}`])
  expect({ cut, lines }).toEqual({ cut: 1, lines: 2 })
  expect(found[0]?.failure).toBe('advertise-address/family')
})

test.each([
  ['compressed', [0x1f, 0x8b, 8, 0]],
  ['utf-16', [0xff, 0xfe, 65, 0]],
  ['binary', [0, 1, 2, 3, 0, 0, 0, 0]],
] as const)('what is %s is not listened to', (stopped, bytes) => {
  expect(listen([Uint8Array.from(bytes)])).toMatchObject({ stopped, found: [], unknown: [] })
})

test('an input without an end, or without lines, is given up', () => {
  expect(listen([failed.repeat(3), failed], 300).stopped).toBe('too-much')
  const piece = new Uint8Array(8 * 1024 * 1024).fill(65)
  expect(listen(Array.from({ length: 9 }, () => piece)).stopped).toBe('no-lines')
})

test('a log of another program is seen to be one', () => {
  expect(listen(['GET / 200\nGET /x 404\n']).isForeign).toBe(true)
  expect(listen(['I1123 07:47:50.797932       1 a.go:1] x\n']).isForeign).toBe(false)
})

test('an error that nobody knows is told, with what to collect, and without its token', () => {
  const { found, unknown, collect } = listen([
    'E1123 07:47:50.797932       1 a.go:1] "odd" token=abcdef.0123456789abcdef\n',
  ])
  expect(found).toEqual([])
  expect(unknown).toHaveLength(1)
  expect(JSON.stringify(unknown)).not.toContain('0123456789abcdef')
  expect(collect.length).toBeGreaterThan(2)
})

test('of what runs on, what was said long ago is over, but for what is said once at its start', () => {
  const past = { now: Date.parse('2026-11-23T08:00:00.000Z'), keepsSure: false }
  const at = (keepsSure: boolean) => {
    const listener = new Listener(matcher)
    const ear = listener.open({ name: 'log', tellsUnknown: true, past: { ...past, keepsSure } })
    ear.write(Buffer.from(failed))
    ear.end()
    return listener.hearing.failures.size
  }
  expect([at(false), at(true)]).toEqual([0, 1])
})
