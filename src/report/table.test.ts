import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { table } from './table.ts'

describe('table', () => {
  it('aligns columns by what a terminal shows, without trailing spaces', () => {
    expect(
      table(
        ['NAME', 'IPV4', 'NOTE'],
        [
          ['节点一', '10.0.0.1', ''],
          ['n2', '-', 'away'],
          ['é', '10.0.0.33', ''],
        ],
      ),
    ).toMatchInlineSnapshot(`
      "NAME     IPV4        NOTE
      节点一   10.0.0.1
      n2       -           away
      é        10.0.0.33
      "
    `)
  })

  it('leaves out a column that is empty everywhere, with its title', () => {
    expect(table(['A', 'B', 'C'], [['1', '', '3']])).toBe('A   C\n1   3\n')
  })

  it('lets no control character of a cluster through', () => {
    const text = table(['A', 'B'], [['\u001B[2Jgone\nnext', '\u202Eevil']])
    expect(text).toBe('A               B\n [2Jgone next    evil\n')
    expect(text.split('\n').every(line => stringWidth(line) === line.length)).toBe(true)
  })

  it('paints after it has measured', () => {
    const paint = (text: string) => `<${text}>`
    expect(
      table(
        ['A', 'B'],
        [
          [{ text: 'x', paint }, 'y'],
          ['long', 'z'],
        ],
      ),
    ).toBe('A      B\n<x>      y\nlong   z\n'.replace('<x>      y', '<x>      y'))
  })
})
