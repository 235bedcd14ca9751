import Foundation
import Graft
import GraftTestSupport
import Testing

/// Training below the head: phases, depths, changed photos, going on after an interruption.
@Suite(.serialized) struct PhaseTests {
  private let folder: TemporaryFolder
  private let photos: SplitPhotos

  init() throws {
    folder = try TemporaryFolder()
    photos = try ImageFolder(folder.photos()).split()
  }

  /// Three convolutions with normalisations, the last two on a quarter of the pixels, and a head.
  ///
  /// - Parameter sharesWeights: do the last two convolutions have the same weights, `shared.w`?
  private func model(sharesWeights: Bool = false) throws -> Model {
    var builder = ModelBuilder("phases")
    builder.input("image", [-1, 3, 16, 16])
    var (value, channels) = ("image", 3)
    for (name, stride) in [("one", 1), ("two", 2), ("three", 1)] {
      let weights = sharesWeights && name != "one" ? "shared.w" : "\(name).w"
      if name != "three" || !sharesWeights { builder.weights(weights, [6, channels, 3, 3]) }
      builder.node(
        "Conv", [value, weights], ["\(name).conv"],
        ["kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": .ints([stride, stride])])
      for part in ["scale", "bias", "mean"] {
        builder.weights("\(name).\(part)", [6], in: part == "scale" ? 0.5...1.5 : -0.2...0.2)
      }
      // As exporters write equal constants: once for all nodes.
      if name == "one" { builder.weights("variance", [6], in: 0.5...1.5) }
      builder.node(
        "BatchNormalization",
        ["\(name).conv", "\(name).scale", "\(name).bias", "\(name).mean", "variance"],
        ["\(name).bn"])
      builder.node("Relu", ["\(name).bn"], [name])
      (value, channels) = (name, 6)
    }
    builder.weights("fc.w", [4, 6])
    builder.node("GlobalAveragePool", [value], ["pool"])
    builder.node("Flatten", ["pool"], ["flat"])
    builder.node("Gemm", ["flat", "fc.w"], ["logits"], ["transB": 1])
    builder.output("logits", [-1, 4])
    return try Model(builder.model, name: "phases").replacingHead(classes: photos.labels)
  }

  private func options(_ depth: TrainingDepth) -> FineTuningOptions {
    FineTuningOptions(
      depth: depth, training: TrainingOptions(epochs: 2, batchSize: 8),
      deepTraining: TrainingOptions(epochs: 3, batchSize: 8, learningRate: 1e-3),
      caching: .directory(folder.path.appending("cache")))
  }

  private func changed(_ a: Graph, _ b: Graph) -> [String] {
    a.parameters.keys.filter { a.parameters[$0]?.tensor != b.parameters[$0]?.tensor }.sorted()
  }

