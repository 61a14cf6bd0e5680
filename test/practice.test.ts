import { describe, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import type { Cluster, KubeObject } from '../src/model/cluster.ts'
import { readsOf } from '../src/model/layer.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { leaner } from '../src/observe/lean.ts'
import { observe } from '../src/observe/live.ts'
import { snapshotReads } from '../src/observe/snapshot.ts'
import { practiceWorld } from '../src/practice/index.ts'
import { sample, whySkipped } from './support/samples.ts'

/** The first law of the practice cluster: it is the bundle that it was made from. The second one is test/rehearsal.test.ts. */
const names = [
  'calico-1cp-1w',
  'calico-1cp-2w',
  'calico-1cp-2w-by-hand',
  'calico-3cp-2w',
  'calico-3cp-2w-half',
  'bridge-1cp-1w',
]
const reads = snapshotReads(readsOf(layers))

const byName = (objects: readonly KubeObject[]) =>
  objects.toSorted((a, b) =>
    `${a.metadata.namespace}/${a.metadata.name}` < `${b.metadata.namespace}/${b.metadata.name}` ? -1 : 1,
  )

/** What is not in a bundle is not there in practice: an empty list, a file that is looked for and not found. */
function expectSame(seen: Cluster, bundle: Cluster): void {
  expect([seen.uid, seen.version]).toEqual([bundle.uid, bundle.version])
  expect(seen.pods).toEqual(bundle.pods)
  for (const resource of new Set([...Object.keys(seen.objects), ...Object.keys(bundle.objects)])) {
    expect(byName(seen.objects[resource] ?? []), resource).toEqual(byName(bundle.objects[resource] ?? []))
  }
  expect(Object.keys(seen.nodes)).toEqual(Object.keys(bundle.nodes))
  for (const [node, facts] of Object.entries(seen.nodes)) {
    const { files, ...rest } = facts
    const { files: given, ...others } = bundle.nodes[node] ?? facts
    expect(rest, node).toEqual(others)
    for (const path of new Set([...Object.keys(files), ...Object.keys(given)]))
      expect(files[path] ?? null, `${node}:${path}`).toEqual(given[path] ?? null)
  }
}

/** A live cluster is read without what nobody looks at; a bundle is whole. */
const leanOf = (bundle: Cluster): Cluster => ({
  ...bundle,
  objects: Object.fromEntries(
    Object.entries(bundle.objects).map(([resource, objects]) => [resource, objects.map(leaner(resource))]),
  ),
})

describe.each(names)('%s', name => {
  const dir = sample(name)
  test.skipIf(dir === undefined)(
    `observed, it gives the Cluster of its bundle again${whySkipped(name)}`,
    async () => {
      const bundle = await readBundle(dir ?? '', reads)
      const practice = practiceWorld(bundle)
      expectSame(await observe(practice, reads), leanOf(bundle))
      // At rest nothing happens by itself.
      practice.clock.rest(3_600_000)
      expectSame(await observe(practice, reads), leanOf(bundle))
      expectSame(practice.cluster(), bundle)
      expect(practice.traces()).toEqual({})
    },
  )
})
