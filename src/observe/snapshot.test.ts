import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import { readBundle } from './bundle.ts'
import { snapshotReads, writeBundle } from './snapshot.ts'
import {
  controlPlane,
  facts,
  type FakeCluster,
  fakeCluster,
  fakeWorld,
  object,
  smallCluster,
} from './testing.ts'

let parent = ''
let dir = ''
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'snapshot-'))
  dir = join(parent, 'bundle')
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const reads: readonly Read[] = [{ kind: 'file', path: '/etc/default/kubelet', on: 'all' }]
const take = (cluster: FakeCluster, options = {}) => writeBundle(fakeWorld(cluster), reads, dir, options)
const readAgain = () => readBundle(dir, snapshotReads(reads))

describe('writeBundle', () => {
  it('gives a bundle that reads as the very cluster that was observed', async () => {
    const { cluster, redacted } = await take(smallCluster())
    expect(await readAgain()).toEqual(cluster)
    expect(redacted).toEqual([])
    expect(await readdir(parent)).toEqual(['bundle'])
  })

  it('keeps, through the bundle, what was refused, who was away and which node has an odd name', async () => {
    const fake = smallCluster()
    fake.refused.add('v1/events').add('v1/pods')
    fake.away.add('n2')
    fake.objects['v1/nodes'] = [...(fake.objects['v1/nodes'] ?? []), object('../../evil'), object('..')]
    fake.nodes['../../evil'] = facts({
      files: { '/etc/hosts': { text: 'x' }, '/../../etc/hosts': { text: 'never written' } },
    })
    fake.nodes['..'] = facts()
    const { cluster } = await take(fake, { tolerant: true })
    const again = await readAgain()
    expect(again.unread).toEqual({
      'v1/events': 'list v1/events: no (403 Forbidden)',
      'v1/pods': 'list v1/pods: no (403 Forbidden)',
      'nodes/n2': 'node n2: connection timed out',
    })
    expect(again.nodes['../../evil']?.files).toEqual({ '/etc/hosts': { text: 'x' } })
    expect({ ...again, nodes: {} }).toEqual({ ...cluster, nodes: {} })
    expect(await readdir(parent)).toEqual(['bundle'])
    expect(await readdir(join(dir, 'nodes'))).toEqual(['%2E%2E', '..%2F..%2Fevil', 'n1'].sort())
  })

  it('tells a ConfigMap that is not there from one that was not asked for', async () => {
    const fake = smallCluster()
    fake.objects['v1/configmaps'] = []
    const { cluster } = await take(fake)
    expect(cluster.objects['v1/configmaps']).toEqual([])
    expect(await readAgain()).toEqual(cluster)
  })

  it('keeps files byte for byte, with mode and owner in the index', async () => {
    const fake = smallCluster()
    await take(fake)
    const path = '/etc/kubernetes/manifests/kube-apiserver.yaml'
    expect(await readFile(join(dir, 'nodes/n1/files', path), 'utf8')).toBe(fake.nodes.n1?.files[path]?.text)
    expect(JSON.parse(await readFile(join(dir, 'nodes/n1/files.json'), 'utf8'))).toEqual({
      [path]: { mode: '0600', owner: '0:0' },
      '/etc/default/kubelet': null,
    })
  })

  it('refuses a folder that is not empty, and changes nothing in it', async () => {
    await mkdir(dir)
    await writeFile(join(dir, 'mine'), 'x')
    await expect(take(smallCluster())).rejects.toMatchObject({ code: 'bundle.not-empty', exitCode: 2 })
    expect(await readdir(dir)).toEqual(['mine'])
    expect(await readdir(parent)).toEqual(['bundle'])
  })

  it('writes into an empty folder that is there', async () => {
    await mkdir(dir)
    await take(smallCluster())
    expect(await readdir(dir)).toContain('version.json')
  })

  it('leaves nothing behind when the reading fails half-way', async () => {
    const fake = smallCluster()
    fake.away.add('n1')
    await expect(take(fake)).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(await readdir(parent)).toEqual([])
  })

  it('never asks for what is not on the list, whatever a layer wants', async () => {
    const fake = smallCluster()
    fake.objects['v1/secrets'] = [object('s', 'default', { data: { a: 'b' } })]
    const greedy: readonly Read[] = [
      { kind: 'list', resource: 'v1/secrets' },
      { kind: 'file', path: '/etc/kubernetes/admin.conf', on: 'all' },
      { kind: 'files', pattern: '/etc/kubernetes/pki/*', on: 'all' },
      { kind: 'files', pattern: '/etc/kubernetes/manifests/../pki/*', on: 'all' },
      { kind: 'config-map', namespace: 'kube-public', name: 'cluster-info' },
    ]
    const { left } = await writeBundle(fakeWorld(fake), greedy, dir)
    expect(left).toEqual(greedy)
    expect(fake.asked.lists).not.toContain('v1/secrets')
    expect(JSON.stringify(fake.asked.facts)).not.toMatch(/admin\.conf|pki/)
  })

  it('does not write a file that a node gave unasked', async () => {
    const fake = smallCluster()
    fake.nodes.n2 = facts({
      files: { '/etc/shadow': { text: 'root:x' }, '/etc/kubernetes/pki/ca.key': { text: 'x' } },
    })
    await take(fake)
    expect(await everything(dir)).not.toMatch(/root:x|ca\.key/)
  })
})