  @Test(
    arguments: [
      (.head, ["head"], ["fc.w"]),
      (.block, ["head", "block"], ["fc.w", "three.", "two."]),
      (.layers(1), ["head"], ["fc.w"]),
      (.layers(2), ["head", "2 layers"], ["fc.w", "three."]),
      (.from("two.bn"), ["head", "from two.bn"], ["fc.w", "three.", "two."]),
      (.all, ["head", "all"], ["fc.w", "one.", "three.", "two."]),
      (.auto, ["head", "block"], ["fc.w", "three.", "two."]),
    ] as [(TrainingDepth, [String], [String])])
  func trainsAsDeepAsSaid(_ depth: TrainingDepth, _ phases: [String], _ learned: [String]) throws {
    let model = try model()
    // Without validation the last phase is the one that is kept.
    let unjudged = try ImageFolder(folder.path.appending("photos")).split(validation: 0)
    let run = try model.fineTune(on: unjudged, options: options(depth))
    #expect(run.report.phases?.map(\.name) == phases)
    let names = changed(run.best.graph, model.graph.givingNodesOwnParameters())
    #expect(run.report.keptPhase == phases.last)
    for prefix in learned { #expect(names.contains { $0.hasPrefix(prefix) }, "\(prefix)") }
    #expect(names.allSatisfy { name in learned.contains { name.hasPrefix($0) } }, "\(names)")
    // Statistics of frozen normalisations stay, and so do those of trained ones unless asked for.
    #expect(names.allSatisfy { !$0.hasSuffix("mean") && $0 != "variance" })
    #expect(run.best.card?.trained == run.report.keptPhase)
  }

  /// Of two nodes with the same weights the one behind the cut learns, and the frozen one keeps
  /// them.
  @Test(arguments: [TrainingDepth.layers(2), .from("three.conv"), .block, .all])
  func sharedWeightsChangeWhereTheyLearnOnly(_ depth: TrainingDepth) throws {
    let model = try model(sharesWeights: true)
    let before = try #require(model.graph.parameters["shared.w"]?.tensor)
    let unjudged = try ImageFolder(folder.path.appending("photos")).split(validation: 0)
    let run = try model.fineTune(on: unjudged, options: options(depth))
    let learned = run.best.graph
    let weights = try ["two.conv", "three.conv"].map { name in
      let node = try #require(learned.nodes.first { $0.name == name })
      return try #require(learned.parameters[node.inputs[1]]?.tensor)
    }
    let isTwoFrozen = depth != .all && depth != .block
    #expect((weights[0] == before) == isTwoFrozen)
    #expect(weights[1] != before)
    #expect(weights[0] != weights[1])
    // What is written is what was learned.
    let file = folder.path.appending("shared.onnx")
    try run.best.write(to: file)
    let read = try Model(contentsOf: file).graph
    #expect(read.parameters.values.contains { $0.tensor == weights[0] })
    #expect(read.parameters.values.contains { $0.tensor == weights[1] })
  }

  @Test func thawsLayerByLayer() throws {
    var options = options(.all)
    options.unfreezeEvery = 1
    let run = try model().fineTune(on: photos, options: options)
    #expect(run.report.phases?.map(\.name) == ["head", "2 layers", "3 layers", "all"])
    #expect(run.report.phases?.map(\.epochs.count) == [2, 1, 1, 3])
  }

  @Test func keepsRunningStatisticsOfTrainedLayersOnly() throws {
    let model = try model()
    var options = options(.block)
    options.batchNormalization = .train
    let unjudged = try ImageFolder(folder.path.appending("photos")).split(validation: 0)
    let run = try model.fineTune(on: unjudged, options: options)
    let names = Set(changed(run.best.graph, model.graph))
    #expect(names.isSuperset(of: ["two.mean", "three.mean"]))
    #expect(!names.contains("one.mean"))
    // The file is a plain network again, with the same answers.
    let target = folder.path.appending("trained.onnx")
    try run.best.write(to: target)
    #expect(try Model(contentsOf: target).labels == photos.labels)
  }

  @Test(arguments: ["light", "flip"], [nil, 2]) func learnsFromChangedPhotos(
    policy: String, views: Int?
  ) throws {
    let model = try model()
    for depth in [TrainingDepth.block, .all] {
      var options = options(depth)
      options.augmentation = try AugmentationPolicy(policy)
      options.augmentViews = views
      let runs = try (0..<2).map { _ in try model.fineTune(on: photos, options: options) }
      #expect(runs[0].report.epochs == runs[1].report.epochs)
      #expect(changed(runs[0].best.graph, runs[1].best.graph) == [])
      let plain = try model.fineTune(on: photos, options: self.options(depth))
      #expect(runs[0].report.phases?[0].epochs == plain.report.phases?[0].epochs)
      #expect(runs[0].report.phases?[1].epochs != plain.report.phases?[1].epochs)
    }
  }

  /// Photos that are learned from changed have no use for their plain features below the head.
  @Test func computesPlainFeaturesOfWhatJudgesOnly() throws {
    let model = try model()
    for judged in [photos, try ImageFolder(folder.path.appending("photos")).split(validation: 0)] {
      let (all, judging) = (judged.samples.count, judged.split.validation.count)
      var options = options(.block)
      options.augmentation = try AugmentationPolicy("light")
      options.caching = .off
      var (totals, planned): ([Int], [Int]) = ([], [])
      _ = try model.fineTune(on: judged, options: options) { event in
        if case .planned(let phases) = event { planned = phases.map(\.photos) }
        if case .featuresStarted(let total, _) = event { totals.append(total) }
        return .proceed
      }
      #expect(totals == (judging == 0 ? [all] : [all, judging]))
      #expect(planned == [all, judging])
    }
  }

  /// Stopped at any step of any phase: 4 steps an epoch, 2 epochs of the head, 3 of the block.
  @Test(arguments: [1, 4, 7, 8, 9, 13, 20], [false, true])
  func goesOnAsNeverInterrupted(stop: Int, isChanged: Bool) throws {
    let model = try model()
    var options = options(.block)
    if isChanged {
      options.augmentation = try AugmentationPolicy("light")
      options.batchNormalization = .train
      options.deepTraining.averageDecay = 0.9
      options.deepTraining.mixing = "mixup:0.2,cutmix:1"
    }
    let whole = try model.fineTune(on: photos, options: options)
    let path = folder.path.appending("last.ckpt")
    var steps = 0
    _ = try model.fineTune(on: photos, options: options) { event in
      if case .training(.stepEnded) = event { steps += 1 }
      return steps >= stop ? .stop : .proceed
    } onCheckpoint: { (checkpoint) throws(GraftError) in
      try checkpoint.write(to: path)
    }
    var planned: [String] = []
    let resumed = try model.fineTune(
      on: photos, options: options, resuming: FineTuningCheckpoint(contentsOf: path)
    ) { event in
      if case .planned(let phases) = event { planned = phases.map(\.name) }
      return .proceed
    }
    #expect(changed(resumed.best.graph, whole.best.graph) == [])
    #expect(resumed.report.phases == whole.report.phases)
    #expect(resumed.validationPredictions == whole.validationPredictions)
    // The head's 8 steps are behind it.
    #expect(planned == (stop > 8 ? ["block"] : ["head", "block"]))
  }

  /// A photo that could not be read is left out by the run that goes on, too, also where that reads
  /// no features.
  @Test(arguments: [TrainingDepth.all, .block])
  func goesOnWithoutWhatWasUnreadable(_ depth: TrainingDepth) throws {
    let root = folder.path.appending("photos")
    let label = try #require(photos.labels.first)
    let png = try Data(
      contentsOf: URL(fileURLWithPath: root.appending(label).appending("0.png").string))
    let broken = root.appending(label).appending("broken.png").string
    try png.prefix(png.count / 2).write(to: URL(fileURLWithPath: broken))
    // On the side of those that are learned from, which is not read before it is learned from.
    let damaged = try #require(
      try (0..<9).map { try ImageFolder(root).split(seed: $0) }.first { split in
        split.split.train.contains { split.samples[$0].path.string.hasSuffix("broken.png") }
      })
    var options = options(depth)
    options.augmentation = try AugmentationPolicy("light")
    options.skippableFraction = 0.1
    let whole = try model().fineTune(on: damaged, options: options)
    #expect(whole.report.skippedCount == 1)
    let path = folder.path.appending("last.ckpt")
    var steps = 0
    _ = try model().fineTune(on: damaged, options: options) { event in
      if case .training(.stepEnded) = event { steps += 1 }
      return steps >= 14 ? .stop : .proceed
    } onCheckpoint: { (checkpoint) throws(GraftError) in
      try checkpoint.write(to: path)
    }
    let resumed = try model().fineTune(
      on: damaged, options: options, resuming: FineTuningCheckpoint(contentsOf: path))
    #expect(changed(resumed.best.graph, whole.best.graph) == [])
    #expect(resumed.report.phases == whole.report.phases)
    #expect(resumed.report.skippedCount == 1)
  }

