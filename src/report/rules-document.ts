import type { AnyRule } from '../model/rule.ts'
import type { Place } from '../rules/places.ts'

export interface RulesDocument {
  readonly rules: readonly AnyRule[]
  readonly chapters: readonly { readonly title: string; readonly places: readonly Place[] }[]
  readonly notSeen: Readonly<Record<string, string>>
}

/** docs/rules.md: every rule by topic, then which rules see which of the things that are known to matter. */
export function rulesDocument({ rules, chapters, notSeen }: RulesDocument): string {
  const topics = [...new Set(rules.map(topicOf))].toSorted()
  const parts = [
    '# Rules',
    '<!-- Made by `npm run docs:rules`; do not edit. -->',
    `Every rule that \`dualstack preflight\` runs: ${rules.length} rules on ${topics.length} topics. \`dualstack explain ID\` tells all of one. An error: it would not work, and \`apply\` refuses. A warning: it works, and you should know before. What they are judged by, and how to add one: [design.md](design.md#rules), [CONTRIBUTING.md](../CONTRIBUTING.md#a-rule).`,
    '## By topic',
    ...topics.flatMap(topic => [
      `### ${topic}`,
      rows(
        ['rule', 'severity', 'versions', 'demands', 'source'],
        rules
          .filter(rule => topicOf(rule) === topic)
          .map(rule => [code(rule.id), rule.severity, rule.versions ?? 'all', rule.title, rule.source]),
      ),
    ]),
    '## What is known to matter, and who sees it',
    'Each line is something that breaks, or surprises, on the way to dual-stack or back; beside it the rules that see it beforehand, or why it cannot be seen.',
    ...chapters.flatMap(({ title, places }) => [
      `### ${title}`,
      rows(
        ['place', 'about', 'seen by'],
        places.map(place => [place.id, place.title, seenBy(place, rules, notSeen)]),
      ),
    ]),
  ]
  return `${parts.join('\n\n')}\n`
}

/** Ids of the rules that see a place. */
export const rulesFor = (place: Place, rules: readonly AnyRule[]): readonly string[] =>
  rules
    .filter(
      rule =>
        rule.covers.includes(place.id) ||
        place.rules?.some(id => id === rule.id || (id.endsWith('/') && rule.id.startsWith(id))),
    )
    .map(rule => rule.id)

function seenBy(place: Place, rules: readonly AnyRule[], notSeen: RulesDocument['notSeen']): string {
  const ids = rulesFor(place, rules)
  const reason = notSeen[place.id]
  return [ids.map(code).join(', '), reason === undefined ? '' : `not beforehand: ${reason}`]
    .filter(text => text !== '')
    .join('; ')
}

const topicOf = (rule: AnyRule): string => rule.id.split('/')[0] ?? ''
const code = (text: string): string => `\`${text}\``

const rows = (titles: readonly string[], body: readonly (readonly string[])[]): string =>
  [titles, titles.map(() => '---'), ...body].map(cells => `| ${cells.map(cell).join(' | ')} |`).join('\n')

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
