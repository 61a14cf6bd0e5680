import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { RefusedError } from '../../base/errors.ts'
import { configMapText } from '../../model/changes.ts'
import type { Cluster } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import type { Goal } from '../../model/goal.ts'
import { backGoal, goal, testCluster } from '../testing/cluster.ts'
import { applied, stepsOf } from '../testing/steps.ts'
import { kubeadm } from './index.ts'

type Args = Readonly<Record<string, string>>
const versions = [
  { api: 'v1beta2', version: 'v1.26.9' },
  { api: 'v1beta3', version: 'v1.30.4' },
  { api: 'v1beta4', version: 'v1.36.3' },
] as const
const etcds = {
  stacked: ['etcd:', '  local:', '    dataDir: /var/lib/etcd'],
  external: [
    'etcd:',
    '  external:',
    '    endpoints:',
    '    - https://10.9.0.1:2379',
    '    caFile: /x/ca.crt',
  ],
}

/** extraArgs as this version writes them. */
const extraArgs = (api: string, args: Args): readonly string[] =>
  Object.keys(args).length === 0
    ? []
    : [
        '  extraArgs:',
        ...Object.entries(args).flatMap(([name, value]) =>
          api === 'v1beta4' ? [`  - name: ${name}`, `    value: "${value}"`] : [`    ${name}: "${value}"`],
        ),
      ]

function configuration(
  { api, version }: (typeof versions)[number],
  etcd: keyof typeof etcds,
  args: { readonly apiServer?: Args; readonly controllerManager?: Args } = {},
): string {
  const part = (name: string, own: Args = {}) =>
    Object.keys(own).length === 0 ? [`${name}: {}`] : [`${name}:`, ...extraArgs(api, own)]
  return [
    ...part('apiServer', args.apiServer),
    `apiVersion: kubeadm.k8s.io/${api}`,
    'clusterName: kubernetes',
    'controlPlaneEndpoint: 10.0.0.100:6443',
    ...part('controllerManager', args.controllerManager),
    ...etcds[etcd],
    'kind: ClusterConfiguration',
    `kubernetesVersion: ${version}`,
    'networking:',
    '  dnsDomain: cluster.local',
    '  podSubnet: 10.244.0.0/16',
    '  serviceSubnet: 10.96.0.0/16',
    'scheduler: {}',
    '',
  ].join('\n')
}

const textOf = (cluster: Cluster): string =>
  configMapText(cluster, 'kube-system', 'kubeadm-config', 'ClusterConfiguration') ?? ''
const after = (cluster: Cluster, to: Goal): Cluster =>
  applied(cluster, stepsOf(kubeadm, cluster, to, 'kubeadm-config'))

