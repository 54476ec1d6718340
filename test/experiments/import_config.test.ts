import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { loadConfig } from '../../experiments/load.js'
import { buildDetector } from '../../registry.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { runCommand } from '../tools/run_command.js'
import { tinyExperiment } from './tiny_experiment.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LINKED = { index: join(ROOT, 'index.ts'), backbones: join(ROOT, 'backbones', 'index.ts') }
const NAMED = { index: 'vanilladet', backbones: 'vanilladet/backbones' }

/** A backbone of one's own, with what only a compiler can take out if `isTyped`. */
function networkSource(name: string, from: { index: string; backbones: string }, isTyped: boolean) {
  const options = isTyped ? '{ width }: { width: number }' : '{ width }'
  return `
    import { backbones } from '${from.index}'
    import { VanillaNet } from '${from.backbones}'
    import { z } from 'zod'
    ${isTyped ? `declare module 'vanilladet' { interface BackboneRegistry { ${name}: { width: number } } }` : ''}
    backbones.register('${name}', {
      schema: z.object({ width: z.int() }),
      create: (${options}) => new VanillaNet({ dims: [4, 8, width], strides: [2, 2], actNum: 1, outIndices: [0, 1] }),
    })
  `
}

function configSource(network: string, model: object): string {
  return `import '${network}'\nexport default ${JSON.stringify({ model })}\n`
}

