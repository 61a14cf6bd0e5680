import { type Html, html } from '../html.ts'
import { counted } from '../printable.ts'
import type { Content } from './content.ts'
import { roughly } from './expected.ts'

const width = 760
const row = 26
const left = 190
const right = 150
const top = 26

/** When what happens: a bar for each stage, as long as it is expected to take; where something is felt, and from where on something stays. */
export function timeline(content: Content): Html {
  const { stages } = content
  const total = Math.max(
    1,
    stages.reduce((sum, stage) => sum + stage.about, 0),
  )
  const scale = (width - left - right) / total
  const height = top + stages.length * row + 14
  const felt = new Set(content.interruptions.map(({ step }) => step))
  const firstStay = content.stays[0]?.step
  let begun = 0
  let edge: number | undefined
  const rows = stages.map((stage, index) => {
    const y = top + index * row
    const x = left + begun * scale
    if (edge === undefined && stage.steps.some(({ number }) => number === firstStay)) edge = x
    begun += stage.about
    const isFelt = stage.steps.some(({ number }) => felt.has(number))
    const length = Math.max(3, stage.about * scale)
    return html`<text x="0" y="${y + 16}">${stage.id}</text><rect class="${isFelt ? 'warn' : 'new'}" x="${x.toFixed(1)}" y="${y + 5}" width="${length.toFixed(1)}" height="${row - 12}" rx="2"/><text class="soft" x="${(x + length + 6).toFixed(1)}" y="${y + 16}">${roughly(stage.about)}, ${counted(stage.steps.length, 'step')}${isFelt ? ' ▲' : ''}</text>
`
  })
  const limit =
    edge === undefined
      ? undefined
      : html`<line class="edge" x1="${edge.toFixed(1)}" x2="${edge.toFixed(1)}" y1="${top - 4}" y2="${height - 8}"/><text class="bad" x="${Math.min(edge + 4, width - 250).toFixed(1)}" y="${top - 10}">from here on something stays</text>
`
  return html`<figure>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Stages in order, with the time that each is expected to take">
${rows}${limit}</svg>
<figcaption>Stages in order, and about how long each takes.${content.interruptions.length > 0 && ' ▲ something is felt there for a moment.'}</figcaption>
</figure>`
}
