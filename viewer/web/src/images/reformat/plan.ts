/** Which voxels of a stack make the frames of another plane, and where in the patient these lie. */
import { TAG, type DataSet, type Element } from '../dicom-json'
import { axesOf, dot, type Axis, type Point, type Volume } from './volume'

export type PlaneName = 'axial' | 'coronal' | 'sagittal'
export const PLANES: readonly PlaneName[] = ['axial', 'coronal', 'sagittal']

/** What of a slab is shown: its middle alone, the highest value, the lowest, or the mean. */
export type Projection = 'none' | 'mip' | 'minip' | 'average'
export const PROJECTIONS: readonly Projection[] = ['none', 'mip', 'minip', 'average']

/** How a series is to be shown otherwise than it was taken. */
export type Reformat = {
  readonly plane: PlaneName
  readonly projection: Projection
  /** Of the slab; counts where there is a projection. */
  readonly thickness_mm: number
}

/** Indices of voxels along one axis of the stack. */
export type Along = {
  readonly axis: Axis
  /** Of the first one, and from each to the next; they lie between voxels where the step is not whole. */
  readonly first: number
  readonly step: number
  readonly count: number
}

/** The frames are numbered by `through`, their columns by `across`, their rows by `down`. */
export type Plan = {
  readonly across: Along
  readonly down: Along
  readonly through: Along
  /** How far to both sides of its middle a slab reaches, in voxels along `through`. */
  readonly reach: number
}

/** How pictures of a plane are looked at: from the feet, from the front, from the left (PS3.3 C.7.6.1.1.1). */
const VIEWS: Readonly<Record<PlaneName, { readonly across: Point; readonly down: Point; readonly through: Point }>> = {
  axial: { across: [1, 0, 0], down: [0, 1, 0], through: [0, 0, -1] },
  coronal: { across: [1, 0, 0], down: [0, 0, -1], through: [0, 1, 0] },
  sagittal: { across: [0, 1, 0], down: [0, 0, -1], through: [1, 0, 0] },
}

const ORDERS: readonly (readonly [Axis, Axis, Axis])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

/** Which axis of the stack leads through the axial, the coronal and the sagittal pictures: the one that is nearest to it. */
function throughsOf(axes: Volume['axes']): Readonly<Record<PlaneName, Axis>> {
  const alike = (order: readonly Axis[]): number =>
    order.reduce<number>((sum, axis, at) => sum + Math.abs(dot(axes[axis], VIEWS[PLANES[at] ?? 'axial'].through)), 0)
  const [axial, coronal, sagittal] = ORDERS.reduce((best, order) => (alike(order) > alike(best) ? order : best))
  return { axial, coronal, sagittal }
}

/** The plane in which a picture was taken; undefined where it does not say how it lies. */
export function planeNameOf(metadata: DataSet): PlaneName | undefined {
  const axes = axesOf(metadata)
  const throughs = axes && throughsOf(axes)
  return throughs && PLANES.find((plane) => throughs[plane] === 2)
}

/** The plane that was taken lies as it was taken, in the order of its pictures. */
export function planOf(volume: Volume, { plane, projection, thickness_mm }: Reformat): Plan {
  const through = throughsOf(volume.axes)[plane]
  const view = VIEWS[plane]
  const inReach = (axis: Axis): number => (projection === 'none' ? 0 : thickness_mm / 2 / volume.spacing_mm[axis])
  if (through === 2)
    return {
      across: along(volume, 0, true),
      down: along(volume, 1, true),
      through: along(volume, 2, volume.isReadForwards),
      reach: inReach(2),
    }
  const others = ([0, 1, 2] as const).filter((axis) => axis !== through)
  const [a = 0, b = 1] = others
  const likeness = (axis: Axis): number => Math.abs(dot(volume.axes[axis], view.across))
  const [across, down] = likeness(a) >= likeness(b) ? [a, b] : [b, a]
  const leads = (axis: Axis, direction: Point): boolean => dot(volume.axes[axis], direction) >= 0
  const pixel_mm = volume.spacing_mm[across === 2 ? down : across]
  return {
    across: along(volume, across, leads(across, view.across), pixel_mm),
    down: along(volume, down, leads(down, view.down), pixel_mm),
    through: along(volume, through, leads(through, view.through)),
    reach: inReach(through),
  }
}

/** Slices that lie farther apart than pixels are interpolated, so that pixels are square; nothing is left out. */
function along({ size, spacing_mm }: Volume, axis: Axis, isForwards: boolean, pixel_mm = Infinity): Along {
  const step = axis === 2 ? Math.min(1, pixel_mm / spacing_mm[2]) : 1
  const last = size[axis] - 1
  const count = Math.floor(last / step + 1e-6) + 1
  return { axis, first: isForwards ? 0 : last, step: isForwards ? step : -step, count }
}

const numbers = (vr: string, Value: readonly number[]): Element => ({ vr, Value })
const micro = (value: number): number => Math.round(value * 1e6) / 1e6

/** What the pictures of the stack say of themselves alone, and nothing says of what is made of them. */
const OF_ONE_SLICE = /^(00080018|00200013|00201041|00080008|00180050)$/

/** The geometry of a frame, counted from 0, in place of that of the picture whose metadata these are. */
export function metadataOf(volume: Volume, plan: Plan, at: number, of: DataSet, thickness_mm: number): DataSet {
  const { across, down, through } = plan
  const step_mm = ({ axis, step }: Along): number => Math.abs(step) * volume.spacing_mm[axis]
  const towards = ({ axis, step }: Along): Point => {
    const sign = step < 0 ? -1 : 1
    const [x, y, z] = volume.axes[axis]
    return [sign * x, sign * y, sign * z]
  }
  const place = (coordinate: 0 | 1 | 2): number =>
    [across, down, { ...through, first: through.first + at * through.step }].reduce(
      (sum, { axis, first }) => sum + first * volume.spacing_mm[axis] * volume.axes[axis][coordinate],
      volume.origin[coordinate],
    )
  const rest = Object.fromEntries(Object.entries(of).filter(([tag]) => !OF_ONE_SLICE.test(tag)))
  return {
    ...rest,
    [TAG.ImageType]: { vr: 'CS', Value: ['DERIVED', 'SECONDARY', 'REFORMATTED'] },
    [TAG.SliceThickness]: numbers('DS', [micro(thickness_mm || step_mm(through))]),
    [TAG.ImagePositionPatient]: numbers('DS', [place(0), place(1), place(2)].map(micro)),
    [TAG.ImageOrientationPatient]: numbers('DS', [...towards(across), ...towards(down)].map(micro)),
    [TAG.PixelSpacing]: numbers('DS', [step_mm(down), step_mm(across)]),
    [TAG.Rows]: numbers('US', [down.count]),
    [TAG.Columns]: numbers('US', [across.count]),
  }
}
