import { describe, expect, test } from 'vitest'
import { TAG, numbersOf } from '../src/images/dicom-json'
import type { Picture } from '../src/images/pictures'
import { allPlanes, asTaken, canAsk, chosen } from '../src/images/reformat/choices'
import { endsOf, frameOf, kindFor, slabOf, type Pixels } from '../src/images/reformat/frame'
import { metadataOf, planeNameOf, planOf, type PlaneName, type Reformat } from '../src/images/reformat/plan'
import { NotOneStack, volumeOf, type Volume } from '../src/images/reformat/volume'
import { sidesOf } from '../src/images/tools/orientation'
import { of } from './data-sets'

const AXIAL = [1, 0, 0, 0, 1, 0]
const SAGITTAL = [0, 1, 0, 0, 0, -1]
const PLENTY = 2 ** 30
/** 4 columns of 0.5 mm, 3 rows of 0.5 mm, slices 1 mm apart. */
const [COLUMNS, ROWS] = [4, 3]

const picture = (place: readonly number[], known: Readonly<Record<string, readonly unknown[]>> = {}): Picture => ({
  imageId: `wadors:${place.join()}`,
  instanceUid: place.join(),
  frame: 1,
  content: '',
  digest: '',
  privateClass: '',
  metadata: of({
    [TAG.PhotometricInterpretation]: ['MONOCHROME2'],
    [TAG.Rows]: [ROWS],
    [TAG.Columns]: [COLUMNS],
    [TAG.PixelSpacing]: [0.5, 0.5],
    [TAG.BitsAllocated]: [16],
    [TAG.FrameOfReferenceUID]: ['1'],
    [TAG.ImageOrientationPatient]: AXIAL,
    [TAG.ImagePositionPatient]: place,
    ...known,
  }),
})
/** From x = 10, y = 20 and z = 30 on, upwards. */
const axial = (places: readonly number[], known = {}): readonly Picture[] =>
  places.map((z) => picture([10, 20, z], known))
const EVEN = axial([30, 31, 32, 33, 34])

/** Each voxel is worth its column, ten times its row and a hundred times its slice. */
const voxels = (slices: number): Pixels[] =>
  Array.from({ length: slices }, (_, k) =>
    Int16Array.from({ length: COLUMNS * ROWS }, (_each, i) => (i % COLUMNS) + 10 * Math.floor(i / COLUMNS) + 100 * k),
  )
const stackOf = (slices: readonly (Pixels | undefined)[]) => ({
  ...{ slices, columns: COLUMNS, rows: ROWS },
  kind: Int16Array,
})
const how = (plane: PlaneName, projection: Reformat['projection'] = 'none', thickness_mm = 0): Reformat => ({
  plane,
  projection,
  thickness_mm,
})
/** Row by row. */
function rowsOf(volume: Volume, wanted: Reformat, at: number, slices: readonly (Pixels | undefined)[]): number[][] {
  const plan = planOf(volume, wanted)
  const { pixels } = frameOf(stackOf(slices), plan, wanted.projection, at, -1)
  const { count } = plan.across
  return Array.from({ length: plan.down.count }, (_, row) => [...pixels.slice(row * count, (row + 1) * count)])
}

function refusal(pictures: readonly Picture[], most_bytes = PLENTY): string {
  try {
    volumeOf(pictures, most_bytes)
    return 'none'
  } catch (error) {
    if (!(error instanceof NotOneStack)) throw error
    return error.why
  }
}

