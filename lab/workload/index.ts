import { readFile } from 'node:fs/promises'

const files = ['demo.yaml', 'data.yaml', 'ops.yaml']

/** The sample workload with image references in place of the names `probe` and `agnhost`. */
export async function workload(refs: Record<string, string>): Promise<string> {
  const texts = await Promise.all(files.map(file => readFile(new URL(file, import.meta.url), 'utf8')))
  return texts.join('---\n').replace(/image: (probe|agnhost)\b/g, (_, name: string) => `image: ${refs[name]}`)
}
