import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { layers } from '../app/layers.ts'
import { allReads } from '../app/rules.ts'
import { readBundle } from '../observe/bundle.ts'
import { practiceWorld } from '../practice/index.ts'
import { answering } from '../verify/testing/answering.ts'
import { run } from './testing.ts'

// As a machine that has both families; what is asked is on this one.
vi.mock('node:os', async original => ({
  ...(await original<object>()),
  networkInterfaces: () => ({
    eth0: [
      { family: 'IPv4', internal: false, address: '192.0.2.1' },
      { family: 'IPv6', internal: false, address: '2001:db8::1' },
    ],
  }),
}))

/** A controller that knows one host, and says so. */
let controller: Server
let port = 0
beforeEach(async () => {
  controller = createServer(({ headers }, response) => {
    response.statusCode = headers.host === 'shop.example' ? 200 : 503
    response.end()
  })
  await new Promise<void>(resolve => controller.listen(0, '127.0.0.1', resolve))
  port = (controller.address() as AddressInfo).port
})
afterEach(() => void controller.close())

async function verifyIngress(hosts: readonly string[], ...more: readonly string[]) {
  const sample = resolve(import.meta.dirname, '../../samples/calico-1cp-1w')
  const practice = practiceWorld(await readBundle(sample, allReads(layers)))
  for await (const { metadata } of practice.api.list('networking.k8s.io/v1/ingresses'))
    await practice.api.delete('networking.k8s.io/v1/ingresses', metadata.namespace, metadata.name)
  if (hosts.length > 0)
    await practice.api.create('networking.k8s.io/v1/ingresses', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'shop', namespace: 'demo' },
      spec: { rules: hosts.map(host => ({ host })) },
    })
  const { exitCode, stdout } = await run(['verify', 'ingress', ...more], {
    clock: practice.clock,
    openWorld: async () => ({ world: answering(practice), close: async () => {} }),
  })
  return { exitCode, stdout: stdout.replaceAll(String(port), 'PORT') }
}

test('an Ingress whose status has no address is asked where its controller is said to listen, by its Host', async () => {
  const ran = await verifyIngress(
    ['shop.example', '*.shop.example'],
    '--family',
    'IPv4',
    '--ingress',
    `127.0.0.1:${port}`,
  )
  expect(ran.stdout).toMatchInlineSnapshot(`
    "INGRESS             FAMILY   ADDRESS                              ANSWERS
    Ingress demo/shop   IPv4     127.0.0.1:PORT, Host shop.example   to this machine

    PATH                 IPV4     SCENARIO
    outside to Ingress   ok (1)   outside-to-ingress

    All 1 probe passed (IPv4 1 of 1).
    "
  `)
  expect(ran.exitCode).toBe(0)
})

test('one that its controller does not know fails, with the name in it', async () => {
  const ran = await verifyIngress(['other.example'], '--family', 'IPv4', '--ingress', `127.0.0.1:${port}`)
  expect(ran.stdout).toMatch(/Host other\.example\n {4}expected an answer, seen: HTTP status 503/)
  expect(ran.exitCode).toBe(7)
})

test('where nobody says an address it says how to', async () => {
  const ran = await verifyIngress(['shop.example'])
  expect(ran.stdout).toMatchInlineSnapshot(`
    "SKIPPED              FAMILY   BECAUSE
    outside-to-ingress   IPv4     the Ingress demo/shop has no address in its status; it names no IngressClass, and none is the default
    outside-to-ingress   IPv6     the Ingress demo/shop has no address in its status; it names no IngressClass, and none is the default

    Nothing was asked: every scenario was skipped.
    No pod and no Service could be asked in IPv4 and IPv6: the reasons stand above.

    Which Ingresses there are, and the addresses that their controller has written: kubectl get ingress -A
    Where it writes none, say where it listens: dualstack verify ingress --ingress 192.0.2.10:80 --ingress [2001:db8::10]:80
    (the controller's LoadBalancer address, a node and its NodePort or host port)
    "
  `)
  expect(ran.exitCode).toBe(7)
})
