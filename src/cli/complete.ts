#!/usr/bin/env node
// kubectl_complete-dualstack: kubectl calls it with the words after `kubectl dualstack`.
import { printCompletions } from './completion.ts'

printCompletions(process.argv.slice(2))
