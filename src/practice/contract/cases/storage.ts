import type { KubeObject } from '../../../model/cluster.ts'
import { contractCase } from '../case.ts'
import { field, type Trial } from '../trial.ts'

const maps = 'v1/configmaps'
const make = (trial: Trial, data: object = { a: '1' }, name = trial.name('map')): Promise<KubeObject> =>
  trial.create(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const withData = (map: KubeObject, a: string): KubeObject => ({ ...map, data: { a } })

/** What the API server's storage does, whatever the resource. */
export const storage = [
  contractCase(
    'storage/create',
    'a new object gets uid, version and date, and is read as it was answered',
    {},
    async trial => {
      const made = await make(trial)
      const { uid = '', resourceVersion = '', creationTimestamp = '' } = made.metadata
      trial.holds(/^[0-9a-f-]{36}$/.test(uid), `uid ${uid}`)
      trial.holds(/^\d+$/.test(resourceVersion), `resourceVersion ${resourceVersion}`)
      trial.holds(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(creationTimestamp),
        `creationTimestamp ${creationTimestamp}`,
      )
      trial.same(await trial.read(maps, trial.namespace, made.metadata.name), made, 'as read')
    },
  ),
  contractCase(
    'storage/exists',
    'a second object of a name is refused with 409 AlreadyExists',
    {},
    async trial => {
      const { name } = (await make(trial)).metadata
      await trial.refused(make(trial, {}, name), 409, 'AlreadyExists', `configmaps "${name}" already exists`)
    },
  ),
  contractCase(
    'storage/conflict',
    'an update of an old version is refused with 409 Conflict, and writes nothing',
    {},
    async trial => {
      const first = await make(trial)
      const second = await trial.api.replace(maps, withData(first, '2'))
      trial.holds(first.metadata.resourceVersion !== second.metadata.resourceVersion, 'the version stayed')
      const { name } = first.metadata
      await trial.refused(
        trial.api.replace(maps, withData(first, '3')),
        409,
        'Conflict',
        `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      )
      trial.same(field(await trial.read(maps, trial.namespace, name), 'data', 'a'), '2', 'data')
    },
  ),
  contractCase('storage/no-change', 'an update that changes nothing keeps the version', {}, async trial => {
    const made = await make(trial)
    const again = await trial.api.replace(maps, made)
    trial.same(again.metadata.resourceVersion, made.metadata.resourceVersion, 'resourceVersion')
  }),
  contractCase(
    'storage/generation',
    'generation counts changes of spec, not of metadata',
    {},
    async trial => {
      const labels = { app: 'none' }
      const containers = [{ name: 'main', image: 'example.com/none' }]
      const made = await trial.create('apps/v1/deployments', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers } },
        },
      })
      trial.same(made.metadata.generation, 1, 'generation of a new one')
      const edit = (change: (object: KubeObject) => KubeObject) =>
        trial.edit('apps/v1/deployments', trial.namespace, made.metadata.name, change)
      const labelled = await edit(object => ({
        ...object,
        metadata: { ...object.metadata, labels: { x: 'y' } },
      }))
      trial.same(labelled.metadata.generation, 1, 'generation after a label')
      const paused = await edit(object => ({
        ...object,
        spec: { ...(object['spec'] as object), paused: true },
      }))
      trial.same(paused.metadata.generation, 2, 'generation after a change of spec')
    },
  ),
  contractCase(
    'storage/status-apart',
    'an update of the object leaves its status alone',
    { needs: ['worker'] },
    async trial => {
      const [node = ''] = trial.place.workers
      const before = await trial.read('v1/nodes', undefined, node)
      const addresses = field(before, 'status', 'addresses')
      const status = {
        ...(before['status'] as object),
        addresses: [{ type: 'InternalIP', address: '192.0.2.77' }],
      }
      const after = await trial.edit('v1/nodes', undefined, node, object => ({ ...object, status }))
      trial.same(field(after, 'status', 'addresses'), addresses, 'addresses')
    },
  ),
  contractCase(
    'storage/replace-gone',
    'an update of what is not there is refused with 404',
    {},
    async trial => {
      const made = await make(trial)
      const { name } = made.metadata
      await trial.api.delete(maps, trial.namespace, name)
      await trial.refused(
        trial.api.replace(maps, withData(made, '2')),
        404,
        'NotFound',
        `configmaps "${name}" not found`,
      )
    },
  ),
  contractCase(
    'storage/replace-uid',
    'an update with the uid of another object is refused',
    {},
    async trial => {
      const made = await make(trial)
      const uid = '00000000-0000-4000-8000-000000000000'
      await trial.refused(
        trial.api.replace(maps, { ...made, metadata: { ...made.metadata, uid } }),
        409,
        'Conflict',
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${made.metadata.uid}`,
      )
    },
  ),
  contractCase('storage/dry-run', 'a dry run answers like the write and writes nothing', {}, async trial => {
    const name = trial.name('map')
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } }
    const answer = await trial.create(maps, map, { dryRun: true })
    trial.same([answer.metadata.name, field(answer, 'data', 'a')], [name, '1'], 'answer')
    trial.same(await trial.api.get(maps, trial.namespace, name), undefined, 'stored')
    const made = await make(trial, { a: '1' }, name)
    const changed = await trial.api.replace(maps, withData(made, '2'), { dryRun: true })
    trial.same(field(changed, 'data', 'a'), '2', 'answer of an update')
    trial.same(await trial.read(maps, trial.namespace, name), made, 'stored after a dry update')
  }),
  contractCase('storage/absent', 'what is not there is undefined, and may be deleted', {}, async trial => {
    trial.same(await trial.api.get(maps, trial.namespace, 'absent'), undefined, 'get')
    await trial.api.delete(maps, trial.namespace, 'absent')
  }),
  contractCase('storage/delete-uid', 'a delete with another uid leaves the object', {}, async trial => {
    const { name, uid } = (await make(trial)).metadata
    await trial.api.delete(maps, trial.namespace, name, { uid: '00000000-0000-4000-8000-000000000000' })
    trial.holds((await trial.api.get(maps, trial.namespace, name)) !== undefined, 'it was deleted')
    await trial.api.delete(maps, trial.namespace, name, uid === undefined ? {} : { uid })
    trial.same(await trial.api.get(maps, trial.namespace, name), undefined, 'after a delete with its uid')
  }),
  contractCase(
    'storage/delete-version',
    'a delete of an old version is refused with 409',
    {},
    async trial => {
      const made = await make(trial)
      const { name, resourceVersion = '' } = made.metadata
      const next = await trial.api.replace(maps, withData(made, '2'))
      await trial.refused(
        trial.api.delete(maps, trial.namespace, name, { resourceVersion }),
        409,
        'Conflict',
        `Operation cannot be fulfilled on ConfigMap "${name}": the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${next.metadata.resourceVersion}). The object might have been modified`,
      )
    },
  ),
  contractCase(
    'storage/no-namespace',
    'nothing is made in a namespace that is not there',
    {},
    async trial => {
      const map = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'x', namespace: 'contract-nowhere' },
      }
      await trial.refused(
        trial.api.create(maps, map),
        404,
        'NotFound',
        'namespaces "contract-nowhere" not found',
      )
    },
  ),
  contractCase('storage/namespace-goes', 'a namespace takes with it what is in it', {}, async trial => {
    const namespace = `${trial.namespace}-2`
    await trial.api.create('v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    })
    await trial.api.create(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace } })
    await trial.api.delete('v1/namespaces', undefined, namespace)
    await trial.eventually('it is gone', async () => {
      const [space, map] = [
        await trial.api.get('v1/namespaces', undefined, namespace),
        await trial.api.get(maps, namespace, 'x'),
      ]
      return space === undefined && map === undefined
    })
  }),
]
