import { type Family, families } from '../address/family.ts'
import type { NodeFacts, NodeFile } from '../model/cluster.ts'
import type { NodeRead } from '../world/ports.ts'
import { commandFiles, lines, parseKubelet, parseSysctls, parseUname } from './commands.ts'
import type { Folder } from './folder.ts'
import { parseFirewall, parseNftables } from '../world/nodes/firewall.ts'
import { parseAddresses, parseRoutes } from '../world/nodes/ip.ts'
import { readUpkeep } from '../world/nodes/upkeep.ts'
import { asRecord, decodeText, isRecord, readJson } from './parse.ts'
import { sorted } from './sorted.ts'
import { unreadKey } from './wanted.ts'

const manifestFolder = '/etc/kubernetes/manifests/'
/** A file of a node that we edit or read is far smaller; anything larger was put there by mistake. */
const largest = 4 * 1024 * 1024

/** One node's folder as facts. */
export async function readNode(
  folder: Folder,
  node: string,
  at: string,
  want: NodeRead,
  unread: Record<string, string>,
): Promise<NodeFacts> {
  const files: Record<string, NodeFile | null> = {}
  const known = await readIndex(folder, `${at}/files.json`)
  const index = known ?? {}
  for (const entry of await folder.walk(`${at}/files`)) {
    const path = entry.path.slice(`${at}/files`.length)
    const bytes = entry.skipped ? undefined : await folder.read(entry.path)
    const text = bytes && bytes.length <= largest ? utf8(bytes) : undefined
    if (text === undefined)
      unread[unreadKey.file(node, path)] =
        entry.skipped ?? (bytes && bytes.length > largest ? 'is larger than 4 MB' : 'is not UTF-8 text')
    else files[path] = { text, ...index[path] }
  }
  for (const [path, file] of Object.entries(index)) if (file === null) files[path] ??= null
  // An index says itself what was looked for; a capture made by hand holds every file that was there.
  for (const path of known ? [] : (want.files ?? []))
    if (!(unreadKey.file(node, path) in unread)) files[path] ??= null

  const command = async (name: string): Promise<string | undefined> => {
    const path = `${at}/commands/${name}`
    const bytes = await folder.read(path)
    return bytes && decodeText(bytes, folder.name(path))
  }
  const json = (name: string): Promise<unknown> => readJson(folder, `${at}/commands/${name}`)
  const routes = async (family: Family) => parseRoutes(await json(commandFiles.routes[family]), family)

  const kernel = parseUname((await command(commandFiles.kernel)) ?? '')
  const kubeletArguments = parseKubelet((await command(commandFiles.kubelet)) ?? '')
  const firewall: { [F in Family]?: readonly string[] } = {}
  for (const family of families) {
    const printed = await command(commandFiles.firewall[family])
    if (printed !== undefined) firewall[family] = parseFirewall(printed)
  }
  const nftables = await command(commandFiles.nftables)
  const upkeep = readUpkeep(await json(commandFiles.upkeep))
  const manifests = await command(commandFiles.manifests)
  return {
    files: sorted(files),
    sysctls: parseSysctls((await command(commandFiles.sysctls)) ?? ''),
    addresses: parseAddresses(await json(commandFiles.addresses)),
    routes: (await Promise.all(families.map(routes))).flat(),
    ...(kubeletArguments && { kubeletArguments }),
    manifests: manifests === undefined ? Object.keys(files).filter(isManifest(files)) : lines(manifests),
    ...(kernel !== undefined && { kernel }),
    ...(Object.keys(firewall).length > 0 && { firewall }),
    ...(nftables !== undefined && { nftables: parseNftables(nftables) }),
    ...(upkeep && { upkeep }),
  }
}

const isManifest =
  (files: Readonly<Record<string, NodeFile | null>>) =>
  (path: string): boolean =>
    files[path] !== null &&
    path.startsWith(manifestFolder) &&
    !path.slice(manifestFolder.length).includes('/')

type Index = Readonly<Record<string, Pick<NodeFile, 'mode' | 'owner'> | null>>

/** `{"/etc/hosts": {"mode": "0644", "owner": "0:0"}, "/etc/default/kubelet": null}` */
async function readIndex(folder: Folder, path: string): Promise<Index | undefined> {
  const value = await readJson(folder, path)
  if (value === undefined) return undefined
  const entries = Object.entries(asRecord(value, folder.name(path)))
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (value === null) return [name, null]
      const { mode, owner } = isRecord(value) ? value : {}
      return [
        name,
        {
          ...(typeof mode === 'string' && /^[0-7]{3,5}$/.test(mode) && { mode: Number.parseInt(mode, 8) }),
          ...(typeof owner === 'string' && { owner }),
        },
      ]
    }),
  )
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