/** Of either form, as a mapping; of several in a list the last counts. */
const argsOf = (text: string, component: string): Args => {
  const found = getField(parse(text), [component, 'extraArgs'])
  if (!Array.isArray(found)) return (found ?? {}) as Args
  return Object.fromEntries(
    (found as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
  )
}

const cases = versions.flatMap(one => (['stacked', 'external'] as const).map(etcd => ({ ...one, etcd, one })))

describe.each(cases)('$api, $etcd etcd', ({ api, version, etcd, one }) => {
  const of = (text: string) => testCluster({ version, clusterConfiguration: text })

  test('there and back: both ranges and masks, and then byte for byte what it was', () => {
    const start = of(configuration(one, etcd))
    const dual = after(start, goal)
    const text = textOf(dual)
    expect(getField(parse(text), ['networking'])).toEqual({
      dnsDomain: 'cluster.local',
      podSubnet: '10.244.0.0/16,fd00:244::/56',
      serviceSubnet: '10.96.0.0/16,fd00:96::/112',
    })
    expect(argsOf(text, 'controllerManager')).toEqual({
      'node-cidr-mask-size-ipv4': '24',
      'node-cidr-mask-size-ipv6': '64',
    })
    expect(Array.isArray(getField(parse(text), ['controllerManager', 'extraArgs']))).toBe(api === 'v1beta4')
    expect(getField(parse(text), ['etcd'])).toEqual(getField(parse(configuration(one, etcd)), ['etcd']))
    expect(after(dual, goal)).toEqual(dual)
    expect(textOf(after(dual, backGoal))).toBe(configuration(one, etcd))
  })

  test('extraArgs that beat networking get the pair too, and what else stands there stays', () => {
    const own = configuration(one, etcd, {
      apiServer: { 'service-cluster-ip-range': '10.96.0.0/16', 'audit-log-path': '/var/log/a' },
      controllerManager: { 'cluster-cidr': '10.244.0.0/16', 'node-cidr-mask-size': '25', v: '2' },
    })
    const dual = after(of(own), { ...goal, nodeMask: { IPv4: 25, IPv6: 64 } })
    expect(argsOf(textOf(dual), 'apiServer')).toEqual({
      'service-cluster-ip-range': '10.96.0.0/16,fd00:96::/112',
      'audit-log-path': '/var/log/a',
    })
    expect(argsOf(textOf(dual), 'controllerManager')).toEqual({
      'cluster-cidr': '10.244.0.0/16,fd00:244::/56',
      'node-cidr-mask-size-ipv4': '25',
      'node-cidr-mask-size-ipv6': '64',
      v: '2',
    })
  })

  test('another first range in extraArgs than in the cluster is refused', () => {
    const own = configuration(one, etcd, { apiServer: { 'service-cluster-ip-range': '10.1.0.0/16' } })
    expect(() => after(of(own), goal)).toThrow('the first range is 10.1.0.0/16')
  })
})

test('a name twice in a v1beta4 list: the same value twice is edited twice, two values are refused', () => {
  const twice = (second: string) =>
    configuration(versions[2], 'stacked', {
      apiServer: { 'service-cluster-ip-range': '10.96.0.0/16' },
    }).replace(
      '    value: "10.96.0.0/16"\n',
      `    value: "10.96.0.0/16"\n  - name: service-cluster-ip-range\n    value: "${second}"\n`,
    )
  const pair = '10.96.0.0/16,fd00:96::/112'
  const dual = textOf(after(testCluster({ clusterConfiguration: twice('10.96.0.0/16') }), goal))
  expect(dual.split(`value: "${pair}"`).length - 1 + dual.split(`value: ${pair}`).length - 1).toBe(2)
  expect(() => after(testCluster({ clusterConfiguration: twice('10.96.0.0/12') }), goal)).toThrow(
    RefusedError,
  )
})

const corpus = resolve(import.meta.dirname, '../../../../shared/corpus/3-kubeadm')
const isThere = existsSync(corpus)

test.skipIf(!isThere)(
  `configurations from real life: exactly the pair is written and taken back, or it is refused with a code${isThere ? '' : ` (skipped: no ${corpus})`}`,
  () => {
    const results = { edited: 0, refused: 0, none: 0 }
    for (const name of readdirSync(corpus)) {
      // A file for `kubeadm init` holds several documents; the ConfigMap gets this one.
      const text = readFileSync(join(corpus, name), 'utf8')
        .split(/^---.*\n/m)
        .find(part => /^kind: ClusterConfiguration\s*$/m.test(part))
      if (text === undefined) continue
      const meant = parseAllDocuments(text, { version: '1.1', logLevel: 'silent' })
        .map(doc => (doc.errors.length > 0 ? undefined : (doc.toJS() as unknown)))
        .find(doc => getField(doc, ['kind']) === 'ClusterConfiguration')
      const field = (key: string): string => {
        const value = getField(meant, ['networking', key])
        return typeof value === 'string' ? (value.split(',')[0] ?? '') : ''
      }
      const ranges = (key: string, otherwise: string) => (field(key).includes('.') ? field(key) : otherwise)
      const to: Goal = {
        ...goal,
        pods: { ...goal.pods, IPv4: ranges('podSubnet', '10.244.0.0/16') },
        services: { ...goal.services, IPv4: ranges('serviceSubnet', '10.96.0.0/16') },
      }
      const start = testCluster({ clusterConfiguration: text })
      try {
        const dual = after(start, to)
        if (textOf(dual) === text) results.none++
        else {
          results.edited++
          expect(after(dual, to), name).toEqual(dual)
          expect(textOf(dual), name).toContain(',fd00:')
        }
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        expect(error.code, name).toMatch(/^(text|range)\./)
        results.refused++
      }
    }
    expect(results.edited).toBeGreaterThan(10)
  },
)
