import type { KubeObject } from '../../model/cluster.ts'
import { hashText } from '../../text/edits.ts'
import { setFlags } from '../../text/manifest.ts'
import { BrokenContract } from './case.ts'
import { manifest } from './place.ts'
import { field, type Trial } from './trial.ts'
import { isReady } from './workload.ts'

export const component = 'kube-controller-manager'

/** The mirror pod of the controller manager; undefined while there is none. */
export const mirror = (trial: Trial, node: string): Promise<KubeObject | undefined> =>
  trial.api.get('v1/pods', 'kube-system', `${component}-${node}`)

export const argumentsOf = (pod: KubeObject | undefined): readonly string[] => {
  const [container] =
    field<readonly { command?: readonly string[]; args?: readonly string[] }[]>(
      pod ?? { metadata: { name: '' } },
      'spec',
      'containers',
    ) ?? []
  return [...(container?.command ?? []), ...(container?.args ?? [])]
}

/** Changes flags of the controller manager's manifest, does something, and waits until the old one runs again. */
export async function withFlags(
  trial: Trial,
  flags: Readonly<Record<string, string | null>>,
  body: (node: string) => Promise<void>,
): Promise<void> {
  await withManifest(trial, text => setFlags(text, component, flags), body)
}

export async function withManifest(
  trial: Trial,
  change: (text: string) => string,
  body: (node: string) => Promise<void>,
): Promise<void> {
  const [node = ''] = trial.place.controlPlanes
  const path = manifest(component)
  const file = await trial.nodes.read(node, path)
  if (file === null) throw new BrokenContract(`${path} is not there`)
  const before = argumentsOf(await mirror(trial, node))
  const text = change(file.text)
  await trial.nodes.write(node, { path, before: hashText(file.text), text, run: 'contract' })
  try {
    await body(node)
  } finally {
    await trial.nodes.write(node, { path, before: hashText(text), text: file.text, run: 'contract' })
    await trial.eventually('the old controller manager runs', () => runsWith(trial, node, before), 150)
  }
}

/** The mirror pod has these arguments, and is Ready. */
export async function runsWith(trial: Trial, node: string, wanted: readonly string[]): Promise<boolean> {
  const pod = await mirror(trial, node)
  return pod !== undefined && argumentsOf(pod).join('\n') === wanted.join('\n') && isReady(pod)
}

/** Why its container waits: `CrashLoopBackOff`. */
export const waitingOf = (pod: KubeObject | undefined): string =>
  (field<readonly { state?: { waiting?: { reason?: string } } }[]>(pod, 'status', 'containerStatuses') ?? [])
    .map(({ state }) => state?.waiting?.reason ?? '')
    .join('')
