import { expect, it } from 'vitest'
import { selects } from './selector.ts'

const labels = { app: 'web', tier: 'front', empty: '' }

it.each([
  [undefined, true],
  ['', true],
  ['app=web', true],
  ['app==web', true],
  ['app = web', true],
  ['app=db', false],
  ['app!=db', true],
  ['app!=web', false],
  ['missing!=x', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['!app', false],
  ['empty=', true],
  ['app in (db, web)', true],
  ['app in (db,cache)', false],
  ['app notin (db,cache)', true],
  ['missing notin (a)', true],
  ['missing in (a)', false],
  ['app in (db,web),tier=front', true],
  ['app in (db,web),tier=back', false],
  ['toString', false],
])('the selector %j on app=web,tier=front,empty= is %j', (selector, expected) => {
  expect(selects(selector, labels)).toBe(expected)
})
