import { ConflictError, DualStackError, exitCodes, UnreachableError } from '../../base/errors.ts'
import { silentLogger } from '../../base/logger.ts'
import type { KubeObject, NodeFacts, NodeFile } from '../../model/cluster.ts'
import { hashText } from '../../text/edits.ts'
import type { FileWrite, KubeApi, NodeAccess, World } from '../../world/ports.ts'

/** What the API server answers to a PUT of an old version. */
class MemoryConflict extends DualStackError {
  readonly status = 409
  readonly reason = 'Conflict'
  constructor(what: string) {
    super(`${what}: the object has been modified`, { code: 'api.conflict', exitCode: exitCodes.conflict })
  }
}

/** Thrown in the place of a `kill -9`: nothing catches it but the test. */
class Killed extends Error {}

export interface MemoryNode {
  files: Record<string, NodeFile>
  sysctls: Record<string, string>
  /** Units restarted, in order, each with the files as they were then. */
  restarts: { unit: string; files: Record<string, string> }[]
  /** Armed switches: `run step` → the files as they were. */
  guards: Record<string, Record<string, NodeFile | undefined>>
}

export interface Memory extends World {
  api: World['api']
  nodes: World['nodes']
  objects: Map<string, KubeObject>
  machines: Record<string, MemoryNode>
  /** Calls that changed or could change something, in order. */
  calls: string[]
  /** Dies in front of the n-th call (0-based), and before every one after it. */
  killAt: number
  /** The n-th call fails once, as a full disk or a cut connection would make it. */
  failAt: number
}

const keyOf = (resource: string, namespace: string | undefined, name: string) =>
  `${resource} ${namespace ?? ''}/${name}`

/** A world in memory for the drivers' tests: objects with resource versions, files with hashes, and a fault at any call. */
export function memoryWorld(
  machines: Record<string, MemoryNode>,
  objects: Readonly<Record<string, readonly KubeObject[]>>,
): Memory {
  let revision = 1
  let now = Date.parse('2026-01-01T00:00:00Z')
  const memory: Memory = {
    objects: new Map(),
    machines,
    calls: [],
    killAt: Number.POSITIVE_INFINITY,
    failAt: -1,
    logger: silentLogger,
    clock: {
      now: () => now,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted()
        now += ms
      },
    },
    api: undefined as unknown as KubeApi,
    nodes: undefined as unknown as NodeAccess,
  }
  const call = (what: string) => {
    const index = memory.calls.length
    if (index >= memory.killAt) throw new Killed(what)
    memory.calls.push(what)
    if (index === memory.failAt) throw new UnreachableError(`${what}: cut`, 'test.cut', 'Try again.')
  }
  const store = (key: string, object: KubeObject) => {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision++) } }
    memory.objects.set(key, stored)
    return stored
  }
  for (const [resource, list] of Object.entries(objects)) {
    for (const object of list) store(keyOf(resource, object.metadata.namespace, object.metadata.name), object)
  }
  const api: KubeApi = {
    server: 'memory',
    version: async () => 'v1.36.3',
    async *list(resource) {
      for (const [key, object] of memory.objects) if (key.startsWith(`${resource} `)) yield object
    },
    get: async (resource, namespace, name) => memory.objects.get(keyOf(resource, namespace, name)),
    create: async (resource, object) => {
      call(`create ${resource} ${object.metadata.name}`)
      return store(keyOf(resource, object.metadata.namespace, object.metadata.name), object)
    },
    replace: async (resource, object) => {
      call(`replace ${resource} ${object.metadata.name}`)
      const key = keyOf(resource, object.metadata.namespace, object.metadata.name)
      if (memory.objects.get(key)?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new MemoryConflict(key)
      return store(key, object)
    },
    delete: async (resource, namespace, name) => {
      call(`delete ${resource} ${name}`)
      memory.objects.delete(keyOf(resource, namespace, name))
    },
    evict: async (namespace, name) => {
      call(`evict ${namespace}/${name}`)
      return memory.objects.delete(keyOf('v1/pods', namespace, name)) ? 'evicted' : 'gone'
    },
    exec: async () => ({ code: 0, stdout: '', stderr: '' }),
  }
  memory.nodes = memoryNodes(memory, call)
  memory.api = api
  return memory
}

function memoryNodes(memory: Memory, call: (what: string) => void): NodeAccess {
  const machine = (node: string): MemoryNode => {
    const found = memory.machines[node]
    if (found === undefined) throw new UnreachableError(`${node} cannot be reached`, 'node.unreachable')
    return found
  }
  const put = (node: string, path: string, file: NodeFile | undefined) => {
    const { files } = machine(node)
    if (file === undefined) delete files[path]
    else files[path] = file
  }
  const write = (node: string, { path, before, text, mode }: FileWrite): 'written' | 'already' => {
    call(`write ${node} ${path}`)
    const file = machine(node).files[path]
    const hash = file === undefined ? null : hashText(file.text)
    if (hash === (text === null ? null : hashText(text))) return 'already'
    if (hash !== before) throw new ConflictError(`${path} has changed`, 'node.changed')
    put(node, path, text === null ? undefined : { mode: mode ?? 0o644, owner: '0:0', ...file, text })
    return 'written'
  }
  const restoreFiles = (node: string, key: string) => {
    const saved = machine(node).guards[key]
    if (saved === undefined) return
    for (const [path, file] of Object.entries(saved)) put(node, path, file)
    delete machine(node).guards[key]
  }
  return {
    facts: async (node): Promise<NodeFacts> => ({
      files: { ...machine(node).files },
      sysctls: { ...machine(node).sysctls },
      addresses: [],
      routes: [],
    }),
    read: async (node, path) => machine(node).files[path] ?? null,
    write: async (node, change) => write(node, change),
    setSysctl: async (node, key, value) => {
      call(`sysctl ${node} ${key}`)
      machine(node).sysctls[key] = value
    },
    restartUnit: async (node, unit) => {
      call(`restart ${node} ${unit}`)
      const files = Object.entries(machine(node).files).map(([path, file]) => [path, file.text])
      machine(node).restarts.push({ unit, files: Object.fromEntries(files) as Record<string, string> })
    },
    swapStaticPod: async (node, change) => ({
      kind: write(node, change) === 'already' ? 'already' : 'swapped',
    }),
    guard: async (node, { run, step, paths }) => {
      call(`guard ${node} ${step}`)
      machine(node).guards[`${run} ${step}`] = Object.fromEntries(
        paths.map(path => [path, machine(node).files[path]]),
      )
    },
    confirm: async (node, run, step) => {
      call(`confirm ${node} ${step}`)
      delete machine(node).guards[`${run} ${step}`]
    },
    revert: async (node, run, step) => {
      call(`revert ${node} ${step}`)
      restoreFiles(node, `${run} ${step}`)
    },
    settle: async node => {
      for (const key of Object.keys(machine(node).guards)) restoreFiles(node, key)
    },
    prune: async () => [],
    logs: async () => '',
  }
}
