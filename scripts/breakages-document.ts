import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { breakagesDocument } from '../lab/breakages/document.ts'
import { breakages } from '../lab/breakages/index.ts'
import { recorded } from '../lab/breakages/recorded.ts'

writeFileSync(
  join(resolve(import.meta.dirname, '..'), 'docs/breakages.md'),
  breakagesDocument(breakages, recorded()),
)
