import { expect, test } from 'vitest'
import { nameServerConfiguration } from './outside.ts'

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
