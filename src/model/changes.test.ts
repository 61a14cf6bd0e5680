import { expect, test } from 'vitest'
import { applyEdits, hashText } from '../text/edits.ts'
import {
  configMapText,
  controlPlanes,
  fieldChange,
  fileOf,
  nodeNames,
  objectChange,
  sysctlChange,
  textChange,
} from './changes.ts'
import type { Cluster, NodeFacts, Pod } from './cluster.ts'

const facts: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }
const target = { kind: 'file', node: 'n1', path: '/a' } as const

test('equal texts and values are no change', () => {
  expect(textChange(target, 'a\n', 'a\n')).toBeUndefined()
  expect(textChange(target, null, null)).toBeUndefined()
  expect(sysctlChange('n1', 'net.ipv4.ip_forward', '1', '1')).toBeUndefined()
  const object = { metadata: { name: 'x', annotations: { a: 'b' } } }
  expect(
    objectChange({ kind: 'object', api: 'v1/nodes', name: 'x' }, [
      fieldChange(object, ['metadata', 'annotations', 'a'], 'b'),
      fieldChange(object, ['spec', 'x'], null),
    ]),
  ).toBeUndefined()
})

test.each([
  { before: 'a\nb\n', after: 'a\nc\n' },
  { before: null, after: 'new\n' },
  { before: 'old\n', after: null },
  { before: '', after: null },
])('a text change has both hashes, and edits that lead from $before to $after', ({ before, after }) => {
  const change = textChange(target, before, after)
  expect(change?.before).toBe(before === null ? null : hashText(before))
  expect(change?.after).toBe(after === null ? null : hashText(after))
  expect(applyEdits(before ?? '', change?.edits ?? [])).toBe(after ?? '')
})

test('only the fields that differ are in an object change, with what is there now', () => {
  const object = {
    metadata: { name: 'x' },
    spec: { containers: [{ name: 'c', env: [{ name: 'A', value: '1' }] }] },
  }
  const path = ['spec', 'containers', 'name=c', 'env', 'name=A', 'value']
  const change = objectChange({ kind: 'object', api: 'apps/v1/daemonsets', name: 'x' }, [
    fieldChange(object, path, '2'),
    fieldChange(object, ['metadata', 'name'], 'x'),
  ])
  expect(change?.fields).toEqual([{ path, before: '1', after: '2' }])
})

test('a control plane is known by its manifest, its mirror pod or its label', () => {
  const cluster = {
    pods: [{ node: 'b', mirror: 'hash', labels: { component: 'kube-apiserver' } } as unknown as Pod],
    objects: {
      'v1/nodes': [
        { metadata: { name: 'c', labels: { 'node-role.kubernetes.io/control-plane': '' } } },
        { metadata: { name: 'w' } },
      ],
    },
    nodes: {
      a: { ...facts, files: { '/etc/kubernetes/manifests/kube-apiserver.yaml': { text: 'x' } } },
      d: { ...facts, files: { '/etc/kubernetes/manifests/kube-apiserver.yaml': null } },
    },
  } as unknown as Cluster
  expect(controlPlanes(cluster)).toEqual(['a', 'b', 'c'])
  expect(nodeNames(cluster)).toEqual(['a', 'c', 'd', 'w'])
})

test('a file that was not read differs from one that is not there', () => {
  const cluster = { nodes: { n1: { ...facts, files: { '/a': null } } } } as unknown as Cluster
  expect(fileOf(cluster, 'n1', '/a')).toBeNull()
  expect(fileOf(cluster, 'n1', '/b')).toBeUndefined()
  expect(fileOf(cluster, 'n1', 'constructor')).toBeUndefined()
  expect(fileOf(cluster, 'n2', '/a')).toBeUndefined()
})

test('the text of a ConfigMap key', () => {
  const map = { metadata: { name: 'm', namespace: 'kube-system' }, data: { key: 'text' } }
  const cluster = { objects: { 'v1/configmaps': [map] } } as unknown as Cluster
  expect(configMapText(cluster, 'kube-system', 'm', 'key')).toBe('text')
  expect(configMapText(cluster, 'kube-system', 'm', 'other')).toBeUndefined()
  expect(configMapText(cluster, 'default', 'm', 'key')).toBeUndefined()
})
