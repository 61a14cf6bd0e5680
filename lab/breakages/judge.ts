import type { Breakage, Outcome, SeenByTraffic } from './breakage.ts'

type Said = Omit<Outcome['verify'], 'seen'>

/** Did `verify` say what it must? Where traffic cannot show it: that all is well. */
export const isSeen = ({ verify }: Breakage['expect'], said: Said): boolean =>
  'unseen' in verify ? said.code === 0 : isAsExpected(verify, said)

export const isNamed = (
  { diagnose }: Breakage['expect'],
  [first]: readonly { readonly failure: string; readonly also?: readonly string[] }[],
): boolean => first?.failure === diagnose || first?.also?.includes(diagnose) === true

function isAsExpected({ fails = [], ends, node }: SeenByTraffic, { code, failed, says = '' }: Said): boolean {
  return (
    code !== 0 &&
    fails.every(({ scenario, family }) => failed.some(line => line.startsWith(`${scenario} ${family}:`))) &&
    (ends === undefined || says.startsWith(`${ends}:`)) &&
    (node === undefined || says.includes(`node ${node}`))
  )
}
