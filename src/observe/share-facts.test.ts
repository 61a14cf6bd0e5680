import { expect, it } from 'vitest'
import { factSharer } from './share-facts.ts'
import { facts } from './testing.ts'

it('a file that is the same on several nodes is kept once, and every other as it was', () => {
  const share = factSharer()
  const unit = { text: '[Service]\n', mode: 0o644, owner: '0:0' }
  const first = share(facts({ files: { '/a': { ...unit }, '/b': null }, kernel: '6.1' }))
  const second = share(facts({ files: { '/c': { ...unit }, '/d': { ...unit, mode: 0o600 } } }))
  expect(first).toEqual(facts({ files: { '/a': unit, '/b': null }, kernel: '6.1' }))
  expect(second.files['/c']).toBe(first.files['/a'])
  expect(second.files['/d']).toEqual({ ...unit, mode: 0o600 })
})

it('an address and a route that several nodes have alike are kept once', () => {
  const share = factSharer()
  const address = {
    interface: 'lo',
    family: 'IPv4',
    address: '127.0.0.1',
    prefixLength: 8,
    scope: 'host',
    flags: [],
  } as const
  const route = { family: 'IPv4', destination: '10.244.7.0/26', interface: 'eth0', protocol: 'bird' } as const
  const first = share(facts({ addresses: [{ ...address }], routes: [{ ...route }] }))
  const second = share(
    facts({ addresses: [{ ...address }], routes: [{ ...route }, { ...route, protocol: 'static' }] }),
  )
  expect(second).toEqual(facts({ addresses: [address], routes: [route, { ...route, protocol: 'static' }] }))
  expect(second.addresses[0]).toBe(first.addresses[0])
  expect(second.routes[0]).toBe(first.routes[0])
})
