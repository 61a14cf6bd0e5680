import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeName, encodeName, isPlainPath, isResource, nodeFile } from './layout.ts'

it('encodes any name as one part of a path, and back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), name => {
      const part = encodeName(name)
      expect(part).toMatch(/^[A-Za-z0-9._%-]+$/)
      expect(part).not.toMatch(/^\.+$/)
      expect(decodeName(part)).toBe(name)
    }),
  )
})

it('leaves what Kubernetes allows as a name as it is', () => {
  expect(encodeName('node-1.example.com')).toBe('node-1.example.com')
})

it.each([
  ['/etc/hosts', true],
  ['/etc/odd name', true],
  ['/etc/..hidden', true],
  ['/', false],
  ['', false],
  ['etc/hosts', false],
  ['/etc/../shadow', false],
  ['/etc/./hosts', false],
  ['/etc//hosts', false],
  ['/etc/hosts/', false],
  ['/etc/\0', false],
])('a file of a node may be called %j: %j', (path, expected) => {
  expect(isPlainPath(path)).toBe(expected)
  expect(nodeFile('n1', path) !== undefined).toBe(expected)
})

it.each([
  ['v1/pods', true],
  ['apps/v1/daemonsets', true],
  ['crd.projectcalico.org/v1/ippools', true],
  ['networking.k8s.io/v1beta1/servicecidrs', true],
  ['pods', false],
  ['../v1/pods', false],
  ['a..b/v1/pods', false],
  ['v1/../pods', false],
  ['/v1/pods', false],
  ['v1/Pods', false],
])('a resource may be called %j: %j', (resource, expected) => {
  expect(isResource(resource)).toBe(expected)
})
