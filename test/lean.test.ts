import { describe, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import { preflightFor } from '../src/app/preflight.ts'
import { allReads } from '../src/app/rules.ts'
import { status } from '../src/app/status.ts'
import type { Cluster, KubeObject } from '../src/model/cluster.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { leaner } from '../src/observe/lean.ts'
import { sample, whySkipped } from './support/samples.ts'

/** What is left out of a live cluster's objects is read by nobody. */
const names = ['calico-1cp-1w', 'calico-3cp-2w-half', 'bridge-1cp-1w']

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The lean value, in which looking at what the whole one has besides is an error. */
function guarded(lean: unknown, whole: unknown, path: string): unknown {
  if (Array.isArray(lean) && Array.isArray(whole))
    return lean.map((item, index) => guarded(item, whole[index], path))
  if (!isMap(lean) || !isMap(whole)) return lean
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(lean)) out[key] = guarded(value, whole[key], `${path}.${key}`)
  for (const key of Object.keys(whole))
    if (!(key in lean))
      Object.defineProperty(out, key, {
        get: () => {
          throw new Error(`${path}.${key} is read, and src/observe/lean.ts leaves it out`)
        },
      })
  return out
}

function leanCluster(cluster: Cluster): Cluster {
  const objects = Object.entries(cluster.objects).map(([resource, list]) => {
    const lean = leaner(resource)
    return [resource, list.map(object => guarded(lean(object), object, resource) as KubeObject)] as const
  })
  return { ...cluster, objects: Object.fromEntries(objects) }
}

describe.each(names)('%s', name => {
  const dir = sample(name)
  test.skipIf(dir === undefined)(
    `no layer and no rule looks at what is left out of a live cluster${whySkipped(name)}`,
    async () => {
      const whole = await readBundle(dir ?? '', allReads(layers))
      const lean = leanCluster(whole)
      const given = (cluster: Cluster) => ({ cluster, now: 0 })
      expect(status(lean, layers)).toEqual(status(whole, layers))
      for (const to of ['dual', 'single'] as const)
        expect(preflightFor(given(lean), { to }, layers)).toEqual(preflightFor(given(whole), { to }, layers))
    },
    30_000,
  )
})
