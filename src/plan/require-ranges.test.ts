import { expect, test } from 'vitest'
import { DualStackError } from '../base/errors.ts'
import { rules } from '../rules/index.ts'
import { decide, type Intent } from './intent.ts'
import { requireRanges } from './require-ranges.ts'
import { smallCluster } from './testing/cluster.ts'

const refusal = (intent: Intent, cluster = smallCluster(), used = rules): DualStackError | undefined => {
  const goal = decide(cluster, intent)
  try {
    requireRanges(cluster, goal, used)
    return undefined
  } catch (error) {
    if (error instanceof DualStackError) return error
    throw error
  }
}

/** Block sizes are Calico's. */
const withCalico = smallCluster({
  objects: {
    ...smallCluster().objects,
    'apps/v1/daemonsets': [{ metadata: { name: 'calico-node', namespace: 'kube-system' } }],
  },
})

test('what is chosen without a word is never refused', () => {
  expect(refusal({})).toBeUndefined()
  expect(refusal({}, withCalico)).toBeUndefined()
  const cluster = smallCluster({ services: 'fd00:96::/112', pods: 'fd00:244::/56' })
  expect(refusal({}, cluster)).toBeUndefined()
})

test.each<[Intent, string, string, number]>([
  [{ services: 'fd00:96::/64' }, 'intent.service-size', 'service-range/too-large', 2],
  [{ services: 'fd00:96::/127' }, 'intent.service-size', 'service-range/too-small', 2],
  [{ pods: 'fd00:244::/47' }, 'intent.node-mask', 'node-mask/more-than-16-bits', 2],
  [{ pods: 'fd00:244::/66' }, 'intent.node-mask', 'node-mask/shorter-than-range', 2],
  [{ pods: 'fd00:244::/64' }, 'intent.too-few-nodes', 'room/too-little', 2],
  [{ pods: 'fd00:244::/56', services: 'fd00:244::/112' }, 'intent.overlap', 'overlap/pods-and-services', 2],
  [{ pods: '2001:db8::/56' }, 'intent.overlap', 'overlap/node-address', 2],
  [{ pods: 'fd00:244::/56', blockSize: 64 }, 'intent.block-size', 'block-size/', 2],
  [{ pods: 'fe80::/56' }, 'intent.ranges', 'range-kind/unusable', 2],
])('%o is refused with %s, and names the rule', (intent, code, rule, exitCode) => {
  const error = refusal(intent, withCalico)
  expect(error).toMatchObject({ code, exitCode })
  expect(error?.message).toContain(`(${rule}`)
  expect(error?.hint).toContain('dualstack explain ')
})

test('everything that is wrong is said at once', () => {
  const message = refusal({ pods: '2001:db8::/56', services: 'fd00:96::/64' })?.message ?? ''
  expect(message).toContain('(overlap/node-address)')
  expect(message).toContain('(service-range/too-large)')
})

test('a rule that is ignored refuses nothing, and the way back is not asked for its ranges', () => {
  const without = rules.filter(({ id }) => id !== 'service-range/too-large')
  expect(refusal({ services: 'fd00:96::/104' }, smallCluster(), without)).toBeUndefined()
  expect(refusal({ to: 'single', services: 'fd00:96::/64' })).toBeUndefined()
})
