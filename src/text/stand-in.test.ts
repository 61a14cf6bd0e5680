import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineEdits } from './edits.ts'
import { dashOf, flagLines, manifest, render } from './manifest.arbitrary.ts'
import { deriveStandIn, readFlags } from './manifest.ts'

const standIn = {
  container: 'kube-apiserver',
  name: 'kube-apiserver-next',
  labels: { component: 'kube-apiserver-next', tier: 'stand-in' },
  port: 6444,
}
const text = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 10.0.0.1:6443
  labels:
    component: kube-apiserver
    # what kubeadm counts
    tier: control-plane
    app: api
  name: kube-apiserver
  uid: 6a1f
spec:
  containers:
  - command:
    - kube-apiserver
    - --advertise-address=10.0.0.1
    - --etcd-servers=https://127.0.0.1:2379 # local
    - --secure-port=6443
    - --service-cluster-ip-range=10.96.0.0/16
    livenessProbe:
      httpGet: {host: 10.0.0.1, path: /livez, port: 6443}
    name: kube-apiserver
    ports:
    - containerPort: 6443
      hostPort: 6443
      name: probe-port
    - containerPort: 8080
    readinessProbe:
      httpGet:
        port: probe-port
    startupProbe:
      tcpSocket:
        port: 6443
  - name: sidecar
    ports:
    - containerPort: 6443
  hostNetwork: true
status: {}
`

const changed = (before: string, after: string) =>
  lineEdits(before, after).flatMap(({ remove, insert }) => [
    ...remove.map(line => `-${line.trimEnd()}`),
    ...insert.map(line => `+${line.trimEnd()}`),
  ])

describe('deriveStandIn', () => {
  it('changes name, labels, port and reconciler, and nothing else', () => {
    expect(changed(text, deriveStandIn(text, standIn))).toMatchInlineSnapshot(`
      [
        "-  annotations:",
        "-    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 10.0.0.1:6443",
        "-    component: kube-apiserver",
        "-    # what kubeadm counts",
        "-    tier: control-plane",
        "-    app: api",
        "-  name: kube-apiserver",
        "-  uid: 6a1f",
        "+    component: kube-apiserver-next",
        "+    tier: stand-in",
        "+  name: kube-apiserver-next",
        "+    - --endpoint-reconciler-type=none",
        "-    - --secure-port=6443",
        "+    - --secure-port=6444",
        "-      httpGet: {host: 10.0.0.1, path: /livez, port: 6443}",
        "+      httpGet: {host: 10.0.0.1, path: /livez, port: 6444}",
        "-    - containerPort: 6443",
        "-      hostPort: 6443",
        "+    - containerPort: 6444",
        "+      hostPort: 6444",
        "-        port: 6443",
        "+        port: 6444",
      ]
    `)
  })

  it('takes more flags', () => {
    const made = deriveStandIn(text, {
      ...standIn,
      extraFlags: { 'audit-log-path': '-', 'advertise-address': null },
    })
    expect(readFlags(made, 'kube-apiserver').get('audit-log-path')).toBe('-')
    expect(readFlags(made, 'kube-apiserver').get('advertise-address')).toBeUndefined()
  })

  it('keeps other annotations', () => {
    const other = text.replace('  labels:\n', '    a/b: c\n  labels:\n')
    const made = readFlags(deriveStandIn(other, standIn), 'kube-apiserver')
    expect(made.annotations).toEqual({ 'a/b': 'c' })
    expect(made.labels).toEqual(standIn.labels)
    expect(made.name).toBe(standIn.name)
  })

  it.each([
    ['no labels', text.replace(/  labels:\n(    .*\n)+/, '')],
    ['no annotations', text.replace(/  annotations:\n(    .*\n)+/, '')],
    ['labels that are empty', text.replace(/  labels:\n(    .*\n)+/, '  labels: {}\n')],
    ['no secure port', text.replace('    - --secure-port=6443\n', '')],
    ['other line ends', text.replaceAll('\n', '\r\n')],
    ['no last line end', text.trimEnd()],
  ])('works with %s', (_, before) => {
    const made = deriveStandIn(before, standIn)
    const flags = readFlags(made, 'kube-apiserver')
    expect(flags.labels).toEqual(standIn.labels)
    expect(flags.annotations).toEqual({})
    expect(flags.get('secure-port')).toBe('6444')
    expect(flags.get('endpoint-reconciler-type')).toBe('none')
    expect(made.replaceAll('\r\n', '').includes('\n')).toBe(!before.includes('\r\n'))
    expect(made.endsWith('\n')).toBe(before.endsWith('\n'))
  })

  it.each([
    [
      'labels in flow style',
      text.replace(/  labels:\n(    .*\n)+/, '  labels: {a: b}\n'),
      'metadata.labels is in flow style',
    ],
    ['no name', text.replace('  name: kube-apiserver\n', ''), 'metadata.name is not there'],
    ['no metadata', text.replace(/metadata:\n(  .*\n)+/, ''), 'metadata is not a mapping'],
    [
      'metadata in flow style',
      text.replace(/metadata:\n(  .*\n)+/, 'metadata: {name: x}\n'),
      'metadata is in flow style',
    ],
  ])('refuses %s', (_, before, why) => expect(() => deriveStandIn(before, standIn)).toThrow(why))

  it('makes one of any manifest', () => {
    fc.assert(
      fc.property(manifest, parts => {
        const before = render(
          parts,
          parts.flags.flatMap(flag => flagLines(flag, dashOf(parts))),
        )
        const made = readFlags(deriveStandIn(before, { ...standIn, container: 'c' }), 'c')
        const flags = new Map(parts.flags.map(({ name, value }) => [name, value]))
        flags.set('secure-port', '6444').set('endpoint-reconciler-type', 'none')
        expect(new Map(made.all.map(({ name, value }) => [name, value]))).toEqual(flags)
        expect(made.labels).toEqual(standIn.labels)
        expect(made.name).toBe(standIn.name)
      }),
      { numRuns: 50 },
    )
  })
})
