/** Measurements, arrows and key images of a report (`reading/reports/marks.py`). */

/** The points of each kind, in this order (`reading/reports/marks.py`). */
export type MarkKind =
  /** Its ends. */
  | 'length'
  /** Three points, the vertex in the middle. */
  | 'angle'
  /** The ends of one line, then of the other. */
  | 'cobb'
  /** The four corners, one after another around it. */
  | 'rectangle'
  /** The ends of the longer axis, then of the shorter. */
  | 'ellipse'
  | 'probe'
  /** The tip, then the other end. */
  | 'arrow'
  /** The ends of the length that is divided, then of the one that it is divided by. */
  | 'ratio'
  /** A key image: the frame as a whole, without points. */
  | 'key'

export type MarkValue = {
  readonly name: 'length' | 'angle' | 'area' | 'mean' | 'sd' | 'min' | 'max' | 'value' | 'ratio'
  readonly value: number
  /** In UCUM: `mm`, `mm2`, `deg`, `[hnsf'U]`, `1`; `{pixels}` and `{pixels}2` without a calibration. */
  readonly unit: string
}

/** How the lengths of a mark were calibrated (PS3.3 10.7.1.3), in the words of `reading/reports/marks.py`. */
export type Calibration =
  /** Measured in the patient, as on a section. */
  | 'patient'
  /** A projection, by an object of known size in it. */
  | 'fiducial'
  /** A projection, for an assumed geometry. */
  | 'geometry'
  /** A projection, in a way that the device does not say. */
  | 'calibrated'
  /** By the magnification that the device states. */
  | 'magnification'
  /** On the detector or film. */
  | 'detector'
  /** In a region of an ultrasound picture. */
  | 'region'
  /** Not at all: lengths are pixels. */
  | 'pixels'

/** A measurement, an arrow or a key image, by the UIDs under which its picture was shown when it was made. */
export type Mark = {
  /** A UUID that the desk made, in small letters. */
  readonly id: string
  readonly kind: MarkKind
  readonly study_uid: string
  readonly series_uid: string
  readonly instance_uid: string
  /** The first is 1. */
  readonly frame: number
  /** Column and row in pixels of the frame; (0, 0) is the outer corner of the first pixel (PS3.3 C.18.6.1.2). */
  readonly points: readonly (readonly [column: number, row: number])[]
  readonly values: readonly MarkValue[]
  /** Of a mark with lengths or areas; missing in those that were made before it was kept. */
  readonly calibration?: Calibration
  /** One line, at most 200 characters. */
  readonly text: string
}

/** What somebody did to marks in pictures: drawn or changed, and removed by id. */
export type MarkChange = { readonly changed: readonly Mark[]; readonly removed: readonly string[] }
