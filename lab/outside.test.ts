import { expect, test } from 'vitest'
import { advertisements, nameServerConfiguration } from './outside.ts'

test('the name server knows names of both families and of one only; every other is no such name', () => {
  const templates = nameServerConfiguration(7).split('  template ').slice(1)
  const answers = (name: string) =>
    templates
      .filter(text => text.includes(`"^${name.replaceAll('.', String.raw`\.`)}`))
      .map(text => /IN (A|AAAA) (\S+)"/.exec(text)?.slice(1).join(' '))
  expect(answers('server.lab')).toEqual(['A 192.0.2.10', 'AAAA 2001:db8:7::10'])
  expect(answers('ipv4.server.lab')).toEqual(['A 192.0.2.10'])
  expect(answers('ipv6.server.lab')).toEqual(['AAAA 2001:db8:7::10'])
  expect(templates.at(-1)).toContain('rcode NXDOMAIN')
})

test('the router advertises itself for longer than until the next time, and a prefix only where addresses are to come of it', () => {
  const number = (name: string) => Number(new RegExp(`${name} (\\d+);`).exec(advertisements(7, 'route'))?.[1])
  expect(number('AdvDefaultLifetime')).toBeGreaterThan(3 * number('MaxRtrAdvInterval'))
  expect(advertisements(7, 'route')).not.toContain('prefix')
  expect(advertisements(7, 'address')).toContain('prefix fd00:89:7::/64')
})
