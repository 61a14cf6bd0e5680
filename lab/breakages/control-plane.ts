import type { Breakage } from './breakage.ts'
import type { Site } from './site.ts'

const folder = '/etc/kubernetes/manifests'

/** Gives a flag of a manifest another value, or puts a flag there. */
const flag =
  (name: string, value: string) =>
  (text: string): string => {
    const line = `    - --${name}=${value}\n`
    const known = new RegExp(`^    - --${name}=.*\\n`, 'm')
    return known.test(text) ? text.replace(known, line) : text.replace(/^    - --/m, `${line}$&`)
  }

const without =
  (name: string) =>
  (text: string): string =>
    text.replace(new RegExp(`^    - --${name}=.*\\n`, 'm'), '')

/** What a manifest names now. */
const valueOf = (text: string, name: string): string =>
  new RegExp(`^    - --${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''

/** Edits a manifest, and waits until the component has said why it does not start. */
async function edit(
  site: Site,
  component: 'kube-apiserver' | 'kube-controller-manager',
  edited: (text: string) => string,
  says: string,
): Promise<void> {
  const node = site.controlPlane
  site.undo(() => running(site))
  await site.sh(node, 'touch /run/breakage-began')
  await site.edit(node, `${folder}/${component}.yaml`, edited)
  const logs = `/var/log/pods/kube-system_${component}-${node.name}_*/${component}`
  await site.until(
    `${component} says ${says}`,
    node,
    `find ${logs} -name '*.log' -newer /run/breakage-began -exec grep -q -F -e '${says}' {} \\; -print | grep -q .`,
  )
}

/** The API server is asked and answers, and a controller manager leads. */
async function running(site: Site): Promise<void> {
  const node = site.controlPlane
  await site.until(
    'the API server is ready',
    node,
    `curl -sfk --max-time 3 https://${node.ipv4}:6443/readyz`,
    180,
  )
  await site.until(
    'the controller manager answers',
    node,
    'curl -sfk --max-time 3 https://127.0.0.1:10257/healthz',
    180,
  )
}

const down = { ends: 'api.unreachable' } as const
/** Without a controller manager a namespace gets no service account, so that no test pod can be made in it. */
const nobodyManages = { ends: 'verify.refused' } as const

