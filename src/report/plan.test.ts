import { nothingIncluded } from '../model/goal.ts'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createColors } from 'picocolors'
import type { Change, ObjectChange, Plan, Step } from '../model/plan.ts'
import { noColours } from './colours.ts'
import { planText } from './plan.ts'

const step = (given: Partial<Step>): Step => ({
  id: 'x/1',
  stage: 'services',
  layer: 'services',
  title: 'a step',
  why: 'a reason',
  interrupts: [],
  leaves: [],
  needs: [],
  changes: [],
  refreshes: [],
  gates: [],
  ...given,
})

const plan = (given: Partial<Plan> = {}): Plan => ({
  apiVersion: 'dualstack/v1',
  cluster: 'u-1',
  tool: '0.1.0',
  direction: 'dual',
  goal: {
    families: ['IPv4', 'IPv6'],
    pods: { IPv4: '10.244.0.0/16', IPv6: 'fd00:1::/56' },
    services: { IPv4: '10.96.0.0/16', IPv6: 'fd00:2::/112' },
    nodeMask: { IPv4: 24, IPv6: 64 },
    blockSize: { IPv4: 26, IPv6: 122 },
    nodeAddresses: { n1: { IPv4: '10.0.0.1', IPv6: 'fd00::1' } },
    calico: { encapsulation: 'None', natOutgoing: true },
    include: nothingIncluded,
  },
  steps: [],
  notices: [],
  joins: [],
  ...given,
})

const service = (name: string, namespace = 'shop'): ObjectChange => ({
  target: { kind: 'object', api: 'v1/services', namespace, name },
  fields: [{ path: ['spec', 'ipFamilies'], before: ['IPv4'], after: ['IPv4', 'IPv6'] }],
})
const file = (node: string): Change => ({
  target: { kind: 'file', node, path: '/etc/sysctl.d/x.conf' },
  before: null,
  after: `sha256:${node}`,
  edits: [{ at: 1, remove: [], insert: ['net.ipv6.conf.all.forwarding = 1\n'] }],
})

const full = plan({
  steps: [
    step({
      id: 'host/all',
      stage: 'host',
      title: 'Forward IPv6',
      changes: [
        file('n1'),
        file('n2'),
        {
          target: { kind: 'sysctl', node: 'n1', key: 'net.ipv6.conf.all.forwarding' },
          before: '0',
          after: '1',
        },
        {
          target: { kind: 'sysctl', node: 'n2', key: 'net.ipv6.conf.all.forwarding' },
          before: '0',
          after: '1',
        },
      ],
    }),
    step({
      id: 'kube-controller-manager/n1',
      stage: 'kube-controller-manager',
      title: 'Give the controller manager both ranges',
      interrupts: [
        { what: 'controllers pause', seconds: 35 },
        { what: 'traffic goes on', seconds: 0 },
      ],
      leaves: ['ServiceCIDR kubernetes stays a pair'],
      changes: [
        {
          target: {
            kind: 'file',
            node: 'n1',
            path: '/etc/kubernetes/manifests/kube-controller-manager.yaml',
          },
          before: 'sha256:a',
          after: 'sha256:b',
          edits: [
            {
              at: 18,
              remove: ['    - --cluster-cidr=10.244.0.0/16\r\n'],
              insert: ['    - --cluster-cidr=10.244.0.0/16,fd00:1::/56\r\n'],
            },
          ],
        },
      ],
      refreshes: [{ kind: 'restart', node: 'n1', unit: 'kubelet' }],
      guard: { node: 'n1', within: 180, unit: 'kubelet' },
      gates: [
        {
          id: 'kube-controller-manager/ready',
          args: {},
          within: 120,
          steady: 5,
          because: 'an old one may still lead',
        },
      ],
    }),
    step({
      id: 'services/dual',
      changes: [
        ...Array.from({ length: 200 }, (_, index) => service(`web-${index}`)),
        {
          target: {
            kind: 'object',
            api: 'apps/v1/daemonsets',
            namespace: 'kube-system',
            name: 'calico-node',
          },
          fields: [
            {
              path: [
                'spec',
                'template',
                'spec',
                'containers',
                'name=calico-node',
                'env',
                'name=IP6',
                'value',
              ],
              before: null,
              after: 'autodetect',
            },
            { path: ['metadata', 'annotations', 'a.b/c'], before: 'x', after: null },
          ],
        },
        {
          target: { kind: 'object', api: 'crd.projectcalico.org/v1/ippools', name: 'pool6' },
          existence: 'create',
          fields: [{ path: ['spec'], before: null, after: { cidr: 'fd00:1::/56' } }],
        },
        {
          target: { kind: 'config-map', namespace: 'kube-system', name: 'kube-proxy', key: 'config.conf' },
          before: 'sha256:a',
          after: 'sha256:b',
          edits: [{ at: 3, remove: ['a\n'], insert: ['b'] }],
        },
      ],
      refreshes: [
        {
          kind: 'recreate-pods',
          owner: { namespace: 'shop', kind: 'Deployment', name: 'web' },
          until: ['IPv4', 'IPv6'],
          by: 'rollout',
        },
        {
          kind: 'recreate-pods',
          owner: { namespace: 'shop', kind: 'ReplicaSet', name: 'old' },
          until: ['IPv4', 'IPv6'],
          by: 'eviction',
        },
      ],
    }),
  ],
  notices: [
    { layer: 'workloads', object: 'Pod ops/a', message: 'left as it is', remedy: 'Make it again yourself.' },
    { layer: 'workloads', object: 'Pod ops/b', message: 'left as it is', remedy: 'Make it again yourself.' },
    { layer: 'services', object: 'Service shop/lb', message: 'held back\u001B[31m' },
  ],
  joins: ['node-ip: <IPv4 address>,<IPv6 address>'],
})

