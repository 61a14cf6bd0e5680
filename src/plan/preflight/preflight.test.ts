import { describe, expect, test } from 'vitest'
import {
  apiServerManifest,
  apiServerPath,
  controllerManagerManifest,
  controllerManagerPath,
  dropIn,
  dropInPath,
  goal,
  testCluster,
} from '../../layers/testing/cluster.ts'
import { kubeAPIServer } from '../../layers/kube-apiserver/index.ts'
import { kubeControllerManager } from '../../layers/kube-controller-manager/index.ts'
import { kubelet } from '../../layers/kubelet/index.ts'
import { services } from '../../layers/services/index.ts'
import type { Cluster, KubeObject } from '../../model/cluster.ts'
import type { AnyRule, Finding, Rule, RuleInputs } from '../../model/rule.ts'
import { makePlan } from '../make.ts'
import { preflight } from './index.ts'
import { rangesOf } from './ranges.ts'

const now = '2026-06-01T00:00:00Z'
const layers = [kubeAPIServer, kubeControllerManager, kubelet, services]

/** A rule that breaks where `when` says so. */
const rule = <On extends keyof RuleInputs>(
  on: On,
  when: (input: RuleInputs[On]) => boolean | string,
  more: Partial<Rule<On>> = {},
): AnyRule =>
  ({
    id: `test/${on}`,
    on,
    title: 'kept',
    severity: 'error',
    why: 'w',
    source: 's',
    covers: [],
    remedy: 'r',
    judge: (input: RuleInputs[On]) => {
      const broken = when(input)
      if (broken === false) return []
      const { where } = input as { where?: string }
      return [{ object: where ?? 'it', field: '', message: broken === true ? 'is broken' : broken }]
    },
    examples: { bad: [], good: [] },
    ...more,
  }) as unknown as AnyRule

const look = (cluster: Cluster, rules: readonly AnyRule[], planned = true): readonly Finding[] => {
  const plan = planned ? makePlan({ cluster, goal, layers, tool: '' }) : undefined
  return preflight({ cluster, goal, plan, now, rules })
}

describe('components', () => {
  test('are judged in every state that the plan passes through, with the step that brings it about', () => {
    const isPair = rule(
      'arguments',
      ({ component, arguments: given }) =>
        component === 'kube-apiserver' && (given['service-cluster-ip-range'] ?? '').includes(','),
    )
    expect(look(testCluster({ controlPlanes: 2 }), [isPair])).toEqual(
      ['n1', 'n2'].map(node => ({
        rule: 'test/arguments',
        severity: 'error',
        object: `kube-apiserver on ${node}`,
        field: '',
        message: 'is broken',
        remedy: 'r',
        after: `kube-apiserver/${node}`,
      })),
    )
    expect(look(testCluster(), [isPair], false)).toMatchObject([{ severity: 'ok' }])
  })

  test('broken now and mended by a step of the plan are no error; broken for good are', () => {
    const old = controllerManagerManifest('--node-cidr-mask-size=24')
    const cluster = testCluster({ files: { n1: { [controllerManagerPath]: old } } })
    const hasOldMask = rule('arguments', ({ arguments: given }) => 'node-cidr-mask-size' in given)
    const leads = rule('arguments', ({ arguments: given }) => given['leader-elect'] === 'true')
    expect(look(cluster, [hasOldMask])).toMatchObject([
      {
        severity: 'warning',
        object: 'kube-controller-manager on n1',
        message: 'is broken (as it is now; step kube-controller-manager/n1 mends it)',
      },
    ])
    // The same words before and after: told once, as it is now.
    const [found, ...more] = look(cluster, [leads])
    expect(found).toMatchObject({ severity: 'error', object: 'kube-controller-manager on n1' })
    expect([found?.after, more]).toEqual([undefined, []])
  })

  test('a kubelet is judged by what its files would start it with, its configuration file too', () => {
    const cluster = testCluster({
      nodes: 1,
      files: {
        n1: {
          [dropInPath]: dropIn.replace('ExecStart=/usr/bin/kubelet', 'ExecStart=/usr/bin/kubelet --v=2'),
          '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--pod-infra-container-image=pause:3.9 --v 4"\n',
          '/var/lib/kubelet/config.yaml': 'clusterDNS:\n- 10.96.0.10\nfailCgroupV1: false\n',
        },
      },
    })
    const seen: Record<string, string>[] = []
    const spy = rule('arguments', ({ component, arguments: given }) => {
      if (component === 'kubelet') seen.push({ ...given })
      return false
    })
    look(cluster, [spy])
    const rest = {
      clusterDNS: '10.96.0.10',
      failCgroupV1: 'false',
      config: '/var/lib/kubelet/config.yaml',
      'pod-infra-container-image': 'pause:3.9',
      v: '4',
    }
    expect(seen).toEqual([
      { ...rest, 'node-ip': '10.0.0.11' },
      { ...rest, 'node-ip': '10.0.0.11,fd00:10::11' },
    ])
  })

  test('where the files are not understood, what runs is judged', () => {
    const shell = apiServerManifest().replace('- kube-apiserver', '- /bin/sh\n    - -c')
    const cluster = testCluster({ nodes: 1 })
    const facts = cluster.nodes['n1']
    const unclear: Cluster = {
      ...cluster,
      nodes:
        facts === undefined
          ? {}
          : { n1: { ...facts, files: { ...facts.files, [apiServerPath]: { text: shell } } } },
    }
    const values: (string | undefined)[] = []
    const spy = rule('arguments', ({ component, arguments: given }) => {
      if (component === 'kube-apiserver') values.push(given['service-cluster-ip-range'])
      return false
    })
    look(unclear, [spy], false)
    expect(values).toEqual(['10.96.0.0/16'])
  })
})

