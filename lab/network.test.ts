import { expect, test } from 'vitest'
import { hostsFile, namespace, nodeAddresses } from './network.ts'
import { checkName, type LabState } from './state.ts'

const lab: LabState = {
  name: 'lab',
  instance: 7,
  kubernetes: '1.36',
  cni: 'calico',
  workload: true,
  bin: '',
  server: '10.89.7.1:6443',
  ready: false,
  nodes: [{ name: 'n1', role: 'control-plane', ...nodeAddresses(7, 1), machineId: '' }],
}

test('addresses derive from the instance and the number of the node', () => {
  expect(nodeAddresses(12, 3)).toEqual({
    ipv4: '10.89.12.13',
    ipv6: 'fd00:89:12::13',
    mac: '02:89:0c:00:00:03',
  })
})

test('an address that a node makes from its MAC is the one that it is known by', () => {
  expect(nodeAddresses(12, 10, 'address')).toMatchObject({
    ipv6: 'fd00:89:12:0:89:cff:fe00:a',
    mac: '02:89:0c:00:00:0a',
  })
})

test('the control-plane endpoint is where the API server or its load balancer is', () => {
  expect(hostsFile(lab)).toContain('10.89.7.1 cp.lab\n10.89.7.11 n1\n')
})

test('no name of a lab is the beginning of another in the names of namespaces', () => {
  for (const name of ['a.b', 'A', '-a', '', 'a_b', '1a']) expect(() => checkName(name)).toThrow()
  expect(namespace(checkName('a'), 'n1')).toBe('dslab.a.n1')
  expect(namespace('a-n1', 'n1').startsWith(namespace('a', ''))).toBe(false)
})
