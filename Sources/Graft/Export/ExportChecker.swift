import GraftOperators

/// Runs pictures through a model in memory and through the file that was written from it.
///
/// The file is run as it stands, its first and last nodes included, on the pixels that its own
/// metadata ask for: what another runtime would do.
struct ExportChecker {
  let original: Model
  let options: ExportOptions
  /// How both compute.
  let plan: PlanOptions
  /// Where the file is now; its name in messages is that of `target`.
  let staged: FilePath
  let target: FilePath

  private static let batchSize = 8

  /// - Parameter progress: told how many pictures are done; answers `.stop` to end.
  /// - Throws: ``GraftError`` where a picture's answers differ by more than the tolerance.
  func compare(
    _ photos: [FilePath], caching: FeatureCaching, progress: (Int) -> Directive
  ) throws(GraftError) -> ExportCheck {
    let written = try WrittenFile(staged, batchSize: Self.batchSize, plan: plan)
    var check = ExportCheck(photos: 0, agreeing: 0, compared: 0, largestDifference: 0)
    if !photos.isEmpty {
      try comparePhotos(photos, written, caching, &check, progress)
      check.photos = check.compared
    }
    // Where no photo could be read, drawn pictures are better than no proof.
    if check.compared == 0 { try compareDrawings(written, &check) }
    guard check.largestDifference <= options.tolerance else { throw disagreement(check) }
    return check
  }

  private func disagreement(_ check: ExportCheck) -> GraftError {
    if options.weights == .float32 {
      return GraftError(
        "\(target.displayName): the written file disagrees with the model by "
          + "\(check.largestDifference) on \(check.compared) pictures (--tolerance "
          + "\(options.tolerance)); it was not kept", kind: .bug)
    }
    return GraftError(
      "\(target.displayName): weights in \(options.weights.rawValue) change a probability by "
        + "\(check.largestDifference), and \(check.agreeing) of \(check.compared) first answers "
        + "stay (--tolerance \(options.tolerance)); the file was not kept",
      hints: ["Leave out --weights \(options.weights.rawValue), or accept more with --tolerance."])
  }

  private func comparePhotos(
    _ photos: [FilePath], _ written: WrittenFile, _ caching: FeatureCaching,
    _ check: inout ExportCheck, _ progress: (Int) -> Directive
  ) throws(GraftError) {
    var answers: [[Float]?] = []
    try Classifier(original, caching: caching, plan: plan).classifyLogits(photos) { logits in
      answers.append(logits.map { original.answers(of: $0) })
      return progress(0)
    }
    guard answers.count == photos.count else { throw .stopped }
    let loader = PhotoLoader(
      photos, preprocessing: written.preprocessing, threads: 1, lookAhead: 2 * Self.batchSize)
    defer { loader.cancel() }
    var batch = PhotoBatch(capacity: Self.batchSize, imageShape: written.imageShape)
    func run() throws(GraftError) {
      for (index, output) in zip(batch.indices, written.run(batch.view)) {
        if let answer = answers[index] { add(answer, probabilities(output), to: &check) }
      }
      batch.removeAll()
      guard progress(check.compared) == .proceed else { throw .stopped }
    }
    while let photo = loader.next() {
      guard case .success(let prepared) = photo.result else { continue }
      batch.append(prepared.pixels, index: photo.index, hash: photo.contentHash)
      if batch.isFull { try run() }
    }
    if !batch.indices.isEmpty { try run() }
  }

  /// Seeded noise, where there are no photos.
  private func compareDrawings(
    _ written: WrittenFile, _ check: inout ExportCheck
  ) throws(GraftError) {
    let side = try original.inputSide()
    let session = try lifting {
      () throws(GraphError) in
      try Session(original.graph, batchSize: 1, mode: .inference, options: plan)
    }
    var generator = SeededGenerator(1)
    for _ in 0..<4 {
      let noise = (0..<side * side * 3).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let image = Image(width: side, height: side, pixels: noise)
      func withView<R>(_ preprocessing: Preprocessing, _ body: (TensorView) -> R) -> R {
        preprocessing.normalized(image).withUnsafeBufferPointer { pixels in
          body(TensorView([1, 3, side, side], pixels.baseAddress!, layout: .channelsLast))
        }
      }
      let ours = withView(original.preprocessing) { Array(session.forward($0).elements) }
      let theirs = withView(written.preprocessing) { written.run($0)[0] }
      add(original.answers(of: ours), probabilities(theirs), to: &check)
    }
  }

  private func probabilities(_ output: [Float]) -> [Float] {
    options.output == .logits ? original.answers(of: output) : output
  }

  /// Is it the same answer? The same class first, the same labels, or the values but for rounding.
  private func agree(_ a: [Float], _ b: [Float], difference: Double) -> Bool {
    switch original.task {
    case .classification: a.indices.max { a[$0] < a[$1] } == b.indices.max { b[$0] < b[$1] }
    case .multiLabel: a.map { $0 >= 0.5 } == b.map { $0 >= 0.5 }
    case .regression: difference <= options.tolerance
    }
  }

  /// Values are compared in units of their deviation: the network's own.
  private func size(_ output: Int) -> Double {
    original.targetScale.map { Double($0.deviation[output]) } ?? 1
  }

  private func add(_ a: [Float], _ b: [Float], to check: inout ExportCheck) {
    let differences = zip(a, b).enumerated().map { abs(Double($1.0 - $1.1)) / size($0) }
    let difference = differences.max() ?? 0
    check.compared += 1
    check.agreeing += agree(a, b, difference: difference) ? 1 : 0
    check.largestDifference = max(
      check.largestDifference, difference.isFinite && a.count == b.count ? difference : 1)
  }
}

/// A file exactly as it stands, with the preprocessing that it leaves to the caller.
private struct WrittenFile {
  let preprocessing: Preprocessing
  let imageShape: Shape
  private let session: Session

  init(_ path: FilePath, batchSize: Int, plan: PlanOptions) throws(GraftError) {
    do {
      let onnx = try ONNXReader.read(path)
      let metadata = try GraftMetadata(onnx, place: path.displayName)
      guard let preprocessing = metadata.preprocessing else {
        throw GraftError("the written file has lost its preprocessing", kind: .bug)
      }
      self.preprocessing = preprocessing
      let graph = try Graph(importing: onnx, registry: .standard)
      imageShape = graph.inputs[0].imageShape
      session = try Session(graph, batchSize: batchSize, mode: .inference, options: plan)
    } catch let error as GraftError {
      throw error
    } catch {
      throw GraftError("the written file cannot be read again: \(error)", kind: .bug)
    }
  }

  /// The outputs, image by image.
  func run(_ images: TensorView) -> [[Float]] {
    let output = session.forward(images)
    let width = output.shape.elementCountPerImage
    return (0..<output.shape[0]).map { row in
      Array(UnsafeBufferPointer(start: output.base + row * width, count: width))
    }
  }
}