describe('a stack', () => {
  test('lies in the order of its normal, whichever way it is read', () => {
    const downwards = volumeOf([...EVEN].reverse(), PLENTY)

    expect(downwards.pictures).toEqual(EVEN)
    expect(downwards).toMatchObject({ size: [4, 3, 5], origin: [10, 20, 30], spacing_mm: [0.5, 0.5, 1] })
    expect([volumeOf(EVEN, PLENTY).isReadForwards, downwards.isReadForwards]).toEqual([true, false])
  })

  test('is none where other planes would lie', () => {
    const last = EVEN.slice(0, 4)
    const [turned, wide] = [{ [TAG.ImageOrientationPatient]: SAGITTAL }, { [TAG.Columns]: [8] }]

    expect(refusal(EVEN)).toBe('none')
    expect(refusal(EVEN.slice(0, 2))).toBe('few')
    expect(refusal(axial([1, 2, 3], { [TAG.PhotometricInterpretation]: ['RGB'] }))).toBe('colour')
    expect(refusal(EVEN.map((each) => ({ ...each, imageId: `rendered:${each.imageId}` })))).toBe('colour')
    expect(refusal(axial([1, 2, 3], { [TAG.PixelSpacing]: [] }))).toBe('unplaced')
    expect(refusal([...last, picture([])])).toBe('unplaced')
    expect(refusal([...last, picture([10, 20, 34], turned)])).toBe('not-parallel')
    expect(refusal([...last, picture([10, 20, 34], { [TAG.FrameOfReferenceUID]: ['2'] })])).toBe('not-parallel')
    expect(refusal([...last, picture([10, 20, 34], wide)])).toBe('different')
    expect(refusal([...last, picture([10, 20, 34], { [TAG.RescaleSlope]: [2] })])).toBe('different')
    expect(refusal([...EVEN, picture([10, 20, 32])])).toBe('same-place')
    expect(refusal(axial([30, 31, 33, 34]))).toBe('missing')
    expect(refusal(axial([30, 31, 32.3, 33, 34]))).toBe('uneven')
    expect(refusal([0, 1, 2].map((z) => picture([10, 20 + 0.2 * z, z])))).toBe('tilted') // 0.4 mm aside, a pixel is 0.5
    expect(refusal(EVEN, 4 * 3 * 5 * 2 - 1)).toBe('memory')
    expect(refusal(EVEN, 4 * 3 * 5 * 2)).toBe('none')
    expect(refusal(axial([1, 2, 3], { [TAG.RescaleSlope]: [0.5] }), 4 * 3 * 3 * 4 - 1)).toBe('memory') // 4 bytes a value
  })

  test('may be a tenth of the distance uneven', () => {
    expect(volumeOf(axial([30, 31.09, 32, 33, 34]), PLENTY).spacing_mm[2]).toBe(1)
  })
})

