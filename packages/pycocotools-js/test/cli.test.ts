/** The command, as a process where streams and exit codes matter, else by its one function. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { nearestName } from '../source/cli/nearest_name.js'
import { runCommand } from '../source/cli/run_command.js'
import { VERSION } from '../source/cli/version.js'
import { Params } from '../source/evaluate/params.js'
import { forgetWarnings } from '../source/warn_once.js'
import {
  PERSON_RESULTS,
  PERSON_STATS,
  PERSONS,
  PET_RESULTS,
  PET_STATS,
  PET_STATS_WITHOUT_CLASSES,
  PETS,
} from './golden_set.js'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

interface Outcome {
  code: number | null
  out: string
  err: string
}

const NAMES = ['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR1', 'AR10', 'AR100', 'ARs', 'ARm']

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pycocotools-js-'))
  const files = {
    'pets.json': PETS,
    'found.json': PET_RESULTS,
    'persons.json': PERSONS,
    'poses.json': PERSON_RESULTS,
    'nothing.json': [],
    'elsewhere.json': [{ ...PET_RESULTS[0], image_id: 9 }],
  }
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), JSON.stringify(content))
  await writeFile(join(folder, 'broken.json'), '{"images": [}')
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

/** The command as a user starts it, in the folder of the files. */
function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  const bin = join(PACKAGE, 'bin', 'pycocotools-js.js')
  return spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { ...process.env, DEBUG: '', ...env },
  })
}

async function outcomeOf(args: string[], env?: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = start(args, env)
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => (out += text))
  child.stderr.on('data', (text) => (err += text))
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

/** The command in this process; files are named as they are in the folder. */
async function ask(...args: string[]): Promise<Outcome> {
  let [out, err] = ['', '']
  const argv = args.map((arg) => (arg.endsWith('.json') ? join(folder, arg) : arg))
  const code = await runCommand(argv, {
    out: (line) => (out += `${line}\n`),
    note: (line) => (err += `${line}\n`),
    showStack: false,
  })
  return { code, out, err: err.replaceAll(join(folder, '/'), '') }
}

test('eval prints the table of pycocotools, and nothing else', async (t) => {
  const { code, out, err } = await outcomeOf([
    'eval',
    'pets.json',
    'found.json',
    '--iou-type',
    'bbox',
  ])
  t.is(err, '')
  t.is(code, 0)
  const lines = out.trimEnd().split('\n')
  t.is(lines.length, 12)
  t.is(lines[0], ' Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.529')
})

test('--json prints exactly one document, and the table on standard error', async (t) => {
  const files = ['pets.json', 'found.json']
  const { code, out, err } = await outcomeOf(['eval', ...files, '--iou-type', 'bbox', '--json'])
  t.is(code, 0)
  t.regex(out, /^\{.*\}\n$/)
  const { seconds, ...document } = JSON.parse(out)
  t.deepEqual(document, {
    iouType: 'bbox',
    stats: PET_STATS,
    names: [...NAMES, 'ARl'],
    perClass: [],
  })
  t.deepEqual(Object.keys(seconds), ['load', 'evaluate', 'accumulate'])
  t.true(Object.values<number>(seconds).every((value) => value > 0 && value < 60))
  t.is(err.trimEnd().split('\n').length, 12)
})

test('boxes evaluated as segm are rectangles', async (t) => {
  const { code, out } = await ask('eval', 'pets.json', 'found.json', '--iou-type', 'segm', '--json')
  t.is(code, 0)
  const { iouType, stats } = JSON.parse(out)
  t.is(iouType, 'segm')
  t.deepEqual(stats, PET_STATS)
})

test('keypoints have ten numbers with names of their own', async (t) => {
  const files = ['persons.json', 'poses.json']
  const { code, out } = await ask('eval', ...files, '--iou-type', 'keypoints', '--json')
  t.is(code, 0)
  const { stats, names } = JSON.parse(out)
  t.deepEqual(stats, PERSON_STATS)
  t.is(names.length, 10)
  t.deepEqual(names.slice(0, 5), ['AP', 'AP50', 'AP75', 'APm', 'APl'])
  const table = await ask('eval', ...files, '--iou-type', 'keypoints', '--per-class')
  t.deepEqual(table.out.trimEnd().split('\n').slice(11), [
    'class      AP   AP50   AP75     AR  ground truths',
    'person  0.901  1.000  1.000  0.900              2',
  ])
})

