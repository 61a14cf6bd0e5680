import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { matrixFile } from '../src/report/verification/matrix-picture.ts'
import { sample } from '../src/report/verification/testing/sample.ts'
import { withScenarios } from '../src/verify/testing/scenarios-document.ts'

const root = resolve(import.meta.dirname, '..')
writeFileSync(join(root, 'docs/verify-matrix.svg'), matrixFile(sample()))
const page = join(root, 'docs/verify.md')
writeFileSync(page, withScenarios(readFileSync(page, 'utf8')))
