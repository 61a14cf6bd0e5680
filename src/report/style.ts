/** Colours of both themes, for pages and for pictures that stand alone. */
export const palette = `
:root {
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --shade: #f6f8fa;
  --old: #2f6f9f; --new: #1a7f4b; --warn: #9a5b00; --bad: #b02a37; --add: #e6f6ec; --cut: #fdebec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15191e; --ink: #e3e8ee; --soft: #9aa5b1; --line: #363d45; --shade: #1d2228;
    --old: #6cb2e2; --new: #56c08b; --warn: #e0a445; --bad: #ef7d88; --add: #12301f; --cut: #3a1b1f;
  }
}
`

/** What shapes and texts of a picture look like; `ok` and `fail` never stand without a word or a sign. */
export const pictureStyle = `
svg text { fill: currentColor; font: 12px system-ui, "Segoe UI", "Noto Sans", sans-serif }
svg .soft { fill: var(--soft) } svg .old { fill: var(--old) } svg .new { fill: var(--new) } svg .warn { fill: var(--warn) }
svg .on-bar { fill: var(--paper); font-weight: 600 } svg .line { stroke: var(--line) } svg .none { fill: none; stroke: var(--soft); stroke-dasharray: 4 3 }
svg .edge { stroke: var(--bad); stroke-dasharray: 5 3 } svg .bad { fill: var(--bad) }
svg .ok { fill: var(--add); stroke: var(--new) } svg .fail { fill: var(--cut); stroke: var(--bad); stroke-width: 2 } svg .box { fill: var(--shade); stroke: var(--line) }
svg .arrow { stroke: var(--new); stroke-width: 2; fill: none } svg .broken { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 5 4; fill: none }
`
