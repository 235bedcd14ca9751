extension Trainer {
  /// A trainer with a loss and an optimizer of the caller's own; their names in the options are
  /// not looked at.
  ///
  /// - Throws: a setting outside its range, or an unknown schedule or mixing.
  public init(
    _ options: TrainingOptions, loss: any Loss, optimizer: any Optimizer
  ) throws(TrainingError) {
    try options.validate()
    self.options = options
    self.loss = loss
    judgingLoss = loss
    self.optimizer = optimizer
    mixing = try options.mixing.map { (text) throws(TrainingError) in try MixingCatalog.make(text) }
    _ = try ScheduleCatalog.make(options.schedule, rate: 1, steps: 1)  // is the name known?
  }
}
