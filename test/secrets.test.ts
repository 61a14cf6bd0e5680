import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundledSample } from '../src/app/sample.ts'
import { layers } from '../src/app/layers.ts'
import { allReads } from '../src/app/rules.ts'
import { run } from '../src/cli/testing.ts'
import type { Cluster, KubeObject, NodeFacts } from '../src/model/cluster.ts'
import { readBundle } from '../src/observe/bundle.ts'
import { practiceWorld } from '../src/practice/index.ts'
import { type Seen, selfSigned, startFakeApi, status } from '../src/world/api/testing/fake-api.ts'
import type { World } from '../src/world/ports.ts'

/**
 * Values that nobody may ever read again: one for each place where a cluster keeps a password, token or key. Whatever a command prints or
 * writes is searched for all of them.
 */
const planted = new Map<string, string>()

/** Looks like a password, and is found again wherever it turns up. */
function canary(where: string): string {
  const value = `kanarie${(planted.size + 1_000_000).toString(36)}Zx9`
  planted.set(value, where)
  return value
}

/** A service account's token: three parts, as RFC 7519 has them. */
function tokenOf(where: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ sub: where, iss: 'kubernetes' })}.${canary(where)}${'A'.repeat(40)}`
}

const annotated = (object: KubeObject, where: string): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: {
      ...object.metadata.annotations,
      'vendor.example/join-token': canary(`annotation of ${where}`),
      'vendor.example/note': `Authorization: Bearer ${tokenOf(`token in a note of ${where}`)}`,
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
        kind: 'Thing',
        spec: { password: canary(`last-applied-configuration of ${where}`) },
      }),
    },
  },
})

interface PodSpec {
  readonly containers?: readonly {
    readonly name: string
    readonly env?: readonly unknown[]
    readonly args?: readonly string[]
  }[]
}

/** In each container: an environment variable, a flag, and a flag whose value is the next item. */
function withSecrets(spec: PodSpec, where: string): PodSpec {
  return {
    ...spec,
    containers: spec.containers?.map(container => ({
      ...container,
      env: [
        ...(container.env ?? []),
        { name: 'DB_PASSWORD', value: canary(`environment of ${where}`) },
        {
          name: 'DATABASE_URL',
          value: `postgres://user:${canary(`URL in the environment of ${where}`)}@db/x`,
        },
      ],
      args: [
        ...(container.args ?? []),
        `--webhook-token=${canary(`flag of ${where}`)}`,
        '--password',
        canary(`second item of a flag of ${where}`),
      ],
    })),
  }
}

const plantedPod = (pod: KubeObject): KubeObject => {
  const where = `pod ${pod.metadata.name}`
  return { ...annotated(pod, where), spec: withSecrets(pod['spec'] as PodSpec, where) }
}

function plantedObject(resource: string, object: KubeObject): KubeObject {
  const where = `${resource} ${object.metadata.name}`
  const spec = object['spec'] as { template?: KubeObject & { spec: PodSpec } } | undefined
  const found = annotated(object, where)
  if (spec?.template === undefined) return found
  const template = { ...spec.template, spec: withSecrets(spec.template.spec, where) }
  return { ...found, spec: { ...spec, template } }
}

/** An environment in a manifest and in a unit, lines that look like what they are. */
function plantedFiles(node: string, files: NodeFacts['files']): NodeFacts['files'] {
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => {
      if (file === null) return [path, file]
      const where = `${node}:${path}`
      if (path.startsWith('/etc/kubernetes/manifests/')) {
        const env = `    env:\n    - name: ETCD_PASSWORD\n      value: ${canary(`environment in ${where}`)}\n`
        return [path, { ...file, text: file.text.replace(/^ {4}image: /m, `${env}    image: `) }]
      }
      if (path.endsWith('.conf') && path.includes('kubelet.service.d'))
        return [
          path,
          { ...file, text: `${file.text}\nEnvironment="REGISTRY_PASSWORD=${canary(`unit ${where}`)}"\n` },
        ]
      if (path.endsWith('/kubelet') || path.endsWith('.env'))
        return [path, { ...file, text: `# token: ${canary(`comment in ${where}`)}\n${file.text}` }]
      return [path, file]
    }),
  )
}

