import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { families } from '../address/family.ts'
import { UsageError } from '../base/errors.ts'
import type { Cluster, KubeObject, NodeFacts, Resource } from '../model/cluster.ts'
import { commandFiles, unlines, writeAddresses, writeRoutes, writeSysctls } from './commands.ts'
import { writeFirewall } from '../world/nodes/firewall.ts'
import { reasonOf } from './folder.ts'
import {
  commandFile,
  configMapFile,
  configMaps,
  filesIndex,
  isResource,
  listFile,
  nodeFile,
  unreadFile,
  versionFile,
} from './layout.ts'
import { ListWriter } from './list-writer.ts'
import { redactFacts, redactObject } from './redact.ts'
import { trimmed } from './trim.ts'
import { isAllowedFile } from './whitelist.ts'

/**
 * Writes one bundle, beside its place, and moves it there when it is whole: nobody ever finds half a bundle.
 * Everything passes the redaction here, and nowhere else is a bundle written.
 */
export class BundleWriter {
  private readonly lists = new Map<Resource, Promise<ListWriter>>()
  /** Places where something confidential was taken out: `v1/pods default/web`, `n1:/etc/kubernetes/manifests/x.yaml`. */
  readonly redacted: string[] = []

  private constructor(
    private readonly dir: string,
    private readonly draft: string,
  ) {}

  /** @throws UsageError when the folder is there and not empty, or cannot be written */
  static async create(given: string): Promise<BundleWriter> {
    const dir = resolve(given)
    await refuseFull(dir, given)
    try {
      await mkdir(dirname(dir), { recursive: true })
      return new BundleWriter(dir, await mkdtemp(join(dirname(dir), `.${basename(dir)}-`)))
    } catch (error) {
      throw new UsageError(
        `cannot write ${given}: ${reasonOf(error)}`,
        'Name a folder in a place where you may write.',
      )
    }
  }

  async object(resource: Resource, object: KubeObject): Promise<void> {
    const bare = trimmed(object)
    const clean = redactObject(bare)
    const { namespace, name } = object.metadata
    if (clean !== bare)
      this.redacted.push(`${resource} ${namespace === undefined ? '' : `${namespace}/`}${name}`)
    if (resource === configMaps)
      return this.write(configMapFile(namespace ?? '', name), `${JSON.stringify(clean, null, 1)}\n`)
    await (await this.list(resource)).add(clean)
  }

  async node(name: string, given: NodeFacts): Promise<void> {
    const { facts, paths } = redactFacts(given)
    this.redacted.push(...paths.map(path => `${name}:${path}`))
    const index: Record<string, { mode?: string; owner?: string; redacted?: true } | null> = {}
    for (const [path, file] of Object.entries(facts.files)) {
      const to = isAllowedFile(path) ? nodeFile(name, path) : undefined
      if (to === undefined) continue
      index[path] = file && {
        ...(file.mode !== undefined && { mode: `0${file.mode.toString(8)}` }),
        ...(file.owner !== undefined && { owner: file.owner }),
        ...(paths.includes(path) && { redacted: true }),
      }
      if (file) await this.write(to, file.text)
    }
    await this.write(filesIndex(name), json(index))
    const command = (file: string, text: string) => this.write(commandFile(name, file), text)
    await command(commandFiles.addresses, json(writeAddresses(facts.addresses)))
    for (const family of families)
      await command(commandFiles.routes[family], json(writeRoutes(facts.routes, family)))
    await command(commandFiles.sysctls, writeSysctls(facts.sysctls))
    if (facts.kernel !== undefined) await command(commandFiles.kernel, `Linux ${name} ${facts.kernel}\n`)
    if (facts.kubeletArguments)
      await command(commandFiles.kubelet, unlines(['kubelet', ...facts.kubeletArguments]))
    for (const family of families) {
      const lines = facts.firewall?.[family]
      if (lines) await command(commandFiles.firewall[family], writeFirewall(lines))
    }
    if (facts.nftables) await command(commandFiles.nftables, unlines(facts.nftables))
    if (facts.upkeep) await command(commandFiles.upkeep, json(facts.upkeep))
    if (facts.manifests) await command(commandFiles.manifests, unlines(facts.manifests))
  }

  /** The rest of the cluster, then the move to its place. */
  async finish(cluster: Cluster, lists: readonly Resource[]): Promise<void> {
    await this.write(versionFile, json({ serverVersion: { gitVersion: cluster.version } }))
    if (Object.keys(cluster.unread).length > 0) await this.write(unreadFile, json(cluster.unread))
    // A list that was read and is empty is a fact, and differs from one that was not read.
    for (const resource of lists) if (!(resource in cluster.unread)) await this.list(resource)
    await Promise.all([...this.lists.values()].map(async writer => (await writer).end()))
    // A list that the server cut off with 403 half-way was not read.
    await Promise.all(
      [...this.lists.keys()]
        .filter(resource => resource in cluster.unread)
        .map(resource => rm(join(this.draft, listFile(resource)))),
    )
    try {
      await refuseFull(this.dir, this.dir)
      await rmdir(this.dir).catch(() => {})
      await rename(this.draft, this.dir)
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw new UsageError(`cannot write ${this.dir}: ${reasonOf(error)}`)
    }
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await Promise.all(
      [...this.lists.values()].map(async writer => (await writer.catch(() => undefined))?.abandon()),
    )
    await rm(this.draft, { recursive: true, force: true })
  }

  private list(resource: Resource): Promise<ListWriter> {
    if (!isResource(resource)) throw new UsageError(`${resource} is not a resource that a bundle can hold`)
    const writer = this.lists.get(resource) ?? ListWriter.create(join(this.draft, listFile(resource)))
    this.lists.set(resource, writer)
    return writer
  }

  private async write(path: string, text: string): Promise<void> {
    const to = join(this.draft, path)
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, text, { flag: 'wx' })
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`

async function refuseFull(dir: string, given: string): Promise<void> {
  try {
    if ((await readdir(dir)).length === 0) return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new UsageError(`cannot write ${given}: ${reasonOf(error)}`, 'Name a folder that is not there yet.')
  }
  throw new UsageError(
    `${given} is not empty`,
    'Name a folder that is not there yet: a bundle never mixes with other files.',
    'bundle.not-empty',
  )
}
