import { expect, test } from 'vitest'
import { inserted } from '../src/desk/dictation/insert'
import { wavOf } from '../src/desk/dictation/wav'

test('dictated words stand at the cursor, in place of what is selected, with a space between Latin words', () => {
  expect(inserted('双肺，心影', [3, 3], '纹理清晰。', 99)).toEqual({ said: '双肺，纹理清晰。心影', caret: 8 })
  expect(inserted('Lungs clear.Heart', [12, 12], 'No effusion.', 99)).toEqual({
    said: 'Lungs clear. No effusion. Heart',
    caret: 26,
  })
  expect(inserted('a wrong word', [2, 7], 'right', 99)).toEqual({ said: 'a right word', caret: 7 })
  expect(inserted('12345', [5, 5], '六', 5)).toBeUndefined()
})

test('a recording as WAVE says its rate and has its samples from -32767 to 32767', () => {
  const view = new DataView(wavOf(Float32Array.of(0, 1, -1, 2), 16_000))

  expect(view.byteLength).toBe(44 + 8)
  expect([view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)]).toEqual([44, 16_000, 8])
  expect([0, 1, 2, 3].map((at) => view.getInt16(44 + 2 * at, true))).toEqual([0, 32_767, -32_767, 32_767])
})
