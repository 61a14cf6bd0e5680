import { expect, test } from 'vitest'
import type { Cluster } from '../../model/cluster.ts'
import {
  backGoal,
  dropIn,
  dropInPath,
  envPath,
  goal,
  otherWayGoal,
  testCluster,
  withKubelets,
} from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { kubelet } from './index.ts'

const steps = (cluster: Cluster, to = goal) => stepsOf(kubelet, cluster, to, 'kubelet')
const one = (
  files: Readonly<Record<string, string | null | undefined>> = {},
  kubeletArguments?: readonly string[],
) =>
  testCluster({
    nodes: 1,
    files: { n1: files },
    ...(kubeletArguments && { facts: { n1: { kubeletArguments } } }),
  })

test('each kubelet gets both addresses and is started anew, one node a step', () => {
  expect(shown(steps(testCluster()))).toMatchInlineSnapshot(`
    "# kubelet/n1: Let the kubelet of n1 report 10.0.0.11,fd00:10::11
    n1:/var/lib/kubelet/kubeadm-flags.env
    @@ 1
    -KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.11"
    +KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.11,fd00:10::11"
    ! {"kind":"restart","node":"n1","unit":"kubelet"}
    # kubelet/n2: Let the kubelet of n2 report 10.0.0.12,fd00:10::12
    n2:/var/lib/kubelet/kubeadm-flags.env
    @@ 1
    -KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.12"
    +KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.12,fd00:10::12"
    ! {"kind":"restart","node":"n2","unit":"kubelet"}"
  `)
})

test('the flag is edited where it counts: KUBELET_EXTRA_ARGS comes later and wins', () => {
  const files = {
    [envPath]: 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.99 --pod-infra-container-image=x"\n',
    '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--node-ip=10.0.0.11 --v=2\n',
  }
  expect(shown(steps(one(files)))).toMatchInlineSnapshot(`
    "# kubelet/n1: Let the kubelet of n1 report 10.0.0.11,fd00:10::11
    n1:/etc/default/kubelet
    @@ 1
    -KUBELET_EXTRA_ARGS=--node-ip=10.0.0.11 --v=2
    +KUBELET_EXTRA_ARGS=--node-ip=10.0.0.11,fd00:10::11 --v=2
    ! {"kind":"restart","node":"n1","unit":"kubelet"}"
  `)
})

test('of two files that set a variable the one named later counts', () => {
  const files = {
    [dropInPath]: dropIn.replace('ExecStart=\n', 'EnvironmentFile=-/etc/sysconfig/kubelet\nExecStart=\n'),
    '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--node-ip=10.0.0.98\n',
    '/etc/sysconfig/kubelet': 'KUBELET_EXTRA_ARGS=--node-ip=10.0.0.11\n',
  }
  expect(steps(one(files))[0]?.changes[0]?.target).toMatchObject({ path: '/etc/sysconfig/kubelet' })
})

test('a file that the unit does not name is not looked at', () => {
  const files = { '/etc/sysconfig/kubelet': 'KUBELET_EXTRA_ARGS=--node-ip=10.0.0.99\n' }
  expect(steps(one(files))[0]?.changes[0]?.target).toMatchObject({ path: envPath })
})

test.each([
  { name: 'has no flag yet', text: 'KUBELET_KUBEADM_ARGS="--v=2"\n' },
  { name: 'is empty', text: 'KUBELET_KUBEADM_ARGS=""\n' },
  { name: 'is not there', text: null },
])('a node whose kubeadm-flags.env $name gets one', ({ text }) => {
  const cluster = one({ [envPath]: text }, ['--config=x'])
  const end = applied(cluster, steps(cluster))
  expect(end.nodes['n1']?.files[envPath]?.text).toContain('--node-ip=10.0.0.11,fd00:10::11"')
  expect(steps(end)).toEqual([])
})

test('the way back names the first address alone; a cluster that is there is left alone', () => {
  const before = testCluster()
  const dual = applied(before, steps(before))
  expect(steps(dual)).toEqual([])
  const back = steps(withKubelets(dual), backGoal)
  const end = applied(withKubelets(dual), back)
  expect(end.nodes['n1']?.files).toEqual(before.nodes['n1']?.files)
  expect(steps(end, backGoal)).toEqual([])
  expect(steps(before, backGoal)).toEqual([])
})