const pem = `-----BEGIN RSA PRIVATE KEY-----\nMIIEplantedKEYMATERIAL\nabc\n-----END RSA PRIVATE KEY-----\n`
const jwt = 'eyJhbGciOiJSUzI1NiIsImtpZCI6InBsYW50ZWQifQ.eyJpc3MiOiJwbGFudGVkLWp3dCJ9.c2lnbmF0dXJlLXBsYW50ZWQ'
const word = 'planted-hunter2'
/** Each of these must be nowhere in the folder. */
const planted = [
  'plantedKEYMATERIAL',
  'c2lnbmF0dXJlLXBsYW50ZWQ',
  word,
  'abcdef.0123456789planted'.slice(0, 23),
  Buffer.from(pem).toString('base64'),
  'UExBTlRFRC1CQVNFNjQ=',
]
const bootstrap = 'abcdef.0123456789plante'.slice(0, 23)

function clusterOfSecrets(): FakeCluster {
  const manifest = `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver # a comment that stays
spec:
  containers:
  - name: kube-apiserver
    command:
    - kube-apiserver
    - --service-cluster-ip-range=10.96.0.0/16
    - --token-auth-file=/etc/kubernetes/tokens.csv
    - --enable-bootstrap-token-auth=true
    - --experimental-password=${word}
    - --oidc-client-secret
    - ${word}
    args: ["--cloud-token", "${word}", "--v=2"]
    env:
    - name: DB_PASSWORD
      value: ${word}
    - value: "${word}"
      name: API_TOKEN
    - name: KEY
      value: |
        ${pem.replaceAll('\n', '\n        ')}
    - name: HTTPS_PROXY
      value: http://me:${word}@proxy:3128
`
  const env = [
    { name: 'DB_PASSWORD', value: word },
    { name: 'PLAIN', value: 'kept-value' },
    { name: 'HTTP_PROXY', value: `http://user:${word}@proxy:3128/` },
    { name: 'FROM', valueFrom: { secretKeyRef: { name: 'kept-secret-name', key: 'password' } } },
  ]
  const applied = (kept: unknown) => ({
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(kept),
  })
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { key: 'UExBTlRFRC1CQVNFNjQ=' },
    stringData: { a: word },
  }
  const pod: KubeObject = object('web', 'default', {
    annotations: {
      ...applied({ kind: 'List', items: [secret, { kind: 'Pod', spec: { containers: [{ env }] } }] }),
      note: `Bearer ${jwt}`,
    },
    spec: {
      nodeName: 'n1',
      containers: [
        {
          name: 'web',
          image: 'kept-image:1',
          env,
          command: ['run', `--password=${word}`, '--token', word],
          args: ['sh', '-c', `login --api-key=${word} && curl -H "Authorization: Basic ${word}"`],
        },
      ],
    },
    status: { podIPs: [{ ip: '10.244.0.9' }] },
  })
  return fakeCluster({
    objects: {
      'v1/namespaces': [object('kube-system')],
      'v1/nodes': [controlPlane('n1')],
      'v1/pods': [pod],
      'v1/events': [
        object('import.18ea88ff6d7f3ebe', 'default', { message: `used ${bootstrap} and ${jwt}` }),
      ],
      'apps/v1/deployments': [
        object('web', 'default', {
          annotations: {
            ...applied({ spec: { template: { spec: { containers: [{ env }] } } } }),
            ours: JSON.stringify({ auths: { r: { auth: 'UExBTlRFRC1CQVNFNjQ=' } } }),
          },
          spec: { template: { spec: { containers: [{ env }] } } },
        }),
      ],
      'admissionregistration.k8s.io/v1/validatingwebhookconfigurations': [
        object('hook', undefined, {
          webhooks: [
            {
              clientConfig: {
                caBundle: Buffer.from(
                  '-----BEGIN CERTIFICATE-----\nkept\n-----END CERTIFICATE-----\n',
                ).toString('base64'),
                url: `https://a:${word}@hook`,
              },
            },
          ],
        }),
      ],
      'v1/configmaps': [
        object('kubeadm-config', 'kube-system', {
          data: {
            ClusterConfiguration: `kind: ClusterConfiguration\ncertificateKey: ${word}\nbootstrapTokens:\n- token: ${bootstrap}\n  ttl: 24h0m0s\n`,
          },
        }),
        object('kube-proxy', 'kube-system', {
          data: {
            'kubeconfig.conf': `users:\n- name: x\n  user:\n    client-key-data: ${Buffer.from(pem).toString('base64')}\n    tokenFile: /var/run/kept\n    token: ${jwt}\n`,
            'config.json': JSON.stringify({
              nested: { password: word, deep: JSON.stringify({ token: word }) },
            }),
          },
        }),
      ],
    },
    nodes: {
      n1: facts({
        files: {
          '/etc/kubernetes/manifests/kube-apiserver.yaml': { text: manifest, mode: 0o600, owner: '0:0' },
          '/etc/default/kubelet': {
            text: `KUBELET_EXTRA_ARGS="--node-ip=10.0.0.1 --token=${word} --image-password '${word}'"\nexport DB_SECRET=${word}\n`,
          },
          '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf': {
            text: `[Service]\nEnvironment="HTTPS_PROXY=https://u:${word}@proxy" "API_TOKEN=${word}"\nEnvironment=MY_PASSWORD='${word} ${word}'\n`,
          },
          '/etc/cni/net.d/10-x.conflist': {
            text: `{"plugins":[{"etcd_password":"${word}","k8s_auth_token": "${jwt}","kept":"10.244.0.0/16"}]}`,
          },
          '/etc/hosts': { text: '10.0.0.1 n1\n', mode: 0o644 },
        },
        kubeletArguments: ['--node-ip=10.0.0.1', `--bootstrap-token=${word}`, '--password', word],
        manifests: [],
      }),
    },
  })
}

