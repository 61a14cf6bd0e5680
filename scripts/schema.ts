import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { intentFileSchema } from '../src/plan/intent-file/schema.ts'

// `npm run schema`; test/intent-schema.test.ts says when it is due.
writeFileSync(
  resolve(import.meta.dirname, '../schema/dualstack.schema.json'),
  `${JSON.stringify(intentFileSchema(), null, 2)}\n`,
)
