/**
 * Options that begin a run, with whether they take a value: they have no place beside `--resume`.
 */
const BEGINNINGS: Readonly<Record<string, 'none' | 'one' | 'optional'>> = {
  '--resume': 'optional',
  '--load-from': 'one',
  '--overwrite': 'none',
}

/**
 * The command line that goes on with a run:
 * `npx vanilladet train my.ts --work-dir runs/1 --resume`.
 *
 * @param name of the command.
 * @param argv the arguments that the run was started with.
 */
export function resumeCommand(
  name: string,
  argv: readonly string[] = process.argv.slice(2),
): string {
  const kept: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const value = BEGINNINGS[argv[i].replace(/=.*/s, '')]
    if (value === undefined) kept.push(argv[i])
    else if (argv[i].includes('=') || value === 'none') continue
    else if (value === 'one' || (i + 1 < argv.length && !argv[i + 1].startsWith('-'))) i++
  }
  return ['npx vanilladet', name, ...kept.map(quoted), '--resume'].join(' ')
}

/** An argument as a shell takes it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}
