import type { Answer, Skipped, Verification } from '../../model/verification.ts'
import { type Html, html } from '../html.ts'
import { askText, evidenceLines, expectedText, failuresOf, standingOf } from './words.ts'

/**
 * JUnit XML as Jenkins and GitLab read it: one testsuite a scenario, one testcase a probe, a skipped scenario as a testcase that was skipped.
 * Times are seconds. What failed in the baseline too is a failure here as well: JUnit has no word for it.
 */
export function verificationJunit(verification: Verification): string {
  const { answers, skipped, at } = verification
  const scenarios = [
    ...new Set([...answers.map(({ ask }) => ask.scenario), ...skipped.map(({ scenario }) => scenario)]),
  ]
  const failed = failuresOf(verification).length
  return html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="dualstack verify" tests="${answers.length + skipped.length}" failures="${failed}" errors="0" skipped="${skipped.length}" time="${secondsOf(answers)}" timestamp="${at}">
${scenarios.map(scenario =>
  suite(
    scenario,
    answers.filter(({ ask }) => ask.scenario === scenario),
    skipped.filter(one => one.scenario === scenario),
    verification,
  ),
)}</testsuites>
`.text
}

function suite(
  scenario: string,
  answers: readonly Answer[],
  skipped: readonly Skipped[],
  verification: Verification,
): Html {
  const failed = answers.filter(({ outcome }) => outcome === 'failed').length
  return html`  <testsuite name="${scenario}" tests="${answers.length + skipped.length}" failures="${failed}" errors="0" skipped="${skipped.length}" time="${secondsOf(answers)}" timestamp="${verification.at}">
${answers.map(answer => testcase(answer, verification))}${skipped.map(({ family, reason }) => {
  return html`    <testcase classname="${[scenario, family].filter(part => part !== undefined).join('.')}" name="skipped" time="0">
      <skipped message="${reason}"/>
    </testcase>
`
})}  </testsuite>
`
}

function testcase(answer: Answer, verification: Verification): Html {
  const { ask, outcome } = answer
  // The words of a probe may be those of another (two ports of one Service): with its id no name is there twice.
  const attributes = html`classname="${ask.scenario}.${ask.family}" name="${ask.protocol} ${askText(ask)} [${ask.id}]" time="${secondsOf([answer])}"`
  if (outcome === 'passed')
    return html`    <testcase ${attributes}/>
`
  return html`    <testcase ${attributes}>
      <failure message="${`expected ${expectedText(ask)}, seen: ${answer.seen}`}" type="${ask.expect}">${failureLines(
        answer,
        verification,
      ).map(
        line => html`${line}
`,
      )}</failure>
    </testcase>
`
}

const failureLines = (answer: Answer, verification: Verification): readonly string[] => [
  answer.seen,
  ...[standingOf(answer.ask.id, verification)].filter(line => line !== undefined),
  ...(answer.seenFrom === undefined ? [] : [`the far side saw it come from ${answer.seenFrom}`]),
  ...(answer.layer === undefined ? [] : [`likely layer: ${answer.layer}`]),
  ...(answer.evidence ?? []).flatMap(({ of, says }) => [
    `$ ${of}`,
    ...evidenceLines(says).map(line => `  ${line}`),
  ]),
]

const secondsOf = (answers: readonly Answer[]): string =>
  (answers.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0) / 1000).toFixed(3)