  @Test func mixesBelowTheHead() throws {
    let model = try model()
    func phases(_ mixing: String?) throws -> [Report.Phase] {
      var options = options(.block)
      options.deepTraining.mixing = mixing
      return try #require(try model.fineTune(on: photos, options: options).report.phases)
    }
    let (plain, mixed) = (try phases(nil), try phases("cutmix"))
    #expect(mixed[0] == plain[0])
    #expect(mixed[1].epochs.map(\.trainingLoss) != plain[1].epochs.map(\.trainingLoss))
    #expect(try phases("cutmix") == mixed)
  }

  @Test func saysBeforehandThatVectorsHaveNoBoxes() throws {
    var options = options(.head)
    options.training.mixing = "cutmix"
    let error = #expect(throws: GraftError.self) {
      try model().fineTune(on: photos, options: options) { event in
        if case .featuresStarted = event { Issue.record("something was computed") }
        return .proceed
      }
    }
    #expect(
      error?.message
        == "boxes of pixels cannot be mixed in samples of shape [6]; expected [C, H, W]")
  }

  @Test func refusesTheCheckpointOfAnotherRun() throws {
    let model = try model()
    let path = folder.path.appending("last.ckpt")
    _ = try model.fineTune(on: photos, options: options(.block)) { event in
      if case .training = event { .stop } else { .proceed }
    } onCheckpoint: { (checkpoint) throws(GraftError) in
      try checkpoint.write(to: path)
    }
    let checkpoint = try FineTuningCheckpoint(contentsOf: path)
    let others = try ImageFolder(folder.path.appending("photos")).split(seed: 5)
    var error = #expect(throws: GraftError.self) {
      try model.fineTune(on: others, options: options(.block), resuming: checkpoint)
    }
    #expect(
      error?.message
        == "the photos are not those that the run began with; a run goes on with the same ones")
    error = #expect(throws: GraftError.self) {
      try model.fineTune(on: photos, options: options(.all), resuming: checkpoint)
    }
    #expect(error?.message == "the checkpoint is of a run with other settings")
  }

  @Test func saysBeforehandWhatDoesNotFitIntoMemory() throws {
    var options = options(.all)
    options.memoryLimit = 100_000
    let error = #expect(throws: GraftError.self) {
      try model().fineTune(on: photos, options: options) { event in
        if case .featuresStarted = event { Issue.record("something was computed") }
        return .proceed
      }
    }
    #expect(error?.kind == .unavailable)
    #expect(
      error?.message.hasPrefix("training phase 'all' with batches of 8 takes 0.") == true)
    #expect(error?.message.hasSuffix(" GB of memory; there are 0.1 GB") == true)
    #expect(error?.hints.count == 1)
    #expect(
      error?.hints.first?.hasPrefix("--accumulate ") == true
        || error?.hints == ["Train fewer layers: --depth head takes little memory."])
  }

  /// Features go to a file where they take more than a quarter of the memory.
  @Test(arguments: [nil, 3])
  func featuresInAFileTeachTheSame(views: Int?) throws {
    var options = options(.block)
    options.augmentation = views == nil ? .none : try AugmentationPolicy("light")
    options.augmentViews = views
    options.caching = .off
    let inMemory = try model().fineTune(on: photos, options: options)
    var bytes = 0
    _ = try model().fineTune(on: photos, options: options) { event in
      guard case .planned(let phases) = event else { return .proceed }
      bytes = phases.map(\.memoryBytes).max() ?? 0
      return .proceed
    }
    options.memoryLimit = bytes
    options.caching = .directory(folder.path.appending("scratch"))
    var notes: [String] = []
    let inFile = try model().fineTune(on: photos, options: options) { event in
      if case .note(let text) = event { notes.append(text) }
      return .proceed
    }
    #expect(changed(inMemory.best.graph, inFile.best.graph).isEmpty)
    let place = "and lie in a file in \(folder.path)/scratch that is gone afterwards"
    #expect(notes.contains { $0.hasPrefix("the features take 0.1 GB ") && $0.hasSuffix(place) })
    let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/scratch")
    #expect(!left.contains { $0.hasSuffix(".tmp") })
  }

  @Test func namesDepthsThatAreNotThere() throws {
    var error = #expect(throws: GraftError.self) {
      try model().fineTune(on: photos, options: options(.layers(9)))
    }
    #expect(error?.message == "--depth 9: the network has 4 layers; expected 1 to 4")
    error = #expect(throws: GraftError.self) {
      try model().fineTune(on: photos, options: options(.from("nose")))
    }
    #expect(error?.message == "--depth nose: the network has no node of this name")
    #expect(
      error?.hints == [
        "Expected auto, head, block, all, a number of layers, or a node that 'graft inspect' lists."
      ])
  }

  @Test func leavesOutABlockThatTakesTooLong() throws {
    var options = options(.auto)
    options.autoLimit = 0
    var notes: [String] = []
    let run = try model().fineTune(on: photos, options: options) { event in
      if case .note(let text) = event { notes.append(text) }
      return .proceed
    }
    #expect(run.report.phases?.map(\.name) == ["head"])
    #expect(
      notes == [
        "the last block would take about 1 min and is left out; --depth block trains it"
      ])
  }
}
