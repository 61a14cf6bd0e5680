import type { ComponentArguments } from '../model/rule.ts'
import { minorOf } from '../base/version.ts'

/** From which minor version on a gate is on unless said otherwise (k/k:pkg/features/kube_features.go). */
const onSince = {
  MultiCIDRServiceAllocator: 33,
  DisableAllocatorDualWrite: 34,
  IPv6DualStack: 21,
  CloudDualStackNodeIPs: 29,
  StrictIPCIDRValidation: 36,
} as const

/** What --feature-gates, or featureGates of a configuration file, say; of a repeated one the last counts. */
export function gatesSet({ arguments: given }: ComponentArguments): ReadonlyMap<string, string> {
  const gates = new Map<string, string>()
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith('featureGates.')) gates.set(name.slice('featureGates.'.length), value)
  }
  // A flag beats the file.
  for (const pair of (given['feature-gates'] ?? '').split(',')) {
    const [name = '', value = ''] = pair.split('=')
    if (name.trim() !== '') gates.set(name.trim(), value.trim())
  }
  return gates
}

/** Is a gate on? A version that cannot be read is taken for a new one. */
export function isOn(input: ComponentArguments, gate: keyof typeof onSince): boolean {
  const set = gatesSet(input).get(gate)
  return set === undefined ? !(minorOf(input.version) < onSince[gate]) : /^(1|t|true)$/i.test(set)
}
