public import GraftGraph
import GraftKernels
public import GraftTensor

/// A running network: a plan, its memory and its weights. The only long-lived thing that changes.
///
/// Memory is allocated when the session is made and when a batch size is first seen, never in a
/// step. A session has one owner; it is not for several threads at once.
public final class Session {
  /// What this session runs.
  public private(set) var plan: Plan
  /// The network as it was given; ``graph`` has the weights of now.
  private var source: Graph
  private var weights: [String: Tensor]
  private let arena: Arena
  private let images: Arena
  private let packed: Arena
  private let gradients: GradientStore
  private var scratch: Arena
  private let isBrief: Bool
  private var bindings: [Int: Binding] = [:]
  private var current: Binding?
  /// Was the last forward pass one in training mode?
  private var canDifferentiate = false
  /// How long steps take, where somebody asked: ``timesSteps``.
  public private(set) var stepTimes: StepTimes?

  /// - Parameters:
  ///   - batchSize: the largest number of images of one call.
  ///   - isBrief: will only a few batches be computed? Then memory that is quicker to get.
  /// - Throws: ``GraphError`` where the network cannot be planned.
  public convenience init(
    _ graph: Graph, batchSize: Int, mode: Mode, options: PlanOptions = .init(),
    isBrief: Bool = false
  ) throws(GraphError) {
    self.init(
      graph, plan: try Plan(graph, batchSize: batchSize, mode: mode, options: options),
      isBrief: isBrief)
  }

  private init(_ graph: Graph, plan: Plan, isBrief: Bool) {
    self.plan = plan
    self.isBrief = isBrief
    source = graph
    weights = plan.graph.parameters.mapValues(\.tensor)
    arena = Arena(count: plan.arenaFloats, isBrief: isBrief)
    images = Arena(count: plan.imageWorkers * plan.imageArenaFloats, isBrief: isBrief)
    packed = Arena(count: plan.packedFloats, isBrief: isBrief)
    scratch = Arena(count: 0)
    gradients = GradientStore(plan)
    // What training changes gets memory of its own, which views may then point into for good.
    // The graphs share it, so that nothing is kept twice once the caller lets go of the given one.
    for name in gradients.names + plan.updatedParameters { own(name) }
    if !isBrief { ownWhatIsReadInPlace() }
    packParameters { _ in true }
  }

  private func own(_ name: String) {
    guard var own = weights.removeValue(forKey: name) else { return }
    _ = own.unsafeMutableView()
    source.parameters[name]?.tensor = own
    plan.graph.parameters[name]?.tensor = own
    weights[name] = own
  }

  /// Large weights that steps read where they lie, at each call: from huge pages that goes a
  /// quarter faster than from the small ones of a mapped file.
  private func ownWhatIsReadInPlace() {
    for step in plan.steps where step.packedOffset == nil {
      for case .parameter(let name) in step.inputs {
        guard let weights = weights[name], weights.isBorrowed,
          weights.shape.elementCount >= 1 << 20
        else { continue }
        own(name)
      }
    }
  }
}

// MARK: - Running

extension Session {
  /// Runs the network and returns its first output `[n, …]`, valid until the next call; of rank 4
  /// it lies channels last, unless that is the same.
  ///
  /// - Parameters:
  ///   - input: `[n, C, H, W]` with n up to the plan's batch, in either layout.
  ///   - seed: decides what random operators draw, such as Dropout in training.
  ///   - mode: the plan's, unless given. A training session can also answer as in inference: with
  ///     running statistics, without dropping. No ``backward()`` follows that.
  /// - Precondition: the input has the network's shape; the mode is the plan's or inference.
  public func forward(_ input: TensorView, seed: UInt64 = 0, mode: Mode? = nil) -> TensorView {
    let mode = mode ?? plan.mode
    precondition(
      mode == .inference || plan.mode == .training, "the session was planned for inference")
    let binding = binding(for: input.shape)
    (current, canDifferentiate) = (binding, mode == .training)
    binding.input?.copy(input)
    forwardImages(input, binding)
    let passes = mode == .training ? binding.forward : binding.inference
    for (index, pass) in passes.enumerated() {
      guard let pass else { continue }
      let seeded = pass.mode == .training ? pass.seeded(SeededGenerator(seed, index).state) : pass
      timing(\.forward[index]) { plan.steps[index].node.operator.forward(seeded) }
    }
    stepTimes?.passes += 1
    return binding.output
  }

