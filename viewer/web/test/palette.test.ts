import { describe, expect, test } from 'vitest'
import { entriesOf, withPalette } from '../src/images/palette'

const table = { PhotometricInterpretation: '00280004' }
const none = () => Promise.reject(new Error('nothing to be fetched'))

describe('a palette', () => {
  test.each([
    ['words', [0x00, 0x01, 0xff, 0xff], 2, [256, 65535]],
    ['bytes', [1, 2, 3, 0], 3, [1, 2, 3]],
  ])('has entries of %s', (_, bytes, count, entries) => {
    expect(entriesOf(Uint8Array.from(bytes), count)).toEqual(entries)
  })

  test('is read from the metadata itself or from beside it', async () => {
    const picture = {
      [table.PhotometricInterpretation]: { Value: ['PALETTE COLOR'] },
      '00281101': { Value: [2, 0, 16] },
      '00281102': { Value: [2, 0, 16] },
      '00281103': { Value: [1, 0, 16] },
      '00281201': { InlineBinary: btoa('\x00\x01\x02\x00') },
      '00281202': { BulkDataURI: '/green' },
      '00281203': { Value: [7] },
    }
    const filled = await withPalette(picture, async (uri) => Uint8Array.from(uri === '/green' ? [3, 0, 4, 0] : []))

    expect([filled['00281201']?.Value, filled['00281202']?.Value, filled['00281203']?.Value]).toEqual([
      [256, 2],
      [3, 4],
      [7],
    ])
  })

  test('is no business of other pictures', async () => {
    const grey = { [table.PhotometricInterpretation]: { Value: ['MONOCHROME2'] } }

    expect(await withPalette(grey, none)).toBe(grey)
  })
})
