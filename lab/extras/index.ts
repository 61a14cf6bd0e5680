import { readFile } from 'node:fs/promises'
import type { Artifacts } from '../build/index.ts'
import { kubectl } from '../kubectl.ts'
import { LabError, until } from '../shell.ts'
import type { LabState } from '../state.ts'
import { ingressManifest } from './ingress.ts'
import { addressPool } from './load-balancer.ts'

/** Makes what was asked for besides; it comes up as soon as its nodes do. */
export async function applyExtras(lab: LabState, { refs, metallbManifest }: Artifacts): Promise<void> {
  const { extras = [] } = lab
  const create = (input: string) => kubectl(lab, ['create', '-f', '-'], { input })
  const isBalanced = extras.includes('load-balancer')
  if (isBalanced) {
    if (metallbManifest === undefined) throw new LabError('MetalLB was not built')
    await create(await readFile(metallbManifest, 'utf8'))
  }
  if (extras.includes('ingress')) await create(await ingressManifest(refs['traefik'] ?? '', isBalanced))
}

/** Returns when Services have their addresses, and Ingresses those of their controller where it tells any. */
export async function extrasReady(lab: LabState): Promise<void> {
  const { extras = [] } = lab
  if (extras.includes('load-balancer')) {
    await isRolledOut(lab, 'metallb-system', 'deployment/controller', 'daemonset/speaker')
    await until('MetalLB to take its pool', 60_000, () =>
      kubectl(lab, ['apply', '-f', '-'], { input: addressPool(lab.instance) }).then(
        () => true,
        error => {
          // Its webhooks answer a moment after it is ready.
          if (String(error).includes('failed calling webhook')) return undefined
          throw error
        },
      ),
    )
  }
  if (!extras.includes('ingress')) return
  await isRolledOut(lab, 'traefik', 'deployment/traefik')
  if (!extras.includes('load-balancer')) return
  await hasAddress(lab, 'traefik', 'service/traefik')
  if (lab.workload) await hasAddress(lab, 'demo', 'ingress/web')
}

const isRolledOut = (lab: LabState, namespace: string, ...what: readonly string[]) =>
  Promise.all(what.map(one => kubectl(lab, ['-n', namespace, 'rollout', 'status', '--timeout=180s', one])))

const hasAddress = (lab: LabState, namespace: string, what: string) =>
  kubectl(lab, [
    '-n',
    namespace,
    'wait',
    '--for=jsonpath={.status.loadBalancer.ingress[0].ip}',
    what,
    '--timeout=60s',
  ])
