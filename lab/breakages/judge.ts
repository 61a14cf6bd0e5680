import type { Breakage, Outcome, SeenByTraffic } from './breakage.ts'

type Said = Omit<Outcome['verify'], 'seen'>

/** Did `verify` say what it must? Where traffic cannot show it: that all is well. */
export const isSeen = ({ verify }: Breakage['expect'], said: Said): boolean =>
  'unseen' in verify ? said.code === 0 : isAsExpected(verify, said)

export const isNamed = (
  { diagnose }: Breakage['expect'],
  found: readonly { readonly failure: string }[],
): boolean => found[0]?.failure === diagnose

function isAsExpected({ fails = [], ends, node }: SeenByTraffic, { code, failed, says = '' }: Said): boolean {
  return (
    code !== 0 &&
    fails.every(({ scenario, family }) => failed.some(line => line.startsWith(`${scenario} ${family}:`))) &&
    (ends === undefined || says.startsWith(`${ends}:`)) &&
    (node === undefined || says.includes(`node ${node}`))
  )
}
