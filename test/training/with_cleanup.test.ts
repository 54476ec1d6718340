import test from 'ava'
import { withCleanup } from '../../training/with_cleanup.js'

const fail = (message: string) => async () => {
  throw new Error(message)
}

test('every step runs, in order, and the result comes through', async (t) => {
  const ran: string[] = []
  const steps = ['a', 'b'].map((name) => async () => void ran.push(name))
  t.is(await withCleanup(async () => 5, steps), 5)
  t.deepEqual(ran, ['a', 'b'])
})

test('no error hides another: that of the work comes first, in whatever order the steps fail', async (t) => {
  let isLastRun = false
  const steps = [
    fail('the session is gone'),
    () => {
      throw new Error('no loader')
    },
    () => {
      isLastRun = true
    },
  ]
  await t.throwsAsync(withCleanup(fail('no such image; look for it'), steps), {
    message: 'no such image; look for it. Then: the session is gone. Then: no loader',
  })
  t.true(isLastRun)
})

test('an error of a step alone is thrown', async (t) => {
  await t.throwsAsync(
    withCleanup(async () => 5, [fail('no loader')]),
    { message: 'no loader' },
  )
})
