import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layers } from '../app/layers.ts'
import { allReads } from '../app/rules.ts'
import { UnreachableError } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import type { Cluster } from '../model/cluster.ts'
import { readBundle } from '../observe/bundle.ts'
import { type Practice, practiceWorld } from '../practice/index.ts'
import { answering, type Far, wellAnswered } from '../verify/testing/answering.ts'
import { madeBy, verifyLabels } from '../verify/objects.ts'
import { apiError } from '../world/api/api-error.ts'
import { thisHolder } from '../world/own/holder.ts'
import type { World } from '../world/ports.ts'
import { run } from './testing.ts'

let cwd = ''
let cluster: Cluster
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'verify-'))
  cluster = await readBundle(resolve(import.meta.dirname, '../../samples/calico-1cp-1w'), allReads(layers))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

/** Nothing is asked from the machine that runs the tests. */
const inside = ['outside-to-node-port', 'outside-to-load-balancer', 'outside-to-ingress'].flatMap(id => [
  '--skip',
  id,
])

const command = async (world: World, argv: readonly string[]) => {
  const { exitCode, stdout, stderr } = await run(argv, {
    cwd,
    env: { XDG_STATE_HOME: cwd },
    clock: world.clock,
    openWorld: async () => ({ world, close: async () => {} }),
  })
  // Ranges and addresses are chosen anew each time.
  const text = stdout.replaceAll(/\b10(\.\d+){3}\b|\[fd[0-9a-f:]+\]|\bfd[0-9a-f]*:[0-9a-f:]+/g, 'ADDRESS')
  return { exitCode, stdout: text, stderr: stderr.replaceAll(/verify-[0-9a-f]{6}/g, 'verify-xxxxxx') }
}
const verify = (world: World, ...more: readonly string[]) => command(world, ['verify', ...inside, ...more])

const namespacesOf = async (world: World): Promise<readonly string[]> => {
  const names: string[] = []
  for await (const { metadata } of world.api.list('v1/namespaces'))
    if (metadata.labels?.['app.kubernetes.io/component'] === 'verify') names.push(metadata.name)
  return names
}

