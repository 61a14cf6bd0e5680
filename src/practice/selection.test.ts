import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LabelSelector, selects } from '../layers/shared/selector.ts'
import type { KubeObject } from '../model/cluster.ts'
import { podsSelected, Selecting } from './selection.ts'
import { podResource } from './site.ts'
import { Store } from './store.ts'

const budgets = 'policy/v1/poddisruptionbudgets'
const selectorOf = (object: KubeObject) => object['selector'] as LabelSelector | undefined

const namespace = fc.constantFrom('one', 'two')
const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'release'), fc.constantFrom('a', 'b'))
const selector: fc.Arbitrary<LabelSelector | undefined> = fc.option(
  fc.record(
    {
      matchLabels: labels,
      matchExpressions: fc.constant([{ key: 'app', operator: 'Exists' as const }]),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
)
const name = fc.constantFrom('a', 'b', 'c', 'd')
const identity = fc.tuple(namespace, name)
const pods = fc.array(fc.tuple(identity, labels), { maxLength: 12 })
/** Without a selector: it is taken away. */
const writes = fc.array(fc.tuple(identity, fc.option(selector, { nil: null })), { maxLength: 12 })

const pod = ([[at, called], worn]: readonly [
  readonly [string, string],
  Record<string, string>,
]): KubeObject => ({
  metadata: { name: called, namespace: at, labels: worn },
})

test('pods are found as by looking at each', () => {
  fc.assert(
    fc.property(pods, namespace, selector, (given, at, wanted) => {
      const store = new Store()
      for (const one of given) store.put(podResource, pod(one))
      expect(podsSelected(store, at, wanted)).toEqual(
        store.list(podResource, at).filter(({ metadata }) => selects(wanted, metadata.labels ?? {})),
      )
    }),
  )
})

test('who selects a pod is found as by asking each, while selectors change, come and go', () => {
  fc.assert(
    fc.property(writes, writes, pods, (before, after, asked) => {
      const store = new Store()
      const write = (all: typeof before): void => {
        for (const [[at, called], wanted] of all)
          if (wanted === null) store.remove(budgets, at, called)
          else store.put(budgets, { metadata: { name: called, namespace: at }, selector: wanted })
      }
      write(before)
      const selecting = new Selecting(store, budgets, selectorOf)
      write(after)
      for (const one of asked.map(pod)) {
        const { namespace: at, labels: worn = {} } = one.metadata
        expect(selecting.of(one)).toEqual(
          store
            .list(budgets, at)
            .filter(object => selectorOf(object) !== undefined && selects(selectorOf(object), worn)),
        )
      }
    }),
  )
})
