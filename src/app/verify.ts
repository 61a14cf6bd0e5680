import { UsageError } from '../base/errors.ts'
import { familyOf, tryParseIP } from '../address/index.ts'
import type { Verification } from '../model/verification.ts'
import { missingFamilies } from '../report/verification/paths.ts'
import { newFailures } from '../report/verification/words.ts'
import { type External, scenarios, type Topic, topics, verify } from '../verify/index.ts'

export { type Verification, verify }

/** In words, for reports. */
export const scenarioTitles: ReadonlyMap<string, string> = new Map(
  scenarios.map(({ id, title }) => [id, title]),
)

/** @throws UsageError for another word than `pod`, `service`, `ingress` */
export function topicOf(word: string | undefined): Topic | undefined {
  if (word === undefined) return undefined
  const found = topics.find(topic => topic === word)
  if (found === undefined)
    throw new UsageError(
      `${JSON.stringify(word)} is nothing that can be verified`,
      `There are ${topics.join(', ')}; without any, all.`,
    )
  return found
}

/** `192.0.2.10`, `192.0.2.10:8080`, `2001:db8::1`, `[2001:db8::1]:8080`. Port 80 where none is named. */
export function addressOf(option: string, text: string): External {
  const [, bracketed, dotted, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const address = bracketed ?? dotted ?? text.replace(/^\[(.*)\]$/, '$1')
  if (tryParseIP(address) === undefined || Number(port) > 65_535)
    throw new UsageError(
      `${option} ${JSON.stringify(text)} is no address`,
      'Like 192.0.2.10:80, or [2001:db8::10]:80; something there that answers HTTP.',
    )
  return { name: text, family: familyOf(address), address, port: Number(port ?? 80) }
}

/**
 * @param usual where none is given
 * @throws UsageError unless it is a whole number from 1 to 1000
 */
export function rateOf(text: string | undefined, usual: number): number {
  if (text === undefined) return usual
  const rate = Number(text)
  if (!Number.isInteger(rate) || rate < 1 || rate > 1000)
    throw new UsageError(
      `--rate ${JSON.stringify(text)} is no number of requests a second`,
      'A whole number from 1 to 1000.',
    )
  return rate
}

/** Did everything come as expected, in each family that was asked for and on each node? What failed in the baseline too does not count. */
export const isWhole = (result: Verification): boolean =>
  newFailures(result).length === 0 &&
  missingFamilies(result).length === 0 &&
  result.skipped.every(({ scenario }) => scenario !== 'nodes')
