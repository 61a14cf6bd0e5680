import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { layers } from '../app/layers.ts'
import { allReads } from '../app/rules.ts'
import type { Cluster } from '../model/cluster.ts'
import type { Plan } from '../model/plan.ts'
import type { Watched } from '../model/watch.ts'
import { readBundle } from '../observe/bundle.ts'
import { type Practice, practiceWorld } from '../practice/index.ts'
import { answering, type Far, wellAnswered } from '../verify/testing/answering.ts'
import { madeBy, verifyLabels } from '../verify/objects.ts'
import { openClients } from '../verify/watch/open.ts'
import { apiError } from '../world/api/api-error.ts'
import { thisHolder } from '../world/own/holder.ts'
import type { World } from '../world/ports.ts'
import { run } from './testing.ts'

// Nothing is asked from the machine that runs the tests.
vi.mock('node:os', async original => ({ ...(await original<object>()), networkInterfaces: () => ({}) }))

// Whole conversions: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

let cwd = ''
let cluster: Cluster
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'traffic-'))
  cluster = await readBundle(resolve(import.meta.dirname, '../../samples/calico-1cp-1w'), allReads(layers))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const command = async (world: World, argv: readonly string[], signal?: AbortSignal) => {
  const { exitCode, stdout, stderr } = await run(argv, {
    cwd,
    env: { XDG_STATE_HOME: cwd },
    clock: world.clock,
    openWorld: async () => ({ world, close: async () => {} }),
    ...(signal === undefined ? {} : { signal }),
  })
  const same = (text: string): string =>
    text
      .replaceAll(/\b10(\.\d+){3}\b/g, 'ADDRESS')
      .replaceAll(/verify-[0-9a-f]{6}/g, 'verify-xxxxxx')
      .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'MOMENT')
      // The practice clock may jump while somebody waits for a disk.
      .replaceAll(/[1-9]\d* requests on (\d+) paths in \d+ s/g, 'SOME requests on $1 paths in SOME s')
  return { exitCode, stdout: same(stdout), stderr: same(stderr) }
}