async function plantedCluster(): Promise<Cluster> {
  const cluster = await readBundle(bundledSample(), allReads(layers))
  const { 'v1/configmaps': maps = [], ...objects } = cluster.objects
  return {
    ...cluster,
    objects: {
      ...Object.fromEntries(
        Object.entries(objects).map(([resource, list]) => [
          resource,
          list.map(object => plantedObject(resource, object)),
        ]),
      ),
      'v1/configmaps': maps.map(map => {
        const where = `ConfigMap ${map.metadata.name}`
        const data: Record<string, string> = {
          ...(map['data'] as Record<string, string>),
          password: canary(`key of ${where}`),
        }
        if (map.metadata.name === 'kube-proxy')
          data['kubeconfig.conf'] =
            `${data['kubeconfig.conf'] ?? ''}\nusers:\n- name: x\n  user:\n    token: ${tokenOf(`kubeconfig in ${where}`)}\n`
        if (map.metadata.name === 'kubeadm-config')
          data['ClusterConfiguration'] =
            `${data['ClusterConfiguration'] ?? ''}certificateKey: ${canary(`certificateKey in ${where}`)}\n`
        return { ...annotated(map, where), data }
      }),
      'v1/secrets': [
        {
          metadata: { name: 'top', namespace: 'kube-system' },
          data: {
            password: Buffer.from(canary('a Secret')).toString('base64'),
            plain: canary('a Secret, plain'),
          },
        },
      ],
      'v1/events': [
        {
          metadata: { name: 'e1', namespace: 'kube-system' },
          message: `container failed: --token=${canary('message of an event')} refused`,
        },
      ],
    },
    nodes: Object.fromEntries(
      Object.entries(cluster.nodes).map(([node, facts]) => [
        node,
        {
          ...facts,
          files: plantedFiles(node, facts.files),
          kubeletArguments: [
            ...(facts.kubeletArguments ?? []),
            `--registry-password=${canary(`process of the kubelet of ${node}`)}`,
          ],
        },
      ]),
    ),
  }
}

/** Pods are kept as rows: what they carry is planted again wherever they are read. */
function planting(world: World): World {
  const { api } = world
  const known = new Map<string, KubeObject>()
  const plant = (pod: KubeObject): KubeObject => {
    const key = `${pod.metadata.uid ?? ''} ${pod.metadata.resourceVersion ?? ''}`
    const found = known.get(key) ?? plantedPod(pod)
    known.set(key, found)
    return found
  }
  return {
    ...world,
    api: {
      ...api,
      async *list(resource, options) {
        for await (const object of api.list(resource, options))
          yield resource === 'v1/pods' ? plant(object) : object
      },
      get: async (resource, ...place) => {
        const found = await api.get(resource, ...place)
        return found !== undefined && resource === 'v1/pods' ? plant(found) : found
      },
    },
  }
}

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'secrets-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

/** By the place it was planted in, each canary that a text holds. */
const leaksIn = (text: string): readonly string[] =>
  [...planted].filter(([value]) => text.includes(value)).map(([, where]) => where)

async function writtenBelow(folder: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter(entry => entry.isFile())
      .map(async entry => {
        const path = join(entry.parentPath, entry.name)
        return [path.slice(folder.length), await readFile(path, 'utf8')] as const
      }),
  )
}

test('no password, token or key of a cluster is in anything that a command prints or writes', async () => {
  const cluster = await plantedCluster()
  const practice = practiceWorld(cluster)
  const world = planting(practice)
  const leaks: string[] = []
  const exits: Record<string, number> = {}
  const say = async (...argv: string[]): Promise<void> => {
    const ran = await run(argv, {
      cwd,
      env: { XDG_STATE_HOME: join(cwd, 'state') },
      clock: practice.clock,
      openWorld: async () => ({ world, close: async () => {} }),
    })
    exits[argv.join(' ')] = ran.exitCode
    for (const where of leaksIn(ran.stdout + ran.stderr)) leaks.push(`${argv.join(' ')} prints: ${where}`)
  }
  await say('status', '-o', 'json')
  await say('preflight')
  await say('snapshot', 'bundle')
  for (const form of ['text', 'json', 'markdown', 'html']) await say('plan', '-o', form, '--verbose')
  await say('plan', '--save', 'plan.json', '--document', 'plan.html')
  // What fails says why, and not with what.
  const mend = practice.faults.add({ kind: 'api-server-stays-down', node: 'n1' })
  await say('apply', 'plan.json', '--yes', '-o', 'json')
  mend()
  await say('apply', '--yes')
  await say('rollback', '--yes')
  await say('rehearse', 'bundle')
  for (const [path, text] of await writtenBelow(cwd))
    for (const where of leaksIn(text)) leaks.push(`${path} holds: ${where}`)
  const failed = Object.entries(exits).filter(([, exitCode]) => exitCode !== 0)
  expect({ leaks, failed }).toEqual({ leaks: [], failed: [['apply plan.json --yes -o json', 6]] })
  expect(planted.size).toBeGreaterThan(300)
}, 120_000)

