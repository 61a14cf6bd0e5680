import { Html, html } from './html.ts'
import { palette, pictureStyle } from './style.ts'

/**
 * One whole page that needs nothing else: no script, no font, no picture from anywhere, and a policy that lets none in. It follows the
 * reader's choice of light or dark, and prints in black on white with nothing folded.
 */
export const page = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text

const style = new Html(`
${palette.trim()}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem }
p { margin: .4rem 0 }
.soft { color: var(--soft) }
code, pre { font-family: ui-monospace, "SFMono-Regular", "DejaVu Sans Mono", monospace; font-size: .86em }
pre { margin: .4rem 0; padding: .6rem .8rem; background: var(--shade); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
pre .add { background: var(--add) } pre .cut { background: var(--cut) } pre .place { color: var(--soft) } pre .file { font-weight: 600 }
pre span { display: block }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 600; white-space: nowrap }
td.number { text-align: right; white-space: nowrap; padding-right: 1.2rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .4rem 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
ul, ol { padding-left: 1.3rem; margin: .4rem 0 } li { margin: .2rem 0 }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .7rem; margin: 1rem 0 }
.card { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem; background: var(--shade) }
.card b { display: block; font-size: 1.15rem; line-height: 1.35 }
.warn { border-left: 4px solid var(--warn); padding: .3rem .8rem; background: var(--shade) }
details { border: 1px solid var(--line); border-radius: 8px; margin: .6rem 0; padding: .5rem .9rem; break-inside: avoid-page }
summary { cursor: pointer; font-weight: 600 } summary .soft { font-weight: 400 }
figure { margin: .8rem 0; overflow-x: auto } figcaption { color: var(--soft); font-size: .9em }
svg { display: block; width: 100%; min-width: 34rem; height: auto; color: var(--ink) }
${pictureStyle.trim()}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --shade: #fff; --old: #2f6f9f; --new: #1a7f4b; --warn: #9a5b00; --bad: #b02a37; --add: #e6f6ec; --cut: #fdebec }
  details::details-content { display: block; block-size: auto; content-visibility: visible }
  body { font-size: 10.5pt } main { max-width: none; padding: 0 } h2 { break-after: avoid } pre { break-inside: avoid-page }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
`)
