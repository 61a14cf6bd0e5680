import type { Breakage, Outcome } from './breakage.ts'
import { isNamed, isSeen } from './judge.ts'

/** docs/breakages.md: what was broken, what `verify` saw of it, what `diagnose` named first, and from which words. */
export function breakagesDocument(breakages: readonly Breakage[], recorded: readonly Outcome[]): string {
  const rows = breakages.flatMap(breakage => {
    const outcome = recorded.find(({ id }) => id === breakage.id)
    return outcome === undefined ? [] : [{ breakage, outcome }]
  })
  const open = breakages.filter(({ id }) => recorded.every(one => one.id !== id)).map(({ id }) => code(id))
  const silent = rows.filter(({ breakage }) => 'unseen' in breakage.expect.verify)
  const seen = rows.filter(
    ({ breakage, outcome }) =>
      !('unseen' in breakage.expect.verify) && isSeen(breakage.expect, outcome.verify),
  )
  const named = rows.filter(({ breakage, outcome }) => isNamed(breakage.expect, outcome.diagnose.found))
  const lines = rows.filter(({ outcome }) => outcome.diagnose.found[0]?.isLine === true)
  const quiet = rows.flatMap(({ outcome }) => outcome.quietAfter ?? [])
  return `${[
    '# Broken on purpose',
    '<!-- Made by `npm run docs:breakages`; do not edit. -->',
    `A real cluster ([lab.md](lab.md)) is broken on purpose, one thing at a time, then asked by \`dualstack diagnose\` and \`dualstack verify\`, and mended. Each breakage is declared in \`lab/breakages/\`: what is done, and beforehand what both must say. \`single\` are those of the cluster as kubeadm made it, \`dual\` those of the one that this tool has converted. \`npm run breakages -- --record\` makes them; here stand the ${rows.length} of ${breakages.length} whose last run is recorded. In between journals and events are taken away, so that each is found by its own traces; \`--until-quiet\` waits instead until nothing of it is told any more.`,
    [
      '| | |',
      '| --- | --- |',
      `| seen by \`verify\` | ${seen.length} of the ${rows.length - silent.length} that traffic can show; of the other ${silent.length} the reason stands below |`,
      `| named first by \`diagnose\` | ${named.length} of ${rows.length} |`,
      `| by a component’s own words, produced in the lab | ${lines.length}; the others by what stands there |`,
      ...(quiet.length === 0
        ? []
        : [
            `| quiet again after it was mended, without anything taken away | ${quiet.length} that were waited for: ${median(quiet)} s (median), ${Math.max(0, ...quiet)} s at most |`,
          ]),
    ].join('\n'),
    [
      '| breakage | row of the how-to | `verify` | `diagnose`, first | from |',
      '| --- | --- | --- | --- | --- |',
      ...rows.map(row),
    ].join('\n'),
    ...(open.length === 0 ? [] : [`Declared, and not recorded yet: ${open.join(', ')}.`]),
    '## The words',
    'What stood behind the cause that was named first: a line of a component, as the lab produced it, or what was read of the cluster.',
    [
      '| breakage | where | what |',
      '| --- | --- | --- |',
      ...rows.map(({ breakage, outcome }) => {
        const [first] = outcome.diagnose.found
        return `| ${code(breakage.id)} | ${cell(first?.where ?? '')} | ${code(first?.says ?? '')} |`
      }),
    ].join('\n'),
  ].join('\n\n')}\n`
}

interface Row {
  readonly breakage: Breakage
  readonly outcome: Outcome
}

function row({ breakage, outcome }: Row): string {
  const { id, title, base, howto, expect } = breakage
  const { verify, diagnose } = outcome
  const told = [...verify.failed, ...(verify.says === undefined ? [] : [verify.says])]
  const seen =
    'unseen' in expect.verify
      ? `not by traffic: ${expect.verify.unseen}${isSeen(expect, verify) ? '' : `; **it told**: ${told.join('; ')}`}`
      : `${isSeen(expect, verify) ? 'seen' : '**not seen**'}: ${told.join('; ')}`
  const [first] = diagnose.found
  const cells = [
    `${code(id)} (${base}): ${title}`,
    howto.join('; '),
    cell(seen),
    `${isNamed(expect, diagnose.found) ? '' : '**another**: '}${first === undefined ? 'nothing' : `${code(first.failure)}, ${first.certainty}`}`,
    first?.isLine === true ? 'its words' : 'state',
  ]
  return `| ${cells.join(' | ')} |`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (text: string): string => `\`\`${text.includes('`') ? ` ${cell(text)} ` : cell(text)}\`\``

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
