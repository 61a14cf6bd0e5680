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
