import GraftKernels

/// Rows of features that several sources share, without copies of their own.
struct FeatureRows: SampleSource {
  /// `[N, …]`, of all photos.
  let features: Tensor
  /// The rows that are samples.
  let rows: [Int]
  let labels: [Int]
  let targets: Tensor?
  let layout: Layout

  var sampleShape: Shape { Shape(Array(features.shape.dimensions.dropFirst())) }

  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    let size = sampleShape.elementCount
    features.withUnsafeElements { elements in
      for (place, index) in indices.enumerated() {
        (memory + place * size)
          .update(from: elements.baseAddress! + rows[index] * size, count: size)
      }
    }
  }
}

/// What the frozen part of a network says of photos, computed whenever it is asked for.
final class RunningFeatures<Photos: SampleSource>: SampleSource {
  let sampleShape: Shape
  let layout: Layout
  private let photos: Photos
  private let session: Session
  private let batchSize: Int
  private let images: Arena

  init(
    _ photos: Photos, through backbone: Graph, batchSize: Int, plan: PlanOptions
  ) throws(GraftError) {
    self.photos = photos
    self.batchSize = batchSize
    images = Arena(count: batchSize * photos.sampleShape.elementCount)
    let (session, shape) = try lifting {
      () throws(GraphError) in
      (
        try Session(backbone, batchSize: batchSize, mode: .inference, options: plan),
        try backbone.shapes(batchSize: 1)[backbone.outputs[0]] ?? []
      )
    }
    self.session = session
    sampleShape = Shape(Array(shape.dimensions.dropFirst()))
    layout = sampleShape.rank == 3 ? .channelsLast : .channelsFirst
  }

  var labels: [Int] { photos.labels }
  var targets: Tensor? { photos.targets }

  func prefetch(_ indices: ArraySlice<Int>, epoch: Int?) {
    photos.prefetch(indices, epoch: epoch)
  }

  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    var rest = indices
    var target = memory
    while !rest.isEmpty {
      let part = rest.prefix(batchSize)
      try photos.read(part, epoch: epoch, into: images.base)
      let output = session.forward(
        TensorView(
          Shape([part.count] + photos.sampleShape.dimensions), images.base, layout: photos.layout))
      target.update(from: output.base, count: output.count)
      target += output.count
      rest = rest.dropFirst(part.count)
    }
  }
}

/// A fixed number of views of each photo, run through the frozen part once and kept: epoch e learns
/// from view `e % views`.
struct ViewedFeatures: SampleSource {
  let labels: [Int]
  let targets: Tensor?
  let layout: Layout
  let sampleShape: Shape
  /// How many there are of each photo.
  private let views: Int
  /// `[views · N, …]`
  private let features: Tensor

  init(
    _ source: some SampleSource, views: Int, batchSize: Int, in store: FeatureStore,
    progress: (Int) -> Directive
  ) throws(GraftError) {
    labels = source.labels
    targets = source.targets
    layout = source.layout
    sampleShape = source.sampleShape
    self.views = views
    let shape = Shape([views * source.count] + source.sampleShape.dimensions)
    features = try store.tensor(shape) { (rows) throws(GraftError) in
      try Self.write(source, views: views, batchSize: batchSize, into: rows, progress)
    }
  }

  private static func write(
    _ source: some SampleSource, views: Int, batchSize: Int,
    into rows: UnsafeMutablePointer<Float>, _ progress: (Int) -> Directive
  ) throws(GraftError) {
    let indices = Array(0..<source.count)
    let size = source.sampleShape.elementCount
    for view in 0..<views {
      for start in stride(from: 0, to: indices.count, by: batchSize) {
        let part = indices[start..<min(start + batchSize, indices.count)]
        try lifting {
          () throws(TrainingError) in
          try source.read(part, epoch: view, into: rows + (view * indices.count + start) * size)
        }
        source.prefetch(indices.dropFirst(part.endIndex).prefix(batchSize), epoch: view)
        guard progress(view * indices.count + part.endIndex) == .proceed else { throw .stopped }
      }
    }
  }

  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    let size = sampleShape.elementCount
    let first = (epoch ?? 0) % views * labels.count
    features.withUnsafeElements { elements in
      for (place, index) in indices.enumerated() {
        (memory + place * size)
          .update(from: elements.baseAddress! + (first + index) * size, count: size)
      }
    }
  }
}
