import { scenarios } from '../scenarios/index.ts'

const marks = /(<!-- scenarios -->\n)[\s\S]*?(<!-- \/scenarios -->)/

/** A page with the table of all scenarios between its marks. */
export const withScenarios = (page: string): string =>
  page.replace(marks, (_, begin: string, end: string) => `${begin}${table()}${end}`)

const table = (): string =>
  [
    '| scenario | path | subject | likely layer when it fails alone |',
    '| --- | --- | --- | --- |',
    ...scenarios.map(
      ({ id, title, topic, layer }) =>
        `| \`${id}\` | ${title} | ${topic} | ${layer === 'cni' ? 'of the CNI' : `\`${layer}\``} |`,
    ),
    '',
  ].join('\n')