describe('planText', () => {
  it('shows everything, in order, and what is the same once', () => {
    expect(
      planText(full, { colours: noColours, origins: { pods: 'chosen', services: 'asked for' } }),
    ).toMatchInlineSnapshot(`
      "Plan to dual-stack, IPv4 and IPv6
        cluster   u-1
        pods      10.244.0.0/16 stays, fd00:1::/56 is added (chosen from the cluster UID, RFC 4193; name another with --pods or --services)
        services  10.96.0.0/16 stays, fd00:2::/112 is added (you named it)
        node mask /24 stays, /64 for IPv6
        nodes     n1 fd00::1
        work      3 steps, 208 changes
        expected interruption  35 s in all, over 1 interruption, each of its own part only

      Stage host: a node must forward the family before anything sends it there

        1. Forward IPv6 [host/all]
           why        a reason
           --- 2 nodes (n1 and n2):/etc/sysctl.d/x.conf (new)
           @@ line 1 @@
           +net.ipv6.conf.all.forwarding = 1
           sysctl 2 nodes (n1 and n2) net.ipv6.conf.all.forwarding: 0 → 1

      Stage kube-controller-manager: EndpointSlices and node ranges of the new family come from it

        2. Give the controller manager both ranges [kube-controller-manager/n1]
           why        a reason
           interrupts controllers pause (35 s)
           interrupts traffic goes on (not felt)
           leaves     ServiceCIDR kubernetes stays a pair
           --- n1:/etc/kubernetes/manifests/kube-controller-manager.yaml
           @@ line 18 @@
           -    - --cluster-cidr=10.244.0.0/16
           +    - --cluster-cidr=10.244.0.0/16,fd00:1::/56
           then       restart kubelet on n1
           guard      n1 undoes it by itself after 3 min, unless it is confirmed

      Stage services: a Service of two families whose pods have one refuses connections on the other

        3. a step [services/dual]
           why        a reason
           200 services: shop/web-0, shop/web-1, shop/web-2 and 197 more
             spec.ipFamilies: ["IPv4"] → ["IPv4","IPv6"]
           daemonsets kube-system/calico-node
             spec.template.spec.containers[calico-node].env[IP6].value: (none) → autodetect
             metadata.annotations[a.b/c]: x → (none)
           ippools pool6 (new)
             spec: {"cidr":"fd00:1::/56"}
           --- configmap kube-system/kube-proxy config.conf
           @@ line 3 @@
           -a
           +b (no end of line)
           then       pods are made again (rolled out): Deployment shop/web
           then       pods are made again (evicted one by one, within their disruption budgets): ReplicaSet shop/old

      To know: left alone, or not as it was
      - Pod ops/a and Pod ops/b: left as it is
        Make it again yourself.
      - Service shop/lb: held back [31m

      What the way back cannot remove
      - ServiceCIDR kubernetes stays a pair

      For nodes that join later
      - node-ip: <IPv4 address>,<IPv6 address>
      "
    `)
  })

  it('shows each object by itself, and the gates, when it is asked to', () => {
    const text = planText(full, { colours: noColours, verbose: true })
    expect(text.match(/services shop\/web-\d+/g)).toHaveLength(200)
    expect(text).toContain('waits      kube-controller-manager/ready, up to 2 min: an old one may still lead')
    expect(text).toContain('sysctl n2 net.ipv6.conf.all.forwarding: 0 → 1')
  })

  it('says that nothing is to do', () => {
    const text = planText(plan({ direction: 'single', goal: { ...full.goal, families: ['IPv4'] } }), {
      colours: noColours,
      origins: { pods: 'set already', services: 'chosen' },
    })
    expect(text).toMatchInlineSnapshot(`
      "Plan back to single-stack, IPv4
        cluster   u-1
        pods      10.244.0.0/16 stays, fd00:1::/56 goes
        services  10.96.0.0/16 stays

      Nothing to do: the cluster is at this goal.
      "
    `)
  })

  it('says the same without colours as with them', () => {
    const coloured = planText(full, { colours: createColors(true) })
    expect(stripVTControlCharacters(coloured)).toBe(planText(full, { colours: noColours }))
    expect(coloured).not.toBe(planText(full, { colours: noColours }))
  })
})
