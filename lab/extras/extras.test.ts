import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { nodeAddresses, router } from '../network.ts'
import { ingressManifest } from './ingress.ts'
import { addressPool } from './load-balancer.ts'

interface Manifest {
  kind: string
  metadata: { name: string; labels?: Record<string, string> }
  spec: {
    type?: string
    addresses?: string[]
    ipAddressPools?: string[]
    template?: { spec: { containers: { image: string; args: string[] }[] } }
  }
}
const read = (text: string): Manifest[] => parseAllDocuments(text).map(one => one.toJS() as Manifest)

test('behind a load balancer the Ingress controller tells where it is; without one it has a node port, and tells nothing', async () => {
  for (const isBalanced of [true, false]) {
    const all = read(await ingressManifest('registry.example/traefik:1', isBalanced))
    const of = (kind: string) => all.find(one => one.kind === kind)
    const [container] = of('Deployment')?.spec.template?.spec.containers ?? []
    expect(container?.image).toBe('registry.example/traefik:1')
    expect(container?.args).toContain('--providers.kubernetesingress')
    expect(container?.args.some(arg => arg.includes('publishedservice'))).toBe(isBalanced)
    expect(of('Service')?.spec.type).toBe(isBalanced ? 'LoadBalancer' : 'NodePort')
    // By these the one is found from the other.
    expect(of('IngressClass')?.metadata.labels).toEqual(of('Service')?.metadata.labels)
  }
})

test('the load balancer has addresses of both families on the link of the nodes, and none that a node or the router has', () => {
  const [pool, advertisement] = read(addressPool(7))
  expect(pool?.spec.addresses).toEqual(['10.89.7.200-10.89.7.249', 'fd00:89:7::200-fd00:89:7::249'])
  expect(advertisement?.spec.ipAddressPools).toEqual([pool?.metadata.name])
  const last = nodeAddresses(7, 50)
  expect([last.ipv4, last.ipv6, router(7).ipv4]).toEqual(['10.89.7.60', 'fd00:89:7::60', '10.89.7.1'])
})
