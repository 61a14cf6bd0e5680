import { UsageError } from '../base/errors.ts'
import type { Plan } from '../model/plan.ts'
import { redactText } from '../text/redact.ts'
import type { DocumentOptions } from '../report/document/content.ts'

export type DocumentForm = 'markdown' | 'html'

/** By the end of a file's name. @throws UsageError for another end */
export function formOf(path: string): DocumentForm {
  if (/\.(md|markdown)$/i.test(path)) return 'markdown'
  if (/\.html?$/i.test(path)) return 'html'
  throw new UsageError(
    `--document ${path}: the end of the name says which kind of document it is`,
    'Name a file that ends in .md or .html.',
  )
}

/** A plan as a document for people who approve it. A changed line may hold more than what was changed: what looks confidential is taken out. */
export async function planDocument(
  plan: Plan,
  form: DocumentForm,
  options: Omit<DocumentOptions, 'mask'>,
): Promise<string> {
  const how = { ...options, mask: redactText }
  if (form === 'html') return (await import('../report/document/html.ts')).planHtml(plan, how)
  return (await import('../report/document/markdown.ts')).planMarkdown(plan, how)
}
