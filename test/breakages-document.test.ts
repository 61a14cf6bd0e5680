import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { breakagesDocument } from '../lab/breakages/document.ts'
import { breakages } from '../lab/breakages/index.ts'
import { recorded } from '../lab/breakages/recorded.ts'
import { allRules, catalogue } from '../src/diagnose/index.ts'

test('docs/breakages.md is what `npm run docs:breakages` makes of the recorded runs', () => {
  const document = readFileSync(resolve(import.meta.dirname, '../docs/breakages.md'), 'utf8')
  expect(document).toBe(breakagesDocument(breakages, recorded()))
})

test('every breakage is declared once, and expects a failure or a rule that there is', () => {
  const ids = breakages.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)])
  const known = new Set([...catalogue, ...allRules].map(({ id }) => id))
  expect(breakages.filter(({ expect: { diagnose } }) => !known.has(diagnose)).map(({ id }) => id)).toEqual([])
})

test('what is recorded is of breakages that there are', () => {
  const ids = new Set(breakages.map(({ id }) => id))
  expect(recorded().filter(({ id }) => !ids.has(id))).toEqual([])
})