test('a kubelet that was not started anew since its file changed gets just that', () => {
  const text = 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.11,fd00:10::11"\n'
  const half = one({ [envPath]: text })
  expect(shown(steps(half))).toMatchInlineSnapshot(`
    "# kubelet/n1: Restart the kubelet of n1 with what its file says
    ! {"kind":"restart","node":"n1","unit":"kubelet"}"
  `)
  expect(steps(half)[0]).not.toHaveProperty('guard')
  expect(steps(withKubelets(half))).toEqual([])
  const halfBack = one({}, ['--node-ip=10.0.0.11,fd00:10::11'])
  expect(steps(halfBack, backGoal).map(step => step.changes.length)).toEqual([0])
})

test('addresses that mean the same keep their spelling', () => {
  const text = 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.11,FD00:10:0::11"\n'
  expect(steps(one({ [envPath]: text }, ['--node-ip=10.0.0.11,fd00:10::11']))).toEqual([])
})

test('the primary family comes first, whichever it is', () => {
  const cluster = one({ [envPath]: 'KUBELET_KUBEADM_ARGS="--node-ip=fd00:10::11"\n' })
  expect(shown(steps(cluster, otherWayGoal))).toContain(
    '+KUBELET_KUBEADM_ARGS="--node-ip=fd00:10::11,10.0.0.11"',
  )
})

test.each([
  {
    name: 'has the flag in its unit',
    files: { [dropInPath]: dropIn.replace('--config=', '--node-ip=10.0.0.11 --config=') },
    message: `n1:${dropInPath}, line 2: --node-ip is written into the unit`,
  },
  {
    name: 'has the flag on a line that another one begins',
    files: {
      [dropInPath]: dropIn.replace('/usr/bin/kubelet ', '/usr/bin/kubelet \\\n  --node-ip=10.0.0.11 \\\n  '),
    },
    message: `n1:${dropInPath}, line 6: --node-ip is written into the unit`,
  },
  {
    name: 'has the flag from somewhere else',
    files: { [envPath]: null },
    message: 'the kubelet of n1 runs with --node-ip=10.0.0.11, and none of its known files says so',
  },
  {
    name: 'sets its variable twice',
    files: {
      [envPath]: 'KUBELET_KUBEADM_ARGS=--node-ip=10.0.0.11\nKUBELET_KUBEADM_ARGS=--node-ip=10.0.0.11\n',
    },
    message: 'n1: /var/lib/kubelet/kubeadm-flags.env: ',
  },
])('a node that $name is refused, and says where', ({ files, message }) => {
  expect(() => steps(one({ ...files }))).toThrow(message)
})

test('a node whose unit brings both addresses already is left alone', () => {
  const fixed = dropIn.replace('--config=', '--node-ip=10.0.0.11,fd00:10::11 --config=')
  expect(steps(one({ [dropInPath]: fixed, [envPath]: null }, ['--node-ip=10.0.0.11,fd00:10::11']))).toEqual(
    [],
  )
})

test('a unit that takes its flags from nowhere that we know is refused', () => {
  const unit = '[Service]\nExecStart=/usr/bin/kubelet --config=x $OTHER_ARGS\nEnvironmentFile=/etc/other\n'
  expect(() => steps(one({ [dropInPath]: unit, [envPath]: null }, []))).toThrow(
    'n1: kubelet.service leaves no place for a flag',
  )
})

