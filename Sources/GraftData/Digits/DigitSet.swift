public import GraftTensor
public import SystemPackage

/// Handwritten digits with their labels: a folder with the files of MNIST, compressed or not.
///
/// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
public struct DigitSet: Sendable {
  /// The two sets of files.
  public enum Part: String, Hashable, Sendable {
    case training = "train"
    case test = "t10k"
  }

  /// `[N, 1, 28, 28]`, ink 1 on paper 0.
  public let images: Tensor
  /// 0 to 9, one for each image.
  public let labels: [Int]

  /// Reads `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, or those of `t10k`, with or
  /// without `.gz`.
  ///
  /// - Throws: ``DataError`` that names the file that is missing or wrong.
  public init(folder: FilePath, _ part: Part) throws(DataError) {
    let images = try IDXFile(contentsOf: Self.file("\(part.rawValue)-images-idx3-ubyte", folder))
    let labels = try IDXFile(contentsOf: Self.file("\(part.rawValue)-labels-idx1-ubyte", folder))
    guard images.dimensions.count == 3, images.dimensions.allSatisfy({ $0 > 0 }) else {
      throw DataError("images of shape \(images.dimensions); expected [images, rows, columns]")
        .in(file: folder.displayName)
    }
    guard labels.dimensions == [images.dimensions[0]] else {
      throw DataError(
        "labels of shape \(labels.dimensions) for images of shape \(images.dimensions); expected "
          + "[\(images.dimensions[0])]"
      ).in(file: folder.displayName)
    }
    if let label = labels.bytes.first(where: { $0 > 9 }) {
      throw DataError("a label is \(label); expected 0 to 9").in(file: folder.displayName)
    }
    self.init(
      images: Tensor(
        [images.dimensions[0], 1, images.dimensions[1], images.dimensions[2]],
        images.bytes.lazy.map { Float($0) / 255 }),
      labels: labels.bytes.map(Int.init))
  }

  /// Digits that are in memory already.
  ///
  /// - Precondition: images `[N, 1, H, W]` and N labels.
  public init(images: Tensor, labels: [Int]) {
    precondition(
      images.shape.rank == 4 && images.shape[0] == labels.count,
      "images \(images.shape), \(labels.count) labels")
    self.images = images
    self.labels = labels
  }

  /// How many there are.
  public var count: Int { labels.count }

  /// The first so many, or all where there are fewer.
  public func prefix(_ count: Int) -> DigitSet { digits(0..<min(max(count, 0), self.count)) }

  /// The last so many, or all where there are fewer.
  public func suffix(_ count: Int) -> DigitSet {
    digits(max(self.count - max(count, 0), 0)..<self.count)
  }

  private func digits(_ range: Range<Int>) -> DigitSet {
    let size = images.shape.elementCountPerImage
    let elements = images.withUnsafeElements { elements in
      Tensor(
        images.shape.withBatch(range.count),
        elements[range.lowerBound * size..<range.upperBound * size])
    }
    return DigitSet(images: elements, labels: Array(labels[range]))
  }

  private static func file(_ name: String, _ folder: FilePath) throws(DataError) -> FilePath {
    for candidate in [name, "\(name).gz"] {
      let path = folder.appending(candidate)
      do {
        _ = try FileStatus(path)
        return path
      } catch {
        if error != .noSuchFileOrDirectory { throw .reading(error).in(file: path.displayName) }
      }
    }
    throw DataError(
      "neither '\(name)' nor '\(name).gz' is there", kind: .missing,
      hints: ["The four files of MNIST are at https://ossci-datasets.s3.amazonaws.com/mnist/"]
    ).in(file: folder.displayName)
  }
}
