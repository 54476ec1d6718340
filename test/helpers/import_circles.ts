import type { Arrow } from './house_arrows.js'

type Imports = Map<string, Set<string>>

/**
 * Circles of files that import each other, such as `a.ts -> b.ts -> a.ts`; none for a sound house.
 * Of circles that share arrows, those are listed that are left when one arrow of each is taken out.
 */
export function importCircles(arrows: readonly Arrow[]): string[] {
  const imports: Imports = new Map()
  for (const { from, to } of arrows) {
    imports.set(from, (imports.get(from) ?? new Set()).add(to))
  }
  const circles: string[] = []
  for (let circle = findCircle(imports); circle; circle = findCircle(imports)) {
    circles.push([...circle, circle[0]].join(' -> '))
    imports.get(circle[circle.length - 1])!.delete(circle[0])
  }
  return circles
}

function findCircle(imports: Imports): string[] | undefined {
  const left = withoutEnds(imports)
  const way: string[] = []
  let [file] = left.keys()
  if (file === undefined) return undefined
  while (!way.includes(file)) {
    way.push(file)
    ;[file] = left.get(file)!
  }
  return way.slice(way.indexOf(file))
}

/**
 * Imports without the files whose imports all come to an end: each that is left leads to another
 * one.
 */
function withoutEnds(imports: Imports): Imports {
  const left: Imports = new Map([...imports].map(([file, targets]) => [file, new Set(targets)]))
  for (let before = Number.POSITIVE_INFINITY; left.size < before; ) {
    before = left.size
    for (const [file, targets] of left) {
      for (const target of targets) if (!left.has(target)) targets.delete(target)
      if (targets.size === 0) left.delete(file)
    }
  }
  return left
}
