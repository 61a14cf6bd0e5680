/** What stands where something confidential stood. */
export const redacted = 'REDACTED'

/** Words in the name of a field, flag or variable whose value is confidential. */
export const words =
  /passw(?:or)?d|passphrase|secret|token|credential|private[-_.]?key|api[-_.]?key|access[-_.]?key|certificate[-_.]?key|client-key-data|auth[-_.]?key|dockerc(?:on)?f/i
/** Those whose value names a thing or counts something, instead of being it. */
const names =
  /(?:name|names|namespace|ref|refs|file|files|path|dir|seconds|ttl|period|expiration|syncs|strategy|version)$/i

/** Is what stands under this name confidential? A switch, a time, a place-holder or a reference to a variable cannot be. */
export function isSensitive(name: string, value: string): boolean {
  // `auth` alone is what a registry's configuration calls user and password.
  if (!(words.test(name) || name === 'auth') || names.test(name)) return false
  // `--image-credential-provider-config=/etc/…`
  if (/config$/i.test(name) && value.startsWith('/')) return false
  if (value === '' || value === redacted || placeholder.test(value)) return false
  return /passw|passphrase/i.test(name) || !time.test(value)
}

const placeholder = /^(?:true|false|null|~|none|__\w+__|\$\(\w+\)|\$\{?\w+\}?|\{\}|\[\])$/i
/** As Go's time.ParseDuration reads it: `24h`, `2m0s`. */
const time = /^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/
