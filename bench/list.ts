/**
 * Listing 50,000 pods of 4.5 KB over TLS, in pages of 500: our client against the least that node:https can do with the same bytes.
 *   npx tsx bench/list.ts [pods]
 * The server is a process of its own, and so is each client: time, CPU and memory are theirs alone. A ratio says more than the seconds.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, Agent, get } from 'node:https'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../src/world/api/index.ts'
import { Common, projectPod } from '../src/world/api/pods.ts'
import { selfSigned } from '../src/world/api/testing/certificate.ts'
import { type Cost, costSince, kubeconfigIn, message } from './processes.ts'

const pageSize = 500
const kinds = {
  bytes: 'node:https, bytes only',
  parse: 'node:https + JSON.parse',
  ours: 'list + projectPod, all pods kept',
} as const
type Kind = keyof typeof kinds
interface Result extends Cost {
  readonly count: number
}

const [role, ...rest] = process.argv.slice(2)
if (role === 'serve') await serve(Number(rest[0]))
else if (role === 'client') await client(rest[0] as Kind, rest[1] ?? '', rest[2] ?? '')
else await compare(Number(role ?? 50_000))

async function compare(pods: number): Promise<void> {
  const server = fork(import.meta.filename, ['serve', String(pods)])
  const { url, ca } = (await message(server)) as { url: string; ca: string }
  const folder = await mkdtemp(join(tmpdir(), 'bench-list-'))
  const kubeconfig = await kubeconfigIn(folder, url, ca)
  const results = new Map<Kind, Result[]>()
  for (let round = 0; round < 5; round++) {
    for (const kind of Object.keys(kinds) as Kind[]) {
      const result = (await message(fork(import.meta.filename, ['client', kind, url, kubeconfig]))) as Result
      results.set(kind, [...(results.get(kind) ?? []), result])
    }
  }
  server.kill()
  await rm(folder, { recursive: true })
  const median = (kind: Kind, field: keyof Result) =>
    (results.get(kind) ?? []).map(result => result[field]).sort((a, b) => a - b)[2] ?? Number.NaN
  const out = [
    `${pods} pods, median of 5`,
    '                                    wall s   CPU s   peak MB   wall ratio',
  ]
  for (const kind of Object.keys(kinds) as Kind[]) {
    const ratio = median(kind, 'seconds') / median('bytes', 'seconds')
    const columns = [
      median(kind, 'seconds').toFixed(2),
      median(kind, 'cpu').toFixed(2),
      median(kind, 'megabytes').toFixed(0),
    ]
    out.push(
      `${kinds[kind].padEnd(34)}${columns.map(text => text.padStart(8)).join('')}${ratio.toFixed(2).padStart(12)}`,
    )
  }
  process.stdout.write(`${out.join('\n')}\n`)
}

async function serve(pods: number): Promise<void> {
  const pages = Array.from({ length: Math.ceil(pods / pageSize) }, (_, page) => {
    const items = Array.from({ length: Math.min(pageSize, pods - page * pageSize) }, (_, index) =>
      pod(page * pageSize + index),
    )
    const last = (page + 1) * pageSize >= pods
    return Buffer.from(
      JSON.stringify({ kind: 'PodList', metadata: last ? {} : { continue: String(page + 1) }, items }),
    )
  })
  const pair = selfSigned('bench', ['127.0.0.1'])
  const server = createServer(pair, (request, response) => {
    const page = pages[Number(new URL(request.url ?? '', 'https://x').searchParams.get('continue') ?? 0)]
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': page?.length })
    response.end(page)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.send?.({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: pair.cert })
}

async function client(kind: Kind, url: string, kubeconfig: string): Promise<void> {
  const start = performance.now()
  const count = kind === 'ours' ? await ours(kubeconfig) : await plain(url, kind === 'parse')
  const result: Result = { ...costSince(start), count }
  process.send?.(result)
  process.disconnect()
}

async function ours(kubeconfig: string): Promise<number> {
  const api = await connect({ kubeconfig, env: {} })
  const common = new Common()
  const pods = []
  for await (const raw of api.list('v1/pods')) pods.push(projectPod(raw, common))
  return pods.length
}

/** One page after the other; the bytes are counted, or parsed and counted, and let go. */
async function plain(url: string, parse: boolean): Promise<number> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  let count = 0
  for (let token = 0; ; token++) {
    const body = await new Promise<Buffer>((resolve, reject) => {
      get(`${url}/api/v1/pods?limit=${pageSize}&continue=${token}`, { agent }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve(Buffer.concat(chunks)))
      }).on('error', reject)
    })
    if (parse) count += (JSON.parse(body.toString()) as { items: unknown[] }).items.length
    else count += body.length
    if (!body.subarray(0, 100).includes('"continue"')) break
  }
  agent.destroy()
  return count
}

