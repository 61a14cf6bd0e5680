import { expect, test } from 'vitest'
import { flatYaml } from './flat.ts'

test.each([
  ['clusterCIDR: 10.244.0.0/16\nmode: ""\n', { clusterCIDR: '10.244.0.0/16', mode: '' }],
  ['networking:\n  podSubnet: a,b\n  dnsDomain: null\n', { 'networking.podSubnet': 'a,b' }],
  ['nodePortAddresses: [10.0.0.0/8, "fd00::/8"]\nempty: []\n', { nodePortAddresses: '10.0.0.0/8,fd00::/8' }],
  ['failCgroupV1: false\nmaxPods: 110\n', { failCgroupV1: 'false', maxPods: '110' }],
  // extraArgs of v1beta3 and of v1beta4.
  [
    'controllerManager:\n  extraArgs:\n    node-cidr-mask-size-ipv6: "64"\n',
    { 'controllerManager.extraArgs.node-cidr-mask-size-ipv6': '64' },
  ],
  [
    'controllerManager:\n  extraArgs:\n  - name: node-cidr-mask-size-ipv6\n    value: "64"\n',
    { 'controllerManager.extraArgs.node-cidr-mask-size-ipv6': '64' },
  ],
  ['taints:\n- key: a\n  effect: b\n', { 'taints.0.key': 'a', 'taints.0.effect': 'b' }],
])('%j', (text, expected) => {
  expect(flatYaml(text)).toEqual(expected)
})

test.each(['a: [', '- a\n', 'word', ''])('%j is no mapping that could be read', text => {
  expect(flatYaml(text)).toBeUndefined()
})
