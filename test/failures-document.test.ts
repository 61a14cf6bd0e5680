import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from '../src/diagnose/index.ts'
import { failuresDocument } from '../src/report/failures-document.ts'

test('docs/failures.md is what `npm run docs:failures` makes of the catalogue', () => {
  const document = readFileSync(resolve(import.meta.dirname, '../docs/failures.md'), 'utf8')
  expect(document).toBe(failuresDocument(catalogue))
})