test('a variable that has its value from the unit is not taken over by a file: its flags would be lost', () => {
  const set = 'Environment="KUBELET_KUBEADM_ARGS=--fail-swap-on=false" "KUBELET_EXTRA_ARGS=--v=2"\n'
  const files = { [dropInPath]: dropIn.replace('Environment', `${set}Environment`), [envPath]: null }
  expect(() => steps(one(files, []))).toThrow('n1: kubelet.service leaves no place for a flag')
  // With the variable in a file already, the file counts and not the unit.
  const place = { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--v=2"\n' }
  expect(steps(one({ ...files, ...place }, []))[0]?.changes[0]?.target).toMatchObject({
    path: '/etc/default/kubelet',
  })
})

test('a flag in a variable of the unit does not count where a file sets the variable', () => {
  const files = {
    [dropInPath]: dropIn.replace(
      'Environment',
      'Environment="KUBELET_KUBEADM_ARGS=--node-ip=10.0.0.99"\nEnvironment',
    ),
  }
  expect(steps(one(files))).toHaveLength(1)
  expect(() => steps(one({ ...files, [envPath]: null }))).toThrow(
    'line 2: --node-ip is written into the unit',
  )
})

test('kubespray: the address has a variable of its own, and another one goes over several lines', () => {
  const unit =
    '[Service]\nEnvironmentFile=-/etc/kubernetes/kubelet.env\nExecStart=/usr/local/bin/kubelet $KUBELET_ADDRESS $KUBELET_ARGS\n'
  const env =
    'KUBELET_ADDRESS="--node-ip=10.0.0.11"\nKUBELET_ARGS="--config=/etc/kubernetes/kubelet-config.yaml \\\n--v=2 \\\n"\n'
  const files = {
    [dropInPath]: null,
    '/etc/systemd/system/kubelet.service': unit,
    '/etc/kubernetes/kubelet.env': env,
    [envPath]: null,
  }
  expect(shown(steps(one(files)))).toMatchInlineSnapshot(`
    "# kubelet/n1: Let the kubelet of n1 report 10.0.0.11,fd00:10::11
    n1:/etc/kubernetes/kubelet.env
    @@ 1
    -KUBELET_ADDRESS="--node-ip=10.0.0.11"
    +KUBELET_ADDRESS="--node-ip=10.0.0.11,fd00:10::11"
    ! {"kind":"restart","node":"n1","unit":"kubelet"}"
  `)
  const inBoth = env.replace('--v=2', '--node-ip=10.0.0.12')
  expect(() => steps(one({ ...files, '/etc/kubernetes/kubelet.env': inBoth }))).toThrow(
    'KUBELET_ARGS goes on in the next line',
  )
})

test('a drop-in of /etc beats one of the same name in /usr/lib', () => {
  const files = {
    [dropInPath]: dropIn.replace('--config=', '--node-ip=10.0.0.11 --config='),
    '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf': dropIn,
  }
  expect(steps(one(files))).toHaveLength(1)
})

test('a node that was not read is refused, unless it reports one address and shall report one', () => {
  const cluster = { ...testCluster({ nodes: 1 }), nodes: {}, unread: { 'nodes/n1': 'ssh: no route to host' } }
  expect(() => steps(cluster)).toThrow('node n1 was not read: ssh: no route to host')
  expect(steps(cluster, backGoal)).toEqual([])
})

test('gates hold when the Node reports both addresses in order, and not before', () => {
  const before = one()
  const [step] = steps(before)
  const gates = step?.gates ?? []
  const written = applied(before, step ? [step] : [])
  expect(readingsOf(kubelet, written, gates)).toMatchInlineSnapshot(`
    [
      {
        "holds": false,
        "id": "kubelet/addresses",
        "seen": "Node n1 reports 10.0.0.11, not 10.0.0.11,fd00:10::11",
      },
      {
        "holds": true,
        "id": "kubelet/ready",
        "seen": "Node n1 is Ready",
      },
    ]
  `)
  expect(readingsOf(kubelet, withKubelets(written), gates).every(reading => reading.holds)).toBe(true)
  const longest = Math.max(...gates.map(gate => gate.within + gate.steady))
  expect(step?.guard).toMatchObject({ node: 'n1', unit: 'kubelet' })
  expect(step?.guard?.within).toBeGreaterThan(longest)
})

test('status says when a kubelet was not restarted', () => {
  const half = one({ [envPath]: 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.11,fd00:10::11"\n' })
  const state = kubelet.read(half)
  expect(state && kubelet.status(state)).toEqual([
    {
      subject: 'kubelet n1',
      configured: { IPv4: '10.0.0.11', IPv6: 'fd00:10::11' },
      running: { IPv4: '10.0.0.11' },
      note: 'the kubelet was not restarted since its file changed',
    },
  ])
})
