import { DataError } from '../errors.js'
import { Global, Opaque, type PickleValue } from './pickle_values.js'

/** What becomes of a pickle's wishes. */
export interface PickleHooks<Extra> {
  /** The value of a persistent id, something that is kept outside the pickle. */
  persistent(id: PickleValue<Extra>): PickleValue<Extra>
  /** The value in place of calling `callable` on `args`; an `Opaque` for what is not known. */
  reduce(callable: Global, args: readonly PickleValue<Extra>[]): PickleValue<Extra>
  /** Gives an object that `reduce` returned its state. @default states are not kept */
  build?(target: PickleValue<Extra>, state: PickleValue<Extra>): void
  /** The value of a string of Python 2, which may be of bytes. @default its text, as UTF-8 */
  byteString?(bytes: Uint8Array): PickleValue<Extra>
}

/**
 * More operations are not believed: a checkpoint takes some 50 a tensor. Each makes one object at
 * most.
 */
const MAX_OPERATIONS = 2_000_000

/** Longer whole numbers are not believed. */
const MAX_INTEGER_BYTES = 64

/** Longer names of classes and functions, with their modules, are not believed. */
const MAX_GLOBAL_LETTERS = 1000

const MARK = 0x28
const STOP = 0x2e

/**
 * Reads one pickle, of protocols 2 to 5, without calling anything: a global is a name, and making
 * an object of it is left to `hooks`, or makes a stand-in.
 *
 * Source: the opcodes of Python's `pickletools`; a stack machine with a memo.
 *
 * @param start first byte of the pickle.
 * @returns the value, and the position behind the pickle.
 * @throws DataError for anything that no pickle of a checkpoint has.
 */
export function readPickle<Extra>(
  path: string,
  bytes: Uint8Array,
  hooks: PickleHooks<Extra>,
  start = 0,
): { value: PickleValue<Extra>; end: number } {
  const machine = new Machine(path, bytes, hooks, start)
  for (let count = 0; count < MAX_OPERATIONS; count++) {
    const opcode = machine.byte()
    if (opcode === STOP) return { value: machine.pop(), end: machine.position }
    const operation = OPERATIONS[opcode]
    if (!operation) machine.fail(`operation 0x${opcode.toString(16)} is none that checkpoints use`)
    operation(machine as Machine<unknown>)
  }
  return machine.fail(`it has more than ${MAX_OPERATIONS} operations`)
}

type Value = PickleValue<unknown>

/** The input, the stack and the memo. */
class Machine<Extra> {
  position: number
  readonly memo = new Map<number, PickleValue<Extra>>()
  readonly hooks: PickleHooks<Extra>
  private readonly path: string
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly stack: PickleValue<Extra>[] = []
  /** Heights of the stack at each open mark. */
  private readonly marks: number[] = []

  constructor(path: string, bytes: Uint8Array, hooks: PickleHooks<Extra>, start: number) {
    this.path = path
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.hooks = hooks
    this.position = start
  }

  fail(what: string): never {
    throw new DataError(
      this.path,
      `its pickle cannot be read at byte ${this.position}: ${what}`,
      'copy or save the file again',
    )
  }

  /** Moves past `count` bytes and returns where they start. */
  private advance(count: number): number {
    const from = this.position
    if (count > this.bytes.length - from) this.fail('it is cut short')
    this.position += count
    return from
  }

