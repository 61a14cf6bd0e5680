import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { findJsonError } from './json-place.ts'

it('finds nothing in what JSON.parse takes', () => {
  fc.assert(fc.property(fc.json(), text => findJsonError(text) === undefined))
})

it('finds something exactly where JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 2 }), (text, at, put) => {
      const place = at % (text.length + 1)
      const broken = text.slice(0, place) + put + text.slice(place + 1)
      let isJson = true
      try {
        JSON.parse(broken)
      } catch {
        isJson = false
      }
      expect(findJsonError(broken) === undefined).toBe(isJson)
    }),
    { numRuns: 2000 },
  )
})

it.each([
  ['{"a": }', 1, 7, 'expected a value'],
  ['{"a": 1,\n}', 2, 1, 'expected a key in double quotes'],
  ['[1 2]', 1, 4, 'expected , or ]'],
  ['{"a" 1}', 1, 6, 'expected :'],
  ['{} x', 1, 4, 'nothing more was expected here'],
  ['["a\nb"]', 1, 4, 'a control character stands in a string'],
  ['["\\x"]', 1, 3, 'not an escape that JSON knows'],
  ['["abc', 1, 6, 'the text ends in the middle of a value'],
])('%j breaks at %i:%i: %s', (text, line, column, problem) => {
  expect(findJsonError(text)).toEqual({ line, column, problem })
})