test('before a conversion, and after it', { timeout: 60_000 }, async () => {
  const practice = practiceWorld(cluster)
  const world = answering(practice)
  const before = await verify(world, '--family', 'IPv4', '--save', 'before.json')
  expect(before.stderr).toMatchInlineSnapshot(`
    "namespace kubectl-dualstack-verify-xxxxxx: starting test pods on 2 nodes
    asking 47 times
    asking 2 times again
    written to before.json
    "
  `)
  expect(before.stdout).toMatchInlineSnapshot(`
    "PATH                                IPV4     SCENARIO
    default route of nodes              ok (2)   default-route
    pod to pod                          ok (6)   pod-to-pod
    node to pod                         ok (4)   node-to-pod
    pod to node                         ok (4)   pod-to-node
    large packets                       ok (6)   packet-size
    pod to ClusterIP                    ok (4)   pod-to-service
    node to ClusterIP                   ok (2)   node-to-service
    pod to itself through its Service   ok (1)   hairpin
    session affinity                    ok (4)   session-affinity
    long-lived connection               ok (2)   long-lived
    DNS                                 ok (4)   dns
    pod to API server                   ok (2)   pod-to-api-server
    NetworkPolicy                       ok (2)   network-policy
    node to NodePort of another         ok (4)   node-to-node-port

    IPv4      to n1   to n2   to Service   to DNS   to API server   to outside
    from n1   ok 4    ok 11   ok 9         ok 2     ok 1            ok 1
    from n2   ok 9    ok 3    ok 3         ok 2     ok 1            ok 1

    As expected only when asked again (Services and policies that were just made take a moment)
    - node-to-service IPv4 TCP: n1 → Service web ADDRESS:80, 2 times
    - node-to-service IPv4 TCP: n2 → Service web ADDRESS:80, 2 times

    SKIPPED              FAMILY   BECAUSE
    pod-to-own-service   IPv4     no Service of yours has both families and a TCP port
    pod-to-outside       IPv4     no IPv4 address outside was named: --outside ADDRESS:PORT
    host-port            IPv4     takes port 38080 of a node, which restricted pods may not: --host-ports

    All 47 probes passed (IPv4 47 of 47); 2 only when asked again; 3 skipped.
    "
  `)
  expect(before.exitCode).toBe(0)
  expect((await verify(world)).exitCode).toBe(7)

  expect((await command(practice, ['apply', '--yes'])).exitCode).toBe(0)
  const after = await verify(world, '--baseline', 'before.json', '--document', 'after.html')
  expect(after.stdout).toMatchInlineSnapshot(`
    "PATH                                IPV4     IPV6        SCENARIO
    default route of nodes              ok (2)   ok (2)      default-route
    pod to pod                          ok (6)   ok (6)      pod-to-pod
    node to pod                         ok (4)   ok (4)      node-to-pod
    pod to node                         ok (4)   ok (4)      pod-to-node
    large packets                       ok (6)   ok (6)      packet-size
    pod to ClusterIP                    ok (4)   ok (4)      pod-to-service
    pod to the Services there are       ok (8)   ok (8)      pod-to-own-service
    node to ClusterIP                   ok (2)   ok (2)      node-to-service
    pod to itself through its Service   ok (1)   ok (1)      hairpin
    session affinity                    ok (4)   ok (4)      session-affinity
    long-lived connection               ok (2)   ok (2)      long-lived
    DNS                                 ok (8)   ok (8)      dns
    pod to API server                   ok (2)   not asked   pod-to-api-server
    NetworkPolicy                       ok (2)   ok (2)      network-policy
    node to NodePort of another         ok (4)   ok (4)      node-to-node-port

    IPv4      to n1   to n2   to Service   to DNS   to API server   to outside
    from n1   ok 4    ok 11   ok 13        ok 4     ok 1            ok 1
    from n2   ok 9    ok 3    ok 7         ok 4     ok 1            ok 1

    IPv6      to n1   to n2   to Service   to DNS   to outside
    from n1   ok 4    ok 11   ok 13        ok 4     ok 1
    from n2   ok 9    ok 3    ok 7         ok 4     ok 1

    As expected only when asked again (Services and policies that were just made take a moment)
    - node-to-service IPv4 TCP: n1 → Service web ADDRESS:80, 2 times
    - node-to-service IPv4 TCP: n2 → Service web ADDRESS:80, 2 times
    - node-to-service IPv6 TCP: n1 → Service web ADDRESS:80, 2 times
    - node-to-service IPv6 TCP: n2 → Service web ADDRESS:80, 2 times

    SKIPPED             FAMILY   BECAUSE
    pod-to-api-server   IPv6     the Service kubernetes has no IPv6 ClusterIP, as in every dual-stack cluster: its family is the first one
    pod-to-outside      IPv4     no IPv4 address outside was named: --outside ADDRESS:PORT
    pod-to-outside      IPv6     no IPv6 address outside was named: --outside ADDRESS:PORT
    host-port           IPv4     takes port 38080 of a node, which restricted pods may not: --host-ports
    host-port           IPv6     takes port 38080 of a node, which restricted pods may not: --host-ports

    All 116 probes passed (IPv4 59 of 59, IPv6 57 of 57); 4 only when asked again; 5 skipped.
    Against the baseline: nothing that worked fails now.
    "
  `)
  expect(after.exitCode).toBe(0)
  expect(await namespacesOf(world)).toEqual([])

  const lossy: Far = asked =>
    asked.to === 'peer-n2' && asked.pod !== 'peer-n2' && asked.address.includes(':')
      ? { said: 'nc: No route to host' }
      : wellAnswered(asked)
  const broken = await verify(
    answering(practice, lossy),
    'pod',
    '--only',
    'pod-to-pod',
    '--baseline',
    'before.json',
  )
  expect(broken.stdout).toMatchInlineSnapshot(`
    "TEST POD         FAMILY   ADDRESS              ANSWERS
    peer-n2 (n2)     IPv4     ADDRESS        to pods on n1
    peer-n2 (n2)     IPv6     ADDRESS   NOT to pods on n1
    second-n1 (n1)   IPv4     ADDRESS        to pods on n1
    second-n1 (n1)   IPv6     ADDRESS    to pods on n1
    peer-n1 (n1)     IPv4     ADDRESS        to pods on n2
    peer-n1 (n1)     IPv6     ADDRESS    to pods on n2

    PATH         IPV4     IPV6            SCENARIO
    pod to pod   ok (6)   2 of 6 FAILED   pod-to-pod

    Failed
    - pod-to-pod IPv6 HTTP: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8080
        expected an answer, seen: no route
        not in the baseline
        likely layer: cni-calico
        $ request
          HTTP ADDRESS:8080
    - pod-to-pod IPv6 UDP: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8081
        expected an answer, seen: no route
        not in the baseline
        likely layer: cni-calico
        $ request
          UDP ADDRESS:8081

    In the baseline, and asked no more: default-route/IPv4/ICMP/node:n1>outside:default route, default-route/IPv4/ICMP/node:n2>outside:default route, node-to-pod/IPv4/TCP/node:n1>peer-n1, node-to-pod/IPv4/TCP/node:n1>peer-n2, node-to-pod/IPv4/TCP/node:n2>peer-n2 and 36 more

    2 of 12 probes failed (IPv4 6 of 6, IPv6 4 of 6).
    Against the baseline: nothing that worked fails now, 41 that worked are asked no more.
    "
  `)
  expect(broken.exitCode).toBe(7)
})

