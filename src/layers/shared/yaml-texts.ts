import { parse } from 'yaml'
import { getTexts } from '../../model/fields.ts'

/**
 * The texts of a list in a YAML file that is only looked at. None where the file cannot be understood: what is wrong with it is said by who
 * edits it, and by the component that does not start with it.
 */
export function textsIn(text: string, field: string): readonly string[] {
  try {
    return getTexts(parse(text, { logLevel: 'error' }), [field])
  } catch {
    return []
  }
}
