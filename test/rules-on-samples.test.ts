import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import { allRules } from '../src/app/rules.ts'
import { readsOf } from '../src/model/layer.ts'
import type { Finding } from '../src/model/rule.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { decide } from '../src/plan/intent.ts'
import { judge } from '../src/rules/judge.ts'

/** Real clusters that ran: nothing may be called broken that converts, and what stands there on purpose is found. */
const own = resolve(import.meta.dirname, '../samples')
const others = process.env.DUALSTACK_SAMPLES ?? resolve(import.meta.dirname, '../../shared/samples')

async function findingsOn(dir: string): Promise<readonly Finding[]> {
  const cluster = await readBundle(dir, [...readsOf(layers), ...allRules.flatMap(rule => rule.reads ?? [])])
  return judge(allRules, 'cluster', { cluster, goal: decide(cluster, {}), now: '2026-11-23T00:00:00Z' })
}

const of = (findings: readonly Finding[], severity: Finding['severity']): readonly string[] =>
  findings.filter(one => one.severity === severity).map(({ rule, object }) => `${rule}: ${object}`)

const calico = [
  join(own, 'calico-1cp-1w'),
  ...['calico-1cp-2w', 'calico-3cp-2w', 'calico-1cp-2w-by-hand', 'calico-3cp-2w-half'].map(name =>
    join(others, name),
  ),
]

describe.each(calico)('%s', dir => {
  test.skipIf(!existsSync(dir))(
    'no rule calls it broken (skipped where the capture is not there)',
    async () => {
      expect(of(await findingsOn(dir), 'error')).toEqual([])
    },
  )
})

/** By topic: so that a new rule on something else needs no change here. */
const topics = /^(?:calico-|cni-chain|host-|network-policy|service-exposure|other-cni|bystanders)/

test('the sample’s own traps are found, and nothing else of a network is', async () => {
  const findings = (await findingsOn(join(own, 'calico-1cp-1w'))).filter(({ rule }) => topics.test(rule))
  expect(of(findings, 'warning')).toEqual([
    'network-policy/one-family: NetworkPolicy data/guarded',
    'network-policy/one-family: NetworkPolicy data/guarded',
    'service-exposure/source-ranges: Service demo/web-loadbalancer',
  ])
  expect(of(findings, 'info')).toEqual(['service-exposure/client-address: Service demo/web-nodeport-local'])
})

const bridge = join(others, 'bridge-1cp-1w')

test.skipIf(!existsSync(bridge))(
  'a CNI that is not known is told (skipped without the capture)',
  async () => {
    const findings = (await findingsOn(bridge)).filter(({ rule }) => rule.startsWith('other-cni/'))
    expect(of(findings, 'error')).toEqual([
      'other-cni/unsupported: Node n1',
      'other-cni/unsupported: Node n2',
    ])
  },
)
