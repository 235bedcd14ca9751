import Foundation
import GraftOperators

/// Runs pictures through a model in memory and through the file that was written from it.
///
/// The file is run as it stands, its first and last nodes included, on the pixels that its own
/// metadata ask for: what another runtime would do.
struct ExportChecker {
  let original: Model
  let written: Model
  let options: ExportOptions

  /// - Throws: ``GraftError`` where a picture's answers differ by more than the tolerance.
  func compare(_ photos: [FilePath], target: FilePath) throws(GraftError) -> ExportCheck {
    let asStored = try storedGraph()
    let side = try original.inputSide()
    let ours = try session(original.graph)
    let theirs = try session(asStored.graph)
    var check = ExportCheck(photos: 0, agreeing: 0, compared: 0, largestDifference: 0)
    for picture in pictures(photos, side: side) {
      let a = probabilities(ours, original.preprocessing, picture.image, side: side, isLogits: true)
      let b = probabilities(
        theirs, asStored.preprocessing, picture.image, side: side,
        isLogits: options.output == .logits)
      let difference = zip(a, b).map { abs(Double($0 - $1)) }.max() ?? 0
      check.compared += 1
      check.photos += picture.isPhoto ? 1 : 0
      check.agreeing += a.indices.max { a[$0] < a[$1] } == b.indices.max { b[$0] < b[$1] } ? 1 : 0
      check.largestDifference = max(check.largestDifference, difference.isFinite ? difference : 1)
    }
    guard check.largestDifference <= options.tolerance else {
      throw GraftError(
        "\(target.displayName): the written file disagrees with the model by "
          + "\(check.largestDifference) on \(check.compared) pictures (--tolerance "
          + "\(options.tolerance)); it was not kept", kind: .bug)
    }
    return check
  }

  /// The graph exactly as the file has it, with the preprocessing that the file leaves to the
  /// caller.
  private func storedGraph() throws(GraftError) -> (graph: Graph, preprocessing: Preprocessing) {
    guard let path = written.file?.path else {
      throw GraftError("an export has a file", kind: .bug)
    }
    do {
      let onnx = try ONNXReader.read(path)
      let metadata = try GraftMetadata(onnx, place: path.displayName)
      let graph = try Graph(importing: onnx, registry: .standard)
      return (graph, metadata.preprocessing ?? original.preprocessing)
    } catch let error as GraftError {
      throw error
    } catch {
      throw GraftError("the written file cannot be read again: \(error)", kind: .bug)
    }
  }

  private func session(_ graph: Graph) throws(GraftError) -> Session {
    try mapping(GraftError.init as (GraphError) -> GraftError) { () throws(GraphError) in
      try Session(graph, batchSize: 1, mode: .inference)
    }
  }

  private func probabilities(
    _ session: Session, _ preprocessing: Preprocessing, _ image: Image, side: Int, isLogits: Bool
  ) -> [Float] {
    let pixels = preprocessing.normalized(image)
    return pixels.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      let output = session.forward(
        TensorView([1, 3, side, side], base, layout: .channelsLast))
      return isLogits ? softmax(Array(output.elements)) : Array(output.elements)
    }
  }

  /// Photos brought to the network's size; seeded noise where there are none.
  private func pictures(_ photos: [FilePath], side: Int) -> [(image: Image, isPhoto: Bool)] {
    let images = photos.compactMap { path -> (image: Image, isPhoto: Bool)? in
      guard let decoded = try? ImageReader.read(path),
        let image = try? original.preprocessing.resized(decoded.image)
      else { return nil }
      return (image, true)
    }
    guard images.isEmpty else { return images }
    var generator = SeededGenerator(1)
    return (0..<4).map { _ in
      let pixels = (0..<side * side * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
      return (Image(width: side, height: side, pixels: pixels), false)
    }
  }
}

/// Probabilities of logits, computed without overflow.
func softmax(_ logits: [Float]) -> [Float] {
  let largest = logits.max() ?? 0
  let exponentials = logits.map { Foundation.exp(Double($0 - largest)) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { Float($0 / sum) }
}
