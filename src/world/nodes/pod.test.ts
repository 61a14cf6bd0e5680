import { expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { UnreachableError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { apiError } from '../api/api-error.ts'
import { memoryApi } from '../api/testing/memory-api.ts'
import { ownNamespace } from '../own/labels.ts'
import type { CommandResult, KubeApi } from '../ports.ts'
import { podTransport } from './pod.ts'
import { agentPod, imageFor, podLabels } from './pod-spec.ts'

const node = (...names: string[]): KubeObject => ({
  metadata: { name: 'n1' },
  status: {
    nodeInfo: { architecture: 'amd64' },
    images: names.map((name, index) => ({
      names: [`${name.split(':')[0]}@sha256:0`, name],
      sizeBytes: 100 - index,
    })),
  },
})
const standard = node('registry/etcd:3', 'registry/kube-proxy:v1.36.3', 'registry/pause:3.10')

/** The API in memory, whose pods run at once; `exec` answers as it is told. */
function cluster(
  exec: (name: string) => Promise<CommandResult>,
  waiting?: { reason: string; message: string },
) {
  const memory = memoryApi({ 'v1/nodes': [standard], 'v1/pods': [], 'v1/namespaces': [] })
  const real = memory.api()
  const asked: { name: string; command: readonly string[]; input: string | undefined }[] = []
  const api: KubeApi = {
    server: real.server,
    version: signal => real.version(signal),
    list: (resource, options) => real.list(resource, options),
    create: (resource, object, options) => real.create(resource, object, options),
    replace: (resource, object, options) => real.replace(resource, object, options),
    delete: (resource, namespace, name, options) => real.delete(resource, namespace, name, options),
    evict: (namespace, name, uid) => real.evict(namespace, name, uid),
    async get(resource, namespace, name, signal) {
      const object = await real.get(resource, namespace, name, signal)
      if (resource !== 'v1/pods' || object === undefined) return object
      const state = waiting === undefined ? { running: {} } : { waiting }
      return {
        ...object,
        status: { phase: waiting === undefined ? 'Running' : 'Pending', containerStatuses: [{ state }] },
      }
    },
    async exec(pod, command, options) {
      asked.push({ name: pod.name, command, input: options?.input })
      return exec(pod.name)
    },
  }
  return { api, asked, memory, transport: podTransport({ api, clock: systemClock, startWithin: 1 }) }
}
const fine = async () => ({ code: 0, stdout: 'out', stderr: '' })
const pods = (memory: ReturnType<typeof memoryApi>) => memory.objects['v1/pods'] ?? []

test('makes one pod a node, runs scripts in it, and takes pod and namespace away', async () => {
  const { transport, asked, memory } = cluster(fine)
  expect(await transport.run('n1', 'script')).toEqual({ code: 0, stdout: 'out', stderr: '' })
  await transport.run('n1', 'again')
  expect(pods(memory)).toHaveLength(1)
  expect(memory.objects['v1/namespaces']?.[0]?.metadata).toMatchObject({
    name: ownNamespace,
    labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
  })
  expect(asked[0]).toMatchObject({ input: 'script' })
  expect(asked[0]?.command.join(' ')).toBe('/usr/bin/nsenter -t 1 -m -u -i -n -- /bin/sh -s')
  await transport.close()
  expect(pods(memory)).toEqual([])
  expect(memory.objects['v1/namespaces']).toEqual([])
})

test('the namespace stays while there are pods of others in it', async () => {
  const { transport, memory } = cluster(fine)
  await transport.run('n1', '')
  memory.objects['v1/pods'] = [
    ...pods(memory),
    { metadata: { name: 'test', namespace: ownNamespace, uid: 'x' } },
  ]
  await transport.close()
  expect(pods(memory).map(({ metadata }) => metadata.name)).toEqual(['test'])
  expect(memory.objects['v1/namespaces']).toHaveLength(1)
})

test('what a run that died left behind goes first', async () => {
  const { transport, memory } = cluster(fine)
  memory.objects['v1/pods'] = [
    { metadata: { name: 'node-old', namespace: ownNamespace, uid: 'x', labels: podLabels } },
  ]
  await transport.run('n1', '')
  expect(pods(memory).map(({ metadata }) => metadata.name)).not.toContain('node-old')
  expect(pods(memory)).toHaveLength(1)
})

test('a pod that cannot start: which node, why, and where to look', async () => {
  const { transport, memory } = cluster(fine, { reason: 'ErrImageNeverPull', message: 'not present' })
  await expect(transport.run('n1', '')).rejects.toMatchObject({
    code: 'nodes.pod',
    message: 'node n1: its pod did not start: failed: ErrImageNeverPull not present',
    hint: expect.stringContaining('kubectl -n kubectl-dualstack get pods'),
  })
  expect(pods(memory)).toEqual([])
})

test('a pod that is gone is made anew on the next try', async () => {
  let gone = true
  const missing = () => apiError(404, '', { verb: 'create', resource: 'v1/pods/exec' })
  const { transport, asked } = cluster(async () => {
    if (!gone) return fine()
    gone = false
    throw missing()
  })
  await expect(transport.run('n1', '')).rejects.toMatchObject({ exitCode: 4, code: 'nodes.pod' })
  expect((await transport.run('n1', '')).code).toBe(0)
  expect(new Set(asked.map(({ name }) => name)).size).toBe(2)
})

test('a pod that a kubelet would not let us into for a moment goes with the others', async () => {
  let away = true
  const { transport, memory } = cluster(async () => {
    if (away) throw new UnreachableError('container runtime is down', 'exec.failed')
    return fine()
  })
  await expect(transport.run('n1', '')).rejects.toMatchObject({ code: 'nodes.pod' })
  away = false
  await transport.run('n1', '')
  expect(pods(memory)).toHaveLength(2)
  await transport.close()
  expect(pods(memory)).toEqual([])
  expect(memory.objects['v1/namespaces']).toEqual([])
})

test('an API server that is being exchanged answers with errors: the node is away, the pod is not', async () => {
  let calls = 0
  const { transport, asked } = cluster(async () => {
    if (calls++ > 0) return fine()
    throw apiError(500, 'error dialing backend', { verb: 'create', resource: 'v1/pods/exec' })
  })
  await expect(transport.run('n1', '')).rejects.toMatchObject({ code: 'nodes.pod' })
  await transport.run('n1', '')
  expect(new Set(asked.map(({ name }) => name)).size).toBe(1)
})

test('the image is one that the node has: kube-proxy’s, else pause, else the smallest', () => {
  expect(imageFor(standard)).toBe('registry/kube-proxy:v1.36.3')
  expect(imageFor(node('registry/etcd:3', 'registry/pause:3.10'))).toBe('registry/pause:3.10')
  expect(imageFor(node('registry/etcd:3', 'registry/small:1'))).toBe('registry/small:1')
  expect(() => imageFor(node())).toThrow('lists no image')
})

test('the pod goes past the scheduler and every taint, pulls nothing, holds no token, and ends by itself', () => {
  const pod = agentPod({ name: 'x', node: 'n1', image: 'i', architecture: 'amd64' })
  expect(pod.spec).toMatchObject({
    nodeName: 'n1',
    hostPID: true,
    hostNetwork: true,
    tolerations: [{ operator: 'Exists' }],
    automountServiceAccountToken: false,
    activeDeadlineSeconds: 6 * 3600,
    containers: [{ imagePullPolicy: 'Never', securityContext: { privileged: true } }],
  })
  const paths = (architecture: string) =>
    (
      agentPod({ name: 'x', node: 'n1', image: 'i', architecture }).spec as {
        volumes: { hostPath: { path: string } }[]
      }
    ).volumes.map(({ hostPath }) => hostPath.path)
  expect(paths('amd64')).toEqual(['/usr', '/bin', '/lib', '/lib64'])
  // A folder that is not there would be made on the host.
  expect(paths('arm64')).toEqual(['/usr', '/bin', '/lib'])
})