  /// The first steps, image by image: as many on each thread, and what is left of the batch on all.
  private func forwardImages(_ input: TensorView, _ binding: Binding) {
    guard !binding.images.isEmpty else { return }
    let (each, workers) = (binding.imagesPerWorker, plan.imageWorkers)
    if each > 0 {
      var seconds = [[Double]](repeating: [], count: workers)
      seconds.withUnsafeMutableBufferPointer { seconds in
        Parallel.run(workers) { worker in
          seconds[worker] = forward(
            binding.images[worker * each..<(worker + 1) * each], of: input)
        }
      }
      for times in seconds { addImageTimes(times, threads: workers) }
    }
    addImageTimes(forward(binding.images[(each * workers)...], of: input), threads: 1)
  }

  /// - Returns: the seconds of each step; nothing where nobody asked.
  private func forward(_ images: ArraySlice<ImageBinding>, of input: TensorView) -> [Double] {
    var seconds = [Double](repeating: 0, count: timesSteps ? plan.imageSteps : 0)
    for (image, binding) in zip(images.indices, images) {
      let shape = binding.input.shape
      binding.input.copy(
        TensorView(shape, input.base + image * shape.elementCount, layout: input.layout))
      for (index, pass) in binding.passes.enumerated() {
        let op = plan.steps[index].node.operator
        guard !seconds.isEmpty else {
          op.forward(pass)
          continue
        }
        seconds[index] += ContinuousClock().measure { op.forward(pass) } / .seconds(1)
      }
    }
    return seconds
  }

  /// Threads that work side by side take a part of the time each.
  private func addImageTimes(_ seconds: [Double], threads: Int) {
    for (index, time) in seconds.enumerated() {
      stepTimes?.forward[index] += time / Double(threads)
    }
  }

  /// Are steps timed? Setting it begins anew.
  public var timesSteps: Bool {
    get { stepTimes != nil }
    set { stepTimes = newValue ? StepTimes(stepCount: plan.steps.count) : nil }
  }

  private func timing(_ seconds: WritableKeyPath<StepTimes, Double>, _ body: () -> Void) {
    guard stepTimes != nil else { return body() }
    let elapsed = ContinuousClock().measure(body)
    stepTimes?[keyPath: seconds] += elapsed / .seconds(1)
  }

  /// The gradient of the loss by the last output, for the loss to assign.
  ///
  /// - Precondition: after ``forward(_:seed:mode:)`` in training mode.
  public var outputGradient: MutableTensorView {
    precondition(canDifferentiate, "no gradient: the last forward pass was none in training mode")
    guard let gradient = current?.outputGradient else {
      preconditionFailure("no gradient: nothing learns in the session")
    }
    return gradient
  }

  /// Adds to the gradients of the trainable parameters what ``outputGradient`` implies.
  ///
  /// - Precondition: after ``forward(_:seed:mode:)`` in training mode.
  public func backward() {
    guard let current, canDifferentiate else {
      preconditionFailure("backward comes after forward in training mode")
    }
    for (index, pass) in current.backward.enumerated().reversed() {
      guard let pass else { continue }
      timing(\.backward[index]) {
        for gradient in current.cleared[index] { gradient.elements.update(repeating: 0) }
        plan.steps[index].node.operator.backward(pass)
      }
    }
  }

  private func binding(for shape: Shape) -> Binding {
    let count = shape.rank > 0 ? shape[0] : 0
    precondition(
      (1...plan.batchSize).contains(count), "\(count) images; the plan is for \(plan.batchSize)")
    precondition(
      shape == plan.values[plan.inputValue].shape.withBatch(count),
      "input \(shape); the network takes \(plan.values[plan.inputValue].shape)")
    if let binding = bindings[count] { return binding }
    let needed = plan.scratchFloats(batch: count)
    if needed > scratch.count {
      scratch = Arena(count: needed, isBrief: isBrief)
      bindings = [:]
    }
    let binding = Binding(
      plan, batch: count,
      memory: SessionMemory(
        arena: arena.base, images: images.base, packed: packed.base, scratch: scratch.base,
        weights: weights, gradients: gradients))
    bindings[count] = binding
    return binding
  }
}

