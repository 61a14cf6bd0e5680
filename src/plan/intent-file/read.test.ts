import { expect, test } from 'vitest'
import { UsageError } from '../../base/errors.ts'
import { readIntentFile } from './read.ts'

const head = 'apiVersion: dualstack/v1\nkind: DualStack\n'
const refusal = (text: string): string => {
  try {
    readIntentFile(text, 'dualstack.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    expect((error as UsageError).code).toBe('intent.file')
    return (error as UsageError).message
  }
  return 'nothing was refused'
}

test('a file that says nothing wants what is wanted without a file', () => {
  expect(readIntentFile(head, 'dualstack.yaml')).toEqual({})
})

test('everything that can be said becomes the intent of the same meaning', () => {
  const text = `\uFEFF${head}families: [IPv4, IPv6]
pods:
  cidr: fd00:10:244::/56
  nodeMask: 64
services:
  cidr: 10.96.0.0/16,fd00:10:96::/112
  headless: convert
  loadBalancers: leave
nodes:
  interface: eth*
  cidr: 2001:db8::/32
  addresses:
    n1: 2001:db8::1
    n2.example: [10.0.0.2, "2001:db8::"]
calico:
  blockSize: 122
  encapsulation: None
  natOutgoing: false
workloads: {barePods: delete, jobs: leave, onDelete: recreate}
`
  const expected = {
    to: 'dual',
    families: ['IPv4', 'IPv6'],
    pods: 'fd00:10:244::/56',
    nodeMask: 64,
    services: '10.96.0.0/16,fd00:10:96::/112',
    nodesFrom: { interface: 'eth*', cidr: '2001:db8::/32' },
    nodeAddresses: { n1: { IPv6: '2001:db8::1' }, 'n2.example': { IPv4: '10.0.0.2', IPv6: '2001:db8::' } },
    blockSize: 122,
    encapsulation: 'None',
    natOutgoing: false,
    include: {
      headlessServices: true,
      loadBalancerServices: false,
      barePods: true,
      jobs: false,
      onDelete: true,
    },
  }
  expect(readIntentFile(text, 'dualstack.yaml')).toEqual(expected)
  expect(readIntentFile(text.replaceAll('\n', '\r\n'), 'dualstack.yaml')).toEqual(expected)
})

test('one family leads back', () => {
  expect(readIntentFile(`${head}families: [IPv4]\n`, 'x')).toEqual({ families: ['IPv4'], to: 'single' })
})

test('every mistake is told at once, each with its line, its column and what was probably meant', () => {
  expect(
    refusal(`apiVersion: dualstack/v2
kind: DualStack
pod:
  cidr: fd00::/56
pods:
  cidrs: fd00::/56
  nodeMask: "64"
  services: x
services: [a]
nodes:
  addresses:
    N1: fd00::1
    n2: fd00::zz
calico:
  encapsulation: vxlan
  natOutgoing: yes
  blockSize: 400
  mtu: 1450
families: [IPv4, ipv6, IPv6]
`),
  ).toMatchInlineSnapshot(`
    "dualstack.yaml has 12 mistakes:
      line 1, column 1: apiVersion: 'dualstack/v2': this tool knows dualstack/v1
      line 3, column 1: pod: no such field; did you mean pods?
      line 6, column 3: pods.cidrs: no such field; did you mean cidr?
      line 7, column 3: pods.nodeMask: '64' is text, and a number is wanted: no quotes, no slash
      line 8, column 3: pods.services: no such field; services stands at the beginning of a line
      line 9, column 1: services: a list is no set of fields
      line 12, column 5: nodes.addresses.N1: N1 cannot be the name of a node
      line 15, column 3: calico.encapsulation: 'vxlan' is not known; did you mean VXLAN?
      line 16, column 3: calico.natOutgoing: 'yes' is neither true nor false
      line 17, column 3: calico.blockSize: at most 128
      line 18, column 3: calico.mtu: no such field; known here: blockSize, encapsulation, natOutgoing
      line 19, column 1: families: at most 2 entries"
  `)
})

test.each([
  [
    'a tab',
    `${head}pods:\n\tcidr: fd00::/56\n`,
    'line 4, column 1: a tab; YAML takes spaces alone to indent',
  ],
  [
    'a field twice',
    `${head}pods:\n  nodeMask: 64\n  nodeMask: 80\n`,
    'line 5, column 3: this field is there twice; only one of them could count',
  ],
  [
    'an address without quotes that ends in a colon',
    `${head}nodes:\n  addresses:\n    n1: fd00::\n`,
    'line 5, column 9: a second `:` in one line, or a line indented too far; an address that ends in `:` needs quotes',
  ],
  ['two documents', `${head}---\n${head}`, 'line 3, column 1: a second document begins here; one is wanted'],
  ['a list', '- a\n', 'line 1, column 1: fields with values are wanted here'],
  ['nothing', '', 'line 1, column 1: fields with values are wanted here'],
  [
    'an alias',
    `${head}pods: &p {nodeMask: 64}\n`,
    'line 3, column 10: an anchor; write the value where it is used',
  ],
  ['a tag', `${head}pods: !p {nodeMask: 64}\n`, 'a tag; leave it out'],
  [
    'a field without a blank',
    `${head}pods:\n  cidr:fd00::/56\n`,
    "line 3, column 1: pods: 'cidr:fd00::/56' is no set of fields; a `:` needs a space behind it",
  ],
  ['a prototype', `${head}nodes: {addresses: {__proto__: fd00::1}}\n`, '__proto__: no such field'],
  [
    'a family twice',
    `${head}families: [IPv4, IPv4]\n`,
    'line 3, column 1: families: IPv4, IPv4: one family twice',
  ],
  [
    'two addresses of one family',
    `${head}nodes:\n  addresses:\n    n1: [fd00::1, fd00::2]\n`,
    'line 5, column 5: nodes.addresses.n1: fd00::1 and fd00::2 are both IPv6',
  ],
  ['no kind', 'apiVersion: dualstack/v1\n', 'kind is missing: kind: DualStack'],
  ['a network with host bits', `${head}nodes: {cidr: 2001:db8::1/64}\n`, 'line 3, column 9: nodes.cidr: '],
])('%s is refused with its line', (_, text, message) => {
  expect(refusal(text)).toContain(message)
})

test('a value is never shown at length: it may be a file that somebody mistook', () => {
  const secret = 'x'.repeat(500)
  expect(refusal(`${head}kind2: ${secret}\ncalico: {encapsulation: ${secret}}\n`).length).toBeLessThan(400)
})

test('aliases that grow without end are refused before they are followed', () => {
  const bomb = `${head}a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n`
  expect(refusal(bomb)).toContain('an anchor')
})
