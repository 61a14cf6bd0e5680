import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { catalogue } from '../src/diagnose/index.ts'
import { failuresDocument } from '../src/report/failures-document.ts'

writeFileSync(join(resolve(import.meta.dirname, '..'), 'docs/failures.md'), failuresDocument(catalogue))