// MARK: - Parameters

/// A parameter that learns, with its gradient; the views live as long as the session.
public struct TrainableParameter {
  /// The name of the weight in the graph.
  public let name: String
  /// Weight, bias or scale: what an optimiser has to know.
  public let role: ParameterRole
  /// The weight itself; written between passes.
  public let value: MutableTensorView
  /// The gradient of the loss by the weight; added to by every backward pass.
  public let gradient: MutableTensorView
}

extension Session {
  /// What learns, sorted by name.
  public var trainableParameters: [TrainableParameter] {
    gradients.names.compactMap { name in
      guard let tensor = weights[name], let parameter = plan.graph.parameters[name] else {
        return nil
      }
      return TrainableParameter(
        name: name, role: parameter.role,
        value: tensor.unsafeWritableView,
        gradient: gradients.view(name, tensor.shape))
    }
  }

  /// What training changes without a gradient, sorted by name: the running statistics of
  /// normalisations that take those of the batch.
  ///
  /// A forward pass in training mode writes them. The windows stay valid; a checkpoint keeps their
  /// contents and writes them back between passes.
  public var buffers: [(name: String, value: MutableTensorView)] {
    plan.updatedParameters.compactMap { name in
      weights[name].map { (name, $0.unsafeWritableView) }
    }
  }

  /// Sets all gradients to zero; gradients of several batches add up until then.
  public func zeroGradients() { gradients.clear() }

  /// To be called after the values of trainable parameters were written: rearranges them anew.
  public func parametersChanged() {
    packParameters { step in
      step.inputs.contains { input in
        if case .parameter(let name) = input { gradients.offsets[name] != nil } else { false }
      }
    }
  }

  /// The network with the weights of now, copied.
  public var graph: Graph {
    var graph = source
    for name in gradients.names + plan.updatedParameters {
      guard let tensor = weights[name] else { continue }
      graph.parameters[name]?.tensor = tensor.withUnsafeElements { Tensor(tensor.shape, $0) }
    }
    return graph
  }

  private func packParameters(where needsPacking: (PlannedStep) -> Bool) {
    for step in plan.steps where step.packedOffset != nil && needsPacking(step) {
      let views = step.inputs.map { input -> TensorView? in
        if case .parameter(let name) = input { weights[name]?.unsafeView } else { nil }
      }
      step.node.operator.pack(
        views, for: plan.context(of: step, batch: plan.batchSize),
        into: packed.base + (step.packedOffset ?? 0))
      // What is packed is read from there.
      for case .parameter(let name) in step.inputs { weights[name]?.releaseBorrowedElements() }
    }
  }
}

/// Gradients of the trainable parameters, in one allocation.
final class GradientStore {
  let names: [String]
  let offsets: [String: Int]
  private let arena: Arena

  init(_ plan: Plan) {
    let trainable = plan.graph.parameters.filter { plan.learns($0.value) }
      .sorted { $0.key < $1.key }
    var offsets: [String: Int] = [:]
    var count = 0
    for (name, parameter) in trainable {
      offsets[name] = count
      count += Arena.aligned(parameter.tensor.shape.elementCount)
    }
    names = trainable.map(\.key)
    self.offsets = offsets
    arena = Arena(count: count)
    clear()
  }

  func clear() { arena.base.update(repeating: 0, count: arena.count) }

  func view(_ name: String, _ shape: Shape) -> MutableTensorView {
    MutableTensorView(shape, arena.base + (offsets[name] ?? 0))
  }
}

// MARK: - Proof

extension Session {
  /// Overwrites all working memory, as if other numbers had been there before: for the proof that
  /// nothing is read before it is written. Weights and gradients of weights stay.
  package func overwriteWorkingMemory(with value: Float) {
    arena.base.update(repeating: value, count: arena.count)
    images.base.update(repeating: value, count: images.count)
    scratch.base.update(repeating: value, count: scratch.count)
  }
}
