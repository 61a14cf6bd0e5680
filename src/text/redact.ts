import { isSensitive, redacted, words } from './sensitive.ts'

/**
 * Takes out of any text what looks confidential by itself, or stands after a name that says so. Made to take too much rather than too
 * little: a bundle with a word missing is still a bundle.
 */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text
  let result = text
  for (const [pattern, replacement] of shapes) result = result.replaceAll(pattern, replacement)
  result = result.replaceAll(/\bLS0tLS1[A-Za-z0-9+/]{16,}={0,2}/g, found =>
    hidesPrivateKey(found) ? redacted : found,
  )
  for (const pattern of named)
    result = result.replaceAll(
      pattern,
      (whole, before: string, name: string, between: string, value: string) =>
        isSensitive(name, unquoted(value)) ? `${before}${name}${between}${likeQuoted(value)}` : whole,
    )
  return result
}

/** Without any of these no pattern below can match: most texts of a cluster are done with one look. */
export const suspicious = new RegExp(
  String.raw`PRIVATE KEY|eyJ|auth|bearer|@|AKIA|ASIA|gh[pousr]_|LS0tLS1|[a-z0-9]{6}\.[a-z0-9]{16}|${words.source}`,
  'i',
)

/** Confidential by their shape. */
const shapes: readonly (readonly [RegExp, string])[] = [
  // A cut-off key is still a key: to the end of the text when its end is missing.
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----(?:[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|[\s\S]*$)/g,
    redacted,
  ],
  // JSON Web Token (service account tokens, OIDC): `{"alg…` in base64url begins with eyJ.
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?/g, redacted],
  [
    /(\bauthorization\b["'\\]*[ \t]*[:=][ \t]*["'\\]*(?:bearer|basic|digest)[ \t]+)[^\s"'\\]+/gi,
    `$1${redacted}`,
  ],
  [/(\bbearer\s+)[A-Za-z0-9._~+/-]{16,}=*/gi, `$1${redacted}`],
  // Bootstrap token, kubeadm's join token: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
  [/(?<![\w.\-/])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w\-/]|\.\w)/g, redacted],
  // User and password in a URL, as proxies have them.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:@/"']*:)[^\s@/"']+@/gi, `$1${redacted}@`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, redacted],
  [/\bgh[pousr]_[A-Za-z0-9]{30,}\b/g, redacted],
]

const quoted = String.raw`\\{0,8}"[^"\n]*"|\\{0,8}'[^'\n]*'`
/** Only names with a telling word: a name that tells nothing must not swallow what follows (`Environment=MY_PASSWORD=x`). */
const name = String.raw`((?<![\w./])[\w./-]{0,80}?(?:${words.source})[\w./-]{0,80})`
const nameOrAuth = `${name.slice(0, -1)}|auth)`
/** Confidential by the name in front: four groups, before, name, between, value. */
const named: readonly RegExp[] = [
  // --token=x, --token="x"
  new RegExp(String.raw`((?<![\w-])--?)${name}(=)(${quoted}|[^\s"',\\]+)`, 'gi'),
  // --token x; ["--token", "x"]
  new RegExp(String.raw`((?<![\w-])--?)${name}(\s+|["']\s*,\s*)(${quoted}|[^\s"',\\-][^\s"',\\]*)`, 'gi'),
  // NAME=value of a unit or env file: Environment="DB_PASSWORD=x"
  new RegExp(String.raw`(^|[\s"'=])${name}(\s*=\s*)(${quoted}|[^\s"']+)`, 'gim'),
  // key: value of YAML and INI, to the end of the line; also where somebody made a comment of it
  new RegExp(
    String.raw`(^[ \t]*(?:[#;]+[ \t]*)?(?:- )*["']?)${name}(["']?\s*[:=][ \t]+)([^\s#|>][^\n]*?)(?=[ \t]*(?:\s#[^\n]*)?$)`,
    'gim',
  ),
  // "key": "value" of JSON, also of JSON inside a JSON string
  new RegExp(
    String.raw`(\\{0,8}["'])${nameOrAuth}(\\{0,8}["']\s*:\s*)(\\{0,8}"(?:[^"\\]|\\(?!"))*\\{0,8}")`,
    'gi',
  ),
]

/** Base64 of a PEM block that is a private key; a certificate (`caBundle`) stays. */
const hidesPrivateKey = (base64: string): boolean =>
  Buffer.from(base64, 'base64').toString('latin1').includes('PRIVATE KEY')

const opening = /^\\*["']/
const closing = /\\*["'],?$/
const unquoted = (value: string): string => value.replace(opening, '').replace(closing, '')
/** The same quotes around the word that takes its place, so that what is left can be parsed. */
const likeQuoted = (value: string): string =>
  opening.test(value)
    ? `${opening.exec(value)?.[0] ?? ''}${redacted}${closing.exec(value)?.[0] ?? ''}`
    : redacted