/** As a Deployment's pod with a sidecar looks on the wire, about 4.5 KB. */
function pod(index: number): object {
  const [owner, node] = [Math.floor(index / 10), index % 500]
  const container = (name: string) => ({
    name,
    image: `registry.example.org/team-${owner % 40}/${name}:v1.2.${owner % 9}`,
    ports: [{ containerPort: 8080, protocol: 'TCP' }],
    env: Array.from({ length: 8 }, (_, at) => ({ name: `SETTING_${at}`, value: `value-${at}-${owner}` })),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: [
      {
        name: `kube-api-access-${index}`,
        readOnly: true,
        mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
      },
    ],
    livenessProbe: {
      httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' },
      periodSeconds: 10,
      timeoutSeconds: 1,
    },
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
  })
  const hash = (owner * 2_654_435_761).toString(16).slice(0, 9)
  const name = `app-${owner}-${hash}-${index.toString(36).padStart(5, '0')}`
  const ip = `10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`
  const status = (container: string) => ({
    name: container,
    state: { running: { startedAt: '2026-11-01T08:00:05Z' } },
    ready: true,
    restartCount: 0,
    image: `registry.example.org/team-${owner % 40}/${container}:v1.2.${owner % 9}`,
    imageID: `registry.example.org/team-${owner % 40}/${container}@sha256:${hash.repeat(7)}`,
    containerID: `containerd://${hash.repeat(7)}`,
    started: true,
  })
  return {
    metadata: {
      name,
      generateName: `app-${owner}-${hash}-`,
      namespace: `team-${owner % 40}`,
      uid: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: '2026-11-01T08:00:00Z',
      labels: { app: `app-${owner}`, 'pod-template-hash': hash, team: `team-${owner % 40}` },
      annotations: {
        'cni.projectcalico.org/podIP': `${ip}/32`,
        'cni.projectcalico.org/containerID': hash.repeat(7),
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `app-${owner}-${hash}`,
          uid: hash,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [
        {
          manager: 'kube-controller-manager',
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} } } },
        },
        {
          manager: 'kubelet',
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          subresource: 'status',
          fieldsV1: { 'f:status': { 'f:podIP': {}, 'f:podIPs': {}, 'f:conditions': {} } },
        },
      ],
    },
    spec: {
      nodeName: `worker-${node}.example.org`,
      containers: [container('web'), container('sidecar')],
      volumes: [
        {
          name: `kube-api-access-${index}`,
          projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] },
        },
      ],
      serviceAccountName: 'default',
      restartPolicy: 'Always',
      tolerations: ['not-ready', 'unreachable'].map(key => ({
        key: `node.kubernetes.io/${key}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
    },
    status: {
      phase: 'Running',
      conditions: [
        'PodReadyToStartContainers',
        'Initialized',
        'Ready',
        'ContainersReady',
        'PodScheduled',
      ].map(type => ({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: '2026-11-01T08:00:06Z',
      })),
      hostIP: `10.0.${node >> 8}.${node & 255}`,
      podIP: ip,
      podIPs: [{ ip }],
      startTime: '2026-11-01T08:00:00Z',
      containerStatuses: [status('web'), status('sidecar')],
      qosClass: 'Burstable',
    },
  }
}
