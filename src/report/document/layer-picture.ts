import { type Family, families } from '../../address/family.ts'
import { type Html, html } from '../html.ts'
import { counted } from '../printable.ts'
import type { Content } from './content.ts'

const width = 760
const row = 30
const top = 24
const label = 210
const box = 78

/** The cluster as a stack, the ground at the bottom: which families each layer that changes carries now, and afterwards. */
export function layerPicture(content: Content): Html {
  const rows = content.layers.toReversed()
  const height = top + rows.length * row + 4
  const columns = [
    { title: 'now', x: label, carried: content.families.before },
    { title: 'afterwards', x: label + 240, carried: content.families.after },
  ]
  const boxOf = (family: Family, index: number, x: number, y: number, carried: readonly Family[]): Html => {
    const isThere = carried.includes(family)
    const at = x + index * (box + 8)
    const kind = isThere ? (carried[0] === family ? 'old' : 'new') : 'none'
    return html`<rect class="${kind}" x="${at}" y="${y + 4}" width="${box}" height="${row - 8}" rx="4"/><text class="${isThere ? 'on-bar' : 'soft'}" x="${at + box / 2}" y="${y + 19}" text-anchor="middle">${isThere ? family : `no ${family}`}</text>`
  }
  return html`<figure>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Layers of the cluster, with the families they carry now and afterwards">
${columns.map(({ title, x }) => html`<text class="soft" x="${x}" y="14">${title}</text>`)}
${rows.map((layer, index) => {
  const y = top + index * row
  return html`<text x="0" y="${y + 19}">${layer.title}</text>${columns.map(({ x, carried }) => families.map((family, place) => boxOf(family, place, x, y, carried)))}<text class="soft" x="${label + 180}" y="${y + 19}">→</text><text class="soft" x="${label + 430}" y="${y + 19}">${counted(layer.steps, 'step')}</text>
`
})}</svg>
<figcaption>The layers that change, the ground at the bottom.</figcaption>
</figure>`
}