test('writes are judged as the API servers of that moment would see them', () => {
  const web: KubeObject = {
    metadata: { name: 'web', namespace: 'demo' },
    spec: {
      type: 'ClusterIP',
      selector: { app: 'web' },
      clusterIP: '10.96.0.9',
      clusterIPs: ['10.96.0.9'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    },
  }
  const cluster = testCluster()
  const withService: Cluster = { ...cluster, objects: { ...cluster.objects, 'v1/services': [web] } }
  const writes: unknown[] = []
  const spy = rule('admission', ({ resource, object, old, server }) => {
    const spec = object['spec'] as { ipFamilies?: unknown; ipFamilyPolicy?: unknown }
    writes.push([resource, old === undefined, spec.ipFamilies, server.services])
    return spec.ipFamilyPolicy !== 'SingleStack'
  })
  const found = look(withService, [spy])
  expect(writes).toContainEqual(['v1/services', false, ['IPv4', 'IPv6'], ['10.96.0.0/16', 'fd00:96::/112']])
  expect(found).toMatchObject([{ severity: 'error', message: 'is broken' }])
  expect(found[0]?.after).toMatch(/^services\//)
})

describe('what cannot be judged is said, and never called kept', () => {
  const list = { kind: 'list', resource: 'v1/events' } as const
  const file = { kind: 'file', path: '/etc/hosts', on: 'all' } as const

  test('a list that was refused', () => {
    const cluster: Cluster = { ...testCluster(), unread: { 'v1/events': 'forbidden' } }
    expect(look(cluster, [rule('cluster', () => true, { reads: [list] })])).toMatchObject([
      { severity: 'skipped', message: 'v1/events was not read: forbidden' },
    ])
  })

  test('a file of some nodes: breaks elsewhere still count', () => {
    const cluster = testCluster({ files: { n1: { '/etc/hosts': 'x' } } })
    const kept = rule('cluster', () => false, { reads: [file] })
    const broken = rule('cluster', () => true, { reads: [file] })
    expect(look(cluster, [kept])).toMatchObject([
      { severity: 'skipped', message: 'n2:/etc/hosts was not read: nobody looked for it' },
    ])
    expect(look(cluster, [broken])).toMatchObject([{ severity: 'error' }])
  })

  test('a file of all nodes: nothing is judged', () => {
    expect(look(testCluster(), [rule('cluster', () => true, { reads: [file] })])).toMatchObject([
      { severity: 'skipped' },
    ])
  })

  test('a node that was not reached', () => {
    const cluster = testCluster({ files: { n1: { '/etc/hosts': 'x' } } })
    const { n2: _away, ...nodes } = cluster.nodes
    const away: Cluster = { ...cluster, nodes, unread: { 'nodes/n2': 'connection timed out' } }
    expect(look(away, [rule('cluster', () => false, { reads: [file] })], false)).toMatchObject([
      { severity: 'skipped', message: 'node n2 was not read: connection timed out' },
    ])
  })

  test('a write where there is no plan; another version is not told of at all', () => {
    expect(look(testCluster(), [rule('admission', () => true)], false)).toMatchObject([
      { severity: 'skipped', message: 'there is no plan' },
    ])
    expect(look(testCluster(), [rule('cluster', () => true, { versions: '<1.30' })])).toEqual([])
  })
})

describe('ranges', () => {
  const route = (destination: string, device = 'eth0') => ({
    family: 'IPv4' as const,
    destination,
    interface: device,
    protocol: 'kernel',
  })

  test('the networks of nodes are told once each; what lies in the running pod range is the cluster’s own', () => {
    const routes = [
      route('default'),
      route('10.0.0.0/24'),
      route('10.244.2.0/26'),
      route('172.17.0.0/16', 'docker0'),
    ]
    const { networks } = rangesOf(testCluster({ facts: { n1: { routes }, n2: { routes } } }), goal)
    expect(networks).toContainEqual({ cidr: '10.0.0.0/24', of: 'eth0 of n1 and 1 more' })
    expect(networks).toContainEqual({ cidr: '172.17.0.0/16', of: 'docker0 of n1 and 1 more' })
    expect(networks.map(({ cidr }) => cidr)).not.toContain('10.244.2.0/26')
  })

  test('the network of a node’s own address counts even inside the pod range', () => {
    const inside = testCluster({ facts: { n1: { routes: [route('10.0.0.0/24')] } } })
    const objects = (inside.objects['v1/configmaps'] ?? []).map(map => ({
      ...map,
      data: JSON.parse(JSON.stringify(map['data']).replaceAll('10.244.0.0/16', '10.0.0.0/16')) as unknown,
    }))
    const cluster: Cluster = { ...inside, objects: { ...inside.objects, 'v1/configmaps': objects } }
    expect(rangesOf(cluster, goal).networks.map(({ cidr }) => cidr)).toContain('10.0.0.0/24')
  })

  test('what components have now, and the plan makes equal, is no error', () => {
    const half = testCluster({
      controlPlanes: 2,
      files: { n1: { [apiServerPath]: apiServerManifest('10.96.0.0/16,fd00:96::/112') } },
    })
    const differ = rule('ranges', ({ written = [] }) => {
      const values = new Set(
        written.flatMap(one => (one.component.startsWith('kube-apiserver') ? one.value : [])),
      )
      return values.size > 1 ? 'they differ' : false
    })
    expect(look(half, [differ])).toMatchObject([
      { severity: 'warning', message: 'they differ (as it is now; the plan mends it)' },
    ])
    expect(look(half, [differ], false)).toMatchObject([{ severity: 'error' }])
  })

  test('what the primary family is already is a warning, what is added an error', () => {
    const old = rule('ranges', ({ services: { IPv4 } }) => IPv4 === '10.96.0.0/16')
    const added = rule('ranges', ({ services: { IPv6 } }) => IPv6 !== undefined)
    expect(look(testCluster(), [old])).toMatchObject([
      { severity: 'warning', message: 'is broken (the cluster runs with it already)' },
    ])
    expect(look(testCluster(), [added])).toMatchObject([{ severity: 'error', message: 'is broken' }])
  })
})