function modelWith(type: string) {
  return {
    type: 'RetinaNet',
    numClasses: 3,
    backbone: { type, width: 8 },
    neck: { type: 'FPN', outChannels: 8, numOuts: 2 },
    head: { type: 'RetinaHead', featChannels: 8, stackedConvs: 1 },
  }
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

/** A folder inside the checkout, which git ignores. */
async function folderInside(t: ExecutionContext): Promise<string> {
  await mkdir(join(ROOT, 'work_dirs'), { recursive: true })
  const folder = await mkdtemp(join(ROOT, 'work_dirs', 'config-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

const PACKAGES = {
  'no package.json': undefined,
  'a package.json': '{ "name": "mine" }',
  'a package of modules': '{ "name": "mine", "type": "module" }',
}

let serial = 0
for (const place of ['outside', 'inside'] as const) {
  for (const [packageName, packageJson] of Object.entries(PACKAGES)) {
    for (const extension of ['ts', 'mts', 'js', 'mjs']) {
      for (const from of [NAMED, LINKED]) {
        const how = from === NAMED ? 'by name' : 'by path'
        test(`a .${extension} config ${place} the checkout, with ${packageName}, registers a backbone that it takes ${how}`, async (t) => {
          const folder = place === 'inside' ? await folderInside(t) : await temporaryFolder(t)
          const name = `Mine${serial++}`
          await writeFiles(folder, {
            ...(packageJson === undefined ? {} : { 'package.json': packageJson }),
            [`net.${extension}`]: networkSource(name, from, extension.endsWith('ts')),
            [`config.${extension}`]: configSource(
              `./net.${extension.replace('ts', 'js')}`,
              modelWith(name),
            ),
          })
          const { model } = await loadConfig(join(folder, `config.${extension}`))
          t.deepEqual(buildDetector(model).namedParameters()[0][1].shape, [4, 3, 4, 4])
        })
      }
    }
  }
}

test('two configs may import one network', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFiles(folder, {
    'net.ts': networkSource('Twice', NAMED, true),
    'a.ts': configSource('./net', modelWith('Twice')),
    'b.ts': configSource('./net.ts', modelWith('Twice')),
  })
  await loadConfig(join(folder, 'a.ts'))
  t.is((await loadConfig(join(folder, 'b.ts'))).model.type, 'RetinaNet')
})

test('a config may be JSON, and may import JSON, with and without an attribute', async (t) => {
  const folder = await temporaryFolder(t)
  const model = { ...modelWith('VanillaNet'), backbone: { type: 'VanillaNet', arch: '5' } }
  await writeFiles(folder, {
    'base.json': JSON.stringify({ model, seed: 1 }),
    'a.ts': "import base from './base.json'\nexport default { ...base, seed: 2 }",
    'b.ts':
      "import base from './base.json' with { type: 'json' }\nexport default { ...base, seed: 3 }",
  })
  const names = ['base.json', 'a.ts', 'b.ts']
  const configs = await Promise.all(names.map((name) => loadConfig(join(folder, name))))
  t.deepEqual(
    configs.map(({ seed }) => seed),
    [1, 2, 3],
  )
  t.is(configs[0].model.backbone.type, 'VanillaNet')
})

test('a config that comes with the library is known by the name that it is imported by', async (t) => {
  const folder = await temporaryFolder(t)
  const name = 'vanilladet/configs/retinanet_tiny_shapes'
  await writeFiles(folder, { 'mine.ts': `export { default } from '${name}'` })
  const packaged = await loadConfig(name)
  t.is(packaged.model.type, 'RetinaNet')
  t.deepEqual(await loadConfig(join(folder, 'mine.ts')), packaged)
})

test('a config that imports pycocotools-js by name has the copy that runs', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFiles(folder, {
    'mine.ts': `
      import { COCO } from 'pycocotools-js'
      import * as door from 'vanilladet/pycocotools'
      import packaged from 'vanilladet/configs/retinanet_tiny_shapes'
      if (COCO !== door.COCO) throw new Error('two copies')
      export default packaged
    `,
  })
  t.is((await loadConfig(join(folder, 'mine.ts'))).model.type, 'RetinaNet')
})

test.serial('a network of one’s own trains, and nothing is registered twice', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  const { model, ...rest } = config
  await writeFiles(folder, {
    'net.ts': networkSource('Trained', NAMED, true),
    'mine.ts': `import './net.js'\nexport default ${JSON.stringify({ ...rest, model: modelWith('Trained') })}`,
  })
  const args = [join(folder, 'mine.ts'), '--work-dir', join(folder, 'run'), '--max-iters', '1']
  const { code, stderr, stdout } = await runCommand('train', args)
  t.is(code, 0, stderr)
  t.notRegex(stderr + stdout, /already/)
  t.is(model.type, 'RetinaNet')
})

const SENTENCES: Record<string, { files: Record<string, string>; sentence: string }> = {
  'a syntax error is reported with line and column': {
    files: { 'mine.ts': 'export default {\n  model: [1, 2\n}\n' },
    sentence: 'FOLDER/mine.ts:3:1: Expected "]" but found "}"; correct the file',
  },
  'a syntax error in a module that a config imports names that module': {
    files: { 'mine.ts': "import './net.js'\nexport default {}", 'net.js': 'const a = = 1' },
    sentence: 'FOLDER/net.js:1:11: Unexpected "="; correct the file',
  },
  'a syntax error in JSON is reported with line and column': {
    files: {
      'mine.ts': "import base from './base.json'\nexport default base",
      'base.json': '{\n  "model": [1, 2\n}\n',
    },
    sentence: 'FOLDER/base.json:3:1: Expected "," in JSON but found "}"; correct the file',
  },
  'an import that is not there is named with its importer': {
    files: { 'mine.ts': "import './nowhere.js'\nexport default {}" },
    sentence: "FOLDER/mine.ts: imports './nowhere.js', which is not there; correct the path",
  },
  'a package that is not installed is named': {
    files: { 'mine.ts': "import 'no-such-package-here'\nexport default {}" },
    sentence:
      "FOLDER/mine.ts: imports 'no-such-package-here', which is not installed; npm install no-such-package-here, or correct the name",
  },
  'an export that is not there is reported with its line': {
    files: { 'mine.ts': "import { nothing } from 'vanilladet'\nexport default nothing" },
    sentence:
      "FOLDER/mine.ts:1: the config cannot be imported (The requested module 'vanilladet' does not provide an export named 'nothing'); correct the file",
  },
  'an error that a config throws is reported with its line': {
    files: {
      'mine.ts':
        "interface A {\n  a: number\n}\nconst a: A = { a: 1 }\nif (a.a) throw new Error('no luck')",
    },
    sentence: 'FOLDER/mine.ts:5:16: the config cannot be imported (no luck); correct the file',
  },
  'a second copy of the library is refused': {
    files: {
      'mine.ts': "import './other/index.js'\nexport default {}",
      'other/package.json': '{ "name": "vanilladet", "type": "module" }',
      'other/index.js': "throw new Error('it was loaded')",
    },
    sentence: `FOLDER/mine.ts: imports a second copy of vanilladet, FOLDER/other, beside the one that runs, ${ROOT.replace(/\/$/, '')}; import from 'vanilladet'`,
  },
  'a part that the library does not have is named': {
    files: { 'mine.ts': "import 'vanilladet/bakbones'\nexport default {}" },
    sentence:
      "'vanilladet/bakbones' is no part of the package; import from vanilladet, vanilladet/backbones, vanilladet/necks, vanilladet/heads, vanilladet/detectors, vanilladet/classifiers, vanilladet/nn, vanilladet/ops, vanilladet/engine, vanilladet/datasets, vanilladet/training, vanilladet/deploy, vanilladet/weights, vanilladet/evaluation, vanilladet/benchmark, vanilladet/pycocotools",
  },
}
for (const [fact, { files, sentence }] of Object.entries(SENTENCES)) {
  test(fact, async (t) => {
    const folder = await temporaryFolder(t)
    await writeFiles(folder, files)
    await t.throwsAsync(loadConfig(join(folder, 'mine.ts')), {
      name: 'DataError',
      message: sentence.replaceAll('FOLDER', folder),
    })
  })
}