const forbidden = (message: string) =>
  apiError(403, JSON.stringify({ kind: 'Status', reason: 'Forbidden', message }), {
    verb: 'create',
    resource: 'v1/pods',
  })

test.each([
  ['no right to create pods', forbidden('User "eve" cannot create resource "pods"'), 'verify.refused', 3],
  [
    'a quota',
    forbidden(
      'pods "peer-n1" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
    ),
    'verify.refused',
    3,
  ],
  [
    'a namespace that is being deleted',
    forbidden('unable to create new content in namespace x because it is being terminated'),
    'verify.namespace-deleted',
    3,
  ],
  [
    'an API server that breaks off',
    new UnreachableError('no answer', 'api.unreachable'),
    'api.unreachable',
    4,
  ],
])('%s is one clear error, and nothing is left behind', async (_, error, code, exitCode) => {
  const practice = practiceWorld(cluster)
  const world = answering(practice, wellAnswered, {
    create: (resource, object, how) =>
      resource === 'v1/pods' ? Promise.reject(error) : practice.api.create(resource, object, how),
  })
  const ran = await verify(world, '-o', 'json')
  expect(ran.exitCode).toBe(exitCode)
  expect(JSON.parse(ran.stdout)).toMatchObject({
    kind: 'Error',
    code,
    message: expect.stringContaining(error.message),
  })
  expect(await namespacesOf(world)).toEqual([])
})

test('a cluster that vanishes while it is asked: one error, and a word about what stays there', async () => {
  const warned: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => void warned.push(message) }
  const practice = practiceWorld(cluster, { logger })
  const gone = new UnreachableError('no answer from the API server', 'api.unreachable')
  let isGone = false
  const world = answering(practice, wellAnswered, {
    exec: () => {
      isGone = true
      return Promise.reject(gone)
    },
    get: (...given) => (isGone ? Promise.reject(gone) : practice.api.get(...given)),
    delete: (...given) => (isGone ? Promise.reject(gone) : practice.api.delete(...given)),
  })
  const ran = await verify(world)
  expect({ exitCode: ran.exitCode, stdout: ran.stdout }).toEqual({ exitCode: 4, stdout: '' })
  expect(ran.stderr).toMatch(/^error: no answer from the API server$/m)
  const [name = ''] = await namespacesOf(practice)
  expect(warned).toEqual([expect.stringContaining(`kubectl delete namespace ${name}, or the next`)])
  expect(name).not.toBe('')
})

test('what a killed verification left goes with the next one; one that still runs is left alone', async () => {
  const practice: Practice = practiceWorld(cluster)
  const own = (await thisHolder(practice.clock.now())).process ?? ''
  const dead = own.replace(/[^/]+$/, '1')
  expect(dead).not.toBe(own)
  for (const [name, process] of [
    ['left', dead],
    ['running', own],
  ] as const)
    await practice.api.create('v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: verifyLabels, annotations: { [madeBy]: process } },
    })
  await verify(answering(practice), '--only', 'pod-to-pod')
  expect(await namespacesOf(practice)).toEqual(['running'])
})

test('a baseline of another cluster is refused before anything is made', async () => {
  const practice = practiceWorld(cluster)
  await verify(answering(practice), '--only', 'pod-to-pod', '--save', 'before.json')
  const objects = Object.fromEntries(
    Object.entries(cluster.objects).filter(([resource]) => resource !== 'v1/namespaces'),
  )
  const other = practiceWorld({ ...cluster, uid: 'another', objects })
  const ran = await verify(answering(other), '--baseline', 'before.json')
  expect(ran.exitCode).toBe(5)
  expect(ran.stderr).toMatch(/^error: .*before\.json is a baseline of another cluster/)
  expect(other.faults.calls).toEqual([])
})