  byte(): number {
    return this.bytes[this.advance(1)]
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true)
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true)
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true)
  }

  /** A length of 8 bytes. */
  length64(): number {
    const length = Number(this.view.getBigUint64(this.advance(8), true))
    return Number.isSafeInteger(length) ? length : this.fail(`a length of ${length}`)
  }

  /** Big-endian, alone of all numbers. */
  float64(): number {
    return this.view.getFloat64(this.advance(8), false)
  }

  slice(length: number): Uint8Array {
    const from = this.advance(length)
    return this.bytes.subarray(from, from + length)
  }

  text(length: number): string {
    return UTF8.decode(this.slice(length))
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position)
    if (end < 0) this.fail('it is cut short')
    const text = this.text(end - this.position)
    this.position++
    return text
  }

  push(value: PickleValue<Extra>): void {
    this.stack.push(value)
  }

  mark(): void {
    this.marks.push(this.stack.length)
  }

  pop(): PickleValue<Extra> {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.fail('its stack is empty')
    return this.stack.pop() as PickleValue<Extra>
  }

  top(): PickleValue<Extra> {
    const value = this.pop()
    this.push(value)
    return value
  }

  /** Everything above the last mark. */
  popToMark(): PickleValue<Extra>[] {
    const height = this.marks.pop()
    if (height === undefined) this.fail('a mark is missing')
    return this.stack.splice(height)
  }

  /** The top is a mark or a value. */
  discard(): void {
    if (this.marks.at(-1) === this.stack.length) this.marks.pop()
    else this.pop()
  }

  recall(index: number): void {
    const value = this.memo.get(index)
    if (value === undefined) this.fail(`memo ${index} is empty`)
    this.push(value)
  }

  integer(length: number): void {
    if (length > MAX_INTEGER_BYTES) this.fail(`a whole number of ${length} bytes`)
    const digits = this.slice(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i])
    if (length > 0 && digits[length - 1] >= 0x80) value -= 1n << BigInt(8 * length)
    const number = Number(value)
    this.push(Number.isSafeInteger(number) ? number : value)
  }

  global(module: PickleValue<Extra>, name: PickleValue<Extra>): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.fail('a global has no name')
    const letters = module.length + name.length
    if (letters > MAX_GLOBAL_LETTERS) this.fail(`a global of ${letters} letters`)
    this.push(new Global(module, name))
  }

  /**
   * Instead of calling: the hooks know what `callable` would have made, or a stand-in takes its
   * place.
   */
  reduce(callable: PickleValue<Extra>, args: PickleValue<Extra>): void {
    if (callable instanceof Opaque) this.push(new Opaque(callable.of))
    else if (!(callable instanceof Global)) this.fail('it calls what is no function')
    else if (!Array.isArray(args)) this.fail(`${callable.path} has no list of arguments`)
    else this.push(this.hooks.reduce(callable, args))
  }

  byteString(length: number): void {
    const { byteString } = this.hooks
    this.push(byteString ? byteString(this.slice(length)) : this.text(length))
  }

  build(): void {
    const state = this.pop()
    this.hooks.build?.(this.top(), state)
  }

  setItems(items: PickleValue<Extra>[]): void {
    const target = this.top()
    if (target instanceof Opaque) return
    if (!(target instanceof Map) || items.length % 2 !== 0) this.fail('it fills what is no dict')
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1])
  }

  append(items: PickleValue<Extra>[]): void {
    const target = this.top()
    if (target instanceof Opaque) return
    if (!Array.isArray(target)) this.fail('it appends to what is no list')
    for (const item of items) target.push(item)
  }
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** What each opcode does, by its byte. */
const OPERATIONS: Readonly<Record<number, (m: Machine<unknown>) => void>> = {
  [MARK]: (m) => m.mark(),
  // Frames and versions hold nothing that is needed.
  128: (m) => void m.byte(), // PROTO
  149: (m) => void m.length64(), // FRAME
  // Constants and numbers
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.int32()), // BININT
  75: (m) => m.push(m.byte()), // BININT1
  77: (m) => m.push(m.uint16()), // BININT2
  138: (m) => m.integer(m.byte()), // LONG1
  139: (m) => m.integer(m.uint32()), // LONG4
  71: (m) => m.push(m.float64()), // BINFLOAT
  // Texts and bytes
  88: (m) => m.push(m.text(m.uint32())), // BINUNICODE
  140: (m) => m.push(m.text(m.byte())), // SHORT_BINUNICODE
  141: (m) => m.push(m.text(m.length64())), // BINUNICODE8
  84: (m) => m.byteString(m.uint32()), // BINSTRING
  85: (m) => m.byteString(m.byte()), // SHORT_BINSTRING
  66: (m) => m.push(m.slice(m.uint32())), // BINBYTES
  67: (m) => m.push(m.slice(m.byte())), // SHORT_BINBYTES
  142: (m) => m.push(m.slice(m.length64())), // BINBYTES8
  150: (m) => m.push(m.slice(m.length64())), // BYTEARRAY8
  // Containers
  125: (m) => m.push(new Map()), // EMPTY_DICT
  93: (m) => m.push([]), // EMPTY_LIST
  41: (m) => m.push([]), // EMPTY_TUPLE
  143: (m) => m.push([]), // EMPTY_SET
  116: (m) => m.push(m.popToMark()), // TUPLE
  108: (m) => m.push(m.popToMark()), // LIST
  145: (m) => m.push(m.popToMark()), // FROZENSET
  133: (m) => m.push([m.pop()]), // TUPLE1
  134: (m) => m.push(popped(m, 2)), // TUPLE2
  135: (m) => m.push(popped(m, 3)), // TUPLE3
  100: (m) => pushDict(m), // DICT
  115: (m) => m.setItems(popped(m, 2)), // SETITEM
  117: (m) => m.setItems(m.popToMark()), // SETITEMS
  97: (m) => m.append(popped(m, 1)), // APPEND
  101: (m) => m.append(m.popToMark()), // APPENDS
  144: (m) => m.append(m.popToMark()), // ADDITEMS
  // Stack and memo
  48: (m) => m.discard(), // POP
  49: (m) => void m.popToMark(), // POP_MARK
  50: (m) => m.push(m.top()), // DUP
  113: (m) => void m.memo.set(m.byte(), m.top()), // BINPUT
  114: (m) => void m.memo.set(m.uint32(), m.top()), // LONG_BINPUT
  148: (m) => void m.memo.set(m.memo.size, m.top()), // MEMOIZE
  104: (m) => m.recall(m.byte()), // BINGET
  106: (m) => m.recall(m.uint32()), // LONG_BINGET
  // What asks for something to be called
  99: (m) => m.global(m.line(), m.line()), // GLOBAL
  147: (m) => m.global(...(popped(m, 2) as [Value, Value])), // STACK_GLOBAL
  81: (m) => m.push(m.hooks.persistent(m.pop())), // BINPERSID
  82: (m) => m.reduce(...(popped(m, 2) as [Value, Value])), // REDUCE
  129: (m) => m.reduce(...(popped(m, 2) as [Value, Value])), // NEWOBJ
  146: (m) => m.reduce(...(popped(m, 3).slice(0, 2) as [Value, Value])), // NEWOBJ_EX
  98: (m) => m.build(), // BUILD
}

/** The topmost `count` values, the deepest first. */
function popped(machine: Machine<unknown>, count: number): Value[] {
  return Array.from({ length: count }, () => machine.pop()).reverse()
}

function pushDict(machine: Machine<unknown>): void {
  const items = machine.popToMark()
  machine.push(new Map())
  machine.setItems(items)
}
