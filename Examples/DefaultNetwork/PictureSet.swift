import Graft

/// Pictures in memory, changed a little every time they are learned from.
struct PictureSet: SampleSource {
  let labels: [Int]
  let side: Int
  let seed: UInt64
  /// `[N, side, side, 3]`
  private let pixels: [UInt8]
  private let preprocessing: Preprocessing

  /// How far a picture is moved, in pixels; what is missing repeats the border.
  private static let largestShift: Float = 4
  /// How much lighter or darker a picture becomes, and its contrast.
  private static let largestChange: Float = 0.25

  /// - Precondition: the pictures have the network's size.
  init(_ pictures: [(image: Image, label: Int)], preprocessing: Preprocessing, seed: UInt64) {
    side = pictures.first?.image.width ?? 0
    labels = pictures.map(\.label)
    pixels = pictures.flatMap(\.image.pixels)
    self.preprocessing = preprocessing
    self.seed = seed
  }

  var sampleShape: Shape { [3, side, side] }
  var layout: Layout { .channelsLast }

  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    for (row, index) in indices.enumerated() {
      let slot = memory + row * side * side * 3
      guard let epoch else {
        write(index, Change(), into: slot)
        continue
      }
      var generator = SeededGenerator(seed, epoch, index)
      write(index, Change(using: &generator), into: slot)
    }
  }

  /// What happens to one picture in one epoch.
  private struct Change {
    var isMirrored = false
    var shift = (x: 0, y: 0)
    var contrast: Float = 1
    var brightness: Float = 0

    init() {}

    init(using generator: inout SeededGenerator) {
      func between(_ largest: Float) -> Float { (2 * generator.uniform() - 1) * largest }
      isMirrored = generator.uniform() < 0.5
      shift = (
        Int(between(PictureSet.largestShift).rounded()),
        Int(between(PictureSet.largestShift).rounded())
      )
      contrast = 1 + between(PictureSet.largestChange)
      brightness = between(PictureSet.largestChange)
    }
  }

  private func write(_ index: Int, _ change: Change, into slot: UnsafeMutablePointer<Float>) {
    let start = index * side * side * 3
    let arithmetic = (0..<3).map { channel in
      (
        factor: Float(preprocessing.scale / preprocessing.std[channel]) * change.contrast,
        offset: Float(-preprocessing.mean[channel] / preprocessing.std[channel])
          * change.contrast + change.brightness
      )
    }
    for y in 0..<side {
      let fromY = min(max(y + change.shift.y, 0), side - 1)
      for x in 0..<side {
        let shifted = min(max(x + change.shift.x, 0), side - 1)
        let fromX = change.isMirrored ? side - 1 - shifted : shifted
        for channel in 0..<3 {
          let value = Float(pixels[start + (fromY * side + fromX) * 3 + channel])
          slot[(y * side + x) * 3 + channel] =
            value * arithmetic[channel].factor + arithmetic[channel].offset
        }
      }
    }
  }
}
