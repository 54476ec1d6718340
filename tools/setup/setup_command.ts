import { type Command, Option } from 'commander'
import { ConfigError } from '../../errors.js'
import { command } from '../cli/command.js'

/** Flags of every command that installs something and tries it. */
export interface SetupFlags {
  from?: string
  check?: boolean
  onlyTry?: boolean
  json?: boolean
}

/** A command that installs something and tries it; other options are added to it. */
export function setupCommand(name: string, summary: string, from: Option): Command {
  return command(name, summary)
    .addOption(from)
    .option('--check', 'install nothing, only say what is missing')
    .addOption(new Option('--only-try').hideHelp()) // what a process that may fail is asked for
    .option('--json', 'print one JSON document on standard output, all else on standard error')
}

/** Refuses a `--from` that names nothing, or stands beside `--check`. */
export function requireClearSource({ from, check }: SetupFlags): void {
  if (from === '') throw new ConfigError('--from', 'is empty', 'name a place, or leave it out')
  if (check && from !== undefined) {
    const what = 'is given with --check, which installs nothing'
    throw new ConfigError('--from', what, 'leave one out')
  }
}
