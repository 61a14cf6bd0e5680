import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Read } from '../model/read.ts'
import { readBundle } from './bundle.ts'
import { Folder } from './folder.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bundle-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const put = async (files: Record<string, string | Buffer | object>): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(
      join(dir, path),
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
    )
  }
}

const namespaces = { items: [{ metadata: { name: 'kube-system', uid: 'u-1' } }] }
const version = { serverVersion: { gitVersion: 'v1.36.3' } }
const controlPlane = { 'node-role.kubernetes.io/control-plane': '' }
const node = (name: string, labels = {}) => ({ metadata: { name, labels } })

describe('readBundle', () => {
  it('leaves out what tests of traffic stood in the cluster when it was taken', async () => {
    const own = 'kubectl-dualstack-verify-0a1b2c'
    const both = (kind: string) => ({
      items: [{ metadata: { name: kind, namespace: own } }, { metadata: { name: kind, namespace: 'x' } }],
    })
    await put({
      'version.json': version,
      'objects/v1/namespaces.json': { items: [...namespaces.items, { metadata: { name: own } }] },
      'objects/v1/pods.json': both('pod'),
      'objects/v1/services.json': both('service'),
    })
    const { pods, objects } = await readBundle(dir)
    expect(pods.map(({ namespace }) => namespace)).toEqual(['x'])
    expect(objects['v1/services']?.map(({ metadata }) => metadata.namespace)).toEqual(['x'])
    expect(objects['v1/namespaces']?.map(({ metadata }) => metadata.name)).toEqual(['kube-system'])
  })

  it('reads what a hand-made bundle holds', async () => {
    await put({
      'version.json': version,
      'objects/v1/namespaces.json': namespaces,
      'objects/v1/nodes.json': { items: [node('n1.example.com')] },
      'objects/v1/pods.json': {
        items: [
          {
            metadata: { name: 'a', namespace: 'x', managedFields: [] },
            spec: { nodeName: 'n1.example.com' },
            status: { podIPs: [{ ip: 'fd00::2' }] },
          },
        ],
      },
      'objects/v1/configmaps/kube-system.kube-proxy.json': {
        metadata: { name: 'kube-proxy', namespace: 'kube-system' },
        data: { a: 'b' },
      },
      'objects/crd.projectcalico.org/v1/ippools.json': { items: null },
      'nodes/n1.example.com/files/etc/kubernetes/manifests/kube-apiserver.yaml': 'a: 1\r\n# no end',
      'nodes/n1.example.com/files/etc/kubernetes/manifests/.hidden': '',
      'nodes/n1.example.com/files/etc/hosts': '\uFEFFx',
      'nodes/n1.example.com/commands/sysctl.txt':
        'net.ipv4.ip_forward = 1\nnet.ipv4.ip_local_port_range = 32768\t60999\nbroken\n',
      'nodes/n1.example.com/commands/uname.txt': 'Linux n1 6.1.0-13-amd64 #1 SMP x86_64 GNU/Linux\n',
      'nodes/n1.example.com/commands/kubelet-arguments.txt': '/usr/bin/kubelet\n--node-ip=10.0.0.1\n',
      'nodes/n1.example.com/commands/ip-route-4.json':
        '[{"dst":"default","gateway":"10.0.0.254","dev":"eth0"},{"dst":"10.0.0.9","dev":"lo","table":"local","type":"local"}]',
    })
    const cluster = await readBundle(dir)
    expect(cluster).toMatchObject({ uid: 'u-1', version: 'v1.36.3' })
    expect(cluster.pods).toMatchObject([
      { namespace: 'x', name: 'a', node: 'n1.example.com', families: ['IPv6'] },
    ])
    expect(cluster.objects['v1/configmaps']).toEqual([
      { metadata: { name: 'kube-proxy', namespace: 'kube-system' }, data: { a: 'b' } },
    ])
    expect(cluster.objects['crd.projectcalico.org/v1/ippools']).toEqual([])
    expect(cluster.objects['v1/pods']).toBeUndefined()
    expect(cluster.nodes['n1.example.com']).toEqual({
      files: {
        '/etc/hosts': { text: '\uFEFFx' },
        '/etc/kubernetes/manifests/.hidden': { text: '' },
        '/etc/kubernetes/manifests/kube-apiserver.yaml': { text: 'a: 1\r\n# no end' },
      },
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.ip_local_port_range': '32768\t60999' },
      addresses: [],
      routes: [
        {
          family: 'IPv4',
          destination: 'default',
          interface: 'eth0',
          gateway: '10.0.0.254',
          protocol: 'boot',
        },
      ],
      kubeletArguments: ['--node-ip=10.0.0.1'],
      manifests: ['/etc/kubernetes/manifests/.hidden', '/etc/kubernetes/manifests/kube-apiserver.yaml'],
      kernel: '6.1.0-13-amd64',
    })
    expect(cluster.unread).toEqual({})
  })

  it('names what is wanted and not there, and takes a group that is not served for an empty list', async () => {
    await put({
      'objects/v1/nodes.json': {
        items: [node('n1', controlPlane), node('n2'), node('n3', controlPlane), node('n4')],
      },
      'objects/apis.json': { groups: [{ name: 'apps', versions: [{ groupVersion: 'apps/v1' }] }] },
      'nodes/n1/files/etc/hosts': '',
      'nodes/n3/files/etc/hosts': '',
      'nodes/n4/files/etc/hosts': '',
      'nodes/n1/files.json': {
        '/etc/hosts': { mode: '0644', owner: '0:0' },
        '/etc/gone': null,
        '/etc/odd': { mode: 644 },
      },
    })
    const reads: readonly Read[] = [
      { kind: 'list', resource: 'v1/services' },
      { kind: 'list', resource: 'v1/pods' },
      { kind: 'list', resource: 'apps/v1/daemonsets' },
      { kind: 'list', resource: 'crd.projectcalico.org/v1/ippools' },
      { kind: 'config-map', namespace: 'kube-system', name: 'kubeadm-config' },
      { kind: 'file', path: '/etc/default/kubelet', on: 'control-planes' },
    ]
    const cluster = await readBundle(dir, reads)
    expect(cluster.objects['crd.projectcalico.org/v1/ippools']).toEqual([])
    // n1 has an index that says what was looked for; n3 was captured by hand; n4 is no control plane.
    expect(cluster.nodes.n1?.files).toEqual({
      '/etc/gone': null,
      '/etc/hosts': { text: '', mode: 0o644, owner: '0:0' },
    })
    expect(cluster.nodes.n3?.files).toEqual({ '/etc/default/kubelet': null, '/etc/hosts': { text: '' } })
    expect(cluster.nodes.n4?.files).toEqual({ '/etc/hosts': { text: '' } })
    expect(cluster.unread).toEqual({
      version: 'the bundle has no version.json',
      uid: 'the bundle has no namespace kube-system',
      'v1/services': 'not in the bundle: objects/v1/services.json',
      'v1/pods': 'not in the bundle: objects/v1/pods.json',
      'apps/v1/daemonsets': 'not in the bundle: objects/apps/v1/daemonsets.json',
      'v1/configmaps/kube-system/kubeadm-config': 'not in the bundle',
      'nodes/n2': 'the bundle has no folder nodes/n2',
    })
  })

  it.each([
    [
      '{"items":[{"metadata":{"name":"a"}},',
      'is not valid JSON: line 1, column 37: the text ends in the middle of a value',
    ],
    [
      '{\n "items": [\n  {"metadata": {"name": secret-word}}\n]}',
      'is not valid JSON: line 3, column 25: expected a value',
    ],
    ['', 'is empty'],
    ['[]', ': it is not a JSON object'],
    ['{"items":{}}', ': items is not a list'],
    ['{"items":[{"metadata":{"name":"a"}},{"metadata":{}}]}', ': items[1] has no metadata.name'],
    ['{"items":[7]}', ': items[0] is not a JSON object'],
  ])('refuses %j, and names the file and the place but not what stands there', async (text, message) => {
    await put({ 'objects/v1/services.json': text })
    const error = await readBundle(dir).catch((problem: unknown) => problem)
    expect(error).toMatchObject({
      name: 'UsageError',
      message: `${join(dir, 'objects/v1/services.json')}${message.startsWith(':') ? '' : ' '}${message}`,
    })
    expect(String(error)).not.toContain('secret-word')
  })

  it('refuses bytes that are no UTF-8 in JSON, and passes over a node file of such', async () => {
    await put({ 'nodes/n1/files/etc/hosts': Buffer.from([0xff, 0xfe, 0]) })
    const cluster = await readBundle(dir, [{ kind: 'file', path: '/etc/hosts', on: 'all' }])
    expect(cluster.unread['nodes/n1/etc/hosts']).toBe('is not UTF-8 text')
    expect(cluster.nodes.n1?.files).toEqual({})
    await put({ 'version.json': Buffer.from([0xff]) })
    await expect(readBundle(dir)).rejects.toThrow(/version.json is not UTF-8 text/)
  })

  it('opens nothing outside, whatever path is asked for', async () => {
    const folder = await Folder.open(dir)
    expect(await folder.read('../nothing-of-this-name')).toBe(undefined)
    await writeFile(join(dir, '..', `${basename(dir)}-beside`), 'not in the bundle')
    try {
      await expect(folder.read(`../${basename(dir)}-beside`)).rejects.toThrow('is a link out of the bundle')
    } finally {
      await rm(join(dir, '..', `${basename(dir)}-beside`))
    }
  })

  it('follows no link out of the folder, and one inside it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'))
    try {
      await writeFile(join(outside, 'hosts'), 'of this machine')
      await mkdir(join(outside, 'cni'))
      await put({ 'nodes/n1/files/etc/sysctl.conf': 'a = 1\n', 'nodes/n1/files/etc/sysctl.d/keep': '' })
      const etc = join(dir, 'nodes/n1/files/etc')
      await symlink(join(outside, 'hosts'), join(etc, 'hosts'))
      await symlink(join(outside, 'cni'), join(etc, 'cni'))
      await symlink('../sysctl.conf', join(etc, 'sysctl.d/99-sysctl.conf'))
      await symlink('nowhere', join(etc, 'resolv.conf'))
      await symlink('loop', join(etc, 'loop'))
      const cluster = await readBundle(dir, [{ kind: 'file', path: '/etc/hosts', on: 'all' }])
      expect(cluster.nodes.n1?.files).toEqual({
        '/etc/sysctl.conf': { text: 'a = 1\n' },
        '/etc/sysctl.d/99-sysctl.conf': { text: 'a = 1\n' },
        '/etc/sysctl.d/keep': { text: '' },
      })
      expect(cluster.unread).toMatchObject({
        'nodes/n1/etc/hosts': 'is a link out of the bundle: not followed',
        'nodes/n1/etc/cni': 'is a link out of the bundle: not followed',
        'nodes/n1/etc/resolv.conf': 'is a link that leads nowhere',
        'nodes/n1/etc/loop': 'is a link that leads nowhere',
      })
      await symlink(join(outside, 'hosts'), join(dir, 'version.json'))
      await expect(readBundle(dir)).rejects.toThrow(/version.json is a link out of the bundle/)
    } finally {
      await rm(outside, { recursive: true, force: true })
    }
  })

  it('never reads Secrets, nor what is no list', async () => {
    await put({
      'objects/v1/secrets.json': 'not even JSON',
      'objects/README.json': 'x',
      'objects/v1/.DS_Store': 'x',
      'objects/a/b/c/d.json': 'x',
    })
    const cluster = await readBundle(dir)
    expect(cluster.objects).toEqual({})
    expect(cluster.unread['v1/secrets']).toBe('Secrets are never read from a bundle')
  })

  it('reads a node whose name is percent-encoded', async () => {
    await put({ 'nodes/odd%2Fname%20%C3%A9/files/etc/hosts': 'x', 'nodes/100%/files/etc/hosts': 'y' })
    expect(Object.keys((await readBundle(dir)).nodes)).toEqual(['100%', 'odd/name é'])
  })

  it('says what is wrong with a folder that is none', async () => {
    await expect(readBundle(join(dir, 'missing'))).rejects.toMatchObject({
      name: 'UsageError',
      message: `cannot open the bundle ${join(dir, 'missing')}: no such file or folder`,
    })
    await put({ file: '' })
    await expect(readBundle(join(dir, 'file'))).rejects.toThrow(/is not a folder/)
  })
})
