import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignments, oneALine, quote } from './quote.ts'

test('any value comes out of a shell as it went in', () => {
  const value = fc
    .string({ unit: fc.constantFrom(...`'"\\$\`!*?[]{}();&|<>~# \t\n\r=%aß€`.split('')), maxLength: 40 })
    .filter(text => !text.includes('\0'))
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), values => {
      const script = values
        .map((each, index) => `V${index}=${quote(each)}; printf '%s\\0' "$V${index}"\n`)
        .join('')
      expect(execFileSync('sh', ['-s'], { input: script }).toString().split('\0').slice(0, -1)).toEqual(
        values,
      )
    }),
    { numRuns: 30 },
  )
})

test('a NUL byte is refused, as no shell can hold it', () => {
  expect(() => quote('a\0b')).toThrow('NUL')
})

test('assignments are one a line', () => {
  expect(assignments({ A: "it's", B: 7 })).toBe("A='it'\\''s'\nB='7'\n")
})

test('a list that goes one a line refuses what would become two', () => {
  expect(oneALine(['/a b', '/c'])).toBe('/a b\n/c')
  expect(() => oneALine(['/a\n/etc/shadow'])).toThrow('line break')
})
