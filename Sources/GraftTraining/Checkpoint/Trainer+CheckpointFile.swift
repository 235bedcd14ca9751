public import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Trainer {
  /// Trains, and keeps the state of the run in a file: after every epoch that another follows, and
  /// where the caller stops. Where the file exists, the run goes on from it and ends with the same
  /// weights as if it had never been interrupted.
  ///
  /// - Parameters:
  ///   - path: of the file; it stays when the run is over.
  ///   - onEvent: hears of every step and epoch.
  /// - Throws: as ``fit(_:training:validation:resuming:onEvent:onCheckpoint:)``, and where the file is
  ///   damaged, of another network, or cannot be written.
  public func fit<Network: TrainableNetwork>(
    _ network: Network, training: some SampleSource, validation: (any SampleSource)? = nil,
    keepingStateIn path: FilePath,
    onEvent: (TrainingEvent) throws(TrainingError) -> Directive = { _ in .proceed }
  ) throws(TrainingError) -> TrainingResult<Network.Snapshot> {
    try fit(
      network, training: training, validation: validation,
      resuming: try TrainingState(keptIn: path), onEvent: onEvent
    ) { (state) throws(TrainingError) in
      try CheckpointFile.write(state.numbers, tensors: state.tensors, to: path)
    }
  }
}

extension TrainingState {
  /// The state that a file keeps; nil where there is no such file.
  ///
  /// - Throws: where the file is damaged.
  public init?(keptIn path: FilePath) throws(TrainingError) {
    guard FileManager.default.fileExists(atPath: path.string) else { return nil }
    let kept = try CheckpointFile.read(Numbers.self, from: path)
    try self.init(kept.value, tensors: kept.tensors)
  }
}
