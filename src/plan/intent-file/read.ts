import { type Family, type PerFamily } from '../../address/family.ts'
import { parseCIDR, parseIP } from '../../address/index.ts'
import { messageOf, UsageError } from '../../base/errors.ts'
import type { Intent } from '../intent.ts'
import { type Mistake, parseFile } from './document.ts'
import { mistakesOf, place } from './mistakes.ts'
import { checkIntentFile, type IntentFile } from './schema.ts'

/**
 * What a person wrote into `dualstack.yaml`. Ranges are judged by `decide`, which knows the cluster.
 * @param name of the file, for messages
 * @throws UsageError `intent.file` with every mistake, its line and column
 */
export function readIntentFile(text: string, name: string): Intent {
  const parsed = parseFile(text.replace(/^\uFEFF/, ''))
  if ('mistakes' in parsed) throw refusal(name, parsed.mistakes)
  const checked = checkIntentFile(parsed.value)
  if ('issues' in checked) throw refusal(name, mistakesOf(parsed, checked.issues))
  const mistakes: Mistake[] = []
  const intent = intentOfFile(checked.file, (path, work) => {
    try {
      return work()
    } catch (error) {
      mistakes.push({ ...place(parsed, path), message: `${path.join('.')}: ${messageOf(error)}` })
      return undefined
    }
  })
  if (mistakes.length > 0) throw refusal(name, mistakes)
  return intent
}

type Checking = <T>(path: readonly string[], work: () => T) => T | undefined

function intentOfFile(file: IntentFile, checking: Checking): Intent {
  const { families, pods, services, nodes, calico, workloads } = file
  if (families?.[0] !== undefined && families[0] === families[1]) {
    checking(['families'], () => {
      throw new UsageError(`${families.join(', ')}: one family twice`)
    })
  }
  if (nodes?.cidr !== undefined) checking(['nodes', 'cidr'], () => parseCIDR(nodes.cidr ?? ''))
  const include = {
    ...(services?.headless !== undefined && { headlessServices: services.headless === 'convert' }),
    ...(services?.loadBalancers !== undefined && {
      loadBalancerServices: services.loadBalancers === 'convert',
    }),
    ...(workloads?.barePods !== undefined && { barePods: workloads.barePods === 'delete' }),
    ...(workloads?.jobs !== undefined && { jobs: workloads.jobs === 'delete' }),
    ...(workloads?.onDelete !== undefined && { onDelete: workloads.onDelete === 'recreate' }),
  }
  const addresses = Object.entries(nodes?.addresses ?? {}).map(
    ([node, texts]): [string, PerFamily<string>] => [
      node,
      checking(['nodes', 'addresses', node], () => perFamily([texts].flat())) ?? {},
    ],
  )
  return {
    ...(families && { families, to: families.length > 1 ? 'dual' : 'single' }),
    ...(pods?.cidr !== undefined && { pods: pods.cidr }),
    ...(pods?.nodeMask !== undefined && { nodeMask: pods.nodeMask }),
    ...(services?.cidr !== undefined && { services: services.cidr }),
    ...(calico?.blockSize !== undefined && { blockSize: calico.blockSize }),
    ...(calico?.encapsulation !== undefined && { encapsulation: calico.encapsulation }),
    ...(calico?.natOutgoing !== undefined && { natOutgoing: calico.natOutgoing }),
    ...((nodes?.interface !== undefined || nodes?.cidr !== undefined) && {
      nodesFrom: {
        ...(nodes.interface !== undefined && { interface: nodes.interface }),
        ...(nodes.cidr !== undefined && { cidr: nodes.cidr }),
      },
    }),
    ...(addresses.length > 0 && { nodeAddresses: Object.fromEntries(addresses) }),
    ...(Object.keys(include).length > 0 && { include }),
  }
}

/** Canonical, so that it compares with what a node reports. @throws UsageError for a bad address, or two of one family */
function perFamily(texts: readonly string[]): PerFamily<string> {
  const found: { [F in Family]?: string } = {}
  for (const text of texts) {
    const { family } = parseIP(text)
    if (found[family] !== undefined) throw new UsageError(`${found[family]} and ${text} are both ${family}`)
    found[family] = text
  }
  return found
}

function refusal(name: string, mistakes: readonly Mistake[]): UsageError {
  const lines = mistakes.map(({ line, column, message }) => `  line ${line}, column ${column}: ${message}`)
  const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`
  return new UsageError(
    [`${name} has ${count}:`, ...lines].join('\n'),
    'All fields: docs/dualstack-yaml.md. Editors check while you type with schema/dualstack.schema.json.',
    'intent.file',
  )
}
