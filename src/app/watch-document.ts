import { UsageError } from '../base/errors.ts'
import type { Watched } from '../model/watch.ts'

export type WatchForm = 'json' | 'html'

/** By the end of a file's name. @throws UsageError for another end */
export function watchFormOf(path: string): WatchForm {
  if (/\.html?$/i.test(path)) return 'html'
  if (/\.json$/i.test(path)) return 'json'
  throw new UsageError(
    `--document ${path}: the end of the name says which kind of document it is`,
    'Name a file that ends in .html (a page) or .json.',
  )
}

/** The `apiVersion` of the JSON of a watch, in a file as in a line. */
export const watchVersion = 'dualstack/watch/v1'

/** What a watch saw, as a file: for people, or for scripts. */
export async function watchDocument(watched: Watched, form: WatchForm): Promise<string> {
  if (form === 'html') return (await import('../report/verification/watched-html.ts')).watchedHtml(watched)
  return (await import('../report/json.ts')).toJson({ apiVersion: watchVersion, ...watched })
}
