import type { NodeFacts } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import { parseJsonTemplate } from '../../../text/json-ranges.ts'
import { attempt } from '../../shared/edit.ts'
import { type CalicoFacts, calicoRule, list } from './calico-rule.ts'
import { calicoSituation } from './example.ts'

const folder = '/etc/cni/net.d'
const reads = ['conf', 'conflist'].map(
  ending => ({ kind: 'files', pattern: `${folder}/*.${ending}`, on: 'all' }) as const,
)

/** Types of the plugins of a CNI configuration, in order; [] where it cannot be read. */
function pluginsOf(text: string): readonly string[] {
  const root = attempt(folder, () => parseJsonTemplate(text)).value?.value ?? null
  const plugins = getField(root, ['plugins'])
  const types = (Array.isArray(plugins) ? plugins : [root]).map(plugin => getField(plugin, ['type']))
  return list(types)
}

/** Configurations of a node, in the order in which the runtime looks at them: it takes the first. */
const configurations = ({ files }: NodeFacts): readonly string[] =>
  Object.entries(files)
    .filter(([path, file]) => file !== null && /^\/etc\/cni\/net\.d\/[^/]+\.conf(?:list)?$/.test(path))
    .map(([path]) => path)
    .toSorted()

const other = calicoRule({
  id: 'cni-chain/other-first',
  title: 'Calico’s CNI configuration is the one that the runtime takes',
  severity: 'error',
  why: 'containerd and CRI-O take the first file of the folder by name. Where another stands before Calico’s, what is changed in Calico’s has no effect, unless that one calls it (Multus does).',
  source: 'containerd/go-cni:opts.go, cri-o/ocicni:pkg/ocicni/ocicni.go',
  covers: ['cni 2.2', 'practice cni-chains'],
  remedy: 'Take the other file away where it is a left-over; where it is meant, convert that CNI.',
  reads,
  find: ({ cluster, calico }) =>
    Object.entries(cluster.nodes).flatMap(([node, facts]) => {
      const [first] = configurations(facts)
      if (first === undefined || first === calico.conflist) return []
      const text = facts.files[first]?.text ?? ''
      const types = pluginsOf(text)
      return types.includes('calico') || types.some(isMeta)
        ? []
        : [
            {
              object: `Node ${node}`,
              field: first,
              message: `it comes before ${calico.conflist}, and is of ${types.join(', ') || 'unknown type'}`,
            },
          ]
    }),
  examples: {
    bad: [() => withFiles({ '05-bridge.conflist': chain('bridge'), '10-calico.conflist': chain('calico') })],
    good: [
      () => withFiles({ '10-calico.conflist': chain('calico', 'portmap') }),
      () => withFiles({ '00-multus.conf': chain('multus'), '10-calico.conflist': chain('calico') }),
      () => withFiles({ '10-calico.conflist': chain('calico'), '87-podman.conflist': chain('bridge') }),
    ],
  },
})

const isMeta = (type: string): boolean =>
  /^(?:multus|multus-shim|genie|danm|istio-cni|linkerd-cni)$/.test(type)

const meta = calicoRule({
  id: 'cni-chain/meta-plugin',
  title: 'a plugin that calls others calls Calico with what the plan writes',
  severity: 'warning',
  why: 'Multus may hold a copy of Calico’s configuration in its own file (delegates), made when its pod started: the change in Calico’s file reaches pods only after Multus has made its file anew.',
  source: 'k8snetworkplumbingwg/multus-cni:docs/configuration.md',
  covers: ['cni 2.2', 'practice cni-chains'],
  remedy:
    'Restart the DaemonSet of Multus after the step cni-assignment, and look that its file says assign_ipv6; with clusterNetwork instead of delegates nothing is to be done.',
  reads,
  find: ({ cluster }) =>
    Object.entries(cluster.nodes).flatMap(([node, facts]) =>
      configurations(facts).flatMap(path => {
        const text = facts.files[path]?.text ?? ''
        return pluginsOf(text).some(type => type.startsWith('multus')) && text.includes('"delegates"')
          ? [
              {
                object: `Node ${node}`,
                field: path,
                message: 'it holds a copy of the configuration of another CNI',
              },
            ]
          : []
      }),
    ),
  examples: {
    bad: [
      () =>
        withFiles({
          '00-multus.conf': '{"name":"multus-cni-network","type":"multus","delegates":[{"type":"calico"}]}',
        }),
    ],
    good: [
      () =>
        withFiles({
          '00-multus.conf': '{"type":"multus","clusterNetwork":"/host/etc/cni/net.d/10-calico.conflist"}',
        }),
      () => withFiles({ '10-calico.conflist': chain('calico') }),
    ],
  },
})

const templatePlugins = ({ calico }: CalicoFacts): readonly string[] => pluginsOf(calico.config ?? '{}')

const lost = calicoRule({
  id: 'cni-chain/plugin-would-be-lost',
  title: 'a restart of calico-node loses no plugin of the chain',
  severity: 'warning',
  why: 'calico-node writes its file anew from the ConfigMap whenever it starts. A plugin that somebody else put into it (istio-cni, linkerd-cni, bandwidth, tuning) is gone until that one notices: pods made meanwhile start without it.',
  source: 'projectcalico/calico:cni-plugin/pkg/install/install.go, istio/istio:cni/README.md',
  covers: ['cni 2.2', 'practice cni-chains'],
  remedy:
    'Put the plugin into cni_network_config of calico-config, or see that its installer watches the file (istio-cni does) and make no pods during the roll-out of calico-node.',
  reads,
  unless: ({ isOperated, calico }) =>
    isOperated || calico.config === undefined
      ? 'the configuration is not written from calico-config'
      : undefined,
  find: facts =>
    Object.entries(facts.cluster.nodes).flatMap(([node, { files }]) => {
      const text = files[facts.calico.conflist]?.text
      if (text === undefined) return []
      const known = templatePlugins(facts)
      const extra = pluginsOf(text).filter(type => !known.includes(type))
      return extra.length === 0
        ? []
        : [
            {
              object: `Node ${node}`,
              field: facts.calico.conflist,
              message: `${extra.join(', ')}: in the file of the node, and not in calico-config`,
            },
          ]
    }),
  examples: {
    bad: [() => withFiles({ '10-calico.conflist': chain('calico', 'portmap', 'istio-cni') })],
    good: [() => withFiles({ '10-calico.conflist': chain('calico', 'portmap') }), () => calicoSituation()],
  },
})

const chain = (...types: readonly string[]): string =>
  JSON.stringify({ name: 'k8s-pod-network', cniVersion: '0.3.1', plugins: types.map(type => ({ type })) })

const withFiles = (files: Readonly<Record<string, string>>) =>
  calicoSituation({
    facts: {
      n1: {
        files: Object.fromEntries(
          Object.entries(files).map(([name, text]) => [`${folder}/${name}`, { text }]),
        ),
      },
    },
  })

export const chainRules = [other, meta, lost] as const
