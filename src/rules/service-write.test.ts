import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import { admission } from './example.ts'
import { rules } from './index.ts'
import { judge } from './judge.ts'

const a = { IPv4: '10.96.0.20', IPv6: 'fd00:96::20' } as const
const range = { IPv4: '10.96.0.0/16', IPv6: 'fd00:96::/112' } as const
type Spec = Readonly<Record<string, unknown>>

const service = (spec: Spec): KubeObject => ({
  metadata: { name: 'web', namespace: 'demo' },
  spec: { selector: { app: 'web' }, ...spec },
})

/** What an API server answers, as it would send it; [] when it takes the write. */
function answers(to: Spec, services: readonly string[], from?: Spec, version = 'v1.36.3'): readonly string[] {
  const write = admission(service(to), {
    server: { version, services },
    ...(from === undefined ? {} : { old: service(from) }),
  })
  return judge(rules, 'admission', write)
    .filter(({ severity }) => severity === 'error')
    .map(({ field, message }) => `${field}: ${message}`)
}

const notDual =
  'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'

describe.each([
  ['IPv4', 'IPv6'],
  ['IPv6', 'IPv4'],
] as const)('a cluster whose first family is %s', (first, second) => {
  const single = [range[first]]
  const dual = [range[first], range[second]]
  const one = { clusterIP: a[first], clusterIPs: [a[first]], ipFamilies: [first] }
  const two = { clusterIP: a[first], clusterIPs: [a[first], a[second]], ipFamilies: [first, second] }
  const policy = (ipFamilyPolicy: string) => ({ ipFamilyPolicy })

  test('single-stack: what needs two families is refused, what only would like them is not', () => {
    expect(answers(policy('RequireDualStack'), single)).toEqual([notDual])
    expect(answers(policy('PreferDualStack'), single)).toEqual([])
    expect(answers({ ...policy('PreferDualStack'), ipFamilies: [first, second] }, single)).toEqual([
      `spec.ipFamilies[1]: Invalid value: "${second}": not configured on this cluster`,
    ])
    expect(answers({ ...policy('RequireDualStack'), ipFamilies: [second] }, single)).toEqual([
      notDual,
      `spec.ipFamilies[0]: Invalid value: "${second}": not configured on this cluster`,
    ])
  })

  test('single-stack: a dual-stack Service can only be released', () => {
    const stored = { ...two, ...policy('RequireDualStack') }
    expect(answers({ ...stored, sessionAffinity: 'ClientIP' }, single, stored)).toEqual([
      notDual,
      `spec.ipFamilies[1]: Invalid value: "${second}": not configured on this cluster`,
    ])
    expect(answers({ ...two, ...policy('SingleStack') }, single, stored)).toEqual([])
    // PreferDualStack passes as long as nothing of it changes.
    const waiting = { ...two, ...policy('PreferDualStack') }
    expect(answers({ ...waiting, sessionAffinity: 'ClientIP' }, single, waiting)).toEqual([])
    expect(answers({ ...one, ...policy('SingleStack') }, single, waiting)).toEqual([])
  })

  test('dual-stack: the second is added behind the first, and given back with SingleStack only', () => {
    const stored = { ...one, ...policy('SingleStack') }
    expect(
      answers({ ...one, ...policy('PreferDualStack'), ipFamilies: [first, second] }, dual, stored),
    ).toEqual([])
    expect(answers({ ...one, ...policy('RequireDualStack') }, dual, stored)).toEqual([])
    expect(
      answers({ ...one, ...policy('PreferDualStack'), ipFamilies: [second, first] }, dual, stored),
    ).toEqual([
      `spec.clusterIPs[0]: Invalid value: "${a[first]}": expected an ${second} value as indicated by \`ipFamilies[0]\``,
    ])
    const both = { ...two, ...policy('PreferDualStack') }
    expect(answers({ ...both, ipFamilies: [first], clusterIPs: [a[first]] }, dual, both)).toEqual([
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be \'SingleStack\' to release the secondary cluster IP',
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be \'SingleStack\' to release the secondary IP family',
    ])
    expect(answers({ ...both, ...policy('SingleStack') }, dual, both)).toEqual([])
    expect(answers({ ...one, ...policy('SingleStack') }, dual, both)).toEqual([])
  })

  test('the first address is for life, also on the way to two', () => {
    const stored = { ...two, ...policy('PreferDualStack') }
    const moved = {
      ...stored,
      clusterIP: a[second],
      clusterIPs: [a[second], a[first]],
      ipFamilies: [second, first],
    }
    expect(answers(moved, dual, stored).filter(text => text.includes('may not change once set')).length).toBe(
      4,
    )
    expect(answers({ spec: 1 }, dual, stored)).toEqual([])
  })

  test('headless without a selector has both families on any cluster', () => {
    const none = { clusterIP: 'None', selector: {} }
    expect(answers(none, single)).toEqual([])
    expect(answers({ ...none, ipFamilies: [first, second] }, single)).toEqual([])
    expect(answers({ clusterIP: 'None', ...policy('RequireDualStack') }, single)).toEqual([notDual])
    expect(answers({ clusterIP: 'None', ...policy('PreferDualStack') }, dual, { clusterIP: 'None' })).toEqual(
      [],
    )
  })
})

test('a value is shown as that version prints it', () => {
  const same = {
    ipFamilyPolicy: 'PreferDualStack',
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1', '10.96.0.2'],
  }
  const end = 'may specify no more than one IP for each IP family'
  expect(answers(same, [range.IPv4, range.IPv6])).toEqual([
    `spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: ${end}`,
  ])
  expect(answers(same, [range.IPv4, range.IPv6], undefined, 'v1.29.15')).toEqual([
    `spec.clusterIPs: Invalid value: []string{"10.96.0.1", "10.96.0.2"}: ${end}`,
  ])
})

test('other objects are not judged as Services', () => {
  const write = admission(
    { metadata: { name: 'x' }, spec: { ipFamilyPolicy: 'Nonsense' } },
    { resource: 'v1/pods' },
  )
  expect(judge(rules, 'admission', write).filter(({ severity }) => severity === 'error')).toEqual([])
})
