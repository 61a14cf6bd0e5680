import type { Plan } from '../../model/plan.ts'
import { printable, seconds } from '../printable.ts'
import { recipeOf } from '../recipe.ts'
import { contentOf, type Content, type DocumentOptions, type StepContent } from './content.ts'
import { roughly } from './expected.ts'

/** A plan as Markdown, for a merge request or a ticket: what the page says, without the pictures. */
export function planMarkdown(plan: Plan, options: DocumentOptions): string {
  const content = contentOf(plan, options)
  const { facts, figures, interruptions, joins, lead, notices, stages, stays, title } = content
  const parts = [
    [`# ${text(title)}`],
    stages.length === 0 ? ['Nothing to do: the cluster is at this goal.'] : [text(lead)],
    table(['', ''], [...(stages.length === 0 ? [] : figures), ...facts]),
  ]
  const add = (heading: string, lines: readonly string[]): void => {
    if (lines.length > 0) parts.push([`## ${heading}`], [...lines])
  }
  if (stages.length > 0) {
    add('Order and time', order(content))
    add(
      'What is felt',
      interruptions.length === 0
        ? ['Nothing.']
        : table(
            ['step', 'what', 'how long'],
            interruptions.map(one => [String(one.step), one.what, seconds(one.seconds)]),
          ),
    )
    add(
      'What the way back cannot remove',
      stays.length === 0
        ? ['Nothing: the way back leads to what is there now.']
        : stays.map(({ step, what }) => `* ${text(what)} (step ${step})`),
    )
    add(
      'To know: left alone, or not as it was',
      notices.map(
        ({ objects, message, remedy }) =>
          `* **${text(objects.join(', '))}**: ${text(message)}${remedy === undefined ? '' : `  \n  ${text(remedy)}`}`,
      ),
    )
    parts.push(['## Every step'])
    for (const stage of stages) {
      parts.push([`### ${text(stage.id)}`], [text(stage.because)])
      for (const step of stage.steps) parts.push(...stepParts(step))
    }
  }
  if (joins.length > 0) parts.push(['## For nodes that join later'])
  for (const { title: name, lines } of joins.map(recipeOf)) {
    parts.push([text(name)])
    if (lines.length > 0) parts.push(fenced(lines, 'yaml'))
  }
  return parts.map(lines => lines.map(line => `${line}\n`).join('')).join('\n')
}

const order = ({ stages }: Content): string[] =>
  table(
    ['stage', 'steps', 'about', 'why here'],
    stages.map(stage => [
      stage.id,
      stage.steps.length === 1
        ? String(stage.steps[0]?.number ?? '')
        : `${stage.steps[0]?.number ?? ''}–${stage.steps.at(-1)?.number ?? ''}`,
      roughly(stage.about),
      stage.because,
    ]),
  )

function stepParts({ number, step, expected, diff, follows }: StepContent): string[][] {
  const row = (name: string, what: string): string => `* ${name}: ${text(what)}`
  const lines = [
    row('why', step.why),
    ...step.interrupts.map(({ what, seconds: length }) => row('interrupts', `${what} (${seconds(length)})`)),
    ...step.leaves.map(what => row('leaves', what)),
    ...follows.map(what => row('then', what)),
    ...[...step.needs, ...step.gates].map(gate =>
      row('waits', `until ${gate.id} holds, up to ${seconds(gate.within)}: ${gate.because}`),
    ),
    ...(step.guard === undefined
      ? []
      : [
          row(
            'guard',
            `${step.guard.node} undoes it by itself after ${seconds(step.guard.within)}, unless it is confirmed`,
          ),
        ]),
  ]
  const heading = [`**${number}. ${text(step.title)}** (${text(step.id)}, about ${roughly(expected.about)})`]
  if (diff.length === 0) return [heading, lines]
  return [heading, lines, fenced(diff)]
}

/** A fence longer than any run of backticks in it, so that nothing inside ends it. */
function fenced(lines: readonly string[], language = 'diff'): string[] {
  const longest = Math.max(2, ...lines.flatMap(line => [...line.matchAll(/`+/g)].map(([run]) => run.length)))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, ...lines.map(line => printable(line)), fence]
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell => text(cell)).join(' | ')} |`
  return [line(titles), `|${' --- |'.repeat(titles.length)}`, ...rows.map(line)]
}

/** One line in which nothing is markup: neither Markdown's own nor HTML, which most readers of Markdown show. */
const text = (value: string): string =>
  printable(value)
    .replaceAll(/[\\`*_[\]|~]/g, character => `\\${character}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
