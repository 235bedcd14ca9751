extension FineTuningOptions {
  /// The same settings for another task: those that are usual for classes become those that are usual
  /// for it, the loss and the smoothing of labels; others stay.
  public func fitting(_ task: LearningTask) -> FineTuningOptions {
    guard task != .classification else { return self }
    var options = self
    options.training.fit(task)
    options.deepTraining.fit(task)
    return options
  }
}

extension TrainingOptions {
  fileprivate mutating func fit(_ task: LearningTask) {
    let usual = TrainingOptions()
    self.task = task
    if loss == usual.loss { loss = task.usualLoss }
    if labelSmoothing == usual.labelSmoothing { labelSmoothing = 0 }
  }
}

extension Model {
  /// The model with what it has to know of the photos before it learns from them.
  ///
  /// - Throws: where its head is for other photos.
  func preparing(for photos: SplitPhotos) throws(GraftError) -> Model {
    guard labels == photos.labels, task == photos.task else {
      throw GraftError(
        "the model's labels are not the folder's classes; replace the head first", kind: .usage)
    }
    guard task == .regression else { return self }
    var model = self
    model.targetScale = TargetScale(
      of: photos.split.train.compactMap { photos.samples[$0].targets }, count: photos.labels.count)
    return model
  }
}

extension SplitPhotos {
  /// `[n, outputs]`: what a network should say of these photos; nil where that is their class.
  func targets(of indices: [Int], scale: TargetScale?) -> Tensor? {
    guard task != .classification else { return nil }
    let rows = indices.map { index in
      let targets = samples[index].targets ?? []
      return scale?.scaled(targets) ?? targets
    }
    return Tensor([indices.count, labels.count], rows.flatMap { $0 })
  }
}

extension Tensor {
  /// Weights of the positive answers of each column, of targets of 0 and 1: how many photos are
  /// without a label for each that has it, between a tenth and ten.
  var balancingWeights: [Float] {
    let (rows, columns) = (shape[0], shape[1])
    return withUnsafeElements { elements in
      (0..<columns).map { column in
        let positive = (0..<rows).count { elements[$0 * columns + column] > 0.5 }
        return min(max(Float(rows - positive) / Float(max(positive, 1)), 0.1), 10)
      }
    }
  }
}
