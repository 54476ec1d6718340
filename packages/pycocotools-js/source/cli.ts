#!/usr/bin/env node
/** The command `pycocotools-js`. Node only; nothing else of this package imports it. */
import { runCommand } from './cli/run_command.js'

// A reader that closes early, as `| head` does, has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  showStack: Boolean(process.env.DEBUG),
})
