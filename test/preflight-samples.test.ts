import { describe, expect, test } from 'vitest'
import { layers } from '../src/app/layers.ts'
import { preflightFor } from '../src/app/preflight.ts'
import { allReads, allRules } from '../src/app/rules.ts'
import { readBundle } from '../src/observe/bundle.ts'
import type { PreflightReport } from '../src/report/findings.ts'
import { sample, whySkipped } from './support/samples.ts'

/** A day after the captures were made. */
const now = Date.parse('2026-11-24T00:00:00Z')

const look = async (name: string, more: Parameters<typeof preflightFor>[1] = {}): Promise<PreflightReport> =>
  preflightFor({ cluster: await readBundle(sample(name) ?? '', allReads(layers)), now }, more, layers)

const errorsOf = ({ findings }: PreflightReport): readonly string[] =>
  findings.flatMap(({ rule, severity, object, message }) =>
    severity === 'error' ? [`${rule}: ${object}: ${message}`] : [],
  )

// Clusters that convert: an error about one of them would be a false alarm.
describe.each([
  'calico-1cp-1w',
  'calico-1cp-2w',
  'calico-3cp-2w',
  'calico-1cp-2w-by-hand',
  'calico-3cp-2w-half',
])('%s', name => {
  test.skipIf(sample(name) === undefined)(`no rule stands in its way${whySkipped(name)}`, async () => {
    const report = await look(name)
    expect(errorsOf(report)).toEqual([])
    expect(report.verdict).toBe('go')
    // Looked at, not passed over: what is skipped says why.
    const kept = report.findings.filter(({ severity }) => severity === 'ok')
    expect(kept.length).toBeGreaterThan(allRules.length / 2)
    for (const { severity, message } of report.findings)
      if (severity === 'skipped') expect(message).not.toBe('')
  })
})

test.skipIf(sample('calico-1cp-2w-by-hand') === undefined)(
  `what a how-to page left behind is seen${whySkipped('calico-1cp-2w-by-hand')}`,
  async () => {
    const { findings } = await look('calico-1cp-2w-by-hand')
    const told = findings.filter(({ severity }) => severity === 'warning' || severity === 'info')
    // The next upgrade would take it back; pods and Services that were there before have one family.
    for (const word of [/kubeadm/, /pod/, /Service/])
      expect(told.some(({ object, message }) => word.test(`${object} ${message}`))).toBe(true)
  },
)

test.skipIf(sample('bridge-1cp-1w') === undefined)(
  `a CNI that no layer converts stands in the way of its cluster, and nothing else does${whySkipped('bridge-1cp-1w')}`,
  async () => {
    const errors = errorsOf(await look('bridge-1cp-1w'))
    expect(errors[0]).toMatch(/^cni\.unsupported: /)
    for (const error of errors) expect(error).toMatch(/^(?:cni\.unsupported|[a-z-]*cni[a-z-]*\/[a-z-]+): /)
  },
)

test.skipIf(sample('calico-1cp-1w') === undefined)(
  `ranges that would not work are errors there${whySkipped('calico-1cp-1w')}`,
  async () => {
    const errors = errorsOf(await look('calico-1cp-1w', { services: 'fd00:96::/64', pods: 'fd00:96::/40' }))
    for (const rule of [
      'service-range/too-large',
      'node-mask/more-than-16-bits',
      'overlap/pods-and-services',
    ])
      expect(errors.join('\n')).toContain(`${rule}: `)
  },
)
