/** Reading values out of the DICOM JSON model (PS3.18 annex F). */

export type Element = {
  readonly vr?: string
  readonly Value?: readonly unknown[]
  readonly InlineBinary?: string
  readonly BulkDataURI?: string
}
export type DataSet = Readonly<Record<string, Element>>

export const TAG = {
  ImageType: '00080008',
  SOPClassUID: '00080016',
  SOPInstanceUID: '00080018',
  StudyDate: '00080020',
  SeriesDate: '00080021',
  AcquisitionDate: '00080022',
  SeriesTime: '00080031',
  AcquisitionTime: '00080032',
  Modality: '00080060',
  Manufacturer: '00080070',
  CodeValue: '00080100',
  StudyDescription: '00081030',
  SeriesDescription: '0008103E',
  RecommendedDisplayFrameRate: '00082144',
  PixelPresentation: '00089205',
  PatientName: '00100010',
  PatientSex: '00100040',
  PatientAge: '00101010',
  PatientWeight: '00101030',
  BodyPartExamined: '00180015',
  CineRate: '00180040',
  SliceThickness: '00180050',
  KVP: '00180060',
  RepetitionTime: '00180080',
  EchoTime: '00180081',
  InversionTime: '00180082',
  FrameTime: '00181063',
  FrameTimeVector: '00181065',
  RadiopharmaceuticalStartTime: '00181072',
  RadionuclideTotalDose: '00181074',
  RadionuclideHalfLife: '00181075',
  RadiopharmaceuticalStartDateTime: '00181078',
  EstimatedRadiographicMagnificationFactor: '00181114',
  ExposureTime: '00181150',
  XRayTubeCurrent: '00181151',
  Exposure: '00181152',
  ExposureInuAs: '00181153',
  ImagerPixelSpacing: '00181164',
  NominalScannedPixelSpacing: '00182010',
  ViewPosition: '00185101',
  SequenceOfUltrasoundRegions: '00186011',
  RegionFlags: '00186016',
  RegionLocationMinX0: '00186018',
  RegionLocationMinY0: '0018601A',
  RegionLocationMaxX1: '0018601C',
  RegionLocationMaxY1: '0018601E',
  PhysicalUnitsXDirection: '00186024',
  PhysicalUnitsYDirection: '00186026',
  PhysicalDeltaX: '0018602C',
  PhysicalDeltaY: '0018602E',
  EffectiveEchoTime: '00189082',
  ExposureInmAs: '00189332',
  ObjectPixelSpacingInCenterOfBeam: '00189404',
  SeriesInstanceUID: '0020000E',
  SeriesNumber: '00200011',
  InstanceNumber: '00200013',
  PatientOrientation: '00200020',
  ImagePositionPatient: '00200032',
  ImageOrientationPatient: '00200037',
  FrameOfReferenceUID: '00200052',
  Laterality: '00200060',
  ImageLaterality: '00200062',
  SliceLocation: '00201041',
  NumberOfSeriesRelatedInstances: '00201209',
  FrameLaterality: '00209072',
  SamplesPerPixel: '00280002',
  PhotometricInterpretation: '00280004',
  PlanarConfiguration: '00280006',
  NumberOfFrames: '00280008',
  FrameIncrementPointer: '00280009',
  Rows: '00280010',
  Columns: '00280011',
  PixelSpacing: '00280030',
  PixelAspectRatio: '00280034',
  CorrectedImage: '00280051',
  BitsAllocated: '00280100',
  BitsStored: '00280101',
  HighBit: '00280102',
  PixelRepresentation: '00280103',
  PixelPaddingValue: '00280120',
  PixelPaddingRangeLimit: '00280121',
  PixelSpacingCalibrationType: '00280A02',
  WindowCenter: '00281050',
  WindowWidth: '00281051',
  RescaleIntercept: '00281052',
  RescaleSlope: '00281053',
  RescaleType: '00281054',
  VOILUTFunction: '00281056',
  RedPaletteDescriptor: '00281101',
  ICCProfile: '00282000',
  ModalityLUTSequence: '00283000',
  VOILUTSequence: '00283010',
  DocumentTitle: '00420010',
  OpticalPathSequence: '00480105',
  RadiopharmaceuticalInformation: '00540016',
  ViewCodeSequence: '00540220',
  Units: '00541001',
  DecayCorrection: '00541102',
  MaximumFractionalValue: '0062000E',
  ContentLabel: '00700080',
  PresentationLUTShape: '20500020',
  SharedFunctionalGroups: '52009229',
  PerFrameFunctionalGroups: '52009230',
  FloatPixelData: '7FE00008',
  DoubleFloatPixelData: '7FE00009',
  PixelData: '7FE00010',
} as const

export function textOf(dataSet: DataSet, tag: string): string {
  const value = dataSet[tag]?.Value?.[0]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function numbersOf(dataSet: DataSet, tag: string): readonly number[] {
  return (dataSet[tag]?.Value ?? []).map(Number).filter(Number.isFinite)
}

export const numberOf = (dataSet: DataSet, tag: string): number | undefined => numbersOf(dataSet, tag)[0]

/** The items of a sequence. */
export const itemsOf = (dataSet: DataSet, tag: string): readonly DataSet[] =>
  (dataSet[tag]?.Value ?? []).filter((item): item is DataSet => typeof item === 'object' && item !== null)

/** A person's name as it is written, the ideographic group first (PS3.5 6.2.1); carets become spaces. */
export function nameOf(dataSet: DataSet, tag: string): string {
  const value = dataSet[tag]?.Value?.[0]
  if (typeof value === 'string') return value.replaceAll('^', ' ').trim()
  if (typeof value !== 'object' || value === null) return ''
  const groups = value as { readonly Ideographic?: string; readonly Alphabetic?: string; readonly Phonetic?: string }
  const name = groups.Ideographic ?? groups.Alphabetic ?? groups.Phonetic ?? ''
  return groups.Ideographic ? name.replaceAll('^', '') : name.replaceAll('^', ' ').trim()
}
