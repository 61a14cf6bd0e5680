import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { noColours } from '../src/report/colours.ts'
import { matrixFile } from '../src/report/verification/matrix-picture.ts'
import { sample } from '../src/report/verification/testing/sample.ts'
import { verificationText } from '../src/report/verification/text.ts'
import { scenarios } from '../src/verify/index.ts'
import { withScenarios } from '../src/verify/testing/scenarios-document.ts'

const read = (path: string): string => readFileSync(resolve(import.meta.dirname, '..', path), 'utf8')

test('docs/verify-matrix.svg is what `npm run docs:verify` makes', () => {
  expect(read('docs/verify-matrix.svg')).toBe(matrixFile(sample()))
})

test('the output that docs/verify.md shows is what is printed', () => {
  const shown = /<!-- output -->\n```text\n([\s\S]*?)```/.exec(read('docs/verify.md'))?.[1] ?? ''
  expect(shown).toBe(verificationText(sample(), { colours: noColours }))
})

test('the table of scenarios in docs/verify.md is what `npm run docs:verify` writes', () => {
  const page = read('docs/verify.md')
  expect(page).toBe(withScenarios(page))
  for (const { id } of scenarios) expect(page).toContain(`| \`${id}\` |`)
})
