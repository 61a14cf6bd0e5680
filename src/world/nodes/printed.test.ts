import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DualStackError } from '../../base/errors.ts'
import { spoiled, spoiledJson } from '../../text/testing/spoiled.ts'
import { containersOf } from './containers.ts'
import { parseFacts } from './facts.ts'
import { type FrameRecord, parseFrames } from './frame.ts'

/** What programs of a node print, where something is wrong with the node: nothing of it ends the tool with an error of JavaScript. */
const records = (said: Readonly<Record<string, string>>): readonly FrameRecord[] =>
  Object.entries(said).map(([kind, text]) => [kind, Buffer.from(text)])

const addresses = [
  {
    ifname: 'eth0',
    mtu: 1500,
    addr_info: [{ family: 'inet6', local: 'fd00::1', prefixlen: 64, scope: 'global', dynamic: true }],
  },
]
const routes = [
  { dst: 'default', gateway: '10.0.0.254', dev: 'eth0', protocol: 'static', flags: [] },
  { dst: '10.244.1.0/24', nexthops: [{ via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth0' }] },
]
const refusal = { kind: 'Status', message: 'spec.ipFamilyPolicy: Invalid value' }
const filter =
  '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m comment --comment "a \\"b\\"" -j ACCEPT\nCOMMIT\n'
const certificates = 'Nov  3 07:39:02 2027 GMT /etc/kubernetes/pki/apiserver.crt\n'
const sysctls = 'net/ipv4/ip_forward:1\nnet/ipv6/conf/eth0.100/forwarding:0\n'

test('facts of a node', () => {
  const said = fc.record({
    addresses: spoiledJson(addresses),
    routes4: spoiledJson(routes),
    routes6: spoiledJson(routes),
    sysctls: spoiled(sysctls),
    kubelet: spoiled('/usr/bin/kubelet\0--node-ip=10.0.0.1\0'),
    manifests: spoiled('/etc/kubernetes/manifests/etcd.yaml\n'),
    firewall4: spoiled(filter),
    nftables: spoiled('table inet x {\n comment "y"\n}\n'),
    certificates: spoiled(certificates),
    cgroup: spoiled('2'),
    program: spoiled('Kubernetes v1.36.3'),
    ready: spoiled('yes'),
  })
  fc.assert(
    fc.property(
      said,
      spoiledJson(refusal),
      fc.constantFrom('200', '422', '000', '', '5'),
      (given, body, status) => {
        const facts = parseFacts(
          [
            ...records(given),
            ['dualstack', Buffer.from(status), Buffer.from(body)],
            ['file', Buffer.from('/etc/hosts'), Buffer.from(given.cgroup), Buffer.from(given.sysctls)],
            ['way', Buffer.from(given.ready)],
            ['ping'],
          ],
          {
            network: true,
            firewall: true,
            upkeep: true,
            apiServer: { askDualStack: true },
            reach: ['[fd00::1]:1'],
            ping: [],
            ways: [],
          },
        )
        for (const { address, flags } of facts.addresses)
          expect([typeof address, ...flags]).toContain('string')
        for (const { destination, interface: device } of facts.routes)
          expect([typeof destination, typeof device]).toEqual(['string', 'string'])
      },
    ),
    { numRuns: 1000 },
  )
})

const crictl = {
  containers: [
    {
      id: 'b',
      metadata: { name: 'kube-apiserver', attempt: 4 },
      state: 'CONTAINER_EXITED',
      labels: {
        'io.kubernetes.pod.namespace': 'kube-system',
        'io.kubernetes.pod.name': 'kube-apiserver-n1',
      },
    },
    { id: 'c', metadata: { name: 'etcd', attempt: 0 }, state: 'CONTAINER_RUNNING', labels: {} },
  ],
}

test('containers of a node', () => {
  const exit = '{\n "exitCode": 1,\n "finishedAt": "2026-11-23T03:09:12Z" }'
  fc.assert(
    fc.property(spoiledJson(crictl), spoiled(exit), spoiled('1780000000'), (list, exited, now) => {
      const { containers, logs } = containersOf([
        ['now', Buffer.from(now)],
        ['crictl', Buffer.from(list)],
        ['exited', Buffer.from('b'), Buffer.from(exited)],
        ['log', Buffer.from(list)],
      ])
      for (const { namespace, pod, container, attempt, state } of containers)
        expect([namespace, pod, container, attempt, state].map(value => typeof value)).toEqual([
          'string',
          'string',
          'string',
          'number',
          'string',
        ])
      expect(logs).toHaveLength(1)
    }),
    { numRuns: 1000 },
  )
})

test.each(['null', '{"containers":null}', '{"containers":[null,7,{}]}', '{"containers":{"a":1}}', '"x"', ''])(
  'crictl that prints %s tells of no container by name',
  text => {
    const { containers } = containersOf([['crictl', Buffer.from(text)]])
    expect(containers.filter(({ pod }) => pod !== '')).toEqual([])
  },
)

test('records of the agent: whole, or refused in words', () => {
  const word = (text: string): string => `x${Buffer.from(text).toString('base64')}`
  const printed = [
    'Welcome to n1!',
    `frame-1 ${word('kernel')} ${word('6.1.0')}`,
    `frame-1 ${word('file')} ${word('/etc/hosts')} ${word('644 0:0')} ${word('127.0.0.1 é\n')}`,
    `frame-1 ${word('end')}`,
    '',
  ].join('\n')
  fc.assert(
    fc.property(spoiled(printed), text => {
      try {
        parseFacts(parseFrames('frame-1', text, 'n1'), {})
      } catch (error) {
        if (!(error instanceof DualStackError)) throw error
        expect(error.code).toBe('nodes.cut-off')
      }
    }),
    { numRuns: 1000 },
  )
})
