import stringWidth from 'string-width'
import { printable } from './printable.ts'

/** How a cell is painted, after its width is known. */
export type Paint = (text: string) => string
export interface Cell {
  readonly text: string
  readonly paint: Paint
}

const gap = '   '

/**
 * Columns as kubectl prints them: aligned by what a terminal shows (wide characters count two), no boxes, no trailing spaces.
 * A column that is empty in every row is left out, with its title.
 */
export function table(
  titles: readonly string[],
  rows: readonly (readonly (string | Cell)[])[],
  paintTitle: Paint = text => text,
): string {
  const cells = rows.map(row => row.map(toCell))
  const columns = titles
    .map((_, column) => column)
    .filter(column => cells.some(row => (row[column]?.text ?? '') !== ''))
  const widths = new Map(
    columns.map(column => [
      column,
      Math.max(
        ...[titles[column] ?? '', ...cells.map(row => row[column]?.text ?? '')].map(text =>
          stringWidth(text),
        ),
      ),
    ]),
  )
  const line = (row: readonly (Cell | undefined)[]): string => {
    const parts = columns.map((column, index) => {
      const { text, paint } = row[column] ?? toCell('')
      const isLast = index === columns.length - 1
      return paint(text) + (isLast ? '' : ' '.repeat((widths.get(column) ?? 0) - stringWidth(text)) + gap)
    })
    return parts.join('').trimEnd()
  }
  return [line(titles.map(title => ({ text: title, paint: paintTitle }))), ...cells.map(line)]
    .map(text => `${text}\n`)
    .join('')
}

function toCell(cell: string | Cell): Cell {
  const { text, paint } = typeof cell === 'string' ? { text: cell, paint: (same: string) => same } : cell
  return { text: printable(text), paint: text === '' ? same => same : paint }
}