const namespacesOf = async (world: World): Promise<readonly string[]> => {
  const names: string[] = []
  for await (const { metadata } of world.api.list('v1/namespaces'))
    if (metadata.name.startsWith('kubectl-dualstack')) names.push(metadata.name)
  return names
}
/** Without what the run itself says. */
const besides = (stderr: string): string =>
  stderr
    .split('\n')
    .filter(line => line !== '' && !/^(\[|\s|[a-z-]+\/[a-z-]+: )/.test(line))
    .join('\n')

/** Refuses what is to fail, and answers everything else. */
const lossy =
  (breaks: (asked: Parameters<Far>[0]) => boolean): Far =>
  asked =>
    breaks(asked) ? { said: 'nc: Connection refused' } : wellAnswered(asked)

/** So many seconds after the first ask of all: how long a run has waited for its disk by then is not known. */
function between(
  from: number,
  to: number,
  what: (asked: Parameters<Far>[0]) => boolean,
): (asked: Parameters<Far>[0]) => boolean {
  let first: number | undefined
  return asked => {
    first ??= asked.at
    const seconds = (asked.at - first) / 1000
    return seconds >= from && seconds < to && what(asked)
  }
}

test('a conversion and the way back under traffic: nothing is lost, and nothing stays', {
  timeout: 120_000,
}, async () => {
  const practice = practiceWorld(cluster)
  const world = answering(practice)
  const there = await command(world, ['apply', '--yes', '--with-traffic'])
  expect(besides(there.stderr)).toMatchInlineSnapshot(`
    "Warnings: it works, and you should know before
    - network-policy/one-family
    - service-exposure/source-ranges
    - pod-roll-out/budget-allows-nothing
    namespace kubectl-dualstack-verify-xxxxxx: starting test pods on 2 nodes
    asking 18 times
    traffic has ended: taking the test pods away"
  `)
  expect(there.stdout.split('\n').slice(0, 3).join('\n')).toMatchInlineSnapshot(`
    "SOME requests on 18 paths in SOME s: none lost.
    The cluster is dual-stack.
    "
  `)
  expect(there.exitCode).toBe(0)
  const back = await command(world, ['rollback', '--yes', '--with-traffic'])
  expect(besides(back.stderr)).toMatchInlineSnapshot(`
    "namespace kubectl-dualstack-verify-xxxxxx: starting test pods on 2 nodes
    asking 18 times
    namespace kubectl-dualstack-verify-xxxxxx: starting test pods on 2 nodes
    asking 18 times
    traffic has ended: taking the test pods away"
  `)
  expect(back.stdout).toMatchInlineSnapshot(`
    "SOME requests on 18 paths in SOME s: none lost.
    The cluster is single-stack IPv4.

    Nodes that join from now on:
      - kubeadm join --config FILE, beside what the file has already:
          apiVersion: kubeadm.k8s.io/v1beta4
          kind: JoinConfiguration
          nodeRegistration:
            kubeletExtraArgs:
            - name: node-ip
              value: "<IPv4 address>"
      - kubespray, group_vars/k8s_cluster (before 2.28: enable_dual_stack_networks instead of the two stacks):
          ipv4_stack: true
          ipv6_stack: false
          kube_pods_subnet: ADDRESS/16
          kube_service_addresses: ADDRESS/16
          kube_network_node_prefix: 24
    "
  `)
  expect(back.exitCode).toBe(0)
  expect(await namespacesOf(world)).toEqual([])
})

interface Line {
  readonly kind: string
  readonly ask?: { readonly id: string }
  readonly during?: readonly string[]
}

test('losses are lines beside the events of the run, each with its steps; the conversion is done, and the exit code is 7', async () => {
  const practice = practiceWorld(cluster)
  const isAway = between(15, 19, ({ port }) => port === 53)
  const world = answering(practice, lossy(isAway))
  const ran = await command(world, [
    'apply',
    '--yes',
    '--with-traffic',
    '--rate',
    '50',
    '-o',
    'json',
    '--document',
    'seen.json',
  ])
  expect(ran.exitCode).toBe(7)
  const lines = ran.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  const lost = lines.filter(({ kind }) => kind === 'lost')
  expect(lost.length).toBeGreaterThan(4)
  for (const { ask, during } of lost) {
    expect(ask?.id).toMatch(/^dns\/IPv4\//)
    expect(during?.length).toBeGreaterThan(0)
  }
  expect(lines.findIndex(({ kind }) => kind === 'lost')).toBeLessThan(
    lines.findIndex(({ kind }) => kind === 'closed'),
  )
  expect(lines.at(-1)).toMatchObject({ kind: 'watched', apiVersion: 'dualstack/watch/v1', unheard: [] })
  const seen = JSON.parse(await readFile(join(cwd, 'seen.json'), 'utf8')) as Watched
  expect(seen.lost).toHaveLength(lost.length)
  expect(ran.stderr).toMatch(/^MOMENT lost dns IPv4: .*: connection refused, during /m)
  expect((await command(practice, ['plan'])).stdout).toContain('Nothing to do')
})

test('of a run that fails it is told what was seen, then what went wrong; its exit code counts', async () => {
  const practice = practiceWorld(cluster)
  const world = answering(practice, wellAnswered, {
    replace: (resource, ...rest) =>
      resource === 'v1/services'
        ? Promise.reject(new Error('quota'))
        : practice.api.replace(resource, ...rest),
  })
  const ran = await command(world, ['apply', '--yes', '--with-traffic'])
  expect(ran.exitCode).toBe(6)
  expect(ran.stdout).toBe('SOME requests on 18 paths in SOME s: none lost.\n')
  expect(ran.stderr).toMatch(/error: .*quota/)
  expect(await namespacesOf(world)).toEqual([])
})

test('where no path works nothing is begun', async () => {
  const practice = practiceWorld(cluster)
  const world = answering(
    practice,
    lossy(() => true),
  )
  const ran = await command(world, ['apply', '--yes', '--with-traffic'])
  expect(ran.exitCode).toBe(3)
  expect(ran.stderr).toContain('error: nothing can be watched: of 18 paths none works; pod-to-pod/IPv4/HTTP/')
  expect(ran.stderr).not.toContain('step 1/')
  expect(await namespacesOf(world)).toEqual([])
  expect(await readdir(cwd)).toEqual([])
})

test('what a killed run left is taken away by the next one, whichever it is', async () => {
  const practice = practiceWorld(cluster)
  const own = (await thisHolder(practice.clock.now())).process ?? ''
  const metadata = {
    name: 'kubectl-dualstack-verify-0a1b2c',
    labels: verifyLabels,
    annotations: { [madeBy]: own.replace(/[^/]+$/, '1') },
  }
  await practice.api.create('v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata })
  expect((await command(practice, ['rollback', '--yes'])).exitCode).toBe(0)
  // Nobody waits for it: Kubernetes takes a moment to empty a namespace.
  await practice.clock.sleep(10_000)
  expect(await namespacesOf(practice)).toEqual([])
})

test('who may not list namespaces runs all the same', async () => {
  const practice = practiceWorld(cluster)
  const forbidden = apiError(403, JSON.stringify({ kind: 'Status', reason: 'Forbidden', message: 'no' }), {
    verb: 'list',
    resource: 'v1/namespaces',
  })
  const world = answering(practice, wellAnswered, {
    list: (resource, options) => {
      if (resource === 'v1/namespaces' && options?.labelSelector !== undefined) throw forbidden
      return practice.api.list(resource, options)
    },
  })
  expect((await command(world, ['rollback', '--yes'])).stdout).toContain('Nothing to do')
})

describe('while something is watched', () => {
  /** What is there beside the user's things, as `apply --with-traffic` and `verify --watch` make it. */
  async function watched(practice: Practice): Promise<{ close(): Promise<void> }> {
    return openClients(answering(practice), { rate: 100 })
  }

  test('plan, status, preflight and a saved plan are as without it', async () => {
    const practice = practiceWorld(cluster)
    const look = async () => ({
      plan: (await command(practice, ['plan', '-o', 'json'])).stdout,
      status: (await command(practice, ['status'])).stdout,
      preflight: (await command(practice, ['preflight', '--all', '-o', 'json'])).stdout,
    })
    const before = await look()
    const opened = await watched(practice)
    expect(await namespacesOf(practice)).toHaveLength(1)
    expect(await look()).toEqual(before)
    expect((await command(practice, ['plan', '--save', 'plan.json'])).exitCode).toBe(0)
    const saved = JSON.parse(await readFile(join(cwd, 'plan.json'), 'utf8')) as Plan
    expect(JSON.stringify(saved)).not.toContain('kubectl-dualstack-verify')
    await opened.close()
    expect((await command(practice, ['apply', 'plan.json', '--yes'])).exitCode).toBe(0)
  })

  test('the way back waits for none of it, with addresses of both families as it may have', async () => {
    const practice = practiceWorld(cluster)
    expect((await command(practice, ['apply', '--yes'])).exitCode).toBe(0)
    const opened = await watched(practice)
    const plan = (await command(practice, ['plan', '--to', 'single', '-o', 'json'])).stdout
    expect(plan).not.toContain('kubectl-dualstack-verify')
    const begun = practice.clock.now()
    expect((await command(practice, ['rollback', '--yes'])).exitCode).toBe(0)
    // Waiting for the addresses of the test pods alone would have taken five minutes, and then failed.
    expect((practice.clock.now() - begun) / 1000).toBeLessThan(290)
    await opened.close()
  })
})

describe('verify --watch', () => {
  test('tells each loss, and in the end of each path; ends with 7', async () => {
    const practice = practiceWorld(cluster)
    const isAway = between(15, 19, ({ to, pod }) => to === 'peer-n2' && pod === 'peer-n1')
    const world = answering(practice, lossy(isAway))
    const ran = await command(world, ['verify', 'pod', '--watch', '40s', '--rate', '10'])
    expect(ran.stderr).toMatchInlineSnapshot(`
      "namespace kubectl-dualstack-verify-xxxxxx: starting test pods on 2 nodes
      asking 9 times
      watching 9 paths for 40 s, at most 10 requests a second
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8080: connection refused
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8081: connection refused
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8080: connection refused
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8081: connection refused
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8080: connection refused
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8081: connection refused
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8080: connection refused
      MOMENT lost pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8081: connection refused
      "
    `)
    expect(ran.stdout).toMatchInlineSnapshot(`
      "PATH                                                              LOST   FIRST (UTC)    LAST           SEEN
      pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8080   4      MOMENT   MOMENT   connection refused
      pod-to-pod IPv4: peer-n1 (n1) → peer-n2 (n2) ADDRESS:8081   4      MOMENT   MOMENT   connection refused

      SOME requests on 9 paths in SOME s: 8 lost.
      "
    `)
    expect(ran.exitCode).toBe(7)
    expect(await namespacesOf(world)).toEqual([])
  })

  test('nothing lost: 0, and one line', async () => {
    const world = answering(practiceWorld(cluster))
    const ran = await command(world, ['verify', '--family', 'IPv4', '--watch', '20s', '-o', 'json'])
    expect(ran.exitCode).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ kind: 'watched', lost: [], unwatched: [] })
  })

  test('what fails from the beginning is not watched, is told, and makes it 7', async () => {
    const world = answering(
      practiceWorld(cluster),
      lossy(({ port }) => port === 53),
    )
    const ran = await command(world, ['verify', '--watch', '20s'])
    expect(ran.exitCode).toBe(7)
    expect(ran.stdout).toContain('none lost')
    expect(ran.stdout.match(/^Not watched, it failed before: dns IPv4: /gm)).toHaveLength(4)
  })

  test('Ctrl-C is its end, and says what was seen', async () => {
    const ctrlC = new AbortController()
    const practice = practiceWorld(cluster)
    const isLate = between(30, Infinity, () => true)
    const world = answering(practice, asked => {
      if (isLate(asked)) ctrlC.abort(new Error('interrupted'))
      return wellAnswered(asked)
    })
    const ran = await command(world, ['verify', '--watch'], ctrlC.signal)
    expect(ran.stdout).toBe('SOME requests on 18 paths in SOME s: none lost.\n')
    expect(ran.stderr).toContain('watching 18 paths (Ctrl-C ends it), at most 20 requests a second')
    expect(ran.exitCode).toBe(0)
    expect(await namespacesOf(world)).toEqual([])
  })

  test('Ctrl-C before anything is watched is an error, and nothing stays', async () => {
    const ctrlC = new AbortController()
    const practice = practiceWorld(cluster)
    const world = answering(practice, asked => {
      ctrlC.abort(new Error('interrupted'))
      return wellAnswered(asked)
    })
    const ran = await command(world, ['verify', '--watch'], ctrlC.signal)
    expect(ran).toMatchObject({ exitCode: 6, stdout: '' })
    expect(ran.stderr).toContain('error: interrupted')
    expect(await namespacesOf(world)).toEqual([])
  })

  test.each([
    [['--watch', 'pod'], '--watch pod: no length of time'],
    [['--watch', '2d'], '--watch 2d: no length of time'],
    [['--watch', '25h'], '--watch 25h: a day is the longest'],
    [['--watch', '-o', 'junit'], '-o junit is for a single verification'],
    [['--watch', '--save', 'x.json'], '--watch compares with nothing'],
    [['--watch', '--document', 'x.xml'], '--document x.xml'],
    [['--ingress', 'web.example'], '--ingress "web.example" is no address'],
    [['--ingress', '192.0.2.1', '--ingress', '192.0.2.2'], '--ingress names two addresses of one family'],
  ])('%j is told before the cluster is asked', async (args, says) => {
    const practice = practiceWorld(cluster)
    const ran = await command(practice, ['verify', ...args])
    expect(ran.exitCode).toBe(2)
    expect(ran.stderr).toContain(says)
    expect(practice.faults.calls).toEqual([])
  })
})
