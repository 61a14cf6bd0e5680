import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { workload } from './index.ts'

interface Manifest {
  kind: string
  spec?: { type?: string; clusterIP?: string; ipFamilyPolicy?: string }
}

const refs = { probe: 'dualstack.lab/probe:1', agnhost: 'registry.k8s.io/agnhost:2' }

test('the workload has what a conversion meets', async () => {
  const documents = parseAllDocuments(await workload(refs))
  const objects = documents.map(document => document.toJS() as Manifest)
  expect([...new Set(objects.map(each => each.kind))].toSorted()).toEqual(
    `CronJob DaemonSet Deployment EndpointSlice Ingress Job Namespace NetworkPolicy Pod PodDisruptionBudget Service
    StatefulSet`.split(/\s+/),
  )
  const services = objects.filter(each => each.kind === 'Service').map(each => each.spec ?? {})
  expect([...new Set(services.map(spec => spec.type ?? 'ClusterIP'))].toSorted()).toEqual([
    'ClusterIP',
    'ExternalName',
    'LoadBalancer',
    'NodePort',
  ])
  expect(services.filter(spec => spec.ipFamilyPolicy === 'PreferDualStack')).toHaveLength(1)
  expect(services.filter(spec => spec.clusterIP === 'None').length).toBeGreaterThan(0)
})

test('all its images are ones that the nodes have', async () => {
  const images = [...(await workload(refs)).matchAll(/image: ([^\s,}]+)/g)].map(match => match[1])
  expect([...new Set(images)].toSorted()).toEqual(Object.values(refs).toSorted())
})
