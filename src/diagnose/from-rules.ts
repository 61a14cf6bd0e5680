import type { Failure, Speaker } from '../model/failure.ts'
import type { AnyRule, Rule, Violation } from '../model/rule.ts'

/** Words of a rule that are not a Speaker's: who really says it. */
const speakers: Readonly<Record<string, Speaker>> = { calico: 'any' }

/** From how many characters on a component's words stand for one thing only. */
const unmistakable = 30

/**
 * The failures that rules state: a component's own words in `says` are the sign, the rest of the rule says why and what to do. A text is
 * written once, in the rule.
 */
export const failuresOf = (rules: readonly AnyRule[]): readonly Failure[] =>
  rules.filter(rule => rule.says !== undefined).map(failureOf)

/** Any rule as a failure: also one that no component has words for, when it is seen to be broken. */
export function failureOf(rule: AnyRule): Failure {
  const near = nearOf(rule)
  return {
    id: rule.id,
    title: `broken: ${rule.title}`,
    layer: layerOf(rule.id, rule.says?.[0]?.component ?? ''),
    ...(rule.versions !== undefined && { versions: rule.versions }),
    cause: rule.why,
    fix: rule.remedy,
    source: rule.source,
    covers: rule.covers,
    signs: (rule.says ?? []).map(({ component, line }) => ({
      kind: 'log' as const,
      speaker: speakers[component] ?? (component as Speaker),
      line,
      ...(near.length > 0 && { near }),
      certainty:
        line.replaceAll('*', '').length >= unmistakable && rule.severity !== 'info'
          ? ('sure' as const)
          : ('likely' as const),
    })),
  }
}

/** What validation says of one field it says of others in the same words: the field itself must be named. */
function nearOf(rule: AnyRule): readonly string[] {
  const isOfFields = rule.on === 'admission' || rule.id.startsWith('kube-proxy-fields/')
  if (!isOfFields) return []
  return [...new Set(violationsOf(rule).map(({ field }) => lastName(field)))].filter(name => name !== '')
}

/** Rules differ in what they judge; each is given its own examples. */
const violationsOf = (rule: AnyRule): readonly Violation[] => {
  const { examples } = rule as Rule
  return examples.bad.flatMap(bad => (rule as Rule).judge(bad()))
}

/** `spec.ipFamilies[1]` → `ipFamilies` */
const lastName = (field: string): string => (field.split('.').at(-1) ?? '').replace(/\[\d*\]$/, '')

/** From the ground up: what stands first breaks what follows. */
export const layerOrder = [
  'host',
  'containerd',
  'etcd',
  'kubeadm',
  'static-pods',
  'kube-apiserver',
  'kube-controller-manager',
  'kubelet',
  'kube-proxy',
  'cni',
  'dns',
  'services',
  'workloads',
] as const

/** The layer of a rule: by its topic where that says more than who speaks. */
function layerOf(id: string, component: string): (typeof layerOrder)[number] {
  const topic = id.slice(0, id.indexOf('/'))
  if (['service-admission', 'service-fields', 'source-ranges'].includes(topic)) return 'services'
  if (id.startsWith('object-admission/node-')) return 'kube-controller-manager'
  if (topic.startsWith('calico') || topic === 'other-cni' || topic === 'block-size') return 'cni'
  if (component === 'coredns' || topic === 'dns') return 'dns'
  if (topic.startsWith('host')) return 'host'
  if (topic.startsWith('service-state')) return 'services'
  if (topic.startsWith('kube-proxy')) return 'kube-proxy'
  if (topic.startsWith('kubelet') || topic === 'node-state') return 'kubelet'
  if (topic.startsWith('controller-manager') || topic === 'node-ranges') return 'kube-controller-manager'
  if (topic.startsWith('kubeadm')) return 'kubeadm'
  if (topic === 'static-pods') return 'static-pods'
  return layerOrder.find(layer => layer === component) ?? 'kube-apiserver'
}
