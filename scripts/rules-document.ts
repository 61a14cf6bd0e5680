import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { allRules } from '../src/app/rules.ts'
import { rulesDocument } from '../src/report/rules-document.ts'
import { notSeen } from '../src/rules/not-seen.ts'
import { chapters } from '../src/rules/places.ts'

const path = join(resolve(import.meta.dirname, '..'), 'docs/rules.md')
writeFileSync(path, rulesDocument({ rules: allRules, chapters, notSeen }))
