import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../../model/cluster.ts'
import { Common, projectPod } from '../../../world/api/pods.ts'
import { contractCase } from '../case.ts'
import { collect, refusalOf, type Trial } from '../trial.ts'

const maps = 'v1/configmaps'
const make = (trial: Trial, name: string, labels: Record<string, string> = {}) =>
  trial.create(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } })
const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name)

export const lists = [
  contractCase(
    'lists/pages',
    'a list of more than one page brings each object once, in the order of names',
    {},
    async trial => {
      const wanted = Array.from({ length: 503 }, (_, index) => `m-${String(index).padStart(3, '0')}`)
      // Ten at a time: one after the other costs a real server seconds.
      for (let at = 0; at < wanted.length; at += 10)
        await Promise.all(wanted.slice(at, at + 10).map(name => make(trial, name, { page: 'yes' })))
      trial.same(names(await trial.list(maps, 'page=yes')), wanted, 'names')
    },
  ),
  contractCase('lists/labels', "label selectors choose as kubectl's -l does", {}, async trial => {
    await make(trial, 'red', { colour: 'red', size: 's' })
    await make(trial, 'blue', { colour: 'blue' })
    await make(trial, 'none', { other: 'x' })
    const table: readonly (readonly [string, readonly string[]])[] = [
      ['colour=red', ['red']],
      ['colour==red', ['red']],
      ['colour!=red,!other', ['blue', 'kube-root-ca.crt']],
      ['colour', ['blue', 'red']],
      ['!colour,other', ['none']],
      ['colour in (red, blue),size', ['red']],
      ['colour in (red,blue)', ['blue', 'red']],
      ['colour notin (red),other=x', ['none']],
    ]
    for (const [selector, wanted] of table) {
      const seen = names(await trial.list(maps, selector)).filter(name => name !== 'kube-root-ca.crt')
      trial.same(
        seen,
        wanted.filter(name => name !== 'kube-root-ca.crt'),
        selector,
      )
    }
  }),
  contractCase('lists/fields', 'field selectors choose by name, and pods by node', {}, async trial => {
    await make(trial, 'one')
    await make(trial, 'two')
    const { api, namespace } = trial
    trial.same(
      names(await collect(api, maps, { namespace, fieldSelector: 'metadata.name=two' })),
      ['two'],
      'by name',
    )
    const [node = ''] = trial.place.controlPlanes
    const there = await collect(api, 'v1/pods', { fieldSelector: `spec.nodeName=${node}` })
    trial.holds(names(there).includes(`kube-apiserver-${node}`), `pods of ${node}: ${names(there).join()}`)
    const others = there.filter(pod => (pod['spec'] as { nodeName?: string }).nodeName !== node)
    trial.same(names(others), [], 'pods of other nodes')
  }),
  contractCase(
    'lists/all-namespaces',
    'without a namespace a list is of all, ordered by namespace and name',
    {},
    async trial => {
      await make(trial, 'mine', { everywhere: 'yes' })
      const found = await collect(trial.api, maps, { labelSelector: 'everywhere=yes' })
      trial.same(
        found.map(({ metadata }) => [metadata.namespace, metadata.name]),
        [[trial.namespace, 'mine']],
        'found',
      )
      const keys = (await collect(trial.api, 'v1/pods')).map(
        ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
      )
      trial.same(
        keys,
        keys.toSorted((a, b) => (a < b ? -1 : 1)),
        'order',
      )
    },
  ),
  contractCase(
    'lists/brief',
    'a brief list of pods has all that is read of them, and is refused in the same words',
    {},
    async trial => {
      const read = async (brief: boolean) => {
        const common = new Common()
        return (await collect(trial.api, 'v1/pods', { brief })).map(pod => projectPod(pod, common))
      }
      await trial.eventually('a brief list like the whole one', async () => {
        // Pods change by themselves: what is between two equal whole lists is of the same moment.
        const [before, brief, after] = [await read(false), await read(true), await read(false)]
        if (!isDeepStrictEqual(before, after)) return false
        trial.same(brief, after, 'pods')
        return after.length > 0
      })
      const refused = (brief: boolean) =>
        refusalOf(collect(trial.api, 'v1/pods', { brief, fieldSelector: 'spec.nobodyKnows=x' }))
      trial.same(await refused(true), await refused(false), 'refusal')
    },
  ),
  contractCase(
    'lists/unknown',
    'a resource that is not served has no items, and 404 for the rest',
    {},
    async trial => {
      const resource = 'contract.example.com/v1/things'
      trial.same(await collect(trial.api, resource), [], 'items')
      trial.same(await trial.api.get(resource, trial.namespace, 'x'), undefined, 'get')
      await trial.refused(
        trial.create(resource, { apiVersion: 'contract.example.com/v1', kind: 'Thing' }),
        404,
        'NotFound',
        '404 page not found',
      )
    },
  ),
  contractCase(
    'lists/fresh',
    'a list sees what was written before it, and not what was deleted',
    {},
    async trial => {
      await make(trial, 'now', { fresh: 'yes' })
      trial.same(names(await trial.list(maps, 'fresh=yes')), ['now'], 'after a create')
      await trial.api.delete(maps, trial.namespace, 'now')
      trial.same(names(await trial.list(maps, 'fresh=yes')), [], 'after a delete')
    },
  ),
  contractCase('lists/version', 'the server names its version', {}, async trial => {
    const version = await trial.api.version()
    trial.holds(/^v1\.\d+\.\d+/.test(version), version)
  }),
]
