import type { Lab } from '../index.ts'
import { type Result, until } from '../shell.ts'

type Node = Lab['nodes'][number]

/** A lab that is broken on purpose: every change goes through here, and is put back in reverse order. */
export class Site {
  readonly lab: Lab
  readonly #undo: (() => Promise<void>)[] = []

  constructor(lab: Lab) {
    this.lab = lab
  }

  get controlPlane(): Node {
    return this.#node('control-plane')
  }

  get worker(): Node {
    return this.#node('worker')
  }

  #node(role: Node['role']): Node {
    const node = this.lab.nodes.find(one => one.role === role)
    if (node === undefined) throw new Error(`lab ${this.lab.name} has no ${role}`)
    return node
  }

  /** What puts back what is about to be done. */
  undo(work: () => Promise<void>): void {
    this.#undo.push(work)
  }

  /** Everything back, the last first; also what comes behind something that could not be put back. */
  async mend(): Promise<void> {
    const errors: unknown[] = []
    for (let work = this.#undo.pop(); work !== undefined; work = this.#undo.pop())
      await work().catch((error: unknown) => void errors.push(error))
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '))
  }

  /** A script on a node, or beside the cluster; it must succeed. */
  async sh(place: Node | 'outside' | 'internet', script: string): Promise<string> {
    const name = typeof place === 'string' ? place : place.name
    const { code, stdout, stderr } = await this.lab.exec(name, ['sh', '-euc', script])
    if (code !== 0) throw new Error(`${name}: ${script}\n  exited with ${code}: ${stderr.trim()}`)
    return stdout
  }

  /** The script that breaks, and the one that puts it back. */
  async change(place: Node | 'outside', broken: string, mended: string): Promise<void> {
    this.undo(async () => void (await this.sh(place, mended)))
    await this.sh(place, broken)
  }

  /** Edits a file of a node in one go, as a careful person does: beside it, then renamed over it. */
  async edit(node: Node, path: string, edited: (text: string) => string): Promise<void> {
    const before = await this.sh(node, `cat ${path}`)
    const after = edited(before)
    if (after === before) throw new Error(`${node.name}: ${path} is not changed by the edit`)
    this.undo(() => this.write(node, path, before))
    await this.write(node, path, after)
  }

  async write(node: Node, path: string, text: string): Promise<void> {
    const beside = `$(dirname ${path})/.breakage`
    const script = `cat >"${beside}"; chmod --reference=${path} "${beside}" 2>/dev/null || :; mv "${beside}" ${path}`
    const { code, stderr } = await this.lab.exec(node.name, ['sh', '-euc', script], { input: text })
    if (code !== 0) throw new Error(`${node.name}: ${path}: ${stderr}`)
  }

  kubectl(...args: string[]): Promise<string> {
    return this.lab.kubectl(...args)
  }

  /** As kubectl, whatever becomes of it. */
  tried(...args: string[]): Promise<Result> {
    return this.lab.exec('outside', ['kubectl', ...args], { timeoutMs: 60_000 })
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, '-o', 'json')) as T
  }

  async apply(manifest: object | readonly object[]): Promise<void> {
    const items = Array.isArray(manifest) ? manifest : [manifest]
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
    const { code, stderr } = await this.lab.exec('outside', ['kubectl', 'apply', '-f', '-'], { input })
    if (code !== 0) throw new Error(stderr)
  }

  /** A key of a ConfigMap in kube-system. */
  async editConfigMap(name: string, key: string, edited: (text: string) => string): Promise<void> {
    const { data } = await this.json<{ data: Record<string, string> }>(
      '-n',
      'kube-system',
      'get',
      'configmap',
      name,
    )
    const before = data[key] ?? ''
    const after = edited(before)
    if (after === before) throw new Error(`ConfigMap ${name}, ${key} is not changed by the edit`)
    const write = async (text: string): Promise<void> => {
      const patch = JSON.stringify({ data: { [key]: text } })
      await this.kubectl('-n', 'kube-system', 'patch', 'configmap', name, '--type=merge', '-p', patch)
    }
    this.undo(() => write(before))
    await write(after)
  }

  /** Fields of an object, by a merge patch; the second puts them back. */
  async patch(object: readonly string[], broken: object, mended: object): Promise<void> {
    const write = async (patch: object): Promise<void> =>
      void (await this.kubectl('patch', ...object, '--type=merge', '-p', JSON.stringify(patch)))
    this.undo(() => write(mended))
    await write(broken)
  }

  /** Makes the pods of a DaemonSet in kube-system again: on one node, or on all. */
  async restartPods(selector: string, node?: Node): Promise<void> {
    const where = node === undefined ? [] : ['--field-selector', `spec.nodeName=${node.name}`]
    await this.kubectl('-n', 'kube-system', 'delete', 'pod', '-l', selector, '--wait=true', ...where)
  }

  async rolledOut(kind: 'daemonset' | 'deployment', name: string): Promise<void> {
    await this.kubectl('-n', 'kube-system', 'rollout', 'status', `${kind}/${name}`, '--timeout=300s')
  }

  /** Asks until the script succeeds on that node. */
  async until(what: string, node: Node | 'outside', script: string, seconds = 120): Promise<void> {
    const name = typeof node === 'string' ? node : node.name
    await until(
      what,
      seconds * 1000,
      async () => ((await this.lab.exec(name, ['sh', '-c', script])).code === 0 ? true : undefined),
      1000,
    )
  }

  /** What nodes and cluster have noted of it goes: the next one is told by its own words alone. */
  async forget(): Promise<void> {
    for (const node of this.lab.nodes)
      await this.sh(node, 'journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1s')
    await this.kubectl('delete', 'events', '--all', '-A', '--wait=false')
  }

  /** Nodes ready, every pod ready that is to be: a cluster at rest. What takes long is helped on, as a person does. */
  async atRest(seconds = 420): Promise<void> {
    let helped = Date.now()
    await until(
      'the cluster comes to rest',
      seconds * 1000,
      async () => {
        const { code, stdout } = await this.tried('get', 'nodes,pods', '-A', '-o', 'json')
        if (code !== 0) return undefined
        const restless = (JSON.parse(stdout) as { items: readonly Item[] }).items.filter(
          one => !isAtRest(one),
        )
        if (restless.length === 0) return true
        if (Date.now() - helped > patienceMs) {
          await this.#makeAnew(restless)
          helped = Date.now()
        }
        return undefined
      },
      2000,
    )
  }

  /** Pods that failed wait longer and longer before they are tried again; new ones do not. */
  async #makeAnew(items: readonly Item[]): Promise<void> {
    for (const { kind, metadata } of items) {
      const { namespace = '', name, annotations, deletionTimestamp } = metadata
      if (kind !== 'Pod' || deletionTimestamp !== undefined || annotations?.[mirror] !== undefined) continue
      await this.tried('-n', namespace, 'delete', 'pod', name, '--wait=false')
    }
  }
}

const patienceMs = 20_000
const mirror = 'kubernetes.io/config.mirror'

interface Item {
  readonly kind: string
  readonly metadata: {
    readonly namespace?: string
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly status: {
    readonly phase?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

function isAtRest({ kind, metadata, status }: Item): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  if (kind === 'Pod' && (status.phase === 'Succeeded' || status.phase === 'Failed')) return true
  return status.conditions?.some(({ type, status: now }) => type === 'Ready' && now === 'True') === true
}
