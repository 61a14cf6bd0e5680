import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { sameValue } from './same.ts'

it('says what node:util says, of values that YAML can give', () => {
  const value = fc.anything({ withDate: true, withNullPrototype: false, maxDepth: 3, maxKeys: 3 })
  fc.assert(
    fc.property(value, value, fc.boolean(), (a, other, copy) => {
      const b: unknown = copy ? structuredClone(a) : other
      expect(sameValue(a, b)).toBe(isDeepStrictEqual(a, b))
    }),
    { numRuns: 300 },
  )
})

it.each([
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: undefined }, { b: undefined }, false],
  [[], {}, false],
  [[1], [1, 2], false],
  [Number.NaN, Number.NaN, true],
  [new Date(0), new Date(1), false],
  [new Date(0), new Date(0), true],
  [null, {}, false],
  ['1', 1, false],
])('%j and %j: %s', (a, b, same) => expect(sameValue(a, b)).toBe(same))