describe('another plane', () => {
  const volume = volumeOf(EVEN, PLENTY)

  test('of an axial stack shows the head above, and values between slices where pixels are smaller', () => {
    const coronal = rowsOf(volume, how('coronal'), 2, voxels(5))
    const sagittal = rowsOf(volume, how('sagittal'), 3, voxels(5))

    // row 2 of each slice, from the top slice down, every half slice
    expect(coronal).toHaveLength(9)
    expect(coronal[0]).toEqual([420, 421, 422, 423])
    expect(coronal[1]).toEqual([370, 371, 372, 373])
    expect(coronal[8]).toEqual([20, 21, 22, 23])
    // column 3 of each slice, from the front to the back
    expect(sagittal[0]).toEqual([403, 413, 423])
    expect(sagittal[5]).toEqual([153, 163, 173])
  })

  test('says where it lies', () => {
    const plan = planOf(volume, how('coronal'))
    const metadata = metadataOf(volume, plan, 2, EVEN[0]!.metadata, 0)
    const numbers = (tag: string): readonly number[] => numbersOf(metadata, tag)

    expect(numbers(TAG.ImagePositionPatient)).toEqual([10, 21, 34]) // row 2, the top slice
    expect(numbers(TAG.ImageOrientationPatient).map((cosine) => cosine + 0)).toEqual([1, 0, 0, 0, 0, -1])
    expect(numbers(TAG.PixelSpacing)).toEqual([0.5, 0.5])
    expect([TAG.Rows, TAG.Columns, TAG.SliceThickness].flatMap(numbers)).toEqual([9, 4, 0.5])
    expect(sidesOf(metadata)).toEqual({ top: 'H', right: 'L', bottom: 'F', left: 'R' })
    expect(metadata[TAG.SOPInstanceUID]).toBeUndefined()
  })

  test('of slices that lie nearer than pixels leaves none out', () => {
    const close = volumeOf(axial([30, 30.25, 30.5]), PLENTY)
    const plan = planOf(close, how('sagittal'))
    const metadata = metadataOf(close, plan, 0, EVEN[0]!.metadata, 0)

    expect(rowsOf(close, how('sagittal'), 0, voxels(3)).map(([first]) => first)).toEqual([200, 100, 0])
    expect(numbersOf(metadata, TAG.PixelSpacing)).toEqual([0.25, 0.5])
    expect(sidesOf(metadata)).toEqual({ top: 'H', right: 'P', bottom: 'F', left: 'A' })
  })

  test('of a sagittal stack has its slices beside each other', () => {
    // Slices from the right to the left; in each, rows go to the back and columns to the feet.
    const pictures = [0, 1, 2].map((x) => picture([x, 0, 60], { [TAG.ImageOrientationPatient]: SAGITTAL }))
    const upright = volumeOf([...pictures].reverse(), PLENTY)
    const [row] = rowsOf(upright, how('coronal'), 1, voxels(3))
    const axials = rowsOf(upright, how('axial'), 2, voxels(3))
    const plan = planOf(upright, how('axial'))

    // the normal leads to the right (row x column), so that the voxels of the leftmost picture come first
    expect(upright.axes[2].map((cosine) => cosine + 0)).toEqual([-1, 0, 0])
    expect(row).toEqual([201, 151, 101, 51, 1]) // column 1, row 0, from the patient's right to the left
    expect(axials[0]).toEqual([220, 170, 120, 70, 20]) // row 2; the first column lies in front
    expect(axials[3]).toEqual([223, 173, 123, 73, 23])
    expect(sidesOf(metadataOf(upright, plan, 2, pictures[0]!.metadata, 0))).toEqual({
      ...{ top: 'A', right: 'L', bottom: 'P', left: 'R' },
    })
    expect(numbersOf(metadataOf(upright, plan, 2, {}, 0), TAG.ImagePositionPatient)).toEqual([0, 0, 59])
  })

  test('is named by the axis of the patient that it crosses most', () => {
    const tilted = [0.94, 0, 0.34, 0, 1, 0] // by 20 degrees
    const named = (orientation: readonly number[]) => planeNameOf(of({ [TAG.ImageOrientationPatient]: orientation }))

    expect([AXIAL, SAGITTAL, [1, 0, 0, 0, 0, -1], tilted, []].map(named)).toEqual([
      ...['axial', 'sagittal', 'coronal', 'axial', undefined],
    ])
  })
})

describe('a slab', () => {
  const volume = volumeOf(EVEN, PLENTY)

  test('takes the voxels whose middle lies within it, and ends with the stack', () => {
    const plan = planOf(volume, how('coronal', 'mip', 1)) // rows of 0.5 mm: one to each side

    expect(plan.reach).toBe(1)
    expect(slabOf({ axis: 1, first: 0, step: 1, count: 3 }, 1, 1)).toEqual([0, 1, 2])
    expect(slabOf({ axis: 1, first: 0, step: 1, count: 3 }, 1.9, 0)).toEqual([0, 1])
    expect(slabOf({ axis: 2, first: 4, step: -1, count: 5 }, 1, 0)).toEqual([3, 4])
  })

  test('shows the highest, the lowest or the mean value', () => {
    const first = (projection: Reformat['projection']) => rowsOf(volume, how('coronal', projection, 1), 1, voxels(5))[0]

    expect(first('mip')).toEqual([420, 421, 422, 423]) // rows 0, 1 and 2 of the top slice
    expect(first('minip')).toEqual([400, 401, 402, 403])
    expect(first('average')).toEqual([410, 411, 412, 413])
  })

  test('of the plane that was taken has its pixels, in its order', () => {
    const downwards = volumeOf([...EVEN].reverse(), PLENTY)
    const [top] = rowsOf(downwards, how('axial', 'mip', 2), 1, voxels(5)) // slices 4, 3 and 2
    const plan = planOf(downwards, how('axial', 'mip', 2))

    expect(top).toEqual([400, 401, 402, 403])
    expect(rowsOf(downwards, how('axial', 'minip', 2), 1, voxels(5))[0]).toEqual([200, 201, 202, 203])
    expect(numbersOf(metadataOf(downwards, plan, 1, {}, 2), TAG.ImagePositionPatient)).toEqual([10, 20, 33])
    expect(numbersOf(metadataOf(downwards, plan, 1, {}, 2), TAG.SliceThickness)).toEqual([2])
  })

  test('projects what lies between slices, and not slices that were projected before', () => {
    const peaks = [0, 1].map((k) =>
      Int16Array.from([k === 0 ? 100 : 0, 0, 0, 0, k === 1 ? 100 : 0, 0, 0, 0, 0, 0, 0, 0]),
    )
    const two = volumeOf(axial([30, 31, 32]), PLENTY)
    const rows = rowsOf(two, how('coronal', 'mip', 1), 0, [...peaks, new Int16Array(12)])

    expect(rows[2]![0]).toBe(100) // slice 1
    expect(rows[3]![0]).toBe(50) // half of each peak, neither 100
  })
})

