import { families } from '../address/family.ts'
import type { AnyRule, Rule, RuleInputs, Violation } from '../model/rule.ts'
import type { Colours } from './colours.ts'
import { printable } from './printable.ts'
import { table } from './table.ts'

/** Everything a rule says of itself, with its own examples. */
export function explainText(rule: AnyRule, colours: Colours): string {
  const row = (label: string, text: string): string =>
    `${colours.dim(`${label}:`.padEnd(10))} ${printable(text)}\n`
  return [
    `${colours.bold(rule.id)}: ${printable(rule.title)}\n\n`,
    row('severity', rule.severity),
    row('versions', rule.versions === undefined ? 'all' : `Kubernetes ${rule.versions}`),
    row('why', rule.why),
    row('mend', rule.remedy),
    row('source', rule.source),
    ...(rule.says ?? []).map(({ component, line }) => row('says', `${component}: ${line}`)),
    '\n',
    ...exampleLines(rule as Rule, colours).map(line => `${line}\n`),
  ].join('')
}

/** What it looks like when the rule is broken, and when it is kept: made from the examples that its test runs. */
function exampleLines(rule: Rule, colours: Colours): readonly string[] {
  const broken = rule.examples.bad.flatMap(make => {
    const input = make()
    const [first] = rule.judge(input)
    return [
      `- ${printable(inWords(rule.on, input))}`,
      ...(first === undefined ? [] : [`    ${printable(told(first))}`]),
    ]
  })
  const kept = rule.examples.good.map(make => printable(inWords(rule.on, make())))
  return [
    colours.bold('Broken by, for instance'),
    ...broken,
    colours.bold('Kept by, for instance'),
    ...[...new Set(kept)].map(text => `- ${text}`),
  ]
}

const told = ({ object, field, message }: Violation): string =>
  `${object}${field === '' ? '' : ` ${field}`}: ${message}`

/** An input as a person would write it. Of a whole cluster only what it is on its way to: what matters in it is in the finding. */
function inWords(on: keyof RuleInputs, input: RuleInputs[keyof RuleInputs]): string {
  const one = { [on]: input } as Partial<RuleInputs>
  if (one.arguments !== undefined) {
    const { component, version, arguments: given } = one.arguments
    const isFile = component === 'kube-proxy' || component === 'kubeadm'
    const words = Object.entries(given).map(([name, value]) =>
      isFile ? `${name}: ${value}` : `--${name}=${value}`,
    )
    return `${component} ${version}${isFile ? ', ' : ' '}${words.join(isFile ? ', ' : ' ') || 'without these arguments'}`
  }
  if (one.ranges !== undefined) {
    const { version, pods, services, nodeMask } = one.ranges
    const part = (name: string, values: readonly (string | number | undefined)[]): string => {
      const there = values.filter(value => value !== undefined)
      return there.length === 0 ? '' : `, ${name} ${there.join(',')}`
    }
    return `${version}${part(
      'pods',
      families.map(family => pods[family]),
    )}${part(
      'services',
      families.map(family => services[family]),
    )}${part(
      'node masks',
      families.map(family => nodeMask[family]),
    )}`
  }
  if (one.admission !== undefined) {
    const { resource, object, old, server } = one.admission
    const { namespace, name } = object.metadata
    const what = `${resource} ${namespace === undefined ? '' : `${namespace}/`}${name}`
    return `${old === undefined ? 'create' : 'update'} ${what} ${JSON.stringify(object['spec'] ?? {})} on a server with ${server.services.join(',')}`
  }
  const goal = one.cluster?.goal
  return `a cluster of ${one.cluster?.cluster.version ?? ''}${goal === undefined ? '' : ` on its way to ${goal.families.join(' and ')}`}`
}

/** Every rule on a line, in the order in which they are told. */
export const rulesTable = (rules: readonly AnyRule[], colours: Colours): string =>
  table(
    ['RULE', 'SEVERITY', 'VERSIONS', 'DEMANDS'],
    rules.map(rule => [rule.id, rule.severity, rule.versions ?? '', rule.title]),
    colours.bold,
  )
