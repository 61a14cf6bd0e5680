import { readArguments } from '../layers/shared/arguments.ts'
import { readFlags } from '../text/manifest.ts'
import { UnreachableError } from '../base/errors.ts'
import { manifestFolder } from './machine.ts'
import { isReady } from './pod-status.ts'
import { podResource, type Site } from './site.ts'
import { wordsOf } from './static-pods.ts'

const component = 'kube-apiserver'
const manifest = `${manifestFolder}${component}.yaml`

/** An API server that answers, as far as it decides what is accepted. */
export interface Server {
  readonly node: string
  readonly version: string
  /** Its --service-cluster-ip-range, in order. */
  readonly services: readonly string[]
}

/** The API servers of a site. Whatever a client asks goes to the first that answers, by node name, unless one is named. */
export class Servers {
  readonly #nodes: readonly string[]
  /** Which one clients reach, as a load balancer would decide; undefined: the first that answers. */
  prefer: string | undefined

  constructor(readonly site: Site) {
    const isControlPlane = (node: string) =>
      site.machines.get(node)?.files.has(manifest) === true ||
      site.store.get(podResource, 'kube-system', `${component}-${node}`) !== undefined
    this.#nodes = [...site.machines.keys()].filter(isControlPlane).sort()
  }

  /** The instance of a node, or what stands in for it; undefined: nobody answers there. */
  on(node: string): Server | undefined {
    const flags = this.site.machines.get(node)?.standIn ?? this.#running(node)
    return flags === undefined ? undefined : this.#server(node, flags)
  }

  /** The instance itself, asked over loopback, which a stand-in does not answer. */
  itself(node: string): Server | undefined {
    const flags = this.#running(node)
    return flags === undefined ? undefined : this.#server(node, flags)
  }

  /** @throws UnreachableError when none answers */
  answering(): Server {
    const all = this.#nodes.flatMap(node => this.on(node) ?? [])
    const server = all.find(({ node }) => node === this.prefer) ?? all[0]
    if (server !== undefined) return server
    // A cluster whose control plane was not captured: somebody answered when it was.
    if (this.#nodes.length === 0) return this.#server('', new Map())
    throw new UnreachableError(
      'the API server refuses connections',
      'api.unreachable',
      'No API server of the practice cluster runs.',
    )
  }

  #running(node: string): ReadonlyMap<string, string> | undefined {
    const pod = this.site.store.get(podResource, 'kube-system', `${component}-${node}`)
    if (pod !== undefined) return isReady(pod) ? readArguments(wordsOf(pod)[component] ?? []) : undefined
    return undefined
  }

  #server(node: string, flags: ReadonlyMap<string, string>): Server {
    const services = (flags.get('service-cluster-ip-range') ?? '10.0.0.0/24').split(',')
    return { node, version: this.site.version, services }
  }
}

/** Flags of a manifest's text. */
export function flagsOf(text: string): ReadonlyMap<string, string> {
  return new Map(readFlags(text, component).all.map(({ name, value }) => [name, value]))
}
