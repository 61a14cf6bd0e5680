import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readIntentFile } from '../src/plan/intent-file/read.ts'
import { intentFileSchema } from '../src/plan/intent-file/schema.ts'

const text = (path: string): string => readFileSync(resolve(import.meta.dirname, '..', path), 'utf8')

test('the published JSON Schema is the one that the tool checks by (npm run schema writes it)', () => {
  expect(JSON.parse(text('schema/dualstack.schema.json'))).toEqual(intentFileSchema())
})

test('every field of the schema is in the documentation', () => {
  const document = text('docs/dualstack-yaml.md')
  const missing: string[] = []
  const visit = (schema: unknown, path: readonly string[]): void => {
    const { properties = {} } = schema as { properties?: Record<string, unknown> }
    for (const [name, child] of Object.entries(properties)) {
      if (!document.includes(`\`${[...path, name].join('.')}\``)) missing.push([...path, name].join('.'))
      visit(child, [...path, name])
    }
  }
  visit(intentFileSchema(), [])
  expect(missing).toEqual([])
})

test('every example in the documentation is understood', () => {
  const examples = [...text('docs/dualstack-yaml.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    match => match[1] ?? '',
  )
  expect(examples.length).toBeGreaterThan(1)
  for (const example of examples) readIntentFile(example, 'docs/dualstack-yaml.md')
})
