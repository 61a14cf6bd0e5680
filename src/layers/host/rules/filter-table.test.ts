import { expect, test } from 'vitest'
import { FilterTable } from './filter-table.ts'

test.each([
  { name: 'no chain at all', lines: [], closed: false },
  { name: 'policy ACCEPT', lines: [':INPUT ACCEPT [0:0]'], closed: false },
  { name: 'policy DROP', lines: [':INPUT DROP [0:0]'], closed: true },
  {
    name: 'a last rule that rejects',
    lines: [':INPUT ACCEPT [0:0]', '-A INPUT -j REJECT --reject-with x'],
    closed: true,
  },
  {
    name: 'a drop of something',
    lines: [':INPUT ACCEPT [0:0]', '-A INPUT -p tcp -m tcp --dport 23 -j DROP'],
    closed: false,
  },
  {
    name: 'a drop in a chain that everything passes',
    lines: [':INPUT ACCEPT [0:0]', ':mine - [0:0]', '-A INPUT -j mine', '-A mine -j DROP'],
    closed: true,
  },
  {
    name: 'a drop in a chain that something passes',
    lines: [':INPUT ACCEPT [0:0]', ':mine - [0:0]', '-A INPUT -i eth1 -j mine', '-A mine -j DROP'],
    closed: false,
  },
  {
    name: 'chains in a circle',
    lines: [':INPUT ACCEPT [0:0]', ':a - [0:0]', ':b - [0:0]', '-A INPUT -j a', '-A a -j b', '-A b -j a'],
    closed: false,
  },
])('$name: closed $closed', ({ lines, closed }) => {
  expect(new FilterTable(lines).isClosed('INPUT')).toBe(closed)
})

test('what is accepted is found in every chain on the way', () => {
  const table = new FilterTable([
    ':INPUT DROP [0:0]',
    ':ufw6-user-input - [0:0]',
    '-A INPUT -m conntrack --ctstate NEW -j ufw6-user-input',
    '-A ufw6-user-input -p tcp -m multiport --dports 22,179,443 -j ACCEPT',
    '-A elsewhere -p tcp -m tcp --dport 10250 -j ACCEPT',
  ])
  expect(table.accepts('INPUT', /179/)).toBe(true)
  expect(table.accepts('INPUT', /10250/)).toBe(false)
})
