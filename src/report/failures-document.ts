import type { Failure } from '../model/failure.ts'

/** docs/failures.md: every known failure by layer, by what it shows, and where the sample of it is from. */
export function failuresDocument(failures: readonly Failure[]): string {
  const layers = [...new Set(failures.map(({ layer }) => layer))]
  const signs = failures.reduce((sum, { signs: own }) => sum + own.length, 0)
  const parts = [
    '# Known failures',
    '<!-- Made by `npm run docs:failures`; do not edit. -->',
    `What \`dualstack diagnose\` knows: ${failures.length} failures by ${signs} signs, from the ground up; what stands first breaks what follows. A \`*\` stands for what varies. Sure: nothing else says that; likely: other causes are known. Sample: \`lab\` was seen in a lab cluster, \`quoted\` is in the form that the source named gives, \`rule\` is what the rule of that id says ([rules.md](rules.md)). Every sign is found as itself by a test.`,
    ...layers.flatMap(layer => [
      `## ${layer}`,
      [
        '| failure | cause | signs | versions | sample |',
        '| --- | --- | --- | --- | --- |',
        ...failures.filter(one => one.layer === layer).map(row),
      ].join('\n'),
    ]),
  ]
  return `${parts.join('\n\n')}\n`
}

function row({ id, title, signs, versions, sample }: Failure): string {
  const shown = signs.map(sign => {
    const what =
      sign.kind === 'log'
        ? `${sign.speaker}: ${code(sign.line)}`
        : sign.kind === 'event'
          ? `event ${code([sign.reason, sign.message].filter(text => text !== '').join(': '))}`
          : `state: ${sign.what}`
    return `${what} (${sign.certainty})`
  })
  const cells = [
    code(id),
    title,
    shown.join('<br>'),
    code(versions ?? ''),
    sample?.from ?? (signs.some(({ kind }) => kind === 'log') ? 'rule' : ''),
  ]
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

const code = (text: string): string =>
  text === '' ? '' : `\`\`${text.includes('`') ? ` ${text} ` : text}\`\``
