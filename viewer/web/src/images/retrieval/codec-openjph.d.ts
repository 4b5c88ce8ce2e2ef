declare module '@cornerstonejs/codec-openjph' {
  type Decoder = { delete(): void }
  export default function openJph(options: object): Promise<{ HTJ2KDecoder: new () => Decoder }>
}
