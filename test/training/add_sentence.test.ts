import test from 'ava'
import { DataError } from '../../errors.js'
import { addSentence, textOf } from '../../training/add_sentence.js'

test('an error stays itself, and says one sentence more', (t) => {
  const error = new DataError('a.jpg', 'no such image', 'look for it')
  t.is(addSentence(error, 'Iteration 3 is saved'), error)
  t.is(error.message, 'a.jpg: no such image; look for it. Iteration 3 is saved')
  t.is(addSentence(new Error('Is it there?'), 'No').message, 'Is it there? No')
})

test('what is no error, or a frozen one, becomes one that can say it', (t) => {
  t.is(addSentence('out of luck', 'Sorry').message, 'out of luck. Sorry')
  const frozen = Object.freeze(new Error('cold'))
  const added = addSentence(frozen, 'Very')
  t.is(added.message, 'cold. Very')
  t.is(added.cause, frozen)
  t.is(textOf(7), '7')
})
