import test from 'ava'
import { DataError } from '../../errors.js'
import { readPickle } from '../../pickle/pickle.js'
import { Global, Opaque, type PickleValue } from '../../pickle/pickle_values.js'

const hooks = {
  persistent: (id: PickleValue<never>) => id,
  reduce: (callable: Global) => new Opaque(callable.path),
}

/** Bytes of texts and numbers, one after the other. */
function pickled(...parts: (string | number | readonly number[])[]): Uint8Array {
  const bytes = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part].flat()),
  )
  return Buffer.concat([Buffer.from([0x80, 2]), ...bytes])
}

function read(...parts: Parameters<typeof pickled>) {
  return readPickle('x.pth', pickled(...parts), hooks).value
}

function refusal(...parts: Parameters<typeof pickled>): string {
  try {
    read(...parts)
    return 'nothing was thrown'
  } catch (error) {
    return error instanceof DataError ? error.message : String(error)
  }
}

test('numbers of every kind are read', (t) => {
  const list = read(
    '(',
    ['K'.charCodeAt(0), 255], // BININT1
    ['M'.charCodeAt(0), 1, 2], // BININT2
    ['J'.charCodeAt(0), 0xfe, 0xff, 0xff, 0xff], // BININT
    [0x8a, 2, 0, 0x80], // LONG1, negative
    [0x8a, 0], // LONG1 of no bytes
    [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], // LONG1, beyond exact numbers
    ['G'.charCodeAt(0), 0xbf, 0xf8, 0, 0, 0, 0, 0, 0], // BINFLOAT, big-endian
    [0x88, 0x89, 'N'.charCodeAt(0)],
    't.',
  )
  t.deepEqual(list, [255, 513, -2, -32768, 0, 2n ** 64n, -1.5, true, false, null])
})

test('lists and dicts are filled, and the memo gives one object twice', (t) => {
  const value = read(']q\x00(K\x01K\x02e}q\x01(U\x01ah\x00us.'.replace('s.', '.'))
  t.deepEqual(value, new Map([['a', [1, 2]]]))
  const [first, second] = read('}q\x05h\x05\x86.') as PickleValue<never>[]
  t.is(first, second)
})

test('a call makes a stand-in, whatever is filled into it', (t) => {
  const value = read('cposix\nsystem\n(U\x04echotR}U\x01kK\x01sb(K\x01K\x02e.')
  t.true(value instanceof Opaque)
  t.is((value as Opaque).of, 'posix.system')
  t.true(read('cos\nsystem\n.') instanceof Global)
})

test('a list that contains itself is read', (t) => {
  const list = read(']q\x00h\x00a.') as PickleValue<never>[]
  t.is(list[0], list)
})

test('what is not sound is refused in one sentence', (t) => {
  const at = (byte: number, what: string) =>
    `x.pth: its pickle cannot be read at byte ${byte}: ${what}; copy or save the file again`
  t.is(refusal(''), at(2, 'it is cut short'))
  t.is(refusal('X\xff\xff\xff\x7fabc'), at(7, 'it is cut short'))
  t.is(refusal('.'), at(3, 'its stack is empty'))
  t.is(refusal('h\x07.'), at(4, 'memo 7 is empty'))
  t.is(refusal('t.'), at(3, 'a mark is missing'))
  t.is(refusal('K\x01K\x02a.'), at(7, 'it appends to what is no list'))
  t.is(refusal('K\x01)R.'), at(6, 'it calls what is no function'))
  t.is(refusal('cos\nsystem\nK\x01R.'), at(16, 'os.system has no list of arguments'))
  t.is(refusal('I12\n.'), at(3, 'operation 0x49 is none that checkpoints use'))
  t.is(refusal(0x8b, [0xff, 0xff, 0xff, 0x7f]), at(7, 'a whole number of 2147483647 bytes'))
  t.is(refusal(`c${'m'.repeat(600)}\n${'n'.repeat(401)}\n.`), at(1006, 'a global of 1001 letters'))
  t.is(refusal('(K\x01(0K\x02ta.'), at(11, 'its stack is empty'))
})

test('millions of operations are refused, before they fill the memory', (t) => {
  const bytes = Buffer.concat([pickled(), Buffer.alloc(3_000_000, '}'), Buffer.from('.')])
  const error = t.throws(() => readPickle('x.pth', bytes, hooks), { instanceOf: DataError })
  t.true(error?.message.includes('it has more than 2000000 operations'), error?.message)
})
