import test from 'ava'
import { adaptNames } from '../../pretrained/adapt_names.js'
import { reportLines } from '../../pretrained/describe_report.js'
import { explainMatch, requireExplained } from '../../pretrained/explain_match.js'
import { fileOf } from './known_names.js'

const shapes = {
  'backbone.stem1.0.weight': [4, 3, 4, 4],
  'backbone.stages.0.act.weight': [8, 1, 9, 9],
  'bbox_head.retina_cls.weight': [27, 8, 3, 3],
}

test('a kernel of another width and a stranger are not explained, and refused by name', (t) => {
  const file = fileOf([
    ['stem1.0.weight', [4, 3, 4, 4]],
    ['stages.0.act.weight', [8, 1, 7, 7]],
    ['stages.1.act.weight', [8, 1, 7, 7]],
  ])
  const { report, tensors } = explainMatch(adaptNames(file), shapes)
  t.deepEqual(Object.keys(tensors), ['backbone.stem1.0.weight'])
  t.throws(() => requireExplained(report), {
    message:
      'file.pth: its weights (VanillaNet, its official repository) are not of this model: 1 of 3 tensors match; ' +
      '1 unexpected without a reason (stages.1.act.weight); 1 of another shape without a reason ' +
      '(backbone.stages.0.act.weight is [8, 1, 7, 7], not [8, 1, 9, 9]); give the config that the weights are for: its kernels are those of model.backbone.actNum=3',
  })
})

test('another number of classes explains another shape of the last layer', (t) => {
  const file = fileOf([
    ['backbone.stem1.0.weight', [4, 3, 4, 4]],
    ['backbone.stages.0.act.weight', [8, 1, 9, 9]],
    ['bbox_head.retina_cls.weight', [720, 8, 3, 3]],
  ])
  const { report } = explainMatch(adaptNames(file), shapes)
  t.notThrows(() => requireExplained(report))
  t.is(
    report.otherShape[0].because,
    'it is trained for another number of classes, so the layer starts anew',
  )
  t.is(
    reportLines(report, 'the others rest')[0],
    'file.pth: 2 of 3 tensors loaded, the others rest',
  )
  t.deepEqual(reportLines(report), [
    'file.pth: 2 of 3 tensors loaded, the others start anew',
    '  from: VanillaNet, its official repository',
    '  of another shape 1 (bbox_head.retina_cls.weight): it is trained for another number of classes, so the layer starts anew',
  ])
})

test('a detector without its neck is no backbone, so what is missing stays unexplained', (t) => {
  const file = fileOf([
    ['backbone.stem1.0.weight', [4, 3, 4, 4]],
    ['bbox_head.retina_cls.weight', [27, 8, 3, 3]],
  ])
  const more = { ...shapes, 'neck.lateral_convs.0.conv.weight': [8, 8, 1, 1] }
  const { report } = explainMatch(adaptNames(file), more)
  t.deepEqual(
    report.missing.map(({ name, because }) => [name, because]),
    [
      ['backbone.stages.0.act.weight', undefined],
      ['neck.lateral_convs.0.conv.weight', undefined],
    ],
  )
})

test("an averaged model's counter is explained", (t) => {
  const file = fileOf([
    ['stem1.0.weight', [4, 3, 4, 4]],
    ['n_averaged', []],
  ])
  const { report } = explainMatch(adaptNames(file), shapes)
  t.deepEqual(report.unexpected, [
    { name: 'n_averaged', because: 'how many weights were averaged' },
  ])
})

test('an entry that is no tensor is reported with what it is', (t) => {
  const others = [{ name: 'extra', what: 'an object of posix.system' }]
  const file = fileOf([['stem1.0.weight', [4, 3, 4, 4]]], { others, refused: ['posix.system'] })
  const { report } = explainMatch(adaptNames(file), shapes)
  t.deepEqual(report.unexpected, [{ name: 'extra', because: 'it is an object of posix.system' }])
  t.deepEqual(report.notes, ['its pickle names posix.system, which was not called'])
})
