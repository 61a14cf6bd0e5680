import { expect, test } from 'vitest'
import { quantity } from './quantity.ts'

test.each([
  ['250m', 0.25],
  ['1', 1],
  ['1.5', 1.5],
  ['1Ki', 1024],
  ['2Gi', 2 ** 31],
  ['1e3', 1000],
  ['1E', 1e18],
])('the quantity %s is %d', (text, value) => {
  expect(quantity(text)).toBe(value)
})

test('what is no quantity is never enough', () => {
  expect(1 <= quantity('1x')).toBe(false)
  expect(quantity('') <= 1).toBe(false)
  expect(quantity('1constructor')).toBeNaN()
})
