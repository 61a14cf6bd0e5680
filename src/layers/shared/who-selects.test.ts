import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LabelSelector, selects } from './selector.ts'
import { whoSelects } from './who-selects.ts'

const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'))
const namespace = fc.constantFrom('x', 'y')
const expression = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values: fc.subarray(['1', '2']),
})
const selector = fc.option(
  fc.record(
    { matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 2 }) },
    { requiredKeys: [] },
  ),
  { nil: undefined },
)

test('what is found by the index is what trying each would find, in the same order', () => {
  const items = fc.array(fc.record({ namespace, selector }), { maxLength: 12 })
  const pods = fc.array(fc.record({ namespace, labels }), { maxLength: 6 })
  fc.assert(
    fc.property(items, pods, (items, pods) => {
      const find = whoSelects(items, item => item)
      // Twice: the second answer is a remembered one.
      for (const pod of [...pods, ...pods])
        expect(find(pod)).toEqual(
          items.filter(
            one => one.namespace === pod.namespace && selects(one.selector as LabelSelector, pod.labels),
          ),
        )
    }),
  )
})