/** Who may read what: every way in which a kubeconfig says who one is. */
function users(plugin: string): Readonly<Record<string, object>> {
  const secret = (where: string): string => canary(`kubeconfig, ${where}`)
  const encoded = (text: string): string => Buffer.from(text).toString('base64')
  const { cert, key } = selfSigned('somebody')
  planted.set(key.split('\n')[1] ?? '', 'kubeconfig, key of a client certificate')
  planted.set(encoded(key).slice(60, 120), 'kubeconfig, key of a client certificate, encoded')
  const exec = (how: string): object => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: plugin,
      args: [how, `--client-secret=${secret(`argument of a plugin that ${how}`)}`],
      env: [{ name: 'PLUGIN_PASSWORD', value: secret(`environment of a plugin that ${how}`) }],
      interactiveMode: 'Never',
    },
  })
  return {
    token: { token: secret('token') },
    password: { username: 'me', password: secret('password') },
    certificate: { 'client-certificate-data': encoded(cert), 'client-key-data': encoded(key) },
    'half a certificate': { 'client-key-data': encoded(`${key}${secret('key without certificate')}`) },
    'a spoilt key': {
      'client-certificate-data': encoded(cert),
      'client-key-data': encoded(
        `-----BEGIN PRIVATE KEY-----\n${secret('spoilt key')}\n-----END PRIVATE KEY-----`,
      ),
    },
    plugin: exec('answers'),
    'a plugin that fails': exec('fails'),
    'a plugin that prints something else': exec('babbles'),
    'an old provider': {
      'auth-provider': { name: 'gcp', config: { 'access-token': secret('token of a provider') } },
    },
  }
}

test('nothing of a kubeconfig shows up, whatever it says and whatever the API server answers', async () => {
  const plugin = join(cwd, 'plugin')
  const given = canary('what a plugin gives')
  const told = canary('what a plugin says while it fails')
  await writeFile(
    plugin,
    `#!/bin/sh
case $1 in
answers) echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${given}"}}' ;;
fails) echo "login refused, Authorization: Bearer ${told}" >&2; exit 1 ;;
babbles) echo "${given}" ;;
esac
`,
    { mode: 0o755 },
  )
  const leaks: string[] = []
  const passed: string[] = []
  // A careless server: what it was sent stands in its answer.
  const echo = ({ headers }: Seen) => status(403, 'Forbidden', `no: ${JSON.stringify(headers)}`)
  for (const answer of [echo, () => status(401, 'Unauthorized', 'Unauthorized')]) {
    // Anybody may see /readyz, as on a real server: a no of one that is ready is believed.
    const fake = await startFakeApi({ admit: seen => (seen.path === '/readyz' ? undefined : answer(seen)) })
    try {
      for (const [name, user] of Object.entries(users(plugin))) {
        const path = join(cwd, 'config')
        const cluster = {
          server: fake.url,
          'certificate-authority-data': Buffer.from(fake.ca).toString('base64'),
        }
        await writeFile(
          path,
          JSON.stringify({
            'current-context': 'c',
            contexts: [{ name: 'c', context: { cluster: 'c', user: name } }],
            clusters: [{ name: 'c', cluster }],
            users: [{ name, user }],
          }),
        )
        const commands = name === 'token' ? ['preflight', 'plan', 'verify'] : []
        for (const command of ['status', 'diagnose', ...commands]) {
          const env = { ...process.env, KUBECONFIG: path, XDG_STATE_HOME: join(cwd, 'state') }
          const ran = await run([command], { cwd, env })
          if (ran.exitCode === 0) passed.push(`${command} as ${name}: ${ran.stdout}`)
          for (const where of leaksIn(ran.stdout + ran.stderr))
            leaks.push(`${command} as ${name} prints: ${where}`)
        }
      }
    } finally {
      await fake.close()
    }
  }
  expect(leaks).toEqual([])
  expect(passed).toEqual([])
}, 120_000)

test('lines of logs are told without the secrets in them', async () => {
  const line = (where: string): string =>
    `E1123 07:47:50.797932 1 run.go:72] "command failed" err="usage of --node-cidr-mask-size is not allowed with dual-stack clusters" flags="--token=${canary(`flag in ${where}`)} Authorization: Bearer ${tokenOf(`header in ${where}`)} https://user:${canary(`URL in ${where}`)}@proxy/"\n`
  const log = join(cwd, 'kcm.log')
  await writeFile(log, line('a log'))
  const leaks: string[] = []
  for (const form of ['text', 'json']) {
    const ran = await run(['diagnose', '--log', log, '-o', form], { cwd })
    expect(ran.exitCode).toBe(8)
    leaks.push(...leaksIn(ran.stdout + ran.stderr))
  }
  expect(leaks).toEqual([])
})