test('--per-class adds a table of the categories', async (t) => {
  const args = ['eval', 'pets.json', 'found.json', '--iou-type', 'bbox', '--per-class']
  const { out } = await ask(...args)
  t.deepEqual(out.trimEnd().split('\n').slice(12), [
    '',
    'class     AP   AP50   AP75  AR100  ground truths',
    'cat    0.691  0.916  0.663  0.733              3',
    'dog    0.368  0.667  0.252  0.600              2',
  ])
  const { perClass } = JSON.parse((await ask(...args, '--json')).out)
  t.deepEqual(
    perClass.map(({ id, name }: { id: number; name: string }) => [id, name]),
    [
      [1, 'cat'],
      [3, 'dog'],
    ],
  )
  t.true(Math.abs((perClass[0].AP + perClass[1].AP) / 2 - PET_STATS[0]) < 1e-12)
})

test('--class-agnostic makes one class of all', async (t) => {
  const args = ['eval', 'pets.json', 'found.json', '--iou-type', 'bbox', '--json']
  const { out } = await ask(...args, '--class-agnostic')
  t.deepEqual(JSON.parse(out).stats, PET_STATS_WITHOUT_CLASSES)
})

test('--max-dets sets how many detections count', async (t) => {
  const args = ['eval', 'pets.json', 'found.json', '--iou-type', 'bbox', '--json']
  const { out } = await ask(...args, '--max-dets', '1,2,100')
  t.deepEqual(JSON.parse(out).stats, PET_STATS.with(7, 0.5833333333333333)) // pycocotools 2.0.11
})

test('--sigmas are those of other keypoints than the 17 of COCO', async (t) => {
  const args = ['eval', 'persons.json', 'poses.json', '--iou-type', 'keypoints', '--json']
  const few = await ask(...args, '--sigmas', '0.1,0.2')
  t.is(few.code, 2)
  t.regex(few.err, /, but params\.kpt_oks_sigmas has 2 entries; .* a sigma \(--sigmas\)\n$/)
  const same = await ask(...args, '--sigmas', [...new Params('keypoints').kpt_oks_sigmas].join())
  t.deepEqual(JSON.parse(same.out).stats, PERSON_STATS)
  const wide = await ask(...args, '--sigmas', Array(17).fill(10).join())
  t.true(JSON.parse(wide.out).stats[0] > PERSON_STATS[0], 'everything is near enough')
})

for (const [iouType, files, stats] of [
  ['bbox', 'pets.json', new Array(12).fill(0)],
  ['segm', 'pets.json', new Array(12).fill(0)],
  ['keypoints', 'persons.json', new Array(10).fill(0)],
] as const) {
  test.serial(`no results at all are 0 of ${iouType}, with a warning`, async (t) => {
    const warnings: string[] = []
    const { warn } = console
    console.warn = (line: string) => void warnings.push(line.replace(join(folder, '/'), ''))
    forgetWarnings()
    const args = ['eval', files, 'nothing.json', '--iou-type', iouType, '--json']
    const { code, out } = await ask(...args)
    console.warn = warn
    t.is(code, 0)
    t.deepEqual(JSON.parse(out).stats, stats)
    t.deepEqual(warnings, [
      'pycocotools-js: nothing.json: holds no results, so that AP and AR are 0 where there is ground truth',
    ])
  })
}

test('results in the place of the annotations are said to go second', async (t) => {
  const { code, err } = await ask('eval', 'found.json', 'pets.json', '--iou-type', 'bbox')
  t.is(code, 2)
  t.is(
    err,
    'error: found.json: does not hold an object; an annotation file is { images, annotations, categories }; a list of results goes second, or to loadRes\n',
  )
})

test('--help and --version go to standard output', async (t) => {
  const help = await ask('eval', '--help')
  t.is(help.code, 0)
  t.regex(help.out, /^Usage: pycocotools-js eval GROUND_TRUTH RESULTS/)
  t.is(help.err, '')
  t.deepEqual(await ask('--version'), { code: 0, out: `${VERSION}\n`, err: '' })
})

test('the version is that of package.json', async (t) => {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'))
  t.is(VERSION, version)
})

const EVAL = ['eval', 'pets.json', 'found.json']
const BBOX = ['--iou-type', 'bbox']

