import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { matrixFile } from '../src/report/verification/matrix-picture.ts'
import { sample } from '../src/report/verification/testing/sample.ts'

const path = join(resolve(import.meta.dirname, '..'), 'docs/verify-matrix.svg')
writeFileSync(path, matrixFile(sample()))