export const controlPlaneBreakages: readonly Breakage[] = [
  {
    id: 'api-server/second-range-not-a-cidr',
    title: 'a typing error in the second range of --service-cluster-ip-range',
    base: 'single',
    howto: ['S6'],
    break: site =>
      edit(
        site,
        'kube-apiserver',
        text =>
          flag(
            'service-cluster-ip-range',
            `${valueOf(text, 'service-cluster-ip-range')},fd00:96::/129`,
          )(text),
        'is not an ip net',
      ),
    expect: { verify: down, diagnose: 'api-server-flags/second-range-not-a-cidr' },
  },
  {
    id: 'api-server/unknown-flag',
    title: 'a misspelt flag in the manifest of the API server',
    base: 'single',
    howto: ['S6', 'S12'],
    break: site =>
      edit(
        site,
        'kube-apiserver',
        flag('service-cluster-ip-ranges', '10.96.0.0/16,fd00:96::/112'),
        'unknown flag',
      ),
    expect: { verify: down, diagnose: 'api-server/removed-flag' },
  },
  {
    id: 'api-server/feature-gate',
    title: 'the gate IPv6DualStack, as pages for 1.20 have it',
    base: 'single',
    howto: ['S4'],
    break: site =>
      edit(site, 'kube-apiserver', flag('feature-gates', 'IPv6DualStack=true'), 'unrecognized feature gate'),
    expect: { verify: down, diagnose: 'feature-gates/removed' },
  },
  {
    id: 'api-server/one-family-twice',
    title: 'two IPv4 ranges in --service-cluster-ip-range',
    base: 'single',
    howto: ['S6'],
    break: site =>
      edit(
        site,
        'kube-apiserver',
        text =>
          flag('service-cluster-ip-range', `${valueOf(text, 'service-cluster-ip-range')},10.97.0.0/16`)(text),
        'must be of different IP family',
      ),
    expect: { verify: down, diagnose: 'api-server-flags/one-family' },
  },
  {
    id: 'api-server/other-family-first',
    title: 'the IPv6 range first in --service-cluster-ip-range',
    base: 'dual',
    howto: ['S6'],
    break: site =>
      edit(
        site,
        'kube-apiserver',
        text =>
          flag(
            'service-cluster-ip-range',
            valueOf(text, 'service-cluster-ip-range').split(',').toReversed().join(),
          )(text),
        'must match public address family',
      ),
    expect: { verify: down, diagnose: 'advertise-address/family' },
  },
  {
    id: 'api-server/other-range',
    title: 'another second range than the one the cluster has: a second try with new numbers',
    base: 'dual',
    howto: ['S6'],
    async break(site) {
      await edit(
        site,
        'kube-apiserver',
        text =>
          flag(
            'service-cluster-ip-range',
            `${valueOf(text, 'service-cluster-ip-range').split(',')[0] ?? ''},fd00:97::/112`,
          )(text),
        'does not match',
      )
      await running(site)
      // CoreDNS waits for up to a minute before it asks an API server again that was away, and knows no new Service until then.
      await site.restartPods('k8s-app=kube-dns')
      await site.rolledOut('deployment', 'coredns')
    },
    expect: {
      verify: { unseen: 'addresses of Services go on to come from the ServiceCIDR object, and all answer' },
      diagnose: 'api-server/range-differs',
    },
  },
  {
    id: 'static-pods/copy',
    title: 'a copy of the manifest that was saved beside it before an edit',
    base: 'dual',
    howto: ['S6'],
    async break(site) {
      const node = site.controlPlane
      const file = `${folder}/kube-controller-manager.yaml`
      site.undo(() => running(site))
      await site.change(
        node,
        `sed 's/,fd[^ ]*$//; /node-cidr-mask-size/d' ${file} >${folder}/.copy; mv ${folder}/.copy ${file}.bak`,
        `rm -f ${file}.bak`,
      )
      await site.sh(node, 'sleep 25')
    },
    expect: {
      verify: {
        unseen: 'the kubelet runs whichever file it reads last; the same pod goes on or starts anew',
      },
      diagnose: 'static-pods/copies',
    },
  },
  {
    id: 'static-pods/manifest-unreadable',
    title: 'a tab in the YAML of the controller manager’s manifest',
    base: 'single',
    howto: ['S7'],
    async break(site) {
      const node = site.controlPlane
      site.undo(() => running(site))
      await site.edit(node, `${folder}/kube-controller-manager.yaml`, text =>
        text.replace(/^    - --service-cluster-ip-range/m, '\t$&'),
      )
      await site.until(
        'the kubelet says that it cannot read it',
        node,
        `journalctl -u kubelet --since -60s | grep -q 'process manifest file'`,
        60,
      )
    },
    expect: { verify: nobodyManages, diagnose: 'kubelet/manifest-unreadable' },
  },
  {
    id: 'controller-manager/mask-shorter-than-range',
    title: 'a node mask shorter than the pod range',
    base: 'dual',
    howto: ['S7', 'S11'],
    break: site =>
      edit(
        site,
        'kube-controller-manager',
        flag('node-cidr-mask-size-ipv6', '40'),
        'mask size of cluster CIDR',
      ),
    expect: { verify: nobodyManages, diagnose: 'controller-manager-masks/shorter-than-range' },
  },
  {
    id: 'controller-manager/mask-too-long',
    title: 'a node mask of 120, though the pod range is a /56',
    base: 'dual',
    howto: ['S7', 'S11'],
    break: site =>
      edit(
        site,
        'kube-controller-manager',
        flag('node-cidr-mask-size-ipv6', '120'),
        'the node CIDR size is too big',
      ),
    expect: { verify: nobodyManages, diagnose: 'controller-manager-masks/more-than-16-bits' },
  },
  {
    id: 'controller-manager/old-mask-flag',
    title: 'the old flag --node-cidr-mask-size beside two ranges',
    base: 'dual',
    howto: ['S7'],
    break: site =>
      edit(
        site,
        'kube-controller-manager',
        text =>
          flag(
            'node-cidr-mask-size',
            '24',
          )(without('node-cidr-mask-size-ipv4')(without('node-cidr-mask-size-ipv6')(text))),
        'usage of --node-cidr-mask-size',
      ),
    expect: { verify: nobodyManages, diagnose: 'controller-manager-masks/old-flag-on-dual' },
  },
  {
    id: 'controller-manager/ranges-in-other-order',
    title: 'the two ranges of --cluster-cidr in the other order',
    base: 'dual',
    howto: ['S7'],
    break: site =>
      edit(
        site,
        'kube-controller-manager',
        text => flag('cluster-cidr', valueOf(text, 'cluster-cidr').split(',').toReversed().join())(text),
        'is out the range of cluster cidr',
      ),
    expect: { verify: nobodyManages, diagnose: 'node-ranges/outside-cluster-range' },
  },
  {
    id: 'controller-manager/other-service-range',
    title: 'another Service range at the controller manager than at the API server',
    base: 'dual',
    howto: ['10.96.0.0/12,fc00::/108 and 10.96.0.0/12,fc00::4:0:0/94'],
    async break(site) {
      const node = site.controlPlane
      site.undo(() => running(site))
      await site.edit(node, `${folder}/kube-controller-manager.yaml`, text =>
        flag(
          'service-cluster-ip-range',
          `${valueOf(text, 'service-cluster-ip-range').split(',')[0] ?? ''},fc00::4:0:0/94`,
        )(text),
      )
      await site.until(
        'it runs with the other range',
        node,
        `pgrep -f 'kube-controller-manager.*fc00::4:0:0/94' && curl -sfk --max-time 3 https://127.0.0.1:10257/healthz`,
      )
    },
    expect: {
      verify: { unseen: 'the controller manager uses the range only to keep node ranges out of it' },
      diagnose: 'range-pair/services-differ',
    },
  },
]
