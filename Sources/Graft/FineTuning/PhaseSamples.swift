import GraftKernels

/// Rows of features that several sources share, without copies of their own.
struct FeatureRows: SampleSource {
  /// `[N, …]`, of all photos.
  let features: Tensor
  /// The rows that are samples.
  let rows: [Int]
  let labels: [Int]
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
  /// `[N, …]`, one for each view.
  let views: [Tensor]
  let labels: [Int]
  let layout: Layout

  init(
    _ source: some SampleSource, views: Int, batchSize: Int,
    progress: (Int) -> Directive
  ) throws(GraftError) {
    labels = source.labels
    layout = source.layout
    let indices = Array(0..<source.count)
    let size = source.sampleShape.elementCount
    var kept: [Tensor] = []
    for view in 0..<views {
      var tensor = Tensor(Shape([indices.count] + source.sampleShape.dimensions))
      let rows = tensor.unsafeMutableView().base
      for start in stride(from: 0, to: indices.count, by: batchSize) {
        let part = indices[start..<min(start + batchSize, indices.count)]
        try lifting {
          () throws(TrainingError) in
          try source.read(part, epoch: view, into: rows + start * size)
        }
        source.prefetch(indices.dropFirst(part.endIndex).prefix(batchSize), epoch: view)
        guard progress(view * indices.count + part.endIndex) == .proceed else { throw .stopped }
      }
      kept.append(tensor)
    }
    self.views = kept
  }

  var sampleShape: Shape { Shape(Array(views[0].shape.dimensions.dropFirst())) }

  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    let size = sampleShape.elementCount
    views[(epoch ?? 0) % views.count].withUnsafeElements { elements in
      for (place, index) in indices.enumerated() {
        (memory + place * size).update(from: elements.baseAddress! + index * size, count: size)
      }
    }
  }
}
