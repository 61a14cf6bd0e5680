import { familyOf } from '../address/index.ts'
import { getField } from '../model/fields.ts'
import type { ComponentArguments } from '../model/rule.ts'
import { judge } from '../rules/judge.ts'
import { flagNames } from './flag-names.ts'
import type { Site } from './site.ts'

type Component = 'kube-apiserver' | 'kube-controller-manager'
export const isComponent = (name: string): name is Component =>
  name === 'kube-apiserver' || name === 'kube-controller-manager'

/**
 * The last words of a component that is started with these arguments on this node; undefined: it starts. They come from the rules alone: a
 * rule that quotes the component's own words, and is broken, is what the component would have said.
 */
export function exitOf(
  site: Site,
  component: ComponentArguments['component'],
  node: string,
  flags: ReadonlyMap<string, string>,
): string | undefined {
  const input: ComponentArguments = {
    component,
    version: versionOf(site, component, node),
    arguments: Object.fromEntries(flags),
    meets: {
      nodeAddress: addressesOf(site, node),
      // Of all nodes; most components meet none of them, and each of thousands of kubelets would go through all.
      get podCIDRs() {
        return podCIDRs(site)
      },
    },
    where: `${component} on ${node}`,
  }
  const quoting = site.rules.filter(rule =>
    rule.says?.some(words => words.component === component && words.goesOn !== true),
  )
  const words = judge(quoting, 'arguments', input).filter(({ severity }) => severity === 'error')
  return words[0]?.message ?? unknownFlag(site, component, flags)
}

/** pflag's own words, from every component. */
function unknownFlag(
  site: Site,
  component: ComponentArguments['component'],
  flags: ReadonlyMap<string, string>,
): string | undefined {
  const listed = flagNames[component]
  const ran = site.knownFlags.get(component)
  if (listed === undefined) return undefined
  const unknown = [...flags.keys()].find(name => !listed.includes(name) && ran?.has(name) !== true)
  return unknown === undefined ? undefined : `Error: unknown flag: --${unknown}`
}

/** Each kubelet says its own version; the others follow the API server's. */
function versionOf(site: Site, component: ComponentArguments['component'], node: string): string {
  if (component !== 'kubelet') return site.version
  const said = getField(site.store.get('v1/nodes', undefined, node), ['status', 'nodeInfo', 'kubeletVersion'])
  return typeof said === 'string' ? said : site.version
}

function addressesOf(site: Site, node: string) {
  const found = getField(site.store.get('v1/nodes', undefined, node), ['status', 'addresses'])
  const internal = ((found ?? []) as readonly { type: string; address: string }[]).filter(
    ({ type }) => type === 'InternalIP',
  )
  return Object.fromEntries(internal.map(({ address }) => [familyOf(address), address]))
}

const podCIDRs = (site: Site): readonly (readonly string[])[] =>
  site.store.list('v1/nodes').map(node => {
    const cidrs = getField(node, ['spec', 'podCIDRs'])
    return Array.isArray(cidrs) ? cidrs.map(String) : []
  })
