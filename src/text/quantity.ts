const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** `250m` → 0.25. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ NaN for what is none: never enough. */
export function quantity(text: string): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text.trim())
  const factor = Object.hasOwn(suffixes, match?.[2] ?? '') ? suffixes[match?.[2] ?? ''] : undefined
  return match === null || factor === undefined ? Number.NaN : Number(match[1]) * factor
}
