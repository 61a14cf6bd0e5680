import { describe, expect, test } from 'vitest'
import type { Cluster } from '../model/cluster.ts'
import { catalogue } from './catalogue.ts'
import { conclude } from './conclude.ts'
import { Listener } from './listen.ts'
import { Matcher } from './matcher.ts'

const path = '/etc/kubernetes/manifests/kube-apiserver.yaml'
const pair = ['10.96.0.0/16', 'fd00:96::/112']

function clusterOf(given: {
  readonly flag: string
  readonly cidrs?: readonly string[]
  readonly ipFamilies?: readonly string[]
}): Cluster {
  const { flag, cidrs = pair, ipFamilies = ['IPv4'] } = given
  const text = `apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
spec:
  containers:
  - command:
    - kube-apiserver
    - --service-cluster-ip-range=${flag}
    name: kube-apiserver
`
  return {
    uid: 'u',
    version: 'v1.36.3',
    objects: {
      'v1/nodes': [{ metadata: { name: 'n1', labels: { 'node-role.kubernetes.io/control-plane': '' } } }],
      'v1/services': [{ metadata: { name: 'web', namespace: 'demo' }, spec: { ipFamilies } }],
      'networking.k8s.io/v1/servicecidrs': [{ metadata: { name: 'kubernetes' }, spec: { cidrs } }],
    },
    pods: [],
    nodes: {
      n1: { files: { [path]: { text, mode: 0o600, owner: '0:0' } }, sysctls: {}, addresses: [], routes: [] },
    },
    unread: {},
  }
}

const differs =
  'E1129 02:51:07.120000       1 default_servicecidr_controller.go:191] "Inconsistent ServiceCIDR status" logger="default-service-cidr"'
const refused =
  'I1129 12:12:56.074109       1 event.go:389] "Event occurred" object="kubernetes" fieldPath="" kind="ServiceCIDR" apiVersion="networking.k8s.io/v1" type="Warning" reason="KubernetesDefaultServiceCIDRError" message="The default ServiceCIDR can not be upgraded from 10.96.0.0/16 to dual stack [10.96.0.0/16 fd00:96::/112] : Operation cannot be fulfilled on servicecidrs.networking.k8s.io \\"kubernetes\\": the object has been modified"'

function diagnosed(cluster: Cluster, line = differs) {
  const listener = new Listener(new Matcher(catalogue))
  const ear = listener.open({ name: 'log', tellsUnknown: true })
  ear.write(Buffer.from(`${line}\n`))
  ear.end()
  const { found, lookedAt } = conclude({
    hearing: listener.hearing,
    cluster,
    failures: catalogue,
    lookedAt: [],
    notRead: [],
  })
  return { found: found.map(({ failure }) => failure), lookedAt }
}

describe('that the ServiceCIDR object is not what the flags say', () => {
  test('is no cause after a way back, and it is said what stays', () => {
    const { found, lookedAt } = diagnosed(clusterOf({ flag: '10.96.0.0/16' }))
    expect(found).not.toContain('api-server/range-differs')
    expect(lookedAt).toEqual([
      expect.stringMatching(/^ServiceCIDR kubernetes: it keeps fd00:96::\/112 of a way back/),
    ])
  })

  test.each([
    ['a Service has two families', { flag: '10.96.0.0/16', ipFamilies: ['IPv4', 'IPv6'] }],
    ['the flag names another range', { flag: '10.97.0.0/16' }],
    ['the flag names another pair', { flag: '10.96.0.0/16,fd00:97::/112' }],
    ['the object holds one range', { flag: '10.97.0.0/16', cidrs: ['10.96.0.0/16'] }],
  ])('is one where %s', (_name, given) => {
    expect(diagnosed(clusterOf(given)).found).toContain('api-server/range-differs')
  })
})

describe('that the ServiceCIDR object could not follow the flag', () => {
  const ofFlag = (cidrs: readonly string[]) =>
    diagnosed(clusterOf({ flag: pair.join(), cidrs, ipFamilies: ['IPv4', 'IPv6'] }), refused)

  test('is over where it has: another API server was faster', () => {
    expect(ofFlag(pair)).toEqual({ found: [], lookedAt: [] })
  })

  test('is a cause where it has not', () => {
    expect(ofFlag(['10.96.0.0/16']).found).toEqual(['api-server/range-not-in-object'])
  })
})