for (const [args, message] of [
  [[], 'no command is given; --help lists what there is'],
  [['evla', 'pets.json'], 'evla is no command; did you mean eval?'],
  [['bbox'], 'bbox is no command; the command is eval'],
  [
    ['eval', 'pets.json'],
    'eval takes an annotation file and a results file, and got pets.json; write: pycocotools-js eval GROUND_TRUTH RESULTS --iou-type bbox',
  ],
  [EVAL, '--iou-type is missing; give bbox, segm or keypoints'],
  [[...EVAL, '--iou-type'], '--iou-type has no value; give bbox, segm or keypoints'],
  [[...EVAL, '--iou-type', '--json'], '--iou-type has no value; give bbox, segm or keypoints'],
  [[...EVAL, '--iou-type', 'boxes'], '--iou-type boxes is not known; give bbox, segm or keypoints'],
  [[...EVAL, '--iou-type', 'segms'], '--iou-type segms is not known; did you mean segm?'],
  [[...EVAL, '--iou_type', 'bbox'], '--iou_type is no option; did you mean --iou-type?'],
  [
    [...EVAL, ...BBOX, '--verbose'],
    '--verbose is no option; the options are --iou-type, --max-dets, --sigmas, --class-agnostic, --per-class, --json, --help, --version',
  ],
  [[...EVAL, ...BBOX, '--json=1'], '--json takes no value; write --json alone'],
  [
    [...EVAL, ...BBOX, '--max-dets', '100'],
    '--max-dets 100 is not what bbox takes; give three numbers, such as 1,10,100',
  ],
  [
    [...EVAL, ...BBOX, '--max-dets', '1,ten,100'],
    '--max-dets 1,ten,100 is not what bbox takes; give three numbers, such as 1,10,100',
  ],
  [[...EVAL, ...BBOX, '--sigmas', '0.1'], '--sigmas is for keypoints, not bbox; leave it out'],
  [
    [...EVAL, '--iou-type', 'keypoints', '--sigmas', '0.1,0'],
    '--sigmas 0.1,0 are not all numbers above 0; give one for each keypoint, such as 0.026,0.025,0.035',
  ],
  [
    [...EVAL, '--iou-type', 'keypoints', '--sigmas'],
    '--sigmas has no value; give one for each keypoint, such as 0.026,0.025,0.035',
  ],
  [
    [...EVAL, ...BBOX, '--class-agnostic', '--per-class'],
    '--class-agnostic makes one class of all; leave out --per-class',
  ],
] as [string[], string][])
  test(`the arguments "${args.join(' ')}" are refused in words`, async (t) => {
    t.deepEqual(await ask(...args), { code: 2, out: '', err: `error: ${message}\n` })
  })

test('a file that cannot be used is one sentence and exit code 2', async (t) => {
  const missing = await ask('eval', 'nowhere.json', 'found.json', ...BBOX)
  t.is(missing.code, 2)
  t.regex(missing.err, /^error: nowhere\.json: cannot be read .*; check the path\n$/)
  const broken = await ask('eval', 'broken.json', 'found.json', ...BBOX)
  t.is(broken.code, 2)
  t.regex(broken.err, /^error: broken\.json: is not JSON at line 1, column 13: .*\n$/)
  const elsewhere = await ask('eval', 'pets.json', 'elsewhere.json', ...BBOX)
  t.is(elsewhere.code, 2)
  t.regex(elsewhere.err, /^error: elsewhere\.json: entry \[0\] has image_id 9, .*\n$/)
})

test('a process exits with 2 and shows a stack only where DEBUG is set', async (t) => {
  const args = ['eval', 'pets.json', 'elsewhere.json', ...BBOX]
  const plain = await outcomeOf(args)
  t.is(plain.code, 2)
  t.is(plain.out, '')
  t.regex(plain.err, /^error: [^\n]*\n$/)
  const debugged = await outcomeOf(args, { DEBUG: '1' })
  t.is(debugged.code, 2)
  t.regex(debugged.err, /^error: [^\n]*\n(.*\n)* {4}at /)
})

test('a fault of the program exits with 1 and says so', async (t) => {
  const notes: string[] = []
  const code = await runCommand(['--version'], {
    out: () => {
      throw new TypeError('no such thing')
    },
    note: (line) => notes.push(line),
    showStack: false,
  })
  t.is(code, 1)
  t.deepEqual(notes, [
    'error: no such thing',
    'This is a fault of the program; DEBUG=1 shows where.',
  ])
})

test('a reader that closes early ends the command quietly', async (t) => {
  const child = start([...EVAL, ...BBOX])
  child.stdout.destroy()
  let err = ''
  child.stderr.on('data', (text) => (err += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.is(err, '')
  t.is(code, 0)
})

test('the nearest name needs at most two letters, or a third of them, changed', (t) => {
  t.is(nearestName('perclass', ['json', 'per-class']), 'per-class')
  t.is(nearestName('JSON', ['json']), 'json')
  t.is(nearestName('maxdet', ['max-dets', 'json']), 'max-dets')
  t.is(nearestName('x', ['json']), undefined)
})
