import { printable } from './printable.ts'

/** A text whose first line says what it is for, and whose others are to be copied: how a node joins. */
export interface Recipe {
  readonly title: string
  readonly lines: readonly string[]
}

export function recipeOf(text: string): Recipe {
  const [title = '', ...lines] = text.split('\n')
  return { title: printable(title), lines: lines.map(line => printable(line)) }
}

/** For a terminal. */
export const recipeText = (text: string): readonly string[] => {
  const { title, lines } = recipeOf(text)
  return [`- ${title}${lines.length > 0 ? ':' : ''}`, ...lines.map(line => `    ${line}`)]
}
