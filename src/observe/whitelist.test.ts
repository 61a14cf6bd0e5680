import { expect, it } from 'vitest'
import { allReads } from '../app/rules.ts'
import { layers } from '../layers/index.ts'
import { isAllowed, usualReads } from './whitelist.ts'

it('lets a bundle hold all that layers and rules read: what is missing must be put on the list, where somebody sees it', () => {
  expect(allReads(layers).filter(read => !isAllowed(read))).toEqual([])
  expect(usualReads.filter(read => !isAllowed(read))).toEqual([])
})

it.each([
  '/etc/kubernetes/admin.conf',
  '/etc/kubernetes/pki/ca.key',
  '/etc/kubernetes/manifests/../pki/ca.key',
  '/etc/kubernetes/manifests/sub/x.yaml',
  '/etc/cni/net.d/calico-kubeconfig',
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/etc/shadow',
  '/root/.ssh/id_ed25519',
  'x/etc/hosts',
  '/etc/hosts\n',
])('keeps %j out', path => {
  expect(isAllowed({ kind: 'file', path, on: 'all' })).toBe(false)
})

it.each([
  '/etc/*',
  '/etc/kubernetes/*/*',
  '/etc/kubernetes/p*/ca.key',
  '/*/*/*',
  '/etc/kubernetes/manifests/*/x',
  '/etc/cni/net.d/*',
  '/{etc,root}/hosts',
])('keeps the pattern %j out, which matches more than is allowed', pattern => {
  expect(isAllowed({ kind: 'files', pattern, on: 'all' })).toBe(false)
})

it.each([
  'v1/secrets',
  'v1/serviceaccounts',
  'v1/configmaps',
  'certificates.k8s.io/v1/certificatesigningrequests',
])('keeps the list %s out', resource => {
  expect(isAllowed({ kind: 'list', resource })).toBe(false)
})
