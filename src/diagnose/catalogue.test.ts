import { describe, expect, test } from 'vitest'
import type { Failure } from '../model/failure.ts'
import { catalogue, rankOf } from './catalogue.ts'
import { layerOrder } from './from-rules.ts'
import { Hearing } from './hearing.ts'
import { conclude } from './conclude.ts'
import { Listener } from './listen.ts'
import { Matcher } from './matcher.ts'

const matcher = new Matcher(catalogue)

/** Ids that a log of one line leads to, in order. */
function foundIn(line: string, speaker?: Parameters<Listener['open']>[0]['speaker']): readonly string[] {
  const listener = new Listener(matcher)
  const ear = listener.open({ name: 'log', tellsUnknown: false, ...(speaker !== undefined && { speaker }) })
  ear.write(new TextEncoder().encode(`${line}\n`))
  ear.end()
  const { hearing } = listener
  return conclude({ hearing, failures: catalogue, lookedAt: [], notRead: [] }).found.map(one => one.failure)
}

/** Failures that state the very same words of the same component: nobody can tell them apart by a line. */
const sameWords = (line: string): readonly string[] => {
  const words = line.replaceAll(/^\*+|\*+$/g, '')
  return catalogue.flatMap(({ id, signs }) =>
    signs.some(sign => sign.kind === 'log' && sign.line.replaceAll(/^\*+|\*+$/g, '') === words) ? [id] : [],
  )
}

const lines = catalogue.flatMap((failure: Failure) =>
  failure.signs.flatMap(sign => (sign.kind === 'log' ? [{ id: failure.id, sign }] : [])),
)

test('the catalogue holds what rules say and what is declared, each id once, each of a known layer', () => {
  expect(lines.length).toBeGreaterThan(200)
  expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length)
  expect(catalogue.filter(({ layer }) => rankOf(layer) === layerOrder.length).map(({ id }) => id)).toEqual([])
})

describe.each(lines)('$id: $sign.line', ({ id, sign }) => {
  const near = sign.near?.[0]
  const line = `${near === undefined ? '' : `spec.${near}: `}${sign.line.replaceAll('*', 'fd00:96::/112')}`
  test('is found as itself, and nothing else first', () => {
    const found = foundIn(line, sign.speaker === 'any' ? undefined : sign.speaker)
    expect(found).toContain(id)
    expect(sameWords(sign.line)).toContain(found[0])
  })
})

const samples = catalogue.flatMap(({ id, sample, signs }) =>
  sample !== undefined && signs.some(sign => sign.kind === 'log') ? [{ id, line: sample.line }] : [],
)

test.each(samples)(
  'the sample of $id, without anybody saying whose it is, is found as itself',
  ({ id, line }) => {
    expect(foundIn(line)[0]).toBe(id)
  },
)

test('nothing is concluded from nothing', () => {
  const none = conclude({ hearing: new Hearing(), failures: catalogue, lookedAt: [], notRead: [] })
  expect(none).toEqual({ found: [], lookedAt: [], notRead: [], unknown: [], collect: [] })
})
