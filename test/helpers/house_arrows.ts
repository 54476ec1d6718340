const BELOW_MODELS = ['nn', 'ops', 'engine', 'tf', 'host_tensor', 'random', 'errors']
const BELOW_DETECTORS = ['backbones', 'necks', 'heads', ...BELOW_MODELS]
const BELOW_EVALUATION = [
  'detectors',
  'classifiers',
  'datasets',
  'pycocotools',
  'files',
  ...BELOW_DETECTORS,
]
const BELOW_TRAINING = ['weights', ...BELOW_EVALUATION]
const BELOW_REGISTRY = ['evaluation', 'benchmark', 'deploy', 'training', ...BELOW_TRAINING]

/**
 * Rooms of the house, and which others each may import from. A file's room is its first folder, or
 * its name.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  tf: [],
  host_tensor: [],
  random: [],
  pycocotools: [],
  files: ['errors'],
  pickle: ['errors'],
  engine: ['tf', 'host_tensor', 'errors'],
  nn: ['engine', 'tf', 'host_tensor', 'random', 'errors'],
  ops: ['engine', 'tf', 'host_tensor', 'errors'],
  backbones: BELOW_MODELS,
  necks: BELOW_MODELS,
  heads: BELOW_MODELS,
  detectors: BELOW_DETECTORS,
  classifiers: ['backbones', ...BELOW_MODELS],
  datasets: ['host_tensor', 'random', 'pycocotools', 'pickle', 'files', 'errors'],
  weights: ['nn', 'engine', 'pickle', 'host_tensor', 'files', 'errors'],
  pretrained: ['weights', 'nn', 'host_tensor', 'errors'],
  evaluation: BELOW_EVALUATION,
  benchmark: ['evaluation', ...BELOW_EVALUATION],
  deploy: ['evaluation', 'benchmark', ...BELOW_EVALUATION],
  training: ['evaluation', ...BELOW_TRAINING],
  drawing: ['pycocotools', 'errors'],
  registry: ['training', ...BELOW_TRAINING],
  experiments: ['registry', 'pretrained', ...BELOW_REGISTRY],
  report: ['experiments', 'registry', 'drawing', ...BELOW_REGISTRY],
  configs: ['registry'],
  tools: ['*'],
  index: ['*'],
}

/** One import statement: paths from the root of the repository. */
export interface Arrow {
  from: string
  to: string
}

/** The room a file belongs to: `ops` for `ops/focal_loss.ts`, `registry` for `registry.ts`. */
export function roomOf(path: string): string {
  const [first, second] = path.split('/')
  if (first === 'packages')
    return second === 'pycocotools-js' ? 'pycocotools' : `packages/${second}`
  return first.replace(/\.ts$/, '')
}

/** A sentence for each import that runs upward or sideways; none for a sound house. */
export function brokenArrows(arrows: readonly Arrow[]): string[] {
  return arrows.flatMap(({ from, to }) => {
    const [room, target] = [roomOf(from), roomOf(to)]
    const allowed = MAY_IMPORT[room]
    if (!allowed)
      return [`${from} is in no room of the house; add ${room} to test/helpers/house_arrows.ts`]
    if (room === target) return []
    if (allowed.includes('*') || allowed.includes(target)) return []
    const list = allowed.length ? allowed.join(', ') : 'nothing'
    return [`${from} imports ${to}, but ${room} may import from ${list} only`]
  })
}

/** A package of the repository, and where it starts. */
const PACKAGE = 'pycocotools-js'
const PACKAGE_INDEX = 'packages/pycocotools-js/source/index.ts'

/**
 * A sentence for each import of another room's index, which is for users: a reader is led to the
 * file that declares the name, and that file alone is loaded.
 */
export function indirectArrows(arrows: readonly Arrow[]): string[] {
  return arrows.flatMap(({ from, to }) => {
    if (!/(?:^|\/)index\.ts$/.test(to) || to === PACKAGE_INDEX || roomOf(from) === roomOf(to))
      return []
    return [
      `${from} imports ${to}, which is for users; import from the file that declares the name`,
    ]
  })
}

/**
 * The imports, re-exports and dynamic imports of one file, as arrows: relative ones, and of the
 * repository's package by its name.
 */
export function arrowsOf(path: string, source: string): Arrow[] {
  const specifiers =
    /(?:^|[\s;{}*])(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+|pycocotools-js)['"]/g
  return [...source.matchAll(specifiers)].map(([, specifier]) => ({
    from: path,
    to: resolveSpecifier(path, specifier),
  }))
}

/** `ops/focal_loss.ts` for `../ops/nms.js` seen from `heads/retina_head.ts`. */
function resolveSpecifier(path: string, specifier: string): string {
  if (specifier === PACKAGE) return PACKAGE_INDEX
  const resolved = new URL(specifier, `file:///${path}`).pathname.slice(1)
  return resolved.replace(/\.js$/, '.ts')
}
