import { describe, expect, test } from 'vitest'
import { allRules } from '../app/rules.ts'
import type { Rule } from '../model/rule.ts'
import { inVersions } from './versions.ts'

/** Rules of every kind share this shape; examples are of the rule's own kind by its type. */
const all = allRules as readonly Rule[]

describe.each(all.map(rule => [rule.id, rule] as const))('%s', (_, rule) => {
  test('every bad example breaks it, no good one does', () => {
    const { bad, good } = rule.examples
    expect(bad.length, 'bad examples').toBeGreaterThan(0)
    expect(good.length, 'good examples').toBeGreaterThan(0)
    for (const [at, make] of bad.entries()) {
      const input = make()
      expect(rule.skip?.(input), `bad example ${at} is skipped`).toBeUndefined()
      const found = rule.judge(input)
      expect(found.length, `bad example ${at}`).toBeGreaterThan(0)
      for (const { object, message } of found) expect([object, message]).not.toContain('')
    }
    for (const [at, make] of good.entries()) expect(rule.judge(make()), `good example ${at}`).toEqual([])
  })

  test('says where it comes from and how to mend it', () => {
    expect(rule.id).toMatch(/^[a-z0-9-]+\/[a-z0-9-]+$/)
    for (const text of [rule.title, rule.why, rule.source, rule.remedy]) expect(text).not.toBe('')
    expect(rule.covers.length).toBeGreaterThan(0)
    expect(inVersions('v1.36.3', rule.versions)).toBeTypeOf('boolean')
  })
})

test('an id stands for one rule', () => {
  const ids = all.map(rule => rule.id)
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
})
