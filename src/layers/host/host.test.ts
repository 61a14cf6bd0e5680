import { expect, test } from 'vitest'
import type { Cluster, NodeFacts } from '../../model/cluster.ts'
import { backGoal, goal, otherWayGoal, testCluster } from '../testing/cluster.ts'
import { applied, readingsOf, shown, stepsOf } from '../testing/steps.ts'
import { fileText, ownFile, parseOwnFile, persistedOf } from './file.ts'
import { host } from './index.ts'

const steps = (cluster: Cluster, to = goal) => stepsOf(host, cluster, to, 'host')
const one = (facts: Partial<NodeFacts> = {}, files: Record<string, string> = {}) =>
  testCluster({ nodes: 1, facts: { n1: facts }, files: { n1: files } })
const sysctls = (more: Record<string, string>) => ({
  sysctls: {
    'net.ipv4.ip_forward': '1',
    'net.ipv6.conf.all.forwarding': '0',
    'net.ipv6.conf.default.forwarding': '0',
    'net.ipv6.conf.eth0.accept_ra': '1',
    ...more,
  },
})

test('a node that does not forward the new family gets a file, then the running values', () => {
  expect(shown(steps(one()))).toMatchInlineSnapshot(`
    "# host/n1: Forward IPv6 on n1
    n1:/etc/sysctl.d/zz-dualstack.conf (new)
    @@ 1
    +# Written by kubectl-dualstack: this node forwards both IP families. \`dualstack rollback\` takes it away.
    +# before: 0
    +net.ipv6.conf.all.forwarding = 1
    +# before: 0
    +net.ipv6.conf.default.forwarding = 1
    n1 net.ipv6.conf.all.forwarding: 0 → 1
    n1 net.ipv6.conf.default.forwarding: 0 → 1"
  `)
})

test('an interface whose default route comes by router advertisement keeps it: accept_ra before forwarding', () => {
  const route = {
    family: 'IPv6',
    destination: 'default',
    interface: 'eth0',
    gateway: 'fe80::1',
    protocol: 'ra',
  } as const
  expect(shown(steps(one({ routes: [route] })))).toMatchInlineSnapshot(`
    "# host/n1: Forward IPv6 on n1
    n1:/etc/sysctl.d/zz-dualstack.conf (new)
    @@ 1
    +# Written by kubectl-dualstack: this node forwards both IP families. \`dualstack rollback\` takes it away.
    +# before: 1
    +net.ipv6.conf.eth0.accept_ra = 2
    +# before: 0
    +net.ipv6.conf.all.forwarding = 1
    +# before: 0
    +net.ipv6.conf.default.forwarding = 1
    n1 net.ipv6.conf.eth0.accept_ra: 1 → 2
    n1 net.ipv6.conf.all.forwarding: 0 → 1
    n1 net.ipv6.conf.default.forwarding: 0 → 1"
  `)
})

test.each([
  { name: 'a daemon takes the advertisements, not the kernel', value: '0', keys: [] },
  { name: 'the kernel takes them already', value: '2', keys: ['net.ipv6.conf.eth0.accept_ra'] },
])('accept_ra is not changed where $name', ({ value, keys }) => {
  const route = { family: 'IPv6', destination: 'default', interface: 'eth0', protocol: 'ra' } as const
  const [step] = steps(one({ routes: [route], ...sysctls({ 'net.ipv6.conf.eth0.accept_ra': value }) }))
  expect(
    step?.changes.some(change => change.target.kind === 'sysctl' && change.target.key.includes('accept_ra')),
  ).toBe(false)
  // What runs is right, and still nobody says that it will after the next boot.
  expect(
    parseOwnFile(textOf(step))
      ?.map(line => line.key)
      .filter(key => key.includes('accept_ra')),
  ).toEqual(keys)
})

const textOf = (step: ReturnType<typeof steps>[number] | undefined): string => {
  const change = step?.changes[0]
  return change !== undefined && 'edits' in change ? change.edits.flatMap(edit => edit.insert).join('') : ''
}

