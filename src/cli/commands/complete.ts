import { exitCodes } from '../../base/errors.ts'
import { defineCommand } from '../command.ts'

export const complete = defineCommand({
  name: 'complete',
  summary: "Print a shell's completion script",
  description:
    'Prints the completion script for a shell. kubectl completes `kubectl dualstack …` by itself, through kubectl_complete-dualstack.',
  positionals: [{ name: 'shell', summary: 'bash, zsh, fish or powershell' }],
  options: {},
  examples: [
    { command: 'source <(dualstack complete bash)', does: 'in ~/.bashrc' },
    { command: 'dualstack complete zsh > ~/.zsh/_dualstack', does: 'zsh' },
  ],
  whenInterrupted: 'Nothing was changed.',
  handler: async ({ args: [shell, ...words] }) => {
    const { printCompletions, printScript } = await import('../completion.ts')
    // The scripts themselves call `dualstack complete -- WORDS`.
    if (shell === '--') printCompletions(words)
    else printScript(shell)
    return exitCodes.ok
  },
})