describe('slices that have not come', () => {
  const volume = volumeOf(EVEN, PLENTY)
  const some = voxels(5).map((slice, k) => (k === 3 ? undefined : slice))

  test('are left empty, and the frame is not whole', () => {
    const rows = rowsOf(volume, how('coronal'), 0, some).map(([first]) => first)
    const isWhole = (wanted: Reformat, at: number): boolean =>
      frameOf(stackOf(some), planOf(volume, wanted), wanted.projection, at, -1).isWhole

    expect(rows).toEqual([400, -1, -1, -1, 200, 150, 100, 50, 0])
    expect(isWhole(how('coronal'), 0)).toBe(false)
    expect(isWhole(how('axial', 'mip', 2), 1)).toBe(true) // slices 0 to 2
    expect(isWhole(how('axial', 'mip', 2), 2)).toBe(false)
    expect(rowsOf(volume, how('axial', 'average', 2), 3, some)[0]).toEqual([300, 301, 302, 303]) // of 2 and 4
  })
})

describe('values', () => {
  test('fit in what a frame is made of, whatever kind each slice has', () => {
    expect(kindFor(new Uint8Array(1), [0, 255])).toBe(Int16Array)
    expect(kindFor(new Uint16Array(1), [0, 40_000])).toBe(Uint16Array)
    expect(kindFor(new Uint16Array(1), [-1, 40_000])).toBe(Float32Array)
    expect(kindFor(new Float32Array(1), [0, 1])).toBe(Float32Array)
    expect(endsOf(Int16Array.of(3, -2, 7))).toEqual([-2, 7])
  })

  test('between slices are rounded, not cut off', () => {
    const volume = volumeOf(EVEN, PLENTY)
    const steps = [0, 1, 2, 3, 4].map((k) => new Int16Array(12).fill(-3 * k))

    expect(rowsOf(volume, how('coronal'), 0, steps).map(([first]) => first)).toEqual([
      ...[-12, -10, -9, -7, -6, -4, -3, -1, 0], // halves go up
    ])
  })
})

describe('what a person chooses', () => {
  test('begins as the series was taken', () => {
    const now = asTaken(EVEN)

    expect(now).toMatchObject({ plane: 'axial', projection: 'none' })
    expect(chosen(now, { kind: 'plane', plane: 'coronal' })).toMatchObject({ plane: 'coronal', projection: 'none' })
    expect(allPlanes(EVEN).map(({ plane, projection }) => [plane, projection])).toEqual([
      ['axial', 'none'],
      ['coronal', 'none'],
      ['sagittal', 'none'],
      ['axial', 'mip'],
    ])
  })

  test('goes through projections and thicknesses', () => {
    const mip = how('axial', 'mip', 10)

    expect(chosen(mip, { kind: 'projection' }).projection).toBe('minip')
    expect(chosen(how('axial', 'average'), { kind: 'projection' }).projection).toBe('none')
    expect(chosen(mip, { kind: 'thicker' }).thickness_mm).toBe(15)
    expect(chosen(mip, { kind: 'thinner' }).thickness_mm).toBe(8)
    expect(chosen(how('axial', 'mip', 3), { kind: 'thinner' }).thickness_mm).toBe(3)
    expect(chosen(how('axial', 'mip', 50), { kind: 'thicker' }).thickness_mm).toBe(50)
  })

  test('can be asked of stacks alone', () => {
    expect([canAsk('CT', EVEN), canAsk('CT', EVEN.slice(0, 2)), canAsk('DX', EVEN)]).toEqual([true, false, false])
  })
})