test('the way back puts back what ran before, forwarding first, and takes the file away last', () => {
  const route = {
    family: 'IPv6',
    destination: 'default',
    interface: 'eth0',
    gateway: 'fe80::1',
    protocol: 'ra',
  } as const
  const before = one({ routes: [route] })
  const dual = applied(before, steps(before))
  expect(steps(dual)).toEqual([])
  const back = steps(dual, backGoal)
  expect(shown(back)).toMatchInlineSnapshot(`
    "# host/n1: Put the forwarding settings of n1 back
    n1 net.ipv6.conf.all.forwarding: 1 → 0
    n1 net.ipv6.conf.default.forwarding: 1 → 0
    n1 net.ipv6.conf.eth0.accept_ra: 2 → 1
    n1:/etc/sysctl.d/zz-dualstack.conf (removed)
    @@ 1
    -# Written by kubectl-dualstack: this node forwards both IP families. \`dualstack rollback\` takes it away.
    -# before: 1
    -net.ipv6.conf.eth0.accept_ra = 2
    -# before: 0
    -net.ipv6.conf.all.forwarding = 1
    -# before: 0
    -net.ipv6.conf.default.forwarding = 1"
  `)
  const end = applied(dual, back)
  expect(end.nodes['n1']?.sysctls).toEqual(before.nodes['n1']?.sysctls)
  expect(end.nodes['n1']?.files[ownFile]).toBeNull()
  expect(steps(end, backGoal)).toEqual([])
})

test('what ran before is remembered, so that a host that always forwarded goes on', () => {
  const before = one(
    sysctls({ 'net.ipv6.conf.all.forwarding': '1', 'net.ipv6.conf.default.forwarding': '1' }),
  )
  const dual = applied(before, steps(before))
  expect(steps(dual, backGoal).flatMap(step => step.changes.map(change => change.target.kind))).toEqual([
    'file',
  ])
})

test('a setting that another file makes already needs no line of ours', () => {
  const other = 'net.ipv6.conf.all.forwarding=1\nnet/ipv6/conf/default/forwarding = 1\n'
  const files = { '/etc/sysctl.d/k8s.conf': other }
  const running = sysctls({ 'net.ipv6.conf.all.forwarding': '1', 'net.ipv6.conf.default.forwarding': '1' })
  expect(steps(one(running, files))).toEqual([])
  expect(
    steps(one(running, { ...files, '/etc/sysctl.d/z.conf': 'net.ipv6.conf.all.forwarding = 0' })),
  ).toHaveLength(1)
})

test('a half-made step is completed: the file was written, the values were not', () => {
  const before = one()
  const [step] = steps(before)
  const file = step?.changes[0]
  if (step === undefined || file === undefined) throw new Error('no step')
  const half = applied(before, [{ ...step, changes: [file] }])
  expect(shown(steps(half))).toMatchInlineSnapshot(`
    "# host/n1: Forward IPv6 on n1
    n1 net.ipv6.conf.all.forwarding: 0 → 1
    n1 net.ipv6.conf.default.forwarding: 0 → 1"
  `)
})

test('the other family is no special case', () => {
  const cluster = one(sysctls({ 'net.ipv4.ip_forward': '0' }))
  expect(shown(steps(cluster, otherWayGoal))).toMatchInlineSnapshot(`
    "# host/n1: Forward IPv4 on n1
    n1:/etc/sysctl.d/zz-dualstack.conf (new)
    @@ 1
    +# Written by kubectl-dualstack: this node forwards both IP families. \`dualstack rollback\` takes it away.
    +# before: 0
    +net.ipv4.ip_forward = 1
    n1 net.ipv4.ip_forward: 0 → 1"
  `)
})

test('a single-stack cluster that stays so is left alone', () => {
  expect(steps(testCluster(), backGoal)).toEqual([])
})

test.each([
  { name: 'has no address of the family', facts: { addresses: [] }, code: 'node.no-address' },
  {
    name: 'has a kernel without the family',
    facts: { sysctls: { 'net.ipv4.ip_forward': '1' } },
    code: 'host.no-family',
  },
])('a node that $name is refused', ({ facts, code }) => {
  expect(() => steps(one(facts))).toThrow(expect.objectContaining({ code }))
})

