public import GraftTensor

/// Every picture with a box of another pasted in, and both their classes for a target, as large as
/// their parts of the area.
///
///     box: ⌊√(1−λ)·H⌋ × ⌊√(1−λ)·W⌋ around a random pixel, cut at the borders     λ ~ Beta(α, α)
///     t ← (1−a)·t + a·t′              a: area of what was pasted, over H·W
///
/// Box and λ are drawn once for each batch, the other pictures are those of the batch in random
/// order. Pictures, or features, `[N, C, H, W]` in either layout, targets `[N, K]`.
///
/// Source: Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable
/// features", ICCV 2019.
public struct CutMix: BatchMixing, Hashable {
  /// α; the paper's is 1: every λ equally probable.
  public let alpha: Double

  /// - Precondition: α above 0.
  public init(alpha: Double = 1) {
    precondition(alpha > 0 && alpha.isFinite, "α of a Beta distribution is above 0")
    self.alpha = alpha
  }

  /// Boxes are cut out of pixels.
  public var needsPictures: Bool { true }

  /// Draws λ, then the box, then the partners.
  public func mix(
    _ batch: MutableTensorView, targets: MutableTensorView,
    using generator: inout SeededGenerator
  ) {
    precondition(batch.shape.rank == 4, "boxes are cut out of pictures, not of \(batch.shape)")
    precondition(targets.shape[0] == batch.shape[0], "a row of targets for each sample")
    let (height, width) = (batch.shape[2], batch.shape[3])
    let side = (1 - generator.beta(alpha, alpha)).squareRoot()
    let rows = Self.range(side, of: height, using: &generator)
    let columns = Self.range(side, of: width, using: &generator)
    let partners = generator.permutation(of: batch.shape[0])
    batch.pasteBoxes(of: partners, rows: rows, columns: columns)
    let area = Float(rows.count * columns.count) / Float(max(height * width, 1))
    targets.blendRows(with: partners, share: 1 - area)
  }

  /// This part of an extent around a random place, cut at the borders.
  private static func range(
    _ part: Double, of extent: Int, using generator: inout SeededGenerator
  ) -> Range<Int> {
    let length = Int(part * Double(extent))
    let center = Int(generator.next().multipliedFullWidth(by: UInt64(extent)).high)
    let start = center - length / 2
    return max(start, 0)..<min(start + length, extent)
  }
}

extension MutableTensorView {
  /// Each picture gets a box of its partner's, as that was before.
  fileprivate func pasteBoxes(of partners: [Int], rows: Range<Int>, columns: Range<Int>) {
    let (strides, size) = (strides, shape.elementCountPerImage)
    // Neighbours in memory: the pixels of a line with their channels, or those of one channel.
    let isLast = layout == .channelsLast
    let run = columns.count * (isLast ? shape[1] : 1)
    let planes = isLast ? 1 : shape[1]
    let pieceSize = planes * rows.count * run
    var pieces = [Float](repeating: 0, count: partners.count * pieceSize)
    pieces.withUnsafeMutableBufferPointer { pieces in
      guard let pieces = pieces.baseAddress, pieceSize > 0 else { return }
      func eachLine(_ body: (_ inPicture: Int, _ inPiece: Int) -> Void) {
        for plane in 0..<planes {
          for (line, y) in rows.enumerated() {
            body(
              plane * strides[1] + y * strides[2] + columns.lowerBound * strides[3],
              (plane * rows.count + line) * run)
          }
        }
      }
      for picture in partners.indices {
        eachLine {
          (pieces + picture * pieceSize + $1).update(from: base + picture * size + $0, count: run)
        }
      }
      for (picture, partner) in partners.enumerated() {
        eachLine {
          (base + picture * size + $0).update(from: pieces + partner * pieceSize + $1, count: run)
        }
      }
    }
  }
}
