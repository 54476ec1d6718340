#!/usr/bin/env node
/**
 * The command as it was built; in a checkout whose source is newer than that, or not built, from
 * its source.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'

const source = new URL('../source/', import.meta.url)
const built = new URL('../dist/cli.js', import.meta.url)

if (!existsSync(source) || isUpToDate()) await import(built.href)
else {
  const { register } = await import('tsx/esm/api')
  register()
  await import(new URL('cli.ts', source).href)
}

function isUpToDate() {
  if (!existsSync(built)) return false
  const builtAt = statSync(built).mtimeMs
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
  return names.every((name) => statSync(new URL(name, source)).mtimeMs <= builtAt)
}
