import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { diagnoseCluster } from '../src/app/diagnose.ts'
import { openSource } from '../src/app/source.ts'

/** Captured clusters: a healthy one has no cause, whatever its events tell of how it came up; a broken one has its own. */
const own = resolve(import.meta.dirname, '../samples')
const others = process.env['DUALSTACK_SAMPLES'] ?? resolve(import.meta.dirname, '../../shared/samples')
const now = Date.parse('2026-11-23T06:00:00Z')

async function foundIn(from: string): Promise<readonly string[]> {
  const { found } = await diagnoseCluster(await openSource({ from }), { now })
  return found.map(({ failure }) => failure)
}

const healthy = [
  join(own, 'calico-1cp-1w'),
  ...['bridge-1cp-1w', 'calico-1cp-2w', 'calico-3cp-2w'].map(name => join(others, name)),
]

test.each(healthy)('%s: no cause (skipped where the capture is not there)', async from => {
  if (!existsSync(from)) return
  expect(await foundIn(from)).toEqual([])
})

const byHand = join(others, 'calico-1cp-2w-by-hand')
test.skipIf(!existsSync(byHand))(
  'a cluster that was converted by hand without kubeadm-config: that, and nothing else (skipped without the capture)',
  async () => {
    expect(await foundIn(byHand)).toEqual(['left-behind/upgrade-takes-it-back'])
  },
)

const half = join(others, 'calico-3cp-2w-half')
test.skipIf(!existsSync(half))(
  'a cluster whose API servers differ: it is told (skipped without the capture)',
  async () => {
    expect(await foundIn(half)).toContain('api-servers/ranges-differ')
  },
)

test.each([
  ['a range that is none', 'kube-apiserver', /--service-cluster-ip-range=.*/, '$&,fd00:96::/129'],
  ['YAML that is none', 'kube-controller-manager', /^ {4}- --cluster-cidr/m, '\t$&'],
])('a manifest with %s does not keep the rest from being judged', async (_, component, from, to) => {
  const source = await openSource({ from: join(own, 'calico-1cp-1w') })
  const cluster = await source.read([])
  const path = `/etc/kubernetes/manifests/${component}.yaml`
  const nodes = Object.fromEntries(
    Object.entries(cluster.nodes).map(([node, facts]) => {
      const { [path]: file, ...files } = facts.files
      const broken = file == null ? {} : { [path]: { ...file, text: file.text.replace(from, to) } }
      const sysctls = { ...facts.sysctls, 'net.ipv4.ip_forward': '0' }
      return [node, { ...facts, files: { ...files, ...broken }, sysctls }]
    }),
  )
  const { found } = await diagnoseCluster({ ...source, read: async () => ({ ...cluster, nodes }) }, { now })
  const ids = found.map(({ failure }) => failure)
  expect(ids).toContain('state/forwarding-off')
  // That the API server differs from the controller manager is no cause where it is said what is wrong with it.
  const [cause, follows] = ['api-server-flags/second-range-not-a-cidr', 'range-pair/services-differ']
  if (component === 'kube-apiserver')
    expect(ids.filter(id => id === cause || id === follows)).toEqual([cause, follows])
})
