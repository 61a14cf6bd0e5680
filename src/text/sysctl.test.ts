import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { readSysctlFile } from './sysctl.ts'

it.each([
  ['net.ipv4.ip_forward=1', { 'net.ipv4.ip_forward': '1' }],
  ['  net.ipv4.ip_forward \t=  1  \r\n', { 'net.ipv4.ip_forward': '1' }],
  ['-net.ipv6.conf.all.forwarding = 1', { 'net.ipv6.conf.all.forwarding': '1' }],
  ['net/ipv6/conf/eth0.100/forwarding = 1', { 'net.ipv6.conf.eth0/100.forwarding': '1' }],
  ['net.ipv6.conf.eth0/100.forwarding = 1', { 'net.ipv6.conf.eth0/100.forwarding': '1' }],
  ['# net.ipv4.ip_forward=1\n;net.ipv4.ip_forward=1\n\n', {}],
  ['-net.ipv4.conf.eth0.rp_filter', {}],
  ['net.ipv4.tcp_rmem = 4096 131072 6291456', { 'net.ipv4.tcp_rmem': '4096 131072 6291456' }],
  ['kernel.core_pattern=|/bin/x -p=%p', { 'kernel.core_pattern': '|/bin/x -p=%p' }],
  ['a.b=1\na.b=2\na/b=3', { 'a.b': '3' }],
  ['net.ipv4.conf.*.rp_filter = 2', { 'net.ipv4.conf.*.rp_filter': '2' }],
  ['not a setting\n= 1\na.b =', { 'a.b': '' }],
])('reads %j', (text, settings) => {
  expect(readSysctlFile(text)).toEqual(settings)
})

it('reads any file as its parts say, whatever stands between them', () => {
  const part = fc.record({
    key: fc.constantFrom(
      ['net', 'ipv4', 'ip_forward'],
      ['net', 'ipv6', 'conf', 'all', 'forwarding'],
      ['a', 'b'],
    ),
    separator: fc.constantFrom('.', '/'),
    value: fc.constantFrom('', '0', '1', '4096 131072', 'a=b', '# no comment'),
    ignored: fc.constantFrom('', '-', ' - '),
    around: fc.constantFrom('', ' ', '\t'),
    noise: fc.constantFrom('', '# net.ipv4.ip_forward = 9', '; a.b=9', '-a.b', 'no setting'),
  })
  fc.assert(
    fc.property(fc.array(part), fc.constantFrom('\n', '\r\n'), fc.boolean(), (parts, eol, finalEol) => {
      const lines = parts.flatMap(({ key, separator, value, ignored, around, noise }) => [
        noise,
        `${ignored}${key.join(separator)}${around}=${around}${value}${around}`,
      ])
      const wanted = new Map(parts.map(({ key, value }) => [key.join('.'), value]))
      expect(readSysctlFile(lines.join(eol) + (finalEol ? eol : ''))).toEqual(Object.fromEntries(wanted))
    }),
    { numRuns: 300 },
  )
})
