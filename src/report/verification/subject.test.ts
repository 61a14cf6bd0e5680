import { expect, test } from 'vitest'
import type { Family } from '../../address/family.ts'
import type { Answer, Place, Verification } from '../../model/verification.ts'
import { noColours } from '../colours.ts'
import { type Subject, subjectText } from './subject.ts'
import { sample } from './testing/sample.ts'

const pod = (node: string): Place => ({ kind: 'pod', name: `peer-${node}`, node })
const node = (name: string): Place => ({ kind: 'node', name, node: name })
const answer = (
  from: Place,
  to: Place,
  family: Family,
  more: Partial<Answer['ask']> & { readonly failed?: true } = {},
): Answer => {
  const { failed, ...rest } = more
  return {
    ask: {
      id: JSON.stringify([from.name, to.name, family, rest]),
      scenario: 'x',
      family,
      protocol: 'HTTP',
      from,
      to,
      address: family === 'IPv4' ? '10.0.0.5' : 'fd00::5',
      port: 80,
      expect: 'answers',
      ...rest,
    },
    outcome: failed === true ? 'failed' : 'passed',
    seen: '',
  }
}
const text = (subject: Subject, answers: readonly Answer[]): string => {
  const verification: Verification = { ...sample(), families: ['IPv4', 'IPv6'], answers }
  return subjectText(verification, subject, noColours)
}

test('pods: the address in each family, and from which nodes it answers; who is denied says nothing of it', () => {
  const answers = (['IPv4', 'IPv6'] as const).flatMap(family => [
    answer(node('n1'), pod('n1'), family),
    answer(node('n2'), pod('n1'), family, family === 'IPv6' ? { failed: true } : {}),
    answer(pod('n2'), pod('n1'), family, { port: 8081, protocol: 'UDP' }),
    answer(pod('n1'), pod('n2'), family, { failed: true, expect: 'denied' }),
  ])
  expect(text('pod', answers)).toMatchInlineSnapshot(`
    "TEST POD       FAMILY   ADDRESS    ANSWERS
    peer-n1 (n1)   IPv4     10.0.0.5   to nodes n1 and n2, pods on n2
    peer-n1 (n1)   IPv6     fd00::5    to node n1, pods on n2; NOT to node n2
    "
  `)
})

test('Services: both ClusterIPs; one that has none in a family says so', () => {
  const web: Place = { kind: 'service', name: 'web' }
  const dns: Place = { kind: 'dns', name: 'kube-dns' }
  const answers = [
    answer(pod('n1'), web, 'IPv4'),
    answer(pod('n1'), web, 'IPv6'),
    answer(pod('n1'), web, 'IPv6', { port: 8081, protocol: 'UDP' }),
    answer(pod('n2'), dns, 'IPv4', { protocol: 'DNS', port: 53, host: 'web.x.svc' }),
  ]
  expect(text('service', answers)).toMatchInlineSnapshot(`
    "SERVICE        FAMILY   ADDRESS              ANSWERS
    Service web    IPv4     10.0.0.5:80          to pods on n1
    Service web    IPv6     [fd00::5]:80         to pods on n1
    Service web    IPv6     [fd00::5]:8081 UDP   to pods on n1
    DNS kube-dns   IPv4     10.0.0.5:53          to pods on n2
    DNS kube-dns   IPv6     none                 not asked
    "
  `)
})

test('Ingresses: by the name that is asked for, in each family', () => {
  const here: Place = { kind: 'outside', name: 'this machine' }
  const shop: Place = { kind: 'ingress', name: 'demo/shop' }
  const answers = (['IPv4', 'IPv6'] as const).map(family =>
    answer(here, shop, family, { host: 'shop.example' }),
  )
  expect(text('ingress', answers)).toMatchInlineSnapshot(`
    "INGRESS             FAMILY   ADDRESS                           ANSWERS
    Ingress demo/shop   IPv4     10.0.0.5:80, Host shop.example    to this machine
    Ingress demo/shop   IPv6     [fd00::5]:80, Host shop.example   to this machine
    "
  `)
})

test('of many those that fail stand first, and the rest is counted', () => {
  const answers = Array.from({ length: 20 }, (_, index) =>
    answer(node('n1'), pod(`n${index}`), 'IPv4', index === 19 ? { failed: true } : {}),
  )
  const lines = text('pod', answers).split('\n')
  expect(lines[1]).toMatch(/^peer-n19 .* NOT to node n1$/)
  expect(lines.at(-2)).toBe('… and 8 more (-o json has them all)')
})
