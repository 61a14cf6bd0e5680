import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import type { Read } from '../model/read.ts'
import { readBundle } from './bundle.ts'
import { snapshotReads, writeBundle } from './snapshot.ts'
import { controlPlane, facts, type FakeCluster, fakeCluster, fakeWorld, object } from './testing.ts'

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