describe('the redaction', () => {
  it('leaves no secret in any file, wherever one was planted, and keeps the rest', async () => {
    const { redacted } = await take(clusterOfSecrets())
    const text = await everything(dir)
    for (const secret of planted)
      expect.soft(text.split('\n').filter(line => line.includes(secret))).toEqual([])
    for (const kept of [
      'kept-value',
      'kept-image:1',
      'kept-secret-name',
      '10.96.0.0/16',
      '/etc/kubernetes/tokens.csv',
      '--enable-bootstrap-token-auth=true',
      'import.18ea88ff6d7f3ebe',
      '/var/run/kept',
      'a comment that stays',
      '24h0m0s',
      '10.244.0.0/16',
      Buffer.from('-----BEGIN CERTIFICATE-----\nkept\n-----END CERTIFICATE-----\n').toString('base64'),
    ])
      expect.soft(text, kept).toContain(kept)
    expect(redacted.toSorted()).toEqual([
      'admissionregistration.k8s.io/v1/validatingwebhookconfigurations hook',
      'apps/v1/deployments default/web',
      'n1:/etc/cni/net.d/10-x.conflist',
      'n1:/etc/default/kubelet',
      'n1:/etc/kubernetes/manifests/kube-apiserver.yaml',
      'n1:/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
      'v1/configmaps kube-system/kube-proxy',
      'v1/configmaps kube-system/kubeadm-config',
      'v1/events default/import.18ea88ff6d7f3ebe',
      'v1/pods default/web',
    ])
  })

  it('marks the files that are not byte for byte any more, and only those', async () => {
    await take(clusterOfSecrets())
    const index = JSON.parse(await readFile(join(dir, 'nodes/n1/files.json'), 'utf8')) as Record<
      string,
      { redacted?: true }
    >
    expect(Object.keys(index).filter(path => index[path]?.redacted)).toHaveLength(4)
    expect(index['/etc/hosts']).toEqual({ mode: '0644' })
  })

  it('gives a bundle that can be read, and a manifest that is still YAML with the same lines around', async () => {
    const { cluster } = await take(clusterOfSecrets())
    const again = await readAgain()
    expect(again.pods).toEqual(cluster.pods)
    const path = '/etc/kubernetes/manifests/kube-apiserver.yaml'
    const before = cluster.nodes.n1?.files[path]?.text.split('\n') ?? []
    const after = again.nodes.n1?.files[path]?.text.split('\n') ?? []
    expect(after.filter(line => !before.includes(line))).toEqual([
      '    - --experimental-password=REDACTED',
      '    - REDACTED',
      '    args: ["--cloud-token", "REDACTED", "--v=2"]',
      '      value: REDACTED',
      '    - value: "REDACTED"',
      '        REDACTED',
      '      value: http://me:REDACTED@proxy:3128',
    ])
  })
})

async function everything(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true })
  const texts = await Promise.all(
    names.map(async name =>
      (await stat(join(folder, name))).isFile() ? readFile(join(folder, name), 'utf8') : '',
    ),
  )
  return [...names, ...texts].join('\n')
}
