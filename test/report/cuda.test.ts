import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { buildReport } from '../../report/build_report.js'
import { readCuda } from '../../report/cuda_file.js'
import { backboneRatios, fasterTorch, measuredRows, overTorch } from '../../report/cuda_ratios.js'
import { renderPage } from '../../report/page/page.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { assertClose } from '../helpers/assert_close.js'
import { cudaDocument } from './cuda_document.js'

async function reportOf(t: ExecutionContext, document = cudaDocument()) {
  const file = join(await temporaryFolder(t), 'cuda.json')
  await writeFile(file, JSON.stringify(document))
  const built = await buildReport({
    ...{ workDirs: [], benchmarks: [], cuda: [file] },
    now: new Date('2024-05-06T07:08:09Z'),
  })
  const page = renderPage(built.document, built.pictures, { script: '', style: '' })
  // The document that the page carries is of no concern here.
  return { file, report: built.document, page: page.replace(/<script type.*?<\/script>/s, '') }
}

/** Texts of the cells of a table, row by row, without its head. */
function cellsOf(page: string, label: string): string[][] {
  const table = page.split(`aria-label="${label}"`)[1]?.split('</table>')[0] ?? ''
  return [...table.matchAll(/<tr>(.*?)<\/tr>/gs)]
    .slice(1)
    .map(([, row]) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, text]) =>
        text.replace(/<[^>]*>/g, ''),
      ),
    )
}

test('a document is read as it is, failed sides and missing parts with it', async (t) => {
  const { file } = await reportOf(t)
  t.deepEqual(await readCuda(file), cudaDocument())
})

test('what is none is refused', async (t) => {
  const file = join(await temporaryFolder(t), 'other.json')
  await writeFile(file, '{"rows":[]}')
  await t.throwsAsync(readCuda(file), {
    name: 'DataError',
    message:
      /other\.json: is no document of the CUDA benchmark \(machine: .*give a file that bench/,
  })
})

test('ours is compared with the faster way of PyTorch, turn by turn', (t) => {
  const [vanilla] = measuredRows(cudaDocument().inference)
  t.deepEqual(fasterTorch(vanilla)?.perTurn, [19, 19, 19])
  assertClose(t, [overTorch(vanilla, fasterTorch(vanilla)) ?? 0], [1.9])
  t.is(overTorch({ ...vanilla, ours: { error: 'it failed' } }, fasterTorch(vanilla)), undefined)
})

test('the ratio of backbones is of pairs of one part, with the published one beside it', (t) => {
  const [ratio, ...others] = backboneRatios(cudaDocument())
  t.deepEqual(others, [])
  t.like(ratio, { framework: 'RetinaNet', precision: 'fp16', batch: 1, published: 29.8 / 27.5 })
  assertClose(t, [ratio.total, ratio.network, ratio.torchNetwork ?? 0], [1.2, 1.2, 18 / 19])
})

test('charts hold the ratios; a side that failed is in none', async (t) => {
  const [{ charts }] = (await reportOf(t)).report.cuda
  const values = charts.map((chart) => (chart.kind === 'bar' ? chart.series[0].values : []))
  t.deepEqual(
    charts.map(({ id }) => id),
    ['cuda-1-training', 'cuda-1-inference', 'cuda-1-backbones'],
  )
  assertClose(t, values[0] as number[], [1.5])
  assertClose(t, values[1] as number[], [1.9, 18 / 12.1])
  assertClose(t, values[2] as number[], [1.2])
})

test('the page tells times, bytes, memory and nodes, and what there is not', async (t) => {
  const { page } = await reportOf(t)
  t.deepEqual(cellsOf(page, 'Losses on the device and on the processor'), [
    [
      ...['retinanet_tiny_shapes', 'fp32', '2', '800 × 1344'],
      ...['3', '2.5', '2.125', '2.12', '2.36e-3', 'no', '4\u00a0321 CUDA, 3 CPU'],
    ],
  ])
  const training = cellsOf(page, 'Training steps')
  t.deepEqual(training[0], [
    ...['retinanet_vanilla13', 'fp16', '2', '800 × 1344', '48.8', '32.5', '1.50'],
    ...['41.0', '61.5', '8\u00a0000', '9\u00a0000', '7\u00a0001', '6.45', '6.60', '0.024', '4.50'],
    '4\u00a0321 CUDA, 3 CPU',
  ])
  t.deepEqual(training[1].slice(4, 7), ['24.7', 'failed', '–'])
  t.deepEqual(cellsOf(page, 'FPS of VanillaNet-13 over Swin-T'), [
    ['RetinaNet', 'fp16', '1', '1.20', '1.20', '0.95', '1.08'],
  ])
  t.deepEqual(cellsOf(page, 'Not measured'), [
    ['train/mask_rcnn_vanilla13/fp32/8', 'failed: its process was ended by SIGSEGV'],
    [
      'train/mask_rcnn_vanilla13/fp16/2, mask_rcnn_vanilla13, PyTorch',
      'failed: OutOfMemoryError: &lt;b&gt;CUDA&lt;/b&gt; out of memory',
    ],
    ['train/retinanet_vanilla13/fp32/1', 'the 9 minutes had passed'],
  ])
  t.regex(page, /<dt>GPU<\/dt><dd>A GPU &lt;i&gt;, driver 999\.1<\/dd>/)
  t.regex(page, /<a href="#cuda">CUDA<\/a>/)
  t.notRegex(page, /<i>|<b>/)
})

test('a document of the processor, without PyTorch, says so', async (t) => {
  const document = cudaDocument()
  document.options = { ...document.options, device: 'cpu', short: true }
  document.parity = []
  document.training = []
  document.inference = measuredRows(document.inference).map(
    ({ torch: _, torchHalf: __, ...row }) => row,
  )
  const { page, report } = await reportOf(t, document)
  const notes = page.split('<ul class="notes">').slice(-1)[0].split('</ul>')[0]
  t.deepEqual(
    [...notes.matchAll(/<li>(.*?)<\/li>/g)].map(([, note]) => note.replace('’', "'")),
    [
      'Small images and narrow networks: this shows that everything runs, and no speed.',
      'Measured on the processor, not on a GPU.',
      "The losses were not compared with the processor's.",
      'PyTorch was not asked, so that nothing is compared with it.',
    ],
  )
  t.deepEqual(
    report.cuda[0].charts.map(({ id }) => id),
    ['cuda-1-backbones'],
  )
})

test('a report without such a file has no section of it', async (t) => {
  const { report } = await reportOf(t)
  const page = renderPage({ ...report, cuda: [] }, {}, { script: '', style: '' })
  t.notRegex(page, /CUDA/)
})
