import type { Answer, Verification } from '../../model/verification.ts'
import { type Html, html } from '../html.ts'
import { page } from '../page.ts'
import { matrixPictures } from './matrix-picture.ts'
import { pathPicture } from './path-picture.ts'
import {
  askText,
  baselineText,
  evidenceLines,
  expectedText,
  failuresOf,
  standingOf,
  verdictText,
} from './words.ts'

/** Each has a picture; beyond these a page would be slow to open and slower to print. The list of all probes follows. */
const mostFailures = 100
const mostAnswers = 5000

/** A verification as one page that needs nothing else: to open in a browser, to send, to print. */
export function verificationHtml(verification: Verification): string {
  return page(`Traffic of cluster ${verification.cluster}`, body(verification))
}

function body(verification: Verification): Html {
  const { cluster, at, families, nodes, answers, skipped, notAsked = [] } = verification
  const failures = failuresOf(verification)
  const baseline = baselineText(verification)
  return html`<h1>Who reaches whom</h1>
<p class="soft">${verdictText(verification)}${baseline !== undefined && html`<br>${baseline}`}</p>
<div class="cards">${families.map(family => {
    const asked = answers.filter(({ ask }) => ask.family === family)
    const passed = asked.filter(({ outcome }) => outcome === 'passed').length
    return card(family, asked.length === 0 ? 'not asked' : `${passed} of ${asked.length} passed`)
  })}${card('Failed', String(failures.length))}${card('Skipped', String(skipped.length))}</div>
<dl><dt>cluster</dt><dd>${cluster}</dd>
<dt>asked at</dt><dd>${at}</dd>
<dt>nodes</dt><dd>${nodes.length}</dd>
</dl>
<h2>Matrix</h2>
${answers.length === 0 ? html`<p>Nothing was asked.</p>` : matrixPictures(verification)}
<h2>Failed</h2>
${failures.length === 0 ? html`<p>Nothing.</p>` : failures.slice(0, mostFailures).map(answer => failureBox(answer, verification))}
${failures.length > mostFailures && html`<p>${failures.length - mostFailures} more stand in the list of all probes.</p>`}
<h2>By scenario</h2>
${scenarioTable(verification)}
<h2>Skipped</h2>
${
  skipped.length === 0
    ? html`<p>Nothing.</p>`
    : html`<table><thead><tr><th>Scenario</th><th>Family</th><th>Because</th></tr></thead><tbody>
${skipped.map(
  ({
    scenario,
    family,
    reason,
  }) => html`<tr><td>${scenario}</td><td>${family ?? 'all'}</td><td>${reason}</td></tr>
`,
)}</tbody></table>`
}
${
  notAsked.length > 0 &&
  html`<h2>In the baseline, and asked no more</h2>
<ul>${notAsked.map(
    id => html`<li>${id}</li>
`,
  )}</ul>`
}
<h2>Every probe</h2>
${
  answers.length > mostAnswers
    ? html`<p>${answers.length} are too many for a page: dualstack verify -o json has them.</p>`
    : html`<details><summary>All ${answers.length}</summary>
<table><thead><tr><th></th><th>Scenario</th><th>Family</th><th>Probe</th><th>Seen</th></tr></thead><tbody>
${answers.map(
  ({
    ask,
    outcome,
    seen,
  }) => html`<tr><td>${outcome === 'passed' ? '✓' : '✕'}</td><td>${ask.scenario}</td><td>${ask.family} ${ask.protocol}</td><td>${askText(ask)}</td><td>${seen}</td></tr>
`,
)}</tbody></table>
</details>`
}`
}

const card = (name: string, value: string): Html =>
  html`<div class="card"><span class="soft">${name}</span><b>${value}</b></div>`

function failureBox(answer: Answer, verification: Verification): Html {
  const { ask, seen, seenFrom, layer, evidence = [] } = answer
  const standing = standingOf(ask.id, verification)
  return html`<section>
<h3>${ask.scenario}, ${ask.family} ${ask.protocol}</h3>
<p>${askText(ask)}</p>
<figure>${pathPicture(answer)}</figure>
<dl><dt>expected</dt><dd>${expectedText(ask)}</dd>
<dt>seen</dt><dd>${seen}</dd>
${
  seenFrom !== undefined &&
  html`<dt>came from</dt><dd>${seenFrom}, as the far side saw it</dd>
`
}${
  layer !== undefined &&
  html`<dt>likely layer</dt><dd>${layer}</dd>
`
}${
  standing !== undefined &&
  html`<dt>baseline</dt><dd>${standing}</dd>
`
}</dl>
${
  evidence.length > 0 &&
  html`<details><summary>Evidence <span class="soft">${evidence.length} looked at</span></summary>
${evidence.map(
  ({
    of,
    says,
  }) => html`<pre><span class="file">$ ${of}</span>${evidenceLines(says).map(line => html`<span>${line === '' ? ' ' : line}</span>`)}</pre>
`,
)}</details>
`
}</section>
`
}

function scenarioTable({ families, answers, skipped }: Verification): Html {
  const scenarios = [...new Set(answers.map(({ ask }) => ask.scenario))]
  return html`<table><thead><tr><th>Scenario</th>${families.map(family => html`<th>${family}</th>`)}</tr></thead><tbody>
${scenarios.map(
  scenario => html`<tr><td>${scenario}</td>${families.map(family => {
    const asked = answers.filter(({ ask }) => ask.scenario === scenario && ask.family === family)
    const passed = asked.filter(({ outcome }) => outcome === 'passed').length
    const isSkipped = skipped.some(one => one.scenario === scenario && (one.family ?? family) === family)
    if (asked.length === 0) return html`<td class="soft">${isSkipped ? 'skipped' : 'not asked'}</td>`
    return html`<td>${passed === asked.length ? '✓' : '✕'} ${passed} of ${asked.length}</td>`
  })}</tr>
`,
)}</tbody></table>`
}
