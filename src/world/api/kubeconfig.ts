import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { UsageError } from '../../base/errors.ts'
import { isRecord, listOf, type RawRecord, recordOf, textOf } from './record.ts'

/** Which kubeconfig, and which context of it. The same words as kubectl's flags. */
export interface KubeConfigOptions {
  /** `--kubeconfig`: this file and no other. */
  readonly kubeconfig?: string
  /** `--context` */
  readonly context?: string
  /** Instead of process.env: KUBECONFIG, KUBERNETES_SERVICE_HOST, HTTPS_PROXY, … */
  readonly env?: NodeJS.ProcessEnv
  /** Where a pod's own credentials lie; for tests. */
  readonly serviceAccount?: string
}

/** An entry of clusters, users or contexts, with the file that it came from: relative paths in it start there. */
export interface Entry {
  readonly file: string
  readonly fields: RawRecord
}

/** The chosen context, resolved to its cluster and user. */
export interface Chosen {
  readonly context: string
  readonly clusterName: string
  readonly cluster: Entry
  readonly userName: string
  readonly user: Entry
  readonly namespace: string | undefined
}

interface Merged {
  readonly files: readonly string[]
  readonly clusters: ReadonlyMap<string, Entry>
  readonly users: ReadonlyMap<string, Entry>
  readonly contexts: ReadonlyMap<string, Entry>
  readonly current: string | undefined
}

/** Folder of the token, CA and namespace that every pod gets. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Finds, reads and merges kubeconfig files as kubectl does (client-go, tools/clientcmd/loader.go): `--kubeconfig`, else the list in
 * KUBECONFIG, else ~/.kube/config. The first file that names a cluster, a user, a context or the current context wins; files of the list
 * that do not exist are passed over. undefined: there is no kubeconfig at all.
 *
 * @throws UsageError `kubeconfig.*`: says the file and the entry. Never quotes file content, which holds keys.
 */
export async function chooseContext(options: KubeConfigOptions): Promise<Chosen | undefined> {
  const merged = await loadMerged(options)
  if (merged === undefined) return undefined
  const where = merged.files.join(', ')
  const name = options.context ?? merged.current
  if (name === undefined) {
    const hint = `Choose one with --context or \`kubectl config use-context\`. There are: ${names(merged.contexts)}.`
    throw new UsageError(`no current context in ${where}`, hint, 'kubeconfig.no-context')
  }
  const context = merged.contexts.get(name)
  if (context === undefined) {
    throw new UsageError(
      `there is no context "${name}" in ${where}`,
      `There are: ${names(merged.contexts)}.`,
      'kubeconfig.unknown-context',
    )
  }
  const clusterName = textOf(context.fields.cluster) ?? ''
  const userName = textOf(context.fields.user) ?? ''
  return {
    context: name,
    clusterName,
    cluster: entryOf(merged.clusters, 'cluster', clusterName, name, where),
    userName,
    // A context without a user is legal: the server may let anybody in, and says 401 itself when it does not.
    user:
      userName === ''
        ? { file: context.file, fields: {} }
        : entryOf(merged.users, 'user', userName, name, where),
    namespace: textOf(context.fields.namespace),
  }
}

function entryOf(
  entries: ReadonlyMap<string, Entry>,
  what: 'cluster' | 'user',
  name: string,
  context: string,
  where: string,
): Entry {
  const entry = entries.get(name)
  if (entry !== undefined) return entry
  throw new UsageError(
    `context "${context}" names ${what} "${name}", which is not in ${where}`,
    `Known ${what}s: ${names(entries)}. See \`kubectl config view\`.`,
    `kubeconfig.unknown-${what}`,
  )
}

const names = (entries: ReadonlyMap<string, Entry>): string => [...entries.keys()].join(', ') || 'none'

async function loadMerged(options: KubeConfigOptions): Promise<Merged | undefined> {
  const env = options.env ?? process.env
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter(file => file !== '')
  const wanted =
    options.kubeconfig !== undefined
      ? [options.kubeconfig]
      : listed.length > 0
        ? [...new Set(listed)]
        : [join(env.HOME ?? homedir(), '.kube', 'config')]

  const loaded: { file: string; config: RawRecord }[] = []
  for (const file of wanted) {
    const config = await loadFile(file)
    if (config !== undefined) loaded.push({ file, config })
  }
  if (loaded.length === 0) {
    if (options.kubeconfig === undefined && listed.length === 0) return undefined
    const source = options.kubeconfig === undefined ? ', which KUBECONFIG names' : ''
    const hint = 'Check the path, or give another with --kubeconfig.'
    throw new UsageError(
      `there is no kubeconfig at ${wanted.join(', ')}${source}`,
      hint,
      'kubeconfig.missing',
    )
  }
  return {
    files: loaded.map(one => one.file),
    clusters: mergeEntries(loaded, 'clusters', 'cluster'),
    users: mergeEntries(loaded, 'users', 'user'),
    contexts: mergeEntries(loaded, 'contexts', 'context'),
    current: loaded.map(one => textOf(one.config['current-context'])).find(name => name !== undefined),
  }
}

function mergeEntries(loaded: readonly { file: string; config: RawRecord }[], list: string, field: string) {
  const entries = new Map<string, Entry>()
  for (const { file, config } of loaded) {
    // Within one file kubectl lets the last of two equal names win; across files the first.
    const own = new Map<string, Entry>()
    for (const item of listOf(config[list])) {
      const name = textOf(recordOf(item).name)
      if (name !== undefined) own.set(name, { file, fields: recordOf(recordOf(item)[field]) })
    }
    for (const [name, entry] of own) if (!entries.has(name)) entries.set(name, entry)
  }
  return entries
}

async function loadFile(file: string): Promise<RawRecord | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    if (code === 'ENOENT') return undefined
    throw new UsageError(
      `kubeconfig ${file} cannot be read: ${code}`,
      'Check its owner and mode.',
      'kubeconfig.unreadable',
    )
  }
  // prettyErrors would quote the line at fault, which may be a token or a key.
  const lines = new LineCounter()
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines })
  const fault = document.errors[0]
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0])
    throw new UsageError(
      `kubeconfig ${file} is not valid YAML: ${fault.code} at line ${line}, column ${col}`,
      `See \`kubectl config view --kubeconfig ${file}\`.`,
      'kubeconfig.invalid',
    )
  }
  const config: unknown = document.toJS()
  if (config === null) return {}
  if (isRecord(config)) return config
  throw new UsageError(
    `kubeconfig ${file} is not a kubeconfig: it has no fields`,
    'It should have clusters, users, contexts.',
    'kubeconfig.invalid',
  )
}

/** The folder that relative paths of an entry start at. */
export const folderOf = (entry: Entry): string => dirname(entry.file)
