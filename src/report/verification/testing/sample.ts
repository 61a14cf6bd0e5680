import { type Family, families } from '../../../address/family.ts'
import type { Answer, Ask, Place, Verification } from '../../../model/verification.ts'

const nodes = ['n1', 'n2', 'n3']
const address: Readonly<Record<Family, (node: string) => string>> = {
  IPv4: node => `10.244.${node.slice(1)}.5`,
  IPv6: node => `fd00:10:${node.slice(1)}::5`,
}
const pod = (node: string): Place => ({ kind: 'pod', name: `verify/server-${node}`, node })
const client = (node: string): Place => ({ kind: 'pod', name: `verify/client-${node}`, node })

const asked = (given: Partial<Ask> & Pick<Ask, 'scenario' | 'family' | 'from' | 'to'>): Ask => ({
  id: [given.scenario, given.family, given.from.name, given.to.name].join('|'),
  protocol: 'TCP',
  expect: 'answers',
  ...given,
})
const passed = (ask: Ask, seen = '200 in 2 ms'): Answer => ({ ask, outcome: 'passed', seen, milliseconds: 2 })
const failed = (ask: Ask, rest: Partial<Answer>): Answer => ({
  ask,
  outcome: 'failed',
  seen: 'no answer in 2 s',
  milliseconds: 2000,
  ...rest,
})

/** Three nodes; IPv6 does not get to n3 from elsewhere, and a policy that should deny does not. Some names are nasty on purpose. */
export function sample(): Verification {
  const answers = families.flatMap(family => [
    ...nodes.flatMap(from =>
      nodes.map(to => {
        const ask = asked({
          scenario: 'pod-to-pod',
          family,
          from: client(from),
          to: pod(to),
          address: address[family](to),
          port: 8080,
        })
        return family === 'IPv6' && to === 'n3' && from !== 'n3' ? lost(ask, from) : passed(ask)
      }),
    ),
    ...nodes.map(from =>
      passed(
        asked({
          scenario: 'pod-to-service',
          family,
          from: client(from),
          to: { kind: 'service', name: 'verify/server' },
          address: family === 'IPv4' ? '10.96.0.7' : 'fd00:20::7',
          port: 80,
          protocol: 'HTTP',
        }),
        '200 from server-n1 in 3 ms',
      ),
    ),
    passed(
      asked({
        scenario: 'outside-to-nodeport',
        family,
        from: { kind: 'outside', name: 'this machine' },
        to: { kind: 'node', name: 'n1', node: 'n1' },
        address: family === 'IPv4' ? '192.0.2.1' : '2001:db8::1',
        port: 30080,
      }),
    ),
    passed(
      asked({
        scenario: 'dns',
        family,
        from: client('n2'),
        to: { kind: 'dns', name: 'dns' },
        address: family === 'IPv4' ? '10.96.0.10' : 'fd00:20::a',
        port: 53,
        host: 'server.verify.svc.cluster.local',
        protocol: 'DNS',
      }),
    ),
  ])
  const leak = failed(
    asked({
      scenario: 'network-policy',
      family: 'IPv6',
      from: client('n2'),
      to: { kind: 'pod', name: `verify/<b>"deny" & 'all'</b>`, node: 'n2' },
      address: 'fd00:10:2::66',
      port: 8080,
      expect: 'denied',
    }),
    {
      seen: '200 from <script>alert(1)</script>',
      milliseconds: 3,
      layer: 'cni-calico',
      seenFrom: 'fd00:10:2::5',
    },
  )
  return {
    apiVersion: 'dualstack/verify/v1',
    cluster: '0b9a4e6c-1f0d-4a6a-9d5b-6a0f5e1c7d21',
    at: '2026-05-04T02:11:40Z',
    families,
    nodes,
    answers: [...answers, leak],
    skipped: [
      { scenario: 'ingress', reason: 'no Ingress controller answers: no IngressClass is there' },
      {
        scenario: 'outside-to-loadbalancer',
        family: 'IPv6',
        reason: 'Service shop/front & co has no IPv6 address in status.loadBalancer',
      },
    ],
  }
}

const lost = (ask: Ask, from: string): Answer =>
  failed(ask, {
    layer: 'cni-calico',
    evidence: [
      { of: `ip -6 route get fd00:10:3::5 (${from})`, says: 'unreachable fd00:10:3::5 dev lo metric 1024\n' },
      { of: `ip -6 neigh show (${from})`, says: 'fd00::3 dev eth0 FAILED\nfd00::2 dev eth0 REACHABLE\n' },
    ],
  })
