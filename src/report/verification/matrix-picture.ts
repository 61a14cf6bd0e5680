import { Html, html } from '../html.ts'
import { palette, pictureStyle } from '../style.ts'
import { type Matrix, matricesOf } from './matrix.ts'
import type { Verification } from '../../model/verification.ts'

const cellWidth = 92
const row = 30
const left = 150
const top = 34

/** Beyond this nobody can read a line of it. */
const mostNodes = 40

/** One matrix for each family: a green field with a number is well, a red one with a cross is not. */
export const matrixPictures = (verification: Verification): readonly Html[] =>
  matricesOf(verification, mostNodes).map(
    matrix => html`<figure>
${picture(matrix)}
<figcaption>${matrix.family}: who asked (rows) whom (columns), and how many probes passed.${matrix.folded > 0 && ` ${matrix.folded} more nodes are not shown.`}</figcaption>
</figure>
`,
  )

/** All matrices one below the other as a file of its own, for documents. */
export function matrixFile(verification: Verification): string {
  const matrices = matricesOf(verification, mostNodes)
  const width = Math.max(...matrices.map(widthOf))
  const heights = matrices.map(heightOf)
  const height = heights.reduce((sum, one) => sum + one, 0)
  let y = 0
  const parts = matrices.map((matrix, index) => {
    const at = y
    y += heights[index] ?? 0
    return html`<g transform="translate(0 ${at})">
${inner(matrix)}</g>
`
  })
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Who reaches whom, family by family">
<style>${new Html(palette + pictureStyle)}svg { color: var(--ink) }</style>
<rect width="100%" height="100%" style="fill: var(--paper)"/>
${parts}</svg>
`.text
}

const widthOf = ({ columns }: Matrix): number => left + columns.length * cellWidth + 10
const heightOf = ({ rows }: Matrix): number => top + rows.length * row + 10

const picture = (matrix: Matrix): Html =>
  html`<svg viewBox="0 0 ${widthOf(matrix)} ${heightOf(matrix)}" style="max-width: ${widthOf(matrix)}px; min-width: 0" role="img" aria-label="${matrix.family}: who reaches whom">
${inner(matrix)}</svg>`

function inner({ family, rows, columns, cell }: Matrix): Html {
  return html`<text x="0" y="16">${family}</text>
${columns.map((column, index) => html`<text class="soft" x="${left + index * cellWidth + cellWidth / 2}" y="${top - 6}" text-anchor="middle">${shortened(column)}<title>to ${column}</title></text>`)}
${rows.map((from, line) => {
  const y = top + line * row
  return html`<text x="0" y="${y + 19}">${shortened(from, 22)}<title>from ${from}</title></text>${columns.map(
    (to, index) => field(from, to, cell(from, to), left + index * cellWidth, y),
  )}
`
})}`
}

function field(from: string, to: string, found: ReturnType<Matrix['cell']>, x: number, y: number): Html {
  const middle = x + cellWidth / 2
  if (found === undefined)
    return html`<text class="soft" x="${middle}" y="${y + 19}" text-anchor="middle">·</text>`
  const { passed, failed } = found
  const words = failed === 0 ? `✓ ${passed}` : `✕ ${failed} of ${passed + failed}`
  return html`<g><title>${from} → ${to}: ${passed} passed, ${failed} failed</title><rect class="${failed === 0 ? 'ok' : 'fail'}" x="${x + 3}" y="${y + 3}" width="${cellWidth - 6}" height="${row - 6}" rx="4"/><text x="${middle}" y="${y + 19}" text-anchor="middle">${words}</text></g>`
}

/** Names of nodes are up to 253 characters long, and differ at either end: the middle goes. The whole one stands in the title. */
export function shortened(text: string, most = 13): string {
  const characters = Array.from(text)
  if (characters.length <= most) return text
  const half = Math.floor((most - 1) / 2)
  return `${characters.slice(0, most - 1 - half).join('')}…${characters.slice(-half).join('')}`
}
