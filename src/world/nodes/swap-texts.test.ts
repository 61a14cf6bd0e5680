import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { describeSwap, proofOf } from './swap-texts.ts'

const manifest = (range: string, extra = '') => `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 10.0.0.1:6443
  labels:
    component: kube-apiserver
    tier: control-plane
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-apiserver
    - --advertise-address=10.0.0.1
    - --etcd-servers=https://127.0.0.1:2379
    - --secure-port=6443
    - --service-cluster-ip-range=${range}
${extra}    image: registry/kube-apiserver:v1.36.3
    name: kube-apiserver
    ports:
    - containerPort: 6443
      name: probe-port
    resources:
      requests:
        cpu: 250m
  hostNetwork: true
  volumes:
  - secret:
      defaultMode: 0644
    name: x
`
const described = (options: { room?: () => Promise<boolean>; extra?: string } = {}) =>
  describeSwap({
    id: 'abc',
    node: 'n1',
    old: manifest('10.96.0.0/16', options.extra),
    text: manifest('10.96.0.0/16,fd00::/112', options.extra),
    standInPort: 6444,
    proofPort: 6445,
    room: options.room,
  })

test('the proof never meets the real storage, whichever way the flag is written', () => {
  const argv = [
    'kube-apiserver',
    '--etcd-servers=https://127.0.0.1:2379',
    '--etcd-servers',
    'https://10.0.0.1:2379',
    '--etcd-servers-overrides=/events#https://127.0.0.1:4001',
    '--etcd-cafile=/ca',
    '--secure-port',
    '6443',
    '--audit-log-path=/var/log/audit.log',
    '--audit-log-maxage=7',
    '--service-cluster-ip-range=10.96.0.0/16,fd00::/112',
  ]
  expect(proofOf(argv, 6445)).toEqual([
    '--etcd-cafile=/ca',
    '--audit-log-maxage=7',
    '--service-cluster-ip-range=10.96.0.0/16,fd00::/112',
    '--etcd-servers=https://127.0.0.1:1',
    '--secure-port=6445',
  ])
})

test('the stand-in runs the old arguments, on its port, under its own name and labels, for no endpoints', async () => {
  const { standIn, standInName, name, namespace } = await described()
  expect([standInName, name, namespace]).toEqual([
    'kube-apiserver-dualstack-abc',
    'kube-apiserver',
    'kube-system',
  ])
  const pod = parse(standIn) as {
    metadata: { name: string; labels: object; annotations?: object }
    spec: { containers: { command: string[]; ports: object[]; resources?: object }[]; volumes: object[] }
  }
  expect(pod.metadata).toEqual({
    name: standInName,
    namespace: 'kube-system',
    labels: { component: 'kubectl-dualstack', tier: 'stand-in' },
  })
  const [container] = pod.spec.containers
  expect(container?.command).toContain('--service-cluster-ip-range=10.96.0.0/16')
  expect(container?.command).toContain('--secure-port=6444')
  expect(container?.command).toContain('--endpoint-reconciler-type=none')
  expect(container?.ports).toEqual([{ containerPort: 6444, name: 'probe-port' }])
  expect(pod.spec.volumes).toEqual([{ secret: { defaultMode: 0o644 }, name: 'x' }])
})

test('the stand-in asks for nothing, for the kubelet would evict others; where there surely is room it asks as the first does', async () => {
  const requests = async (room?: () => Promise<boolean>) =>
    (parse((await described({ room })).standIn) as { spec: { containers: { resources?: object }[] } }).spec
      .containers[0]?.resources
  expect(await requests()).toBeUndefined()
  expect(await requests(async () => false)).toBeUndefined()
  expect(await requests(() => Promise.reject(new Error('the API is away')))).toBeUndefined()
  expect(await requests(async () => true)).toEqual({ requests: { cpu: '250m' } })
})

test('what runs is compared with the arguments, unless the kubelet fills something in', async () => {
  const { newArguments, oldArguments } = await described()
  expect(newArguments?.at(-1)).toBe('--service-cluster-ip-range=10.96.0.0/16,fd00::/112')
  expect(oldArguments?.[0]).toBe('kube-apiserver')
  expect((await described({ extra: '    - --node=$(NODE)\n' })).newArguments).toBeUndefined()
})
