import GraftKernels

extension PhaseTrainer {
  var memoryLimit: Int { options.memoryLimit ?? MachineMemory.bytes / 10 * 9 }

  /// Where features lie while this phase learns from them.
  var store: FeatureStore { FeatureStore(memoryLimit: memoryLimit / 4, caching: options.caching) }

  /// The tensors of features that this phase holds.
  func keptShapes(of extractor: FeatureExtractor, _ photos: SplitPhotos) -> [Shape] {
    func shape(_ count: Int) -> Shape { Shape([count] + extractor.featureShape.dimensions) }
    let views = options.augmentation.isNone || phase.name == "head" ? 0 : options.augmentViews ?? 0
    return [shape(plainPhotos(photos).count)]
      + (views > 0 ? [shape(views * photos.split.train.count)] : [])
  }

  func memoryBytes(parts: Int? = nil, batch: Int? = nil) throws(GraftError) -> Int {
    let (parts, batch) = (parts ?? phase.settings.accumulation, batch ?? phase.settings.batchSize)
    let size = (batch + parts - 1) / parts
    let plan = try lifting {
      () throws(GraphError) in
      try Plan(rest, batchSize: size, mode: .training, options: options.plan)
    }
    let learned = rest.parameters.values.reduce(0) {
      $0 + ($1.isTrainable ? $1.tensor.shape.elementCount : 0)
    }
    // Besides the plan's: what the optimizer remembers, the best weights so far, their average.
    let copies = try rememberedCopies() + 1 + (phase.settings.averageDecay == nil ? 0 : 1)
    return plan.memoryBytes + copies * learned * MemoryLayout<Float>.stride
  }

  /// Copies of the weights that the optimizer keeps, in Floats.
  private func rememberedCopies() throws(GraftError) -> Int {
    // Of Doubles, each as large as two.
    if seesAllSamples { return 2 * LBFGS().vectorCount }
    return try lifting { () throws(TrainingError) in
      try OptimizerCatalog.make(phase.settings.optimizer).slotCount
    }
  }

  /// Says before anything is computed that a batch does not fit, and which does.
  func checkMemory(_ planned: FineTuningEvent.PlannedPhase) throws(GraftError) {
    guard planned.memoryBytes > memoryLimit else { return }
    let features = planned.memoryBytes - (try memoryBytes())
    let batch = phase.settings.batchSize
    var hints: [String] = []
    for parts in [2, 4, 8, 16, 32, 64, 128, 256]
    where parts <= batch && parts > phase.settings.accumulation {
      let bytes = try memoryBytes(parts: parts) + features
      guard bytes <= memoryLimit else { continue }
      hints.append(
        "--accumulate \(parts) computes the same batch in \(parts) parts and takes "
          + "\(gigabytes(bytes)).")
      break
    }
    if hints.isEmpty { hints.append("Train fewer layers: --depth head takes little memory.") }
    throw GraftError(
      "training phase '\(phase.name)' with batches of \(batch) takes "
        + "\(gigabytes(planned.memoryBytes)) of memory; there are \(gigabytes(memoryLimit))",
      kind: .unavailable, hints: hints)
  }
}
