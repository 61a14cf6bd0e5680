import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { layers } from '../src/app/layers.ts'
import { planFor } from '../src/app/plan.ts'
import { rightsManifest } from '../src/app/rights.ts'
import { allReads } from '../src/app/rules.ts'
import { applyStep } from '../src/model/apply.ts'
import type { Cluster } from '../src/model/cluster.ts'
import { readsOf } from '../src/model/layer.ts'
import type { Plan, Target } from '../src/model/plan.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { practiceWorld } from '../src/practice/index.ts'
import { openClients, startWatch, verify } from '../src/verify/index.ts'
import { answering } from '../src/verify/testing/answering.ts'
import type { World } from '../src/world/ports.ts'

const root = resolve(import.meta.dirname, '..')
const manifest = readFileSync(resolve(root, 'docs/rbac.yaml'), 'utf8')

interface Role {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
}
const roles = parseAllDocuments(manifest).map(document => document.toJS() as Role)
const named = (...names: readonly string[]) =>
  roles.filter(({ metadata }) => names.some(name => metadata.name === `kubectl-dualstack-${name}`))

/** As the API server's RBAC authorizer decides. */
const may = (
  held: readonly Role[],
  verb: string,
  resource: string,
  namespace?: string,
  name = '',
): boolean => {
  const parts = resource.split('/')
  const version = parts.findIndex(part => /^v\d/.test(part))
  const [group, plural] = [parts.slice(0, version).join('/'), parts.slice(version + 1).join('/')]
  return held
    .filter(({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace)
    .flatMap(({ rules }) => rules)
    .some(
      rule =>
        rule.apiGroups.includes(group) &&
        rule.resources.includes(plural) &&
        rule.verbs.includes(verb) &&
        (rule.resourceNames === undefined || rule.resourceNames.includes(name)),
    )
}

test('docs/rbac.yaml is what the tool needs today (npm run docs:rbac writes it)', () => {
  expect(manifest).toBe(rightsManifest(allReads(layers)))
})

test('nobody gets everything, nobody reads a Secret, and to look changes nothing', () => {
  expect(roles.map(({ metadata }) => metadata.name)).toHaveLength(7)
  const words = roles.flatMap(({ rules }) =>
    rules.flatMap(rule => [...rule.resources, ...rule.verbs, ...rule.apiGroups]),
  )
  expect(words.filter(word => word === '*' || word.startsWith('secrets'))).toEqual([])
  expect(new Set(named('view').flatMap(({ rules }) => rules.flatMap(rule => rule.verbs)))).toEqual(
    new Set(['get', 'list']),
  )
})

describe('on a real cluster', () => {
  let cluster: Cluster
  const include = {
    barePods: true,
    jobs: true,
    onDelete: true,
    headlessServices: true,
    loadBalancerServices: true,
  }
  beforeAll(async () => {
    cluster = await readBundle(resolve(root, 'samples/calico-1cp-1w'), readsOf(layers))
  })

  const verbOf = (
    target: Target,
    existence: string | undefined,
  ): readonly [string, string, string?, string?] | undefined => {
    if (target.kind === 'config-map') return ['update', 'v1/configmaps', target.namespace, target.name]
    if (target.kind === 'object') return [existence ?? 'update', target.api, target.namespace, target.name]
    return undefined
  }
  const asked = (plan: Plan) =>
    plan.steps.flatMap(step =>
      step.changes.flatMap(change => {
        const want = verbOf(change.target, 'existence' in change ? change.existence : undefined)
        return want === undefined ? [] : [want]
      }),
    )

  test('every change of the way there and of the way back is allowed, and is read first', () => {
    const there = planFor(cluster, { include }, layers)
    const dual = there.steps.reduce(applyStep, cluster)
    const all = [...asked(there), ...asked(planFor(dual, { to: 'single', include }, layers))]
    expect(all.length).toBeGreaterThan(20)
    const run = named('view', 'run')
    for (const [verb, resource, namespace, name] of all) {
      expect(
        may(run, verb, resource, namespace, name),
        `${verb} ${resource} ${namespace ?? ''}/${name ?? ''}`,
      ).toBe(true)
      expect(may(run, 'get', resource, namespace, name), `get ${resource}`).toBe(true)
      expect(may(named('view'), verb, resource, namespace, name), `view: ${verb} ${resource}`).toBe(false)
    }
  })

  test('every call of a verification is allowed to who may verify, and needed', async () => {
    const world = answering(practiceWorld(cluster))
    const calls = new Set<string>()
    const seen = (verb: string, resource: string, namespace = '', name = ''): void =>
      void calls.add([verb, resource, namespace, name].join(' '))
    const { api } = world
    const watched: World = {
      ...world,
      api: {
        ...api,
        list: (resource, options) => {
          seen('list', resource, options?.namespace)
          return api.list(resource, options)
        },
        get: (...given) => {
          seen('get', given[0], given[1], given[2])
          return api.get(...given)
        },
        create: (...given) => {
          seen('create', given[0], given[1].metadata.namespace)
          return api.create(...given)
        },
        delete: (...given) => {
          seen('delete', given[0], given[1], given[2])
          return api.delete(...given)
        },
        exec: (...given) => {
          for (const verb of ['get', 'create']) seen(verb, 'v1/pods/exec', given[0].namespace)
          return api.exec(...given)
        },
      },
    }
    // From this machine nothing is asked; node ports that fail make it read endpoints.
    const skip = ['outside-to-node-port', 'outside-to-load-balancer', 'outside-to-ingress']
    const broken: World = { ...watched, nodes: practiceWorld(cluster).nodes }
    await verify(broken, { rate: 1000, skip })
    const opened = await openClients(watched, { rate: 1000, skip })
    await (await startWatch({ clients: opened.clients, clock: world.clock, rate: 1000 })).stop()
    await opened.close()
    const asked = [...calls].map(call => call.split(' ') as [string, string, string, string])
    for (const [verb, resource, namespace, name] of asked)
      expect(may(named('verify'), verb, resource, namespace, name), `${verb} ${resource}`).toBe(true)
    const needed = new Set(
      asked.map(
        ([verb, resource]) => `${verb} ${resource.replace(/^.*\//, '').replace('exec', 'pods/exec')}`,
      ),
    )
    const given = named('verify').flatMap(({ rules }) =>
      rules.flatMap(({ resources, verbs }) => resources.flatMap(one => verbs.map(verb => `${verb} ${one}`))),
    )
    expect(given.filter(right => !needed.has(right))).toEqual([])
  })

  test('every list that is read is allowed to who only looks', () => {
    for (const read of allReads(layers)) {
      if (read.kind === 'list') expect(may(named('view'), 'list', read.resource), read.resource).toBe(true)
      if (read.kind === 'config-map')
        expect(may(named('view'), 'get', 'v1/configmaps', read.namespace, read.name), read.name).toBe(true)
    }
  })
})
