import { expect, test } from 'vitest'
import { detect } from './autodetection.ts'
import { carriesVXLAN6 } from './calico-encapsulation.ts'

const on = (name: string, address: string) => ({
  interface: name,
  family: 'IPv6' as const,
  address,
  prefixLength: 64,
  scope: address.startsWith('fe80') ? 'link' : 'global',
  flags: [],
})
const facts = {
  files: {},
  sysctls: {},
  routes: [],
  addresses: [
    on('lo', '::1'),
    on('eth0', 'fe80::1'),
    on('eth0', 'fd00:10::11'),
    on('eth1', '2001:db8::11'),
    on('docker0', 'fd00:77::1'),
    on('cali1', 'fe80::eeee'),
  ],
}
const found = (method: string) => {
  const detected = detect(method, 'IPv6', facts)
  if (detected === 'elsewhere') return detected
  return 'wrong' in detected ? detected.wrong : detected.addresses.map(({ address }) => address)
}

test.each([
  // The last interface first, bridges and pods' links left out, link-local never.
  ['first-found', ['2001:db8::11', 'fd00:10::11']],
  ['', ['2001:db8::11', 'fd00:10::11']],
  ['cidr=fd00:10::/64', ['fd00:10::11']],
  ['cidr=fd00:99::/64,2001:db8::/32', ['2001:db8::11']],
  ['interface=eth0', ['fd00:10::11']],
  ['interface=eth.*', ['2001:db8::11', 'fd00:10::11']],
  ['interface=ens.*', []],
  ['skip-interface=eth1', ['fd00:10::11']],
  ['kubernetes-internal-ip', 'elsewhere'],
  ['can-reach=2001:db8::1', 'elsewhere'],
  ['first-fuond', '"first-fuond" is no method'],
  ['cidr=fd00:10::/129', '"fd00:10::/129" is no CIDR'],
  ['cidr=10.0.0.0/8', 'it names no range of IPv6'],
  ['interface=eth(', '"eth(" is no regular expression'],
])('%s finds %j', (method, expected) => {
  expect(found(method)).toEqual(expected)
})

test.each([
  ['4.19.0', false],
  ['4.19.1', true],
  ['4.18.0-20-generic', false],
  ['4.18.0-553.el8_10.x86_64', true],
  ['3.10.0-1160.el7.x86_64', false],
  ['5.4.0-26-generic', true],
  ['6.1.0-13-amd64', true],
])('kernel %s carries VXLAN in IPv6: %s', (release, expected) => {
  expect(carriesVXLAN6(release)).toBe(expected)
})
