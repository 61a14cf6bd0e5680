import { hostname, userInfo } from 'node:os'

/** Who runs the tool, for the journal: `user@host`. A user without an entry in the system's list has a name from the environment. */
export function whoRuns(env: Readonly<Record<string, string | undefined>>): string {
  let user = env['USER'] ?? env['LOGNAME'] ?? 'unknown'
  try {
    user = userInfo().username
  } catch {
    // Containers often run with a user id that has no name.
  }
  return `${user}@${hostname()}`
}
