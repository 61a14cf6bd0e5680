import { scenarios } from '../scenarios/index.ts'
import { notRepeated } from '../watch/repeated.ts'

const marks = /(<!-- scenarios -->\n)[\s\S]*?(<!-- \/scenarios -->)/

/** A page with the table of all scenarios between its marks. */
export const withScenarios = (page: string): string =>
  page.replace(marks, (_, begin: string, end: string) => `${begin}${table()}${end}`)

const table = (): string =>
  [
    '| scenario | path | subject | likely layer when it fails alone | while it changes |',
    '| --- | --- | --- | --- | --- |',
    ...scenarios.map(({ id, title, topic, layer }) => {
      const likely = layer === 'cni' ? 'of the CNI' : `\`${layer}\``
      const reason = notRepeated[id]
      return `| \`${id}\` | ${title} | ${topic} | ${likely} | ${reason === undefined ? 'yes' : `no: ${reason}`} |`
    }),
    '',
  ].join('\n')
