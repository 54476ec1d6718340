import { readFileSync } from 'node:fs'
import test from 'ava'
import { countOperations } from '../../benchmark/flops.js'
import { buildModel, type Config } from '../../registry.js'

const page = readFileSync(new URL('../../docs/models.md', import.meta.url), 'utf8')
/** Rows of the table of configs: config, parameters, published, full, mmcv, published. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `configs/'))
  .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))

test('docs/models.md has a row for each full-size detector', (t) => {
  t.deepEqual(
    rows.map(([, config]) => config.replace(/^configs\/(.*)\.ts$/, '$1')),
    [
      'retinanet_vanilla13',
      'retinanet_swin_t',
      'retinanet_r50',
      'mask_rcnn_vanilla13',
      'mask_rcnn_swin_t',
      'mask_rcnn_r50',
      'vanillanet13_imagenet',
    ],
  )
})

for (const [, path, params, publishedParams, gmacs, gmacsMmcv, publishedGmacs] of rows) {
  test(`docs/models.md tells the counts of ${path}, and the published ones agree`, async (t) => {
    const { default: config } = (await import(`../../${path}`)) as { default: Config }
    const isClassifier = config.model.type === 'Classifier'
    const size = isClassifier ? ([224, 224] as const) : ([800, 1280] as const)
    const counts = countOperations(buildModel(config.model, { form: 'deploy' }), size)
    t.is((counts.params / 1e6).toFixed(2), params)
    t.is(counts.gmacs.toFixed(2), gmacs)
    t.is(counts.gmacsMmcv.toFixed(2), gmacsMmcv)
    const near = (own: number, published: string) => {
      const lastDigit = 10 ** -(published.split('.')[1]?.length ?? 0)
      t.true(Math.abs(own - Number(published)) < 0.7 * lastDigit, `${own} and ${published}`)
    }
    near(counts.params / 1e6, publishedParams)
    if (publishedGmacs !== '') near(counts.gmacsMmcv, publishedGmacs)
  })
}
