import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Least } from './least.ts'

test('where the least stands, the first of equals, whatever is changed', () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 })
  const changes = fc.array(fc.tuple(fc.nat(19), fc.integer({ min: 0, max: 5 })))
  fc.assert(
    fc.property(numbers, changes, (given, all) => {
      const plain = [...given]
      const least = new Least(given)
      expect(least.at()).toBe(plain.indexOf(Math.min(...plain)))
      for (const [place, number] of all) {
        if (place >= plain.length) continue
        plain[place] = number
        least.set(place, number)
        expect(least.at()).toBe(plain.indexOf(Math.min(...plain)))
      }
    }),
  )
})