test('a node that was not read is refused, and says why', () => {
  const cluster = {
    ...testCluster({ nodes: 1 }),
    nodes: {},
    unread: { 'nodes/n1': 'ssh: connection refused' },
  }
  expect(() => steps(cluster)).toThrow('node n1 was not read: ssh: connection refused')
})

test('a file of ours that somebody edited is his', () => {
  const edited = `${fileText([])}net.ipv6.conf.all.forwarding = 1\n`
  expect(() => steps(one({}, { [ownFile]: edited }))).toThrow(
    'n1:/etc/sysctl.d/zz-dualstack.conf was edited by somebody',
  )
  const whole = `${edited}net.ipv6.conf.default.forwarding = 1\n`
  expect(
    steps(one({}, { [ownFile]: whole })).flatMap(step => step.changes.map(change => change.target.kind)),
  ).toEqual(['sysctl', 'sysctl'])
  const cluster = one({}, { [ownFile]: whole })
  expect(steps(cluster, backGoal)).toEqual([])
  expect(host.notices?.(stateOf(cluster), backGoal)).toEqual([
    expect.objectContaining({ object: `n1:${ownFile}`, message: 'was edited by somebody, so it is left' }),
  ])
})

const stateOf = (cluster: Cluster) => {
  const state = host.read(cluster)
  if (state === undefined) throw new Error('no state')
  return state
}

test('a file that is read after ours and says otherwise is told', () => {
  const cluster = one({}, { '/etc/sysctl.conf': 'net.ipv6.conf.all.forwarding = 0\n' })
  expect(host.notices?.(stateOf(cluster), goal)).toEqual([
    expect.objectContaining({
      object: 'n1:/etc/sysctl.conf',
      remedy: 'Take net.ipv6.conf.all.forwarding out of /etc/sysctl.conf.',
    }),
  ])
})

test('of two files of one name the folder decides, of two names the later one', () => {
  const files = {
    '/usr/lib/sysctl.d/50-a.conf': { text: 'x = lib' },
    '/etc/sysctl.d/50-a.conf': { text: 'x = etc' },
    '/run/sysctl.d/60-b.conf': { text: 'y = run' },
    '/etc/sysctl.d/10-c.conf': { text: 'y = early' },
  }
  expect([...persistedOf()(files)].map(([key, { value }]) => `${key}=${value}`).sort()).toEqual([
    'x=etc',
    'y=run',
  ])
})

test('nodes with the very same files share what is read of them; another file, or another place, is another answer', () => {
  const of = persistedOf()
  const [a, b] = [{ text: 'x = 1' }, { text: 'x = 2' }]
  const first = of({ '/etc/sysctl.d/1.conf': a, '/etc/kubernetes/other': b })
  expect(of({ '/etc/kubernetes/other': { text: '' }, '/etc/sysctl.d/1.conf': a })).toBe(first)
  const values = (files: Parameters<typeof of>[0]) =>
    [...of(files)].map(([, { value, path }]) => `${path} ${value}`)
  expect(values({ '/etc/sysctl.d/1.conf': b })).toEqual(['/etc/sysctl.d/1.conf 2'])
  expect(values({ '/etc/sysctl.d/2.conf': a })).toEqual(['/etc/sysctl.d/2.conf 1'])
  expect(values({ '/etc/sysctl.d/1.conf': a, '/etc/sysctl.d/2.conf': b })).toEqual(['/etc/sysctl.d/2.conf 2'])
})

test('the gate of a step holds when the values run, and not before', () => {
  const before = one()
  const there = steps(before)
  const gates = there.flatMap(step => step.gates)
  expect(readingsOf(host, before, gates)).toEqual([
    {
      id: 'host/settings',
      holds: false,
      seen: 'n1: net.ipv6.conf.all.forwarding = 0, net.ipv6.conf.default.forwarding = 0',
    },
  ])
  expect(readingsOf(host, applied(before, there), gates).every(reading => reading.holds)).toBe(true)
})
